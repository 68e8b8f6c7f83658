"""Alarms as they are remembered: raised once, seen by somebody, told, over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, insert, literal, or_, select, update

from gateway.errors import NotFound, VanthuError
from gateway.lifecycle import CaseState, DeliveryState
from gateway.model import Event, Value, new_id
from gateway.phrases import again
from gateway.store.api_tables import STANDING, alarms
from gateway.store.batch import Rows
from gateway.store.casework import Write
from gateway.store.database import Database
from gateway.store.from_rows import AnyRow, case_row_of
from gateway.store.reading import Reading
from gateway.store.tables import OF_CASE, cases, deliveries, stories
from gateway.store.texts import clean
from gateway.store.transaction import Transaction
from gateway.store.values import Acceptance, CaseRow

_MOST = 1000  # of one kind of question


class Standing(Value):
    """One alarm as it is remembered."""

    id: str
    kind: str
    about: str
    unit: str
    said: str
    raised_at: datetime
    seen_by: str = ""
    seen_at: datetime | None = None
    told_at: datetime | None = None
    tries: int = 0  # of the webhook
    over_at: datetime | None = None


class _Meanwhile(VanthuError):
    """Another node has told it."""


class AlarmRows(Reading):
    """The verbs."""

    def __init__(self, database: Database, write: Write, rows: Callable[[Sequence[Acceptance]], Rows]) -> None:
        super().__init__(database)
        self._write = write
        self._make_rows = rows

    def standing(self, units: Sequence[str] | None = None) -> tuple[Standing, ...]:
        """What is wrong now, newest first; ``units``: of these units alone."""
        query = select(alarms).where(STANDING).order_by(alarms.c.raised_at.desc(), alarms.c.id).limit(_MOST)
        return tuple(map(_standing, self.rows(query if units is None else query.where(alarms.c.unit.in_(units)))))

    def over(self, units: Sequence[str] | None = None, *, limit: int = 50) -> tuple[Standing, ...]:
        """What was wrong and is over, the last one first."""
        query = select(alarms).where(alarms.c.over_at.is_not(None)).order_by(alarms.c.over_at.desc()).limit(limit)
        return tuple(map(_standing, self.rows(query if units is None else query.where(alarms.c.unit.in_(units)))))

    def counts(self, units: Sequence[str] | None = None, *, unseen: bool = False) -> dict[str, int]:
        """How many of each kind stand; ``unseen``: those that nobody looks after."""
        query = select(alarms.c.kind, func.count().label("number")).where(STANDING).group_by(alarms.c.kind)
        query = query.where(alarms.c.seen_by == "") if unseen else query
        query = query if units is None else query.where(alarms.c.unit.in_(units))
        return {row.kind: row.number for row in self.rows(query)}

    def settle(
        self, found: Mapping[tuple[str, str], tuple[str, str]], *, is_ours: Callable[[str, str], bool], now: datetime
    ) -> int:
        """What a look has found (kind and subject: unit and text): new ones are raised, the others of ours are over.

        Those that stand say what was found now.  Says how many are new.
        """

        def work(transaction: Transaction) -> int:
            connection = transaction.connection
            known = {(row.kind, row.about): row for row in connection.execute(select(alarms).where(STANDING))}
            gone = [row.id for (kind, about), row in known.items() if (kind, about) not in found and is_ours(kind, about)]
            if gone:
                connection.execute(update(alarms).where(alarms.c.id.in_(gone)).values(over_at=now, next_try_at=now, tries=0))
            for key, (_, text) in found.items():
                if key in known and known[key].said != clean(text):  # still so, but how it is has changed
                    connection.execute(update(alarms).where(alarms.c.id == known[key].id).values(said=clean(text)))
            new = [
                {
                    "id": new_id(),
                    "kind": kind,
                    "about": about,
                    "unit": unit,
                    "said": clean(said),
                    "raised_at": now,
                    "seen_by": "",
                    "tries": 0,
                    "next_try_at": now,
                }
                for (kind, about), (unit, said) in found.items()
                if (kind, about) not in known
            ]
            if new:
                connection.execute(insert(alarms), new)
            return len(new)

        return self._write(work)

    def seen(self, alarm_id: str, *, by: str, now: datetime) -> None:
        """Somebody looks after it.  NotFound when it does not stand."""

        def work(transaction: Transaction) -> None:
            this = (alarms.c.id == alarm_id) & alarms.c.over_at.is_(None)
            if not transaction.connection.execute(update(alarms).where(this).values(seen_by=by, seen_at=now)).rowcount:
                raise NotFound(f"no standing alarm {alarm_id}")

        self._write(work)

    def tell(self, ids: Sequence[str], letters: Sequence[Acceptance], *, before: datetime, now: datetime) -> bool:
        """Make the letters about these alarms durable, unless another node has told one of them; says whether it was done."""

        def work(transaction: Transaction) -> None:
            untold = or_(alarms.c.told_at.is_(None), alarms.c.told_at < before)
            told = update(alarms).where(alarms.c.id.in_(ids), untold).values(told_at=now)
            if transaction.connection.execute(told).rowcount != len(ids):
                raise _Meanwhile

        try:
            self._write(work, rows=self._make_rows(letters))
        except _Meanwhile:
            return False
        return True

    def over_untold(self, kinds: Sequence[str]) -> tuple[Standing, ...]:
        """What was told by mail, and is over, and nobody was told so."""
        c = alarms.c
        query = select(alarms).where(
            c.over_at.is_not(None), c.over_told_at.is_(None), c.told_at.is_not(None), c.kind.in_(kinds)
        )
        return tuple(map(_standing, self.rows(query.order_by(c.raised_at).limit(_MOST))))

    def tell_over(self, ids: Sequence[str], letters: Sequence[Acceptance], *, now: datetime) -> bool:
        """Make the letters durable that these are over, unless another node has; says whether it was done."""

        def work(transaction: Transaction) -> None:
            told = update(alarms).where(alarms.c.id.in_(ids), alarms.c.over_told_at.is_(None)).values(over_told_at=now)
            if transaction.connection.execute(told).rowcount != len(ids):
                raise _Meanwhile

        try:
            self._write(work, rows=self._make_rows(letters))
        except _Meanwhile:
            return False
        return True

    def to_send(self, now: datetime, *, lease: timedelta, limit: int = 50) -> tuple[Standing, ...]:
        """What the webhook has not got and is due now, that something is over included; for so long ours."""

        def work(transaction: Transaction) -> Sequence[AnyRow]:
            c = alarms.c
            # That something is over is news only to who heard that it began.
            over = c.over_sent_at.is_(None) & c.over_at.is_not(None) & c.sent_at.is_not(None)
            unsaid = or_(c.sent_at.is_(None) & c.over_at.is_(None), over)
            due = select(alarms).where(unsaid, c.next_try_at <= now).order_by(c.raised_at).limit(limit)
            rows = transaction.connection.execute(due.with_for_update(skip_locked=True)).all()
            ids = [row.id for row in rows]
            transaction.connection.execute(update(alarms).where(c.id.in_(ids)).values(next_try_at=now + lease))
            return rows

        return tuple(map(_standing, self._write(work)))

    def sent(self, alarm: Standing, *, now: datetime, next_at: datetime | None, arrived: bool) -> None:
        """What came of it; ``next_at`` None: it is not tried again."""
        column = "sent_at" if alarm.over_at is None else "over_sent_at"
        values = {column: now} if arrived else {"next_try_at": next_at, "tries": alarms.c.tries + 1}
        # That it is over may have become known meanwhile: this answer is not about that.
        same = alarms.c.over_at.is_(None) if alarm.over_at is None and not arrived else alarms.c.id == alarm.id
        statement = update(alarms).where(alarms.c.id == alarm.id, same).values(values)
        self._write(lambda transaction: transaction.connection.execute(statement) and None)

    # --- what to look at ----------------------------------------------------------------------------------------------

    def cases(self, now: datetime) -> tuple[CaseRow, ...]:
        """The waiting cases with an alarm, or past their day, and sealed ones with an alarm that nobody has seen."""
        c = cases.c
        seen = select(stories.c.id).where(OF_CASE, stories.c.case_id == c.id, stories.c.event == Event.SEEN.value)
        late = (c.state == CaseState.WAITING.value) & (c.alarm.is_(True) | (c.due_at <= now))
        sealed = (c.state == CaseState.SEALED.value) & c.alarm.is_(True) & ~seen.exists()
        query = select(cases, literal(1).label("mails")).where(late | sealed).order_by(c.opened_at.desc()).limit(_MOST)
        return tuple(map(case_row_of, self.rows(query)))

    def uncollected(self, couriers: Sequence[str], before: datetime) -> dict[str, int]:
        """How many documents wait since before then to be fetched, by office system."""
        d = deliveries.c
        query = select(d.courier, func.count().label("number")).where(
            d.courier.in_(couriers), d.state == DeliveryState.PENDING.value, d.at < before
        )
        return {row.courier: row.number for row in self.rows(query.group_by(d.courier))} if couriers else {}


def _standing(row: AnyRow) -> Standing:
    return Standing(
        id=row.id,
        kind=row.kind,
        about=row.about,
        unit=row.unit,
        said=again(row.said),
        raised_at=row.raised_at,
        seen_by=row.seen_by,
        seen_at=row.seen_at,
        told_at=row.told_at,
        tries=row.tries,
        over_at=row.over_at,
    )
