"""What the issuers of documents of the axis are told: due until it was taken over there."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import select, update

from gateway.courier import Outcome, Result, Status
from gateway.model import Event, Story, Value
from gateway.store.casework import Write
from gateway.store.database import Database
from gateway.store.from_rows import AnyRow
from gateway.store.inserts import insert_new
from gateway.store.office_tables import DUE, statuses
from gateway.store.reading import Reading
from gateway.store.rows import story_row
from gateway.store.tables import stories
from gateway.store.texts import clean, to_json
from gateway.store.transaction import Transaction

_status = msgspec.json.Decoder(Status)


class Owed(Value):
    """A status that is owed to an issuer."""

    courier: str
    case_id: str
    status: Status
    state: str = "due"  # "due", "done" or "failed"
    attempts: int = 0
    reply: str = ""


class Statuses(Reading):
    """The verbs."""

    def __init__(self, database: Database, write: Write) -> None:
        super().__init__(database)
        self._write = write

    def due(self, courier: str, *, limit: int, now: datetime, lease: timedelta) -> tuple[Owed, ...]:
        """What is to be said now, for so long ours."""

        def work(transaction: Transaction) -> list[Owed]:
            connection = transaction.connection
            query = (
                select(statuses)
                .where(statuses.c.courier == courier, DUE, statuses.c.due_at <= now)
                .order_by(statuses.c.due_at)
                .with_for_update(skip_locked=True)
            )
            rows = connection.execute(query.limit(limit)).all()
            ids = [row.id for row in rows]
            connection.execute(update(statuses).where(statuses.c.id.in_(ids)).values(due_at=now + lease))
            return list(map(_owed_of, rows))

        return tuple(self._write(work))

    def settle(self, owed: Owed, result: Result, *, next_at: datetime | None, now: datetime) -> None:
        """What came of saying it; ``next_at`` when it is to be said again."""
        done = result.outcome in (Outcome.DELIVERED, Outcome.ALREADY, Outcome.PENDING)
        state = "done" if done else "due" if next_at is not None else "failed"
        values = {
            "state": state,
            "attempts": owed.attempts + 1,
            "due_at": None if done else next_at,
            "reply": clean(result.reply),
        }

        def work(transaction: Transaction) -> None:
            connection = transaction.connection
            connection.execute(update(statuses).where(statuses.c.id == owed.status.id).values(values))
            if state != "due":
                detail: dict[str, str | int | float | bool | list[str]] = {
                    "status": owed.status.code,
                    "to": owed.status.receiver,
                    "state": state,
                    "reply": result.reply,
                }
                story = Story(at=now, event=Event.TOLD_AXIS, case_id=owed.case_id, detail=detail)
                transaction.insert(stories, [story_row(story)])

        self._write(work)

    def of_case(self, case_id: str) -> tuple[Owed, ...]:
        """What the issuers of a case were, or will be, told."""
        query = select(statuses).where(statuses.c.case_id == case_id).order_by(statuses.c.id)
        return tuple(map(_owed_of, self.rows(query)))


def owe(transaction: Transaction, owed: Owed, *, now: datetime) -> None:
    """Say it, from now on; the same status once."""
    values = {
        "id": owed.status.id,
        "courier": owed.courier,
        "case_id": owed.case_id,
        "said": to_json(owed.status),
        "state": "due",
        "attempts": 0,
        "due_at": now,
        "reply": "",
    }
    insert_new(transaction.connection, statuses, values, unless=("id",))


def _owed_of(row: AnyRow) -> Owed:
    return Owed(
        courier=row.courier,
        case_id=row.case_id,
        status=_status.decode(row.said),
        state=row.state,
        attempts=row.attempts,
        reply=row.reply,
    )
