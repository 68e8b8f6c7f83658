"""Which delivery reports were written: one of each kind for a delivery, however often it is carried."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import delete, select

from gateway.courier import Fate
from gateway.store.batch import Rows
from gateway.store.casework import Write
from gateway.store.database import Database
from gateway.store.inserts import insert_new
from gateway.store.reading import Reading
from gateway.store.tables import told
from gateway.store.transaction import Transaction
from gateway.store.values import Acceptance

_TOPIC = "report:"


class Reported(Reading):
    """The verbs.  They wait: not for the loop."""

    def __init__(self, database: Database, write: Write, rows: Callable[[Sequence[Acceptance]], Rows]) -> None:
        super().__init__(database)
        self._write = write
        self._rows = rows

    def already(self, fate: Fate, delivery_ids: Sequence[str]) -> frozenset[str]:
        """The deliveries of which that was reported."""
        lower = {each.lower(): each for each in delivery_ids}
        query = select(told.c.address).where(told.c.topic == f"{_TOPIC}{fate}", told.c.address.in_(lower))
        return frozenset(lower[row.address] for row in self.rows(query))

    def accept(self, fate: Fate, delivery_ids: Sequence[str], reports: Sequence[Acceptance], *, now: datetime) -> None:
        """Make reports durable, and that they were written; StoreUnavailable when that failed."""

        def work(transaction: Transaction) -> None:
            for each in delivery_ids:
                insert_new(transaction.connection, told, {"topic": f"{_TOPIC}{fate}", "address": each.lower(), "at": now})

        self._write(work, rows=self._rows(reports))


def forget(transaction: Transaction, *, before: datetime) -> None:
    """Of what is long over nobody need know any more what was reported, came back or was told."""
    for topic in (_TOPIC, "bounce:", "letter:"):
        these = (told.c.topic >= topic) & (told.c.topic < f"{topic[:-1]};")  # as a range, so that the index finds them
        transaction.connection.execute(delete(told).where(these, told.c.at < before))
