"""The nouns: every value that travels between doors, recogniser, policy, store, couriers and console.

All values are frozen and keyword-only; unknown is ``""`` or ``()``, only dates may be ``None``; times are aware, in UTC.
They are msgspec Structs: like frozen dataclasses, but made ten times faster, and written to JSON by the library
(docs/decisions/0002-values-are-msgspec-structs.md).  ``StrEnum`` values are what tables, TOML, log and URLs show.
"""

from __future__ import annotations

from gateway.model.answer import Admission, Answer
from gateway.model.case import Case, Delivery, Event, Report, Story
from gateway.model.document import (
    NOTHING_RECOGNISED,
    SIX_SIGNS,
    Box,
    DigitalSignature,
    Document,
    Evidence,
    FileReading,
    Nature,
    Recognition,
    Regime,
    Relation,
    Secrecy,
    Sign,
    SignatureLevel,
    TextSource,
    Urgency,
)
from gateway.model.identity import digest_of, first_id_of, lasting_id, moment_of, new_id
from gateway.model.mail import (
    Arrival,
    Door,
    Identity,
    Mail,
    Proof,
    Recipient,
    Source,
    Swept,
)
from gateway.model.person import Account, Role
from gateway.model.value import Value
from gateway.model.verdict import Action, Direction, PassedOver, Phase, Verdict

__all__ = [
    "NOTHING_RECOGNISED",
    "SIX_SIGNS",
    "Account",
    "Action",
    "Admission",
    "Answer",
    "Arrival",
    "Box",
    "Case",
    "Delivery",
    "DigitalSignature",
    "Direction",
    "Document",
    "Door",
    "Event",
    "Evidence",
    "FileReading",
    "Identity",
    "Mail",
    "Nature",
    "PassedOver",
    "Phase",
    "Proof",
    "Recipient",
    "Recognition",
    "Regime",
    "Relation",
    "Report",
    "Role",
    "Secrecy",
    "Sign",
    "SignatureLevel",
    "Source",
    "Story",
    "Swept",
    "TextSource",
    "Urgency",
    "Value",
    "Verdict",
    "digest_of",
    "first_id_of",
    "lasting_id",
    "moment_of",
    "new_id",
]
