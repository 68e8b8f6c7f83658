"""What office systems said about our deliveries: kept verbatim, once for each event, with what it does to delivery and case.

One transaction keeps the receipt, moves delivery and case, and writes the letters that it brings about.  The same event again
does nothing: the office system may tell it as often as it likes, today or in a month.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from hashlib import sha256
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import ColumnElement, Connection, TextClause, and_, func, or_, select, update

from gateway.courier import Answer, Level
from gateway.errors import IllegalTransition, NotAllowed, NotFound, VanthuError
from gateway.lifecycle import CaseEvent, CaseState, DeliveryEvent, DeliveryState, next_delivery_state
from gateway.model import Case, Event, Story, Value
from gateway.store.batch import Rows
from gateway.store.casework import Write
from gateway.store.database import Database
from gateway.store.housekeeping import note_told
from gateway.store.inserts import insert_new
from gateway.store.office_tables import UNANSWERED, axis_documents, case_marks, look_ups, receipts
from gateway.store.reading import Reading
from gateway.store.rows import AnyRow, case_of, delivery_of, story_row
from gateway.store.settling import wake_of
from gateway.store.statuses import Owed, owe
from gateway.store.steps import first, registration, step_case
from gateway.store.tables import case_mails, cases, deliveries, micros, moment, stories
from gateway.store.texts import clean, to_json
from gateway.store.transaction import Transaction
from gateway.store.values import Acceptance

_problems = msgspec.json.Decoder(tuple[str, ...])
_IN_THE_BOOK = (CaseState.REGISTERED, CaseState.DONE)
_CASE_ID = re.compile("[0-9A-HJKMNP-TV-Z]{26}")


class Receipt(Value):
    """One thing that an office system said; its bytes are read by themselves."""

    courier: str
    event_id: str
    delivery_id: str
    case_id: str  # both "": an orphan
    level: Level
    status: str
    at: datetime | None
    got_at: datetime
    register_number: str
    registered_on: date | None
    reason: str
    actor: str
    document_id: str
    organ_id: str
    number_symbol: str
    digest: str
    size: int
    acknowledged_at: datetime | None


class Fit(Value):
    """What of ours an answer is about; nothing when it fits nothing."""

    case_id: str = ""
    delivery_id: str = ""
    is_current: bool = True  # not about an earlier delivery of a case that was handed over again


class Effect(Value):
    """What an answer does."""

    delivery: DeliveryEvent | None = None
    case: CaseEvent | None = None
    alarm: bool = False  # a person must look


class Origin(Value):
    """Where a document of the axis came from, so that its issuer can be answered."""

    mail_id: str
    unit: str
    receiver: str  # our unit's code on the axis
    sender: str
    sender_name: str
    document_id: str
    number_symbol: str
    issued_on: date | None
    business: str
    reason: str
    problems: tuple[str, ...]


class AlreadyKept(VanthuError):
    """This event was kept before."""


class Receipts(Reading):
    """Receipts, and the documents of the axis."""

    def __init__(self, database: Database, write: Write, rows: Callable[[Sequence[Acceptance]], Rows]) -> None:
        super().__init__(database)
        self._write = write
        self._make_rows = rows

    # --- in -----------------------------------------------------------------------------------------------------------

    def keep(
        self,
        courier: str,
        answer: Answer,
        fit: Fit,
        effect: Effect,
        *,
        acceptances: Sequence[Acceptance] = (),
        told: Sequence[tuple[str, str]] = (),
        origins: Sequence[Origin] = (),
        owed: Sequence[Owed] = (),
        if_registered: Sequence[Owed] = (),
        now: datetime,
    ) -> bool:
        """Make an answer durable with all that it does; false when it was kept before, and then nothing is done.

        Where a case of the acceptances joined another one, that one is meant.  ``if_registered``: owed where it is in the book.
        ``told``: topics and addresses of the letters among the acceptances, so that nobody is told twice.
        """

        def work(transaction: Transaction) -> None:
            opened = [opening.case for acceptance in acceptances for opening in acceptance.openings]
            goes_on = {case.id: _goes_on_as(transaction.connection, case) for case in opened}
            meant = fit if fit.case_id not in goes_on else replace(fit, case_id=goes_on[fit.case_id].id)
            _keep(transaction, courier, answer, meant, now)
            for topic, address in told:
                note_told(transaction, topic, address, now=now)
            for origin in origins:
                _keep_origin(transaction, courier, answer.event_id, origin)
            for status in (*owed, *[each for each in if_registered if goes_on[each.case_id].state in _IN_THE_BOOK]):
                real = goes_on[status.case_id].id if status.case_id in goes_on else status.case_id
                owe(transaction, replace(status, case_id=real), now=now)
            _apply(transaction, answer, meant, effect, now)

        try:
            self._write(work, rows=self._make_rows(acceptances))
        except AlreadyKept:
            return False
        return True

    def acknowledged(self, courier: str, event_id: str, now: datetime) -> None:
        """The office system need not tell it again."""
        this = and_(receipts.c.courier == courier, receipts.c.event_id == event_id)
        statement = update(receipts).where(this).values(acknowledged_at=now)
        self._write(lambda transaction: transaction.connection.execute(statement) and None)

    def answer(
        self,
        case_id: str,
        event: CaseEvent,
        owed: Sequence[Owed],
        *,
        by: str,
        reason: str,
        number: str,
        on: date | None,
        now: datetime,
    ) -> Case:
        """The clerk takes a document of the axis in, or refuses it; its issuer is told.  NotFound, IllegalTransition."""

        def work(transaction: Transaction) -> Case:
            this = cases.c.id == case_id
            row = transaction.connection.execute(select(cases).where(this).with_for_update()).first()
            if row is None:
                raise NotFound(f"no case {case_id}")
            columns = registration(number, on) if event is CaseEvent.RECEIVE else {}
            step_case(transaction, case_of(row), event, by=by, detail={"reason": reason}, now=now, **columns)
            for status in owed:
                owe(transaction, status, now=now)
            return case_of(transaction.connection.execute(select(cases).where(this)).one())

        return self._write(work)

    def attach(
        self,
        receipt: Receipt,
        fit: Fit,
        effect: Effect,
        *,
        by: str,
        acceptances: Sequence[Acceptance] = (),
        told: Sequence[tuple[str, str]] = (),
        owed: Sequence[Owed] = (),
        now: datetime,
    ) -> None:
        """A person says what an orphan is about: it does what it would have done.  NotAllowed when it is none (any more)."""

        def work(transaction: Transaction) -> None:
            c = receipts.c
            this = and_(c.courier == receipt.courier, c.event_id == receipt.event_id, UNANSWERED)
            statement = update(receipts).where(this).values(case_id=fit.case_id, delivery_id=fit.delivery_id)
            if transaction.connection.execute(statement).rowcount != 1:
                raise NotAllowed("Trả lời này vừa được gắn vào một hồ sơ; xin tải lại trang.")
            for topic, address in told:
                note_told(transaction, topic, address, now=now)
            for status in owed:
                owe(transaction, status, now=now)
            _apply(transaction, answer_of(receipt), fit, effect, now, by=by)

        self._write(work, rows=self._make_rows(acceptances))

    # --- what it is about ---------------------------------------------------------------------------------------------

    def fit_delivery(self, courier: str, delivery_id: str) -> Fit | None:
        """By our own identity, which was on the wire."""
        c = deliveries.c
        rows = self.rows(select(c.id, c.case_id).where(c.id == delivery_id, c.courier == courier, c.case_id != ""))
        if not rows:
            return None
        newest = self._newest(courier, rows[0].case_id)
        return Fit(case_id=rows[0].case_id, delivery_id=delivery_id, is_current=newest == delivery_id)

    def fit_case(self, courier: str, case_id: str) -> Fit | None:
        """By the case, which stands in the document id where the document has no number."""
        if not _CASE_ID.fullmatch(case_id):
            return None
        newest = self._newest(courier, case_id)
        return Fit(case_id=case_id, delivery_id=newest) if newest else None

    def fit_number(self, courier: str, mark: str) -> Fit | None:
        """By agency, year, number and symbol: the newest case of that office system that was handed over."""
        query = (
            select(cases.c.id)
            .join(case_marks, case_marks.c.case_id == cases.c.id)
            .where(case_marks.c.kind == "number", case_marks.c.value == clean(mark), cases.c.office == courier)
            .order_by(cases.c.opened_at.desc(), cases.c.id.desc())
        )
        for row in self.rows(query.limit(20)):
            if newest := self._newest(courier, row.id):
                return Fit(case_id=row.id, delivery_id=newest)
        return None

    def fit_origin(self, courier: str, sender: str, document_id: str) -> Fit | None:
        """By the document of the axis that we got: its issuer says something about it."""
        c = axis_documents.c
        query = (
            select(case_mails.c.case_id)
            .join(axis_documents, c.mail_id == case_mails.c.mail_id)
            .where(c.courier == courier, c.document_id == clean(document_id), c.sender == clean(sender))
            .order_by(case_mails.c.case_id.desc())
        )
        rows = self.rows(query.limit(1))
        return Fit(case_id=rows[0].case_id) if rows else None

    def _newest(self, courier: str, case_id: str) -> str:
        """The last delivery of a case by a courier; "" when there is none."""
        query = select(deliveries.c.id).where(deliveries.c.case_id == case_id, deliveries.c.courier == courier)
        ids = [row.id for row in self.rows(query)]
        return max(ids, key=lambda each: int(each.rpartition("-")[2]), default="")

    # --- lists --------------------------------------------------------------------------------------------------------

    def of_case(self, case_id: str) -> tuple[Receipt, ...]:
        """What was said about a case, in the order in which it came."""
        return self._some(receipts.c.case_id == case_id, order=receipts.c.got_at.asc())

    def orphans(self, limit: int = 100) -> tuple[Receipt, ...]:
        """What fits nothing of ours, newest first."""
        return self._some(UNANSWERED, order=receipts.c.got_at.desc(), limit=limit)

    def orphan(self, courier: str, event_id: str) -> Receipt:
        """One of them; NotFound when there is no such one (any more)."""
        this = and_(receipts.c.courier == courier, receipts.c.event_id == event_id, UNANSWERED)
        for found in self._some(this, order=receipts.c.got_at):
            return found
        raise NotFound(f"no orphan {event_id} of {courier}")

    def is_kept(self, courier: str, event_id: str) -> bool:
        """Whether this was said before."""
        this = and_(receipts.c.courier == courier, receipts.c.event_id == event_id)
        return bool(self.rows(select(receipts.c.event_id).where(this)))

    def raw(self, courier: str, event_id: str) -> bytes:
        """The bytes of a receipt; NotFound."""
        query = select(receipts.c.raw).where(receipts.c.courier == courier, receipts.c.event_id == event_id)
        rows = self.rows(query)
        if not rows:
            raise NotFound(f"no receipt {event_id} of {courier}")
        return bytes(rows[0].raw)

    def about(self, courier: str, event_id: str) -> tuple[Case, ...]:
        """All cases that a receipt is about: those of each unit of ours that a document of the axis was for, too."""
        its = and_(receipts.c.courier == courier, receipts.c.event_id == event_id)
        d = axis_documents.c
        brought = select(d.mail_id).where(d.courier == courier, d.event_id.startswith(f"{event_id}:", autoescape=True))
        joined = select(case_mails.c.case_id).where(case_mails.c.mail_id.in_(brought))
        said_of = select(receipts.c.case_id).where(its)
        return tuple(map(case_of, self.rows(select(cases).where(or_(cases.c.id.in_(said_of), cases.c.id.in_(joined))))))

    def origins(self, case_id: str) -> tuple[tuple[str, Origin], ...]:
        """The documents of the axis that brought a case, each with its courier, oldest first."""
        c = axis_documents.c
        query = (
            select(axis_documents)
            .join(case_mails, case_mails.c.mail_id == c.mail_id)
            .where(case_mails.c.case_id == case_id)
            .order_by(c.mail_id)
        )
        return tuple((row.courier, _origin_of(row)) for row in self.rows(query))

    def _some(self, condition: ColumnElement[bool] | TextClause, *, order: Any, limit: int = 1000) -> tuple[Receipt, ...]:
        columns = [column for column in receipts.c if column.name != "raw"]
        query = select(*columns, func.length(receipts.c.raw).label("size")).where(condition)
        return tuple(map(_receipt_of, self.rows(query.order_by(order, receipts.c.event_id).limit(limit))))


# --- Inside the transaction -------------------------------------------------------------------------------------------


def _goes_on_as(connection: Connection, opened: Case) -> Case:
    """A case that was to be opened, or the one that its mail joined."""
    of_mail = and_(case_mails.c.mail_id == opened.mail_id, cases.c.unit == opened.unit)
    query = select(cases).join(case_mails, case_mails.c.case_id == cases.c.id).where(of_mail)
    found = [case_of(row) for row in connection.execute(query.where(cases.c.direction == opened.direction.value))]
    return next((case for case in found if case.id == opened.id), found[0] if found else opened)


def _keep(transaction: Transaction, courier: str, answer: Answer, fit: Fit, now: datetime) -> None:
    if not _insert(transaction, courier, answer, fit, now):
        raise AlreadyKept(answer.event_id)


def _insert(transaction: Transaction, courier: str, answer: Answer, fit: Fit, now: datetime) -> bool:
    values = {
        "courier": courier,
        "event_id": clean(answer.event_id),
        "delivery_id": fit.delivery_id,
        "case_id": fit.case_id,
        "level": answer.level.value,
        "status": clean(answer.status),
        "at": answer.at,
        "got_at": now,
        "register_number": clean(answer.register_number),
        "registered_on": _day(answer.registered_on),
        "reason": clean(answer.reason),
        "actor": clean(answer.actor),
        "document_id": clean(answer.document_id),
        "organ_id": clean(answer.organ_id),
        "number_symbol": clean(answer.number_symbol),
        "sha256": sha256(answer.raw).hexdigest() if answer.raw else answer.digest,
        "acknowledged_at": None,
        "raw": answer.raw,
    }
    return insert_new(transaction.connection, receipts, values, unless=("courier", "event_id"))


def _keep_origin(transaction: Transaction, courier: str, event_id: str, origin: Origin) -> None:
    values = {
        "courier": courier,
        "event_id": f"{clean(event_id)}:{origin.unit}",
        "mail_id": origin.mail_id,
        "unit": origin.unit,
        "receiver": clean(origin.receiver),
        "sender": clean(origin.sender),
        "sender_name": clean(origin.sender_name),
        "document_id": clean(origin.document_id),
        "number_symbol": clean(origin.number_symbol),
        "issued_on": _day(origin.issued_on),
        "business": clean(origin.business),
        "reason": clean(origin.reason),
        "problems": to_json(origin.problems),
    }
    insert_new(transaction.connection, axis_documents, values, unless=("courier", "event_id"))


def _apply(transaction: Transaction, answer: Answer, fit: Fit, effect: Effect, now: datetime, *, by: str = "") -> None:
    if fit.delivery_id and effect.delivery is not None:
        step_delivery(transaction, fit.delivery_id, effect.delivery, reply=_said(answer), now=now)
    if not fit.case_id:
        return
    detail: dict[str, str | int | float | bool | list[str]] = {
        "level": answer.level.value,
        "status": answer.status,
        "register_number": answer.register_number,
        "registered_on": _day(answer.registered_on),
        "reason": answer.reason,
        "by": answer.actor,
        "delivery": fit.delivery_id,
    }
    story = Story(at=now, event=Event.ANSWERED, case_id=fit.case_id, actor=by, detail={k: v for k, v in detail.items() if v})
    transaction.insert(stories, [story_row(story)])
    case_row = transaction.connection.execute(select(cases).where(cases.c.id == fit.case_id).with_for_update()).first()
    if case_row is None:
        return  # it joined another case: its story is there
    if effect.alarm:
        transaction.connection.execute(update(cases).where(cases.c.id == fit.case_id).values(alarm=True))
    if effect.case is None or not fit.is_current:
        return
    columns: dict[str, object] = {}
    if answer.level is Level.REGISTERED:
        columns = registration(answer.register_number, answer.registered_on)
    case = case_of(case_row)
    if effect.case is CaseEvent.FINISH and case.state is CaseState.DONE:
        return
    step = {"delivery": fit.delivery_id, "reason": answer.reason}
    try:
        step_case(transaction, case, effect.case, by="", detail={k: v for k, v in step.items() if v}, now=now, **columns)
    except IllegalTransition:
        # What it says came too late or too early for the case; the receipt and the story have it all the same.
        if columns:
            columns["registered_at"] = first(cases.c.registered_at, now)
            transaction.connection.execute(update(cases).where(cases.c.id == case.id).values(columns))


def step_delivery(transaction: Transaction, delivery_id: str, event: DeliveryEvent, *, reply: str, now: datetime) -> bool:
    """A delivery takes a step because of what the other side said; false when its table of states knows no such step."""
    connection = transaction.connection
    row = connection.execute(select(deliveries).where(deliveries.c.id == delivery_id).with_for_update()).first()
    if row is None:
        return False
    before = delivery_of(row)
    try:
        state = next_delivery_state(before.state, event)
    except IllegalTransition:
        return False
    wake_at = wake_of(state, None, micros(now))
    values = {"state": state.value, "reply": clean(reply), "next_at": None, "wake_at": moment(wake_at) if wake_at else None}
    if state is DeliveryState.DELIVERED:
        values["delivered_at"] = now
    connection.execute(update(deliveries).where(deliveries.c.id == delivery_id).values(values))
    connection.execute(look_ups.delete().where(look_ups.c.delivery_id == delivery_id))
    return True


def answer_of(receipt: Receipt) -> Answer:
    """What an office system said, from the row of its receipt; without the bytes."""
    return Answer(
        event_id=receipt.event_id,
        level=receipt.level,
        at=receipt.at,
        status=receipt.status,
        document_id=receipt.document_id,
        organ_id=receipt.organ_id,
        number_symbol=receipt.number_symbol,
        register_number=receipt.register_number,
        registered_on=receipt.registered_on,
        reason=receipt.reason,
        actor=receipt.actor,
        digest=receipt.digest,
    )


def _said(answer: Answer) -> str:
    number = f"số {answer.register_number}" if answer.register_number else ""
    return "; ".join(part for part in (f"trạng thái {answer.status}" if answer.status else "", number, answer.reason) if part)


def _day(on: date | None) -> str:
    return on.isoformat() if on is not None else ""


def _read_day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _receipt_of(row: AnyRow) -> Receipt:
    return Receipt(
        courier=row.courier,
        event_id=row.event_id,
        delivery_id=row.delivery_id,
        case_id=row.case_id,
        level=Level(row.level),
        status=row.status,
        at=row.at,
        got_at=row.got_at,
        register_number=row.register_number,
        registered_on=_read_day(row.registered_on),
        reason=row.reason,
        actor=row.actor,
        document_id=row.document_id,
        organ_id=row.organ_id,
        number_symbol=row.number_symbol,
        digest=row.sha256,
        size=row.size,
        acknowledged_at=row.acknowledged_at,
    )


def _origin_of(row: AnyRow) -> Origin:
    return Origin(
        mail_id=row.mail_id,
        unit=row.unit,
        receiver=row.receiver,
        sender=row.sender,
        sender_name=row.sender_name,
        document_id=row.document_id,
        number_symbol=row.number_symbol,
        issued_on=_read_day(row.issued_on),
        business=row.business,
        reason=row.reason,
        problems=_problems.decode(row.problems),
    )
