"""The next hop of a bench: keeps every mail's identity and hash.  By itself: ``python -m bench.sink PORT LOG``.

Only CRLF.CRLF ends the data here, so that any bytes a gateway passes on are seen as they are.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from bench.processes import HOST, cpu_s, wait_until_it_answers

ID_FIELD = b"X-Bench-Id: "

_EHLO = (
    b"250-sink.bench.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n"
    b"250-ENHANCEDSTATUSCODES\r\n250 SIZE 104857600\r\n"
)


class SinkProtocol(asyncio.Protocol):
    """One connection; ``keep`` gets each mail, dots undone."""

    def __init__(self, keep: Callable[[bytes], None]) -> None:
        self._keep = keep
        self._buffer = b""
        self._content: list[bytes] | None = None  # None: commands
        self._tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        sock: socket.socket = transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport.write(b"220 sink.bench.test ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        """Commands, or the bytes of a mail."""
        if self._content is not None:
            self._take(data)
            return
        self._buffer += data
        self._commands()

    def _commands(self) -> None:
        replies = []
        while self._content is None and (end := self._buffer.find(b"\n")) >= 0:
            verb, self._buffer = self._buffer[:4].upper(), self._buffer[end + 1 :]
            if verb == b"EHLO":
                replies.append(_EHLO)
            elif verb == b"DATA":
                replies.append(b"354 go on\r\n")
                # As if a CRLF had come before: a dot on the first line ends the data.
                self._content, self._tail = [], b"\r\n"
            elif verb == b"QUIT":
                replies.append(b"221 2.0.0 bye\r\n")
            else:
                replies.append(b"250 2.0.0 ok\r\n")
        if replies:
            self._transport.write(b"".join(replies))
        if self._content is not None and self._buffer:
            data, self._buffer = self._buffer, b""
            self._take(data)

    def _take(self, data: bytes) -> None:
        assert self._content is not None
        seen = self._tail + data
        end = seen.find(b"\r\n.\r\n")
        if end < 0:
            self._content.append(data)
            self._tail = seen[-4:]
            return
        # The end may lie before this chunk's first byte: count from the start of the whole.
        whole = b"\r\n" + b"".join(self._content) + data
        cut = len(whole) - len(seen) + end
        content, self._buffer = whole[2 : cut + 2], whole[cut + 5 :]
        self._content = None
        self._keep((b"\r\n" + content).replace(b"\r\n.", b"\r\n")[2:])
        self._transport.write(b"250 2.0.0 kept\r\n")
        if self._buffer:
            self._commands()


async def listen(port: int, keep: Callable[[bytes], None]) -> asyncio.Server:
    """Serve on this loop."""
    return await asyncio.get_running_loop().create_server(lambda: SinkProtocol(keep), HOST, port, backlog=1024)


class Sink:
    """The sink as a process of its own, which notes identity and hash of each mail in a file."""

    def __init__(self, port: int, log: Path) -> None:
        self.port, self.log = port, log
        self._process = subprocess.Popen([sys.executable, "-m", "bench.sink", str(port), str(log)])
        wait_until_it_answers(port)

    def records(self) -> dict[str, list[str]]:
        """Identity of each mail that arrived, with the hash of every copy of it."""
        found: dict[str, list[str]] = {}
        for line in self.log.read_text().splitlines():
            identity, digest = line.split()
            found.setdefault(identity, []).append(digest)
        return found

    def cpu_s(self) -> float:
        """CPU seconds so far."""
        return cpu_s(self._process.pid)

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()


def identity_and_digest(content: bytes) -> tuple[str, str]:
    """The identity in a mail, and the hash of all from that field on: what the client sent, behind the trace headers."""
    start = content.find(ID_FIELD)
    if start < 0:
        return "?", hashlib.sha256(content).hexdigest()
    end = content.find(b"\r\n", start)
    identity = content[start + len(ID_FIELD) : end].decode("ascii", "replace")
    return identity, hashlib.sha256(memoryview(content)[start:]).hexdigest()


async def _main(port: int, log: Path) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with log.open("w", encoding="ascii") as out:
        server = await listen(port, lambda content: print(*identity_and_digest(content), file=out))
        while not stop.is_set():
            out.flush()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 0.05)
        server.close()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), Path(sys.argv[2])))
