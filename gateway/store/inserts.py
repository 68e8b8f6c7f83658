"""Insert unless it is there: the one statement that is spelled differently by the two databases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Table, TextClause
from sqlalchemy.dialects import postgresql, sqlite


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
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = make(table).values(values)
    if unless:
        statement = statement.on_conflict_do_nothing(index_elements=unless, index_where=where)
    return connection.execute(statement.returning(table.c[0])).first() is not None
