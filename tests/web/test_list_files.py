"""Mails, deliveries and alarms as JSON and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import datetime

import pytest

from gateway.alarms import Alarm, Kind
from gateway.model import Account, Case
from gateway.phrases import phrase
from tests.web import sample
from tests.web.conftest import Visitor
from tests.web.sample import CLERK, OFFICER, House
from tests.web.test_alarms import raise_one

AsPerson = Callable[[Account], Visitor]


def _rows(officer: Visitor, name: str) -> tuple[list[dict[str, str]], list[dict[str, object]]]:
    text = officer.get(f"/{name}.csv").get_data().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text))), officer.get(f"/{name}.json").get_json()["rows"]


def test_mails_and_deliveries_are_there_as_files_with_the_same_rows(
    as_person: AsPerson, house: House, remember: Callable[..., Case]
) -> None:
    case = remember(sample.decision_case)
    house.review.approve(case.id, CLERK, despite=True)
    officer = as_person(OFFICER)
    table, data = _rows(officer, "mails")
    assert [row["Mã thư"] for row in table] == [row["id"] for row in data] == [case.mail_id]
    table, data = _rows(officer, "deliveries")
    assert [row["Mã hồ sơ"] for row in table] == [row["case"] for row in data] == [case.id]


def test_a_clerk_gets_the_alarms_of_her_units_as_a_file_and_no_mails(as_person: AsPerson, house: House, now: datetime) -> None:
    raise_one(
        house, now, Alarm(kind=Kind.CASE, about="x", unit="SGDHG", said=phrase("%(name)s cần văn thư xem ngay.", name="=1"))
    )
    table, data = _rows(as_person(CLERK), "alarms")
    assert [row["Nội dung"] for row in table] == ["'=1 cần văn thư xem ngay."]
    assert [row["kind"] for row in data] == ["Hồ sơ cần người xem"]


@pytest.mark.parametrize("address", ["/mails.csv", "/mails.json", "/deliveries.csv", "/deliveries.json"])
def test_the_lists_of_the_whole_are_not_for_clerks(as_person: AsPerson, address: str) -> None:
    assert as_person(CLERK).get(address).status_code == 403
    assert as_person(OFFICER).get(f"{address}?tab=khong-co").status_code == 404
