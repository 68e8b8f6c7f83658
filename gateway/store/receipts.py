"""What office systems said about our deliveries: kept verbatim, once for each event, with what it does to delivery and case.

One transaction keeps the receipt, moves delivery and case, and writes the letters that it brings about.  The same event again
does nothing: the office system may tell it as often as it likes, today or in a month.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from msgspec.structs import replace
from sqlalchemy import ColumnElement, TextClause, and_, func, or_, select, update

from gateway.courier import Answer
from gateway.errors import NotAllowed, NotFound, VanthuError
from gateway.lifecycle import CaseEvent, CaseState
from gateway.model import Case
from gateway.store.batch import Rows
from gateway.store.casework import Write
from gateway.store.database import Database
from gateway.store.effects import apply, goes_on_as
from gateway.store.from_rows import case_of
from gateway.store.housekeeping import note_told
from gateway.store.office_tables import UNANSWERED, axis_documents, receipts
from gateway.store.reading import Reading
from gateway.store.receipt_rows import insert_origin, insert_receipt, origin_of, receipt_of
from gateway.store.receipt_values import Effect, Fit, Origin, Receipt, answer_of
from gateway.store.statuses import Owed, owe
from gateway.store.steps import registration, step_case
from gateway.store.tables import case_mails, cases
from gateway.store.transaction import Transaction
from gateway.store.values import Acceptance

_IN_THE_BOOK = (CaseState.REGISTERED, CaseState.DONE)


class _AlreadyKept(VanthuError):
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
            goes_on = {case.id: goes_on_as(transaction.connection, case) for case in opened}
            meant = fit if fit.case_id not in goes_on else replace(fit, case_id=goes_on[fit.case_id].id)
            if not insert_receipt(transaction, courier, answer, meant, now):
                raise _AlreadyKept(answer.event_id)
            for topic, address in told:
                note_told(transaction, topic, address, now=now)
            for origin in origins:
                insert_origin(transaction, courier, answer.event_id, origin)
            for status in (*owed, *[each for each in if_registered if goes_on[each.case_id].state in _IN_THE_BOOK]):
                real = goes_on[status.case_id].id if status.case_id in goes_on else status.case_id
                owe(transaction, replace(status, case_id=real), now=now)
            apply(transaction, answer, meant, effect, now)

        try:
            self._write(work, rows=self._make_rows(acceptances))
        except _AlreadyKept:
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
            apply(transaction, answer_of(receipt), fit, effect, now, by=by)

        self._write(work, rows=self._make_rows(acceptances))

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
        return tuple((row.courier, origin_of(row)) for row in self.rows(query))

    def _some(self, condition: ColumnElement[bool] | TextClause, *, order: Any, limit: int = 1000) -> tuple[Receipt, ...]:
        columns = [column for column in receipts.c if column.name != "raw"]
        query = select(*columns, func.length(receipts.c.raw).label("size")).where(condition)
        return tuple(map(receipt_of, self.rows(query.order_by(order, receipts.c.event_id).limit(limit))))
