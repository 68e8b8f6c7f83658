"""One signed-in connection to a mailbox; it and its link (gateway.imap.link) are the only modules that know IMAPClient.

Every failure comes out as one of the three errors of gateway.imap.link.  Every wait has an end, and kill() ends one from
outside.  Nothing here deletes: messages are read with BODY.PEEK, and moved only where the server can do it without a plain
EXPUNGE.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

from imapclient import IMAPClient
from imapclient.imap_utf7 import decode as from_utf7
from imapclient.imap_utf7 import encode as to_utf7
from imapclient.imapclient import _literal

from gateway.errors import MailboxRefused, MailboxUnreachable
from gateway.imap.desk import Credentials
from gateway.imap.link import FrontDesk, capabilities, connected, failures
from gateway.imap.values import Folder, Outline, Selected, Server
from gateway.imap.words import as_bytes, date_text, date_time, number, quoted, text

_GMAIL = "X-GM-EXT-1"
_UTF8 = "UTF8=ACCEPT"
_WINDOW = 50_000  # UIDs in one search: imaplib takes no line above a million bytes


class Session:
    """A signed-in connection.  For one thread at a time; only kill() may be called by others at any moment."""

    def __init__(self, client: IMAPClient) -> None:
        self._client = client
        self._imap: Any = client._imap  # imaplib's object: IMAPClient has no way to append bytes as they are, or to hear IDLE
        self._watching = False
        self._utf8 = False
        self.capabilities = capabilities(client)
        self.folder: Selected | None = None

    @classmethod
    def open(cls, server: Server, credentials: Credentials) -> Session:
        """Connect, secure the link, sign in.  MailboxUnreachable, SignInRefused."""
        client = connected(server)
        try:
            with failures(signing_in=True):
                credentials.present(FrontDesk(client))
                session = cls(client)
                session._enable_utf8()
        except BaseException:
            with suppress(Exception):
                client.shutdown()
            raise
        return session

    def has(self, capability: str) -> bool:
        """Whether the server offers it."""
        return capability in self.capabilities

    @property
    def can_move(self) -> bool:
        """Whether messages can be moved without a plain EXPUNGE, which would delete what others have marked."""
        return self.has("MOVE") or self.has("UIDPLUS")

    # --- folders ------------------------------------------------------------------------------------------------------

    def folders(self) -> tuple[Folder, ...]:
        """All folders that can be selected, and those that cannot with their attributes; names as people read them."""
        with failures():
            self._client.folder_encode = False  # names are decoded here, by what was agreed on
            listed = self._client.list_folders()
        return tuple(
            Folder(
                name=self._name_of(name),
                delimiter=(delimiter or b"").decode("ascii", "replace"),
                attributes=tuple(attribute.decode("ascii", "replace").lower() for attribute in attributes),
            )
            for attributes, delimiter, name in listed
        )

    def select(self, folder: str, *, readonly: bool = True) -> Selected:
        """Open a folder; ``readonly`` (EXAMINE) changes no flag.  MailboxRefused when it is not there."""
        with failures():
            said = self._client.select_folder(self._wire_name(folder), readonly=readonly)
        if b"UIDVALIDITY" not in said:  # RFC 3501 section 2.3.1.1: then UIDs mean nothing from one session to the next
            raise MailboxRefused(f"{folder}: the server keeps no UIDs (no UIDVALIDITY)")
        self.folder = Selected(
            name=folder,
            uidvalidity=int(said[b"UIDVALIDITY"]),
            uidnext=int(said.get(b"UIDNEXT", 0)),
            exists=int(said.get(b"EXISTS", 0)),
            modseq=number(said.get(b"HIGHESTMODSEQ")),
            flags=tuple(text(flag) for flag in said.get(b"PERMANENTFLAGS", ())),
            writable=not readonly and b"READ-ONLY" not in said,
        )
        return self.folder

    def create(self, folder: str) -> None:
        """Make a folder; does nothing when it is there.  (One that only has folders in it is not: it can hold no message.)"""
        if self._has_folder(folder):
            return
        try:
            with failures():
                self._client.create_folder(self._wire_name(folder))
        except MailboxRefused:
            if not self._has_folder(folder):  # else somebody else was first
                raise

    def _has_folder(self, folder: str) -> bool:
        return any(each.name == folder and each.selectable for each in self.folders())

    # --- what is there ------------------------------------------------------------------------------------------------

    def uids(
        self, first: int = 1, last: int | None = None, *, since: date | None = None, before: date | None = None
    ) -> tuple[int, ...]:
        """UIDs of the selected folder from ``first`` to ``last`` (both included; None: all), ascending.

        ``since`` and ``before`` are days of INTERNALDATE, the second not included (RFC 3501 section 6.4.4).  Never by text:
        servers disagree about character sets.
        """
        found: set[int] = set()
        for start, end in self._windows(first, last):
            criteria = [f"UID {start}:{end}"]
            criteria += [f"SINCE {date_text(since)}"] if since else []
            criteria += [f"BEFORE {date_text(before)}"] if before else []
            with failures():
                # "5:*" gives the last message even when its UID is below 5 (RFC 3501 section 6.4.8).
                found.update(uid for uid in self._client.search(" ".join(criteria)) if uid >= first)
        return tuple(sorted(uid for uid in found if last is None or uid <= last))

    def uids_with_header(self, field: str, value: str) -> tuple[int, ...]:
        """UIDs whose header field contains this (ASCII) text.  Servers may find too much: compare the bytes."""
        with failures():
            return tuple(sorted(self._client.search(["HEADER", field, value])))

    def outlines(self, uids: Sequence[int]) -> tuple[Outline, ...]:
        """Size, date, flags (and Gmail's own words) of messages, without their bytes; what has vanished is left out."""
        items = ["RFC822.SIZE", "INTERNALDATE", "FLAGS"]
        gmail = self.has(_GMAIL)
        items += ["X-GM-MSGID", "X-GM-LABELS"] if gmail else []
        said = self._fetch(uids, items)
        return tuple(_outline(uid, said[uid]) for uid in uids if uid in said)

    def fetch(self, uids: Sequence[int]) -> dict[int, bytes]:
        """The bytes of small messages in one go, by UID; what has vanished is left out."""
        said = self._fetch(uids, ["BODY.PEEK[]"])
        return {uid: bytes(answer[b"BODY[]"]) for uid, answer in said.items() if answer.get(b"BODY[]") is not None}

    def fetch_in_pieces(self, uid: int, *, piece: int = 1 << 20) -> Iterator[bytes]:
        """The bytes of one message, ``piece`` at a time, until the server has no more.

        The size is not relied upon: Exchange's RFC822.SIZE is an estimate.  MailboxRefused when the message has vanished.
        """
        start = 0
        while True:
            said = self._fetch([uid], [f"BODY.PEEK[]<{start}.{piece}>"]).get(uid)
            if said is None:
                raise MailboxRefused(f"message {uid} is not there any more")
            found = next((value for key, value in said.items() if bytes(key).startswith(b"BODY[]")), None)
            part = bytes(found or b"")
            if part:
                yield part
            start += len(part)
            if len(part) < piece:
                return

    # --- what we leave there --------------------------------------------------------------------------------------------

    def flag(self, uids: Sequence[int], *flags: str) -> None:
        """Add flags or keywords."""
        with failures():
            self._client.add_flags(list(uids), list(flags), silent=True)

    def copy(self, uids: Sequence[int], folder: str) -> None:
        """Copy messages to another folder."""
        with failures():
            self._client.copy(list(uids), self._wire_name(folder))

    def move(self, uids: Sequence[int], folder: str) -> None:
        """Move messages: MOVE (RFC 6851), else COPY and UID EXPUNGE (RFC 4315); MailboxRefused where there is neither."""
        if not self.can_move:
            raise MailboxRefused("the server can move nothing without a plain EXPUNGE")
        with failures():
            if self.has("MOVE"):
                self._client.move(list(uids), self._wire_name(folder))
                return
            self._client.copy(list(uids), self._wire_name(folder))
            self._client.add_flags(list(uids), ["\\Deleted"], silent=True)
            self._client.uid_expunge(list(uids))

    def append(
        self, folder: str, raw: bytes, *, flags: Iterable[str] = (), received_at: datetime | None = None
    ) -> tuple[int, int] | None:
        """Put a message into a folder, byte for byte; its (UIDVALIDITY, UID) there, when the server tells (UIDPLUS).

        Not by IMAPClient.append: that turns bare line feeds into CR LF.  A server never takes \\Recent.
        """
        kept = " ".join(flag for flag in flags if flag.lower() != "\\recent")
        words: list[bytes] = [quoted(self._wire_name(folder)), f"({kept})".encode("ascii", "ignore")]
        if received_at is not None:
            words.append(quoted(date_time(received_at)))
        with failures():
            typ, data = self._client._raw_command(b"APPEND", [*words, _literal(raw)], uid=False)
            self._client._checkok("append", typ, data)
        where = re.search(rb"\[APPENDUID (\d+) (\d+)\]", b" ".join(part for part in data if isinstance(part, bytes)))
        return (int(where[1]), int(where[2])) if where else None

    # --- waiting for mail -------------------------------------------------------------------------------------------------

    def watch(self) -> bool:
        """Begin to IDLE (RFC 2177); says whether there is news already.  Then wait on fileno(), and hear() when it is readable.

        Where the server cannot IDLE: MailboxRefused.
        """
        with failures():
            self._client.idle()
        self._watching = True
        return self.hear(readable=False)

    def hear(self, *, readable: bool = True) -> bool:
        """Take in what the server said meanwhile, without waiting; says whether there may be new mail.

        ``readable``: the selector says that there is something; nothing there is then the end of the link
        (MailboxUnreachable).  "* OK Still here" is no news.
        """
        stream = self._imap.file
        link = self._client.socket()
        link.setblocking(False)
        try:
            while True:
                ahead = _peeked(stream)
                if ahead == b"" and readable:
                    raise MailboxUnreachable("the server closed the link")
                if not ahead:
                    return False
                if b"\n" not in ahead:
                    return True  # part of a line: whoever may wait for the rest reads on
                line = stream.readline().upper()
                readable = False
                if line.startswith(b"* BYE"):
                    raise MailboxUnreachable(f"the server says goodbye: {text(line.strip())}")
                if line.split()[2:3] in ([b"EXISTS"], [b"RECENT"]):
                    return True
        except (OSError, ValueError) as error:
            raise MailboxUnreachable(f"the link was cut: {error}") from error
        finally:
            with suppress(OSError):
                self._client._set_read_timeout()

    def unwatch(self) -> None:
        """End IDLE; MailboxUnreachable when nobody answers."""
        if self._watching:
            self._watching = False
            with failures():
                self._client.idle_done()

    def fileno(self) -> int:
        """For a selector."""
        return int(self._client.socket().fileno())

    def noop(self) -> None:
        """Ask whether the server is still there."""
        with failures():
            self._client.noop()

    def close(self) -> None:
        """Say goodbye and let go; never raises."""
        try:
            with failures():
                self.unwatch()
                self._client.logout()
        except (MailboxUnreachable, MailboxRefused):
            self.drop()

    def drop(self) -> None:
        """Let go without a goodbye; never raises."""
        with suppress(Exception):
            self._client.shutdown()

    def kill(self) -> None:
        """Cut the link, from any thread: whoever waits for the server gets MailboxUnreachable.  Then drop() it."""
        with suppress(OSError):
            self._client.socket().shutdown(socket.SHUT_RDWR)

    # --- helpers ----------------------------------------------------------------------------------------------------------

    def _enable_utf8(self) -> None:
        """Agree on UTF-8 where it is offered: a server may otherwise rewrite headers with letters beyond ASCII (RFC 6855)."""
        if not ({"ENABLE", "IMAP4REV2"} & self.capabilities and {_UTF8, "UTF8=ONLY"} & self.capabilities):
            return
        if any(text(word).upper() == _UTF8 for word in self._client.enable(_UTF8)):
            self._imap._encoding = "utf-8"
            self._utf8 = True

    def _wire_name(self, folder: str) -> str:
        self._client.folder_encode = False
        return folder if self._utf8 else to_utf7(folder).decode("ascii")

    def _name_of(self, wire: bytes | str | int) -> str:
        raw = wire if isinstance(wire, bytes) else str(wire).encode()
        return raw.decode("utf-8", "replace") if self._utf8 else str(from_utf7(raw))

    def _windows(self, first: int, last: int | None) -> Iterator[tuple[int, int | str]]:
        """Ranges of UIDs to ask for one after the other."""
        end = last if last is not None else (self.folder.uidnext if self.folder else 0)
        while end - first >= _WINDOW:
            yield first, first + _WINDOW - 1
            first += _WINDOW
        yield first, last if last is not None else "*"

    def _fetch(self, uids: Sequence[int], items: Sequence[str]) -> Mapping[int, Mapping[bytes, Any]]:
        with failures():
            fetched: Mapping[int, Mapping[bytes, Any]] = self._client.fetch(list(uids), list(items))
        return fetched


def _peeked(stream: Any) -> bytes | None:
    """What can be read without waiting; b"" is the end of the link or nothing, None is surely nothing yet."""
    try:
        return bytes(stream.peek())
    except (ssl.SSLWantReadError, BlockingIOError):
        return None


def _outline(uid: int, said: Mapping[bytes, Any]) -> Outline:
    received = said.get(b"INTERNALDATE")
    return Outline(
        uid=uid,
        size=int(said.get(b"RFC822.SIZE") or 0),
        received_at=received.astimezone(UTC) if isinstance(received, datetime) else None,
        flags=tuple(text(flag) for flag in said.get(b"FLAGS", ())),
        gmail_id=str(said.get(b"X-GM-MSGID", "")),
        gmail_labels=tuple(str(from_utf7(as_bytes(label))) for label in said.get(b"X-GM-LABELS", ())),
    )
