"""Whoever was stopped says why his mail is no issuance; the clerk has both reasons side by side."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from gateway.lifecycle import CaseState
from gateway.model import Account, Case, Event, Mail, new_id
from gateway.store import Acceptance
from tests.policy import desk
from tests.web import sample
from tests.web.conftest import Visitor
from tests.web.sample import CLERK, OFFICER, SCHOOL_CLERK, House

AsPerson = Callable[[Account], Visitor]
Remember = Callable[..., Case]
WORDS = "Đây là mẫu phiếu khảo sát, chưa ban hành, số chỉ để minh họa."


@pytest.fixture
def refused(house: House) -> Mail:
    """A mail of a teacher that was refused: its bytes are not here."""
    recognition = desk.carrying(desk.issued("THCSLL"), subject="Gửi phiếu")
    recognition = replace(recognition, files=tuple(replace(file, digest="d" * 64) for file in recognition.files))
    mail = replace(desk.mail(desk.TEACHER, desk.DIVISION, at=datetime.now(UTC)), id=new_id())
    verdicts = desk.decided(mail, recognition)
    house.store.accept_now(
        [Acceptance(mail=mail, keep_raw=False, subject="Gửi phiếu", recognition=recognition, verdicts=verdicts)]
    )
    return mail


def address(house: House, mail_id: str) -> str:
    return house.links.to_appeal(mail_id).removeprefix("https://vanthu.example")


def write(visitor: Visitor, where: str, words: str = WORDS) -> tuple[int, str]:
    visitor.get(where)
    response = visitor.press(where, words=words)
    return response.status_code, response.text


def test_nobody_signs_in_to_read_why_he_was_stopped(visitor: Visitor, house: House, refused: Mail) -> None:
    page = visitor.get(address(house, refused.id))
    assert page.status_code == 200
    assert "Vì sao thư bị từ chối" in page.text
    assert "87/THCSLL" in page.text


@pytest.mark.parametrize("change", [lambda a: a[:-1] + ("0" if a[-1] != "0" else "1"), lambda a: a.rpartition("/")[0] + "/x"])
def test_a_link_that_we_did_not_give_leads_nowhere(
    visitor: Visitor, house: House, refused: Mail, change: Callable[[str], str]
) -> None:
    assert visitor.get(change(address(house, refused.id))).status_code == 404


def test_an_appeal_against_a_refusal_becomes_a_held_item_with_both_reasons(
    visitor: Visitor, as_person: AsPerson, house: House, refused: Mail
) -> None:
    status, said = write(visitor, address(house, refused.id))
    assert (status, "Văn thư đã nhận được ý kiến" in said) == (200, True)

    (row,) = house.store.views.cases(units=("THCSLL",), states=(CaseState.WAITING,)).rows
    assert row.alarm
    page = as_person(SCHOOL_CLERK).get(f"/case/{row.id}").text
    assert "chỉ tài khoản văn thư" in page
    assert WORDS in page


def test_when_the_clerk_agrees_the_sender_may_send_these_files_again(
    visitor: Visitor, as_person: AsPerson, house: House, refused: Mail
) -> None:
    write(visitor, address(house, refused.id))
    (row,) = house.store.views.cases(units=("THCSLL",), states=(CaseState.WAITING,)).rows
    clerk = as_person(SCHOOL_CLERK)
    clerk.get(f"/case/{row.id}")
    clerk.press(f"/case/{row.id}/release", reason="Đúng là phiếu khảo sát", note="")

    assert house.store.views.case(row.id).state is CaseState.RELEASED
    now = datetime.now(UTC)
    may = house.store.archive.exempt_files
    assert may(desk.TEACHER.upper(), ["d" * 64, "e" * 64], now=now) == {"d" * 64}
    assert may(desk.HEAD, ["d" * 64], now=now) == frozenset()
    assert may(desk.TEACHER, ["d" * 64], now=now + timedelta(days=8)) == frozenset()
    told = [story for story in house.store.views.story(case_id=row.id) if story.event is Event.NOTICE_SENT]
    assert [story.detail["to"] for story in told] == [desk.TEACHER]
    assert [d.target for d in house.store.views.deliveries_of(case_id=row.id)] == []


def test_when_the_clerk_disagrees_the_sender_reads_why(
    visitor: Visitor, as_person: AsPerson, house: House, refused: Mail
) -> None:
    write(visitor, address(house, refused.id))
    (row,) = house.store.views.cases(units=("THCSLL",), states=(CaseState.WAITING,)).rows
    clerk = as_person(SCHOOL_CLERK)
    clerk.get(f"/case/{row.id}")
    clerk.press(f"/case/{row.id}/return", reason="Đã có số và dấu", note="")
    assert house.store.views.case(row.id).state is CaseState.RETURNED
    assert house.store.archive.exempt_files(desk.TEACHER, ["d" * 64], now=datetime.now(UTC)) == frozenset()


def test_an_appeal_about_a_mail_that_waits_raises_its_alarm(visitor: Visitor, house: House, remember: Remember) -> None:
    case = remember(sample.held_case)
    assert not house.store.views.case(case.id).alarm
    write(visitor, address(house, case.mail_id))
    assert house.store.views.case(case.id).alarm
    assert [story.detail.get("words") for story in house.store.views.story(case_id=case.id)][-1] == WORDS


def test_the_same_words_are_heard_once(visitor: Visitor, house: House, refused: Mail) -> None:
    where = address(house, refused.id)
    write(visitor, where)
    assert "đang chờ văn thư xem" in write(visitor, where)[1]
    assert len(house.store.views.cases(units=None, states=()).rows) == 1


def test_a_form_from_elsewhere_is_no_appeal(visitor: Visitor, house: House, refused: Mail) -> None:
    assert visitor.client.post(address(house, refused.id), data={"words": WORDS}).status_code == 400
    assert house.store.views.cases(units=None, states=()).rows == ()


def test_what_the_clerk_may_do_with_an_appeal_is_agree_or_not(
    visitor: Visitor, as_person: AsPerson, house: House, refused: Mail
) -> None:
    write(visitor, address(house, refused.id))
    (row,) = house.store.views.cases(units=("THCSLL",), states=(CaseState.WAITING,)).rows
    page = as_person(SCHOOL_CLERK).get(f"/case/{row.id}").text
    assert "Chấp nhận ý kiến" in page
    assert "Giữ kết luận" in page
    assert f"/case/{row.id}/withdraw" not in page
    assert f"/case/{row.id}/approve" not in page


def test_without_words_nothing_is_sent(visitor: Visitor, house: House, refused: Mail) -> None:
    status, said = write(visitor, address(house, refused.id), words="không")
    assert (status, "Xin viết vài lời" in said) == (422, True)
    assert house.store.views.cases(units=None, states=()).rows == ()


def test_what_was_delivered_or_sealed_cannot_be_appealed(visitor: Visitor, house: House, remember: Remember) -> None:
    for letter in (sample.incoming_case, sample.sealed_case):
        assert visitor.get(address(house, remember(letter).mail_id)).status_code == 404


def test_html_in_an_appeal_stays_words(visitor: Visitor, as_person: AsPerson, house: House, remember: Remember) -> None:
    case = remember(sample.held_case)
    write(visitor, address(house, case.mail_id), words="<script>alert(1)</script> không phải văn bản")
    page = as_person(CLERK if "SGDHG" in CLERK.units else OFFICER).get(f"/case/{case.id}").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
