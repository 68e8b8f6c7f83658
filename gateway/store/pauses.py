"""Couriers that a person paused on this node, so that a restart agrees; what must be repaired shows itself at the first try."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from gateway.store.database import Database
from gateway.store.office_tables import pauses
from gateway.store.reading import Reading
from gateway.store.texts import clean
from gateway.store.transaction import Transaction


class Pauses(Reading):
    """Synchronous; durable on return; StoreUnavailable when the database is."""

    def __init__(self, database: Database, do: Callable[..., Any], *, node: str) -> None:
        super().__init__(database)
        self._do = do
        self._node = node

    def held(self) -> dict[str, str]:
        """The couriers that are paused, and why."""
        return {row.courier: row.why for row in self.rows(select(pauses).where(pauses.c.node == self._node))}

    def hold(self, courier: str, why: str, *, now: datetime) -> None:
        """Pause a courier; one that was paused already has a new reason."""

        def work(transaction: Transaction) -> None:
            connection = transaction.connection
            connection.execute(self._gone(courier))
            connection.execute(pauses.insert().values(node=self._node, courier=courier, why=clean(why), at=now))

        self._do(work)

    def lift(self, courier: str) -> None:
        """Take a courier up again; nothing happens when it was not paused."""
        self._do(lambda transaction: transaction.connection.execute(self._gone(courier)))

    def _gone(self, courier: str) -> Any:
        return delete(pauses).where(pauses.c.node == self._node, pauses.c.courier == courier)
