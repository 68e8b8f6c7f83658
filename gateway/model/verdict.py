"""What happens to one recipient's copy, and why."""

from __future__ import annotations

from enum import StrEnum

from gateway.model.document import Evidence
from gateway.model.value import Value


class Action(StrEnum):
    """What happens to one recipient's copy (mission: "Decisions taken")."""

    DELIVER = "deliver"
    COPY = "copy"  # deliver, and capture for the clerk
    REDIRECT = "redirect"  # capture instead of delivering
    REJECT = "reject"  # 5xx in the SMTP session
    HOLD = "hold"  # a person decides
    QUARANTINE = "quarantine"  # sealed, nobody reads
    FORWARD = "forward"  # to the successor of a retired address


class Phase(StrEnum):
    """How far the rule is in force in a unit."""

    OBSERVE = "observe"
    ADVISE = "advise"
    ENFORCE = "enforce"


class Direction(StrEnum):
    """Which way a captured document goes."""

    OUTGOING = "outgoing"  # the sender's own unit: "chờ phát hành"
    INCOMING = "incoming"  # the addressee's unit: "văn bản đến"


class PassedOver(Value):
    """A rule that was looked at before the one that matched, and why it did not."""

    rule: str
    because: str  # one Vietnamese sentence


class Verdict(Value):
    """What happens to one recipient's copy, and why, and what was passed over."""

    recipient: str
    action: Action
    rule: str  # id of the rule
    clause: str  # the clause it carries out, with its date
    reason: str  # one Vietnamese sentence for a person
    phase: Phase = Phase.ENFORCE
    would_have: Action | None = None  # what an enforcing unit would have got; None when the action is the rule's own
    target: str = ""  # forward: the successor's address
    unit: str = ""  # redirect, copy, hold, quarantine: code of the organisation whose clerk gets the case
    office: str = ""  # name of that unit's office system
    direction: Direction = Direction.OUTGOING
    hand_over_at_once: bool = False  # the case goes to the office system's queue without waiting for an approval here
    notice: str = ""  # name of the letter that the sender gets: see gateway.notices; "" for none
    alarm: bool = False  # a person must look at once (urgent, secret)
    evidence: tuple[Evidence, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
    policy_version: str = ""
    campaign: str = ""  # the guiding document of the reporting channel that this copy came through
