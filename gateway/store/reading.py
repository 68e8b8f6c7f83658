"""How the lists of the store are read: synchronously, on connections of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CompoundSelect, Select

from gateway.errors import NotFound
from gateway.store.database import Database
from gateway.store.from_rows import AnyRow


class Reading:
    """Something that only reads."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def rows(self, query: Select[Any] | CompoundSelect[Any]) -> Sequence[AnyRow]:
        """All rows of a query.  StoreUnavailable when the database is."""
        with self.database.reading() as connection:
            return connection.execute(query).all()

    def one(self, query: Select[Any], missing: str) -> AnyRow:
        """Its first row; NotFound, said with ``missing``, when there is none."""
        rows = self.rows(query)
        if not rows:
            raise NotFound(missing)
        return rows[0]


def last_id(rows: Sequence[AnyRow], limit: int) -> str:
    """Where the next page goes on, when one row more than ``limit`` was asked for; "" when this was the last page."""
    return rows[limit - 1].id if len(rows) > limit else ""
