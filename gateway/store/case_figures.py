"""Cases as numbers: what became of those that were opened in a period, and the very same cases as a list.

A number and the list behind it are made by the same condition, so that they cannot differ.  Periods are half open; cases
that are archived, sealed or merged into another one are in no number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, case, func, or_, select, type_coerce

from gateway.directory.calendar import VIETNAM, Calendar
from gateway.lifecycle import CaseEvent, CaseState
from gateway.model import Action, Value
from gateway.store.from_rows import case_row_of, detail_in
from gateway.store.reading import Reading
from gateway.store.report_values import CaseCounts, Moved, Span
from gateway.store.steps import first
from gateway.store.tables import MOVED, case_mails, cases, micros, moment, stories
from gateway.store.values import CasePage, CaseRow

_MOST = 50_000  # rows that one number is made from
_SECOND = 1_000_000
_NOT_COUNTED = (CaseState.ARCHIVED.value, CaseState.SEALED.value, CaseState.MERGED.value)

c = cases.c
_waits = c.state == CaseState.WAITING.value


class Period(Value):
    """From a moment on, before another one; ``now`` says what is late, ``calendar`` what is working time."""

    since: datetime
    until: datetime
    now: datetime
    calendar: Calendar

    def working_days(self) -> list[int]:
        """Its working days, counted from 1970."""
        first, last = self.since.astimezone(VIETNAM).date(), self.until.astimezone(VIETNAM).date()
        days = (first + timedelta(days=n) for n in range((last - first).days + 1))
        return [(day - date(1970, 1, 1)).days for day in days if self.calendar.is_working_day(day)]


def _late(period: Period) -> ColumnElement[bool]:
    """Decided behind its deadline, or still waiting behind it (Decree 30/2020, article 4.2c)."""
    return and_(c.due_at.is_not(None), first(c.decided_at, period.now) > c.due_at)


def _after_hours(period: Period) -> ColumnElement[bool]:
    local = type_coerce(c.opened_at, BigInteger) // _SECOND + 7 * 3600  # Vietnam has had this offset since 1975
    hours = period.calendar.hours
    of_day, day = local % 86400, local // 86400
    in_hours = and_(of_day >= _seconds(hours.begin), of_day < _seconds(hours.end), day.in_(period.working_days()))
    return ~in_hours


def _seconds(at: time) -> int:
    return at.hour * 3600 + at.minute * 60 + at.second


# What can be asked of the cases of a period.
WHAT: Mapping[str, Callable[[Period], ColumnElement[bool]]] = {
    "opened": lambda _: c.id != "",
    "redirected": lambda _: c.action == Action.REDIRECT.value,
    "copied": lambda _: c.action == Action.COPY.value,
    "held": lambda _: c.action == Action.HOLD.value,
    "waiting": lambda _: _waits,
    "registered": lambda _: c.registered_at.is_not(None),
    "returned": lambda _: c.state == CaseState.RETURNED.value,
    "released": lambda _: c.state == CaseState.RELEASED.value,
    "withdrawn": lambda _: c.state == CaseState.WITHDRAWN.value,
    "late": _late,
    "after-hours": _after_hours,
}


class CaseFigures(Reading):
    """Counts and the rows behind them, of these units (None: all)."""

    def counts(self, period: Period, units: Sequence[str] | None) -> tuple[CaseCounts, ...]:
        """One line for each unit that had a case in the period."""
        sums = [func.sum(case((condition(period), 1), else_=0)).label(f"n{n}") for n, condition in enumerate(WHAT.values())]
        query: Select[Any] = select(c.unit, *sums).where(*_opened(period, units)).group_by(c.unit).order_by(c.unit)
        rows = self.rows(query)
        by_name = [{name: int(getattr(row, f"n{n}")) for n, name in enumerate(WHAT)} for row in rows]
        return tuple(CaseCounts(unit=row.unit, counts=counts) for row, counts in zip(rows, by_name, strict=True))

    def cases(self, what: str, period: Period, units: Sequence[str] | None, *, after: str = "", limit: int = 50) -> CasePage:
        """The cases behind a number, newest first.  KeyError for a question that is not in WHAT."""
        query = _with_mails().where(*_opened(period, units), WHAT[what](period))
        if after:
            opened, _, case_id = after.partition("-")
            then = c.opened_at == moment(int(opened))
            query = query.where(or_(c.opened_at < moment(int(opened)), and_(then, c.id < case_id)))
        rows = self.rows(query.order_by(c.opened_at.desc(), c.id.desc()).limit(limit + 1))
        last = rows[limit - 1] if len(rows) > limit else None
        after = f"{micros(last.opened_at)}-{last.id}" if last is not None else ""
        return CasePage(rows=tuple(map(case_row_of, rows[:limit])), after=after)

    def these(self, ids: Sequence[str]) -> dict[str, CaseRow]:
        """Cases by their ids (some hundreds at most)."""
        return {row.id: case_row_of(row) for row in self.rows(_with_mails().where(c.id.in_(ids)))}

    def spans(self, period: Period, units: Sequence[str] | None) -> tuple[Span, ...]:
        """How long the cases of the period took that are registered by now; of very many the newest."""
        query = select(c.unit, c.opened_at, c.registered_at).where(*_opened(period, units), c.registered_at.is_not(None))
        rows = self.rows(query.order_by(c.opened_at.desc()).limit(_MOST))
        return tuple(Span(unit=row.unit, opened_at=row.opened_at, registered_at=row.registered_at) for row in rows)

    def oldest_waiting(self, units: Sequence[str] | None, *, limit: int = 10) -> tuple[CaseRow, ...]:
        """The cases that have waited longest for their clerks."""
        query = _with_mails().where(_waits, c.action != Action.QUARANTINE.value, *_of(units))
        return tuple(map(case_row_of, self.rows(query.order_by(c.opened_at, c.id).limit(limit))))

    def waiting(self, units: Sequence[str] | None, now: datetime) -> dict[str, tuple[int, int, int]]:
        """By unit, how many cases wait, how many of them are late, and how many must be looked at at once."""
        late = func.sum(case((c.due_at < now, 1), else_=0))
        alarms = func.sum(case((c.alarm, 1), else_=0))
        query = (
            select(c.unit, func.count().label("cases"), late.label("late"), alarms.label("alarms"))
            .where(_waits, *_of(units))
            .group_by(c.unit)
        )
        return {row.unit: (int(row.cases), int(row.late or 0), int(row.alarms or 0)) for row in self.rows(query)}

    def moves(self, since: datetime, until: datetime, units: Sequence[str] | None, *, limit: int = _MOST) -> tuple[Moved, ...]:
        """The steps of cases in a period, oldest first."""
        s = stories.c
        columns = (s.at, s.case_id, s.actor, s.detail, c.unit, c.opened_at, c.due_at, c.decided_at)
        query = select(*columns).join(cases, c.id == s.case_id).where(MOVED, s.at >= since, s.at < until, *_of(units))
        query = query.where(c.state.not_in(_NOT_COUNTED[:2])).order_by(s.at, s.id).limit(limit)
        return tuple(
            Moved(
                at=row.at,
                case_id=row.case_id,
                unit=row.unit,
                event=CaseEvent(str(detail["event"])),
                actor=row.actor,
                reason=str(detail.get("reason", "")),
                opened_at=row.opened_at,
                due_at=row.due_at,
                is_first=row.at == row.decided_at,
            )
            for row in self.rows(query)
            if (detail := detail_in(row.detail))
        )


def _with_mails() -> Select[Any]:
    brought = select(func.count()).where(case_mails.c.case_id == cases.c.id).scalar_subquery()
    return select(cases, brought.label("mails"))


def _of(units: Sequence[str] | None) -> list[ColumnElement[bool]]:
    return [] if units is None else [c.unit.in_(units)]


def _opened(period: Period, units: Sequence[str] | None) -> list[ColumnElement[bool]]:
    in_time = and_(c.opened_at >= period.since, c.opened_at < period.until)
    return [in_time, c.state.not_in(_NOT_COUNTED), c.action != Action.QUARANTINE.value, *_of(units)]
