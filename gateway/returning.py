"""What comes back to the senders that we had rewritten (SRS): each answer once, to whoever wrote the mail."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta
from typing import Protocol

from msgspec.structs import replace

from gateway.errors import NotFound
from gateway.model import Mail, Recipient, Value
from gateway.store import Store

_MOST = 10  # answers to one mail: more than its reports and a holiday note are no answers
_REMEMBERED = timedelta(days=40)  # longer than an address holds


class Returns(Protocol):
    """What is needed of gateway.smtp.srs."""

    def rewritten(self, mail_id: str, sender: str) -> str:
        """The envelope sender with which a mail goes on."""
        ...

    def takes(self, address: str) -> bool:
        """Whether an address is of the form of the senders that we rewrite."""
        ...

    def mail_of(self, address: str) -> str:
        """The mail whose sender this address stands for; "" for one that we did not write, or that holds no more."""
        ...


class Returned(Value):
    """A mail as it goes on, without those whom it does not reach."""

    mail: Mail
    told: tuple[tuple[str, str], ...] = ()  # (topic, address): to be remembered when it is accepted
    is_seen: bool = False  # exactly this came back before: it is safe, and goes nowhere


def led_back(mail: Mail, returns: Returns, store: Store, now: datetime) -> Returned:
    """The mail for those whose addresses we had rewritten when we sent their mail on.  Not for the loop."""
    found: dict[str, Recipient] = {}
    told: list[tuple[str, str]] = []
    is_seen = False
    for recipient in mail.recipients:
        address = recipient.address
        if returns.takes(address):
            mail_id = returns.mail_of(address)
            topic = f"bounce:{mail_id}"
            if mail_id and store.views.was_told(topic, mail.digest, since=now - _REMEMBERED):
                is_seen = True
                continue
            address = _author_of(mail_id, topic, store)
            told.append((topic, mail.digest))
        if address and not returns.takes(address):
            found.setdefault(address, replace(recipient, address=address))
    return Returned(mail=replace(mail, recipients=tuple(found.values())), told=tuple(dict.fromkeys(told)), is_seen=is_seen)


def _author_of(mail_id: str, topic: str, store: Store) -> str:
    """Who sent a mail; "" when nobody knows it, or when it has brought back more than a mail does."""
    with contextlib.suppress(NotFound):
        if mail_id and store.views.times_told(topic) < _MOST:
            return store.views.mail(mail_id).sender
    return ""
