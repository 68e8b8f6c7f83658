"""One step of a case, with its row in the story, inside the writer's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import update

from gateway.lifecycle import CaseEvent, next_case_state
from gateway.model import Case, Event, Story
from gateway.store.rows import story_row
from gateway.store.tables import cases, stories
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
    transaction.connection.execute(update(cases).where(cases.c.id == before.id).values(state=state.value, **columns))
    steps: dict[str, str | int | float | bool | list[str]] = {"from": before.state.value, "to": state.value}
    steps |= {"event": event.value, **detail}
    story = Story(at=now, event=Event.CASE_MOVED, mail_id=before.mail_id, case_id=before.id, actor=by, detail=steps)
    transaction.insert(stories, [story_row(story)])
