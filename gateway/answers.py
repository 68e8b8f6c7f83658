"""What comes back from office systems: matched to the case, made durable with all that it brings about, then acknowledged.

Four levels are never mixed: taken on the way, stored there, registered with a number, rejected with a reason.  Whoever sent the
document, and whoever was to get it, is told once for each case; never somebody who only claims to be the sender.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Protocol

from gateway import maillog
from gateway.axis_statuses import answered_by, registered
from gateway.courier import Answer, Level
from gateway.courtesy import queued
from gateway.directory.snapshot import Directory
from gateway.errors import NotAllowed, NotFound
from gateway.lifecycle import CaseEvent, DeliveryEvent
from gateway.model import Account, Action, Arrival, Case, Direction, Event, Identity, Mail, Recipient, Story
from gateway.notices import Notices, may_be_told
from gateway.policy.facts import local_day
from gateway.policy.sameness import number_mark
from gateway.roles import Verb, allows
from gateway.store import Acceptance, MailRow, Store
from gateway.store.receipt_values import Effect, Fit, answer_of
from gateway.store.statuses import Owed

logger = logging.getLogger(__name__)

ONCE = timedelta(days=36500)  # for each case and person

# What an answer does, by its level, or by its status (QCVN 102: 04 assigned, 05 in work, 06 done, 13 asks for it back;
# 15 agrees to an update or recall of ours: nothing is to be done; 16 does not: somebody must talk to them).
_EFFECTS: Mapping[str, Effect] = {
    Level.TRANSPORT: Effect(delivery=DeliveryEvent.TAKEN),
    Level.STORED: Effect(delivery=DeliveryEvent.DELIVERED, case=CaseEvent.HAND_OVER),
    Level.REGISTERED: Effect(delivery=DeliveryEvent.DELIVERED, case=CaseEvent.REGISTER),
    Level.REJECTED: Effect(delivery=DeliveryEvent.REFUSE, case=CaseEvent.REJECT, alarm=True),
    "04": Effect(delivery=DeliveryEvent.DELIVERED, case=CaseEvent.HAND_OVER),
    "05": Effect(delivery=DeliveryEvent.DELIVERED, case=CaseEvent.HAND_OVER),
    "06": Effect(delivery=DeliveryEvent.DELIVERED, case=CaseEvent.FINISH),
    "13": Effect(alarm=True),
    "16": Effect(alarm=True),
}


class IncomingDoor(Protocol):
    """What takes in a document of the axis."""

    async def take(self, courier: str, answer: Answer) -> bool:
        """Make it durable; false when it was there before."""
        ...


class Answers:
    """Takes answers."""

    def __init__(
        self,
        *,
        store: Store,
        directory: Callable[[], Directory],
        notices: Notices,
        clock: Callable[[], datetime],
        poke: Callable[[], None],
        door: IncomingDoor | None = None,
    ) -> None:
        self._store = store
        self._directory = directory
        self._notices = notices
        self._clock = clock
        self._poke = poke
        self._door = door

    async def take(self, courier: str, answer: Answer) -> bool:
        """Make an answer durable; false when it was kept before.  StoreUnavailable: it must be given again."""
        if answer.level is Level.DOCUMENT and answer.incoming is not None and self._door is not None:
            return await self._door.take(courier, answer)
        return await asyncio.to_thread(self.keep, courier, answer)

    def keep(self, courier: str, answer: Answer) -> bool:
        """The same for everything but documents, and for threads."""
        now = self._clock()
        fit = self.fit(courier, answer)
        effect = effect_of(answer)
        letters = list(self._letters(fit, answer, now)) if fit.case_id and fit.is_current else []
        is_new = self._store.receipts.keep(
            courier,
            answer,
            fit,
            effect,
            acceptances=[letter for _, _, letter in letters],
            told=[(topic, address) for topic, address, _ in letters],
            owed=list(self._owed(fit, answer, now)),
            now=now,
        )
        if is_new:
            what = answer.status or answer.level.value
            maillog.answered(fit.case_id or "-", courier=courier, what=what, number=answer.register_number)
            if not fit.case_id:
                logger.warning("%s: an answer that fits nothing of ours is kept: %s", courier, answer.event_id)
            if letters:
                self._poke()
        return is_new

    def attach(self, courier: str, event_id: str, case_id: str, by: Account) -> Case:
        """An officer says which case an answer is about that fitted none; then it does what it would have done.

        Only a case that was handed over to that office system.  NotFound, NotAllowed.
        """
        if not allows(by, Verb.RUN):
            raise NotAllowed("Chỉ cán bộ quản trị được gắn trả lời vào hồ sơ.")
        receipt, now = self._store.receipts.orphan(courier, event_id), self._clock()
        if receipt.level is Level.DOCUMENT:
            raise NotAllowed("Đây là một văn bản đến, không phải trả lời về văn bản đã bàn giao.")
        fit = self._store.fits.by_case(courier, case_id)
        if fit is None:
            raise NotAllowed("Hồ sơ này chưa từng được bàn giao cho hệ thống đã trả lời; xin kiểm tra lại mã hồ sơ.")
        answer = answer_of(receipt)
        letters = list(self._letters(fit, answer, now))
        self._store.receipts.attach(
            receipt,
            fit,
            effect_of(answer),
            by=by.name,
            acceptances=[letter for _, _, letter in letters],
            told=[(topic, address) for topic, address, _ in letters],
            owed=list(self._owed(fit, answer, now)),
            now=now,
        )
        if letters:
            self._poke()
        return self._store.views.case(case_id)

    def fit(self, courier: str, answer: Answer) -> Fit:
        """What of ours an answer is about, by what it says, the surest first; an empty Fit when it is about nothing."""
        fits = self._store.fits
        if answer.delivery_id and (found := fits.by_delivery(courier, answer.delivery_id)) is not None:
            return found
        organ, on, number = _triple(answer)
        for each in dict.fromkeys((number, answer.document_id.rpartition(",")[2].strip())):
            if each and (found := fits.by_case(courier, each)) is not None:
                return found
        if found := self._by_number(courier, organ, on, number):
            return found
        if answer.document_id and (found := fits.by_origin(courier, answer.organ_id, answer.document_id)) is not None:
            return found
        return Fit()

    def _by_number(self, courier: str, organ: str, on: date | None, number: str) -> Fit | None:
        if not (number and on is not None):
            return None
        for unit in units_on_axis(self._directory(), organ):
            if mark := number_mark(unit, number, on):
                found = self._store.fits.by_number(courier, mark)
                if found is not None:
                    return found
        return None

    def _owed(self, fit: Fit, answer: Answer, now: datetime) -> Iterator[Owed]:
        """A document of the axis that the office system registered: its issuer is told, as if the clerk had done it by hand."""
        if answer.level is not Level.REGISTERED or not (fit.case_id and fit.is_current):
            return
        origins = self._store.receipts.origins(fit.case_id)
        if not origins:
            return
        path = [each.from_unit for each in self._store.casework.transfers(fit.case_id)]
        unit = self._store.views.case(fit.case_id).unit
        for courier, origin in answered_by(origins, (*path, unit)):
            yield registered(courier, fit.case_id, origin, now, number=answer.register_number)

    # --- letters ------------------------------------------------------------------------------------------------------

    def _letters(self, fit: Fit, answer: Answer, now: datetime) -> Iterator[tuple[str, str, Acceptance]]:
        """Topic, address and letter for everybody who is to be told, and was not told before."""
        name = _LETTERS.get(answer.level)
        if name is None:
            return
        try:
            case = self._store.views.case(fit.case_id)
        except NotFound:
            return
        if name == "acknowledged" and case.direction is not Direction.INCOMING:
            return  # who issues by mail has heard of it when the mail came
        for row in self._store.views.mails_of_case(case.id):
            mail = _headed(self._store, row)
            if may_be_told(mail) and row.identity is not Identity.CLAIMED:
                yield from self._once(name, mail.sender, case, mail, answer, now)
            if name == "registered" and case.direction is Direction.OUTGOING:
                for address in self._waiting(case, row, now):
                    yield from self._once("issued", address, case, mail, answer, now)

    def _waiting(self, case: Case, row: MailRow, now: datetime) -> Iterator[str]:
        """Our own people whose copy of the mail was redirected: they look for the document."""
        directory, on = self._directory(), local_day(now)
        if row.identity is Identity.CLAIMED:
            return  # they know nothing of a mail that somebody made up
        for verdict in self._store.views.verdicts(row.id):
            if verdict.action is Action.REDIRECT and verdict.direction is case.direction:
                address = verdict.target or verdict.recipient
                if directory.is_ours(address, on):
                    yield address

    def _once(
        self, name: str, to: str, case: Case, mail: Mail, answer: Answer, now: datetime
    ) -> Iterator[tuple[str, str, Acceptance]]:
        topic = f"{name}:{case.id}"
        if self._store.views.was_told(topic, to, since=now - ONCE):
            return
        letter = self._notices.write(
            name,
            to=to,
            now=now,
            mail=mail,
            case_id=case.id,
            subject=case.subject,
            document=case.document,
            unit=self._directory().organisation(case.unit),
            incoming=case.direction is Direction.INCOMING,
            register_number=answer.register_number,
            registered_on=answer.registered_on,
        )
        told = Story(
            at=now,
            event=Event.NOTICE_SENT,
            mail_id=mail.id,
            case_id=case.id,
            detail={"notice": name, "to": to, "letter": letter.id},
        )
        yield topic, to, queued(letter, told)


_LETTERS: Mapping[Level, str] = {Level.STORED: "acknowledged", Level.REGISTERED: "registered"}


def effect_of(answer: Answer) -> Effect:
    """What an answer does to delivery and case.  Pure."""
    return _EFFECTS.get(answer.status if answer.level is Level.STATUS else answer.level) or Effect()


def units_on_axis(directory: Directory, code: str) -> tuple[str, ...]:
    """The units with that code on the axis (old ones count); the unit of that code of ours when it has none."""
    wanted = code.strip().upper()
    found = [unit.code for unit in directory.organisations.values() if wanted in (each.upper() for each in unit.codes)]
    if not found and code in directory.organisations:
        found = [code]
    return tuple(found)


def _triple(answer: Answer) -> tuple[str, date | None, str]:
    """Issuer, day, number and symbol of the document meant; taken from a document id of the usual form if need be."""
    if answer.number_symbol:
        return answer.organ_id, answer.issued_on, answer.number_symbol
    parts = answer.document_id.split(",", 2)
    if len(parts) != 3:
        return answer.organ_id, answer.issued_on, ""
    try:
        on = date.fromisoformat(parts[1].strip().replace("/", "-"))
    except ValueError:
        on = None
    return parts[0].strip(), on, parts[2].strip()


def _headed(store: Store, row: MailRow) -> Mail:
    """The mail of a row, as far as a letter about it needs it; its bytes may be gone."""
    try:
        raw = store.views.raw(row.id)
    except NotFound:
        raw = b""
    return Mail(
        id=row.id,
        sender=row.sender,
        recipients=tuple(Recipient(address=address) for address in row.recipients),
        raw=raw,
        digest="",
        arrival=Arrival(door=row.door, at=row.at, peer=row.peer, identity=row.identity),
    )
