"""One step of a case, with its row in the story, inside the writer's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from msgspec.structs import replace
from sqlalchemy import ColumnElement, func, literal, update

from gateway.lifecycle import CaseEvent, CaseState, next_case_state
from gateway.model import Case, Event, Story
from gateway.store.rows import story_row
from gateway.store.search import put_case
from gateway.store.tables import Instant, cases, stories
from gateway.store.texts import clean
from gateway.store.transaction import Transaction


def step_case(
    transaction: Transaction,
    before: Case,
    event: CaseEvent,
    *,
    by: str,
    detail: Mapping[str, str],
    now: datetime,
    **columns: object,
) -> None:
    """Take the step of a case whose row is locked, and change ``columns`` with it.  IllegalTransition."""
    state = next_case_state(before.state, event)
    if before.state is CaseState.WAITING and state is not CaseState.WAITING:
        columns["decided_at"] = first(cases.c.decided_at, now)
    if state is CaseState.REGISTERED:
        columns["registered_at"] = first(cases.c.registered_at, now)
    transaction.connection.execute(update(cases).where(cases.c.id == before.id).values(state=state.value, **columns))
    if number := columns.get("register_number"):
        put_case(transaction.connection, replace(before, register_number=str(number)))
    steps: dict[str, str | int | float | bool | list[str]] = {"from": before.state.value, "to": state.value}
    steps |= {"event": event.value, **detail}
    story = Story(at=now, event=Event.CASE_MOVED, mail_id=before.mail_id, case_id=before.id, actor=by, detail=steps)
    transaction.insert(stories, [story_row(story)])


def registration(number: str, on: date | None) -> dict[str, object]:
    """What a case remembers of the number that it was registered under; its place in the register is that day's."""
    day = {"book_on": on.isoformat()} if on is not None else {}
    return {"register_number": clean(number), "registered_on": on.isoformat() if on is not None else "", **day}


def first(column: ColumnElement[datetime], now: datetime) -> ColumnElement[datetime]:
    """What stands there, else this moment."""
    return func.coalesce(column, literal(now, Instant()))
