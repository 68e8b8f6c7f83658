"""Deliveries that may have arrived: begun before the first byte leaves, asked after on a schedule, never sent again blindly.

A row of ``look_ups`` stands for "an attempt was begun, and its outcome is not known" (Store.begin).  Whoever finds the row
after a crash asks the other side instead of sending; without the row nothing had left, and the delivery is simply sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, select, update

from gateway.courier import Level, Outcome
from gateway.errors import IllegalTransition
from gateway.lifecycle import CaseEvent, DeliveryEvent, DeliveryState, next_delivery_state
from gateway.model import Case, Delivery, Event, Story, Value
from gateway.store.casework import Write
from gateway.store.database import Database
from gateway.store.from_rows import case_of, delivery_of
from gateway.store.inserts import insert_new
from gateway.store.office_tables import look_ups
from gateway.store.reading import Reading
from gateway.store.replies import keep_reply
from gateway.store.rows import story_row
from gateway.store.settling import wake_of
from gateway.store.steps import step_case
from gateway.store.tables import UNFINISHED, cases, deliveries, micros, moment, stories
from gateway.store.texts import clean
from gateway.store.transaction import Transaction

ASKED_AFTER = (DeliveryState.UNCERTAIN.value, DeliveryState.PENDING.value)


class LookUp(Value):
    """A delivery that is being asked after."""

    delivery: Delivery
    case: Case
    since: datetime
    tries: int
    is_begun: bool = True  # an attempt was recorded; false for couriers that may be sent the same twice


class Found(Value):
    """What a look-up said, and what is to be done."""

    delivery_id: str
    outcome: Outcome
    event: DeliveryEvent
    said: str
    receipt: bytes = b""
    next_at: datetime | None = None  # of the next look-up, or of the next attempt; None: a person's turn
    case_event: CaseEvent | None = None
    alarm: bool = False


class LookUps(Reading):
    """The verbs."""

    def __init__(self, database: Database, write: Write, *, node: str) -> None:
        super().__init__(database)
        self._write = write
        self._node = node

    def due(self, couriers: Sequence[str], *, limit: int, now: datetime, lease: timedelta) -> tuple[LookUp, ...]:
        """What is to be asked after now, for so long ours; the longest waiting first."""

        def work(transaction: Transaction) -> list[LookUp]:
            query = (
                select(deliveries, look_ups.c.since, look_ups.c.tries)
                .join_from(deliveries, look_ups, look_ups.c.delivery_id == deliveries.c.id, isouter=True)
                .where(deliveries.c.courier.in_(couriers), UNFINISHED, deliveries.c.wake_at <= now)
                .where(deliveries.c.state.in_(ASKED_AFTER))
                .order_by(deliveries.c.wake_at)
                .with_for_update(of=deliveries, skip_locked=True)
            )
            connection = transaction.connection
            rows = connection.execute(query.limit(limit)).all()
            ids = [row.id for row in rows]
            connection.execute(update(deliveries).where(deliveries.c.id.in_(ids)).values(wake_at=now + lease, node=self._node))
            case_ids = {row.case_id for row in rows}
            found = {row.id: case_of(row) for row in connection.execute(select(cases).where(cases.c.id.in_(case_ids)))}
            return [
                LookUp(
                    delivery=delivery_of(row),
                    case=found[row.case_id],
                    since=row.since or row.at,
                    tries=row.tries or 0,
                    is_begun=row.since is not None,
                )
                for row in rows
                if row.case_id in found
            ]

        return tuple(self._write(work))

    def settle(self, found: Found, now: datetime) -> None:
        """What came of a look-up; durable on return.  Nothing when a receipt or a person was quicker."""
        self._write(lambda transaction: _settle(transaction, found, now))

    def now(self, delivery_ids: Sequence[str], now: datetime) -> int:
        """A person wants these to be asked after at once; says how many are waiting for that."""

        def work(transaction: Transaction) -> int:
            these = and_(deliveries.c.id.in_(delivery_ids), deliveries.c.state.in_(ASKED_AFTER))
            return transaction.connection.execute(update(deliveries).where(these).values(wake_at=now)).rowcount

        return self._write(work)

    def told(self, delivery_ids: Sequence[str]) -> dict[str, tuple[int, str]]:
        """How often each of these was asked after, and what was said last."""
        query = select(look_ups.c.delivery_id, look_ups.c.tries, look_ups.c.said)
        rows = self.rows(query.where(look_ups.c.delivery_id.in_(delivery_ids)))
        return {row.delivery_id: (row.tries, row.said) for row in rows}


def _settle(transaction: Transaction, found: Found, now: datetime) -> None:
    connection, this = transaction.connection, deliveries.c.id == found.delivery_id
    row = connection.execute(select(deliveries).where(this).with_for_update()).first()
    if row is None or row.state not in ASKED_AFTER:
        return
    before = delivery_of(row)
    state = next_delivery_state(before.state, found.event)
    wake = found.next_at if state.value in ASKED_AFTER else None
    wake_at = wake_of(state, found.next_at, micros(now)) if wake is None else micros(wake)
    values = {
        "state": state.value,
        "reply": clean(found.said),
        "next_at": found.next_at,
        "wake_at": moment(wake_at) if wake_at is not None else None,
        "node": "",
    }
    if state is DeliveryState.DELIVERED:
        values["delivered_at"] = now
    connection.execute(update(deliveries).where(this).values(values))
    _count(transaction, found, state, now)
    if found.receipt:
        level = Level.TRANSPORT if found.outcome is Outcome.PENDING else Level.STORED
        keep_reply(
            transaction,
            courier=before.courier,
            delivery_id=before.id,
            case_id=before.case_id,
            level=level,
            raw=found.receipt,
            now=now,
        )
    detail: dict[str, str | int | float | bool | list[str]] = {
        "delivery": before.id,
        "said": found.said,
        "from": before.state.value,
        "to": state.value,
    }
    story = Story(at=now, event=Event.LOOKED_UP, mail_id=before.mail_id, case_id=before.case_id, detail=detail)
    transaction.insert(stories, [story_row(story)])
    _move_case(transaction, before, found, now)


def _count(transaction: Transaction, found: Found, state: DeliveryState, now: datetime) -> None:
    connection, this = transaction.connection, look_ups.c.delivery_id == found.delivery_id
    if state.value not in ASKED_AFTER:
        connection.execute(look_ups.delete().where(this))
        return
    first = {"delivery_id": found.delivery_id, "since": now, "tries": 0, "last_at": None, "said": ""}
    insert_new(connection, look_ups, first, unless=("delivery_id",))
    told = {"tries": look_ups.c.tries + 1, "last_at": now, "said": clean(found.said)}
    connection.execute(update(look_ups).where(this).values(told))


def _move_case(transaction: Transaction, delivery: Delivery, found: Found, now: datetime) -> None:
    connection = transaction.connection
    row = connection.execute(select(cases).where(cases.c.id == delivery.case_id).with_for_update()).first()
    if row is None:
        return
    if found.alarm:
        connection.execute(update(cases).where(cases.c.id == row.id).values(alarm=True))
    if found.case_event is None:
        return
    try:
        step_case(transaction, case_of(row), found.case_event, by="", detail={"delivery": delivery.id}, now=now)
    except IllegalTransition:
        return  # a person or a receipt was quicker
