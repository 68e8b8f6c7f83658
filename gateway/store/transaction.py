"""The writer's transaction, on either database: the many statements, and how it begins, ends and talks to the server.

The hot path uses the driver's own cursor, because SQLAlchemy's costs 20 µs for each statement; whatever is rare goes through
``connection``, in the same transaction.
"""

from __future__ import annotations

import select
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Protocol, cast

import psycopg
from sqlalchemy import Connection, Table

from gateway.store.rows import Tuple
from gateway.store.statements import Change, Statements


class ManyRows(Protocol):
    """What the hot path needs of a transaction."""

    def insert(self, table: Table, rows: Sequence[Tuple]) -> None:
        """Insert rows of a hot table."""
        ...

    def change(self, change: Change, rows: Sequence[Tuple]) -> int:
        """Change rows; says how many, when as many as there are given must be."""
        ...


class Transaction:
    """Transactions on a connection, one after the other: begin(), …, commit() or roll_back().

    A commit that is not ``durable`` does not wait for the disk.  It is never half there; a power cut (PostgreSQL: also a crash
    of the server) may lose it, but only together with all that came after it and was not durable either.
    """

    def __init__(self, connection: Connection, statements: Statements) -> None:
        self.connection = connection
        self._statements = statements

    def begin(self, *, durable: bool) -> None:
        """Begin."""
        raise NotImplementedError

    def execute(self, statement: str) -> None:
        """A statement without values."""
        raise NotImplementedError

    def commit(self) -> None:
        """Make it so, and durable when it was begun like that."""
        self.execute("COMMIT")

    def roll_back(self) -> None:
        """Undo it."""
        self.execute("ROLLBACK")

    def together(self) -> AbstractContextManager[object]:
        """Statements within need not wait for the answer of the one before; errors may show themselves at the end."""
        return nullcontext()

    def insert(self, table: Table, rows: Sequence[Tuple]) -> None:
        """Insert rows of a hot table."""
        raise NotImplementedError

    def change(self, change: Change, rows: Sequence[Tuple]) -> int:
        """Change rows; says how many, when as many as there are given must be."""
        raise NotImplementedError


class OnSqlite(Transaction):
    """WAL.  synchronous=NORMAL appends to the WAL without a sync, and the next durable commit syncs the WAL as a whole."""

    def __init__(self, connection: Connection, statements: Statements) -> None:
        super().__init__(connection, statements)
        self._cursor = connection.connection.cursor()

    def begin(self, *, durable: bool) -> None:
        """Begin, with the database locked for other writers."""
        self._cursor.execute("PRAGMA synchronous = FULL" if durable else "PRAGMA synchronous = NORMAL")
        self._cursor.execute("BEGIN IMMEDIATE")

    def execute(self, statement: str) -> None:
        """A statement without values."""
        self._cursor.execute(statement)

    def insert(self, table: Table, rows: Sequence[Tuple]) -> None:
        """Insert rows of a hot table."""
        for text, values in self._statements.insert(table, rows):
            self._cursor.execute(text, values)

    def change(self, change: Change, rows: Sequence[Tuple]) -> int:
        """Change rows; says how many."""
        changed = 0
        for text, values, _ in self._statements.change(change, rows):
            self._cursor.execute(text, values)
            changed += self._cursor.rowcount
        return changed


class Gathered:
    """SQLite again: statements are gathered for the scribe, who carries them out as a whole."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements
        self.steps: list[tuple[str, list[Any], int]] = []  # text, values, and how many rows it must change, or -1

    def insert(self, table: Table, rows: Sequence[Tuple]) -> None:
        """Insert rows of a hot table."""
        self.steps += [(text, values, -1) for text, values in self._statements.insert(table, rows)]

    def change(self, change: Change, rows: Sequence[Tuple]) -> int:
        """Change rows; the scribe refuses all of it when they must be changed and one is not."""
        self.steps += self._statements.change(change, rows)
        return len(rows)


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
