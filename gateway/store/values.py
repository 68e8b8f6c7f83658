"""What is handed to the store, and what its views give back.  Plain values: nothing here knows the database."""

from __future__ import annotations

from datetime import datetime

from gateway.courier import Level
from gateway.lifecycle import CaseEvent, CaseState, DeliveryEvent
from gateway.model import (
    Action,
    Case,
    Delivery,
    Direction,
    Door,
    Identity,
    Mail,
    Recognition,
    Story,
    Value,
    Verdict,
)
from gateway.policy.sameness import Mark

# --- In ---------------------------------------------------------------------------------------------------------------


class Opening(Value):
    """A case to open, or to join: an open case of the same (unit, direction, key) takes the mail instead (key != "").

    The store itself writes the story row CASE_OPENED or CASE_JOINED.  ``hand_over`` is the delivery to the office system at
    once; it is dropped when the case was joined, so give it QUEUED: the worker claims it.  By its ``marks`` it is compared with
    the other cases of the unit and direction (gateway.policy.sameness).
    """

    case: Case
    hand_over: Delivery | None = None
    marks: tuple[Mark, ...] = ()


class Acceptance(Value):
    """What becomes durable together: one mail and all that was decided about it.

    Deliveries in state SENDING are leased to this node from the start; QUEUED ones are claimed later.  When a verdict or an
    opening says quarantine, the store drops every fact about the content before it writes (subject, evidence, files).
    """

    mail: Mail
    keep_raw: bool = True  # a refused mail is remembered without its bytes
    subject: str = ""  # the Subject field, decoded: for lists and search
    recognition: Recognition | None = None  # kept without its words, for replays; None: nothing was to be recognised
    verdicts: tuple[Verdict, ...] = ()
    openings: tuple[Opening, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    stories: tuple[Story, ...] = ()
    decided_at: datetime | None = None  # its story begins with ACCEPTED and DECIDED, told by what is above
    likenesses: tuple[tuple[str, str], ...] = ()  # (address, likeness): for recipients whose mailbox is swept as well


class Appeal(Value):
    """What somebody who was stopped has to say about his mail, and what it brings about: all of it or nothing.

    ``stories`` are his words, one row for each case that they are laid before; a waiting one also gets its alarm.  ``opening``
    is the held item, where no case waits; ``answer`` the mail in which he said it, which joins these cases; ``expected`` how
    many such rows the mail had when this was made.
    """

    mail_id: str
    stories: tuple[Story, ...]
    opening: Opening | None = None
    answer: Acceptance | None = None
    letters: tuple[Acceptance, ...] = ()
    expected: int = 0


class Exemption(Value):
    """Files that somebody may send until then, because a clerk said that they are no issuance."""

    sender: str
    digests: tuple[str, ...]
    until: datetime


class Settlement(Value):
    """What came of one attempt of a delivery that this node had leased.

    It does nothing when the delivery is not SENDING or is leased by another life: the lease had run out, and somebody else
    settles it.  ``delivered_at`` has the story say DELIVERED, with what else is said here.  ``case_event`` moves the case in
    the same transaction (an illegal one is logged and left out).
    """

    delivery_id: str
    event: DeliveryEvent
    attempts: int
    reply: str = ""
    next_at: datetime | None = None
    story: Story | None = None
    delivered_at: datetime | None = None
    sent: str = ""  # SHA-256 of the bytes that left
    # For an office system only:
    case_id: str = ""
    case_event: CaseEvent | None = None
    courier: str = ""
    receipt: bytes = b""
    level: Level = Level.TRANSPORT  # of the receipt


# --- Out --------------------------------------------------------------------------------------------------------------


class MailRow(Value):
    """One line of a list of mails."""

    id: str
    sender: str
    recipients: tuple[str, ...]
    subject: str  # "" for a sealed mail
    at: datetime
    size: int
    door: Door
    peer: str
    identity: Identity
    actions: tuple[Action, ...]
    digest: str  # of its bytes, also when they are gone
    kept: bool = True  # are its bytes still there?


class MailPage(Value):
    """Some mails, newest first; ``after`` is where the next page starts, "" on the last one."""

    rows: tuple[MailRow, ...]
    after: str = ""


class CaseRow(Value):
    """One line of a list of cases."""

    id: str
    unit: str
    office: str
    direction: Direction
    action: Action
    state: CaseState
    opened_at: datetime
    due_at: datetime | None
    kind: str
    number_symbol: str
    issuer: str
    subject: str  # of the document (trích yếu), else of the mail
    urgency: str
    sender: str
    reason: str
    rule: str
    alarm: bool
    mails: int  # how many mails brought it


class CasePage(Value):
    """Some cases, newest first; ``after`` is where the next page starts, "" on the last one."""

    rows: tuple[CaseRow, ...]
    after: str = ""


class DeliveryPage(Value):
    """Some deliveries, newest first; ``after`` is where the next page starts, "" on the last one."""

    rows: tuple[Delivery, ...]
    after: str = ""


class Replayable(Value):
    """A mail as a changed policy is tried on it: without its bytes, with what was recognised and what was decided then."""

    mail: Mail  # raw is b""
    size: int  # of its bytes
    subject: str
    recognition: Recognition
    verdicts: tuple[Verdict, ...]  # without evidence and rules passed over


class ReplayPage(Value):
    """Some of them, oldest first; ``after`` is where the next page starts, "" on the last one."""

    mails: tuple[Replayable, ...]
    after: str = ""


class Purgeable(Value):
    """Mails whose bytes would be dropped."""

    mails: int
    size: int  # bytes
    oldest: datetime | None  # when the oldest of them came


class Version(Value):
    """A policy or directory that was in force from a moment on."""

    version: str
    at: datetime
    actor: str = ""


class Statistics(Value):
    """Counts since a moment."""

    mails: int
    by_action: dict[str, int]
    by_rule: dict[str, int]
    by_unit: dict[str, int]  # unit of the verdict; verdicts without one are left out


class Health(Value):
    """What waits, and what a person must look at."""

    queued: int
    deferred: int
    uncertain: int
    refused: int
    dead: int
    cases_waiting: int
    alarms: int  # waiting cases with an alarm, and sealed ones that nobody has opened yet
    secrets_let_through: int  # mails of the last 7 days with a secret that no unit concerned was bound to stop yet
    oldest_queued_at: datetime | None
    oldest_deferred_at: datetime | None = None
