"""One signed-in connection to a mailbox; the only module that knows IMAPClient.

Every failure comes out as one of three errors: MailboxUnreachable (the link; try again), SignInRefused (a person must repair
it), MailboxRefused (the server's own NO or BAD about one command).  Every wait has an end, and kill() ends one from outside.
Nothing here deletes: messages are read with BODY.PEEK, and moved only where the server can do it without a plain EXPUNGE.
"""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import CapabilityError, IMAPClientAbortError, IMAPClientError, ProtocolError
from imapclient.imap_utf7 import decode as from_utf7
from imapclient.imap_utf7 import encode as to_utf7
from imapclient.imapclient import _literal

from gateway.config import Security
from gateway.errors import MailboxRefused, MailboxUnreachable, SignInRefused
from gateway.imap.values import Folder, Outline, Selected, Server

_GMAIL = "X-GM-EXT-1"
_UTF8 = "UTF8=ACCEPT"
_WINDOW = 50_000  # UIDs in one search: imaplib takes no line above a million bytes
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# RFC 5530: the account is well, the server is not.  The words are those of Exchange, Gmail and Dovecot.
_NOT_NOW = re.compile(
    r"\[(UNAVAILABLE|INUSE|LIMIT|SERVERBUG|CONTACTADMIN|INTERNALERROR)\]|authenticated but not connected|too many|try again|"
    r"temporar|throttl|bandwidth|internal error",
    re.IGNORECASE,
)


class Desk(Protocol):
    """Where Credentials sign in, before the session is there."""

    @property
    def capabilities(self) -> frozenset[str]:
        """What the server offers before sign-in, in capitals: "AUTH=PLAIN", "LOGINDISABLED"."""
        ...

    def login(self, user: str, password: str) -> None:
        """The LOGIN command (RFC 3501 section 6.2.3).  SignInRefused."""
        ...

    def authenticate(self, mechanism: str, respond: Callable[[bytes], bytes]) -> None:
        """The AUTHENTICATE command; ``respond`` turns each challenge into an answer, both without base64.  SignInRefused."""
        ...


class Credentials(Protocol):
    """Who signs in, and by what: a password (gateway.imap.credentials), or a token."""

    @property
    def user(self) -> str:
        """The account, for messages and the log."""
        ...

    def present(self, desk: Desk) -> None:
        """Sign in.  SignInRefused when a person must repair it, MailboxUnreachable when it may go better later."""
        ...


class Session:
    """A signed-in connection.  For one thread at a time; only kill() may be called by others at any moment."""

    def __init__(self, client: IMAPClient) -> None:
        self._client = client
        self._imap: Any = client._imap  # imaplib's object: IMAPClient has no way to append bytes as they are, or to hear IDLE
        self._watching = False
        self._utf8 = False
        self.capabilities = _capabilities(client)
        self.folder: Selected | None = None

    @classmethod
    def open(cls, server: Server, credentials: Credentials) -> Session:
        """Connect, secure the link, sign in.  MailboxUnreachable, SignInRefused."""
        client = _connected(server)
        try:
            with _failures(signing_in=True):
                credentials.present(_Desk(client))
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
        with _failures():
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
        with _failures():
            said = self._client.select_folder(self._wire_name(folder), readonly=readonly)
        if b"UIDVALIDITY" not in said:  # RFC 3501 section 2.3.1.1: then UIDs mean nothing from one session to the next
            raise MailboxRefused(f"{folder}: the server keeps no UIDs (no UIDVALIDITY)")
        self.folder = Selected(
            name=folder,
            uidvalidity=int(said[b"UIDVALIDITY"]),
            uidnext=int(said.get(b"UIDNEXT", 0)),
            exists=int(said.get(b"EXISTS", 0)),
            modseq=_number(said.get(b"HIGHESTMODSEQ")),
            flags=tuple(_text(flag) for flag in said.get(b"PERMANENTFLAGS", ())),
            writable=not readonly and b"READ-ONLY" not in said,
        )
        return self.folder

    def create(self, folder: str) -> None:
        """Make a folder; does nothing when it is there.  (One that only has folders in it is not: it can hold no message.)"""
        if self._has_folder(folder):
            return
        try:
            with _failures():
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
            criteria += [f"SINCE {_day(since)}"] if since else []
            criteria += [f"BEFORE {_day(before)}"] if before else []
            with _failures():
                # "5:*" gives the last message even when its UID is below 5 (RFC 3501 section 6.4.8).
                found.update(uid for uid in self._client.search(" ".join(criteria)) if uid >= first)
        return tuple(sorted(uid for uid in found if last is None or uid <= last))

    def uids_with_header(self, field: str, value: str) -> tuple[int, ...]:
        """UIDs whose header field contains this (ASCII) text.  Servers may find too much: compare the bytes."""
        with _failures():
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
        with _failures():
            self._client.add_flags(list(uids), list(flags), silent=True)

    def copy(self, uids: Sequence[int], folder: str) -> None:
        """Copy messages to another folder."""
        with _failures():
            self._client.copy(list(uids), self._wire_name(folder))

    def move(self, uids: Sequence[int], folder: str) -> None:
        """Move messages: MOVE (RFC 6851), else COPY and UID EXPUNGE (RFC 4315); MailboxRefused where there is neither."""
        if not self.can_move:
            raise MailboxRefused("the server can move nothing without a plain EXPUNGE")
        with _failures():
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
        words: list[bytes] = [_quoted(self._wire_name(folder)), f"({kept})".encode("ascii", "ignore")]
        if received_at is not None:
            words.append(_quoted(_internal_date(received_at)))
        with _failures():
            typ, data = self._client._raw_command(b"APPEND", [*words, _literal(raw)], uid=False)
            self._client._checkok("append", typ, data)
        where = re.search(rb"\[APPENDUID (\d+) (\d+)\]", b" ".join(part for part in data if isinstance(part, bytes)))
        return (int(where[1]), int(where[2])) if where else None

    # --- waiting for mail -------------------------------------------------------------------------------------------------

    def watch(self) -> bool:
        """Begin to IDLE (RFC 2177); says whether there is news already.  Then wait on fileno(), and hear() when it is readable.

        Where the server cannot IDLE: MailboxRefused.
        """
        with _failures():
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
                    raise MailboxUnreachable(f"the server says goodbye: {_text(line.strip())}")
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
            with _failures():
                self._client.idle_done()

    def fileno(self) -> int:
        """For a selector."""
        return int(self._client.socket().fileno())

    def noop(self) -> None:
        """Ask whether the server is still there."""
        with _failures():
            self._client.noop()

    def close(self) -> None:
        """Say goodbye and let go; never raises."""
        try:
            with _failures():
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
        if any(_text(word).upper() == _UTF8 for word in self._client.enable(_UTF8)):
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
        with _failures():
            fetched: Mapping[int, Mapping[bytes, Any]] = self._client.fetch(list(uids), list(items))
        return fetched


class _Desk:
    """IMAPClient before sign-in."""

    def __init__(self, client: IMAPClient) -> None:
        self._client = client
        self.capabilities = _capabilities(client)

    def login(self, user: str, password: str) -> None:
        with _failures(signing_in=True):
            self._client.login(user, password)

    def authenticate(self, mechanism: str, respond: Callable[[bytes], bytes]) -> None:
        with _failures(signing_in=True):
            self._client.sasl_login(mechanism, respond)


def _connected(server: Server) -> IMAPClient:
    """A link to the server, secured as wanted; certificates are checked against the name of the host."""
    with _failures():
        client = IMAPClient(
            server.host,
            port=server.port,
            ssl=server.security is Security.TLS,
            ssl_context=_context(server) if server.security is Security.TLS else None,
            timeout=SocketTimeout(connect=server.connect_timeout_s, read=server.read_timeout_s),
        )
        client.normalise_times = False
        # IMAPClient has imaplib format every line for its debug log: slow, and no place for a password.
        client._imap.debug = 0
        client.socket().setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        # A literal goes out in three pieces: without this each waits 40 ms for the server's acknowledgement.
        client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if server.security is Security.STARTTLS:
                client.starttls(_context(server))
                client._cached_capabilities = None  # RFC 3501 section 6.2.1: what was said in the clear is forgotten
                client._set_read_timeout()
        except BaseException:
            with suppress(OSError):  # a handshake that failed has closed it
                client.shutdown()
            raise
    return client


def _context(server: Server) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=server.ca_file or None)
    except OSError as error:
        raise MailboxUnreachable(f"the certificate file {server.ca_file} cannot be read: {error}") from error


@contextmanager
def _failures(*, signing_in: bool = False) -> Iterator[None]:
    """Whatever goes wrong, in our words."""
    try:
        yield
    except (CapabilityError, ProtocolError) as error:
        raise MailboxRefused(str(error)) from error
    except ssl.SSLCertVerificationError as error:
        raise SignInRefused(f"the server's certificate is not trusted: {error.verify_message}") from error
    except IMAPClientAbortError as error:
        raise MailboxUnreachable(f"the link was cut: {error}") from error
    except IMAPClientError as error:
        raise _refusal(str(error), signing_in=signing_in) from error
    except OSError as error:
        raise MailboxUnreachable(f"no link to the server: {error}") from error
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, UnicodeError) as error:
        # imaplib and the parser fail in many ways on a server that does not keep to the grammar, or on a link that was killed.
        raise MailboxRefused(f"the server's answer cannot be read: {type(error).__name__}: {error}") from error


def _refusal(said: str, *, signing_in: bool) -> Exception:
    if _NOT_NOW.search(said):
        return MailboxUnreachable(f"the server says: not now: {said}")
    return SignInRefused(f"sign-in was refused: {said}") if signing_in else MailboxRefused(f"the server refused: {said}")


def _capabilities(client: IMAPClient) -> frozenset[str]:
    return frozenset(_text(word).upper() for word in client.capabilities())


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
        flags=tuple(_text(flag) for flag in said.get(b"FLAGS", ())),
        gmail_id=str(said.get(b"X-GM-MSGID", "")),
        gmail_labels=tuple(str(from_utf7(_bytes(label))) for label in said.get(b"X-GM-LABELS", ())),
    )


def _number(said: object) -> int:
    """A number that some servers put into parentheses."""
    while isinstance(said, (list, tuple)):
        said = said[0] if said else 0
    return int(said) if isinstance(said, (int, bytes, str)) else 0


def _bytes(word: object) -> bytes:
    return word if isinstance(word, bytes) else str(word).encode()


def _text(word: object) -> str:
    return word.decode("utf-8", "replace") if isinstance(word, bytes) else str(word)


def _quoted(text: str) -> bytes:
    return b'"' + text.replace("\\", "\\\\").replace('"', '\\"').encode() + b'"'


def _day(day: date) -> str:
    """date-text of RFC 3501: English months, whatever the locale."""
    return f"{day.day}-{_MONTHS[day.month - 1]}-{day.year}"


def _internal_date(at: datetime) -> str:
    offset = at.utcoffset() or timedelta()
    minutes = int(offset.total_seconds()) // 60
    sign = "-" if minutes < 0 else "+"
    zone = f"{sign}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"
    return f"{at.day:2}-{_MONTHS[at.month - 1]}-{at.year} {at:%H:%M:%S} {zone}"


imaplib._MAXLINE = max(imaplib._MAXLINE, 10_000_000)  # type: ignore[attr-defined]  # long lists of flags and of UIDs
