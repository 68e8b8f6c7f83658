"""The statements of the hot path: many rows at a time, compiled once.

Few statements with many rows, because each step of a statement gives the interpreter lock away and has to wait for the
busy event loop to get it back.  Rows go in chunks of certain sizes, mostly one or two of them, so that there are few texts
for each table and the drivers keep them prepared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, count
from typing import Any

from sqlalchemy import Table, insert

from gateway.store.rows import Tuple
from gateway.store.tables import passed_over, stories

# Rows in one statement.  (64 times the 20 columns of mails is far below SQLite's 32766 variables.)
_SIZES = (64, 56, 48, 40, 32, 28, 24, 20, 16, 14, 12, 10, 8, 7, 6, 5, 4, 3, 2, 1)

# id, state, attempts, reply, next_at, wake_at, delivered_at and life of a settlement, as PostgreSQL wants to know them.
_SETTLED_TYPES = ("text", "text", "integer", "text", "bigint", "bigint", "bigint", "text")


class Statements:
    """Texts with their values, for one dialect."""

    def __init__(self, dialect: Any) -> None:
        self._dialect = dialect
        self._is_sqlite = dialect.name == "sqlite"
        self._inserts: dict[tuple[str, int], Any] = {}
        self._settles: dict[int, Any] = {}

    def insert(self, table: Table, rows: Sequence[Tuple]) -> Iterator[tuple[Any, list[Any]]]:
        """Insert rows of all columns (stories: of all but the number)."""
        for start, size in _chunks(len(rows)):
            yield self._insert(table, size), list(chain.from_iterable(rows[start : start + size]))

    def settle(self, rows: Sequence[Tuple]) -> Iterator[tuple[Any, list[Any], int]]:
        """Settle deliveries that are SENDING in the life that is given; and how many there are in each statement."""
        for start, size in _chunks(len(rows)):
            yield self._settle(size), list(chain.from_iterable(rows[start : start + size])), size

    def _insert(self, table: Table, size: int) -> Any:
        key = (table.name, size)
        if key not in self._inserts:
            columns = [column.name for column in table.columns if not (table is stories and column.name == "id")]
            one_row = str(insert(table).values([dict.fromkeys(columns, "")]).compile(dialect=self._dialect))
            # The row again and again: to have SQLAlchemy compile 64 of them takes 10 ms, and there are many sizes.
            head, _, row = one_row.partition(" VALUES ")
            text = f"{head} VALUES {', '.join([row] * size)}"
            self._inserts[key] = self._ready(f"{text} ON CONFLICT DO NOTHING" if table is passed_over else text)
        return self._inserts[key]

    def _settle(self, size: int) -> Any:
        if size not in self._settles:
            one = ", ".join("?" if self._is_sqlite else f"%s::{kind}" for kind in _SETTLED_TYPES)
            # Only numbers and names of columns go into this text.  Both databases call the columns of VALUES column1, …
            text = (
                "UPDATE deliveries SET state = done.column2, attempts = done.column3, reply = done.column4, "  # noqa: S608
                "next_at = done.column5, wake_at = done.column6, delivered_at = done.column7 "
                f"FROM (VALUES {', '.join([f'({one})'] * size)}) AS done "
                "WHERE deliveries.id = done.column1 AND deliveries.state = 'sending' AND deliveries.life = done.column8"
            )
            self._settles[size] = self._ready(text)
        return self._settles[size]

    def _ready(self, text: str) -> str | bytes:
        """As the driver takes it.  PostgreSQL's own placeholders ($1, $2, …): psycopg would translate so many %s each time."""
        if self._is_sqlite:
            return text
        numbers = count(1)
        return re.sub("%s", lambda match: f"${next(numbers)}", text).encode()


def _chunks(total: int) -> Iterator[tuple[int, int]]:
    """Where chunks begin, and their sizes: (0, 64), (64, 24) and (88, 1) for 89."""
    start = 0
    for size in _SIZES:
        while start + size <= total:
            yield start, size
            start += size
