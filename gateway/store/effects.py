"""What an answer of an office system does to delivery and case, inside the transaction that keeps it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, and_, select, update

from gateway.courier import Answer, Level
from gateway.errors import IllegalTransition
from gateway.lifecycle import CaseEvent, CaseState, DeliveryEvent, DeliveryState, next_delivery_state
from gateway.model import Case, Event, Story
from gateway.store.from_rows import case_of, delivery_of
from gateway.store.office_tables import look_ups
from gateway.store.receipt_rows import day_text
from gateway.store.receipt_values import Effect, Fit
from gateway.store.rows import story_row
from gateway.store.settling import wake_of
from gateway.store.steps import first, registration, step_case
from gateway.store.tables import case_mails, cases, deliveries, micros, moment, stories
from gateway.store.texts import clean
from gateway.store.transaction import Transaction


def apply(transaction: Transaction, answer: Answer, fit: Fit, effect: Effect, now: datetime, *, by: str = "") -> None:
    """Move what the answer is about, and tell its story; ``by`` is the person who said what it is about."""
    if fit.delivery_id and effect.delivery is not None:
        _step_delivery(transaction, fit.delivery_id, effect.delivery, reply=_said(answer), now=now)
    if not fit.case_id:
        return
    transaction.insert(stories, [story_row(_story_of(answer, fit, now, by))])
    case_row = transaction.connection.execute(select(cases).where(cases.c.id == fit.case_id).with_for_update()).first()
    if case_row is None:
        return  # it joined another case: its story is there
    if effect.alarm:
        transaction.connection.execute(update(cases).where(cases.c.id == fit.case_id).values(alarm=True))
    if effect.case is not None and fit.is_current:
        _step_case(transaction, case_of(case_row), effect.case, answer, fit, now)


def _story_of(answer: Answer, fit: Fit, now: datetime, by: str) -> Story:
    detail: dict[str, str | int | float | bool | list[str]] = {
        "level": answer.level.value,
        "status": answer.status,
        "register_number": answer.register_number,
        "registered_on": day_text(answer.registered_on),
        "reason": answer.reason,
        "by": answer.actor,
        "delivery": fit.delivery_id,
    }
    return Story(at=now, event=Event.ANSWERED, case_id=fit.case_id, actor=by, detail={k: v for k, v in detail.items() if v})


def _step_case(transaction: Transaction, case: Case, event: CaseEvent, answer: Answer, fit: Fit, now: datetime) -> None:
    if event is CaseEvent.FINISH and case.state is CaseState.DONE:
        return
    columns: dict[str, object] = {}
    if answer.level is Level.REGISTERED:
        columns = registration(answer.register_number, answer.registered_on)
    step = {"delivery": fit.delivery_id, "reason": answer.reason}
    try:
        step_case(transaction, case, event, by="", detail={k: v for k, v in step.items() if v}, now=now, **columns)
    except IllegalTransition:
        # What it says came too late or too early for the case; the receipt and the story have it all the same.
        if columns:
            columns["registered_at"] = first(cases.c.registered_at, now)
            transaction.connection.execute(update(cases).where(cases.c.id == case.id).values(columns))


def _step_delivery(transaction: Transaction, delivery_id: str, event: DeliveryEvent, *, reply: str, now: datetime) -> None:
    """A delivery takes a step because of what the other side said; nothing happens where its table knows no such step."""
    connection = transaction.connection
    row = connection.execute(select(deliveries).where(deliveries.c.id == delivery_id).with_for_update()).first()
    if row is None:
        return
    before = delivery_of(row)
    try:
        state = next_delivery_state(before.state, event)
    except IllegalTransition:
        return
    wake_at = wake_of(state, None, micros(now))
    values = {"state": state.value, "reply": clean(reply), "next_at": None, "wake_at": moment(wake_at) if wake_at else None}
    if state is DeliveryState.DELIVERED:
        values["delivered_at"] = now
    connection.execute(update(deliveries).where(deliveries.c.id == delivery_id).values(values))
    connection.execute(look_ups.delete().where(look_ups.c.delivery_id == delivery_id))


def _said(answer: Answer) -> str:
    number = f"số {answer.register_number}" if answer.register_number else ""
    return "; ".join(part for part in (f"trạng thái {answer.status}" if answer.status else "", number, answer.reason) if part)


def goes_on_as(connection: Connection, opened: Case) -> Case:
    """A case that was to be opened, or the one that its mail joined."""
    of_mail = and_(case_mails.c.mail_id == opened.mail_id, cases.c.unit == opened.unit)
    query = select(cases).join(case_mails, case_mails.c.case_id == cases.c.id).where(of_mail)
    found = [case_of(row) for row in connection.execute(query.where(cases.c.direction == opened.direction.value))]
    return next((case for case in found if case.id == opened.id), found[0] if found else opened)
