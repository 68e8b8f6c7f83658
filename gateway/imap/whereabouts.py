"""Which folders of a mailbox are read, and from when on.  Knows the ways of Gmail and Exchange."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from gateway.config import Mailbox
from gateway.errors import MailboxRefused
from gateway.imap.values import Folder, Outline

if TYPE_CHECKING:
    from gateway.imap.session import Session

EVERYTHING = "*"
_NOT_INCOMING = {"\\sent", "\\drafts", "\\junk", "\\trash"}  # RFC 6154
# Servers without special-use attributes, and Exchange's folders of things that are no mail.
_BY_NAME = {
    "sent", "sent items", "sent mail", "sent messages", "drafts", "junk", "junk e-mail", "junk email", "spam", "trash",
    "deleted items", "deleted messages", "outbox", "calendar", "contacts", "tasks", "notes", "journal", "sync issues",
    "conversation history", "rss feeds", "đã gửi", "thư đã gửi", "thư nháp", "nháp", "thư rác", "thùng rác",
    "mục đã xóa", "mục đã gửi", "hộp thư đi",
}  # fmt: skip
_OUTGOING_LABELS = {"\\sent", "\\draft", "\\drafts"}


def folders_of(mailbox: Mailbox, session: Session) -> tuple[str, ...]:
    """The folders to read, in order; never the one that we move messages to.  MailboxRefused when there is none."""
    if EVERYTHING not in mailbox.folders:
        return mailbox.folders
    listed = [folder for folder in session.folders() if folder.selectable]
    everything = [folder.name for folder in listed if "\\all" in folder.attributes]
    if everything and session.has("X-GM-EXT-1"):
        return tuple(everything)  # Gmail: each message once, whatever its labels
    names = tuple(folder.name for folder in listed if _is_incoming(folder) and folder.name != mailbox.move_to)
    if not names:
        raise MailboxRefused("there is no folder to read")
    return tuple(sorted(names, key=lambda name: (name.upper() != "INBOX", name)))


def is_live(mailbox: Mailbox, now: datetime) -> datetime | None:
    """From when on mail is live in a folder that is seen for the first time; None: all of it is."""
    if mailbox.start == "all":
        return None
    day = mailbox.starts_on
    return datetime.combine(day, time(), tzinfo=UTC) if day is not None else now.replace(microsecond=0)


def is_outgoing(outline: Outline) -> bool:
    """Whether the account itself sent it or still writes it (Gmail keeps all in one folder)."""
    labels = {label.lower() for label in outline.gmail_labels}
    return bool(labels & _OUTGOING_LABELS) and "\\inbox" not in labels


def _is_incoming(folder: Folder) -> bool:
    last = folder.name.rpartition(folder.delimiter)[2] if folder.delimiter else folder.name
    by_attribute = set(folder.attributes) & _NOT_INCOMING
    top = folder.name.partition(folder.delimiter)[0] if folder.delimiter else folder.name
    return not by_attribute and not {last.lower(), top.lower()} & _BY_NAME
