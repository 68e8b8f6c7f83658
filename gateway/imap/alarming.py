"""What is wrong with mailboxes, as alarms of the gateway: each mailbox that needs somebody, each right to sign in that ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from gateway.alarms import Alarm, Kind
from gateway.config import Config
from gateway.directory.calendar import Calendar
from gateway.imap import wellbeing
from gateway.imap.access import token_ages
from gateway.phrases import phrase
from gateway.store import MailboxState, Store


def of_mailboxes(settings: Config, store: Store, calendar: Calendar, now: datetime) -> Iterator[Alarm]:
    """One alarm for each thing that is wrong."""
    swept = [mailbox for mailbox in settings.mailbox if mailbox.sweep]
    states = store.mailboxes.states() if swept else {}
    tokens = token_ages(settings, now) if swept else {}
    for mailbox in swept:
        state = states.get(mailbox.name) or MailboxState(name=mailbox.name)
        for each in wellbeing.alarms(mailbox, state, settings.imap, calendar, now, token=tokens.get(mailbox.name)):
            kind = Kind.TOKEN if each.kind is wellbeing.Kind.TOKEN else Kind.MAILBOX
            said = phrase("%(mailbox)s: %(says)s", mailbox=mailbox.recipient, says=each.says)
            yield Alarm(kind=kind, about=f"{mailbox.name}:{each.kind}", said=said)
