"""A mail client on a raw socket: sends exactly the bytes that it is given, and keeps every reply."""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from types import TracebackType
from typing import Self

_ID = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{26}\b")


class Client:
    """One session; a context manager."""

    def __init__(self, port: int, *, host: str = "127.0.0.1", seconds: float = 30.0) -> None:
        self._socket = socket.create_connection((host, port), timeout=seconds)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")
        self.greeting = self.reply()
        self.say("EHLO client.test")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()
        self._socket.close()

    def say(self, line: str) -> str:
        """Send one command line; its reply."""
        self._socket.sendall(line.encode() + b"\r\n")
        return self.reply()

    def reply(self) -> str:
        """The next reply, its lines joined by LF; "" when the other side hung up."""
        lines = []
        while line := self._file.readline():
            lines.append(line.decode().rstrip("\r\n"))
            if line[3:4] != b"-":
                break
        return "\n".join(lines)

    def send(self, sender: str, recipients: Sequence[str], raw: bytes, *, options: str = "") -> str:
        """One transaction; the reply to the data, or to the first command that was refused."""
        said = self.say(f"MAIL FROM:<{sender}>{options}")
        for recipient in recipients:
            said = said if said[:1] != "2" else self.say(f"RCPT TO:<{recipient}>")
        said = said if said[:1] != "2" else self.say("DATA")
        if said[:1] != "3":
            self.say("RSET")
            return said
        wire = raw.replace(b"\r\n.", b"\r\n..")
        wire = b"." + wire if wire.startswith(b".") else wire
        self._socket.sendall(wire + (b".\r\n" if wire.endswith(b"\r\n") else b"\r\n.\r\n"))
        return self.reply()


def send(port: int, sender: str, recipients: Sequence[str], raw: bytes) -> str:
    """One mail in a session of its own; the last reply."""
    with Client(port) as client:
        return client.send(sender, recipients, raw)


def id_in(reply: str) -> str:
    """The mail's id, which stands in every reply of the gateway."""
    found = _ID.search(reply)
    assert found, f"no id in: {reply}"
    return found[0]
