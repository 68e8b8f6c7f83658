"""What a reconciliation of a mailbox says.  Plain values."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from gateway.model import Value


class Gap(StrEnum):
    """How a message of a mailbox and what we know of it can differ."""

    UNREAD = "unread"  # there, and not ours yet
    FAILED = "failed"  # to be tried again
    HELD = "held"  # given up: it lies in the mailbox
    UNDECIDED = "undecided"  # ours, and nobody knows what was to become of it
    UNDELIVERED = "undelivered"  # decided, and neither delivered nor captured
    GONE = "gone"  # ours, and no longer there: somebody has deleted or moved it
    FOLDER = "folder"  # a folder that is swept is not there


class GapLine(Value):
    """One difference."""

    gap: Gap
    folder: str
    uid: int = 0
    mail_id: str = ""
    said: str = ""


class Reconciliation(Value):
    """One mailbox at one moment: on server = stored = decided = delivered or captured, and what differs."""

    mailbox: str
    at: datetime
    on_server: int  # messages in the folders that are swept or were imported
    stored: int  # of them: we know what became of them
    decided: int
    done: int  # delivered, captured, archived, or left there on purpose
    old: int  # from before the sweep, not imported: nobody is waiting for them
    gaps: tuple[GapLine, ...] = ()  # the first ones
    more: int = 0  # gaps that were too many to keep

    @property
    def is_even(self) -> bool:
        """Whether nothing has to be done: that somebody tidied up his mailbox is no fault."""
        return not self.more and all(line.gap is Gap.GONE for line in self.gaps)


class KnownMessage(Value):
    """What is known of a message in a mailbox."""

    uid: int
    mail_id: str  # "" when it needed no mail of its own
    gap: Gap | None = None  # FAILED or HELD
    is_past: bool = False  # it was imported


class FolderKnown(Value):
    """What is known of a folder, under one numbering of its messages."""

    messages: tuple[KnownMessage, ...]
    since: datetime | None = None  # what came before is not live; None: everything is
