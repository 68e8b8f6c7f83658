"""The queue, one case, and the decisions of a clerk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from gateway.lifecycle import CaseEvent, CaseState
from gateway.model import Account, Case, Event
from gateway.policy.facts import local_day
from gateway.reasons import LONGEST_REASON
from gateway.store import Acceptance, Opening
from tests.web import sample
from tests.web.conftest import Visitor
from tests.web.sample import AUDITOR, CLERK, LEADER, OFFICER, SCHOOL_CLERK, House
from tests.world import letters
from web.cases import RETURN_REASONS
from web.format import utc_now

AsPerson = Callable[[Account], Visitor]
Remember = Callable[..., Case]


# --- The queue --------------------------------------------------------------------------------------------------------


def test_an_empty_queue_says_so(as_person: AsPerson) -> None:
    assert "Không còn hồ sơ nào chờ" in as_person(CLERK).get("/cases").text


def test_the_queue_shows_number_subject_and_reason(as_person: AsPerson, remember: Remember) -> None:
    remember(sample.decision_case)
    page = as_person(CLERK).get("/cases").text
    assert "518/QĐ-SGDĐT" in page
    assert "Về việc thành lập Hội đồng chấm thi" in page
    assert "Văn bản phát hành do tài khoản văn thư của chính đơn vị gửi." in page
    assert "Hôm nay" in page or "Hôm qua" in page


def test_the_queue_shows_urgency_as_a_stamp(as_person: AsPerson, remember: Remember) -> None:
    remember(sample.urgent_case)
    assert '<span class="stamp">KHẨN</span>' in as_person(SCHOOL_CLERK).get("/cases").text


def test_what_is_late_says_how_late(as_person: AsPerson, remember: Remember) -> None:
    remember(sample.urgent_case, ago=timedelta(hours=3))
    assert "quá hạn 2 giờ" in as_person(SCHOOL_CLERK).get("/cases").text


def test_a_clerk_sees_only_her_own_units(as_person: AsPerson, remember: Remember) -> None:
    remember(sample.decision_case)
    remember(sample.urgent_case)
    assert "34/GM-PGDĐT" not in as_person(CLERK).get("/cases").text
    assert "518/QĐ-SGDĐT" not in as_person(SCHOOL_CLERK).get("/cases").text
    everything = as_person(AUDITOR).get("/cases").text
    assert "518/QĐ-SGDĐT" in everything
    assert "34/GM-PGDĐT" in everything


def test_a_list_is_narrowed_to_one_unit(as_person: AsPerson, remember: Remember) -> None:
    remember(sample.decision_case)
    remember(sample.urgent_case)
    page = as_person(OFFICER).get("/cases?unit=PGDCS").text
    assert "34/GM-PGDĐT" in page
    assert "518/QĐ-SGDĐT" not in page


@pytest.mark.parametrize("address", ["/cases?unit=SGDHG", "/cases?unit=KHONGCO", "/cases?tab=khong-co"])
def test_a_list_that_is_not_ones_own_does_not_exist(as_person: AsPerson, address: str) -> None:
    assert as_person(SCHOOL_CLERK).get(address).status_code == 404


def test_search_finds_without_marks(as_person: AsPerson, remember: Remember) -> None:
    remember(sample.decision_case)
    remember(sample.incoming_case)
    page = as_person(CLERK).get("/cases?q=hoi+dong+cham+thi").text
    assert "518/QĐ-SGDĐT" in page
    assert "2206/SGDĐT-CTTT" not in page


def test_a_search_without_result_says_what_to_try(as_person: AsPerson, remember: Remember) -> None:
    remember(sample.decision_case)
    page = as_person(CLERK).get("/cases?q=khong+co+gi").text
    assert "Không có hồ sơ nào khớp với “khong co gi”" in page


def test_a_long_list_comes_in_pages(house: House, as_person: AsPerson, now: datetime) -> None:
    house.store.accept_now([sample.held_case(now - timedelta(minutes=n)) for n in range(60)])
    clerk = as_person(CLERK)
    first = clerk.get("/cases").text
    assert first.count('<tr class="row') == 50
    following = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = clerk.get(following).text
    assert second.count('<tr class="row') == 10
    assert "Về đầu danh sách" in second


@pytest.mark.parametrize("address", ["/cases?after=%00", "/cases?after=abc", "/cases?q=%00", "/cases?q=" + "x" * 5000])
def test_odd_addresses_show_the_list_all_the_same(as_person: AsPerson, remember: Remember, address: str) -> None:
    remember(sample.decision_case)
    assert as_person(CLERK).get(address).status_code == 200


# --- One case ---------------------------------------------------------------------------------------------------------


def test_a_case_shows_each_fact_with_its_source(as_person: AsPerson, remember: Remember) -> None:
    case = remember(sample.decision_case)
    page = as_person(CLERK).get(f"/case/{case.id}").text
    assert "518/QĐ-SGDĐT" in page
    assert "trang 1, dòng 3: <q>Số: 518/QĐ-SGDĐT</q>" in page
    assert "18/11/2026" in page
    assert "Đặng Quốc Hưng (KT. GIÁM ĐỐC PHÓ GIÁM ĐỐC)" in page


def test_a_case_says_why_it_is_here(as_person: AsPerson, remember: Remember) -> None:
    case = remember(sample.decision_case)
    page = as_person(CLERK).get(f"/case/{case.id}").text
    assert "Văn bản phát hành do tài khoản văn thư của chính đơn vị gửi." in page
    assert "mục 1 Thông báo ngày 05/11/2019" in page
    assert "Không có dấu chỉ độ mật trên văn bản." in page


def test_a_case_shows_which_of_the_six_signs_are_missing(as_person: AsPerson, remember: Remember) -> None:
    case = remember(sample.urgent_case)
    page = as_person(SCHOOL_CLERK).get(f"/case/{case.id}").text
    assert '<span class="count">3/6</span>' in page
    assert page.count('<li class="lacking">') == 3


def test_a_case_shows_its_mails_and_story(as_person: AsPerson, remember: Remember) -> None:
    case = remember(sample.decision_case)
    page = as_person(CLERK).get(f"/case/{case.id}").text
    assert f"/case/{case.id}/mail/{case.mail_id}" in page
    assert "Cổng đã nhận thư" in page
    assert "Đã mở hồ sơ văn bản" in page


def test_an_unreadable_file_says_why(as_person: AsPerson, remember: Remember) -> None:
    case = remember(sample.held_case)
    assert "Cổng chưa đọc được tệp này: tệp có mật khẩu." in as_person(CLERK).get(f"/case/{case.id}").text


def test_every_look_is_told_to_the_story(house: House, as_person: AsPerson, remember: Remember) -> None:
    case = remember(sample.decision_case)
    as_person(LEADER).get(f"/case/{case.id}")
    seen = [story for story in house.store.views.story(case_id=case.id) if story.event is Event.SEEN]
    assert [story.actor for story in seen] == [LEADER.name]


@pytest.mark.parametrize("path", ["", "/file/0", "/file/0/page/1.png"])
def test_the_case_of_another_unit_does_not_exist(as_person: AsPerson, remember: Remember, path: str) -> None:
    case = remember(sample.decision_case)
    assert as_person(SCHOOL_CLERK).get(f"/case/{case.id}{path}").status_code == 404


def test_the_mail_of_another_units_case_does_not_exist(as_person: AsPerson, remember: Remember) -> None:
    case = remember(sample.decision_case)
    assert as_person(SCHOOL_CLERK).get(f"/case/{case.id}/mail/{case.mail_id}").status_code == 404


@pytest.mark.parametrize("account", [CLERK, LEADER, OFFICER, AUDITOR])
def test_a_sealed_case_shows_nothing_but_that_it_exists(as_person: AsPerson, remember: Remember, account: Account) -> None:
    case = remember(sample.sealed_case)
    visitor = as_person(account)
    pages = visitor.get("/cases?tab=sealed").text + visitor.get(f"/case/{case.id}").text
    assert "Hồ sơ niêm phong" in pages
    for secret in ("Báo cáo công tác năm", "BC nam 2026.pdf", "cv.minh"):
        assert secret not in pages
    assert visitor.get(f"/case/{case.id}/file/0").status_code == 404
    assert visitor.get(f"/case/{case.id}/mail/{case.mail_id}").status_code == 404


def test_words_of_a_mail_stay_words(house: House, as_person: AsPerson, now: datetime) -> None:
    attack = '"><script>alert(1)</script>'
    acceptance = sample.captured(
        letters.plain_question(), sender=f"{attack}@x", to=["a@b"], unit="SGDHG", office="", at=now, reason=attack
    )
    house.store.accept_now([acceptance])
    clerk = as_person(CLERK)
    for address in ("/cases", f"/case/{sample.case_of(acceptance).id}"):
        assert "<script>alert" not in clerk.get(address).text


# --- Decisions --------------------------------------------------------------------------------------------------------


def state_of(house: House, case: Case) -> CaseState:
    return house.store.views.case(case.id).state


def test_a_clerk_approves_and_the_document_goes_to_the_office_system(
    house: House, as_person: AsPerson, remember: Remember
) -> None:
    case = remember(sample.decision_case)
    clerk = as_person(CLERK)
    clerk.get(f"/case/{case.id}")
    response = clerk.press(f"/case/{case.id}/approve")
    assert response.headers["Location"] == "/cases"
    assert state_of(house, case) is CaseState.APPROVED
    assert [(d.courier, d.target) for d in house.store.views.deliveries_of(case_id=case.id)] == [
        (sample.PROVINCE_OFFICE, "SGDHG")
    ]
    assert "Đã duyệt Quyết định 518/QĐ-SGDĐT" in clerk.get("/cases").text


def test_after_a_decision_the_next_waiting_case_opens(as_person: AsPerson, remember: Remember) -> None:
    oldest = remember(sample.held_case, ago=timedelta(hours=2))
    middle = remember(sample.incoming_case, ago=timedelta(hours=1))
    newest = remember(sample.decision_case)
    clerk = as_person(CLERK)
    clerk.get(f"/case/{middle.id}")
    assert clerk.press(f"/case/{middle.id}/approve").headers["Location"] == f"/case/{oldest.id}"
    assert clerk.press(f"/case/{oldest.id}/approve").headers["Location"] == f"/case/{newest.id}"
    assert clerk.press(f"/case/{newest.id}/approve").headers["Location"] == "/cases"


def test_a_clerk_returns_with_a_reason_and_the_sender_is_told(house: House, as_person: AsPerson, remember: Remember) -> None:
    case = remember(sample.decision_case)
    clerk = as_person(CLERK)
    clerk.get(f"/case/{case.id}")
    clerk.press(f"/case/{case.id}/return", reason=RETURN_REASONS[1], note="thiếu danh sách kèm theo")
    assert state_of(house, case) is CaseState.RETURNED
    page = clerk.get(f"/case/{case.id}").text
    assert "Đã trả lại người gửi" in page
    assert "Thiếu phụ lục hoặc tệp kèm theo; thiếu danh sách kèm theo" in page
    assert "Đã gửi thư thông báo" in page


def test_before_a_copy_is_returned_the_clerk_reads_that_it_was_delivered(as_person: AsPerson, remember: Remember) -> None:
    page = as_person(CLERK).get(f"/case/{remember(sample.incoming_case).id}").text
    assert "Hồ sơ được đóng, không vào sổ. Người nhận đã có thư này. Người gửi nhận được thư nêu lý do dưới đây." in page


def test_a_clerk_releases_and_the_mail_goes_to_its_recipients(house: House, as_person: AsPerson, remember: Remember) -> None:
    case = remember(sample.decision_case)
    clerk = as_person(CLERK)
    clerk.get(f"/case/{case.id}")
    clerk.press(f"/case/{case.id}/release", reason="", note="lãnh đạo đồng ý")
    assert state_of(house, case) is CaseState.RELEASED
    assert [d.target for d in house.store.views.deliveries_of(case_id=case.id)] == list(case.recipients)


def purged(house: House, case: Case) -> Case:
    """The case, handed over and forgotten by the schedule: its mail has no bytes any more."""
    for event in (CaseEvent.APPROVE, CaseEvent.HAND_OVER):
        house.store.move_case(case.id, event, by="", detail={}, now=utc_now())
    day = timedelta(days=1)
    assert house.store.purge(utc_now() + 40 * day, keep_passed=day, keep_captured=30 * day) == 1
    return case


def test_a_case_whose_mail_was_dropped_says_when_and_why_and_offers_what_is_left(
    house: House, as_person: AsPerson, remember: Remember
) -> None:
    case = purged(house, remember(sample.decision_case))
    page = as_person(CLERK).get(f"/case/{case.id}").text
    day = f"{local_day(utc_now() + timedelta(days=40)):%d/%m/%Y}"
    assert f"đã xóa ngày {day} theo thời hạn lưu (keep_captured_days trong mục [store])" in page
    assert "Nội dung thư đã được xóa khỏi cổng vì hết thời hạn lưu" in page
    assert 'id="release"' not in page
    assert 'id="approve"' not in page
    assert 'id="return"' in page
    assert 'id="withdraw"' in page
    assert "Tải tệp gốc" not in page


def test_to_release_a_mail_that_was_dropped_is_answered_with_the_reason(
    house: House, as_person: AsPerson, remember: Remember
) -> None:
    case = purged(house, remember(sample.decision_case))
    clerk = as_person(CLERK)
    clerk.get(f"/case/{case.id}")
    assert clerk.press(f"/case/{case.id}/release", note="lãnh đạo đồng ý").headers["Location"] == f"/case/{case.id}"
    assert "Nếu vẫn cần, xin đề nghị người gửi gửi lại." in clerk.get(f"/case/{case.id}").text
    assert state_of(house, case) is CaseState.HANDED_OVER
    clerk.press(f"/case/{case.id}/return", reason=RETURN_REASONS[0])
    assert state_of(house, case) is CaseState.RETURNED


def test_a_clerk_withdraws(house: House, as_person: AsPerson, remember: Remember) -> None:
    case = remember(sample.decision_case)
    clerk = as_person(CLERK)
    clerk.get(f"/case/{case.id}")
    clerk.press(f"/case/{case.id}/withdraw", reason="Đơn vị ban hành đề nghị thu hồi")
    assert state_of(house, case) is CaseState.WITHDRAWN


@pytest.mark.parametrize("act", ["release", "return", "withdraw"])
def test_without_a_reason_nothing_is_decided(house: House, as_person: AsPerson, remember: Remember, act: str) -> None:
    case = remember(sample.decision_case)
    clerk = as_person(CLERK)
    clerk.get(f"/case/{case.id}")
    assert clerk.press(f"/case/{case.id}/{act}", reason="", note="  ").headers["Location"] == f"/case/{case.id}"
    assert "Xin chọn hoặc ghi lý do" in clerk.get(f"/case/{case.id}").text
    assert state_of(house, case) is CaseState.WAITING


def test_a_reason_that_is_too_long_is_cut(house: House, as_person: AsPerson, remember: Remember) -> None:
    case = remember(sample.decision_case)
    clerk = as_person(CLERK)
    clerk.get(f"/case/{case.id}")
    clerk.press(f"/case/{case.id}/return", note="ă" * 3000)
    moved = next(story for story in house.store.views.story(case_id=case.id) if story.event is Event.CASE_MOVED)
    assert len(str(moved.detail["reason"])) == LONGEST_REASON


def test_who_comes_second_is_told_so(house: House, as_person: AsPerson, remember: Remember) -> None:
    case = remember(sample.decision_case)
    quick, slow = as_person(CLERK), as_person(CLERK)
    quick.get(f"/case/{case.id}")
    slow.get(f"/case/{case.id}")
    quick.press(f"/case/{case.id}/return", reason=RETURN_REASONS[0])
    assert slow.press(f"/case/{case.id}/approve").headers["Location"] == f"/case/{case.id}"
    assert "vừa có người xử lý trước" in slow.get(f"/case/{case.id}").text
    assert state_of(house, case) is CaseState.RETURNED


@pytest.mark.parametrize(("account", "status"), [(LEADER, 403), (OFFICER, 403), (AUDITOR, 403), (SCHOOL_CLERK, 404)])
@pytest.mark.parametrize("act", ["approve", "release", "return", "withdraw"])
def test_nobody_else_decides(
    house: House, as_person: AsPerson, remember: Remember, account: Account, status: int, act: str
) -> None:
    case = remember(sample.decision_case)
    visitor = as_person(account)
    visitor.get("/cases")
    assert visitor.press(f"/case/{case.id}/{act}", reason="thử").status_code == status
    assert state_of(house, case) is CaseState.WAITING


def test_readers_get_no_buttons(as_person: AsPerson, remember: Remember) -> None:
    case = remember(sample.decision_case)
    assert 'id="approve"' in as_person(CLERK).get(f"/case/{case.id}").text
    assert 'id="approve"' not in as_person(LEADER).get(f"/case/{case.id}").text


def test_a_unit_without_a_connected_office_system_cannot_approve(house: House, as_person: AsPerson, now: datetime) -> None:
    acceptance = sample.captured(
        letters.plain_question(), sender="a@b.example", to=["c@d.example"], unit="SGDHG", office="", at=now
    )
    house.store.accept_now([acceptance])
    case = sample.case_of(acceptance)
    clerk = as_person(CLERK)
    assert 'id="approve"' not in clerk.get(f"/case/{case.id}").text
    clerk.press(f"/case/{case.id}/approve")
    assert "Chưa có hệ thống quản lý văn bản nào của Sở Giáo dục và Đào tạo Hương Giang" in clerk.get(f"/case/{case.id}").text


def test_releasing_a_copy_says_that_it_was_delivered_already(as_person: AsPerson, remember: Remember) -> None:
    case = remember(sample.incoming_case)
    page = as_person(CLERK).get(f"/case/{case.id}").text
    assert "Người nhận đã có thư này. Hồ sơ được đóng, không bàn giao" in page
    assert "văn thư vào sổ văn bản đến tại đó" in page


def test_documents_of_the_past_have_a_list_of_their_own_and_nothing_can_be_decided(
    as_person: AsPerson, remember: Remember
) -> None:
    def of_the_past(at: datetime) -> Acceptance:
        acceptance = sample.decision_case(at)
        archived = replace(acceptance.openings[0].case, state=CaseState.ARCHIVED)
        return replace(acceptance, openings=(Opening(case=archived),))

    case = remember(of_the_past)
    visitor = as_person(CLERK)
    for tab, is_there in (("archived", True), ("waiting", False), ("all", False)):
        assert (case.id in visitor.get(f"/cases?tab={tab}").text) is is_there
    page = visitor.get(f"/case/{case.id}").text
    assert "lưu trữ" in page
    assert f"/case/{case.id}/approve" not in page
