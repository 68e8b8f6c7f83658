"""What a letter may speak of."""

from __future__ import annotations

from datetime import date, datetime

from gateway.directory.snapshot import Campaign, Organisation
from gateway.model import Document, Mail, Value, Verdict


class Facts(Value):
    """What is empty is left out of the letter."""

    mail: Mail | None = None  # the mail it is about
    verdict: Verdict | None = None
    document: Document | None = None
    unit: Organisation | None = None  # whose clerk acts
    subject: str = ""  # of the mail, where the mail itself is not at hand
    reason: str = ""  # a person's words, or the verdict's
    case_id: str = ""
    deadline: datetime | None = None
    old_address: str = ""
    new_address: str = ""
    closes_on: date | None = None
    delivered: bool = False  # the recipients have the mail; the clerk looked at a copy
    incoming: bool = False  # the clerk of the addressee acts, not the sender's own
    campaign: Campaign | None = None  # the reporting channel that it reminds of
    by: str = ""  # who has it sent
    register_number: str = ""  # what the office system registered it under
    registered_on: date | None = None
