"""What Postfix hears about retired addresses, and how the service stands lying and broken clients."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from threading import Thread

import pytest

from gateway.config import PolicyService as Settings
from gateway.directory.snapshot import Directory, RetiredAddress
from gateway.smtp.policy_service import PolicyService, action

TODAY = date(2026, 11, 28)
OLD, NEW = "c2leloi.camson.huonggiang@moet.edu.vn", "vanthu.thcsll@sgdhuonggiang.edu.vn"
LEAD = "smtp:[127.0.0.1]:10025"


def directory(successor: str = NEW, closes_on: date | None = None) -> Directory:
    row = RetiredAddress(address=OLD, successor=successor, retired_on=date(2019, 11, 1), closes_on=closes_on)
    return Directory(retired=[row])


OPEN, CLOSED = directory(), directory(closes_on=date(2026, 11, 27))


@pytest.mark.parametrize(
    ("request_", "rows", "lead_to", "said"),
    [
        ({"protocol_state": "RCPT", "recipient": OLD}, OPEN, LEAD, f"FILTER {LEAD}"),
        ({"protocol_state": "RCPT", "recipient": OLD.upper()}, OPEN, LEAD, f"FILTER {LEAD}"),
        ({"protocol_state": "RCPT", "recipient": OLD}, OPEN, "", "DUNNO"),
        ({"protocol_state": "DATA", "recipient": OLD, "recipient_count": "1"}, OPEN, "", f"REDIRECT {NEW}"),
        ({"protocol_state": "END-OF-MESSAGE", "recipient": OLD, "recipient_count": "1"}, OPEN, "", f"REDIRECT {NEW}"),
        # Postfix leaves "recipient" out when there are several: no mail is turned over with the copies of others.
        ({"protocol_state": "DATA", "recipient": "", "recipient_count": "2"}, OPEN, "", "DUNNO"),
        ({"protocol_state": "DATA", "recipient": OLD, "recipient_count": "2"}, OPEN, "", "DUNNO"),
        ({"protocol_state": "RCPT", "recipient": OLD, "recipient_count": "1"}, OPEN, "", "DUNNO"),
        ({"protocol_state": "RCPT", "recipient": NEW}, OPEN, LEAD, "DUNNO"),
        ({"protocol_state": "RCPT", "recipient": OLD}, directory(successor=""), LEAD, "DUNNO"),
        ({"protocol_state": "DATA", "recipient": OLD, "recipient_count": "1"}, directory("a@b\naction=OK"), "", "DUNNO"),
        ({"protocol_state": "CONNECT"}, OPEN, LEAD, "DUNNO"),
        ({}, OPEN, LEAD, "DUNNO"),
    ],
)
def test_what_postfix_is_told(request_: dict[str, str], rows: Directory, lead_to: str, said: str) -> None:
    assert action(request_, rows, TODAY, lead_to=lead_to) == said


def test_a_closed_address_is_refused_with_the_new_one_on_one_line() -> None:
    said = action({"protocol_state": "RCPT", "recipient": OLD}, CLOSED, TODAY, lead_to=LEAD)

    assert said.startswith(f"551 5.1.6 <{OLD}> da ngung su dung, xin gui toi <{NEW}>")
    assert "\n" not in said
    assert said.isascii()


def test_an_address_of_any_length_and_letters_gives_one_line() -> None:
    for recipient in ("x" * 900 + "@moet.edu.vn", "trường@moet.edu.vn"):
        rows = Directory(retired=[RetiredAddress(address=recipient, successor=NEW, closes_on=date(2020, 1, 1))])
        said = action({"protocol_state": "RCPT", "recipient": recipient}, rows, TODAY)
        assert said.startswith("551 5.1.6 ")
        assert "\n" not in said
        assert "\r" not in said


@contextmanager
def listening(
    rows: Callable[[], Directory] = lambda: CLOSED, *, trusted: tuple[str, ...] = ("127.0.0.0/8",)
) -> Iterator[tuple[str, int]]:
    """The service on a loop of its own; gives its address."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    settings = Settings(listen="127.0.0.1:0", trusted_networks=trusted)
    service = PolicyService(settings, directory=rows, today=lambda: TODAY)
    asyncio.run_coroutine_threadsafe(service.start(), loop).result(10)
    try:
        yield service.addresses[0]
    finally:
        asyncio.run_coroutine_threadsafe(service.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def request(recipient: str = OLD) -> bytes:
    return f"request=smtpd_access_policy\nprotocol_state=RCPT\nsender=a@b.example\nrecipient={recipient}\n\n".encode()


def heard(client: socket.socket, count: int) -> list[str]:
    """So many answers."""
    text = b""
    while text.count(b"\n\n") < count and (chunk := client.recv(4096)):
        text += chunk
    return text.decode().split("\n\n")[:-1]


def test_one_connection_carries_many_requests_in_whatever_pieces_they_come() -> None:
    with listening() as address, socket.create_connection(address, timeout=10) as client:
        client.sendall(request() + request(NEW))
        first, second = heard(client, 2)
        for byte in request(NEW):
            client.sendall(bytes([byte]))
        (third,) = heard(client, 1)

    assert first.startswith("action=551 5.1.6 ")
    assert (second, third) == ("action=DUNNO", "action=DUNNO")


def test_what_fails_here_defers_the_mail_and_tells_nothing_of_the_reason() -> None:
    def broken() -> Directory:
        raise OSError("/srv/vanthu/directory is gone")

    with listening(broken) as address, socket.create_connection(address, timeout=10) as client:
        client.sendall(request())
        (said,) = heard(client, 1)

    assert said.startswith("action=DEFER_IF_PERMIT 4.3.0 ")
    assert "srv" not in said


def test_a_stranger_may_not_ask() -> None:
    with listening(trusted=("192.0.2.0/24",)) as address, socket.create_connection(address, timeout=10) as client:
        assert client.recv(100) == b""


def test_a_request_without_an_end_costs_a_connection_and_no_more() -> None:
    with listening() as address:
        with socket.create_connection(address, timeout=10) as client:
            client.sendall(b"x" * 70_000)
            assert client.recv(1) == b""
        with socket.create_connection(address, timeout=10) as client:
            client.sendall(request(NEW))
            assert heard(client, 1) == ["action=DUNNO"]


def test_garbage_is_answered_with_no_opinion() -> None:
    with listening() as address, socket.create_connection(address, timeout=10) as client:
        client.sendall(b"\xff\xfe\x00 no equals sign\n=\n\n")
        assert heard(client, 1) == ["action=DUNNO"]


def test_nothing_listens_when_the_setting_is_empty() -> None:
    service = PolicyService(Settings(), directory=lambda: OPEN, today=lambda: TODAY)
    asyncio.run(service.start())
    assert service.addresses == []
    asyncio.run(service.stop())
