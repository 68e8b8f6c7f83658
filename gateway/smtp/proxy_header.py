"""The header that a load balancer puts in front of a connection (haproxy, "The PROXY protocol", versions 1 and 2).

It is read before anything is said, byte for byte up to its end and not further: what follows may be a handshake of TLS, which
another reader takes from the socket.  Only listed balancers are asked for one ([[smtp.listener]] balancers); one that does not
send it, or not in time, is hung up on.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import re
import socket
from collections.abc import Callable
from typing import NamedTuple, cast

logger = logging.getLogger(__name__)

_SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
_PATIENCE_S = 5.0
_LONGEST_LINE = 107  # version 1, with CR LF
_START = 16  # bytes of version 2 in front of the addresses
_MOST_AFTER = 2048  # addresses and extensions of version 2; the longest that haproxy sends has some hundred bytes
_PORT = r"(0|[1-9][0-9]{0,4})"
_LINE = re.compile(rf"PROXY (?:UNKNOWN(?: .*)?|TCP([46]) (\S+) (\S+) {_PORT} {_PORT})\r\n", re.DOTALL)
_STREAMS = {0x11: (socket.AF_INET, 4), 0x21: (socket.AF_INET6, 16)}  # family and transport of version 2, bytes of an address


class Client(NamedTuple):
    """Who connected to the balancer."""

    address: str
    port: int


class BadHeader(ValueError):
    """Not what the protocol says."""


def missing(header: bytes) -> int:
    """How many more bytes may be read without reading behind the header; 0 when it is whole.  Raises BadHeader."""
    if header.startswith(_SIGNATURE):
        if len(header) < _START:
            return _START - len(header)
        size = int.from_bytes(header[14:16], "big")
        if size > _MOST_AFTER:
            raise BadHeader("too long")
        return _START + size - len(header)
    if header.startswith(b"PROXY "):
        if header.endswith(b"\r\n"):
            return 0
        if len(header) >= _LONGEST_LINE:
            raise BadHeader("no end")
        return 1
    if b"PROXY ".startswith(header):
        return len(b"PROXY ") - len(header)
    if _SIGNATURE.startswith(header):
        return len(_SIGNATURE) - len(header)
    raise BadHeader("neither version 1 nor 2")


def client_in(header: bytes) -> Client | None:
    """The client of a whole header; None when it names none (a check by the balancer itself).  Raises BadHeader."""
    return _of_version_2(header) if header.startswith(_SIGNATURE) else _of_version_1(header)


def _of_version_1(header: bytes) -> Client | None:
    found = _LINE.fullmatch(header.decode("latin-1"))
    if found is None:
        raise BadHeader("malformed")
    if found[1] is None:
        return None
    try:
        addresses = [ipaddress.ip_address(found[n]) for n in (2, 3)]
    except ValueError as error:
        raise BadHeader(str(error)) from None
    if any(str(address.version) != found[1] for address in addresses) or max(int(found[4]), int(found[5])) > 65535:
        raise BadHeader("malformed")
    return Client(str(addresses[0]), int(found[4]))


def _of_version_2(header: bytes) -> Client | None:
    version, command = divmod(header[12], 16)
    if version != 2 or command > 1:
        raise BadHeader("unknown version or command")
    stream = _STREAMS.get(header[13])
    if command == 0 or stream is None:  # LOCAL; or a family that has no addresses for us
        return None
    family, size = stream
    body = header[_START:]
    if len(body) < 2 * size + 4:
        raise BadHeader("too short")
    return Client(socket.inet_ntop(family, body[:size]), int.from_bytes(body[2 * size : 2 * size + 2], "big"))


class HeaderFirst(asyncio.BufferedProtocol):
    """Reads the header of a connection, then gives the connection to ``then``, with the client if it names one.

    A connection from elsewhere is given on as it is.
    """

    def __init__(
        self,
        is_balancer: Callable[[str], bool],
        then: Callable[[asyncio.Transport, Client | None], None],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._is_balancer = is_balancer
        self._then = then
        self._loop = loop
        self._header = bytearray()
        self._buffer = bytearray(_MOST_AFTER)
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._peer = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody is there: a balancer, or not."""
        self._transport = cast(asyncio.Transport, transport)
        self._peer = str((transport.get_extra_info("peername") or ("",))[0])
        if self._is_balancer(self._peer):
            self._timer = self._loop.call_later(_PATIENCE_S, self._give_up, "no header in time")
        else:
            self._go_on(None)

    def get_buffer(self, sizehint: int) -> memoryview:
        """So many bytes as surely belong to the header."""
        return memoryview(self._buffer)[: missing(bytes(self._header))]

    def buffer_updated(self, nbytes: int) -> None:
        """Some came."""
        self._header += self._buffer[:nbytes]
        try:
            if not missing(bytes(self._header)):
                self._go_on(client_in(bytes(self._header)))
        except BadHeader as error:
            self._give_up(str(error))

    def connection_lost(self, exc: Exception | None) -> None:
        """It went before it had said who it is."""
        if self._timer is not None:
            self._timer.cancel()

    def _go_on(self, client: Client | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._then(self._transport, client)

    def _give_up(self, why: str) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            logger.warning("[%s] is a balancer and sent no PROXY header (%s); the connection is closed", self._peer, why)
            self._transport.abort()
