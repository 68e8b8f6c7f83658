"""The statements of the hot path: many rows at a time, compiled once.

Few statements with many rows, because each step of a statement gives the interpreter lock away and has to wait for the
busy event loop to get it back.  Rows go in chunks of certain sizes, mostly one or two of them, so that there are few texts
for each table and the drivers keep them prepared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, count
from typing import Any, NamedTuple

from sqlalchemy import Column, Table, insert

from gateway.scribe import messages
from gateway.store.office_tables import look_ups, receipts
from gateway.store.rows import Tuple
from gateway.store.tables import deliveries, passed_over, stories

# Rows in one statement.  (64 times the 20 columns of mails is far below SQLite's 32766 variables.)
_SIZES = (64, 56, 48, 40, 32, 28, 24, 20, 16, 14, 12, 10, 8, 7, 6, 5, 4, 3, 2, 1)

_KEPT_AS_THEY_ARE = frozenset({passed_over, look_ups, receipts})  # a row that is there already stays


class Change(NamedTuple):
    """A statement about many rows: ``head`` (VALUES …) AS done ``tail``; both databases call the columns column1, …"""

    head: str
    types: tuple[str, ...]  # of the columns, as PostgreSQL wants to know them
    tail: str
    must: bool  # change as many rows as it is given, or nothing of the transaction is to be


# id, state, attempts, reply, next_at, wake_at, delivered_at, the life that has the delivery, and the digest of what left.
SETTLE = Change(
    "UPDATE deliveries SET state = done.column2, attempts = done.column3, reply = done.column4, "
    "next_at = done.column5, wake_at = done.column6, delivered_at = done.column7, sent = done.column9 FROM",
    ("text", "text", "integer", "text", "bigint", "bigint", "bigint", "text", "text"),
    "WHERE deliveries.id = done.column1 AND deliveries.state = 'sending' AND deliveries.life = done.column8",
    must=True,
)
# id of a delivery: who dies of an attempt again and again must not be tried for ever.
COUNT_ATTEMPT = Change(
    "UPDATE deliveries SET attempts = deliveries.attempts + 1 FROM", ("text",), "WHERE deliveries.id = done.column1", must=False
)
# id of a delivery whose outcome is known.
FORGET_LOOK_UP = Change("DELETE FROM look_ups WHERE delivery_id IN (SELECT done.column1 FROM", ("text",), ")", must=False)
# id, state before, state after.
STEP_CASE = Change(
    "UPDATE cases SET state = done.column3 FROM",
    ("text", "text", "text"),
    "WHERE cases.id = done.column1 AND cases.state = done.column2",
    must=True,
)
# at, event, case, actor, detail: the story of such a step, which also names the mail of the case.
TELL_STEP = Change(
    "INSERT INTO stories (at, event, mail_id, case_id, actor, detail) "
    "SELECT done.column1, done.column2, cases.mail_id, cases.id, done.column4, done.column5 FROM",
    ("bigint", "text", "text", "text", "text"),
    "JOIN cases ON cases.id = done.column3",
    must=True,
)


class Statements:
    """Texts with their values, for one dialect."""

    def __init__(self, dialect: Any) -> None:
        self._dialect = dialect
        self._is_sqlite = dialect.name == "sqlite"
        self._inserts: dict[tuple[str, int], Any] = {}
        self._changes: dict[tuple[Change, int], Any] = {}

    def insert(self, table: Table, rows: Sequence[Tuple]) -> Iterator[tuple[Any, list[Any]]]:
        """Insert rows of all columns (stories: of all but the number)."""
        for start, size in _chunks(len(rows)):
            yield self._insert(table, size), list(chain.from_iterable(rows[start : start + size]))

    def change(self, change: Change, rows: Sequence[Tuple]) -> Iterator[tuple[Any, list[Any], int]]:
        """Change rows; and how many each statement must change, or -1."""
        for start, size in _chunks(len(rows)):
            values = list(chain.from_iterable(rows[start : start + size]))
            yield self._change(change, size), values, size if change.must else -1

    def for_scribe(self, database: str, tables: Sequence[Table], *, node: str) -> messages.Place:
        """What the scribe of this database has to know to write records of a journal into these tables."""
        columns = deliveries.columns.keys()
        settled = ("id", "state", "attempts", "reply", "next_at", "wake_at", "delivered_at", "life", "sent")
        return messages.Place(
            is_sqlite=self._is_sqlite,
            database=database,
            tables=tuple(map(self._for_scribe, tables)),
            settle=self._change(SETTLE, 1) if self._is_sqlite else _SETTLE_LISTS,
            delivery=tuple(columns.index(name) for name in settled),
            node=node,
        )

    def _for_scribe(self, table: Table) -> messages.Table:
        """PostgreSQL copies; a row that may be there already has to be inserted."""
        if self._is_sqlite or table in _KEPT_AS_THEY_ARE:
            return messages.Table(str(table.name), self._insert(table, 1))
        columns = columns_of(table)
        names = ", ".join(f'"{column.name}"' for column in columns)
        types = tuple(column.type.compile(self._dialect).lower() for column in columns)
        return messages.Table(str(table.name), f"COPY {table.name} ({names}) FROM STDIN (FORMAT BINARY)".encode(), types)

    def _insert(self, table: Table, size: int) -> Any:
        key = (table.name, size)
        if key not in self._inserts:
            columns = dict.fromkeys([column.name for column in columns_of(table)], "")
            one_row = str(insert(table).values([columns]).compile(dialect=self._dialect))
            # The row again and again: to have SQLAlchemy compile 64 of them takes 10 ms, and there are many sizes.
            head, _, row = one_row.partition(" VALUES ")
            text = f"{head} VALUES {', '.join([row] * size)}"
            self._inserts[key] = self._ready(f"{text} ON CONFLICT DO NOTHING" if table in _KEPT_AS_THEY_ARE else text)
        return self._inserts[key]

    def _change(self, change: Change, size: int) -> Any:
        key = (change, size)
        if key not in self._changes:
            one = ", ".join("?" if self._is_sqlite else f"%s::{kind}" for kind in change.types)
            text = f"{change.head} (VALUES {', '.join([f'({one})'] * size)}) AS done {change.tail}"
            self._changes[key] = self._ready(text)
        return self._changes[key]

    def _ready(self, text: str) -> str | bytes:
        """As the driver takes it.  PostgreSQL's own placeholders ($1, $2, …): psycopg would translate so many %s each time."""
        if self._is_sqlite:
            return text
        numbers = count(1)
        return re.sub("%s", lambda match: f"${next(numbers)}", text).encode()


# SETTLE for the scribe on PostgreSQL, with a list for each column; it gives the ids of what was settled.
_SETTLE_LISTS = (
    SETTLE.head
    + f" unnest({', '.join(f'${n}::{kind}[]' for n, kind in enumerate(SETTLE.types, 1))})"
    + f" AS done({', '.join(f'column{n}' for n in range(1, len(SETTLE.types) + 1))}) {SETTLE.tail} RETURNING deliveries.id"
).encode()


def columns_of(table: Table) -> list[Column[Any]]:
    """The columns as rows of the hot path have them: stories are numbered by the database."""
    return [column for column in table.columns if not (table is stories and column.name == "id")]


def _chunks(total: int) -> Iterator[tuple[int, int]]:
    """Where chunks begin, and their sizes: (0, 64), (64, 24) and (88, 1) for 89."""
    start = 0
    for size in _SIZES:
        while start + size <= total:
            yield start, size
            start += size
