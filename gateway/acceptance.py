"""All that becomes durable when a mail is accepted: verdicts, cases, deliveries, story.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from gateway.courier import RELAY
from gateway.directory.calendar import Calendar
from gateway.documents.fields import subject_of
from gateway.lifecycle import DeliveryState
from gateway.model import (
    Action,
    Delivery,
    Document,
    Mail,
    Recipient,
    Recognition,
    Verdict,
)
from gateway.openings import openings_of
from gateway.store import Acceptance

_DELIVERED = (Action.DELIVER, Action.COPY, Action.FORWARD)


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
    """All that becomes durable when a mail is accepted: verdicts, cases, deliveries, story.

    ``calendar`` says until when somebody should have looked, ``hold_for`` how much working time a held mail may wait.
    ``leased``: the deliveries to the next hop leave straight from the commit; otherwise the worker claims them later.
    ``rewritten`` is the sender of copies that are forwarded, when it is another.
    ``issuer_of`` says who issued a document, for comparison with other cases.
    """
    return Acceptance(
        mail=mail,
        subject=subject_of(mail.raw) if recognition.skipped else recognition.subject,
        recognition=None if recognition.skipped else recognition,
        verdicts=verdicts,
        deliveries=_relayed(mail, verdicts, leased=leased, rewritten=mail.sender if rewritten is None else rewritten),
        openings=openings_of(
            mail, verdicts, recognition, now, calendar=calendar, hold_for=hold_for, offices=offices, issuer_of=issuer_of
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


def _options_for(recipient: Recipient, verdict: Verdict) -> tuple[str, ...]:
    """RCPT parameters to pass on; a forwarded copy names the address that was written to (RFC 3461 section 4.2)."""
    if verdict.action is not Action.FORWARD or any(o.upper().startswith("ORCPT=") for o in recipient.options):
        return recipient.options
    if not recipient.address.isascii() or not recipient.address.isprintable() or set(recipient.address) & set("+= "):
        return recipient.options
    return (*recipient.options, f"ORCPT=rfc822;{recipient.address}")
