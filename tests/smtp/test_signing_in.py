"""Signing in at the door, and what whoever signed in may send."""

from __future__ import annotations

import base64
import ssl
import time
from collections.abc import Iterator
from typing import Any

import pytest

from gateway import maillog
from gateway.model import Identity
from gateway.smtp.accounts import Accounts
from tests.smtp.door import OUTSIDE, Client, Door
from tests.smtp.test_protocol import LETTER
from tests.world.sink import EVERYTHING, Sink
from tests.world.tls import TlsFiles, server_context, written

LAN, PASSWORD = "gv.lan.thcsll@sgdhuonggiang.edu.vn", "mật-khẩu-của-Lan"


def plain(user: str, password: str) -> str:
    return "AUTH PLAIN " + base64.b64encode(f"\0{user}\0{password}".encode()).decode()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    folder = tmp_path_factory.mktemp("tls")
    Accounts(folder / "accounts").put(LAN, PASSWORD)
    return written(folder, "gw.example")


@pytest.fixture(scope="module")
def trusting(files: TlsFiles) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(files.authority))


def settings(files: TlsFiles, *, auth: str = "require", tls: str = "require", **more: Any) -> dict[str, Any]:
    way = {"name": "submission", "kind": "submission", "listen": "127.0.0.1:0", "tls": tls, "auth": auth, **OUTSIDE}
    return {
        "certificate": {"file": str(files.certificate), "key": str(files.key)},
        "auth": {"accounts": str(files.certificate.parent / "accounts"), "failure_delay_s": 0.0, **more},
        "listener": [way],
        "listen": "",
    }


@pytest.fixture
def door(files: TlsFiles) -> Iterator[Door]:
    with Door(**settings(files)) as door:
        yield door


def secure(door: Door, trusting: ssl.SSLContext) -> Client:
    client = door.client()
    client.starttls(trusting)
    return client


def test_whoever_signed_in_is_proved_and_may_write_to_anybody(door: Door, trusting: ssl.SSLContext) -> None:
    client = door.client()
    assert "AUTH" not in client.say("EHLO client.example")
    assert "250-AUTH PLAIN LOGIN" in client.starttls(trusting)
    assert client.say("MAIL FROM:<a@b.example>").startswith("530 5.7.0 Authentication required")
    assert client.say(plain(LAN, PASSWORD)) == "235 2.7.0 Signed in"
    assert client.say(plain(LAN, PASSWORD)).startswith("503 ")
    assert client.deliver(LETTER, "anybody@elsewhere.example").startswith("250 2.0.0 ")
    assert door.mail.arrival.identity is Identity.AUTHENTICATED
    assert door.mail.arrival.protocol.startswith("ESMTPSA (TLSv1.3 ")


@pytest.mark.parametrize("has_initial", [True, False])
def test_one_signs_in_by_login_too(door: Door, trusting: ssl.SSLContext, has_initial: bool) -> None:
    client = secure(door, trusting)
    user = base64.b64encode(LAN.encode()).decode()
    if has_initial:
        assert client.say(f"auth login {user}") == "334 UGFzc3dvcmQ6"
    else:
        assert client.say("AUTH LOGIN") == "334 VXNlcm5hbWU6"
        assert client.say(user) == "334 UGFzc3dvcmQ6"
    assert client.say(base64.b64encode(PASSWORD.encode()).decode()).startswith("235 ")


def test_plain_without_initial_response(door: Door, trusting: ssl.SSLContext) -> None:
    client = secure(door, trusting)
    assert client.say("AUTH PLAIN") == "334 "
    assert client.say("*") == "501 5.7.0 Authentication cancelled"
    assert client.say("AUTH PLAIN") == "334 "
    assert client.say("x" * 13_000).startswith("500 5.5.6 ")
    assert client.say("AUTH PLAIN") == "334 "
    assert client.say(plain(LAN, PASSWORD).split()[2]).startswith("235 ")


def test_nobody_signs_in_where_somebody_could_listen(files: TlsFiles) -> None:
    with Door(**settings(files, tls="offer")) as door:
        client = door.client()
        assert client.say(plain(LAN, PASSWORD)).startswith("538 5.7.11 ")
    with Door(**settings(files, tls="off", in_the_clear=True)) as door:  # on this machine, where it was allowed
        client = door.client()
        assert client.say(plain(LAN, PASSWORD)).startswith("235 ")
        assert client.deliver(LETTER).startswith("250 2.0.0 ")
        assert door.mail.arrival.protocol == "ESMTPA"


def test_wrong_passwords_end_the_session_and_stand_nowhere(
    door: Door, trusting: ssl.SSLContext, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    client = secure(door, trusting)
    guesses = [("nobody@x.example", PASSWORD), (LAN, "đoán-một"), (LAN, "đoán-hai")]
    assert [client.say(plain(*guess))[:9] for guess in guesses] == ["535 5.7.8"] * 3
    assert client.reply().startswith("421 4.7.0 ")
    assert "could not sign in as" in caplog.text
    assert not any(word in caplog.text for word in (PASSWORD, "đoán", plain(*guesses[1]).split()[2]))


def test_each_wrong_password_takes_longer(files: TlsFiles, trusting: ssl.SSLContext) -> None:
    with Door(**settings(files, failure_delay_s=0.2)) as door:
        client, took = secure(door, trusting), []
        for _ in range(2):
            begin = time.monotonic()
            assert client.say(plain(LAN, "sai-mật-khẩu")).startswith("535 ")
            took.append(time.monotonic() - begin)
        assert took[0] > 0.2
        assert took[1] > 0.4
        client.send(plain(LAN, "sai-mật-khẩu").encode() + b"\r\n")
        time.sleep(0.2)
        door.run(door.server.stop(5))
        assert client.reply().startswith("421 4.3.2 ")


def test_after_too_many_wrong_passwords_nobody_from_there_signs_in(files: TlsFiles, trusting: ssl.SSLContext) -> None:
    with Door(**settings(files, failures_per_source=1)) as door:
        client = secure(door, trusting)
        assert [client.say(plain(LAN, "sai"))[:9] for _ in range(2)] == ["535 5.7.8"] * 2
        assert secure(door, trusting).say(plain(LAN, PASSWORD)).startswith("454 4.7.0 ")


def test_nobody_writes_as_somebody_else(door: Door, trusting: ssl.SSLContext) -> None:
    client = secure(door, trusting)
    client.say(plain(LAN, PASSWORD))
    assert client.say("MAIL FROM:<vanthu@sgdhuonggiang.edu.vn>").startswith("550 5.7.1 <vanthu@sgdhuonggiang.edu.vn> ")
    assert client.say("MAIL FROM:<>").startswith("250 ")
    client.say("RSET")
    assert client.say(f"MAIL FROM:<{LAN.upper()}>").startswith("250 ")


def test_a_stolen_password_is_no_gate_for_a_flood(
    files: TlsFiles, trusting: ssl.SSLContext, capsys: pytest.CaptureFixture[str]
) -> None:
    with Door(**settings(files, mails_per_minute=2)) as door:
        clients = [secure(door, trusting) for _ in range(3)]
        for client in clients:
            client.say(plain(LAN, PASSWORD))
        assert [client.deliver(LETTER)[:3] for client in clients[:2]] == ["250", "250"]
        assert clients[2].say(f"MAIL FROM:<{LAN}>").startswith("450 4.7.1 ")
    maillog.flush()
    assert f"{door.intake.mails[0].id} submitted user=<{LAN}> peer=127.0.0.1" in capsys.readouterr().err


def test_starttls_forgets_who_signed_in_and_commands_behind_auth_wait(files: TlsFiles, trusting: ssl.SSLContext) -> None:
    with Door(**settings(files, tls="offer", in_the_clear=True)) as door:
        client = door.client()
        client.send(plain(LAN, PASSWORD).encode() + b"\r\nNOOP\r\n")
        assert [client.reply()[:3] for _ in range(2)] == ["235", "250"]
        assert client.say("STARTTLS").startswith("220 ")
        client.encrypt(trusting)
        client.say("EHLO client.example")
        assert client.say("MAIL FROM:<a@b.example>").startswith("530 5.7.0 ")


# --- asked of another server ---

HOP = {"STARTTLS": "220 go"}


@pytest.mark.parametrize(
    ("offered", "replies", "said"),
    [
        ("AUTH PLAIN", {"AUTH": "235 2.7.0 ok"}, "235 "),
        ("AUTH PLAIN", {"AUTH": "535 5.7.8 no"}, "535 5.7.8 "),
        ("AUTH PLAIN", {"AUTH": "454 4.7.0 busy"}, "454 4.7.0 "),
        ("AUTH PLAIN", {"AUTH": "421 4.7.0 bye"}, "454 4.7.0 "),
        ("AUTH CRAM-MD5", {}, "454 4.7.0 "),
        ("AUTH PLAIN", {"GREETING": "554 no"}, "454 4.7.0 "),
        ("AUTH PLAIN", {"STARTTLS": "454 no"}, "454 4.7.0 "),
    ],
)
def test_a_password_is_asked_of_the_mail_server(
    files: TlsFiles,
    trusting: ssl.SSLContext,
    offered: str,
    replies: dict[str, str],
    said: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    with Sink(offers=(*EVERYTHING, "STARTTLS", offered), replies={**HOP, **replies}, tls=server_context(files)) as sink:
        asked = {"check": "smtp", "server": sink.address, "name": "gw.example", "ca_file": str(files.authority)}
        with Door(**settings(files, **asked)) as door:
            client = secure(door, trusting)
            assert client.say(plain(LAN, PASSWORD)).startswith(said)
            assert not any(command.startswith("MAIL") for command in sink.commands)
    assert PASSWORD not in caplog.text
    assert plain(LAN, PASSWORD).split()[2] not in caplog.text


def test_a_token_is_handed_on_as_it_came(files: TlsFiles, trusting: ssl.SSLContext) -> None:
    replies = {**HOP, "AUTH": "334 eyJzdGF0dXMiOiI0MDEifQ==", "": "535 5.7.8 no"}
    with Sink(offers=(*EVERYTHING, "STARTTLS", "AUTH XOAUTH2"), replies=replies, tls=server_context(files)) as sink:
        asked = {"check": "smtp", "server": sink.address, "name": "gw.example", "ca_file": str(files.authority)}
        with Door(**settings(files, mechanisms=["XOAUTH2"], **asked)) as door:
            client = secure(door, trusting)
            token = base64.b64encode(f"user={LAN}\x01auth=Bearer t\x01\x01".encode()).decode()
            assert client.say(f"AUTH XOAUTH2 {token}").startswith("535 5.7.8 ")
            assert client.say(plain(LAN, PASSWORD)).startswith("504 5.5.4 ")
        assert sink.commands[-3:-1] == [f"AUTH XOAUTH2 {token}", ""]
