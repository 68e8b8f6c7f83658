"""What came of attempts, many at once: deliveries, their stories, their cases, what is known and what was said.

Nearly always a delivery is still leased by who settles it, and its case is where it was; then a few statements settle a whole
batch, in the scribe's process.  When one is not, nothing of the batch is done, and they go one by one (moves.settle_one).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from gateway.lifecycle import CASE_TRANSITIONS, CaseEvent, CaseState, DeliveryEvent, DeliveryState, next_delivery_state
from gateway.model import Event, Story
from gateway.scribe.messages import NotAllChanged
from gateway.store.office_tables import receipts
from gateway.store.replies import reply_row
from gateway.store.rows import Tuple, story_row
from gateway.store.statements import FORGET_LOOK_UP, SETTLE, STEP_CASE, TELL_STEP
from gateway.store.tables import NEVER, micros, stories
from gateway.store.texts import clean
from gateway.store.transaction import ManyRows
from gateway.store.values import Settlement

_ASKED_AFTER = (DeliveryEvent.UNSURE, DeliveryEvent.TAKEN)


class Settled(NamedTuple):
    """A settlement as it is written."""

    settlement: Settlement
    row: Tuple  # of SETTLE
    story: Tuple | None
    receipt: Tuple | None = None
    known: Tuple | None = None  # of FORGET_LOOK_UP
    step: Tuple | None = None  # of STEP_CASE
    step_story: Tuple | None = None  # of TELL_STEP

    @property
    def is_simple(self) -> bool:
        """A delivery of a mail has arrived, and there is nothing else to tell."""
        return self.story is None and not self.settlement.case_id


def settled(settlement: Settlement, life: str, now: datetime) -> Settled:
    """Make a settlement ready.  IllegalTransition when a delivery that is SENDING knows no such event."""
    state = next_delivery_state(DeliveryState.SENDING, settlement.event)
    row = (
        settlement.delivery_id,
        str(state),
        settlement.attempts,
        clean(settlement.reply),
        None if settlement.next_at is None else micros(settlement.next_at),
        wake_of(state, settlement.next_at, 0),
        None if settlement.delivered_at is None else micros(settlement.delivered_at),
        life,
        settlement.sent or None,
    )
    story = None if settlement.story is None else story_row(settlement.story)
    if not settlement.case_id:
        return Settled(settlement, row, story)
    step, step_story = _step(settlement, now)
    known = None if settlement.event in _ASKED_AFTER else (settlement.delivery_id,)
    return Settled(settlement, row, story, _receipt(settlement, now), known, step, step_story)


def settle_together(transaction: ManyRows, settlements: Sequence[Settled]) -> None:
    """Settle many.  NotAllChanged when one is leased by somebody else, or its case has gone on: then they go one by one."""
    if transaction.change(SETTLE, [done.row for done in settlements]) != len(settlements):
        raise NotAllChanged
    transaction.insert(stories, [done.story for done in settlements if done.story is not None])
    of_cases = [done for done in settlements if done.settlement.case_id]
    if not of_cases:
        return
    transaction.insert(receipts, [done.receipt for done in of_cases if done.receipt is not None])
    transaction.change(FORGET_LOOK_UP, [done.known for done in of_cases if done.known is not None])
    steps = [done.step for done in of_cases if done.step is not None]
    if transaction.change(STEP_CASE, steps) != len(steps):
        raise NotAllChanged
    transaction.change(TELL_STEP, [done.step_story for done in of_cases if done.step_story is not None])


def wake_of(state: DeliveryState, next_at: datetime | None, otherwise: int) -> int | None:
    """The column wake_at of a delivery that nobody has leased (microseconds): see tables."""
    if state is DeliveryState.DELIVERED or state is DeliveryState.CANCELLED:
        return None
    if state is DeliveryState.QUEUED or state is DeliveryState.DEFERRED:
        return otherwise if next_at is None else micros(next_at)
    if next_at is not None and (state is DeliveryState.UNCERTAIN or state is DeliveryState.PENDING):
        return micros(next_at)  # to be asked after
    return NEVER


def _receipt(settlement: Settlement, now: datetime) -> Tuple | None:
    if not settlement.receipt:
        return None
    return reply_row(
        courier=settlement.courier,
        delivery_id=settlement.delivery_id,
        case_id=settlement.case_id,
        level=settlement.level,
        raw=settlement.receipt,
        now=now,
    )


def _step(settlement: Settlement, now: datetime) -> tuple[Tuple | None, Tuple | None]:
    """The step of the case from where it nearly always is."""
    event = settlement.case_event
    if event is None:
        return None, None
    before, after = _STEPS.get(event, _ONE_BY_ONE)
    detail: dict[str, str | int | float | bool | list[str]] = {
        "from": before,
        "to": after,
        "event": event.value,
        "delivery": settlement.delivery_id,
    }
    story = Story(at=now, event=Event.CASE_MOVED, case_id=settlement.case_id, detail=detail)
    at, kind, _, case_id, actor, said = story_row(story)
    return (settlement.case_id, before, after), (at, kind, case_id, actor, said)


# The steps that an attempt brings about; other ones change more than the state (steps.py).
_STEPS: dict[CaseEvent, tuple[str, str]] = {
    event: (CaseState.APPROVED.value, CASE_TRANSITIONS[CaseState.APPROVED][event].value)
    for event in (CaseEvent.HAND_OVER, CaseEvent.HANDOVER_FAILED)
}
_ONE_BY_ONE = ("", "")  # no case is there: the batch is refused
