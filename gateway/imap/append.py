"""A courier that puts mails into the mailbox of a successor by IMAP: the bytes as they were, with date, flags and folder.

An attempt whose end nobody saw may have succeeded.  So before each the folder is searched for the mail's Message-ID, and a
message with exactly these bytes there is the proof: ALREADY.  So whatever goes wrong is tried again, and never UNCERTAIN.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from datetime import datetime

from gateway.courier import Outcome, Parcel, Result
from gateway.documents.fields import cut_head, parse_fields
from gateway.errors import MailboxRefused, MailboxUnreachable, Misconfigured, SignInRefused, TemporaryFailure
from gateway.imap.desk import Credentials
from gateway.imap.session import Session
from gateway.imap.values import Server
from gateway.model import Mail

logger = logging.getLogger(__name__)

_INBOX = "INBOX"
_SYSTEM_FLAGS = {"\\seen", "\\answered", "\\flagged", "\\draft"}


class AppendCourier:
    """Appends to one mailbox, over one session that is kept while it works."""

    lanes = 1

    def __init__(self, name: str, server: Server, credentials: Credentials) -> None:
        self.name = name
        self._server = server
        self._credentials = credentials
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._folders: set[str] = set()  # that are there

    async def deliver(self, parcel: Parcel) -> tuple[Result, ...]:
        """Append the mail once for each delivery.  TemporaryFailure, Misconfigured (sign-in)."""
        return await asyncio.to_thread(self._deliver, parcel)

    async def close(self) -> None:
        """Say goodbye."""
        await asyncio.to_thread(self._close)

    def _deliver(self, parcel: Parcel) -> tuple[Result, ...]:
        with self._lock:
            try:
                return tuple(self._append(parcel.mail, each.id, each.options) for each in parcel.deliveries)
            except SignInRefused as error:
                self._drop()
                raise Misconfigured(f"{self._credentials.user}: {error}") from error
            except (MailboxUnreachable, MailboxRefused) as error:  # refused: over quota, for example
                self._drop()
                raise TemporaryFailure(str(error)) from error
            except Exception as error:  # a bug of ours; it may be there by now, and the next attempt looks first
                logger.exception("%s failed on %s", self.name, parcel.deliveries[0].id)
                self._drop()
                raise TemporaryFailure(f"{type(error).__name__}: {error}") from error

    def _append(self, mail: Mail, delivery_id: str, options: tuple[str, ...]) -> Result:
        folder, received_at, flags = _as_it_was(options)
        session = self._signed_in()
        self._make(session, folder)
        if uid := _found(session, folder, mail.raw):
            return Result(delivery_id=delivery_id, outcome=Outcome.ALREADY, reply=f"is there already: {folder}, UID {uid}")
        where = session.append(folder, mail.raw, flags=flags, received_at=received_at or mail.arrival.at)
        told = f"UIDVALIDITY {where[0]}, UID {where[1]}" if where else "the server does not tell its UID"
        return Result(
            delivery_id=delivery_id, outcome=Outcome.DELIVERED, reply=f"appended to {folder}: {told}", sent=mail.digest
        )

    def _signed_in(self) -> Session:
        if self._session is not None:
            try:
                self._session.noop()
            except MailboxUnreachable:
                self._drop()
        if self._session is None:
            self._session = Session.open(self._server, self._credentials)
        return self._session

    def _make(self, session: Session, folder: str) -> None:
        if folder.upper() != _INBOX and folder not in self._folders:
            session.create(folder)
            self._folders.add(folder)

    def _drop(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.drop()

    def _close(self) -> None:
        with self._lock:
            session, self._session = self._session, None
            if session is not None:
                session.close()


def _as_it_was(options: tuple[str, ...]) -> tuple[str, datetime | None, tuple[str, ...]]:
    """Folder, date and flags that gateway.sweeping wrote down; keywords stay behind: they mean something only over there."""
    values = [option.partition("=") for option in options]
    folder = next((value for name, _, value in values if name == "FOLDER"), _INBOX) or _INBOX
    date = next((value for name, _, value in values if name == "DATE"), "")
    flags = tuple(value for name, _, value in values if name == "FLAG" and value.lower() in _SYSTEM_FLAGS)
    return folder, datetime.fromisoformat(date) if date else None, flags


def _found(session: Session, folder: str, raw: bytes) -> int:
    """The UID of a message in the folder that has exactly these bytes; 0 for none."""
    message_id = parse_fields(cut_head(raw)[0]).first("message-id").strip()
    session.select(folder)
    if message_id and message_id.isascii() and message_id.isprintable():
        uids = session.uids_with_header("Message-ID", message_id)
    else:
        uids = session.uids()[-20:]
    for outline in session.outlines(uids):
        if outline.size == len(raw) and session.fetch([outline.uid]).get(outline.uid) == raw:
            return outline.uid
    return 0
