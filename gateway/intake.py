"""The one way in: whatever the door, a mail is accepted here: recognise, decide, remember, and only then answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Protocol

from msgspec.structs import replace

from gateway import appeals, maillog
from gateway.courier import RELAY, Parcel
from gateway.courtesy import TOLD_EVERY, Letters, left_out, letters_of
from gateway.directory.calendar import Calendar
from gateway.directory.snapshot import Directory
from gateway.documents.fields import subject_of
from gateway.documents.quick_look import SHORT, may_carry_document
from gateway.errors import StoreUnavailable
from gateway.lifecycle import CaseState, DeliveryState
from gateway.model import (
    NOTHING_RECOGNISED,
    Action,
    Admission,
    Answer,
    Case,
    Delivery,
    Direction,
    Document,
    Event,
    FileReading,
    Identity,
    Mail,
    Nature,
    Recipient,
    Recognition,
    Story,
    Urgency,
    Verdict,
    new_id,
)
from gateway.notices import Notices
from gateway.policy.facts import local_day
from gateway.policy.memory import Memory
from gateway.policy.rules import Policy
from gateway.policy.sameness import agency_of, marks_of
from gateway.returning import Returns, led_back
from gateway.store import Acceptance, Opening, Store
from gateway.sweeping import Sweeps, given_up

_LEADS_NOWHERE = Verdict(
    recipient="", action=Action.REJECT, rule="srs", clause="", reason="Không còn tìm thấy thư mà thư này báo lại."
)
_URGENT = timedelta(minutes=30)

_logger = logging.getLogger(__name__)

_DELIVERED = (Action.DELIVER, Action.COPY, Action.FORWARD)
_CAPTURED = (Action.QUARANTINE, Action.REDIRECT, Action.HOLD, Action.COPY)  # the first of these names the case of a mail


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
        ears: Ears | None = None,
        sweeps: Sweeps | None = None,
        returns: Returns | None = None,
        office_mail: OfficeMail | None = None,
    ) -> None:
        self._returns = returns
        self._office_mail = office_mail
        self._sweeps = sweeps or Sweeps({})
        self._to_appeal = to_appeal
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
        if not straight or acceptance.openings:
            self._way_out.poke()
        _log(mail, verdicts)
        await self._be_courteous(mail.sender, letters.weekly, now)
        refusals = tuple(self._said(verdict) for verdict in verdicts if verdict.action is Action.REJECT)
        return Answer(mail_id=mail.id, refusals=refusals, appeal=self._to_appeal(mail.id) if refusals else "")

    def _refusing(self, mail: Mail, verdicts: tuple[Verdict, ...]) -> Answer:
        """What is said about a mail that was refused for all its recipients; to each his own, where each is answered."""
        refusals = tuple(map(self._said, verdicts)) if mail.arrival.answers_each else ()
        return Answer(mail_id=mail.id, refused=self._said(verdicts[0]), refusals=refusals, appeal=self._to_appeal(mail.id))

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


def admission(directory: Directory, address: str, identity: Identity, today: date) -> Admission:
    """Whether this recipient is taken at RCPT.  Pure.

    From a trusted network, and for whoever signed in, any recipient is relayed to the next hop; for others only those of our
    own domains: never an open relay.
    """
    retired = directory.retired(address, today)
    if retired is not None and retired.is_closed(today):
        return Admission(admitted=False, successor=retired.successor)
    if identity in (Identity.TRUSTED_NETWORK, Identity.AUTHENTICATED):
        return Admission(admitted=True)
    # Sendmail's and Postfix's old routes: a next hop that trusts us would send "a%b.example@ours" on to b.example.
    local = address.rpartition("@")[0]
    admitted = not any(sign in local for sign in "@%!") and directory.is_ours(address, today)
    # RFC 5321 section 4.5.1: postmaster is there, whatever else is.
    return Admission(admitted=admitted, is_listed=directory.lists(address, today) or local.lower() == "postmaster")


def accepted(
    mail: Mail,
    verdicts: tuple[Verdict, ...],
    recognition: Recognition,
    now: datetime,
    *,
    calendar: Calendar,
    hold_for: timedelta,
    offices: Collection[str],
    leased: bool,
    issuer_of: Callable[[Document | None], str],
    rewritten: str | None = None,
) -> Acceptance:
    """All that becomes durable when a mail is accepted: verdicts, cases, deliveries, story.  Pure.

    ``calendar`` says until when somebody should have looked, ``hold_for`` how much working time a held mail may wait.
    ``leased``: the deliveries to the next hop leave straight from the commit; otherwise the worker claims them later.
    ``rewritten`` is the sender of copies that are forwarded, when it is another.
    ``issuer_of`` says who issued a document, for comparison with other cases.
    """
    captured = _captured(verdicts)
    return Acceptance(
        mail=mail,
        subject=subject_of(mail.raw) if recognition.skipped else recognition.subject,
        recognition=None if recognition.skipped else recognition,
        verdicts=verdicts,
        deliveries=_relayed(mail, verdicts, leased=leased, rewritten=mail.sender if rewritten is None else rewritten),
        openings=tuple(
            _marked(
                _opening(mail, group, recognition, partial(_due, now=now, calendar=calendar, hold_for=hold_for), now, offices),
                mail,
                issuer_of,
            )
            for group in captured
        ),
        decided_at=now,
    )


def _relayed(mail: Mail, verdicts: Sequence[Verdict], *, leased: bool, rewritten: str) -> tuple[Delivery, ...]:
    state = DeliveryState.SENDING if leased else DeliveryState.QUEUED
    return tuple(
        Delivery(
            id=f"{mail.id}-{n}",
            mail_id=mail.id,
            courier=RELAY,
            # A copy to a retired address goes to whoever took over, too.
            target=verdict.target or recipient.address,
            state=state,
            sender=rewritten if verdict.action is Action.FORWARD else mail.sender,
            options=_options_for(recipient, verdict),
        )
        for n, (recipient, verdict) in enumerate(zip(mail.recipients, verdicts, strict=True), 1)
        if verdict.action in _DELIVERED
    )


def _by_sender(leased: tuple[Delivery, ...]) -> Iterable[tuple[Delivery, ...]]:
    """One transaction has one sender; nearly every mail has one as well."""
    if not leased:
        return ()
    if all([delivery.sender == leased[0].sender for delivery in leased]):
        return (leased,)
    senders = dict.fromkeys(delivery.sender for delivery in leased)
    return [tuple(delivery for delivery in leased if delivery.sender == sender) for sender in senders]


def _options_for(recipient: Recipient, verdict: Verdict) -> tuple[str, ...]:
    """RCPT parameters to pass on; a forwarded copy names the address that was written to (RFC 3461 section 4.2)."""
    if verdict.action is not Action.FORWARD or any(o.upper().startswith("ORCPT=") for o in recipient.options):
        return recipient.options
    if not recipient.address.isascii() or not recipient.address.isprintable() or set(recipient.address) & set("+= "):
        return recipient.options
    return (*recipient.options, f"ORCPT=rfc822;{recipient.address}")


def _captured(verdicts: Sequence[Verdict]) -> Iterable[list[Verdict]]:
    """One group for each unit and direction that must look at this mail, whatever the number of recipients.

    Held copies stand apart: a person decides on them, even when the others went to the office system at once
    (docs/decisions/0006-held-copies-have-a-case-of-their-own.md).
    """
    captured: dict[tuple[str, Direction, bool], list[Verdict]] = {}
    for verdict in verdicts:
        if verdict.action in _CAPTURED:
            captured.setdefault((verdict.unit, verdict.direction, verdict.action is Action.HOLD), []).append(verdict)
    return captured.values()


def _opening(
    mail: Mail,
    group: list[Verdict],
    recognition: Recognition,
    due: Callable[[Verdict, Document | None], datetime],
    now: datetime,
    offices: Collection[str],
) -> Opening:
    leading = min(group, key=lambda verdict: _CAPTURED.index(verdict.action))
    sealed = leading.action is Action.QUARANTINE
    files = () if sealed else recognition.files
    main, document = _main_document(files, leading)
    case = Case(
        id=new_id(),
        mail_id=mail.id,
        unit=leading.unit,
        office=leading.office,
        direction=leading.direction,
        action=leading.action,
        state=_first_state(mail, leading, offices),
        opened_at=now,
        due_at=due(leading, document),
        key=_sameness(main, leading),
        rule=leading.rule,
        reason=leading.reason,
        sender=mail.sender,
        recipients=tuple(verdict.recipient for verdict in group),
        subject="" if sealed else recognition.subject,
        document=document,
        files=files,
        alarm=any(verdict.alarm for verdict in group),
    )
    if case.state is not CaseState.APPROVED:
        return Opening(case=case)
    hand_over = Delivery(id=f"{case.id}-1", mail_id=mail.id, case_id=case.id, courier=case.office, target=case.unit)
    return Opening(case=case, hand_over=hand_over)


def _marked(opening: Opening, mail: Mail, issuer_of: Callable[[Document | None], str]) -> Opening:
    """With the marks by which it is compared with other cases; a sealed one is compared with none."""
    case = opening.case
    if case.state is CaseState.SEALED:
        return opening
    return replace(opening, marks=marks_of(case, mail, agency=issuer_of(case.document)))


def _first_state(mail: Mail, verdict: Verdict, offices: Collection[str]) -> CaseState:
    if verdict.action is Action.QUARANTINE:
        return CaseState.SEALED
    # The clerk herself sent it: it goes into her own office system's queue, where she issues it; nobody else need approve.
    # Who only claims to be the clerk has the clerk look at it first.
    by_person = mail.arrival.identity in (Identity.TRUSTED_NETWORK, Identity.AUTHENTICATED)
    is_proved = verdict.action is Action.REDIRECT and by_person
    return CaseState.APPROVED if verdict.hand_over_at_once and verdict.office in offices and is_proved else CaseState.WAITING


def _sameness(main: FileReading | None, verdict: Verdict) -> str:
    """What makes another mail join this case: the same bytes of its document.

    Not for held mail, which waits for a decision of its own, and not for parts without bytes, which are all alike.
    """
    return main.digest if main is not None and main.size and verdict.action is not Action.HOLD else ""


def _main_document(files: Sequence[FileReading], verdict: Verdict) -> tuple[FileReading | None, Document | None]:
    """The file and document that the verdict speaks of; else an issued document before a copy before the unreadable."""
    if verdict.evidence:
        for file in files:
            for document in file.documents:
                if document.evidence == verdict.evidence:
                    return file, document
            if file.nature is Nature.UNREADABLE and file.name == verdict.evidence[0].file:
                return file, None
    order = (Nature.ISSUED, Nature.COPY, Nature.UNREADABLE)
    candidates = [file for file in files if file.nature in order]
    if not candidates:
        return None, None
    main = min(candidates, key=lambda file: order.index(file.nature))
    return main, main.documents[0] if main.documents else None


def _due(verdict: Verdict, document: Document | None, *, now: datetime, calendar: Calendar, hold_for: timedelta) -> datetime:
    """Until when a person should have looked: urgent at once, whatever the hour; held soon; the others within the day.

    Decree 30/2020/NĐ-CP, article 4.2c and d; Decision 28/2018/QĐ-TTg, article 6.2.
    """
    if document is not None and document.urgency is not Urgency.NORMAL:
        return now + _URGENT
    return calendar.within(now, hold_for) if verdict.action is Action.HOLD else calendar.same_day(now)


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
