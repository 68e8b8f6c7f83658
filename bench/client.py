"""The load client of a bench: many sessions at once, each mail with an identity of its own, none sent twice."""

from __future__ import annotations

import asyncio
import hashlib
import random
import socket
import time
from collections.abc import Callable

from bench.processes import HOST
from bench.sink import ID_FIELD

# A teacher writes to a specialist of the sample department: the rules look at a mail as they do at any governed one.
SENDER = "gv.lan.thcsll@sgdhuonggiang.edu.vn"
RECIPIENT = "cv.minh@sgdhuonggiang.edu.vn"

_CONNECT_TIMEOUT_S = 30.0


class Mails:
    """Mails that are easy to spoil: UTF-8, leading dots, trailing blanks, tabs, long lines, blank lines at both ends."""

    def __init__(self, size: int, *, seed: int) -> None:
        rnd = random.Random(seed)
        self._run = f"{rnd.getrandbits(48):012x}"
        head = (
            f"From: {SENDER}\r\nTo: {RECIPIENT}\r\nSubject: so lieu\r\nX-Folded: one,\r\n\ttwo,\r\n  three\r\n"
            "Date: Mon, 03 Nov 2025 08:00:00 +0700\r\nMIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\r\n\r\n"
        ).encode()
        lines = [
            b"..two dots\r\n", b". dot and blank\r\n", "Kính gửi: quý thầy cô\r\n".encode(), b"blanks at the end   \t\r\n",
            b"\r\n", b"x" * 998 + b"\r\n", b"\ttab\r\n", b"From here\r\n", b"...\r\n", b"." + b"y" * 100 + b"\r\n",
        ]  # fmt: skip
        body = b"".join(rnd.choice(lines) for _ in range(size // 100))
        self._rest = head + body + b"\r\n..\r\n\r\n\r\n"

    def raw(self, n: int) -> bytes:
        """The n-th mail."""
        return ID_FIELD + self.identity(n).encode() + b"\r\n" + self._rest

    def identity(self, n: int) -> str:
        """What the n-th mail carries in its first field."""
        return f"{self._run}.{n}"

    def digest(self, n: int) -> str:
        """The hash that it must have at the next hop, from its first field on."""
        return hashlib.sha256(self.raw(n)).hexdigest()


def dot_stuffed(raw: bytes) -> bytes:
    """The mail as it goes over the wire (RFC 5321 section 4.5.2); it must end in CRLF."""
    assert raw.endswith(b"\r\n")
    return (b"\r\n" + raw).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n"


class Load:
    """``sessions`` connections that send mails until ``stop`` is set or ``count`` were begun."""

    def __init__(self, port: int, mails: Mails, *, sessions: int, count: int = 10**9) -> None:
        self.port, self.mails, self.sessions, self.count = port, mails, sessions, count
        self.begun = 0
        self.accepted: list[int] = []  # got a 250
        self.refused: dict[str, int] = {}
        self.broken = 0  # the connection went down with the mail on its way: no promise
        self.stop = False

    async def run(self) -> None:
        """Send until the end; a connection that breaks is made again."""
        await asyncio.gather(*(self._session() for _ in range(self.sessions)))

    def take(self) -> int | None:
        """The next mail to send."""
        if self.stop or self.begun >= self.count:
            return None
        self.begun += 1
        return self.begun - 1

    async def _session(self) -> None:
        loop = asyncio.get_running_loop()
        while not self.stop and self.begun < self.count:
            over: asyncio.Future[None] = loop.create_future()
            try:
                async with asyncio.timeout(_CONNECT_TIMEOUT_S):
                    await loop.create_connection(lambda over=over: _Session(self, over), HOST, self.port)  # type: ignore[misc]  # mypy cannot infer a lambda with a default
            except (OSError, TimeoutError):
                await asyncio.sleep(0.02)
                continue
            await over


class _Session(asyncio.Protocol):
    """One connection: EHLO, then mail after mail, each step when the last one was answered."""

    def __init__(self, load: Load, over: asyncio.Future[None]) -> None:
        self._load, self._over = load, over
        self._buffer = b""
        self._step = "greeting"
        self._mail: int | None = None
        self._then: dict[str, Callable[[], None]] = {
            "greeting": lambda: self._say("ehlo", "EHLO bench.test\r\n"),
            "ehlo": self._begin,
            "rset": self._begin,
            "mail": lambda: self._say("rcpt", f"RCPT TO:<{RECIPIENT}>\r\n"),
            "rcpt": lambda: self._say("data", "DATA\r\n"),
            "data": self._send,
            "content": self._promised,
            "quit": lambda: self._transport.close(),
        }

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        sock: socket.socket = transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            if line[3:4] != b"-":
                self._answered(line)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._mail is not None:
            self._load.broken += 1
        if not self._over.done():
            self._over.set_result(None)

    def _answered(self, line: bytes) -> None:
        if line[:1] in b"23":
            self._then[self._step]()
            return
        text = line[:60].decode("latin-1").strip()
        self._load.refused[text] = self._load.refused.get(text, 0) + 1
        self._mail = None
        if self._step in ("greeting", "ehlo") or line.startswith(b"421"):
            self._transport.close()
        else:
            self._say("rset", "RSET\r\n")

    def _begin(self) -> None:
        self._mail = self._load.take()
        if self._mail is None:
            self._say("quit", "QUIT\r\n")
        else:
            self._say("mail", f"MAIL FROM:<{SENDER}> BODY=8BITMIME\r\n")

    def _send(self) -> None:
        assert self._mail is not None
        self._step = "content"
        self._transport.write(dot_stuffed(self._load.mails.raw(self._mail)))

    def _promised(self) -> None:
        assert self._mail is not None
        self._load.accepted.append(self._mail)
        self._mail = None
        self._begin()

    def _say(self, step: str, command: str) -> None:
        self._step = step
        self._transport.write(command.encode("ascii"))


class Conversation:
    """One session by hand, for benches that ask one thing at a time."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection((HOST, port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")
        self.reply()
        self.ask("EHLO bench.test")

    def ask(self, command: str) -> str:
        """Say a command; gives the last line of the reply."""
        self._socket.sendall(command.encode() + b"\r\n")
        return self.reply()

    def reply(self) -> str:
        """The last line of the next reply; raises ConnectionError when there is none."""
        while line := self._file.readline():
            if line[3:4] != b"-":
                return line.decode("latin-1").strip()
        raise ConnectionError("the server hung up")

    def send(self, wire: bytes, *, sender: str = SENDER, recipient: str = RECIPIENT, chunk: int = 0) -> str:
        """One mail in its wire form, in chunks of so many bytes; gives the reply to the final dot, or to what failed before."""
        for command in (f"MAIL FROM:<{sender}> BODY=8BITMIME", f"RCPT TO:<{recipient}>", "DATA"):
            reply = self.ask(command)
            if reply[:1] not in "23":
                self.ask("RSET")
                return reply
        step = chunk or len(wire)
        for start in range(0, len(wire), step):
            self._socket.sendall(wire[start : start + step])
        return self.reply()

    def timed_noop_ms(self) -> float:
        """How long the server took to answer NOOP: how busy its loop is."""
        begin = time.perf_counter()
        self.ask("NOOP")
        return (time.perf_counter() - begin) * 1000

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self._socket.close()
