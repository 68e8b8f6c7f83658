"""The queue: narrowed, sorted, page by page, from its indexes, in a counted number of statements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import event, text

from gateway.lifecycle import CaseEvent, CaseState
from gateway.model import Urgency
from gateway.store import Narrow, Order, Store
from tests.store.letters import NOON, captured, case, document, mail

WAITING = (CaseState.WAITING,)


@contextmanager
def statements(store: Store) -> Iterator[list[tuple[str, Any]]]:
    """What readers ask the database meanwhile."""
    asked: list[tuple[str, Any]] = []

    def note(connection: object, cursor: object, statement: str, values: object, *_: object) -> None:
        asked.append((statement, values))

    readers = store.views.database.readers
    event.listen(readers, "before_cursor_execute", note)
    yield asked
    event.remove(readers, "before_cursor_execute", note)


def fill(store: Store, count: int) -> list[str]:
    """Cases of one unit, an hour apart, every third urgent; newest first."""
    acceptances = []
    for n in range(count):
        letter = mail(f"{n}".encode())
        opened = replace(
            case(letter),
            key=f"k{n}",
            opened_at=NOON - timedelta(hours=n),
            due_at=NOON + timedelta(hours=n * 7 % 5) if n % 4 else None,
            document=replace(document(), urgency=Urgency.NORMAL if n % 3 else Urgency.URGENT),
            assignee="lan" if n % 2 else "",
        )
        acceptances.append(captured(letter, opened))
    store.accept_now(acceptances)
    return [acceptance.openings[0].case.id for acceptance in acceptances]


@pytest.mark.parametrize("order", Order)
def test_pages_in_any_order_show_each_case_once_and_go_on_as_the_whole_list_does(store: Store, order: Order) -> None:
    fill(store, 12)
    whole = [row.id for row in store.views.cases(units=None, states=WAITING, order=order, limit=50).rows]
    found, after = [], ""
    while page := store.views.cases(units=None, states=WAITING, order=order, after=after, limit=5):
        found += [row.id for row in page.rows]
        if not (after := page.after):
            break
    assert found == whole
    assert len(set(whole)) == 12


def test_what_is_due_first_comes_first_and_what_has_no_deadline_last(store: Store) -> None:
    fill(store, 9)
    due = [row.due_at for row in store.views.cases(units=None, states=WAITING, order=Order.DUE).rows]
    assert due[:6] == sorted(at for at in due if at is not None)
    assert due[6:] == [None, None, None]


@pytest.mark.parametrize(
    ("narrow", "wanted"),
    [
        (Narrow(urgent=True), [0, 3, 6]),
        (Narrow(assignee="lan"), [1, 3, 5]),
        (Narrow(unassigned=True, urgent=True), [0, 6]),
        (Narrow(opened_before=NOON - timedelta(hours=4)), [5, 6]),
        (Narrow(opened_since=NOON - timedelta(hours=1)), [0, 1]),
        (Narrow(due_before=NOON + timedelta(hours=2)), [3, 5]),
        (Narrow(kind="Báo cáo"), []),
        (Narrow(twins=True), []),
    ],
)
def test_a_list_is_narrowed(store: Store, narrow: Narrow, wanted: list[int]) -> None:
    ids = fill(store, 7)
    assert [row.id for row in store.views.cases(units=None, states=WAITING, narrow=narrow).rows] == [ids[n] for n in wanted]


def test_the_case_after_this_one_is_that_of_the_list_and_then_its_first(store: Store) -> None:
    ids = fill(store, 4)
    this = store.views.case(ids[0])
    assert store.views.case_beside(this, units=None) == ids[1]
    assert store.views.case_beside(this, units=None, narrow=Narrow(urgent=True)) == ids[3]
    assert store.views.case_beside(store.views.case(ids[3]), units=None) == ids[0]
    assert store.views.case_beside(this, units=("XYZ",)) == ""
    store.move_case(ids[1], CaseEvent.WITHDRAW, by="lan", detail={"reason": "x"}, now=NOON)
    assert store.views.case_beside(store.views.case(ids[1]), units=None) == ids[2]


def test_a_page_its_counts_and_what_calls_are_one_statement_each_and_read_from_the_index(store: Store) -> None:
    fill(store, 30)
    if not store.views.database.is_sqlite:
        with store.views.database.readers.connect() as connection:
            connection.exec_driver_sql("ANALYZE cases")
    with statements(store) as asked:
        store.views.cases(units=("SGDHG",), states=WAITING, limit=10)
        store.views.cases(units=None, states=WAITING, limit=10)
        store.views.case_counts(("SGDHG",))
        store.views.attention(("SGDHG",), account="lan", now=NOON)
        store.views.case_choices(("SGDHG",))
    assert len(asked) == 5
    for statement, values in asked:
        plan = _plan(store, statement, values)
        if store.views.database.is_sqlite:
            assert "ix_cases_queue" in plan or "ix_cases_state_opened_at_id" in plan, plan
        else:  # which of them is as good as another to it when there are thirty rows
            assert "ix_cases_" in plan, plan
            assert "Seq Scan on cases" not in plan, plan


def test_words_are_found_by_the_full_text_index(store: Store) -> None:
    fill(store, 3)
    with statements(store) as asked:
        assert len(store.views.cases(units=None, states=WAITING, text="45/qd-sgddt").rows) == 3
    ((statement, values),) = asked
    if store.views.database.is_sqlite:
        assert "VIRTUAL TABLE INDEX" in _plan(store, statement, values)
        return
    # With three rows PostgreSQL takes any way; this is the part that must be able to go by the index.
    (condition,) = re.findall(r"to_tsvector\('simple'.*?VARCHAR\)", statement)
    plan = _plan(store, f"SELECT case_id FROM case_search WHERE {condition}", ("'45'",))  # noqa: S608 - ours
    assert "ix_case_search_words" in plan, plan


def _plan(store: Store, statement: str, values: Any) -> str:
    """How the database goes about it; PostgreSQL is kept from reading small tables as a whole."""
    with store.views.database.readers.connect() as connection:
        if store.views.database.is_sqlite:
            return str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all())
        connection.execute(text("SET enable_seqscan = off"))
        return str(connection.exec_driver_sql(f"EXPLAIN {statement}", values).all())


def test_a_number_that_the_office_gave_is_found(store: Store) -> None:
    (one,) = fill(store, 1)
    store.receipts.answer(one, CaseEvent.RECEIVE, (), by="lan", reason="", number="771", on=NOON.date(), now=NOON)
    assert [row.id for row in store.views.cases(units=None, states=(), text="771").rows] == [one]
