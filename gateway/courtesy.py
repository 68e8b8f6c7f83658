"""Which letters a mail brings about: to proved senders, each once, and a line in the story where one was due and did not go."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from gateway.courier import RELAY
from gateway.directory.snapshot import Directory
from gateway.documents.fields import subject_of
from gateway.lifecycle import DeliveryState
from gateway.model import Action, Delivery, Event, Mail, Story, Value, Verdict
from gateway.notices import Notices, Silence, why_silent
from gateway.store import Acceptance, Opening, Store

logger = logging.getLogger(__name__)

TOLD_EVERY = timedelta(days=7)  # "sender told the new address (at most once a week)": mission, rule 10


class Letters(Value):
    """What the sender of a mail gets from us."""

    now: tuple[Acceptance, ...] = ()  # these leave with the mail …
    told: tuple[str, ...] = ()  # … and then these topics were told
    weekly: tuple[tuple[str, Acceptance], ...] = ()  # by their topic: those that he gets at most once a week
    silence: Silence | None = None  # why one that was due does not go


async def letters_of(
    mail: Mail,
    verdicts: Sequence[Verdict],
    openings: Sequence[Opening],
    *,
    store: Store,
    notices: Notices,
    directory: Callable[[], Directory],
    now: datetime,
) -> Letters:
    """One letter for each kind of notice, however many recipients caused it, and one for each case and person."""
    due = {v.notice: v for v in reversed(verdicts) if v.notice and v.action is not Action.REJECT}
    if not due:
        return Letters()
    silence = why_silent(mail)
    if silence is not None:
        return Letters(silence=silence)
    told: dict[str, Acceptance] = {}
    weekly: list[tuple[str, Acceptance]] = []
    for verdict in due.values():
        opening = _opening_of(verdict, openings)
        topic = _topic(verdict, opening)
        if topic and verdict.action is not Action.FORWARD and await _was_told(store, topic, mail.sender, now):
            silence = Silence.TOLD
            continue
        unit, deadline = directory().organisation(verdict.unit), opening.case.due_at if opening is not None else None
        try:
            letter = notices.about_verdict(mail, verdict, unit=unit, deadline=deadline, now=now)
        except Exception:  # words of the officer's own that fail on this mail must not cost the mail
            logger.exception("%s: the letter %r could not be written", mail.id, verdict.notice)
            silence = Silence.BROKEN
            continue
        acceptance = own_letter(letter, about=mail.id, now=now)
        if verdict.action is Action.FORWARD:
            weekly.append((topic, acceptance))
        else:
            told[topic or letter.id] = acceptance
    topics = tuple(topic for topic in told if topic.startswith("letter:"))
    return Letters(now=tuple(told.values()), told=topics, weekly=tuple(weekly), silence=silence)


def _opening_of(verdict: Verdict, openings: Iterable[Opening]) -> Opening | None:
    of = (verdict.unit, verdict.direction)
    return next((each for each in openings if (each.case.unit, each.case.direction) == of), None)


def _topic(verdict: Verdict, opening: Opening | None) -> str:
    """What is told once: the document of a case; "" when the case can be no other's."""
    if verdict.action is Action.FORWARD:
        return f"address-moved:{verdict.recipient}"
    case = opening.case if opening is not None else None
    return f"letter:{verdict.notice}:{case.unit}:{case.direction}:{case.key}" if case is not None and case.key else ""


async def _was_told(store: Store, topic: str, sender: str, now: datetime) -> bool:
    return await asyncio.to_thread(store.views.was_told, topic, sender, since=now - TOLD_EVERY)


def left_out(mail: Mail, silence: Silence, now: datetime) -> Story:
    """The line in the story that says why no letter went."""
    return Story(at=now, event=Event.NOTICE_LEFT_OUT, mail_id=mail.id, detail={"to": mail.sender, "silence": str(silence)})


def own_letter(letter: Mail, *, about: str, now: datetime) -> Acceptance:
    """A letter of our own making, on its way to its recipients; exempt from the rules."""
    deliveries = tuple(
        Delivery(
            id=f"{letter.id}-{n}",
            mail_id=letter.id,
            courier=RELAY,
            target=recipient.address,
            state=DeliveryState.SENDING,
            options=recipient.options,
        )
        for n, recipient in enumerate(letter.recipients, 1)
    )
    sent = Story(
        at=now, event=Event.NOTICE_SENT, mail_id=about, detail={"to": letter.recipients[0].address, "letter": letter.id}
    )
    return Acceptance(mail=letter, subject=subject_of(letter.raw), deliveries=deliveries, stories=(sent,) if about else ())


def queued(letter: Mail, *stories: Story) -> Acceptance:
    """A letter of ours, for the worker to claim."""
    (recipient,) = letter.recipients
    delivery = Delivery(
        id=f"{letter.id}-1", mail_id=letter.id, courier=RELAY, target=recipient.address, options=recipient.options
    )
    return Acceptance(mail=letter, subject=subject_of(letter.raw), deliveries=(delivery,), stories=stories)
