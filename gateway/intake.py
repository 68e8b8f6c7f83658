"""The one way in: whatever the door, a mail is accepted here: recognise, decide, remember, and only then answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from msgspec.structs import replace

from gateway import appeals, maillog
from gateway.acceptance import accepted
from gateway.admission import admission
from gateway.courier import Parcel
from gateway.courtesy import TOLD_EVERY, Letters, left_out, letters_of
from gateway.directory.snapshot import Directory
from gateway.documents.quick_look import SHORT, may_carry_document
from gateway.errors import StoreUnavailable
from gateway.lifecycle import DeliveryState
from gateway.model import (
    NOTHING_RECOGNISED,
    Action,
    Admission,
    Answer,
    Delivery,
    Event,
    Identity,
    Mail,
    Recipient,
    Recognition,
    Story,
    Verdict,
    new_id,
)
from gateway.notices import Notices
from gateway.policy.facts import local_day
from gateway.policy.memory import Memory
from gateway.policy.rules import Policy
from gateway.policy.sameness import agency_of
from gateway.returning import Returns, led_back
from gateway.store import Acceptance, Store
from gateway.sweeping import Sweeps, given_up

_LEADS_NOWHERE = Verdict(
    recipient="", action=Action.REJECT, rule="srs", clause="", reason="Không còn tìm thấy thư mà thư này báo lại."
)

_logger = logging.getLogger(__name__)


class Recogniser(Protocol):
    """What the intake needs of gateway.inspection."""

    async def recognise(self, raw: bytes, *, within: float = 0.0) -> Recognition:
        """Say which official documents the mail carries; a hostile file costs only itself.

        What cannot be read ``within`` seconds (0: as long as it takes) is unreadable.
        """
        ...


class WayOut(Protocol):
    """What the intake needs of gateway.worker."""

    def room_for(self, size: int) -> bool:
        """Whether a fresh mail of that many bytes may be handed over in memory."""
        ...

    def hand_over(self, parcel: Parcel) -> None:
        """Take a parcel whose deliveries are durable and leased to us."""
        ...

    def poke(self) -> None:
        """Something became due: look into the store now."""
        ...


class Ears(Protocol):
    """What the intake needs of gateway.hearing."""

    def is_for_answers(self, address: str) -> bool:
        """Whether answers to our letters come to this address."""
        ...

    def knows(self, address: str) -> bool:
        """Whether one of our letters gave this address away."""
        ...

    def answers(self, mail: Mail) -> tuple[Recipient, ...]:
        """The recipients of a mail that are ourselves, because it answers one of our letters."""
        ...

    async def take(self, mail: Mail) -> Verdict | None:
        """Hear an answer; durable on return.  The verdict when it was not taken."""
        ...


class OfficeMail(Protocol):
    """What the intake needs of gateway.office_mail."""

    def concerns(self, mail: Mail) -> str:
        """The office system that a mail may be an answer of; nearly always ""."""
        ...

    async def hear(self, mail: Mail, office: str) -> None:
        """Keep what it says; durable on return."""
        ...


class Intake:
    """Accepts mails from every door.

    ``hold_for``: how soon somebody should look at a held mail; ``offices``: names of the office systems that have a courier.
    """

    def __init__(
        self,
        *,
        store: Store,
        recogniser: Recogniser,
        way_out: WayOut,
        notices: Notices,
        policy: Callable[[], Policy],
        directory: Callable[[], Directory],
        clock: Callable[[], datetime],
        hold_for: timedelta,
        offices: Collection[str],
        to_appeal: Callable[[str], str] = lambda mail_id: "",
        to_status: Callable[[str], str] = lambda mail_id: "",
        ears: Ears | None = None,
        sweeps: Sweeps | None = None,
        returns: Returns | None = None,
        office_mail: OfficeMail | None = None,
    ) -> None:
        self._returns = returns
        self._office_mail = office_mail
        self._sweeps = sweeps or Sweeps({})
        self._to_appeal = to_appeal
        self._to_status = to_status
        self._ears = ears
        self._store = store
        self._recogniser = recogniser
        self._way_out = way_out
        self._notices = notices
        self._policy = policy
        self._directory = directory
        self._memory = Memory()
        self._clock = clock
        self._hold_for = hold_for
        self._offices = frozenset(offices)

    def admission(self, address: str, identity: Identity) -> Admission:
        """Say at RCPT whether this recipient is taken."""
        if self._ears is not None and self._ears.is_for_answers(address):
            known = self._ears.knows(address)
            return Admission(admitted=known, is_unknown=not known)
        if self._returns is not None and self._returns.takes(address):
            known = bool(self._returns.mail_of(address))
            return Admission(admitted=known, is_unknown=not known)
        return admission(self._directory(), address, identity, local_day(self._clock()))

    async def accept(self, mail: Mail) -> Answer:
        """Recognise, decide and remember one mail.  Durable on return; raises StoreUnavailable when it is not.

        The verdict comes back when it refused the mail for all its recipients; then nothing is kept but the story of it.
        """
        if self._ears is not None and (answers := self._ears.answers(mail)):
            return await self._heard(mail, answers, self._ears)
        told: tuple[tuple[str, str], ...] = ()
        if self._returns is not None and any(self._returns.takes(recipient.address) for recipient in mail.recipients):
            returned = await asyncio.to_thread(led_back, mail, self._returns, self._store, self._clock())
            if not returned.mail.recipients:
                return Answer(mail_id=mail.id, refused=None if returned.is_seen else _LEADS_NOWHERE)
            mail, told = returned.mail, returned.told
        if self._office_mail is not None and (office := self._office_mail.concerns(mail)):
            await self._office_mail.hear(mail, office)
        recognition = await self._recognise(mail)
        now = self._clock()
        verdicts = self._memory.decide(self._policy(), self._directory(), mail, recognition, now)
        verdicts = self._sweeps.as_swept(mail, verdicts, self._directory(), local_day(now))
        if any(map(appeals.is_open_to_appeal, verdicts)):
            verdicts = await self._with_exemptions(mail, verdicts, recognition, now)
        if all(verdict.action is Action.REJECT for verdict in verdicts):
            await self._refuse(mail, verdicts, recognition, now)
            return self._refusing(mail, verdicts)
        return await self._keep(mail, verdicts, recognition, now, told)

    async def hold(self, mail: Mail, why: str) -> Answer:
        """Keep a mail that could not be accepted like others (its message cannot be read, or we fail on it) for a person."""
        now = self._clock()
        verdict = given_up(mail, why, self._directory(), local_day(now))
        return await self._keep(mail, (verdict,), NOTHING_RECOGNISED, now)

    async def _keep(
        self,
        mail: Mail,
        verdicts: tuple[Verdict, ...],
        recognition: Recognition,
        now: datetime,
        told: tuple[tuple[str, str], ...] = (),
    ) -> Answer:
        """Make durable what was decided, and send it on its way; ``told``: (topic, address) to be remembered with it."""
        straight = self._way_out.room_for(len(mail.raw))
        acceptance = accepted(
            mail,
            verdicts,
            recognition,
            now,
            calendar=self._directory().calendar,
            hold_for=self._hold_for,
            offices=self._offices,
            leased=straight,
            issuer_of=partial(agency_of, self._directory()),
            rewritten=self._rewritten(mail, now),
        )
        acceptance = self._sweeps.completed(acceptance)
        letters = Letters()
        if any([verdict.notice for verdict in verdicts]):
            letters = await letters_of(
                mail,
                verdicts,
                acceptance.openings,
                store=self._store,
                notices=self._notices,
                directory=self._directory,
                now=now,
            )
        if letters.silence is not None:
            acceptance = replace(acceptance, stories=(*acceptance.stories, left_out(mail, letters.silence, now)))
        told = (*told, *[(topic, mail.sender) for topic in letters.told])
        await self._store.accept((acceptance, *letters.now), told=[(topic, address, now) for topic, address in told])
        self._hand_over((acceptance, *letters.now) if straight else letters.now)
        if not straight or any([opening.hand_over for opening in acceptance.openings]):
            self._way_out.poke()
        _log(mail, verdicts)
        await self._be_courteous(mail.sender, letters.weekly, now)
        refusals = tuple(self._said(verdict) for verdict in verdicts if verdict.action is Action.REJECT)
        return self._answer(mail, refusals=refusals) if refusals else Answer(mail_id=mail.id)

    def _refusing(self, mail: Mail, verdicts: tuple[Verdict, ...]) -> Answer:
        """What is said about a mail that was refused for all its recipients; to each his own, where each is answered."""
        refusals = tuple(map(self._said, verdicts)) if mail.arrival.answers_each else ()
        return self._answer(mail, refused=self._said(verdicts[0]), refusals=refusals)

    def _answer(self, mail: Mail, *, refusals: tuple[Verdict, ...], refused: Verdict | None = None) -> Answer:
        links = {"appeal": self._to_appeal(mail.id), "status": self._to_status(mail.id)}
        return Answer(mail_id=mail.id, refused=refused, refusals=refusals, **links)

    def _rewritten(self, mail: Mail, now: datetime) -> str:
        """The sender with which a forwarded copy leaves: one of ours for a stranger's, so that SPF holds at the successor."""
        if self._returns is None or not mail.sender or self._directory().is_ours(mail.sender, local_day(now)):
            return mail.sender
        return self._returns.rewritten(mail.id, mail.sender)

    async def _heard(self, mail: Mail, answers: tuple[Recipient, ...], ears: Ears) -> Answer:
        """A mail that answers one of our letters: to us it is an appeal, to all others a mail like any other."""
        others = tuple(recipient for recipient in mail.recipients if recipient not in answers)
        if not others:
            return Answer(mail_id=mail.id, refused=await ears.take(replace(mail, recipients=answers)))
        # The words first: when the rest fails the sender comes again, and the same words are not taken twice.
        await ears.take(replace(mail, id=new_id(), recipients=answers))
        return await self.accept(replace(mail, recipients=others))

    async def _with_exemptions(
        self, mail: Mail, verdicts: tuple[Verdict, ...], recognition: Recognition, now: datetime
    ) -> tuple[Verdict, ...]:
        """What a clerk has let this sender send after he appealed goes through."""
        stopped = appeals.files_in_question(recognition)
        if not stopped or not mail.sender:
            return verdicts
        exempt = await asyncio.to_thread(self._store.archive.exempt_files, mail.sender, stopped, now=now)
        return appeals.let_through(verdicts) if appeals.may_pass(recognition, exempt) else verdicts

    async def _recognise(self, mail: Mail) -> Recognition:
        short = len(mail.raw) <= SHORT
        if not (may_carry_document(mail.raw) if short else await asyncio.to_thread(may_carry_document, mail.raw)):
            return NOTHING_RECOGNISED
        return await self._recogniser.recognise(mail.raw, within=mail.arrival.patience_s)

    async def _refuse(self, mail: Mail, verdicts: tuple[Verdict, ...], recognition: Recognition, now: datetime) -> None:
        """Remember a refusal without the bytes: the sender keeps the mail."""
        story = Story(at=now, event=Event.REFUSED, mail_id=mail.id, detail=_arrival_facts(mail))
        refusal = Acceptance(
            mail=mail,
            keep_raw=False,
            subject=recognition.subject,
            recognition=recognition,
            verdicts=verdicts,
            stories=(story,),
        )
        await self._store.accept((refusal,))
        maillog.refused(mail.id, sender=mail.sender, peer=mail.arrival.peer, rule=verdicts[0].rule)

    def _hand_over(self, acceptances: Iterable[Acceptance]) -> None:
        for acceptance in acceptances:
            leased = tuple(d for d in acceptance.deliveries if d.state is DeliveryState.SENDING)
            for deliveries in _by_sender(leased):
                self._way_out.hand_over(Parcel(mail=acceptance.mail, deliveries=deliveries))

    def _said(self, verdict: Verdict) -> Verdict:
        """The verdict as the reply says it: the office system by its title.  The stored one keeps the name."""
        office = self._directory().office(verdict.office)
        return replace(verdict, office=office.title) if office is not None else verdict

    async def _be_courteous(self, sender: str, weekly: Iterable[tuple[str, Acceptance]], now: datetime) -> None:
        """Send what is sent at most once a week.

        Only when the mail itself is safe: were it counted as sent before and the mail then not accepted, the mail would
        come again and its sender not be told for a week.  The mail is accepted whatever becomes of the letter.
        """
        try:
            for topic, letter in weekly:
                if await asyncio.to_thread(self._store.may_tell, topic, sender, every=TOLD_EVERY, now=now):
                    await self._store.accept((letter,))
                    self._hand_over((letter,))
        except StoreUnavailable:
            _logger.warning("a letter was not sent: the store is unavailable", exc_info=True)


def _by_sender(leased: tuple[Delivery, ...]) -> Iterable[tuple[Delivery, ...]]:
    """One transaction has one sender; nearly every mail has one as well."""
    if not leased:
        return ()
    if all([delivery.sender == leased[0].sender for delivery in leased]):
        return (leased,)
    senders = dict.fromkeys(delivery.sender for delivery in leased)
    return [tuple(delivery for delivery in leased if delivery.sender == sender) for sender in senders]


def _arrival_facts(mail: Mail) -> dict[str, str | int | float | bool | list[str]]:
    arrival = mail.arrival
    return {
        "door": arrival.door,
        "peer": arrival.peer,
        "helo": arrival.helo,
        "identity": arrival.identity,
        "size": len(mail.raw),
        "sha256": mail.digest,
    }


def _log(mail: Mail, verdicts: Iterable[Verdict]) -> None:
    arrival = mail.arrival
    maillog.accepted(
        mail.id,
        sender=mail.sender,
        recipients=len(mail.recipients),
        size=len(mail.raw),
        peer=arrival.peer,
        identity=arrival.identity,
        digest=mail.digest,
    )
    for verdict in verdicts:
        if verdict.alarm and verdict.action is Action.DELIVER:
            _logger.warning("mail %s: a secret was let through: its unit is not in enforce", mail.id)
        if verdict.action is not Action.DELIVER:
            maillog.decided(mail.id, recipient=verdict.recipient, action=verdict.action, rule=verdict.rule)
