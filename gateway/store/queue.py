"""The queue of mails on their way out: what waits for which place, and another try now for all of it or a part."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, delete, func, literal, or_, select, text, update

from gateway.lifecycle import DeliveryEvent, DeliveryState, next_delivery_state
from gateway.model import Delivery, Event, Story, Value
from gateway.store.casework import Write
from gateway.store.database import Database
from gateway.store.from_rows import AnyRow, delivery_of
from gateway.store.office_tables import look_ups
from gateway.store.reading import Reading
from gateway.store.rows import story_row
from gateway.store.tables import UNFINISHED, deliveries, mails, stories
from gateway.store.texts import clean
from gateway.store.transaction import Transaction

WAITING = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.DEFERRED)
TRIED = (DeliveryState.DEFERRED,)  # what another try now is for …
GIVEN_UP = (DeliveryState.DEAD,)  # … and what it may be for besides
_SOME = 500  # in one transaction: mail coming in need not wait for all


class Wanted(Value):
    """Which deliveries: all that is said here must fit; what is empty fits everything."""

    states: tuple[DeliveryState, ...] = TRIED
    mail_id: str = ""
    destination: str = ""  # domain of the recipient; for an office system the code of the unit
    courier: str = ""


class Waiting(Value):
    """What waits for one destination."""

    courier: str
    destination: str  # domain of the recipients; for an office system the code of the unit
    state: DeliveryState
    number: int
    oldest: datetime  # made
    next_at: datetime | None  # the first of the next tries
    reply: str  # the last thing that was said about one of them


class Queue(Reading):
    """What waits, and another try."""

    def __init__(self, database: Database, write: Write) -> None:
        super().__init__(database)
        self._write = write

    def summary(self, states: Sequence[DeliveryState] = WAITING) -> tuple[Waiting, ...]:
        """What waits, by courier, destination and state; the longest queue first."""
        with self.database.reading() as connection:
            c, place = deliveries.c, _place(connection)
            query = (
                select(
                    c.courier,
                    place.label("place"),
                    c.state,
                    func.count().label("number"),
                    func.min(c.at).label("oldest"),
                    func.min(c.next_at).label("next_at"),
                    func.max(c.reply).label("reply"),
                )
                .where(UNFINISHED, c.state.in_([state.value for state in states]))
                .group_by(c.courier, text("place"), c.state)  # PostgreSQL sees two expressions where parameters differ
            )
            rows = connection.execute(query).all()
        return tuple(sorted(map(_waiting, rows), key=lambda each: (-each.number, each.destination, each.state)))

    def deliveries(self, wanted: Wanted, *, limit: int = 200) -> tuple[Delivery, ...]:
        """The deliveries themselves, oldest first."""
        query = _chosen(wanted).order_by(deliveries.c.id).limit(limit)
        return tuple(map(delivery_of, self.rows(query)))

    def retry_now(self, wanted: Wanted, *, by: str, now: datetime) -> int:
        """Have them tried again now, the whole schedule once more; says how many.  Those without their bytes stay."""
        done = 0
        while (count := self._write(partial(_retry_some, wanted=wanted, by=by, now=now))) > 0:
            done += count
        return done


def _retry_some(transaction: Transaction, *, wanted: Wanted, by: str, now: datetime) -> int:
    chosen = _chosen(wanted).join(mails, mails.c.id == deliveries.c.mail_id).where(mails.c.kept)
    rows = transaction.connection.execute(chosen.limit(_SOME).with_for_update(of=deliveries, skip_locked=True)).all()
    if not rows:
        return 0
    ids = [row.id for row in rows]
    queued = {"state": DeliveryState.QUEUED.value, "attempts": 0, "next_at": None, "wake_at": now}
    transaction.connection.execute(update(deliveries).where(deliveries.c.id.in_(ids)).values(queued))
    transaction.connection.execute(delete(look_ups).where(look_ups.c.delivery_id.in_(ids)))
    transaction.insert(stories, [story_row(_story(row, by, now)) for row in rows])
    return len(rows)


def _story(row: AnyRow, by: str, now: datetime) -> Story:
    before, event = DeliveryState(row.state), DeliveryEvent.RETRY_NOW
    detail: dict[str, str | int | float | bool | list[str]] = {
        "delivery": row.id,
        "from": before.value,
        "to": next_delivery_state(before, event).value,
        "event": event.value,
    }
    return Story(at=now, event=Event.DEFERRED, mail_id=row.mail_id, case_id=row.case_id, actor=by, detail=detail)


def _chosen(wanted: Wanted) -> Select[Any]:
    c = deliveries.c
    states = [state.value for state in wanted.states]
    # A hand-over that was given up is a matter of its case: the officer looks at each.
    conditions = [c.state.in_(states), or_(c.state != DeliveryState.DEAD.value, c.case_id == "")]
    if wanted.mail_id:
        conditions.append(c.mail_id == wanted.mail_id)
    if wanted.courier:
        conditions.append(c.courier == wanted.courier)
    if wanted.destination:
        place, target = clean(wanted.destination).lower(), func.lower(c.target)
        conditions.append(or_(target.endswith(f"@{place}", autoescape=True), target == place))
    return select(deliveries).where(UNFINISHED, *conditions)


def _place(connection: Connection) -> ColumnElement[str]:
    """The domain of the target, in small letters; the target itself when it is none."""
    target = func.lower(deliveries.c.target)
    if connection.dialect.name == "postgresql":
        return func.regexp_replace(target, literal("^.*@"), literal(""))
    return func.substr(target, func.instr(target, literal("@")) + 1)


def _waiting(row: AnyRow) -> Waiting:
    return Waiting(
        courier=row.courier,
        destination=row.place,
        state=DeliveryState(row.state),
        number=row.number,
        oldest=row.oldest,
        next_at=row.next_at,
        reply=row.reply,
    )
