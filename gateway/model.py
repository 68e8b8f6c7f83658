"""The nouns: every value that travels between doors, recogniser, policy, store, couriers and console.

All values are frozen and keyword-only; unknown is ``""`` or ``()``, only dates may be ``None``; times are aware, in UTC.
They are msgspec Structs: like frozen dataclasses, but made ten times faster, and written to JSON by the library
(docs/decisions/0002-values-are-msgspec-structs.md).  ``StrEnum`` values are what tables, TOML, log and URLs show.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import dataclass_transform

import msgspec

from gateway.lifecycle import CaseState, DeliveryState


# mypy does not take these defaults over from msgspec's own declaration.
@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Value(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all nouns: frozen, keyword-only, comparable by value."""


_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32
_TO_DIGITS = (_DIGITS * 8).encode()  # a random byte -> a random digit: 32 divides 256
_POOL = 1024  # identities


class _Identities:
    """Makes identities: one for every mail, and the libraries take 15 µs for one.

    Random digits come from a pool, because os.urandom gives the interpreter lock away; the digits of a millisecond are spelled
    once.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._digits = ""
        self._left = 0  # of them
        self._moment = (-1, "")

    def new(self) -> str:
        at = time.time_ns() // 1_000_000
        with self._lock:
            if not self._left:
                self._digits = os.urandom(16 * _POOL).translate(_TO_DIGITS).decode()
                self._left = 16 * _POOL
            self._left -= 16
            random = self._digits[self._left : self._left + 16]
            if self._moment[0] != at:
                self._moment = (at, _spelled(at, 10))
            return self._moment[1] + random


_identities = _Identities()


def new_id() -> str:
    """A new identity (ULID: 48 bits of milliseconds, 80 random bits): 26 characters, sorts by time, says nothing else."""
    return _identities.new()


def first_id_of(moment: datetime) -> str:
    """The smallest identity that new_id() can make from that moment on."""
    return _spelled(int(moment.timestamp() * 1000), 10) + "0" * 16


def moment_of(identity: str) -> datetime:
    """When an identity was made, to the millisecond."""
    value = 0
    for digit in identity[:10]:
        value = value << 5 | _DIGITS.index(digit)
    return datetime.fromtimestamp(value / 1000, UTC)


def lasting_id(moment: datetime | None, digest: str) -> str:
    """An identity of that form for bytes of the past: the same moment and digest (hexadecimal) give the same one."""
    at = 0 if moment is None else max(int(moment.timestamp() * 1000), 0)
    return _spelled(at << 80 | int(digest[:20], 16), 26)


def _spelled(value: int, digits: int) -> str:
    return "".join([_DIGITS[value >> shift & 31] for shift in range(5 * digits - 5, -1, -5)])


_SMALL = 16 * 1024
_PIECE = 2047  # from 2048 bytes on hashlib gives the interpreter lock away, and getting it back takes longer than the digest


def digest_of(raw: bytes) -> str:
    """The SHA-256 of bytes, in hexadecimal: the identity of mails and files."""
    if len(raw) > _SMALL:
        return hashlib.sha256(raw).hexdigest()
    digest = hashlib.sha256(raw[:_PIECE])
    for start in range(_PIECE, len(raw), _PIECE):
        digest.update(raw[start : start + _PIECE])
    return digest.hexdigest()


# --- Mail: what arrived -----------------------------------------------------------------------------------------------


class Door(StrEnum):
    """By which way a mail came in."""

    SMTP = "smtp"
    LMTP = "lmtp"
    IMAP = "imap"
    OWN = "own"  # notices and delivery reports that we wrote ourselves
    ARCHIVE = "archive"  # mail of the past, taken from a mailbox or a file: nothing is done with it any more
    AXIS = "axis"  # a document that an office system's courier brought


class Identity(StrEnum):
    """How the sender was proved, from nothing to best.

    SPF and DKIM are the word of his domain: which of its people wrote, they do not say.
    """

    CLAIMED = "claimed"
    SPF = "spf"  # his domain names the host that the mail came from (RFC 7208)
    DKIM = "dkim"  # his domain signed the mail (RFC 6376)
    TRUSTED_NETWORK = "trusted-network"
    AUTHENTICATED = "authenticated"  # he signed in, and may write as this sender


class Swept(StrEnum):
    """What became of a message in a mailbox that is swept."""

    ACCEPTED = "accepted"  # its mail is ours
    SAME = "same"  # exactly the bytes of a mail that was ours already
    FAILED = "failed"  # to be tried again
    HELD = "held"  # given up: a person was told, and the message is where it was


class Source(Value):
    """Where in which mailbox a message lies: with UIDVALIDITY, this names it for ever."""

    mailbox: str
    folder: str
    uidvalidity: int
    uid: int
    digest: str = ""  # SHA-256 of its bytes as the server gave them; "" when it gave none
    size: int = 0
    received_at: datetime | None = None  # INTERNALDATE
    flags: tuple[str, ...] = ()
    likeness: str = ""  # of Message-ID, date and sender; "" when it has none
    tidy: bool = False  # it is to be marked or moved once its bytes are ours
    twin: str = ""  # the id of a mail that is probably the same: a person decides


class Proof(Value):
    """What was found about the sender of one mail; the words are those of RFC 8601, "" where nobody looked."""

    identity: Identity = Identity.CLAIMED
    spf: str = ""
    dkim: str = ""
    dmarc: str = ""
    domain: str = ""  # that answers for the sender
    by: str = ""  # the mail server whose word this is; "" when the gateway itself looked

    def __str__(self) -> str:
        """For the log and the story."""
        return f"spf={self.spf} dkim={self.dkim} dmarc={self.dmarc}"


class Arrival(Value):
    """By which Door, when, from whom, how the sender was proved."""

    door: Door
    at: datetime
    peer: str = ""  # address of the client, without port
    helo: str = ""
    protocol: str = "ESMTP"  # the "with" word of the trace header (RFC 5321 section 4.4)
    identity: Identity = Identity.CLAIMED
    proof: Proof | None = None  # what his domain said; None when it was not asked
    source: Source | None = None  # by IMAP: where it was
    answers_each: bool = False  # its client takes an answer for each recipient (PRDR)
    patience_s: float = 0.0  # how long its client waits for the answer; 0 is as long as it takes


class Recipient(Value):
    """One envelope recipient, with the parameters of its RCPT command as they came (NOTIFY, ORCPT; RFC 3461)."""

    address: str
    options: tuple[str, ...] = ()


class Mail(Value):
    """What arrived: sender, recipients, the bytes (never rewritten), the Arrival.

    ``raw`` is the message without dot-stuffing, exactly as the client meant it; ``sender`` is "" for the null reverse-path;
    ``options`` are the parameters of MAIL as they came (SIZE left out).
    """

    id: str
    sender: str
    recipients: tuple[Recipient, ...]
    raw: bytes
    digest: str
    arrival: Arrival
    options: tuple[str, ...] = ()


# --- Documents: what a mail carries -----------------------------------------------------------------------------------


class Nature(StrEnum):
    """What a file (or the body of a mail) is."""

    ISSUED = "issued"  # a final text: number, date, signer, seal
    DRAFT = "draft"  # an official document whose number or date is still blank, or that says so
    TEMPLATE = "template"  # a form to fill in: dotted blanks
    COPY = "copy"  # SAO Y, SAO LỤC, TRÍCH SAO (Decree 30/2020, article 25)
    OTHER = "other"  # anything else: reports, data, threads, pages about documents
    UNREADABLE = "unreadable"  # could not be read; `reason` says why
    SECRET = "secret"  # bears a secrecy stamp: not read any further  # noqa: S105 - a nature, not a password


class TextSource(StrEnum):
    """How words were read."""

    TEXT = "text"
    OCR = "ocr"
    NONE = "none"


class Sign(StrEnum):
    """What a piece of evidence speaks for.  The first six make an issuance (Decree 30/2020, articles 3.8, 5, 14, 15)."""

    AGENCY = "agency"  # issuer named in the header; policy compares it with the sender's own agency
    NUMBER = "number"
    DATE = "date"
    SIGNATURE = "signature"
    SEAL = "seal"  # seal or digital signature of the agency
    ADDRESSEE = "addressee"  # Kính gửi, Nơi nhận
    MOTTO = "motto"  # Quốc hiệu and Tiêu ngữ
    KIND = "kind"
    SUBJECT = "subject"
    URGENCY = "urgency"
    SECRECY = "secrecy"
    DRAFT = "draft"
    TEMPLATE = "template"
    COPY = "copy"
    CITED = "cited"  # a number that belongs to another document
    UNREADABLE = "unreadable"
    RELATION = "relation"  # recalls, corrects or replaces another document


SIX_SIGNS = (Sign.AGENCY, Sign.NUMBER, Sign.DATE, Sign.SIGNATURE, Sign.SEAL, Sign.ADDRESSEE)


class Urgency(StrEnum):
    """Urgency stamps (Decree 30/2020, appendix I, box 10b)."""

    NORMAL = ""
    URGENT = "khẩn"
    VERY_URGENT = "thượng khẩn"
    FLASH = "hỏa tốc"


class Secrecy(StrEnum):
    """Secrecy stamps (Decree 30/2020, appendix I, box 10a)."""

    NONE = ""
    CONFIDENTIAL = "mật"
    SECRET = "tối mật"  # noqa: S105 - a stamp, not a password
    TOP_SECRET = "tuyệt mật"  # noqa: S105 - a stamp, not a password


class Regime(StrEnum):
    """Under whose rules of form a document is made (Decree 30/2020, article 2.2: political bodies have their own)."""

    STATE = ""
    PARTY = "party"
    UNION = "union"  # công đoàn
    YOUTH = "youth"  # Đoàn, Đội
    COMPANY = "company"  # enterprises and persons: no authority's document


class Relation(StrEnum):
    """What a document does to an earlier one (Decree 30/2020, article 18)."""

    NONE = ""
    RECALL = "recall"  # thu hồi
    CORRECTION = "correction"  # đính chính
    REPLACEMENT = "replacement"  # thay thế


class Box(Value):
    """A place on a page, as shares of its width and height from the upper left corner, 0 to 1."""

    left: float
    top: float
    right: float
    bottom: float


class Evidence(Value):
    """One sign, with the place and the words that show it."""

    sign: Sign
    words: str
    file: str = ""  # name of the attachment; "" is the body; "a.zip/b.pdf" lies in an archive
    page: int = 0  # counted from 1; 0 when the format has no pages
    line: int = 0  # line of the text as read, counted from 1; 0 when unknown
    how: TextSource = TextSource.TEXT
    confidence: float = 1.0
    box: Box | None = None  # where on the page, when the reader knows


class SignatureLevel(StrEnum):
    """What a digital signature is worth, as of the time of signing."""

    INTACT = "intact"  # and trusted
    UNTRUSTED = "untrusted"  # intact, but its certificate leads to none of our trust anchors
    BROKEN = "broken"
    NONE = "none"  # an empty signature field


class DigitalSignature(Value):
    """One signature in a file.  Personal identifiers of the certificate (CCCD, MST, mail) are never kept."""

    level: SignatureLevel
    signer: str = ""  # common name
    organisation: str = ""
    issuer: str = ""  # common name of the certificate authority
    signed_at: datetime | None = None
    covers_all: bool = False  # nothing was added to the file behind it
    kind: str = ""  # "adbe.pkcs7.detached", "ETSI.CAdES.detached", "xmldsig", "cms"
    page: int = 0  # of its field, counted from 1; 0 when unknown
    reason: str = ""  # why it is broken or untrusted


class Document(Value):
    """An official document that a file carries.  Empty fields were not found."""

    nature: Nature
    confidence: float
    number: str = ""  # "45", with the zeros that were printed
    symbol: str = ""  # "BC-THCSLL"
    number_symbol: str = ""  # "45/BC-THCSLL", as printed, spaces squeezed
    kind: str = ""  # "Báo cáo": one of gateway.documents.kinds
    issuer: str = ""
    superior: str = ""  # the superior body above the issuer in the header
    place: str = ""
    issued_on: date | None = None
    subject: str = ""  # trích yếu, without "V/v"
    signer: str = ""
    signer_title: str = ""
    capacity: str = ""  # TM., KT., TL., TUQ., Q.
    urgency: Urgency = Urgency.NORMAL
    secrecy: Secrecy = Secrecy.NONE
    addressees: tuple[str, ...] = ()
    cited: tuple[str, ...] = ()  # numbers and symbols of other documents
    regime: Regime = Regime.STATE
    relation: Relation = Relation.NONE
    concerns: str = ""  # number and symbol of the document that is recalled, corrected or replaced
    copy_form: str = ""  # "Sao y", "Trích sao", "Sao lục"
    copy_number: str = ""  # "05/SY-THCS": a copy has a number of its own series
    copied_by: str = ""
    evidence: tuple[Evidence, ...] = ()

    def signs(self) -> tuple[Sign, ...]:
        """Which of the six signs were found in the document itself."""
        found = {e.sign for e in self.evidence}
        return tuple(s for s in SIX_SIGNS if s in found)


class FileReading(Value):
    """One attachment (or the body) after recognition."""

    name: str  # file name, NFC; "" is the body
    digest: str  # SHA-256 of the bytes
    size: int
    media: str = ""  # by content, not as declared: "application/pdf"
    nature: Nature = Nature.OTHER
    confidence: float = 1.0
    documents: tuple[Document, ...] = ()
    text_source: TextSource = TextSource.NONE
    reason: str = (
        ""  # for UNREADABLE: "password", "damaged", "time limit", "memory limit", "crashed", "no text layer", "format", …
    )
    elapsed_ms: float = 0.0
    signatures: tuple[DigitalSignature, ...] = ()
    inner: tuple[FileReading, ...] = ()  # what lies in an archive or a forwarded mail; documents holds theirs as well
    sketch: tuple[int, ...] = ()  # of the words of a document: see gateway.documents.sketch

    def walk(self) -> Iterator[FileReading]:
        """This file, then all that lie in it, depth first."""
        yield self
        for each in self.inner:
            yield from each.walk()


class Recognition(Value):
    """All that recognise() said about one mail."""

    files: tuple[FileReading, ...] = ()
    subject: str = ""  # the Subject field, decoded, NFC
    skipped: bool = False  # no part could carry a document: not parsed any further

    def documents(self) -> tuple[Document, ...]:
        """The documents of all files, in order."""
        return tuple(d for f in self.files for d in f.documents)


NOTHING_RECOGNISED = Recognition(skipped=True)


# --- Verdicts ---------------------------------------------------------------------------------------------------------


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


# --- Cases and deliveries ---------------------------------------------------------------------------------------------


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
    detail: dict[str, str | int | float | bool | list[str]] = {}


class Report(Value):
    """A mail that came through a reporting channel."""

    mail_id: str
    sender: str
    at: datetime
    files: tuple[str, ...]  # names of its attachments


# --- People -----------------------------------------------------------------------------------------------------------


class Role(StrEnum):
    """What an account of the console may do."""

    CLERK = "clerk"  # decides the cases of its units
    HEAD_CLERK = "head-clerk"  # a clerk who also sees all units below hers, and says who looks after what
    OFFICER = "officer"  # runs the gateway: sees everything but sealed cases, decides nothing
    LEADER = "leader"  # reads the cases of its units
    AUDITOR = "auditor"  # reads everything but sealed contents


class Account(Value):
    """Somebody who signs in to the console."""

    name: str
    full_name: str
    role: Role
    units: tuple[str, ...] = ()  # codes of organisations; empty for officers and auditors: all
    password_hash: str = ""
    active: bool = True
    must_change: bool = False  # the password is somebody else's choice: the next sign-in changes it
    totp: str = ""  # secret of the second factor (RFC 6238, base32); "" for none
    recovery: tuple[str, ...] = ()  # digests of codes that stand in for it, each once
    subject: str = ""  # who this is at the sign-in service (OIDC); "" for nobody
    last_sign_in_at: datetime | None = None  # written by the sign-in alone
    language: str = ""  # that this one chose (web.language); "" for none; written by that choice alone, as the next
    look: str = ""  # of the console (web.look)
    oversees: tuple[str, ...] = ()  # units below the own ones: seen, not decided; never stored (gateway.rights)


# --- What the doors and the intake say to each other ------------------------------------------------------------------


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
