"""TLS and sign-in towards the next mail server: as wished, as required, and never half of it."""

from __future__ import annotations

import asyncio
import base64
import socket
import ssl
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import pytest
import uvloop

from gateway.courier import Outcome, Result
from gateway.settings.relay import Route
from gateway.settings.security import Encryption, Security, wrong_with
from gateway.smtp import destination
from gateway.smtp.relay import Relay
from gateway.smtp.securing import Securing
from tests.smtp.test_relay import LETTER, parcel, send, with_relay
from tests.world.names import NameServer
from tests.world.sink import CLOSE, EVERYTHING, Sink
from tests.world.tls import TlsFiles, server_context, written

WITH_TLS = (*EVERYTHING, "STARTTLS")
GO = {"STARTTLS": "220 2.0.0 go ahead"}
LOOPS = pytest.mark.parametrize("loop_factory", [uvloop.new_event_loop, asyncio.new_event_loop], ids=["uvloop", "asyncio"])


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    return written(tmp_path_factory.mktemp("tls"), "hop.example")


@pytest.fixture(scope="module")
def context(files: TlsFiles) -> ssl.SSLContext:
    return server_context(files)


def one(sink: Sink, **security: Any) -> Result:
    """One mail to the sink, with these settings of [relay.security]."""
    loop_factory = security.pop("loop_factory", uvloop.new_event_loop)
    ((result,),) = send(sink, parcel(), security=Security(**security), loop_factory=loop_factory)
    return result


@LOOPS
@pytest.mark.parametrize("tls", [Encryption.REQUIRED, Encryption.VERIFIED])
def test_a_mail_goes_by_tls(
    context: ssl.SSLContext, files: TlsFiles, tls: Encryption, loop_factory: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    with Sink(offers=WITH_TLS, replies=GO, tls=context) as sink:
        security = Security(tls=tls, name="hop.example", ca_file=str(files.authority))

        async def two(relay: Relay) -> list[tuple[Result, ...]]:
            return [await relay.deliver(parcel()) for _ in range(2)]

        results = with_relay(sink.address, two, security=security, loop_factory=loop_factory)
        assert [r.outcome for (r,) in results] == [Outcome.DELIVERED] * 2
        assert sink.versions == ["TLSv1.3"]
        assert [mail.raw.endswith(LETTER) for mail in sink.mails] == [True, True]
        assert sink.commands[:3] == ["EHLO vanthu.test", "STARTTLS", "EHLO vanthu.test"]


@LOOPS
def test_tls_from_the_first_byte(context: ssl.SSLContext, loop_factory: Callable[[], asyncio.AbstractEventLoop]) -> None:
    with Sink(tls=context, tls_from_the_start=True) as sink:
        result = one(sink, loop_factory=loop_factory, tls=Encryption.REQUIRED, from_the_start=True)
        assert result.outcome is Outcome.DELIVERED
        assert sink.commands[:2][0] == "EHLO vanthu.test"
        assert sink.versions == ["TLSv1.3"]


def test_a_large_mail_goes_by_tls_too(context: ssl.SSLContext) -> None:
    raw = LETTER + b"x" * 78 + b"\r\n" + (b"0123456789" * 7 + b"\r\n..\r\n") * 30_000
    with Sink(offers=WITH_TLS, replies=GO, tls=context) as sink:
        ((result,),) = send(sink, parcel(raw), security=Security(tls=Encryption.REQUIRED))
        assert result.outcome is Outcome.DELIVERED
        assert sink.mails[0].raw.endswith(raw)


@pytest.mark.parametrize(
    ("replies", "offers", "cause"),
    [
        ({}, EVERYTHING, "TLS is required here ([relay.security] tls), but the server does not offer STARTTLS"),
        ({"STARTTLS": "454 4.7.0 not now"}, WITH_TLS, "STARTTLS was answered by 454 4.7.0 not now"),
        ({"STARTTLS": "220 go\r\n250 hop.example\r\n250 2.0.0 OK"}, WITH_TLS, "TLS: replies came before the handshake"),
        ({"STARTTLS": CLOSE}, WITH_TLS, "closed"),
        ({"EHLO": "502 no"}, WITH_TLS, "does not offer STARTTLS"),
    ],
    ids=["no offer", "no", "injected", "closed", "HELO"],
)
def test_where_tls_is_required_nothing_goes_in_the_clear(
    context: ssl.SSLContext, replies: dict[str, str], offers: tuple[str, ...], cause: str
) -> None:
    with Sink(offers=offers, replies=replies, tls=context) as sink:
        result = one(sink, tls=Encryption.REQUIRED)
        assert result.outcome is Outcome.RETRY
        assert cause in result.reply
        assert not any(command.startswith(("MAIL", "RCPT", "DATA")) for command in sink.commands)


@pytest.mark.parametrize(
    ("security", "cause"),
    [
        (
            {"name": "other.example"},
            "the certificate is not good: Hostname mismatch, certificate is not valid for 'other.example'",
        ),
        ({"name": "hop.example", "ca_file": ""}, "the certificate is not good: unable to get local issuer certificate"),
        ({"ca_file": "/nowhere.pem"}, "TLS: a certificate file of ours cannot be used: "),
    ],
    ids=["another's", "unknown authority", "file"],
)
def test_a_certificate_that_is_not_the_servers_stops_the_mail(
    context: ssl.SSLContext, files: TlsFiles, security: dict[str, str], cause: str
) -> None:
    with Sink(offers=WITH_TLS, replies=GO, tls=context) as sink:
        result = one(sink, tls=Encryption.VERIFIED, **{"ca_file": str(files.authority), **security})
        assert result.outcome is Outcome.RETRY
        assert cause in result.reply
        assert sink.mails == []


@LOOPS
def test_where_tls_is_wished_for_a_spoilt_handshake_sends_the_mail_in_the_clear(
    loop_factory: Callable[[], asyncio.AbstractEventLoop], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 127.0.0.1 is this machine, so the DNS gives it the name of another; the sink has no TLS behind its offer.
    monkeypatch.setattr("gateway.smtp.hosts.is_here", lambda address: False)
    zone = {"sgdhuonggiang.edu.vn MX": ("1 hop.example.",), "hop.example A": ("127.0.0.1",)}
    with Sink(offers=WITH_TLS, replies=GO, tls=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)) as sink, NameServer(zone) as server:

        async def two(relay: Relay) -> list[tuple[Result, ...]]:
            return [await relay.deliver(parcel()) for _ in range(2)]

        route = Route(domains=("*",), mx=True, port=sink.port)
        results = with_relay(sink.address, two, loop_factory=loop_factory, route=(route,), name_servers=(server.address,))
        assert [r.outcome for (r,) in results] == [Outcome.DELIVERED] * 2
        assert sink.commands.count("STARTTLS") == 1
        assert "TLS failed, mail goes in the clear for some minutes" in caplog.text


class _Silent:
    """Takes a handshake, and never says anything."""

    def wrap_socket(self, connection: socket.socket, *, server_side: bool) -> ssl.SSLSocket:
        while connection.recv(4096):
            pass
        raise ConnectionResetError


@LOOPS
def test_half_a_handshake_is_not_waited_for_long(loop_factory: Callable[[], asyncio.AbstractEventLoop]) -> None:
    with Sink(offers=WITH_TLS, replies=GO, tls=cast(ssl.SSLContext, _Silent())) as sink:
        quick = Securing(Security(), "192.0.2.1")  # anywhere but here: TLS is wished for
        quick.handshake_s = 0.3

        async def deliver(relay: Relay) -> tuple[Result, ...]:
            relay._default._secure = lru_cache(1)(lambda host: quick)
            return await relay.deliver(parcel())

        (result,) = with_relay(sink.address, deliver, loop_factory=loop_factory)
        assert (result.outcome, sink.connections) == (Outcome.DELIVERED, 2)


def test_on_this_machine_nobody_listens_so_tls_is_not_wished_for(context: ssl.SSLContext) -> None:
    with Sink(offers=WITH_TLS, replies=GO, tls=context) as sink:
        assert one(sink).outcome is Outcome.DELIVERED
        assert "STARTTLS" not in sink.commands


@pytest.mark.parametrize("offered", ["AUTH PLAIN LOGIN", "AUTH LOGIN"])
def test_we_sign_in(context: ssl.SSLContext, tmp_path: Path, offered: str) -> None:
    (tmp_path / "secret").write_text("mật khẩu\n", encoding="utf-8")
    (tmp_path / "secret").chmod(0o600)
    plain = "AUTH PLAIN " + base64.b64encode("\0vanthu\0mật khẩu".encode()).decode()
    said = {"PLAIN": "235 2.7.0 welcome", "LOGIN": "334 VXNlcm5hbWU6"}
    replies: dict[str, Any] = {
        **GO,
        "AUTH": lambda argument: said[argument.split()[0]],
        base64.b64encode(b"vanthu").decode().upper(): "334 UGFzc3dvcmQ6",
        base64.b64encode("mật khẩu".encode()).decode().upper(): "235 2.7.0 welcome",
    }
    with Sink(offers=(*WITH_TLS, offered), replies=replies, tls=context) as sink:
        result = one(sink, tls=Encryption.REQUIRED, user="vanthu", secret=f"file:{tmp_path / 'secret'}")
        assert result.outcome is Outcome.DELIVERED
        assert sink.commands[3] == (plain if "PLAIN" in offered else "AUTH LOGIN")


@pytest.mark.parametrize(
    ("auth", "offered", "cause"),
    [
        ("535 5.7.8 wrong", "AUTH PLAIN", "sign-in as vanthu was refused: 535 5.7.8 wrong"),
        ("235 hm", "AUTH CRAM-MD5", "sign-in as vanthu: the server offers neither AUTH PLAIN nor AUTH LOGIN"),
    ],
)
def test_a_sign_in_that_fails_says_why_and_never_the_password(
    context: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
    auth: str,
    offered: str,
    cause: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("HOP_SECRET", "bí-mật")
    with Sink(offers=(*WITH_TLS, offered), replies={**GO, "AUTH": auth}, tls=context) as sink:
        result = one(sink, tls=Encryption.REQUIRED, user="vanthu", secret="env:HOP_SECRET")  # noqa: S106 - says where it is
        assert result.outcome is Outcome.RETRY
        assert cause in result.reply
        assert "bí-mật" not in caplog.text + result.reply


def test_a_client_certificate_is_shown(files: TlsFiles) -> None:
    with Sink(offers=WITH_TLS, replies=GO, tls=server_context(files, client_authority=files.authority)) as sink:
        shown = {"client_certificate": str(files.certificate), "client_key": str(files.key)}
        assert one(sink, tls=Encryption.REQUIRED, **shown).outcome is Outcome.DELIVERED
        assert one(sink, tls=Encryption.REQUIRED).outcome is Outcome.RETRY


@pytest.mark.parametrize(
    ("security", "wrong"),
    [
        ({"client_key": "k"}, "client_certificate: "),
        ({"user": "u"}, "secret: "),
        ({"user": "u", "secret": "env:X"}, "tls: "),
        ({"from_the_start": True}, "tls: "),
        ({"user": "u", "secret": "env:X", "tls": Encryption.REQUIRED}, ""),
    ],
)
def test_settings_that_would_give_a_password_away_do_not_load(security: dict[str, Any], wrong: str) -> None:
    assert wrong_with(Security(**security), "mail.example").startswith(wrong)
    assert bool(wrong) == bool(wrong_with(Security(**security), "mail.example"))


def test_a_wrong_password_is_not_said_again_every_few_seconds(context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    """Providers lock an account for that."""
    monkeypatch.setattr(destination, "_FAIL_FAST_S", 0.01)
    monkeypatch.setenv("HOP_SECRET", "sai")

    async def thrice(relay: Relay) -> list[Result]:
        results: list[Result] = []
        for _ in range(3):
            results += await relay.deliver(parcel())
            await asyncio.sleep(0.05)
        return results

    with Sink(offers=(*WITH_TLS, "AUTH PLAIN"), replies={**GO, "AUTH": "535 5.7.8 wrong"}, tls=context) as sink:
        security = Security(tls=Encryption.REQUIRED, user="vanthu", secret="env:HOP_SECRET")  # noqa: S106 - says where it is
        results = with_relay(sink.address, thrice, security=security)
        assert {result.outcome for result in results} == {Outcome.RETRY}
        assert "sign-in as vanthu was refused" in results[-1].reply
        assert sink.connections == 1
