"""What the import of old mail hands to the store, and what it asks for.  Plain values."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from gateway.model import Direction, Value
from gateway.store.values import Acceptance


class Outcome(StrEnum):
    """What came of one old mail."""

    ARCHIVED = "archived"  # has documents, which are in the archive now
    NOTHING = "nothing"  # carries no official document
    SAME = "same"  # the same bytes were imported before, or swept and captured
    SECRET = "secret"  # bears a secrecy stamp: nothing of it is kept  # noqa: S105 - an outcome, not a password
    UNREADABLE = "unreadable"  # a file that could not be read
    FAILED = "failed"  # the mail itself could not be had or read: tried again the next time


class PastDocument(Value):
    """One document that an old mail carries."""

    unit: str
    direction: Direction
    kind: str
    year: int  # 0 when unknown
    number_symbol: str
    key: str  # number, symbol, agency and year, comparable; "" when one of them is missing
    case_id: str


class PastMail(Value):
    """One old mail and what came of it.  ``acceptance`` is there when something of it is archived."""

    key: str  # of the item within its source
    folder: str
    at: datetime | None
    size: int
    digest: str
    sender: str
    outcome: Outcome
    note: str = ""  # why, in Vietnamese
    acceptance: Acceptance | None = None
    documents: tuple[PastDocument, ...] = ()


class Remembered(Value):
    """What writing one old mail came to."""

    is_new: bool = True  # False: another run had it already
    joined: int = 0  # documents whose bytes the archive had already
    twins: int = 0  # other documents whose number, symbol, agency and year the archive has in other bytes


class ImportRow(Value):
    """One import: a source, and how far it was read."""

    id: str
    name: str
    unit: str
    started_at: datetime
    finished_at: datetime | None  # None: not read to its end yet
    outcomes: dict[Outcome, int]


class DocumentCount(Value):
    """How many documents of one unit, kind and year came from one source."""

    source: str
    unit: str
    direction: Direction
    kind: str
    year: int
    documents: int
    joined: int
    twins: int


class MailCount(Value):
    """How many mails of one folder met which outcome."""

    source: str
    folder: str
    outcome: Outcome
    mails: int
    size: int


class Trouble(Value):
    """An old mail that a person may want to look at where it lies."""

    source: str
    folder: str
    key: str
    at: datetime | None
    sender: str
    outcome: Outcome
    note: str
