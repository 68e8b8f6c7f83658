"""The audit is read by person and by day from its indexes, however long it is, on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from gateway.model import Event
from gateway.store import Store
from gateway.store.tables import stories
from tests.store.test_case_queue import _plan, statements

START = datetime(2026, 11, 1, tzinfo=UTC)
PEOPLE = 20
DAY = timedelta(days=1)


def filled(store: Store) -> None:
    """Twenty days of people and of the gateway itself."""
    rows = [
        {"at": START + timedelta(minutes=6 * n), "event": Event.SEEN.value, "mail_id": "", "case_id": "", "detail": "{}",
         "actor": f"p{n % PEOPLE:02}" if n % 2 else ""}
        for n in range(4800)
    ]  # fmt: skip
    store._do(lambda transaction: transaction.connection.execute(insert(stories), rows) and None)
    with store.views.database.readers.connect() as connection:
        if not store.views.database.is_sqlite:
            connection.exec_driver_sql("ANALYZE stories")


@pytest.mark.parametrize(
    ("read", "index"),
    [
        (lambda views: views.lines(actor="p03", limit=50), "ix_stories_actor"),
        (lambda views: views.lines(actor="p03", since=START, until=START + DAY, limit=50), "ix_stories_actor"),
        (lambda views: views.lines(since=START + DAY, until=START + 2 * DAY, limit=50), "ix_stories_at_id"),
        (lambda views: views.lines(limit=50), "ix_stories_at_id"),
        (lambda views: views.actors(), "ix_stories_actor"),
    ],
    ids=["person", "person and day", "day", "all", "names"],
)
def test_a_filter_is_answered_from_its_index(store: Store, read: Callable[[Any], object], index: str) -> None:
    filled(store)
    with statements(store) as asked:
        read(store.audit)
    ((statement, values),) = asked
    plan = _plan(store, statement, values)
    assert index in plan
    assert "TEMP B-TREE" not in plan  # PostgreSQL may sort a few rows of a short day
    assert "Seq Scan on stories" not in plan


def test_a_page_goes_on_where_the_last_one_ended(store: Store) -> None:
    filled(store)
    first = store.audit.lines(actor="p03", limit=7)
    rest = store.audit.lines(actor="p03", limit=1000, after=first[-1].place)
    assert len(first) + len(rest) == 4800 // PEOPLE
    assert first[-1].id > rest[0].id
    assert store.audit.actors() == tuple(f"p{n:02}" for n in range(1, PEOPLE, 2))
