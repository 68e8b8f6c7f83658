"""The scribe's hand on SQLite."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import Any

from gateway.scribe.copyist import Copied
from gateway.scribe.messages import Place

PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -32768",
    "PRAGMA wal_autocheckpoint = 4000",
)
CACHED_STATEMENTS = 256
BUSY_S = 10.0


class OnSqlite:
    """One connection to the file."""

    def __init__(self, place: Place) -> None:
        self._place = place
        connection = sqlite3.connect(place.database, isolation_level=None, cached_statements=CACHED_STATEMENTS, timeout=BUSY_S)
        self._cursor = connection.cursor()
        for pragma in PRAGMAS:
            self._cursor.execute(pragma)
        self._is_durable = True  # as PRAGMAS say

    def begin(self, *, durable: bool) -> None:
        """Begin, with the file locked for other writers."""
        if durable != self._is_durable:
            self._cursor.execute("PRAGMA synchronous = FULL" if durable else "PRAGMA synchronous = NORMAL")
            self._is_durable = durable
        self._cursor.execute("BEGIN IMMEDIATE")

    def write(self, copied: Copied) -> list[str]:
        """Row by row: here that is as quick as many at a time."""
        for table in self._place.tables:
            if rows := copied.rows[table.name]:
                self._cursor.executemany(str(table.insert), rows)
        unsettled = []
        for values in copied.settled:
            self._cursor.execute(str(self._place.settle), values)
            if self._cursor.rowcount != 1:
                unsettled.append(values[0])
        return unsettled

    def carry_out(self, text: str | bytes, values: list[Any]) -> int:
        """A statement of the writer's."""
        self._cursor.execute(str(text), values)
        return self._cursor.rowcount

    def commit(self) -> None:
        """Make it so: SQLite says for sure whether it did."""
        self._cursor.execute("COMMIT")

    def roll_back(self) -> None:
        """Nothing of it was."""
        with contextlib.suppress(sqlite3.Error):  # it has been undone already
            self._cursor.execute("ROLLBACK")

    def code_of(self, error: BaseException) -> str:
        """SQLITE_…"""
        return getattr(error, "sqlite_errorname", "")
