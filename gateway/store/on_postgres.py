"""The writer's transaction on PostgreSQL.  Loaded only there: psycopg takes a quarter of a second."""

from __future__ import annotations

import select
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from sqlalchemy import Connection, Table

from gateway.store.rows import Tuple
from gateway.store.statements import Change, Statements
from gateway.store.transaction import Transaction


class OnPostgres(Transaction):
    """psycopg, with the server's own placeholders and a pipeline: one answer for many statements."""

    def __init__(self, connection: Connection, statements: Statements) -> None:
        super().__init__(connection, statements)
        self._driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
        self._driver.prepared_max = 500  # all texts of Statements
        self._cursor = psycopg.RawCursor(self._driver)
        self._pipeline: psycopg.Pipeline | None = None

    def begin(self, *, durable: bool) -> None:
        """Begin."""
        self.execute("BEGIN")
        if not durable:
            self.execute("SET LOCAL synchronous_commit = off")

    def execute(self, statement: str) -> None:
        """A statement without values."""
        self._cursor.execute(statement.encode(), prepare=False)

    def roll_back(self) -> None:
        """Undo it."""
        # Not execute("ROLLBACK"): psycopg must forget the statements that an aborted pipeline was to prepare and never did.
        self._driver.rollback()

    @contextmanager
    def together(self) -> Iterator[None]:
        """A pipeline."""
        try:
            with self._driver.pipeline() as self._pipeline:
                yield
        finally:
            self._pipeline = None

    def insert(self, table: Table, rows: Sequence[Tuple]) -> None:
        """Insert rows of a hot table."""
        for text, values in self._statements.insert(table, rows):
            self._cursor.execute(text, values)
            self._send_all()

    def change(self, change: Change, rows: Sequence[Tuple]) -> int:
        """Change rows; says how many, when as many as there are given must be."""
        changed = 0
        for text, values, must in self._statements.change(change, rows):
            if must < 0:
                self._cursor.execute(text, values)
                continue
            with psycopg.RawCursor(self._driver) as cursor:
                cursor.execute(text, values)
                if self._pipeline is not None:
                    self._pipeline.sync()  # the answer, now
                changed += cursor.rowcount
        return changed

    def _send_all(self) -> None:
        """Wait until the server has what was sent.

        psycopg 3.3 takes no notice of a flush that was not complete when the last command of a pipeline has gone: behind a
        value of some megabytes both sides would wait for each other, for ever.
        """
        link = self._driver.pgconn
        while link.flush():
            ready = select.poll()  # not select(): a gateway with many connections has descriptors above 1023
            ready.register(link.socket, select.POLLIN | select.POLLOUT)
            if any(events & ~select.POLLOUT for _, events in ready.poll()):
                link.consume_input()
