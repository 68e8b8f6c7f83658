"""Programs with tokens: what they may read and decide, and how an office system fetches approved cases."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from werkzeug.test import TestResponse

from gateway import tokens
from gateway.courier import Level
from gateway.lifecycle import CaseState, DeliveryEvent, DeliveryState
from gateway.model import Account, Case, Delivery, Event
from gateway.store import Settlement
from gateway.tokens import Scope
from tests.web import sample
from tests.web.conftest import Visitor
from tests.web.sample import CLERK, OFFICER, PROVINCE_OFFICE, House
from web import create_app

AsPerson = Callable[[Account], Visitor]
Remember = Callable[..., Case]
EXAMPLES = int(os.environ.get("VANTHU_API_EXAMPLES", "2"))  # of each operation; bench/ asks for more


class Program:
    """A program with a token."""

    def __init__(self, app: Flask, text: str) -> None:
        self._client = app.test_client()
        self._headers = {"Authorization": f"Bearer {text}"}

    def get(self, path: str) -> TestResponse:
        """Ask."""
        return self._client.get(f"/api/v1{path}", headers=self._headers, buffered=True)

    def post(self, path: str, **body: object) -> TestResponse:
        """Act."""
        return self._client.post(f"/api/v1{path}", headers=self._headers, json=body)


@pytest.fixture
def program(app: Flask, house: House) -> Callable[..., Program]:
    """A program with these scopes."""

    def make(*scopes: Scope, units: tuple[str, ...] = ("SGDHG",), office: str = PROVINCE_OFFICE, **more: Any) -> Program:
        token, text = tokens.made("Thử", scopes, by=OFFICER.name, now=datetime.now(UTC), units=units, office=office, **more)
        house.store.tokens.put(token)
        return Program(app, text)

    return make


@pytest.fixture
def waiting(house: House, remember: Remember) -> Delivery:
    """An approved case that waits to be fetched."""
    return approved(house, remember(sample.decision_case))


def approved(house: House, case: Case) -> Delivery:
    """Approve, and do what the worker does with the courier."""
    house.review.approve(case.id, CLERK, despite=True)
    now = datetime.now(UTC)
    (parcel,) = house.store.claim(couriers=[PROVINCE_OFFICE], limit=1, now=now, lease=timedelta(minutes=1))
    (delivery,) = parcel.deliveries
    house.store.settle([Settlement(delivery_id=delivery.id, event=DeliveryEvent.TAKEN, attempts=1, case_id=case.id)])
    house.store.flush()
    return delivery


def test_a_program_sees_the_cases_of_its_units_and_of_no_other(program: Callable[..., Program], remember: Remember) -> None:
    mine, other = remember(sample.decision_case), remember(sample.urgent_case)
    reader = program(Scope.READ)
    assert [row["id"] for row in reader.get("/cases").get_json()["rows"]] == [mine.id]
    assert reader.get(f"/cases/{mine.id}").get_json()["document"]["number_symbol"] == "518/QĐ-SGDĐT"
    assert reader.get(f"/cases/{other.id}").status_code == 404
    assert reader.get("/cases?unit=PGDCS").status_code == 404


def test_a_sealed_case_tells_a_program_only_that_it_exists(program: Callable[..., Program], remember: Remember) -> None:
    case, reader = remember(sample.sealed_case), program(Scope.READ)
    (row,) = reader.get("/cases").get_json()["rows"]
    assert (row["id"], row["subject"], row["sender"], row["reason"]) == (case.id, "", "", "")
    assert reader.get(f"/cases/{case.id}").status_code == 404


def test_a_program_decides_as_itself_and_only_once(program: Callable[..., Program], house: House, remember: Remember) -> None:
    case, decider = remember(sample.decision_case), program(Scope.READ, Scope.DECIDE)
    assert decider.post(f"/cases/{case.id}/return").status_code == 400
    assert decider.post(f"/cases/{case.id}/return", reason="Thiếu phụ lục").get_json()["state"] == "returned"
    again = decider.post(f"/cases/{case.id}/return", reason="Thiếu phụ lục")
    assert (again.status_code, again.get_json()["title_en"]) == (409, "The present state does not allow that")
    moved = [story for story in house.store.views.story(case_id=case.id) if story.event is Event.CASE_MOVED]
    assert [story.actor for story in moved] == [f"api:Thử/{OFFICER.name}"]


def test_a_scope_that_was_not_given_is_not_there(program: Callable[..., Program], remember: Remember) -> None:
    case, reader = remember(sample.decision_case), program(Scope.READ)
    assert reader.post(f"/cases/{case.id}/approve").status_code == 403
    assert reader.get("/deliveries").status_code == 403
    assert reader.get("/pull").status_code == 403


def test_a_token_that_ended_or_is_wrong_opens_nothing(
    app: Flask, program: Callable[..., Program], house: House, as_person: AsPerson
) -> None:
    reader = program(Scope.READ)
    (token,) = house.store.tokens.all()
    assert reader.get("/cases").status_code == 200
    assert house.store.tokens.all()[0].used_at is not None
    officer = as_person(OFFICER)
    officer.get("/tokens")
    officer.press(f"/token/{token.id}/end")
    over = program(Scope.READ, ends_at=datetime.now(UTC) - timedelta(seconds=1))
    forged = Program(app, f"vt_{token.id}_{'x' * 43}")
    assert {each.get("/cases").status_code for each in (reader, over, forged, Program(app, "rubbish"))} == {401}


def test_somebody_at_the_console_reads_but_decides_by_the_pages_alone(as_person: AsPerson, remember: Remember) -> None:
    case, clerk = remember(sample.decision_case), as_person(CLERK)
    assert clerk.get(f"/api/v1/cases/{case.id}").status_code == 200
    assert clerk.client.post(f"/api/v1/cases/{case.id}/approve", json={}).status_code == 403


def test_an_officer_makes_a_token_that_is_shown_once(as_person: AsPerson, house: House, app: Flask) -> None:
    officer = as_person(OFFICER)
    officer.get("/tokens")
    assert officer.press("/tokens", name="", scope="read", unit="SGDHG").status_code == 422
    page = officer.press("/tokens", name="Kho số liệu", scope=["read"], unit=["SGDHG"]).text
    text = page.split('id="made"')[1].split('value="')[1].split('"')[0]
    assert Program(app, text).get("/cases").status_code == 200
    assert text not in officer.get("/tokens").text
    secret = text.split("_", 2)[2]  # which may have a "_" of its own
    assert secret not in str(house.store.tokens.all())


# --- Fetching ---------------------------------------------------------------------------------------------------------


def test_an_office_system_lists_locks_fetches_and_confirms_with_its_number(
    program: Callable[..., Program], house: House, waiting: Delivery
) -> None:
    office = program(Scope.PULL)
    (row,) = office.get("/pull").get_json()["rows"]
    assert (row["delivery"], row["number_symbol"], row["locked_until"]) == (waiting.id, "518/QĐ-SGDĐT", None)
    lock = office.post(f"/pull/{waiting.id}/lock", seconds=60).get_json()["lock"]
    edxml = office.get(f"/pull/{waiting.id}/package?lock={lock}")
    assert (edxml.status_code, edxml.mimetype) == (200, "application/xml")
    assert b"518" in edxml.data
    bundle = zipfile.ZipFile(io.BytesIO(office.get(f"/pull/{waiting.id}/package?lock={lock}&format=zip").data))
    assert {"goi-tin.edxml", "metadata.json"} <= set(bundle.namelist())
    said = {"lock": lock, "id": "so-den-2026-991", "number": "991", "registered_on": "2026-11-29", "actor": "Văn thư tỉnh"}
    assert office.post(f"/pull/{waiting.id}/confirm", **said).get_json() == {
        "delivery": waiting.id,
        "state": "delivered",
        "is_new": True,
    }
    assert office.post(f"/pull/{waiting.id}/confirm", **said).get_json()["is_new"] is False
    case = house.store.views.case(waiting.case_id)
    assert (case.state, case.register_number) == (CaseState.REGISTERED, "991")
    assert [each.level for each in house.store.receipts.of_case(case.id)] == [Level.REGISTERED]
    assert office.get("/pull").get_json()["rows"] == []


def test_a_lock_keeps_others_out_until_it_ends_and_then_the_case_is_free_again(
    program: Callable[..., Program], house: House, waiting: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = program(Scope.PULL), program(Scope.PULL)
    first = one.post(f"/pull/{waiting.id}/lock", seconds=60).get_json()["lock"]
    refused = other.post(f"/pull/{waiting.id}/lock", seconds=60)
    assert (refused.status_code, "một chương trình khác" in refused.get_json()["detail"]) == (409, True)
    monkeypatch.setattr(house.pulling, "_clock", lambda: datetime.now(UTC) + timedelta(minutes=2))
    assert one.get(f"/pull/{waiting.id}/package?lock={first}").status_code == 409
    second = other.post(f"/pull/{waiting.id}/lock", seconds=60).get_json()["lock"]
    assert one.post(f"/pull/{waiting.id}/confirm", lock=first, id="a").status_code == 409
    assert other.post(f"/pull/{waiting.id}/confirm", lock=second, id="b").get_json()["state"] == "delivered"
    assert house.store.views.case(waiting.case_id).state is CaseState.HANDED_OVER


def test_what_is_given_back_waits_on_and_what_is_refused_is_the_clerks_again(
    program: Callable[..., Program], house: House, waiting: Delivery
) -> None:
    office = program(Scope.PULL)
    lock = office.post(f"/pull/{waiting.id}/lock").get_json()["lock"]
    assert office.post(f"/pull/{waiting.id}/release", lock=lock, reason="kho tệp đầy").get_json()["state"] == "pending"
    (row,) = office.get("/pull").get_json()["rows"]
    assert (row["said"], row["locked_until"]) == ("kho tệp đầy", None)
    lock = office.post(f"/pull/{waiting.id}/lock").get_json()["lock"]
    office.post(f"/pull/{waiting.id}/refuse", lock=lock, id="tu-choi-1", reason="Sai thể thức")
    case = house.store.views.case(waiting.case_id)
    (delivery,) = house.store.views.deliveries_of(case_id=case.id)
    assert (case.state, case.alarm, delivery.state) == (CaseState.WAITING, True, DeliveryState.REFUSED)


def test_another_office_system_does_not_even_see_what_waits(program: Callable[..., Program], waiting: Delivery) -> None:
    other = program(Scope.PULL, office=sample.SECTOR_OFFICE)
    assert other.get("/pull").get_json()["rows"] == []
    assert other.post(f"/pull/{waiting.id}/lock").status_code == 404


# --- The document -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, str]]:
    """A console with some cases, and the text of a token that may do everything."""
    from tests.web.conftest import TwoPages

    house = House(tmp_path_factory.mktemp("house"), TwoPages())
    house.store.open()
    sample.people(house.store)
    now = datetime.now(UTC)
    for make in (sample.decision_case, sample.incoming_case, sample.sealed_case):
        house.store.accept_now([make(now)])
    token, text = tokens.made("Thử", tuple(Scope), by=OFFICER.name, now=now, units=("SGDHG", "PGDCS"), office=PROVINCE_OFFICE)
    house.store.tokens.put(token)
    yield create_app(house), text
    house.store.close()


_CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def test_whatever_a_program_sends_is_answered_as_the_document_says(filled: tuple[Flask, str]) -> None:
    app, text = filled
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    operations = [each.ok() for each in schema.get_all_operations() if isinstance(each, Ok)]
    assert len(operations) > 12
    for operation in operations:

        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @seed(8)
        @given(case=operation.as_strategy())
        def ask(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate(headers={"Authorization": f"Bearer {text}"}, checks=_CHECKS)

        ask()
