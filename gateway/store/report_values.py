"""What the readers of registers and reports give back.  Plain values: nothing here knows the database."""

from __future__ import annotations

from datetime import date, datetime

from gateway.lifecycle import CaseEvent, CaseState
from gateway.model import Action, Direction, Document, Door, Value


class Entry(Value):
    """One line of a register: a case that an office system has, or had."""

    id: str
    unit: str
    direction: Direction
    action: Action
    state: CaseState
    book_on: date  # the day that it stands under: as the office said, else the day it came
    opened_at: datetime
    register_number: str
    registered_on: date | None
    number_symbol: str
    kind: str
    issuer: str
    title: str  # trích yếu, else the subject of the mail
    urgency: str
    sender: str
    recipients: tuple[str, ...]
    door: Door  # by which its first mail came
    document: Document | None


class BookPage(Value):
    """Some lines, oldest first; ``after`` is where the next page starts, "" on the last one."""

    rows: tuple[Entry, ...]
    after: str = ""


class CaseCounts(Value):
    """Cases of one unit that were opened in a period, by what became of them."""

    unit: str
    counts: dict[str, int]  # by the names of gateway.store.case_figures.WHAT


class Span(Value):
    """How long one case took, from its opening until we heard that it was registered."""

    unit: str
    opened_at: datetime
    registered_at: datetime


class Issued(Value):
    """Mails of one sender in one week that carried an official document for others, by what became of them."""

    sender: str
    week: int  # counted from the beginning of the period, from 0
    refused: int
    redirected: int
    copied: int
    let_through: int  # the unit is not yet in enforce
    held: int  # perhaps a document: nobody could say yet

    @property
    def mails(self) -> int:
        """Those that carried one for certain."""
        return self.refused + self.redirected + self.copied + self.let_through


class Moved(Value):
    """One step of a case: who took it, when, and why."""

    at: datetime
    case_id: str
    unit: str
    event: CaseEvent
    actor: str  # "" is the gateway itself
    reason: str
    opened_at: datetime
    due_at: datetime | None
    is_first: bool  # the first decision about the case
