"""Insert unless it is there: the one statement that is spelled differently by the two databases."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import cast

from sqlalchemy import Connection, Table, TextClause
from sqlalchemy.dialects import sqlite

Insert = Callable[[Table], sqlite.Insert]  # PostgreSQL's has the same methods


def insert_of(connection: Connection) -> Insert:
    """An INSERT of this database, which knows ON CONFLICT."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert
    from sqlalchemy.dialects import postgresql  # a tenth of a second that SQLite need not wait for

    return cast("Insert", postgresql.insert)


def insert_new(
    connection: Connection,
    table: Table,
    values: Mapping[str, object],
    *,
    unless: Sequence[str] = (),
    where: TextClause | None = None,
) -> bool:
    """Insert a row unless one with the same ``unless`` columns is there; says whether it was new.

    PostgreSQL waits here for another transaction that is inserting the same.
    """
    statement = _statement(insert_of(connection), table, tuple(unless), where, told=True)
    return connection.execute(statement, dict(values)).first() is not None


def insert_those_new(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, object]], *, unless: Sequence[str]
) -> None:
    """Insert the rows of which none with the same ``unless`` columns is there; all have the same columns."""
    if rows:
        statement = _statement(insert_of(connection), table, tuple(unless), None, told=False)
        connection.execute(statement, [dict(row) for row in rows])


@cache
def _statement(insert: Insert, table: Table, unless: tuple[str, ...], where: TextClause | None, *, told: bool) -> sqlite.Insert:
    """Kept, because SQLAlchemy takes longer to put one together than SQLite to carry it out."""
    statement = insert(table)
    if unless:
        statement = statement.on_conflict_do_nothing(index_elements=unless, index_where=where)
    return cast("sqlite.Insert", statement.returning(table.c[0])) if told else statement
