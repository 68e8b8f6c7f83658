"""Approved cases that an office system fetches: what waits, and whose it is for now (peek-lock)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, update

from gateway.errors import NotAllowed, NotFound
from gateway.lifecycle import DeliveryState
from gateway.model import Case, Delivery, Value
from gateway.store.api_tables import pulls
from gateway.store.casework import Write
from gateway.store.database import Database
from gateway.store.from_rows import AnyRow, case_of, delivery_of
from gateway.store.inserts import insert_new
from gateway.store.reading import Reading
from gateway.store.tables import cases, deliveries
from gateway.store.texts import clean
from gateway.store.transaction import Transaction


class Pull(Value):
    """One case that waits to be fetched, or is being fetched."""

    delivery: Delivery
    case: Case
    lock: str = ""
    token: str = ""  # whose lock it is
    locked_until: datetime | None = None
    said: str = ""  # why it was given back last

    def is_locked(self, now: datetime) -> bool:
        """Whether somebody is at it."""
        return bool(self.lock) and self.locked_until is not None and now < self.locked_until


class Pulls(Reading):
    """The verbs."""

    def __init__(self, database: Database, write: Write) -> None:
        super().__init__(database)
        self._write = write

    def waiting(self, courier: str, *, after: str = "", limit: int = 50) -> tuple[Pull, ...]:
        """What waits for this office system, oldest first; one row more than ``limit`` would show a next page."""
        d = deliveries.c
        query = _joined().where(d.courier == courier, d.state == DeliveryState.PENDING.value).order_by(d.id).limit(limit)
        if after:
            query = query.where(d.id > after)
        return self._pulls(self.rows(query))

    def found(self, courier: str, delivery_id: str) -> Pull:
        """One of them, whatever its state.  NotFound when it is none of this office system."""
        rows = self.rows(_joined().where(deliveries.c.id == delivery_id, deliveries.c.courier == courier))
        if not rows:
            raise NotFound(f"no delivery {delivery_id} for {courier}")
        return self._pulls(rows)[0]

    def lock(self, courier: str, delivery_id: str, *, token: str, until: datetime, now: datetime) -> Pull:
        """Give it to one program until a moment; its own lock is renewed.  NotFound; NotAllowed when another one has it."""

        def work(transaction: Transaction) -> None:
            connection, d = transaction.connection, deliveries.c
            row = connection.execute(
                select(deliveries).where(d.id == delivery_id, d.courier == courier).with_for_update()
            ).first()
            if row is None:
                raise NotFound(f"no delivery {delivery_id} for {courier}")
            if row.state != DeliveryState.PENDING.value:
                raise NotAllowed("Văn bản này không còn chờ lấy.")
            empty = {"delivery_id": delivery_id, "lock": "", "token": "", "locked_until": now, "said": ""}
            insert_new(connection, pulls, empty, unless=("delivery_id",))
            held = connection.execute(select(pulls).where(pulls.c.delivery_id == delivery_id)).one()
            if held.lock and held.locked_until > now and held.token != token:
                raise NotAllowed("Văn bản này đang được một chương trình khác lấy.")
            fresh = {"lock": secrets.token_hex(12), "token": token, "locked_until": until}
            connection.execute(update(pulls).where(pulls.c.delivery_id == delivery_id).values(fresh))

        self._write(work)
        return self.found(courier, delivery_id)

    def unlock(self, delivery_id: str, lock: str, *, said: str) -> bool:
        """Give it back with what was said about it; false when the lock is no longer the one in force."""

        def work(transaction: Transaction) -> int:
            this = (pulls.c.delivery_id == delivery_id) & (pulls.c.lock == lock) & (pulls.c.lock != "")
            freed = update(pulls).where(this).values(lock="", token="", said=clean(said))
            return transaction.connection.execute(freed).rowcount

        return bool(self._write(work))

    def _pulls(self, rows: Sequence[AnyRow]) -> tuple[Pull, ...]:
        held = {row.id: row for row in self.rows(select(cases).where(cases.c.id.in_({row.case_id for row in rows})))}
        return tuple(
            Pull(
                delivery=delivery_of(row),
                case=case_of(held[row.case_id]),
                lock=row.lock or "",
                token=row.token or "",
                locked_until=row.locked_until,
                said=row.said or "",
            )
            for row in rows
            if row.case_id in held
        )


def _joined() -> Select[Any]:
    return select(deliveries, pulls.c.lock, pulls.c.token, pulls.c.locked_until, pulls.c.said).join_from(
        deliveries, pulls, pulls.c.delivery_id == deliveries.c.id, isouter=True
    )
