"""What happens to cases and deliveries inside the writer's transaction: opened, joined, moved, settled.

Rows are locked before they are read (PostgreSQL; on SQLite the transaction has the database for itself), the step is
looked up in gateway.lifecycle, and every transition leaves a story row.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, func, select, update

from gateway.courier import RELAY
from gateway.errors import CaseChanged, IllegalTransition, NotAllowed, NotFound
from gateway.lifecycle import CaseEvent, CaseState, DeliveryEvent, next_delivery_state
from gateway.model import Case, Delivery, Event, Story
from gateway.store.batch import Lease, Rows, insert_together
from gateway.store.from_rows import case_of, delivery_of
from gateway.store.inserts import insert_new
from gateway.store.office_tables import look_ups, receipts
from gateway.store.rows import case_columns, story_row
from gateway.store.sameness import GOES_ON, add_marks, goes_on_as, note
from gateway.store.search import put_case
from gateway.store.settling import Settled, wake_of
from gateway.store.statements import FORGET_LOOK_UP, SETTLE
from gateway.store.steps import step_case
from gateway.store.tables import JOINABLE, OF_MAIL, case_mails, cases, deliveries, mails, micros, moment, stories
from gateway.store.texts import clean
from gateway.store.transaction import Transaction
from gateway.store.values import Appeal, Opening

logger = logging.getLogger(__name__)

# How the story calls a step of a delivery that a person or a late receipt took.
_TOLD_AS = {
    DeliveryEvent.DELIVERED: Event.DELIVERED,
    DeliveryEvent.UNSURE: Event.UNCERTAIN,
    DeliveryEvent.REFUSE: Event.FAILED,
    DeliveryEvent.GIVE_UP: Event.FAILED,
    DeliveryEvent.CANCEL: Event.FAILED,
}


def open_case(transaction: Transaction, opening: Opening, lease: Lease) -> None:
    """Open the case, or let its mail join the open case of the same unit, direction and key."""
    case, connection = opening.case, transaction.connection
    while True:
        if insert_new(connection, cases, case_columns(case), unless=("unit", "direction", "key"), where=JOINABLE):
            insert_new(connection, case_mails, {"case_id": case.id, "mail_id": case.mail_id})
            put_case(connection, case)
            _tell(transaction, Event.CASE_OPENED, case, at=case.opened_at)
            note(transaction, case, opening.marks)
            if opening.hand_over is not None:
                rows = Rows(lease)
                rows.add_deliveries((opening.hand_over,), at=case.opened_at)
                insert_together(transaction, (rows,))
            return
        if _join(transaction, opening):
            return
        # Somebody closed it between the two statements: then this one opens a new case.


def _join(transaction: Transaction, opening: Opening) -> bool:
    """Join the open case with the same key, or what a person said that it is the same as."""
    connection, case = transaction.connection, opening.case
    same = select(cases.c.id, cases.c.state).where(
        cases.c.unit == case.unit, cases.c.direction == case.direction.value, cases.c.key == clean(case.key), JOINABLE
    )
    found = connection.execute(same.with_for_update()).first()
    if found is None:
        return False
    row = goes_on_as(connection, found.id, locked=True)
    if row.id != found.id and CaseState(row.state) not in GOES_ON:
        # What it was merged into is closed: the same bytes are a new case again.
        connection.execute(update(cases).where(cases.c.id == found.id).values(key=""))
        return False
    if insert_new(connection, case_mails, {"case_id": row.id, "mail_id": case.mail_id}, unless=("case_id", "mail_id")):
        _tell(transaction, Event.CASE_JOINED, case, at=case.opened_at, case_id=row.id)
        add_marks(connection, row.id, opening.marks)
    if case.alarm and not row.alarm:
        connection.execute(update(cases).where(cases.c.id == row.id).values(alarm=True))
    return True


def move_case(
    transaction: Transaction,
    case_id: str,
    event: CaseEvent,
    *,
    by: str,
    detail: Mapping[str, str],
    expected_mails: int | None = None,
    now: datetime,
) -> Case:
    """One step of a case.  NotFound, IllegalTransition; CaseChanged when it does not have ``expected_mails``."""
    connection = transaction.connection
    row = connection.execute(select(cases).where(cases.c.id == case_id).with_for_update()).first()
    if row is None:
        raise NotFound(f"no case {case_id}")
    before = case_of(row)
    # Whoever joins needs the lock that we have by now.
    brought = select(func.count()).where(case_mails.c.case_id == case_id)
    if expected_mails is not None and connection.execute(brought).scalar_one() != expected_mails:
        raise CaseChanged(f"case {case_id} got another mail")
    step_case(transaction, before, event, by=by, detail=detail, now=now)
    return case_of(connection.execute(select(cases).where(cases.c.id == case_id)).one())


def lay_appeal(transaction: Transaction, appeal: Appeal, lease: Lease) -> None:
    """Somebody's words reach the clerk.  NotFound without the mail; CaseChanged when it is not as it was when he was heard."""
    connection = transaction.connection
    if connection.execute(select(mails.c.id).where(mails.c.id == appeal.mail_id).with_for_update()).first() is None:
        raise NotFound(f"no mail {appeal.mail_id}")
    heard = select(func.count()).where(OF_MAIL, stories.c.mail_id == appeal.mail_id, stories.c.event == Event.APPEALED.value)
    if connection.execute(heard).scalar_one() != appeal.expected:
        raise CaseChanged(f"mail {appeal.mail_id} got another appeal")
    if appeal.opening is not None:
        open_case(transaction, appeal.opening, lease)
    for story in appeal.stories:
        waits = (cases.c.id == story.case_id) & (cases.c.state == CaseState.WAITING.value)
        if connection.execute(update(cases).where(waits).values(alarm=True)).rowcount != 1:
            raise CaseChanged(f"case {story.case_id} waits no more")
        if appeal.answer is not None:
            connection.execute(case_mails.insert().values(case_id=story.case_id, mail_id=appeal.answer.mail.id))
    transaction.insert(stories, [story_row(story) for story in appeal.stories])


def move_delivery(transaction: Transaction, delivery_id: str, event: DeliveryEvent, *, by: str, now: datetime) -> Delivery:
    """One step of a delivery by a person or a late receipt.  NotFound, IllegalTransition; NotAllowed without its bytes."""
    connection = transaction.connection
    this = deliveries.c.id == delivery_id
    row = connection.execute(select(deliveries).where(this).with_for_update()).first()
    if row is None:
        raise NotFound(f"no delivery {delivery_id}")
    before = delivery_of(row)
    state = next_delivery_state(before.state, event)
    wake_at = wake_of(state, None, micros(now))
    values: dict[str, object] = {"state": state.value, "next_at": None, "wake_at": moment(wake_at) if wake_at else None}
    if event is DeliveryEvent.RETRY_NOW:
        if not connection.execute(select(mails.c.kept).where(mails.c.id == before.mail_id)).scalar_one():
            raise NotAllowed("Nội dung thư này không còn được lưu nên không chuyển lại được; xin người gửi gửi lại.")
        values["attempts"] = 0  # the whole schedule once more
    connection.execute(update(deliveries).where(this).values(values))
    connection.execute(delete(look_ups).where(look_ups.c.delivery_id == delivery_id))  # a person has looked
    story = Story(
        at=now,
        event=_TOLD_AS.get(event, Event.DEFERRED),
        mail_id=before.mail_id,
        case_id=before.case_id,
        actor=by,
        detail={"delivery": delivery_id, "from": before.state.value, "to": state.value, "event": event.value},
    )
    transaction.insert(stories, [story_row(story)])
    return delivery_of(connection.execute(select(deliveries).where(this)).one())


def decide_delivery(
    transaction: Transaction,
    delivery_id: str,
    event: DeliveryEvent,
    case_event: CaseEvent,
    *,
    by: str,
    reason: str,
    now: datetime,
) -> Delivery:
    """A person says what became of a delivery; its case follows when this is the newest one to an office system.

    NotFound, IllegalTransition and NotAllowed as move_delivery.
    """
    moved = move_delivery(transaction, delivery_id, event, by=by, now=now)
    if not moved.case_id or moved.courier == RELAY:
        return moved
    c = deliveries.c
    ids = transaction.connection.execute(select(c.id).where(c.case_id == moved.case_id, c.courier != RELAY)).scalars()
    if moved.id == max(ids, key=lambda each: int(each.rpartition("-")[2])):
        with contextlib.suppress(IllegalTransition):  # a receipt or the clerk was quicker: the delivery is what the person said
            detail = {"delivery": delivery_id, "reason": reason}
            move_case(transaction, moved.case_id, case_event, by=by, detail=detail, now=now)
    return moved


def settle_one(transaction: Transaction, done: Settled, *, now: datetime) -> None:
    """Settle a delivery with its story and its case, if this life still has the lease."""
    settlement = done.settlement
    if not transaction.change(SETTLE, [done.row]):
        logger.warning("delivery %s: no longer ours, %s is left out", settlement.delivery_id, settlement.event)
        return
    if done.story is not None:
        transaction.insert(stories, [done.story])
    if done.receipt is not None:
        transaction.insert(receipts, [done.receipt])
    if done.known is not None:
        transaction.change(FORGET_LOOK_UP, [done.known])
    if settlement.case_event is None:
        return
    detail = {"delivery": settlement.delivery_id}
    try:
        move_case(transaction, settlement.case_id, settlement.case_event, by="", detail=detail, now=now)
    except (IllegalTransition, NotFound) as error:
        # A person was quicker (withdrew it, for example).  What the other side has stays true all the same.
        logger.warning("delivery %s: its case stays: %s", settlement.delivery_id, error)


def _tell(transaction: Transaction, event: Event, case: Case, *, at: datetime, case_id: str = "") -> None:
    facts = {"unit": case.unit, "office": case.office, "direction": case.direction.value, "action": case.action.value}
    detail: dict[str, str | int | float | bool | list[str]] = {**facts, "rule": case.rule}
    story = Story(at=at, event=event, mail_id=case.mail_id, case_id=case_id or case.id, detail=detail)
    transaction.insert(stories, [story_row(story)])
