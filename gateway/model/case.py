"""Cases and deliveries: a captured document on its way, and the story of whatever happened."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import msgspec

from gateway.lifecycle import CaseState, DeliveryState
from gateway.model.document import Document, FileReading
from gateway.model.value import Value
from gateway.model.verdict import Action, Direction


class Case(Value):
    """One captured document (with its twins and appendices), however many mails brought it."""

    id: str
    mail_id: str  # the mail that opened it
    unit: str  # code of the organisation whose clerk decides
    office: str
    direction: Direction
    action: Action  # redirect, copy, hold or quarantine
    state: CaseState
    opened_at: datetime
    due_at: datetime | None = None
    key: str = ""  # sameness: cases of one unit and direction with the same key are one case
    rule: str = ""
    reason: str = ""
    sender: str = ""
    recipients: tuple[str, ...] = ()
    subject: str = ""  # of the mail; empty in a sealed case
    document: Document | None = None  # the main document; None when unreadable or sealed
    files: tuple[FileReading, ...] = ()  # as recognised; empty in a sealed case
    alarm: bool = False
    assignee: str = ""  # name of the clerk's account that looks after it; "" is any clerk of the unit
    merged_into: str = ""  # id of the case that goes on for both
    register_number: str = ""  # what the office system registered it under
    registered_on: date | None = None


class Delivery(Value):
    """One mail (or case) on its way to one place.  ``id`` is fixed before the first byte leaves."""

    id: str
    mail_id: str
    courier: str  # "relay", or the name of an office system
    target: str  # address of the recipient, or code of the organisation
    state: DeliveryState = DeliveryState.QUEUED
    case_id: str = ""
    sender: str = ""  # envelope sender to use; "" is the null reverse-path
    options: tuple[str, ...] = ()  # RCPT parameters to pass on
    attempts: int = 0
    next_at: datetime | None = None
    reply: str = ""  # the last thing the other side said
    sent: str = ""  # SHA-256 of the bytes that left, our headers included; "" until somebody took them


class Event(StrEnum):
    """What a Story tells."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    DECIDED = "decided"
    CASE_OPENED = "case-opened"
    CASE_JOINED = "case-joined"
    CASE_MOVED = "case-moved"  # a transition of a case; detail says from, to and why
    DELIVERED = "delivered"
    DEFERRED = "deferred"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    NOTICE_SENT = "notice-sent"
    NOTICE_LEFT_OUT = "notice-left-out"  # a letter was due and did not go: detail says why
    SIGNED_IN = "signed-in"
    SEEN = "seen"  # a person opened a case or mail
    APPEALED = "appealed"  # whoever was stopped says that he was not issuing anything
    CAMPAIGN_OPENED = "campaign-opened"  # a reporting channel
    POLICY_TRIED = "policy-tried"  # a changed policy was tried on past mail
    PROPOSED = "proposed"  # another case may be the same document
    JUDGED = "judged"  # a person said whether it is, or took that back
    RELATED = "related"  # another document recalls, corrects or replaces this one, or this one does so
    ASSIGNED = "assigned"
    CORRECTED = "corrected"  # the clerk corrected a fact of the document
    ANSWERED = "answered"  # the office system said something about it; a receipt is kept
    TOLD_AXIS = "told-axis"  # the issuer of a document of the axis was told, or could not be
    LOOKED_UP = "looked-up"  # the other side was asked what became of a delivery
    DROPPED = "dropped"  # the bytes of a mail of the case: detail names the setting that said so
    STOOD_IN = "stood-in"  # a clerk named who stands in for her
    SIGN_IN_FAILED = "sign-in-failed"
    ACCOUNT_CHANGED = "account-changed"  # by whom; detail says which, and what
    PROOF_TAKEN = "proof-taken"  # somebody took the proof of a case away


class Story(Value):
    """One thing that happened to a mail or case."""

    at: datetime
    event: Event
    mail_id: str = ""
    case_id: str = ""
    actor: str = ""  # "" is the gateway itself, else the account's name
    detail: dict[str, str | int | float | bool | list[str]] = msgspec.field(default_factory=dict)


class Report(Value):
    """A mail that came through a reporting channel."""

    mail_id: str
    sender: str
    at: datetime
    files: tuple[str, ...]  # names of its attachments
