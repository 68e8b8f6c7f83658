"""The scribe's hand on PostgreSQL: rows of records by COPY, in binary."""

from __future__ import annotations

import contextlib
import time
from typing import Any

import psycopg

from gateway.scribe.copyist import Copied
from gateway.scribe.hand import OutcomeUnknown
from gateway.scribe.messages import ON_POSTGRES, SCRIBE_LOCK, TAKE_LOCK, Place, Table

_LOCK_WAIT_S = 2.0
_TEXTS = 500  # that stay prepared


class OnPostgres:
    """One connection to the server; anew when it was lost."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._connection: psycopg.Connection[Any] | None = None
        self._cursor: psycopg.RawCursor[Any] | None = None
        with contextlib.suppress(psycopg.Error):  # the first transaction will say what is wrong
            self._there()

    def begin(self, *, durable: bool) -> None:
        """Begin, on a connection that stands."""
        self._there().execute(b"BEGIN" if durable else b"BEGIN; SET LOCAL synchronous_commit = off", prepare=False)

    def write(self, copied: Copied) -> list[str]:
        """Table by table, and all that is settled in one statement."""
        for table in self._place.tables:
            if rows := copied.rows[table.name]:
                self._insert(table, rows)
        if not copied.settled:
            return []
        self._there().execute(self._place.settle, [list(column) for column in zip(*copied.settled, strict=True)])
        done = {delivery_id for (delivery_id,) in self._there()}
        return [values[0] for values in copied.settled if values[0] not in done]

    def _insert(self, table: Table, rows: list[list[Any]]) -> None:
        cursor = self._there()
        if not table.types:
            # In one order, whoever writes them: two who wait for one another would never end.
            for _, row in sorted({row[0]: row for row in rows}.items()):
                cursor.execute(table.insert, row)
            return
        with cursor.copy(table.insert) as copy:
            copy.set_types(table.types)
            for row in rows:
                copy.write_row(row)

    def carry_out(self, text: str | bytes, values: list[Any]) -> int:
        """A statement of the writer's."""
        cursor = self._there()
        cursor.execute(text, values)
        return cursor.rowcount

    def commit(self) -> None:
        """Make it so.  OutcomeUnknown when the connection is lost meanwhile."""
        try:
            self._there().execute(b"COMMIT", prepare=False)
        except psycopg.Error as error:
            if self._connection is None or self._connection.broken:
                raise OutcomeUnknown from error
            raise

    def roll_back(self) -> None:
        """Nothing of it was."""
        connection = self._connection
        try:
            if connection is not None:
                connection.rollback()
        except psycopg.Error:
            pass
        if connection is None or connection.closed:
            self._connection = self._cursor = None

    def code_of(self, error: BaseException) -> str:
        """Five letters."""
        return getattr(error, "sqlstate", "") or ""

    def _there(self) -> psycopg.RawCursor[Any]:
        if self._cursor is None:
            self._connection = self._connected()
            self._cursor = psycopg.RawCursor(self._connection)
        return self._cursor

    def _connected(self) -> psycopg.Connection[Any]:
        connection = psycopg.connect(self._place.database, autocommit=True, prepare_threshold=2)
        try:
            connection.prepared_max = _TEXTS
            connection.execute(ON_POSTGRES)
            self._lock_in(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _lock_in(self, connection: psycopg.Connection[Any]) -> None:
        """The connection that was lost may take a moment to be gone."""
        deadline = time.monotonic() + _LOCK_WAIT_S
        while connection.execute(TAKE_LOCK, (SCRIBE_LOCK, self._place.node)).fetchone() != (True,):
            if time.monotonic() > deadline:
                raise psycopg.OperationalError(f"another scribe of {self._place.node} writes into this database")
            time.sleep(0.05)
