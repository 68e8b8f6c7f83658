"""TLS at the door: what is said in the clear counts no more afterwards, and nothing half encrypted ever stays."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import socket
import ssl
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvloop

from gateway.smtp.received import trace_headers
from tests.smtp.door import OUTSIDE, Door
from tests.smtp.test_protocol import LETTER, eventually
from tests.world.tls import TlsFiles, written

LOOPS = pytest.mark.parametrize("loop", [uvloop.new_event_loop, asyncio.new_event_loop], ids=["uvloop", "asyncio"])


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    return written(tmp_path_factory.mktemp("tls"), "gw.example")


@pytest.fixture(scope="module")
def trusting(files: TlsFiles) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(files.authority))


def settings(files: TlsFiles, **certificate: Any) -> dict[str, Any]:
    return {"tls": "offer", "certificate": {"file": str(files.certificate), "key": str(files.key), **certificate}}


@pytest.fixture
def door(files: TlsFiles) -> Iterator[Door]:
    with Door(runner=uvloop.new_event_loop, **settings(files)) as door:
        yield door


@LOOPS
def test_a_mail_comes_by_starttls(
    files: TlsFiles, trusting: ssl.SSLContext, loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    with Door(runner=loop, **settings(files)) as door:
        client = door.connect()
        client.reply()
        assert "250-STARTTLS" in client.say("EHLO client.example")
        assert "STARTTLS" not in client.starttls(trusting)
        assert client.deliver(LETTER).startswith("250 2.0.0 ")
        assert client.deliver(LETTER * 40_000).startswith("250 2.0.0 ")
        assert client.say("STARTTLS").startswith("502 ")
        assert client.say("QUIT").startswith("221 ")
        assert client.reply() == ""
        first, large = door.intake.mails
        assert (first.raw, large.raw) == (LETTER, LETTER * 40_000)
        assert first.arrival.protocol == "ESMTPS (TLSv1.3 TLS_AES_256_GCM_SHA384)"
        assert b"(Vanthu) with ESMTPS (TLSv1.3 TLS_AES_256_GCM_SHA384) id " in trace_headers(first, hostname="gw.example")
        eventually(lambda: door.server.sessions == 0)


@LOOPS
def test_a_mail_comes_by_tls_from_the_first_byte(
    files: TlsFiles, trusting: ssl.SSLContext, loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    with Door(runner=loop, **{**settings(files), "tls": "implicit"}) as door:
        client = door.connect()
        assert client.encrypt(trusting) == "TLSv1.3"
        assert client.reply().startswith("220 gw.example ESMTP")
        client.say("EHLO client.example")
        assert client.deliver(LETTER).startswith("250 2.0.0 ")
        assert door.mail.arrival.protocol.startswith("ESMTPS (TLSv1.3 ")


@LOOPS
def test_a_client_that_leaves_with_the_end_of_its_handshake_is_no_worry(
    files: TlsFiles, trusting: ssl.SSLContext, loop: Callable[[], asyncio.AbstractEventLoop], caplog: pytest.LogCaptureFixture
) -> None:
    with Door(runner=loop, **{**settings(files), "tls": "implicit"}) as door, caplog.at_level(logging.WARNING):
        for _ in range(5):
            leave_with_the_handshake(door.connect().socket, trusting)
        eventually(lambda: door.server.sessions == 0)
    assert caplog.messages == []


def leave_with_the_handshake(client: socket.socket, trusting: ssl.SSLContext) -> None:
    """The last flight of the handshake and the goodbye come in one packet; then read what still comes."""
    came, goes = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = trusting.wrap_bio(came, goes, server_hostname="gw.example")
    while True:
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            client.sendall(goes.read())
            came.write(client.recv(65536))
        else:
            break
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.unwrap()
    client.sendall(goes.read())
    with contextlib.suppress(ConnectionResetError):
        while client.recv(65536):
            pass
    client.close()


def test_what_was_said_in_the_clear_is_forgotten(door: Door, trusting: ssl.SSLContext) -> None:
    client = door.client()
    client.say("MAIL FROM:<gv.lan.thcsll@sgdhuonggiang.edu.vn>")
    client.say("RCPT TO:<vanthu@sgdhuonggiang.edu.vn>")
    assert client.say("STARTTLS").startswith("220 ")
    client.encrypt(trusting)
    assert client.say("RCPT TO:<vanthu@sgdhuonggiang.edu.vn>").startswith("503 ")
    assert client.say("MAIL FROM:<a@b.example>").startswith("503 5.5.1 Send EHLO first")


@pytest.mark.parametrize("behind", [b"MAIL FROM:<smuggled@b.example>\r\n", b"EHLO x\r\nMAIL", b"\r\n", b"x"])
def test_nothing_stands_behind_starttls(door: Door, behind: bytes) -> None:
    # CVE-2011-0411 and its many children: what somebody put into the clear text was obeyed as if it had come by TLS.
    client = door.client()
    client.send(b"STARTTLS\r\n" + behind)
    assert client.reply().startswith("421 4.5.0 ")
    assert client.reply() == ""


def test_nothing_that_comes_in_the_clear_after_the_reply_is_obeyed(door: Door) -> None:
    client = door.client()
    assert client.say("STARTTLS").startswith("220 ")
    client.send(b"EHLO x\r\nMAIL FROM:<smuggled@b.example>\r\nRCPT TO:<vanthu@sgdhuonggiang.edu.vn>\r\nDATA\r\n.\r\n")
    assert not re.search(r"[2345]\d\d[ -]", client.rest())
    eventually(lambda: door.server.sessions == 0)
    assert door.intake.mails == []


@LOOPS
def test_half_a_handshake_is_not_waited_for_long(
    files: TlsFiles, loop: Callable[[], asyncio.AbstractEventLoop], caplog: pytest.LogCaptureFixture
) -> None:
    with Door(runner=loop, **settings(files, handshake_s=0.3)) as door:
        silent, vanished, reset = door.client(), door.client(), door.client()
        for client in (silent, vanished, reset):
            assert client.say("STARTTLS").startswith("220 ")
            client.send(b"\x16\x03\x01\x02\x00\x01\x00")
        vanished.close()
        reset.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        reset.close()
        eventually(lambda: door.server.sessions == 0)
        assert not [record for record in caplog.records if record.exc_info]


@LOOPS
def test_a_stop_does_not_wait_for_a_handshake(files: TlsFiles, loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    with Door(runner=loop, **settings(files, handshake_s=60.0)) as door:
        client = door.client()
        assert client.say("STARTTLS").startswith("220 ")
        time.sleep(0.1)
        started = time.monotonic()
        door.run(door.server.stop(60))
        assert time.monotonic() - started < 20
        assert door.server.sessions == 0


def test_half_handshakes_count_as_sessions(files: TlsFiles) -> None:
    with Door(**{**settings(files), **OUTSIDE, "tls": "implicit"}, limits={"sessions_per_source": 2}) as door:
        _first, _second, third = (door.connect() for _ in range(3))
        assert third.reply().startswith("421 4.7.0 ")
        assert door.server.sessions == 2


def test_where_tls_is_required_no_mail_comes_before(files: TlsFiles, trusting: ssl.SSLContext) -> None:
    with Door(**{**settings(files), "tls": "require"}) as door:
        client = door.client()
        assert client.say("MAIL FROM:<a@b.example>") == "530 5.7.0 Send STARTTLS first"
        assert client.say("NOOP").startswith("250 ")
        client.starttls(trusting)
        assert client.deliver(LETTER).startswith("250 2.0.0 ")


def test_old_versions_of_tls_are_not_spoken(door: Door, files: TlsFiles) -> None:
    old = ssl.create_default_context(cafile=str(files.authority))
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    client = door.client()
    client.say("STARTTLS")
    with pytest.raises(ssl.SSLError):
        client.encrypt(old)
    older = ssl.create_default_context(cafile=str(files.authority))
    older.maximum_version = ssl.TLSVersion.TLSv1_2
    client = door.client()
    client.starttls(older)
    assert client.deliver(LETTER).startswith("250 2.0.0 ")
    assert door.mail.arrival.protocol.startswith("ESMTPS (TLSv1.2 ECDHE-RSA-")


def test_a_client_that_leaves_during_its_mail_loses_nothing(door: Door, trusting: ssl.SSLContext) -> None:
    door.intake.closed.set()
    client = door.client()
    client.starttls(trusting)
    client.envelope()
    client.send(LETTER + b".\r\n")
    assert door.intake.waiting.wait(5)
    client.close()
    time.sleep(0.05)
    door.intake.open_gate.set()
    eventually(lambda: door.server.sessions == 0)
    assert door.mail.raw == LETTER


@LOOPS
@pytest.mark.parametrize("tls", ["implicit", "offer"])
def test_the_header_of_a_balancer_comes_before_tls(
    files: TlsFiles, trusting: ssl.SSLContext, loop: Callable[[], asyncio.AbstractEventLoop], tls: str
) -> None:
    # aiosmtpd cannot have both (issues 287 and 559 there).
    way = {"name": "behind", "listen": "127.0.0.1:0", "tls": tls, "balancers": ["127.0.0.1"], **OUTSIDE}
    with Door(runner=loop, **{**settings(files), "tls": "off", "listen": "", "listener": [way]}) as door:
        client = door.connect()
        client.send(b"PROXY TCP4 192.0.2.77 127.0.0.1 4711 25\r\n")
        if tls == "implicit":
            client.encrypt(trusting)
        assert client.reply().startswith("220 gw.example")
        client.say("EHLO client.example")
        if tls == "offer":
            client.starttls(trusting)
        assert client.deliver(LETTER).startswith("250 2.0.0 ")
        assert (door.mail.arrival.peer, door.mail.arrival.protocol[:6]) == ("192.0.2.77", "ESMTPS")


def test_a_renewed_certificate_is_shown_to_the_next_client(tmp_path: Path) -> None:
    old, new = written(tmp_path, "gw.example"), written(tmp_path, "new.example")
    with Door(**settings(old)) as door:
        certificates = door.server.certificates
        assert certificates is not None
        first = door.client()
        first.starttls(ssl.create_default_context(cafile=str(old.authority)))
        os.replace(new.certificate, old.certificate)
        os.replace(new.key, old.key)
        certificates.refresh()
        second = door.client()
        second.starttls(ssl.create_default_context(cafile=str(new.authority)), "new.example")
        for client in (first, second):  # whoever was there before is not disturbed
            assert client.deliver(LETTER).startswith("250 2.0.0 ")


def test_many_handshakes_at_once_all_come_to_an_end(files: TlsFiles, trusting: ssl.SSLContext) -> None:
    async def visit(port: int) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting, server_hostname="gw.example")
        line = await reader.readline()
        writer.close()
        return line[:4]

    async def all_of_them(port: int) -> set[bytes]:
        async with asyncio.timeout(30):
            return set(await asyncio.gather(*(visit(port) for _ in range(150))))

    with Door(runner=uvloop.new_event_loop, **{**settings(files), "tls": "implicit"}) as door:
        assert asyncio.run(all_of_them(door.server.addresses[0][1])) == {b"220 "}


def test_a_client_certificate_is_seen_where_it_is_asked_for(
    files: TlsFiles, trusting: ssl.SSLContext, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    with Door(**settings(files, client_ca=str(files.authority))) as door:
        shown = ssl.create_default_context(cafile=str(files.authority))
        shown.load_cert_chain(files.certificate, files.key)
        for context in (trusting, shown):
            client = door.client()
            client.starttls(context)
            assert client.deliver(LETTER).startswith("250 2.0.0 ")
        assert caplog.text.count("showed the certificate of commonName=gw.example") == 1


@pytest.mark.parametrize(
    "arguments", [("-starttls", "smtp"), ("-starttls", "smtp", "-tls1_2"), ("-starttls", "smtp", "-reconnect")]
)
def test_openssl_likes_us(door: Door, files: TlsFiles, arguments: tuple[str, ...]) -> None:
    host, port = door.server.addresses[0]
    said = subprocess.run(
        [
            "openssl",
            "s_client",
            "-connect",
            f"{host}:{port}",
            "-CAfile",
            files.authority,
            "-verify_return_error",
            "-crlf",
            "-quiet",
            "-verify_hostname",
            "gw.example",
            "-name",
            "client.example",
            *arguments,
        ],
        input=b"EHLO client.example\nquit\n",
        capture_output=True,
        timeout=20,
    )
    assert b"250 HELP" in said.stdout, said.stderr.decode()
    assert b"221 2.0.0 Bye" in said.stdout
