"""The header of a load balancer: what it says, what is refused, and that not one byte behind it is read."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.settings.listeners import Listener
from gateway.smtp import proxy_header
from gateway.smtp.proxy_header import BadHeader, Client, client_in, missing
from tests.smtp.door import Door

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
BALANCED: dict[str, Any] = {"listener": (Listener(name="balanced", listen="127.0.0.1:0", balancers=("127.0.0.0/8",)),)}


def second(address: str, port: int = 40000, *, command: int = 1, extensions: bytes = b"") -> bytes:
    """A header of version 2."""
    family, kind = (socket.AF_INET6, 0x21) if ":" in address else (socket.AF_INET, 0x11)
    body = socket.inet_pton(family, address) * 2 + struct.pack("!HH", port, 25) + extensions
    return SIGNATURE + bytes([0x20 + command, kind]) + struct.pack("!H", len(body)) + body


@pytest.mark.parametrize(
    ("header", "client"),
    [
        (b"PROXY TCP4 192.0.2.7 192.0.2.1 40000 25\r\n", Client("192.0.2.7", 40000)),
        (b"PROXY TCP6 2001:db8::7 2001:db8::1 40000 25\r\n", Client("2001:db8::7", 40000)),
        (b"PROXY UNKNOWN\r\n", None),
        (b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", None),
        (second("192.0.2.7"), Client("192.0.2.7", 40000)),
        (second("2001:db8::7"), Client("2001:db8::7", 40000)),
        (second("192.0.2.7", extensions=b"\x04\x00\x03abc"), Client("192.0.2.7", 40000)),
        (second("192.0.2.7", command=0), None),
        (SIGNATURE + b"\x21\x31\x00\x03abc", None),  # a family without addresses for us
    ],
)
def test_a_header_names_the_client(header: bytes, client: Client | None) -> None:
    assert read_in_pieces(header) == client


@pytest.mark.parametrize(
    "header",
    [
        b"EHLO client.example\r\n",
        b"PROXY TCP4 192.0.2.7 192.0.2.1 40000\r\n",
        b"PROXY TCP4 2001:db8::7 2001:db8::1 1 2\r\n",
        b"PROXY TCP4 192.0.2.7 192.0.2.1 70000 25\r\n",
        b"PROXY TCP4 192.0.2.7 192.0.2.1 040000 25\r\n",
        b"PROXY TCP4  192.0.2.7 192.0.2.1 1 25\r\n",
        b"PROXY TCP4 192.0.2.7\x00 192.0.2.1 1 25\r\n",
        b"PROXY TCP5 192.0.2.7 192.0.2.1 1 25\r\n",
        b"PROXY " + b"x" * 200,
        b"PROXY TCP4 192.0.2.7 192.0.2.1 1 25\n" + b"x" * 100,
        SIGNATURE + b"\x31\x11\x00\x0c" + bytes(12),
        SIGNATURE + b"\x22\x11\x00\x0c" + bytes(12),
        SIGNATURE + b"\x21\x11\x00\x02ab",
        SIGNATURE + b"\x21\x11\xff\xff",
    ],
)
def test_what_is_no_header_is_refused(header: bytes) -> None:
    with pytest.raises(BadHeader):
        read_in_pieces(header)


_ANY = st.binary(max_size=300)
_NEARLY = st.sampled_from([b"PROXY ", SIGNATURE]).flatmap(lambda start: st.binary(max_size=60).map(start.__add__))


@given(_ANY | _NEARLY)
def test_whatever_comes_it_is_a_header_or_none(data: bytes) -> None:
    with contextlib.suppress(BadHeader, EOFError):
        client = read_in_pieces(data)
        assert client is None or isinstance(client, Client)


def read_in_pieces(data: bytes) -> Client | None:
    """As the connection reads it: never more than is surely missing.  Raises EOFError when it ends too soon."""
    at = 0
    while wanted := missing(data[:at]):
        if at == len(data):
            raise EOFError
        at = min(at + wanted, len(data))
    return client_in(data[:at])


def uvloop_or_not() -> list[Callable[[], asyncio.AbstractEventLoop]]:
    uvloop = pytest.importorskip("uvloop")
    return [asyncio.new_event_loop, uvloop.new_event_loop]


@pytest.mark.parametrize("runner", uvloop_or_not())
@pytest.mark.parametrize("header", [b"PROXY TCP4 192.0.2.7 192.0.2.1 40000 25\r\n", second("192.0.2.7")])
def test_the_session_is_that_of_the_real_client(header: bytes, runner: Callable[[], asyncio.AbstractEventLoop]) -> None:
    with Door(runner=runner, **BALANCED) as door:
        client = door.connect(1)
        client.send(header + b"EHLO a\r\n")  # what stands behind it is not lost
        assert client.reply().startswith("220 ")
        assert client.reply().startswith("250-")
        assert client.deliver(b"x\r\n", "vanthu@sgdhuonggiang.edu.vn").startswith("250 ")
        assert (door.mail.arrival.peer, door.mail.arrival.identity) == ("192.0.2.7", "claimed")
        client.say("MAIL FROM:<a@b.example>")
        assert client.say("RCPT TO:<someone@elsewhere.example>").startswith("550 ")  # the balancer's trust is not the client's


def test_a_check_by_the_balancer_itself_is_a_session_of_its_own() -> None:
    with Door(**BALANCED) as door:
        client = door.connect(1)
        client.send(b"PROXY UNKNOWN\r\n")
        assert client.reply().startswith("220 ")
        client.say("EHLO a")
        client.deliver(b"x\r\n")
        assert door.mail.arrival.peer == "127.0.0.1"


def test_who_is_no_balancer_is_greeted_at_once() -> None:
    with Door(listener=(Listener(name="balanced", listen="127.0.0.1:0", balancers=("192.0.2.0/24",)),)) as door:
        assert door.connect(1).reply().startswith("220 ")


def test_nothing_is_said_before_the_header_and_nothing_to_a_wrong_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxy_header, "_PATIENCE_S", 0.2)
    with Door(**BALANCED) as door:
        silent, wrong = door.connect(1), door.connect(1)
        wrong.send(b"EHLO a\r\n")
        started = time.monotonic()
        for client in (wrong, silent):
            with pytest.raises((ConnectionError, AssertionError)):
                assert client.reply() != ""
        assert time.monotonic() - started < 5
        assert door.server.sessions == 0
