"""The writer's transaction, on either database: the many statements, and how it begins, ends and talks to the server.

The hot path uses the driver's own cursor, because SQLAlchemy's costs 20 µs for each statement; whatever is rare goes through
``connection``, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

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
    """Either database: statements are gathered for the scribe, who carries them out as a whole."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements
        self.steps: list[tuple[str | bytes, list[Any], int]] = []  # text, values, and how many rows it must change, or -1

    def insert(self, table: Table, rows: Sequence[Tuple]) -> None:
        """Insert rows of a hot table."""
        self.steps += [(text, values, -1) for text, values in self._statements.insert(table, rows)]

    def change(self, change: Change, rows: Sequence[Tuple]) -> int:
        """Change rows; the scribe refuses all of it when they must be changed and one is not."""
        self.steps += self._statements.change(change, rows)
        return len(rows)
