"""What clerks and officers do, done by programs: the same rights, once each, and who was quicker is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from gateway import tokens
from gateway.lifecycle import CaseState
from gateway.model import Case, Event
from gateway.roles import RIGHTS, Verb
from gateway.store.calls import Kept
from gateway.tokens import Scope, account_of
from tests.web import sample, walk
from tests.web.sample import CLERK, OFFICER, House
from tests.web.test_casework import NUMBER, opened
from web.api import repeated

Remember = Callable[..., Case]


class Program:
    """A program with a token, which may say its key and language."""

    def __init__(self, app: Flask, text: str) -> None:
        self._client = app.test_client()
        self._headers = {"Authorization": f"Bearer {text}"}

    def post(self, path: str, body: dict[str, Any] | None = None, **headers: str) -> TestResponse:
        """Act."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._client.post(f"/api/v1{path}", headers=self._headers | given, json=body or {}, buffered=True)

    def get(self, path: str) -> TestResponse:
        """Ask."""
        return self._client.get(f"/api/v1{path}", headers=self._headers, buffered=True)


@pytest.fixture
def program(app: Flask, house: House) -> Callable[..., Program]:
    """A program of the registry of the Department, for which the officer answers."""

    def make(*scopes: Scope, units: tuple[str, ...] = ("SGDHG",)) -> Program:
        token, text = tokens.made("QLVB", scopes, by=OFFICER.name, now=datetime.now(UTC), units=units)
        house.store.tokens.put(token)
        return Program(app, text)

    return make


def test_a_token_may_what_its_scope_may_whatever_else_it_has() -> None:
    now = datetime.now(UTC)
    token, _ = tokens.made("x", tuple(Scope), by="y", now=now, units=("SGDHG",))
    assert account_of(token, Scope.DECIDE).role in RIGHTS[Verb.DECIDE]
    assert account_of(token, Scope.RUN).role in RIGHTS[Verb.RUN]
    assert account_of(token, Scope.READ).role not in RIGHTS[Verb.DECIDE] | RIGHTS[Verb.SEE_MAILS]


def test_what_a_program_does_is_told_with_the_person_who_answers_for_it(
    program: Callable[..., Program], house: House, remember: Remember, as_person: Callable[..., Any]
) -> None:
    case = remember(sample.decision_case)
    assert program(*Scope).post(f"/cases/{case.id}/assign", {"assignee": CLERK.name}).get_json()["assignee"] == CLERK.name
    told = [story for story in house.store.views.story(case_id=case.id) if story.event is Event.ASSIGNED]
    assert [story.actor for story in told] == [f"api:QLVB/{OFFICER.name}"]
    assert f"mã truy cập “QLVB” của {OFFICER.name}" in as_person(CLERK).get(f"/case/{case.id}").text


def test_a_program_corrects_assigns_and_transfers(program: Callable[..., Program], house: House, remember: Remember) -> None:
    case, clerk = remember(sample.decision_case), program(Scope.DECIDE)
    choices = clerk.get(f"/cases/{case.id}/choices").get_json()
    assert {"approve", "return", "transfer"} <= set(choices["acts"])
    assert CLERK.name in choices["assignees"]
    assert clerk.post(f"/cases/{case.id}/assign", {"assignee": "khong-co"}).status_code == 409
    corrected = clerk.post(f"/cases/{case.id}/correct", {"signer": "Trần Thị Mẫu", "issued_on": "2026-11-02"}).get_json()
    assert (corrected["document"]["signer"], corrected["document"]["issued_on"]) == ("Trần Thị Mẫu", "2026-11-02")
    assert clerk.post(f"/cases/{case.id}/correct", {"issued_on": "2026-13-40"}).status_code == 409
    assert clerk.post(f"/cases/{case.id}/transfer", {"unit": "PGDCS"}).status_code == 400  # without a reason
    moved = clerk.post(f"/cases/{case.id}/transfer", {"unit": "PGDCS", "reason": "Thuộc Phòng"})
    assert moved.get_json() == {"case": case.id, "unit": "PGDCS"}
    assert clerk.get(f"/cases/{case.id}/choices").status_code == 404
    assert house.store.views.case(case.id).unit == "PGDCS"


def test_a_decision_is_taken_back_before_anything_has_left(
    program: Callable[..., Program], house: House, remember: Remember
) -> None:
    case, clerk = remember(sample.decision_case), program(Scope.DECIDE)
    clerk.post(f"/cases/{case.id}/approve", {"despite": True})
    assert clerk.get(f"/cases/{case.id}/choices").get_json()["may_undo"] is True
    assert clerk.post(f"/cases/{case.id}/undo").get_json()["state"] == "waiting"


def test_who_comes_second_reads_what_changed_in_his_language(
    program: Callable[..., Program], house: House, remember: Remember
) -> None:
    case, clerk = remember(sample.decision_case), program(Scope.DECIDE)
    house.review.give_back(case.id, CLERK, "Thiếu phụ lục")
    late = clerk.post(f"/cases/{case.id}/approve", {"despite": True}, Accept_Language="en")
    problem = late.get_json()
    assert (late.status_code, late.headers["Content-Language"], problem["title"]) == (409, "en", problem["title_en"])
    changed = problem["changed"]
    assert (changed["state"], changed["by"], changed["event"]) == ("returned", CLERK.name, "return")
    assert clerk.post(f"/cases/{case.id}/approve").get_json()["title"].startswith("Trạng thái")


def test_the_same_key_is_one_call_and_another_call_needs_another_key(
    program: Callable[..., Program], house: House, remember: Remember
) -> None:
    case, clerk = remember(sample.decision_case), program(Scope.DECIDE)
    body = {"reason": "Thiếu phụ lục"}
    first = clerk.post(f"/cases/{case.id}/return", body, Idempotency_Key="k-1")
    again = clerk.post(f"/cases/{case.id}/return", body, Idempotency_Key="k-1")
    assert (again.status_code, again.data, again.headers["Idempotency-Replayed"]) == (200, first.data, "true")
    other = clerk.post(f"/cases/{case.id}/return", {"reason": "khác"}, Idempotency_Key="k-1")
    assert (other.status_code, other.get_json()["type"]) == (422, "urn:vanthu:problem:key-reused")
    assert clerk.post(f"/cases/{case.id}/return", body).status_code == 409
    assert (
        clerk.post(f"/cases/{case.id}/return", body, Idempotency_Key="có dấu cách".encode().decode("latin-1")).status_code
        == 400
    )
    assert house.store.views.case(case.id).state is CaseState.RETURNED


def test_a_call_whose_program_was_killed_is_let_through_after_a_minute(house: House) -> None:
    calls, begun, minute = house.store.calls, datetime.now(UTC), timedelta(minutes=1)

    def begin(what: str, now: datetime) -> Kept | None:
        return calls.begin("t", "k", what, now=now, lost=now - minute, oldest=now - timedelta(days=7))

    assert begin("x", begun) is None
    under_way = begin("x", begun + timedelta(seconds=59))
    assert (under_way.status, under_way.what) == (0, "x") if under_way else False
    assert begin("y", begun + minute) is not None  # another call
    assert begin("x", begun + minute) is None
    calls.keep("t", "k", 200, "application/json", b"{}")
    kept = begin("x", begun + 2 * minute)
    assert (kept.status, kept.body) == (200, b"{}") if kept else False
    assert begin("y", begun + timedelta(days=8)) is None


def test_of_several_that_repeat_a_lost_call_one_is_let_through(
    program: Callable[..., Program], house: House, remember: Remember, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, clerk = remember(sample.decision_case), program(Scope.DECIDE)
    wish, codes = {"act": "withdraw", "cases": [case.id], "reason": "Gửi nhầm"}, []
    begin, keep = house.store.bulk.begin, house.store.calls.keep
    monkeypatch.setattr(house.store.calls, "keep", lambda *_: None)  # killed before it answered
    clerk.post("/bulk", wish, Idempotency_Key="k")
    monkeypatch.setattr(house.store.calls, "keep", keep)

    def slow(*args: Any, **more: Any) -> str:
        codes.append(clerk.post("/bulk", wish, Idempotency_Key="k").status_code)  # repeated while this one goes on
        return begin(*args, **more)

    monkeypatch.setattr(house.store.bulk, "begin", slow)
    later = datetime.now(UTC) + timedelta(seconds=61)
    monkeypatch.setattr(repeated, "utc_now", lambda: later)
    assert clerk.post("/bulk", wish, Idempotency_Key="k").status_code == 200
    assert codes == [409]


def test_many_cases_are_looked_at_decided_and_taken_back(
    program: Callable[..., Program], house: House, remember: Remember
) -> None:
    mine, other = remember(sample.incoming_case), remember(sample.urgent_case)
    assert (mine.unit, other.unit) == ("SGDHG", "PGDCS")
    clerk, wish = program(Scope.DECIDE), {"act": "return", "cases": [mine.id, other.id]}
    (line,) = clerk.post("/bulk/preview", wish).get_json()["rows"]
    assert (line["case"], line["why_not"], bool(line["effect"])) == (mine.id, "", True)
    assert house.store.views.case(mine.id).state is CaseState.WAITING
    assert clerk.post("/bulk", wish).status_code == 400  # without a reason
    run = clerk.post("/bulk", {**wish, "reason": "Gửi nhầm"}).get_json()
    assert ([row["outcome"] for row in run["rows"]], run["left"], run["may_undo"]) == (["done"], 0, True)
    back = clerk.post(f"/bulk/{run['run']}/undo").get_json()
    assert [row["outcome"] for row in back["rows"]] == ["undone"]
    assert house.store.views.case(mine.id).state is CaseState.WAITING
    assert (
        program(Scope.DECIDE, units=("PGDCS",)).post("/bulk", {**wish, "reason": "x"}).get_json()["rows"][0]["case"] == other.id
    )


def test_a_sealed_case_is_not_there_when_many_are_decided(program: Callable[..., Program], remember: Remember) -> None:
    plain, sealed = remember(sample.decision_case), remember(sample.sealed_case)
    clerk, wish = program(Scope.DECIDE), {"act": "withdraw", "cases": [sealed.id, plain.id], "reason": "Gửi nhầm"}
    assert [line["case"] for line in clerk.post("/bulk/preview", wish).get_json()["rows"]] == [plain.id]
    assert [line["case"] for line in clerk.post("/bulk", wish).get_json()["rows"]] == [plain.id]
    assert clerk.post("/bulk", {**wish, "cases": [sealed.id]}).status_code == 404


def test_two_cases_are_joined_and_separated_by_a_program(program: Callable[..., Program], house: House, now: datetime) -> None:
    other, one = (opened(house, now, NUMBER, ago=ago, key=str(ago)) for ago in (20, 10))
    clerk = program(Scope.DECIDE)
    (twin,) = clerk.get(f"/cases/{one.id}/choices").get_json()["twins"]
    assert twin["case"] == other.id
    assert clerk.post(f"/cases/{one.id}/same/{other.id}", {"same": True}).status_code == 200
    assert clerk.get(f"/cases/{one.id}/choices").get_json()["twins"][0]["decision"] == "same"
    assert clerk.post(f"/cases/{one.id}/same/{other.id}/undo").status_code == 200
    assert clerk.get(f"/cases/{one.id}/choices").get_json()["twins"][0]["decision"] == ""
    assert clerk.post(f"/cases/{one.id}/same/{one.id}", {"same": True}).status_code == 409


def test_a_program_of_the_officer_runs_couriers_again(program: Callable[..., Program], house: House) -> None:
    runner = program(Scope.RUN)
    assert runner.post(f"/couriers/{sample.PROVINCE_OFFICE}/resume").get_json() == {"courier": sample.PROVINCE_OFFICE}
    assert house.resumed == [sample.PROVINCE_OFFICE]
    assert runner.post("/couriers/khong-co/resume").status_code == 404
    wish = {"courier": "relay", "state": "dead", "cause": "x"}
    assert runner.post("/deliveries/retry-group", wish).get_json() == {"done": 0, "left": 0, "why": ""}
    assert program(Scope.DECIDE).post("/deliveries/retry-group", wish).status_code == 403


def test_sixty_refused_calls_a_minute_close_the_door_and_no_fewer(app: Flask) -> None:
    forged = Program(app, "vt_01M8K59GHDWEYRFT61J9967VZK_" + "x" * 43)
    answers = [forged.get("/cases").status_code if n % 2 else forged.post("/bulk").status_code for n in range(61)]
    assert answers == [401] * 60 + [429]


def test_a_case_of_another_unit_does_not_exist_for_a_program_whatever_it_calls(
    app: Flask, program: Callable[..., Program], house: House, remember: Remember
) -> None:
    case, stranger = remember(sample.decision_case), program(Scope.READ, Scope.DECIDE, units=("PGDCS",))
    reasoned = ("return_case", "release_case", "withdraw_case", "refuse_case")
    bodies: dict[str, dict[str, Any]] = {
        "transfer_case": {"unit": "PGDCS", "reason": "x"},
        "assign_case": {"assignee": ""},
        "judge_cases": {"same": True},
        **{name: {"reason": "x"} for name in reasoned},
    }
    asked = [each for each in walk.having(app, "case_id", case.id) if each.path.startswith("/api/v1/")]
    assert len(asked) >= 13
    for address in asked:
        path = address.path.removeprefix("/api/v1")
        name = address.endpoint.removeprefix("api.")
        answer = stranger.get(path) if address.method == "GET" else stranger.post(path, bodies.get(name))
        assert answer.status_code == 404, address
        assert "changed" not in answer.get_json() or answer.get_json()["changed"] is None
    assert house.store.views.case(case.id) == case
