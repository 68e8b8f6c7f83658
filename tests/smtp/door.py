"""A real SMTP door on a free port, an intake that remembers, and a client that speaks raw bytes."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import msgspec

from gateway.config import Smtp
from gateway.model import Action, Admission, Answer, Identity, Mail, Verdict
from gateway.smtp.handler import as_himself
from gateway.smtp.recipients import Recipients
from gateway.smtp.server import SmtpServer

T = TypeVar("T")

OUTSIDE: dict[str, Any] = {"trusted_networks": []}  # settings for a door that trusts nobody


class FakeIntake:
    """Remembers every mail; refuses, fails or waits when told to."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.refusal: Verdict | None = None
        self.refused: frozenset[str] = frozenset()  # recipients, where each is answered
        self.failure: Exception | None = None
        self.admission_failure: Exception | None = None
        self.closed = threading.Event()  # set: mails wait in accept() until ``open_gate``
        self.open_gate = threading.Event()
        self.waiting = threading.Event()  # a mail is waiting
        self.ours = frozenset({"sgdhuonggiang.edu.vn"})
        self.listed: frozenset[str] | None = None  # in the directory; None is all of ours
        self.retired = {"c2leloi.camson.huonggiang@moet.edu.vn": "vanthu.thcsll@sgdhuonggiang.edu.vn"}

    async def accept(self, mail: Mail) -> Answer:
        if self.closed.is_set():
            self.waiting.set()
            await asyncio.to_thread(self.open_gate.wait, 10)
        if self.failure is not None:
            raise self.failure
        self.mails.append(mail)
        if mail.arrival.answers_each:
            return self._each(mail)
        return Answer(mail_id=mail.id, refused=self.refusal)

    def _each(self, mail: Mail) -> Answer:
        no = [a_refusal(r.address) for r in mail.recipients if r.address in self.refused]
        return Answer(mail_id=mail.id, refusals=tuple(no), refused=no[0] if len(no) == len(mail.recipients) else None)

    def admission(self, address: str, identity: Identity) -> Admission:
        if self.admission_failure is not None:
            raise self.admission_failure
        if address in self.retired:
            return Admission(admitted=False, successor=self.retired[address])
        ours = address.rpartition("@")[2].lower() in self.ours
        may_relay = identity in (Identity.TRUSTED_NETWORK, Identity.AUTHENTICATED)
        is_listed = self.listed is None or address in self.listed
        return Admission(admitted=ours or may_relay, is_listed=is_listed)


def a_refusal(recipient: str) -> Verdict:
    return Verdict(recipient=recipient, action=Action.REJECT, rule="5", clause="", reason="Không phát hành bằng thư.")


class Door:
    """The server on a loop of its own; a context manager."""

    def __init__(
        self,
        *,
        runner: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop,
        recipients: Recipients | None = None,
        **settings: Any,
    ) -> None:
        self.intake = FakeIntake()
        self.loop = runner()
        base = Path(settings.pop("base", "."))
        may_send_as = settings.pop("may_send_as", as_himself)
        self.server = SmtpServer(
            msgspec.convert({"listen": "127.0.0.1:0", "hostname": "gw.example", "authenticate": False, **settings}, Smtp),
            self.intake,
            recipients,
            base=base,
            may_send_as=may_send_as,
        )
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._clients: list[Client] = []

    def __enter__(self) -> Self:
        self._thread.start()
        self.run(self.server.start())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.intake.open_gate.set()
        for client in self._clients:
            client.close()
        self.run(self.server.stop(5))
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the door's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    def connect(self, listener: int = 0, *, window: int = 0) -> Client:
        """A new client, with a receive buffer of ``window`` bytes if given; its greeting is not read yet."""
        client = Client(self.server.addresses[listener], window=window)
        self._clients.append(client)
        return client

    def client(self, listener: int = 0) -> Client:
        """A new client that has said EHLO."""
        client = self.connect(listener)
        client.reply()
        client.say("EHLO client.example")
        return client

    @property
    def mail(self) -> Mail:
        """The only mail that came."""
        (mail,) = self.intake.mails
        return mail


class Client:
    """A socket, and a little help to speak SMTP over it."""

    def __init__(self, address: tuple[str, int], *, window: int = 0) -> None:
        self.socket = socket.socket()
        self.socket.settimeout(10)
        if window:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        self.socket.connect(address)
        self._file = self.socket.makefile("rb")

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def reply(self) -> str:
        """The next reply, its lines joined by newlines; "" when the server has closed."""
        lines = [self.line()]
        while lines[-1][3:4] == "-":
            lines.append(self.line())
        return "\n".join(lines)

    def line(self) -> str:
        """The next line, without its line end; "" when the server has closed."""
        return self._file.readline().decode("ascii").removesuffix("\r\n")

    def rest(self) -> str:
        """All that still comes until the server closes, or breaks the connection."""
        with contextlib.suppress(OSError):
            return self._file.read().decode("latin-1")
        return ""

    def say(self, command: str) -> str:
        self.send(command.encode() + b"\r\n")
        return self.reply()

    def envelope(self, *recipients: str, sender: str = "gv.lan.thcsll@sgdhuonggiang.edu.vn") -> str:
        """MAIL, RCPT and DATA; the last reply."""
        self.say(f"MAIL FROM:<{sender}>")
        for recipient in recipients or ("vanthu@sgdhuonggiang.edu.vn",):
            self.say(f"RCPT TO:<{recipient}>")
        return self.say("DATA")

    def deliver(self, data: bytes, *recipients: str) -> str:
        """One mail whose data is sent as given, with the final dot after it; the last reply."""
        assert self.envelope(*recipients).startswith("354")
        self.send(data + b".\r\n")
        return self.reply()

    def encrypt(self, context: ssl.SSLContext, name: str = "gw.example") -> str:
        """The handshake of a client; gives the version of TLS."""
        self._file.close()
        self.socket = secure = context.wrap_socket(self.socket, server_hostname=name)
        self._file = self.socket.makefile("rb")
        return secure.version() or ""

    def starttls(self, context: ssl.SSLContext, name: str = "gw.example") -> str:
        """STARTTLS, handshake, EHLO; the reply to that."""
        assert self.say("STARTTLS").startswith("220 2.0.0 ")
        self.encrypt(context, name)
        return self.say("EHLO client.example")

    def half_close(self) -> None:
        self.socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._file.close()
        self.socket.close()
