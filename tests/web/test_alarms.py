"""The bar above every page, the page of alarms, and who looks after what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from gateway.alarms import Alarm, Kind
from gateway.model import Account
from gateway.phrases import kept, phrase
from tests.web.conftest import Visitor
from tests.web.sample import CLERK, OFFICER, SCHOOL_CLERK, House

AsPerson = Callable[[Account], Visitor]


def raise_one(house: House, now: datetime, alarm: Alarm) -> None:
    """As the watcher does."""
    found = {(alarm.kind.value, alarm.about): (alarm.unit, kept(alarm.said))}
    house.store.alarms.settle(found, is_ours=lambda *_: False, now=now)


def test_the_bar_is_on_every_page_until_somebody_looks_after_it(as_person: AsPerson, house: House, now: datetime) -> None:
    raise_one(house, now, Alarm(kind=Kind.DISK, about="test/store", said=phrase("%(name)s cần văn thư xem ngay.", name="Đĩa")))
    officer = as_person(OFFICER)
    assert "Đĩa sắp đầy: <b>1</b>" in officer.get("/mails").text
    page = officer.get("/alarms").text
    assert "Đĩa cần văn thư xem ngay." in page
    (alarm,) = house.store.alarms.standing()
    officer.press(f"/alarm/{alarm.id}/seen")
    assert "Đĩa sắp đầy: <b>" not in officer.get("/mails").text
    assert f'<td data-label="Người đang lo">{OFFICER.name}</td>' in officer.get("/alarms").text


def test_a_clerk_sees_the_alarms_of_her_unit_and_no_others(as_person: AsPerson, house: House, now: datetime) -> None:
    raise_one(house, now, Alarm(kind=Kind.URGENT, about="01K8Z0000000000000000000AA", unit="PGDCS", said="Công văn khẩn"))
    (alarm,) = house.store.alarms.standing()
    hers, other = as_person(SCHOOL_CLERK), as_person(CLERK)
    assert "Công văn khẩn" in hers.get("/alarms").text
    assert "Công văn khẩn" not in other.get("/alarms").text
    other.press(f"/alarm/{alarm.id}/seen")
    assert house.store.alarms.standing()[0].seen_by == ""


def test_health_and_metrics_count_what_stands(visitor: Visitor, house: House, now: datetime) -> None:
    raise_one(house, now, Alarm(kind=Kind.CHAIN, about="chain", said="x"))
    assert visitor.get("/health").get_json()["alarms"] == {"chain": 1}
    assert 'vanthu_alarms_standing{kind="chain"} 1.0' in visitor.get("/metrics").text
