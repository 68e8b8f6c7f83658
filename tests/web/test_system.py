"""Couriers and ways in: how they do, look, pause, resume; groups of failures: try one, then all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from gateway.lifecycle import DeliveryEvent, DeliveryState
from gateway.model import Account
from gateway.store import Settlement
from gateway.store.routes import Route
from tests.web import sample
from tests.web.conftest import Visitor
from tests.web.sample import AUDITOR, OFFICER, PROVINCE_OFFICE, House

AsPerson = Callable[[Account], Visitor]


def failed(house: House, n: int, reply: str = "450 4.2.0 hop thu day") -> str:
    """A mail that was given up; its delivery."""
    made = sample.passed(f"Subject: {n}\r\n\r\n".encode(), sender="a@x.example", to=f"b{n}@x.example", at=datetime.now(UTC))
    house.store.accept_now([made])
    sample.settle(house.store, made.mail.id, DeliveryEvent.GIVE_UP, reply)
    return f"{made.mail.id}-1"


def test_the_page_says_how_each_courier_does(house: House, as_person: AsPerson) -> None:
    failed(house, 1)
    page = as_person(AUDITOR).get("/system").text
    assert "Hệ thống QLVB&amp;ĐH tỉnh" in page
    assert "tạm dừng" in page  # the house says that this one is
    assert 'href="/deliveries?courier=relay">1</a>' in page
    assert "Đĩa còn trống" in page
    assert '<form method="post" action="/system' not in page


def test_an_officer_looks_and_reads_what_was_found(house: House, as_person: AsPerson) -> None:
    officer = as_person(OFFICER)
    officer.get("/system")
    assert officer.press(f"/system/courier/{PROVINCE_OFFICE}/check").status_code == 302
    assert house.checks.reports()[PROVINCE_OFFICE].findings
    page = officer.get("/system").text
    assert "Cổng đang khởi động" in page  # no loop in this house
    assert officer.press("/system/courier/khong-co/check").status_code == 404


def test_a_pause_needs_a_reason_and_names_who_gave_it(house: House, as_person: AsPerson) -> None:
    officer = as_person(OFFICER)
    officer.get("/system")
    officer.press(f"/system/courier/{PROVINCE_OFFICE}/pause", reason=" ")
    assert house.paused == {}
    officer.get("/system")
    officer.press(f"/system/courier/{PROVINCE_OFFICE}/pause", reason="bảo trì")
    assert house.paused == {PROVINCE_OFFICE: f"bảo trì ({OFFICER.name})"}
    officer.get("/system")
    officer.press(f"/system/courier/{PROVINCE_OFFICE}/resume")
    assert house.resumed == [PROVINCE_OFFICE]


def test_of_a_group_one_is_tried_first(house: House, as_person: AsPerson) -> None:
    oldest, *others = [failed(house, n) for n in range(3)]
    officer = as_person(OFFICER)
    page = officer.get("/deliveries").text
    assert "Thử một lượt trước" in page
    cause = "450 4.2.0 hop thu day"
    officer.press("/deliveries/retry-group", courier="relay", state="dead", cause=cause, how="one")
    states = {row.id: row.state for row in house.store.views.deliveries(states=()).rows}
    assert states == {oldest: DeliveryState.QUEUED} | dict.fromkeys(others, DeliveryState.DEAD)
    officer.press("/deliveries/retry-group", courier="relay", state="dead", cause=cause)
    assert {row.state for row in house.store.views.deliveries(states=()).rows} == {DeliveryState.QUEUED}


def test_the_list_is_narrowed_by_courier_and_cause(house: House, as_person: AsPerson) -> None:
    failed(house, 1), failed(house, 2, "550 5.1.1 khong co nguoi nay")
    officer = as_person(OFFICER)
    assert "b1@x.example" in officer.get("/deliveries?courier=relay").text
    assert "b1@x.example" not in officer.get(f"/deliveries?courier={PROVINCE_OFFICE}").text
    page = officer.get("/deliveries?courier=relay&cause=550+5.1.1+khong+co+nguoi+nay").text
    assert "b2@x.example" in page
    assert "b1@x.example" not in page


def test_when_something_last_arrived_is_known_of_each_courier(house: House) -> None:
    now = datetime.now(UTC)
    house.store.accept_now([made := sample.passed(b"Subject: x\r\n\r\n", sender="a@x.example", to="b@x.example", at=now)])
    assert house.store.routes.all()["relay"].waiting == 1
    house.store.claim(couriers=("relay",), limit=9, now=now, lease=timedelta(minutes=5))
    done = Settlement(delivery_id=f"{made.mail.id}-1", event=DeliveryEvent.DELIVERED, attempts=1, delivered_at=now)
    house.store.settle([done])
    house.store.flush()
    assert house.store.routes.all()["relay"] == Route(name="relay", arrived_at=now)
