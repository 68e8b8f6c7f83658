"""What came back from office systems, in the console: receipts, groups of failures, orphans, documents of the axis."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from gateway.courier import Answer, Level
from gateway.lifecycle import CaseEvent, CaseState, DeliveryEvent, DeliveryState
from gateway.model import Account, Case, Delivery, Event
from gateway.store import Settlement
from gateway.store.receipt_values import Effect, Fit, Origin
from tests.web import sample
from tests.web.conftest import Visitor
from tests.web.sample import House

As = Callable[[Account], Visitor]


def said(house: House, now: datetime, case: Case | None, event_id: str, **other: object) -> None:
    fields: dict[str, object] = {"level": Level.REGISTERED, "status": "03", "register_number": "77", "raw": b"<03/>", **other}
    answer = Answer(event_id=event_id, **fields)  # type: ignore[arg-type]
    house.store.receipts.keep(sample.PROVINCE_OFFICE, answer, Fit(case_id=case.id if case else ""), Effect(), now=now)


def test_the_case_shows_what_the_office_system_said_as_a_time_line(
    house: House, as_person: As, remember: Callable[..., Case], now: datetime
) -> None:
    case = remember(sample.decision_case)
    said(house, now, case, "a", level=Level.STORED, status="01", register_number="")
    said(house, now, case, "b/ký")
    page = as_person(sample.CLERK).get(f"/case/{case.id}").text
    assert page.index("Đã đến hệ thống") < page.index("Đã vào sổ</b> số 77")
    assert "Tải nguyên văn" not in page
    auditor = as_person(sample.AUDITOR)
    assert "Tải nguyên văn" in auditor.get(f"/case/{case.id}").text
    assert auditor.get(f"/receipt/{sample.PROVINCE_OFFICE}/b/ký").data == b"<03/>"


def test_whoever_saves_a_receipt_is_remembered_and_nobody_gets_that_of_a_sealed_case(
    house: House, as_person: As, remember: Callable[..., Case], now: datetime
) -> None:
    case, sealed = remember(sample.decision_case), remember(sample.sealed_case)
    said(house, now, case, "edoc:1")
    said(house, now, sealed, "edoc:2", level=Level.DOCUMENT)
    origin = Origin(
        mail_id=sealed.mail_id, unit="SGDHG", receiver="H59", sender="H60", sender_name="Sở Lam Hà", document_id="d1",
        number_symbol="", issued_on=None, business="0", reason="", problems=(),
    )  # fmt: skip
    answer = Answer(
        event_id="edoc:3", level=Level.DOCUMENT, raw=b"<edXML/>"
    )  # of two units: its receipt names the other's case
    house.store.receipts.keep(sample.PROVINCE_OFFICE, answer, Fit(case_id=case.id), Effect(), origins=(origin,), now=now)
    for person in (sample.OFFICER, sample.AUDITOR):
        codes = [as_person(person).get(f"/receipt/{sample.PROVINCE_OFFICE}/edoc:{n}").status_code for n in (1, 2, 3, 4)]
        assert codes == [200, 404, 404, 404]
    seen = [story for story in house.store.views.story(case_id=case.id) if story.detail.get("what") == "receipt"]
    assert [(story.actor, story.detail["file"]) for story in seen] == [
        (sample.OFFICER.name, "edoc:1"),
        (sample.AUDITOR.name, "edoc:1"),
    ]


def test_orphans_are_shown_to_the_officer_and_to_nobody_else(house: House, as_person: As, now: datetime) -> None:
    said(house, now, None, "x", number_symbol="9/UBND")
    officer = as_person(sample.OFFICER)
    assert "không khớp hồ sơ" in officer.get("/deliveries").text
    assert "9/UBND" in officer.get("/receipts/orphans").text
    assert as_person(sample.CLERK).get("/receipts/orphans").status_code == 403
    assert as_person(sample.CLERK).get(f"/receipt/{sample.PROVINCE_OFFICE}/x").status_code == 403


def handed_over(house: House, case: Case, now: datetime) -> Case:
    """The same case on its way to the office system of the province."""
    delivery = Delivery(
        id=f"{case.id}-9", mail_id=case.mail_id, case_id=case.id, courier=sample.PROVINCE_OFFICE, target=case.unit
    )
    return house.store.move_case(case.id, CaseEvent.APPROVE, by="nga", detail={}, deliveries=(delivery,), now=now)


def test_an_officer_attaches_an_orphan_to_its_case_and_it_does_what_it_says(
    house: House, as_person: As, remember: Callable[..., Case], now: datetime
) -> None:
    case = remember(sample.decision_case)
    officer = as_person(sample.OFFICER)
    said(house, now, None, "lạc/1")
    officer.get("/receipts/orphans")
    attach = {"courier": sample.PROVINCE_OFFICE, "event": "lạc/1"}
    officer.press("/receipts/orphans/attach", **attach, case=case.id)
    assert "chưa từng được bàn giao" in officer.get("/receipts/orphans").text

    handed_over(house, case, now)
    officer.press("/receipts/orphans/attach", **attach, case=f"https://cong.example/case/{case.id}")
    assert "Không có trả lời nào như vậy" in officer.get("/receipts/orphans").text
    found = house.store.views.case(case.id)
    assert (found.state, found.register_number) == (CaseState.REGISTERED, "77")
    (told,) = [each for each in house.store.views.story(case_id=case.id) if each.event is Event.ANSWERED]
    assert told.actor == sample.OFFICER.name

    officer.get("/deliveries")
    officer.press("/receipts/orphans/attach", **attach, case=case.id)
    assert "không còn ở danh sách" in officer.get("/deliveries").text


def taken_over_there(house: House, case: Case, at: datetime) -> None:
    """The office system of the province got it at that moment."""
    handed_over(house, case, at)
    house.store.claim(couriers=(sample.PROVINCE_OFFICE,), limit=9, now=datetime.now(UTC), lease=timedelta(minutes=5))
    outcome = Settlement(
        delivery_id=f"{case.id}-9",
        event=DeliveryEvent.DELIVERED,
        attempts=1,
        reply="ok",
        delivered_at=at,
        case_id=case.id,
        case_event=CaseEvent.HAND_OVER,
        courier=sample.PROVINCE_OFFICE,
    )
    house.store.settle([outcome])
    house.store.flush()


def test_a_case_that_its_office_does_not_acknowledge_by_the_next_working_day_is_an_alarm(
    house: House, as_person: As, remember: Callable[..., Case], now: datetime
) -> None:
    case = remember(sample.decision_case)
    taken_over_there(house, case, now - timedelta(days=9))
    clerk, officer = as_person(sample.CLERK), as_person(sample.OFFICER)
    assert "vẫn chưa xác nhận" in clerk.get("/cases").text
    assert "chưa được xác nhận" in clerk.get("/cases?tab=handed-over").text
    assert "vẫn chưa xác nhận đã nhận" in clerk.get(f"/case/{case.id}").text
    assert "1 quá lâu" in officer.get("/system").text
    assert "chưa xác nhận" not in as_person(sample.SCHOOL_CLERK).get("/cases").text
    assert officer.get("/health").get_json()["silent"] == 1

    stored = Answer(event_id="01", level=Level.STORED, status="01", raw=b"<01/>")
    fit = Fit(case_id=case.id, delivery_id=f"{case.id}-9")
    house.store.receipts.keep(sample.PROVINCE_OFFICE, stored, fit, Effect(), now=now)
    for page in ("/cases", "/cases?tab=handed-over", f"/case/{case.id}"):
        assert "chưa xác nhận" not in clerk.get(page).text
        assert "chưa được xác nhận" not in clerk.get(page).text


def test_a_case_that_was_just_handed_over_is_no_alarm(
    house: House, as_person: As, remember: Callable[..., Case], now: datetime
) -> None:
    taken_over_there(house, remember(sample.decision_case), now)
    assert "chưa xác nhận" not in as_person(sample.CLERK).get("/cases").text


def test_an_office_system_that_never_says_anything_is_not_late(
    house: House, as_person: As, remember: Callable[..., Case], now: datetime
) -> None:
    taken_over_there(house, remember(sample.decision_case), now - timedelta(days=9))
    offices = tuple(replace(each, acknowledges=False) for each in house.settings.office)
    house.settings = replace(house.settings, office=offices)
    assert "chưa xác nhận" not in as_person(sample.CLERK).get("/cases").text


def test_only_an_officer_attaches_orphans(house: House, as_person: As, now: datetime) -> None:
    said(house, now, None, "x")
    auditor = as_person(sample.AUDITOR)
    assert "Gắn vào hồ sơ" not in auditor.get("/receipts/orphans").text
    assert auditor.press("/receipts/orphans/attach", courier="x", event="x", case="x").status_code == 403


def test_failures_of_one_cause_are_a_group_with_one_button(house: House, as_person: As, now: datetime) -> None:
    for n in range(3):
        mail = sample.passed(f"Subject: {n}\r\n\r\n".encode(), sender="a@x.example", to=f"b{n}@x.example", at=now)
        house.store.accept_now([mail])
        sample.settle(house.store, mail.mail.id, DeliveryEvent.GIVE_UP, f"450 4.2.0 <b{n}@x.example> hop thu day")
    officer = as_person(sample.OFFICER)
    page = officer.get("/deliveries").text
    assert "3 lượt" in page
    (group,) = house.traffic.groups()
    assert officer.press("/deliveries/retry-group", courier="relay", state="nonsense", cause="").status_code == 400
    officer.press("/deliveries/retry-group", courier="relay", state=group.state.value, cause=group.cause)
    assert "Đã cho chuyển lại 3 lượt" in officer.get("/deliveries").text
    assert house.traffic.groups() == ()


def test_a_person_says_what_became_of_an_uncertain_delivery(house: House, as_person: As, now: datetime) -> None:
    mail = sample.passed(b"Subject: x\r\n\r\n", sender="a@x.example", to="b@x.example", at=now)
    house.store.accept_now([mail])
    sample.settle(house.store, mail.mail.id, DeliveryEvent.UNSURE, "mất kết nối")
    officer, address = as_person(sample.OFFICER), f"/delivery/{mail.mail.id}-1/decide"
    officer.get("/deliveries")
    officer.press(address, act="arrived", reason="")
    assert "Cần ghi lý do" in officer.get("/deliveries").text
    officer.press(address, act="look-up")
    assert "Đang tra cứu nơi nhận" in officer.get("/deliveries").text
    officer.press(address, act="arrived", reason="đã gọi điện hỏi")
    assert house.store.views.deliveries_of(mail_id=mail.mail.id)[0].state is DeliveryState.DELIVERED


def test_a_document_of_the_axis_is_taken_in_with_the_clerks_own_number(
    house: House, as_person: As, remember: Callable[..., Case], now: datetime
) -> None:
    case = remember(sample.incoming_case)
    origin = Origin(
        mail_id=case.mail_id, unit="SGDHG", receiver="H59", sender="H60", sender_name="Sở Lam Hà", document_id="d1",
        number_symbol="2206/SGDĐT-CTTT", issued_on=None, business="0", reason="", problems=("thiếu ngày ký",),
    )  # fmt: skip
    answer = Answer(event_id="doc", level=Level.DOCUMENT, raw=b"<edXML/>")
    house.store.receipts.keep(sample.PROVINCE_OFFICE, answer, Fit(case_id=case.id), Effect(), origins=(origin,), now=now)
    clerk = as_person(sample.CLERK)
    page = clerk.get(f"/case/{case.id}").text
    assert "Đến qua trục liên thông" in page
    assert "thiếu ngày ký" in page
    assert "Từ chối" in page
    clerk.press(f"/case/{case.id}/receive", number="311")
    found = house.store.views.case(case.id)
    assert (found.state, found.register_number) == (CaseState.REGISTERED, "311")
    assert "Đã tiếp nhận, vào sổ văn bản đến số 311" in clerk.get(f"/case/{case.id}").text


def test_a_paused_courier_is_taken_up_by_the_officer(house: House, as_person: As) -> None:
    officer = as_person(sample.OFFICER)
    officer.get("/deliveries")
    officer.press(f"/courier/{sample.SECTOR_OFFICE}/resume")
    assert house.resumed == [sample.SECTOR_OFFICE]
