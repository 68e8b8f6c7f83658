"""The Courier protocols: carry a Parcel to one place, once, say what came of it, and bring back what the other side answers."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from gateway.model import Case, Delivery, Document, Mail, Value

RELAY = "relay"  # name of the courier that carries mails; all others carry cases to office systems


class Outcome(StrEnum):
    """What came of one attempt, or of a look-up."""

    DELIVERED = "delivered"  # the other side stored it
    ALREADY = "already"  # the other side says duplicate: success, with the earlier receipt
    PENDING = "pending"  # taken; the answer comes later
    RETRY = "retry"  # certainly not taken
    UNCERTAIN = "uncertain"  # may have been taken: look up before sending again
    REFUSED = "refused"  # the other side's own verdict
    MISCONFIGURED = "misconfigured"  # ours to repair: pause the courier, keep the queue


class Fate(StrEnum):
    """What a delivery report says of a recipient: the Action of RFC 3464 section 2.3.3."""

    FAILED = "failed"
    DELAYED = "delayed"  # it is still tried
    RELAYED = "relayed"  # passed on to a server that tells nothing further
    DELIVERED = "delivered"  # it lies in the mailbox


class Parcel(Value):
    """One mail (or case) for one place: the same on every attempt.

    All ``deliveries`` share courier, mail and envelope sender; the relay sends them in one SMTP transaction.
    ``case`` is there when an office system gets a captured document.
    """

    mail: Mail
    deliveries: tuple[Delivery, ...]
    case: Case | None = None
    earlier: Case | None = None  # whose document this one recalls, corrects or replaces, when it is known


class Result(Value):
    """What came of one attempt for one delivery."""

    delivery_id: str
    outcome: Outcome
    reply: str = ""  # what the other side said, for the story, the console and the delivery report
    receipt: bytes = b""  # kept verbatim
    announce: Fate | None = None  # DELIVERED: its sender asked to hear of it, and nobody but us will tell him
    sent: str = ""  # SHA-256 of the bytes that left, our headers included; "" when they were not taken
    untried: bool = False  # RETRY: nobody was asked, so no attempt is used up


# --- What an office system answers ------------------------------------------------------------------------------------


class Level(StrEnum):
    """How far a document came over there.  The four levels of a receipt are never mixed: only REGISTERED has a number."""

    TRANSPORT = "transport"  # taken on the way
    STORED = "stored"  # it stands there, nobody has dealt with it; status 01
    REGISTERED = "registered"  # got a number there; status 03
    REJECTED = "rejected"  # a person there said no, with a reason; status 02
    STATUS = "status"  # what happens to it later; the code says what: 04, 05, 06, 13, 15, 16
    DOCUMENT = "document"  # no receipt at all: a document of the axis, for one of our units
    UNREADABLE = "unreadable"  # nobody can say what it is: the reason does, the bytes are kept


class CarriedFile(Value):
    """One file of a document that came over the axis, as the sender meant it: unpacked where its kit had packed it."""

    name: str
    data: bytes
    media: str = ""  # as the sender declared it


class Incoming(Value):
    """A document that came over the axis, as its package says."""

    document: Document
    sender: str = ""  # code of the issuer on the axis
    sender_name: str = ""
    receivers: tuple[str, ...] = ()  # codes of the addressees on the axis
    business: str = "0"  # BussinessDocType: 0 mới, 1 thu hồi, 2 cập nhật, 3 thay thế
    earlier: tuple[str, ...] = ()  # document ids of those that it recalls, updates or replaces
    reason: str = ""  # why it does
    due_on: date | None = None
    files: tuple[CarriedFile, ...] = ()
    problems: tuple[str, ...] = ()  # what was odd in the package


class Answer(Value):
    """One thing that came back.  It is given again and again until it is acknowledged.

    ``event_id`` is the same each time, and names one event of one courier for ever.  An answer says what it is about in one of
    three ways, as far as the other side knows them: by our delivery, by DocumentId, or by issuer, number and date.
    """

    event_id: str
    level: Level
    at: datetime | None = None  # as the other side says; None when it does not
    status: str = ""  # StatusCode of QCVN 102: "01" … "06", "13", "15", "16"
    delivery_id: str = ""
    document_id: str = ""
    organ_id: str = ""  # code on the axis of who issued the document that this is about
    number_symbol: str = ""  # "87/THCSLL"
    issued_on: date | None = None
    register_number: str = ""  # số đến, or the number that a document going out got
    registered_on: date | None = None
    reason: str = ""  # in the other side's words
    actor: str = ""  # who did it there, as they say
    raw: bytes = b""  # verbatim
    digest: str = ""  # SHA-256 of raw
    incoming: Incoming | None = None  # for DOCUMENT
    handle: str = ""  # what acknowledge() needs; nobody else reads it


class Status(Value):
    """What we tell the issuer of a document that came over the axis (received, rejected, registered …)."""

    id: str  # fixed before the first byte leaves: the same on every attempt
    code: str  # "01" … "06", "13", "15", "16"
    sender: str  # code of our unit
    receiver: str  # code on the axis of the issuer
    document_id: str
    at: datetime
    sender_name: str = ""
    number_symbol: str = ""
    issued_on: date | None = None
    description: str = ""  # the reason of a rejection, or what happened; at most 500 characters go out
    staff: str = ""
    department: str = ""


# --- What a courier can do, and how it is ----------------------------------------------------------------------------


class Capabilities(Value):
    """What an office system and its courier can do."""

    look_up: bool = False  # can prove that a delivery arrived
    poll: bool = False  # brings answers
    idempotent: bool = False  # the same delivery id twice makes one entry over there
    recall: bool = False  # understands recall, update and replacement
    incoming: bool = False  # brings documents of the axis
    sends_status: bool = False  # answer() works
    max_bytes: int = 0  # of one package; 0: no limit is known


class FindingLevel(StrEnum):
    """How bad a finding is."""

    GOOD = "good"
    WARNING = "warning"  # works today
    BAD = "bad"  # nothing is handed over before this is repaired


class Finding(Value):
    """One thing that the officer should know about a courier."""

    level: FindingLevel
    about: str  # "login", "certificate", "clock", "codes", "folder", "settings", "size"
    text: str  # a Vietnamese sentence that says what is so and what to do


# --- The protocols ----------------------------------------------------------------------------------------------------


class Courier(Protocol):
    """Carries parcels.  Tries once; the worker waits and retries.

    One that brings parcels to several places also has ``split``: a parcel -> one for each place.
    """

    name: str
    lanes: int  # parcels that it can make use of at once, at least

    async def deliver(self, parcel: Parcel) -> tuple[Result, ...]:
        """Carry the parcel; one Result for each of its deliveries.  Raises DeliveryError when it is the same for all."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class OfficeCourier(Courier, Protocol):
    """A courier to an office system: it can also be asked.

    All of these raise DeliveryError when the other side cannot be asked now: TemporaryFailure, or Misconfigured when it is
    ours to repair.
    """

    capabilities: Capabilities

    async def look_up(self, delivery: Delivery, case: Case) -> Result:
        """What became of a delivery that may have been taken.  Sends nothing.

        ALREADY when it is found there, with the receipt; RETRY when it is certainly not there; UNCERTAIN when nobody can say.
        """
        ...

    async def poll(self) -> tuple[Answer, ...]:
        """What came back and was not acknowledged yet: some of it at a time, oldest first; () when there is nothing more."""
        ...

    def postpone(self, answer: Answer) -> None:
        """It could not be taken: it is given again, but behind the others, so that it keeps none of them back."""
        ...

    async def acknowledge(self, answer: Answer) -> None:
        """Called once the answer is durable: it need not be given again.  Harmless when done twice."""
        ...

    async def answer(self, status: Status) -> Result:
        """Tell the issuer of a document of the axis what became of it.  The Result is for ``status.id``."""
        ...

    async def check(self) -> tuple[Finding, ...]:
        """How this courier is, for the officer.  Raises nothing: what is wrong is a finding."""
        ...
