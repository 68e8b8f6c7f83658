"""A clerk's and an officer's work in a real browser: keys, narrow screens, and nothing that the content policy stops."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from gateway import sample as sample_house
from gateway.config import Inspection
from gateway.directory.files import load as load_directory
from gateway.inspection import Inspector
from gateway.lifecycle import CaseState, DeliveryEvent
from gateway.model import Case
from tests.web import sample, test_cases, test_mailboxes, test_past
from tests.web.sample import CLERK, OFFICER, SCHOOL_CLERK, House, packed_case, place_of
from tests.web.seat import Seat
from tests.world import letters


@pytest.fixture(scope="module")
def inspector() -> Iterator[Inspector]:
    """The real one, which draws pages in guarded children."""
    inspector = Inspector(Inspection(processes=1))
    inspector.start()
    yield inspector
    inspector.close()


@pytest.fixture
def drawer(inspector: Inspector) -> Inspector:
    """What the house of these tests draws with."""
    return inspector


def test_a_clerk_approves_with_one_key_and_the_next_case_opens(house: House, seat: Seat, remember: Callable[..., Case]) -> None:
    older = remember(sample.incoming_case, ago=timedelta(hours=1))
    newer = remember(sample.decision_case)
    seat.type_name_and_password(CLERK)
    seat.fits("queue")
    seat.key("j")
    seat.page.keyboard.press("Enter")
    expect(seat.page.get_by_role("heading", level=1)).to_have_text("Quyết định 518/QĐ-SGDĐT")
    seat.fits("case")
    seat.key("a")
    expect(seat.page.get_by_role("status")).to_contain_text("Đã duyệt Quyết định 518/QĐ-SGDĐT")
    expect(seat.page.get_by_role("heading", level=1)).to_have_text("Công văn 2206/SGDĐT-CTTT")
    assert house.store.views.case(newer.id).state is CaseState.APPROVED
    assert house.store.views.case(older.id).state is CaseState.WAITING
    seat.fits("case-next")


def test_a_case_without_its_mail_and_the_mistake_of_a_policy_are_read_on_any_screen(
    house: House, seat: Seat, remember: Callable[..., Case], tmp_path: Path
) -> None:
    case = test_cases.purged(house, remember(sample.decision_case))
    seat.sign_in(CLERK)
    seat.open(f"/case/{case.id}")
    expect(seat.page.get_by_text("Nội dung thư không còn trên cổng: đã xóa ngày")).to_be_visible()
    seat.fits("case-dropped")
    wrong = tmp_path / "chinh-sach-moi.toml"
    wrong.write_text(house.policy().text.replace("sender_is_clerk", "nguoi_gui", 1), encoding="utf-8")
    seat.page.context.clear_cookies()
    seat.sign_in(OFFICER)
    seat.open("/policy")
    seat.page.get_by_label("Hoặc tệp chính sách (.toml)").set_input_files(wrong)
    seat.page.get_by_role("button", name="Thử").click()
    expect(seat.page.get_by_role("alert")).to_contain_text("when không có điều kiện “nguoi_gui”")
    seat.fits("policy-mistake")


def test_a_clerk_returns_by_keyboard_alone(house: House, seat: Seat, remember: Callable[..., Case]) -> None:
    case = remember(sample.urgent_case)
    seat.sign_in(SCHOOL_CLERK)
    seat.open(f"/case/{case.id}")
    seat.key("r")
    seat.page.keyboard.press("Space")
    seat.fits("return")
    seat.page.keyboard.press("Enter")
    expect(seat.page.get_by_role("status")).to_contain_text("Đã trả lại Giấy mời 34/GM-PGDĐT")
    assert house.store.views.case(case.id).state is CaseState.RETURNED


def test_a_key_that_was_typed_into_a_field_decides_nothing(house: House, seat: Seat, remember: Callable[..., Case]) -> None:
    case = remember(sample.decision_case)
    seat.sign_in(CLERK)
    seat.open(f"/case/{case.id}")
    seat.key("r")
    seat.page.get_by_label("Ghi thêm").locator("visible=true").press_sequentially("ana")
    seat.page.keyboard.press("Escape")
    expect(seat.page.locator("details#return")).not_to_have_attribute("open", "")
    assert house.store.views.case(case.id).state is CaseState.WAITING


def test_the_page_image_is_there(seat: Seat, remember: Callable[..., Case]) -> None:
    case = remember(sample.decision_case)
    seat.sign_in(CLERK)
    seat.open(f"/case/{case.id}")
    image = seat.page.get_by_role("img", name="Trang 1 của 518-QĐ-SGDĐT.signed.pdf")
    image.scroll_into_view_if_needed()
    seat.page.wait_for_load_state("networkidle")
    assert image.evaluate("image => image.complete && image.naturalWidth > 1000")


def test_without_javascript_a_clerk_decides_all_the_same(
    house: House, chromium: Browser, console: str, remember: Callable[..., Case]
) -> None:
    case = remember(sample.decision_case)
    context = chromium.new_context(java_script_enabled=False, locale="vi-VN")
    seat = Seat(context.new_page(), console, "no-script")
    seat.type_name_and_password(CLERK)
    seat.page.get_by_role("link", name="Về việc thành lập Hội đồng").click()
    seat.page.get_by_text("Trả lại", exact=False).first.click()
    seat.page.get_by_label("Thiếu phụ lục hoặc tệp kèm theo").check()
    seat.page.get_by_role("button", name="Trả lại").click()
    expect(seat.page.get_by_role("status")).to_contain_text("Đã trả lại")
    context.close()
    assert house.store.views.case(case.id).state is CaseState.RETURNED


def test_many_cases_are_decided_at_once_and_taken_back(house: House, seat: Seat, remember: Callable[..., Case]) -> None:
    cases = [remember(make) for make in (sample.decision_case, sample.incoming_case)]
    seat.sign_in(CLERK)
    for case in cases:
        seat.page.locator(f"input[name=case][value='{case.id}']").check()
    seat.key("b")
    expect(seat.page.get_by_text("Chưa có gì được ghi")).to_be_visible()
    seat.fits("bulk")
    seat.key("a")
    expect(seat.page.locator(".outcome.is-done")).to_have_count(2)
    assert [house.store.views.case(case.id).state for case in cases] == [CaseState.APPROVED] * 2
    seat.fits("bulk-done")
    seat.key("z")
    expect(seat.page.locator(".outcome.is-undone")).to_have_count(2)
    assert [house.store.views.case(case.id).state for case in cases] == [CaseState.WAITING] * 2


def test_a_decision_is_taken_back_and_a_misread_number_corrected(
    house: House, seat: Seat, remember: Callable[..., Case]
) -> None:
    case = remember(sample.decision_case)
    seat.sign_in(CLERK)
    seat.open(f"/case/{case.id}")
    seat.key("a")
    expect(seat.page.get_by_role("status").first).to_be_visible()
    seat.open(f"/case/{case.id}")
    seat.key("z")
    expect(seat.page.locator("[data-key=a]").first).to_be_visible()
    assert house.store.views.case(case.id).state is CaseState.WAITING
    seat.key("e")
    field = seat.page.locator(".correct input").nth(1)
    expect(field).to_be_focused()
    field.fill("519/QĐ-SGDĐT")
    seat.page.locator(".correct button[type=submit]").click()
    expect(seat.page.locator(".fact-side").get_by_text("519/QĐ-SGDĐT").first).to_be_visible()
    corrected = house.store.views.case(case.id).document
    assert corrected is not None
    assert corrected.number_symbol == "519/QĐ-SGDĐT"
    seat.fits("corrected")


def test_an_officer_sees_what_failed_and_tries_again(house: House, seat: Seat, remember: Callable[..., Case]) -> None:
    remember(sample.held_case)
    case = remember(sample.sealed_case)
    for event, reply in ((DeliveryEvent.GIVE_UP, "550 5.1.1 User unknown"), (DeliveryEvent.UNSURE, "connection lost")):
        acceptance = sample.passed(
            letters.figures_of_a_school(), sender=letters.TEACHER[1], to=letters.SPECIALIST[1], at=case.opened_at
        )
        house.store.accept_now([acceptance])
        sample.settle(house.store, acceptance.mail.id, event, reply)
    seat.sign_in(OFFICER)
    seat.fits("deliveries")
    seat.page.get_by_role("button", name="Chuyển lại ngay").click()
    expect(seat.page.get_by_role("status")).to_contain_text("cổng sẽ chuyển lại ngay")
    for path, name in (("/mails", "mails"), (f"/mail/{acceptance.mail.id}", "mail"), ("/cases?tab=all", "queue-all")):
        seat.open(path)
        seat.fits(name)
    for path, name in ((f"/case/{case.id}", "sealed"), ("/password", "password"), ("/khong-co", "404")):
        seat.open(path)
        seat.fits(name)


def test_the_question_mark_lists_the_keys(seat: Seat) -> None:
    seat.sign_in(CLERK)
    seat.key("?")
    expect(seat.page.get_by_role("dialog")).to_contain_text("duyệt hồ sơ đang mở")
    seat.page.keyboard.press("Escape")
    expect(seat.page.get_by_role("dialog")).to_be_hidden()


def test_a_file_in_an_archive_is_looked_at_by_itself(seat: Seat, remember: Callable[..., Case]) -> None:
    case = remember(packed_case)
    seat.sign_in(CLERK)
    seat.open(f"/case/{case.id}?file={place_of(case, 'hồ sơ.zip').number}")
    expect(seat.page.get_by_text("Trong tệp này có 3 tệp")).to_be_visible()
    seat.fits("archive")
    seat.page.locator(".held").get_by_role("link", name="qđ.pdf").click()
    picture = seat.page.locator(".paper img")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 1000
    seat.fits("archive-pdf")
    seat.page.locator(".file-list").get_by_role("link", name="cv.docx").first.click()
    expect(seat.page.locator(".sheet pre")).to_contain_text("Số: 87/THCSLL")
    seat.fits("archive-word")


def test_an_officer_takes_a_list_into_the_directory(
    house: House, seat: Seat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample_house.write(tmp_path / "house")
    (tmp_path / "house" / "directory").rename(tmp_path / "directory")
    monkeypatch.setattr(house, "directory", lambda: load_directory(tmp_path / "directory"))
    listed = tmp_path / "hop-thu.csv"
    listed.write_text(
        "Địa chỉ;Mã đơn vị;Vai trò;Họ và tên\nmoi.nguoi@sgdhuonggiang.edu.vn;SGDHG;chuyên viên;Ngô Thị Mới\n"
        "la@sgdhuonggiang.edu.vn;KHONGCO;chuyên viên;Ai Đó\n",
        encoding="utf-8",
    )
    seat.sign_in(OFFICER)
    seat.open("/directory")
    seat.fits("directory")
    seat.page.get_by_label("Danh sách (.xlsx, .xls, .ods, .csv)").set_input_files(listed)
    seat.page.get_by_role("button", name="Xem trước").click()
    expect(seat.page.get_by_text("2 mới, 0 thay đổi")).to_be_visible()
    seat.fits("directory-import")
    seat.page.get_by_role("button", name="Ghi 2 thay đổi").click()
    expect(seat.page.get_by_text("Đã ghi 2 thay đổi vào bảng Hộp thư")).to_be_visible()
    seat.page.get_by_text("Đơn vị mã KHONGCO không có trong danh bạ").first.wait_for()

    listed.write_text("Địa chỉ;Mã đơn vị;Vai trò\nkhông phải;SGDHG;sếp\n", encoding="utf-8")
    seat.page.get_by_label("Danh sách (.xlsx, .xls, .ods, .csv)").set_input_files(listed)
    seat.page.get_by_role("button", name="Xem trước").click()
    expect(seat.page.get_by_text("Chưa ghi gì.")).to_be_visible()
    seat.fits("directory-wrong")


def test_an_appeal_is_written_and_read(house: House, seat: Seat, remember: Callable[..., Case]) -> None:
    case = remember(sample.held_case)
    seat.open(house.links.to_appeal(case.mail_id).removeprefix("https://vanthu.example"))
    seat.fits("appeal")
    seat.page.get_by_label("Tệp này là gì").fill("Đây là phiếu khảo sát, chưa ban hành, số chỉ để minh họa.")
    seat.page.get_by_role("button", name="Gửi ý kiến").click()
    expect(seat.page.get_by_text("Văn thư đã nhận được ý kiến")).to_be_visible()
    seat.sign_in(CLERK if case.unit in CLERK.units else SCHOOL_CLERK)
    seat.open(f"/case/{case.id}")
    expect(seat.page.get_by_role("heading", name="Ý kiến của người gửi")).to_be_visible()
    seat.fits("appeal-case")


def test_the_page_about_old_mail_fits(house: House, seat: Seat) -> None:
    test_past.filled(house)
    seat.sign_in(OFFICER)
    seat.open("/past")
    expect(seat.page.get_by_role("heading", level=1)).to_have_text("Thư cũ và đối chiếu")
    seat.fits("past")


def test_an_officer_sees_which_mailbox_needs_him(house: House, seat: Seat) -> None:
    test_mailboxes.two_mailboxes(house)
    seat.sign_in(OFFICER)
    seat.open("/mailboxes")
    expect(seat.page.get_by_text("Không đăng nhập được")).to_be_visible()
    seat.fits("mailboxes")
    seat.page.get_by_role("link", name="c3nguyenhue").click()
    expect(seat.page.get_by_role("button", name="Kiểm tra ngay")).to_be_visible()
    seat.fits("mailbox")


def test_why_is_one_key_away_and_a_sign_of_it_leads_to_its_place_on_the_page(house: House, seat: Seat) -> None:
    made = sample.by_rule(sample.decision_case(datetime.now(UTC)), "4")
    house.store.accept_now([made])
    seat.sign_in(CLERK)
    seat.open(f"/case/{sample.case_of(made).id}")
    seat.key("w")
    panel = seat.page.locator("#why")
    expect(panel).to_be_focused()
    expect(panel).to_contain_text("Thư mang văn bản phát hành của chính đơn vị gửi")
    seat.fits("why")
    panel.get_by_role("link", name="Số, ký hiệu").click()
    mark = seat.page.locator("rect.mark-number:target")
    expect(mark).to_be_in_viewport()


def test_a_policy_is_tried_in_the_background_and_the_page_shows_the_end_by_itself(
    house: House, seat: Seat, remember: Callable[..., Case]
) -> None:
    remember(sample.decision_case)
    seat.sign_in(OFFICER)
    seat.open("/policy")
    seat.fits("policy")
    seat.page.get_by_role("button", name="Thử").click()
    seat.page.wait_for_url("**/policy/try/*")
    expect(seat.page.locator("#bench")).to_contain_text("1 trong 1 kết luận", timeout=60_000)
    expect(seat.page.get_by_role("link", name="XLSX")).to_be_visible()
    seat.fits("policy-trial")
