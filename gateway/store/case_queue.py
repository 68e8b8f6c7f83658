"""The queue of cases: what a list is narrowed to, in which order, a page of it, and the counts beside it.

A page is found in two steps, in one statement: ids by an index that has all that lists are narrowed and sorted by, then the
fifty rows themselves.  Pages go on behind their last row (keyset), whatever came in at the front.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, literal, or_, select

from gateway.lifecycle import CaseState
from gateway.model import Case, Direction, Value
from gateway.store.from_rows import AnyRow, case_row_of
from gateway.store.office_tables import UNDECIDED, proposals
from gateway.store.search import saying
from gateway.store.search_tables import case_search
from gateway.store.tables import NEVER, Instant, case_mails, cases, micros, moment
from gateway.store.values import CasePage


class Order(StrEnum):
    """Which case comes first."""

    NEWEST = "newest"
    OLDEST = "oldest"
    DUE = "due"  # what must be decided first


class Narrow(Value):
    """What of a list is wanted; nothing said is all of it."""

    kind: str = ""  # name of the kind of document
    direction: Direction | None = None
    urgent: bool = False
    due_before: datetime | None = None  # its deadline has passed by then
    opened_before: datetime | None = None
    opened_since: datetime | None = None
    rule: str = ""  # which brought it here
    assignee: str = ""
    unassigned: bool = False
    twins: bool = False  # may be the same as another, nobody has said


EVERYTHING = Narrow()


class Attention(Value):
    """What of the waiting cases wants a look first; how many of each."""

    urgent: int = 0
    late: int = 0
    mine: int = 0
    unassigned: int = 0


# SQLite and PostgreSQL both sort by this expression; most lists are by age, whose order is in the index.
_DUE = func.coalesce(cases.c.due_at, literal(moment(NEVER), Instant()), type_=Instant())


def page(
    connection: Connection,
    *,
    units: Sequence[str] | None,
    states: Sequence[CaseState],
    text: str,
    narrow: Narrow,
    order: Order,
    after: str,
    limit: int,
) -> CasePage:
    """Some cases of these units (None: all) in these states (none given: all)."""
    ids = _ids(connection, units, states, text, narrow)
    if after:
        ids = ids.where(_behind(order, after))
    ids = ids.order_by(*_order(order)).limit(limit + 1)
    brought = select(func.count()).where(case_mails.c.case_id == cases.c.id).scalar_subquery()
    rows = connection.execute(
        select(cases, brought.label("mails")).where(cases.c.id.in_(ids.with_only_columns(cases.c.id))).order_by(*_order(order))
    ).all()
    last = rows[limit - 1] if len(rows) > limit else None
    return CasePage(rows=tuple(map(case_row_of, rows[:limit])), after=_cursor(order, last) if last is not None else "")


def beside(connection: Connection, this: Case, *, units: Sequence[str] | None, text: str, narrow: Narrow, order: Order) -> str:
    """The waiting case after this one in that order, else the first of them; "" when no other waits."""
    ids = (
        _ids(connection, units, (CaseState.WAITING,), text, narrow)
        .where(cases.c.id != this.id)
        .order_by(*_order(order))
        .limit(1)
    )
    key = micros(this.due_at) if this.due_at else NEVER
    after = f"{key if order is Order.DUE else micros(this.opened_at)}-{this.id}"
    found = connection.execute(ids.where(_behind(order, after))).first() or connection.execute(ids).first()
    return str(found[0]) if found else ""


def counts(connection: Connection, units: Sequence[str] | None) -> dict[CaseState, int]:
    """How many cases of these units (None: all) are in which state; states without any are left out."""
    any_state = cases.c.state.in_([state.value for state in CaseState])  # the index begins with it
    query = select(cases.c.state, func.count().label("number")).where(any_state, *of_units(units)).group_by(cases.c.state)
    return {CaseState(row.state): row.number for row in connection.execute(query)}


def attention(connection: Connection, units: Sequence[str] | None, *, account: str, now: datetime) -> Attention:
    """Counts of what waits."""

    def so_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    wanted = (cases.c.urgency != "", cases.c.due_at < now, cases.c.assignee == account, cases.c.assignee == "")
    query = select(*map(so_many, wanted)).where(cases.c.state == CaseState.WAITING.value, *of_units(units))
    row = connection.execute(query).one()
    return Attention(urgent=row[0], late=row[1], mine=row[2], unassigned=row[3])


def choices(connection: Connection, units: Sequence[str] | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The kinds and the rules that waiting cases have, for the fields that narrow a list."""
    query = select(cases.c.kind, cases.c.rule).where(cases.c.state == CaseState.WAITING.value, *of_units(units))
    found = connection.execute(query.distinct()).all()
    return tuple(sorted({row.kind for row in found} - {""})), tuple(sorted({row.rule for row in found}))


def of_units(units: Sequence[str] | None) -> list[ColumnElement[bool]]:
    """The condition that a case is of one of these units."""
    return [] if units is None else [cases.c.unit.in_(units)]


def _ids(
    connection: Connection, units: Sequence[str] | None, states: Sequence[CaseState], text: str, narrow: Narrow
) -> Select[Any]:
    query = select(cases.c.id).where(*of_units(units), *_narrowed(narrow))
    if states:
        query = query.where(cases.c.state.in_([state.value for state in states]))
    return query.where(*saying(cases.c.id, case_search, text, is_sqlite=connection.dialect.name == "sqlite"))


def _narrowed(narrow: Narrow) -> list[ColumnElement[bool]]:
    c = cases.c
    twins = or_(proposals.c.case_id == c.id, proposals.c.other_id == c.id)
    wanted: list[tuple[object, Callable[[], ColumnElement[bool]]]] = [
        (narrow.kind, lambda: c.kind == narrow.kind),
        (narrow.direction, lambda: c.direction == (narrow.direction or "")),
        (narrow.urgent, lambda: c.urgency != ""),
        (narrow.due_before, lambda: c.due_at < narrow.due_before),
        (narrow.opened_before, lambda: c.opened_at < narrow.opened_before),
        (narrow.opened_since, lambda: c.opened_at >= narrow.opened_since),
        (narrow.rule, lambda: c.rule == narrow.rule),
        (narrow.assignee, lambda: c.assignee == narrow.assignee),
        (narrow.unassigned, lambda: c.assignee == ""),
        (narrow.twins, lambda: select(proposals.c.case_id).where(twins, UNDECIDED).exists()),
    ]
    return [condition() for asked, condition in wanted if asked]


def _order(order: Order) -> tuple[ColumnElement[Any], ...]:
    if order is Order.NEWEST:
        return cases.c.opened_at.desc(), cases.c.id.desc()
    if order is Order.OLDEST:
        return cases.c.opened_at.asc(), cases.c.id.asc()
    return _DUE.asc(), cases.c.id.asc()


def _behind(order: Order, after: str) -> ColumnElement[bool]:
    at, _, case_id = after.partition("-")
    key = literal(moment(int(at)), Instant())
    if order is Order.NEWEST:
        return or_(cases.c.opened_at < key, and_(cases.c.opened_at == key, cases.c.id < case_id))
    column = cases.c.opened_at if order is Order.OLDEST else _DUE
    return or_(column > key, and_(column == key, cases.c.id > case_id))


def _cursor(order: Order, row: AnyRow) -> str:
    at = row.due_at if order is Order.DUE else row.opened_at
    return f"{micros(at) if at is not None else NEVER}-{row.id}"
