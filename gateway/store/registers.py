"""The registers: cases that stand in a unit's book of documents going out or coming in, in the order of their days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, and_, func, or_, select, tuple_

from gateway.lifecycle import CaseState
from gateway.model import Action, Direction, Door
from gateway.store.from_rows import AnyRow, document_in, strings_in
from gateway.store.reading import Reading
from gateway.store.report_values import BookPage, Entry
from gateway.store.tables import cases, mails

_PIECE = 500  # lines that are read at a time

# A number or a place in the queue of the office system: that is what a register has.  What waits, went back or was let
# through as a mail never got there; what was withdrawn keeps the line that it had.
_HAS_A_LINE = or_(
    cases.c.state.in_([CaseState.HANDED_OVER.value, CaseState.REGISTERED.value, CaseState.DONE.value]),
    and_(cases.c.state == CaseState.WITHDRAWN.value, cases.c.registered_at.is_not(None)),
)


class Registers(Reading):
    """Lines of the books, bounded by unit, direction and days; sealed cases have none."""

    def years(self, units: Sequence[str] | None) -> tuple[int, ...]:
        """The years that any of these units (None: any) has a line in, newest first."""
        day = cases.c.book_on
        query: Select[Any] = select(func.min(day).label("first"), func.max(day).label("last")).where(day != "")
        if units is not None:
            query = query.where(cases.c.unit.in_(units))
        (row,) = self.rows(query)
        return tuple(range(int(row.last[:4]), int(row.first[:4]) - 1, -1)) if row.first else ()

    def book(self, unit: str, direction: Direction, *, since: date, until: date, after: str = "", limit: int = 50) -> BookPage:
        """The lines of a unit's book from a day on, before another one; ``after`` as an earlier page gave it."""
        query = _lines(unit, direction, since, until)
        if after:
            day, _, case_id = after.partition("_")
            query = query.where(tuple_(cases.c.book_on, cases.c.id) > tuple_(day, case_id))
        rows = self.rows(query.order_by(cases.c.book_on, cases.c.id).limit(limit + 1))
        last = rows[limit - 1] if len(rows) > limit else None
        return BookPage(rows=tuple(map(_entry, rows[:limit])), after=f"{last.book_on}_{last.id}" if last is not None else "")

    def count(self, unit: str, direction: Direction, *, since: date, until: date) -> int:
        """How many lines that are."""
        lines = _lines(unit, direction, since, until).with_only_columns(cases.c.id).subquery()
        query: Select[Any] = select(func.count().label("lines")).select_from(lines)
        return int(self.rows(query)[0].lines)

    def lines(self, unit: str, direction: Direction, *, since: date, until: date) -> Iterator[Entry]:
        """All of them, a few hundred at a time: a year need not fit into memory."""
        after = ""
        while True:
            page = self.book(unit, direction, since=since, until=until, after=after, limit=_PIECE)
            yield from page.rows
            if not (after := page.after):
                return


def _lines(unit: str, direction: Direction, since: date, until: date) -> Select[Any]:
    c = cases.c
    columns = (
        c.id, c.unit, c.direction, c.action, c.state, c.book_on, c.opened_at, c.register_number, c.registered_on,
        c.number_symbol, c.kind, c.issuer, c.title, c.subject, c.urgency, c.sender, c.recipients, c.document, mails.c.door,
    )  # fmt: skip
    of_book = and_(
        c.unit == unit, c.direction == direction.value, c.book_on >= since.isoformat(), c.book_on < until.isoformat()
    )
    query = select(*columns).join(mails, mails.c.id == c.mail_id).where(of_book, _HAS_A_LINE)
    return query.where(c.action != Action.QUARANTINE.value)


def _entry(row: AnyRow) -> Entry:
    return Entry(
        id=row.id,
        unit=row.unit,
        direction=Direction(row.direction),
        action=Action(row.action),
        state=CaseState(row.state),
        book_on=date.fromisoformat(row.book_on),
        opened_at=row.opened_at,
        register_number=row.register_number,
        registered_on=date.fromisoformat(row.registered_on) if row.registered_on else None,
        number_symbol=row.number_symbol,
        kind=row.kind,
        issuer=row.issuer,
        title=row.title or row.subject,
        urgency=row.urgency,
        sender=row.sender,
        recipients=strings_in(row.recipients),
        door=Door(row.door),
        document=document_in(row.document),
    )
