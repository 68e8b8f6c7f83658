"""A next hop for tests: a small SMTP server in threads that keeps every byte and says what the test wants it to say.

``Sink(replies=…)`` maps a step to what is said there; a step is GREETING, EHLO, HELO, MAIL, RCPT, DATA, DOT, RSET, NOOP or
QUIT.  What is said is a reply without its last CRLF ("550 5.1.1 nobody"), CLOSE (drop the connection without a word), SILENCE
(never say anything again), a list of these (one for each time, the last for all further times), or a function of the argument
(at DOT, of the mail).
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

CLOSE = "close"
SILENCE = "silence"
EVERYTHING = ("PIPELINING", "SIZE 52428800", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES")

Said = str | Sequence[str] | Callable[[str], str]

_DEFAULT = {
    "GREETING": "220 sink.test ESMTP",
    "HELO": "250 sink.test",
    "MAIL": "250 2.1.0 Ok",
    "RCPT": "250 2.1.5 Ok",
    "DATA": "354 End data with <CR><LF>.<CR><LF>",
    "DOT": "250 2.0.0 Ok: sunk",
    "RSET": "250 2.0.0 Ok",
    "NOOP": "250 2.0.0 Ok",
    "QUIT": "221 2.0.0 Bye",
}


@dataclass(frozen=True, kw_only=True)
class SunkMail:
    """A mail as it came: the envelope, and the bytes between DATA and the final dot with dots undone."""

    sender: str
    recipients: tuple[str, ...]
    options: tuple[str, ...]  # of MAIL
    recipient_options: tuple[tuple[str, ...], ...]  # of each RCPT that was accepted
    raw: bytes


class Sink:
    """The server; a context manager.  ``mails`` and ``commands`` are what came, in order, over all connections."""

    def __init__(
        self,
        port: int = 0,
        replies: Mapping[str, Said] | None = None,
        *,
        offers: Sequence[str] = EVERYTHING,
        cut: int = 0,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
        tls_from_the_start: bool = False,
        lmtp: bool = False,
        forgetful: bool = False,
    ) -> None:
        """``offers``: keywords of the EHLO reply; ``cut``: replies leave in pieces of so many bytes; ``tls``: for STARTTLS.

        ``forgetful``: what comes before the reply to a command is thrown away, as by some firewalls that offer PIPELINING.
        ``lmtp``: it says LHLO, and the argument at DOT is a recipient, for each of whom there is a reply.
        """
        self.tls, self.tls_from_the_start = tls, tls_from_the_start
        self.versions: list[str] = []  # of TLS, of each handshake that came to an end
        self.mails: list[SunkMail] = []
        self.commands: list[str] = []
        self.reads: list[int] = []  # how many bytes came in one read: what was pipelined shows here
        self.connections = 0
        self.lmtp = lmtp
        self.forgetful = forgetful
        self.replies: dict[str, Said] = {**_DEFAULT, "LHLO" if lmtp else "EHLO": _ehlo(offers), **(replies or {})}
        self.cut = cut
        self.host = host
        self._times: dict[str, int] = {}
        self._changed = threading.Condition()
        self._open: set[socket.socket] = set()
        self._closing = False
        self._listener = socket.create_server((host, port), backlog=128)
        self.port: int = self._listener.getsockname()[1]

    @property
    def address(self) -> str:
        """host:port, as settings want it."""
        return f"{self.host}:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening and drop every connection, as a next hop that dies does."""
        self._closing = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop()

    def drop(self) -> None:
        """Drop every open connection but go on listening, as a restarted next hop does."""
        with self._changed:
            for connection in tuple(self._open):
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def wait_for(self, n: int, timeout: float = 10.0) -> list[SunkMail]:
        """The mails once there are at least ``n``; fails when they don't come in time."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.mails) >= n, timeout):
                raise AssertionError(f"expected {n} mails within {timeout} s, got {len(self.mails)}")
            return list(self.mails)

    def forget(self) -> None:
        """Forget the mails that came; replies and connections stay."""
        with self._changed:
            self.mails = []

    # --- threads ---

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._changed:
                self.connections += 1
                self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            dialogue = _Dialogue(self, connection)
            try:
                if self.tls_from_the_start:
                    dialogue.encrypt()
                dialogue.run()
            finally:
                dialogue.connection.close()  # by TLS it is another socket
        with self._changed:
            self._open.discard(connection)

    def reply_for(self, step: str, argument: str) -> str:
        """What is to be said at this step, counting how often it came."""
        with self._changed:
            said = self.replies[step]
            times = self._times.get(step, 0)
            self._times[step] = times + 1
        if callable(said):
            return said(argument)
        if isinstance(said, str):
            return said
        return said[min(times, len(said) - 1)]

    def is_scripted(self, step: str) -> bool:
        """Whether the test says what is said at this step."""
        return self.replies[step] != _DEFAULT[step]

    def keep(self, mail: SunkMail) -> None:
        """Remember a mail and wake whoever waits for it."""
        with self._changed:
            self.mails.append(mail)
            self._changed.notify_all()

    def note(self, command: str) -> None:
        """Remember a command."""
        with self._changed:
            self.commands.append(command)


class _Dialogue:
    """One connection."""

    def __init__(self, sink: Sink, connection: socket.socket) -> None:
        self.sink = sink
        self.connection = connection
        self.buffer = bytearray()
        self.reset()

    def reset(self) -> None:
        self.sender: str | None = None
        self.options: tuple[str, ...] = ()
        self.recipients: list[str] = []
        self.recipient_options: list[tuple[str, ...]] = []

    def run(self) -> None:
        going = self.say("GREETING", "")[0]
        while going:
            line = self.read_line()
            if line is None:
                return
            self.sink.note(line)
            if self.sink.forgetful:
                self.buffer.clear()
            verb, _, argument = line.partition(" ")
            going = self.step(verb.upper(), argument)

    def step(self, verb: str, argument: str) -> bool:
        if verb not in self.sink.replies:
            return self.send("500 5.5.2 what?")
        if (verb == "RCPT" and self.sender is None) or (
            verb == "DATA" and not self.recipients and not self.sink.is_scripted("DATA")
        ):
            return self.send("503 5.5.1 not now")
        going, positive = self.say(verb, argument)
        if not (going and positive):
            return going
        if verb == "MAIL":
            self.reset()
            self.sender, self.options = _path(argument)
        elif verb == "RCPT":
            recipient, options = _path(argument)
            self.recipients.append(recipient)
            self.recipient_options.append(options)
        elif verb in ("RSET", "EHLO", "LHLO", "HELO"):
            self.reset()
        elif verb == "STARTTLS":
            self.encrypt()
        elif verb == "DATA":
            return self.take_data()
        return verb != "QUIT"

    def encrypt(self) -> None:
        """The handshake; what came before counts no more."""
        assert self.sink.tls is not None
        secure = self.sink.tls.wrap_socket(self.connection, server_side=True)
        self.connection = secure
        self.buffer.clear()
        self.reset()
        self.sink.versions.append(secure.version() or "")

    def take_data(self) -> bool:
        raw = self.read_data()
        if raw is None:
            return False
        mail = SunkMail(
            sender=self.sender or "",
            recipients=tuple(self.recipients),
            options=self.options,
            recipient_options=tuple(self.recipient_options),
            raw=raw,
        )
        if self.sink.lmtp:
            said = [self.say("DOT", recipient) for recipient in self.recipients]
            going, positive = all(going for going, _ in said), any(positive for _, positive in said)
        else:
            going, positive = self.say("DOT", raw.decode("latin-1"))
        if positive and self.recipients:
            self.sink.keep(mail)
        self.reset()
        return going

    # --- bytes ---

    def say(self, step: str, argument: str) -> tuple[bool, bool]:
        """Say what is to be said: whether to go on, and whether it was a yes."""
        said = self.sink.reply_for(step, argument)
        if said == SILENCE:
            while self.connection.recv(262144):
                pass
        if said in (CLOSE, SILENCE):
            return False, False
        return self.send(said), said[:1] in "23"

    def send(self, text: str) -> bool:
        data = text.encode() + b"\r\n"
        size = self.sink.cut or len(data)
        for start in range(0, len(data), size):
            self.connection.sendall(data[start : start + size])
            if self.sink.cut:
                time.sleep(0.001)  # so that pieces arrive as pieces
        return not text.startswith("421")

    def more(self) -> bool:
        chunk = self.connection.recv(262144)
        self.sink.reads.append(len(chunk))
        self.buffer += chunk
        return bool(chunk)

    def read_line(self) -> str | None:
        while (end := self.buffer.find(b"\r\n")) < 0:
            if not self.more():
                return None
        line = bytes(self.buffer[:end])
        del self.buffer[: end + 2]
        return line.decode("utf-8", "surrogateescape")

    def read_data(self) -> bytes | None:
        """All up to CRLF.CRLF, with doubled dots after CRLF undone: by hand, so that it is right for any bytes."""
        self.buffer[:0] = b"\r\n"
        seen = 0
        while (end := self.buffer.find(b"\r\n.\r\n", max(0, seen - 4))) < 0:
            seen = len(self.buffer)
            if not self.more():
                return None
        stuffed = bytes(self.buffer[: end + 2])
        del self.buffer[: end + 5]
        return stuffed.replace(b"\r\n.", b"\r\n")[2:]


def _path(argument: str) -> tuple[str, tuple[str, ...]]:
    """``FROM:<a@b> X=1`` -> (a@b, (X=1,))."""
    start = argument.index("<")
    end = argument.rindex(">")
    return argument[start + 1 : end], tuple(argument[end + 1 :].split())


def _ehlo(offers: Sequence[str]) -> str:
    lines = ["sink.test", *offers]
    marks = ["-"] * (len(lines) - 1) + [" "]
    return "\r\n".join(f"250{mark}{line}" for mark, line in zip(marks, lines, strict=True))
