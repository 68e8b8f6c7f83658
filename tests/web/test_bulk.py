"""Many cases at once: chosen, looked at, decided one by one with a result each, and undone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask

from gateway.lifecycle import CaseState
from gateway.model import Account, Case
from gateway.store import ItemOutcome
from tests.web import sample
from tests.web.conftest import Visitor
from tests.web.sample import CLERK, LEADER, SCHOOL_CLERK, House
from web import bulk_work

AsPerson = Callable[[Account], Visitor]
Remember = Callable[..., Case]


def states(house: House, *cases: Case) -> list[CaseState]:
    return [house.store.views.case(case.id).state for case in cases]


def begin(clerk: Visitor, act: str, *cases: Case, **more: str) -> str:
    """Choose, look, begin; gives the address of the run."""
    clerk.get("/cases")
    seen = clerk.press("/bulk/preview", act=act, case=[case.id for case in cases])
    assert seen.status_code == 200
    return str(clerk.press("/bulk/begin", act=act, case=[case.id for case in cases], **more).headers["Location"])


def test_a_preview_says_what_would_happen_to_each_and_does_nothing(
    house: House, as_person: AsPerson, remember: Remember
) -> None:
    one, other = remember(sample.decision_case), remember(sample.incoming_case)
    other_unit = remember(sample.urgent_case)
    clerk = as_person(CLERK)
    clerk.get("/cases")
    page = clerk.press("/bulk/preview", act="approve", case=[one.id, other.id, other_unit.id]).text
    assert "Xem trước: 2 hồ sơ sẽ được quyết định" in page
    assert page.count("Bàn giao cho Hệ thống QLVB&amp;ĐH tỉnh") == 2
    assert other_unit.id not in page
    assert states(house, one, other) == [CaseState.WAITING, CaseState.WAITING]


def test_each_case_has_a_result_of_its_own(house: House, as_person: AsPerson, remember: Remember) -> None:
    one, quick = remember(sample.decision_case), remember(sample.incoming_case)
    clerk = as_person(CLERK)
    run = begin(clerk, "return", one, quick, reason="Sai thể thức văn bản")
    house.review.withdraw(quick.id, CLERK, "Người khác nhanh hơn")
    assert "Đã xong 0 trên 2 hồ sơ" in clerk.get(run).text
    clerk.press(f"{run}/go")
    page = clerk.get(run).text
    assert "Đã xong 2 trên 2 hồ sơ" in page
    assert "đã quyết định" in page
    assert "vừa đổi trạng thái" in page
    assert states(house, one, quick) == [CaseState.RETURNED, CaseState.WITHDRAWN]


def test_a_run_that_was_broken_off_goes_on_where_it_was(
    house: House, as_person: AsPerson, remember: Remember, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_work, "_AT_ONCE_S", 0.0)
    cases = remember(sample.decision_case), remember(sample.incoming_case)
    clerk = as_person(CLERK)
    run = begin(clerk, "withdraw", *cases, reason="Thôi")
    clerk.press(f"{run}/go")
    assert sorted(states(house, *cases)) == ["waiting", "withdrawn"]
    assert run.rpartition("/")[2] in clerk.get("/cases").text
    clerk.press(f"{run}/go")
    assert states(house, *cases) == [CaseState.WITHDRAWN, CaseState.WITHDRAWN]


def test_all_of_it_is_undone_that_has_not_left(house: House, as_person: AsPerson, remember: Remember) -> None:
    cases = remember(sample.decision_case), remember(sample.incoming_case)
    clerk = as_person(CLERK)
    run = begin(clerk, "approve", *cases)
    clerk.press(f"{run}/go")
    assert states(house, *cases) == [CaseState.APPROVED, CaseState.APPROVED]
    clerk.get(run)
    clerk.press(f"{run}/undo")
    assert "đã hoàn tác, hồ sơ lại chờ" in clerk.get(run).text
    assert states(house, *cases) == [CaseState.WAITING, CaseState.WAITING]


def test_two_that_go_on_at_once_do_not_lose_what_was_done(
    app: Flask, house: House, as_person: AsPerson, remember: Remember, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = remember(sample.decision_case), remember(sample.incoming_case)
    run = house.store.bulk.run(begin(as_person(CLERK), "approve", *cases).rpartition("/")[2])
    approve = house.review.approve

    def second(case_id: str, by: Account) -> Case:
        monkeypatch.setattr(house.review, "approve", approve)
        bulk_work.go_on(run, CLERK)  # another one is quicker
        return approve(case_id, by)

    monkeypatch.setattr(house.review, "approve", second)
    with app.app_context():
        bulk_work.go_on(run, CLERK)
        assert [item.outcome for item in house.store.bulk.run(run.id).items] == [ItemOutcome.DONE, ItemOutcome.DONE]
        bulk_work.take_back(run, CLERK)
    assert states(house, *cases) == [CaseState.WAITING, CaseState.WAITING]


def test_who_was_refused_second_does_not_hide_that_it_was_done(
    app: Flask, house: House, as_person: AsPerson, remember: Remember, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = remember(sample.decision_case)
    run = house.store.bulk.run(begin(as_person(CLERK), "approve", case).rpartition("/")[2])
    approve = house.review.approve

    def first(case_id: str, by: Account) -> Case:
        approved = approve(case_id, by)
        monkeypatch.setattr(house.review, "approve", approve)
        bulk_work.go_on(run, CLERK)  # another one is refused, and notes so, before we note
        return approved

    monkeypatch.setattr(house.review, "approve", first)
    with app.app_context():
        bulk_work.go_on(run, CLERK)
    assert [item.outcome for item in house.store.bulk.run(run.id).items] == [ItemOutcome.DONE]


def test_what_is_taken_back_while_it_goes_on_stays_taken_back(
    app: Flask, house: House, as_person: AsPerson, remember: Remember, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = remember(sample.decision_case), remember(sample.incoming_case)
    run = house.store.bulk.run(begin(as_person(CLERK), "approve", *cases).rpartition("/")[2])
    approve = house.review.approve

    def stopped(case_id: str, by: Account) -> Case:
        approved = approve(case_id, by)
        bulk_work.take_back(run, CLERK)
        return approved

    monkeypatch.setattr(house.review, "approve", stopped)
    with app.app_context():
        bulk_work.go_on(run, CLERK)
    assert [item.outcome for item in house.store.bulk.run(run.id).items] == [ItemOutcome.UNDONE, ItemOutcome.REFUSED]
    assert states(house, *cases) == [CaseState.WAITING, CaseState.WAITING]


def test_all_that_a_list_has_is_chosen_by_its_filter(as_person: AsPerson, remember: Remember) -> None:
    decision, held = remember(sample.decision_case), remember(sample.held_case)
    clerk = as_person(CLERK)
    clerk.get("/cases?q=518")
    chosen = re.findall(r'name="case" value="(\w+)"', clerk.press("/bulk/preview", act="withdraw", all="1", q="518").text)
    assert chosen == [decision.id]
    clerk.get("/cases")
    chosen = re.findall(r'name="case" value="(\w+)"', clerk.press("/bulk/preview", act="withdraw", all="1").text)
    assert sorted(chosen) == sorted([decision.id, held.id])


def test_what_is_missing_or_strange_is_said(as_person: AsPerson, remember: Remember) -> None:
    case, clerk = remember(sample.decision_case), as_person(CLERK)
    clerk.get("/cases")
    clerk.press("/bulk/preview", act="approve")
    assert "Xin đánh dấu ít nhất một hồ sơ." in clerk.get("/cases").text
    assert clerk.press("/bulk/preview", act="burn", case=case.id).status_code == 400
    clerk.press("/bulk/begin", act="return", case=case.id)
    assert "Xin chọn hoặc ghi lý do" in clerk.get("/cases").text


def test_a_run_is_seen_by_whoever_began_it_alone(as_person: AsPerson, remember: Remember) -> None:
    run = begin(as_person(CLERK), "withdraw", remember(sample.decision_case), reason="Thôi")
    assert as_person(SCHOOL_CLERK).get(run).status_code == 404
    assert as_person(LEADER).get(run).status_code == 403
