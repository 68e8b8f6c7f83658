"""What the doors and the intake say to each other."""

from __future__ import annotations

from gateway.model.value import Value
from gateway.model.verdict import Verdict


class Admission(Value):
    """May this recipient be taken at RCPT?"""

    admitted: bool
    is_unknown: bool = False  # an address of the gateway itself that it gave to nobody: refused whoever asks
    is_listed: bool = True  # False: of ours by its domain alone; whether there is such an address, somebody else knows
    successor: str = ""  # a retired address past its closing date: where to write instead (RFC 5321 section 3.4, 551)


class Answer(Value):
    """What became of a mail at the intake, for the reply of the session.  It is durable when this is returned."""

    mail_id: str
    appeal: str = ""  # where the sender says that he was not issuing anything
    status: str = ""  # where he sees what became of it
    refused: Verdict | None = None  # the verdict that refused the mail for all its recipients
    refusals: tuple[Verdict, ...] = ()  # those that refused it for some, where each recipient has an answer of his own
