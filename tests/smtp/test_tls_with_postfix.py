"""TLS and sign-in with Debian's servers: Postfix in front of us and behind us, Dovecot for its passwords, swaks as a client."""

from __future__ import annotations

import smtplib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.courier import Outcome, Result
from gateway.model import Identity
from gateway.settings.security import Encryption, Security
from gateway.smtp.accounts import Accounts
from gateway.smtp.relay import Relay
from tests.smtp.door import OUTSIDE, Door
from tests.smtp.test_protocol import LETTER, eventually
from tests.smtp.test_relay import LETTER as REPORT
from tests.smtp.test_relay import parcel, with_relay
from tests.world.dovecot import PASSWORD, Dovecot
from tests.world.ports import free_port
from tests.world.postfix import Postfix
from tests.world.tls import TlsFiles, written

pytestmark = pytest.mark.root

LAN, HER_PASSWORD = "gv.lan.thcsll@sgdhuonggiang.edu.vn", "only-ascii-here"
_MAIN = """\
smtpd_tls_cert_file = {files.certificate}
smtpd_tls_key_file = {files.key}
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{sasl_port}
smtp_tls_security_level = secure
smtp_tls_CAfile = {files.authority}
smtp_tls_secure_cert_match = gw.example
smtp_sasl_auth_enable = yes
smtp_sasl_password_maps = static:{user}:{password}
smtp_sasl_security_options =
"""
_FRONT = "127.0.0.1:{{port}} inet n - n - - smtpd\n  -o content_filter=smtp:[127.0.0.1]:{door}"
_BEHIND = "127.0.0.1:{back} inet n - n - - smtpd\n  -o smtpd_tls_security_level=encrypt -o smtpd_sasl_auth_enable=yes" + (
    "\n  -o smtpd_client_restrictions=permit_sasl_authenticated,reject"
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    return written(tmp_path_factory.mktemp("tls"), "gw.example")


@pytest.fixture(scope="module")
def door(files: TlsFiles) -> Iterator[Door]:
    """Submission with everything required."""
    Accounts(files.certificate.parent / "accounts").put(LAN, HER_PASSWORD)
    way = {"name": "submission", "kind": "submission", "listen": "127.0.0.1:0", "tls": "require", "auth": "require", **OUTSIDE}
    settings: dict[str, Any] = {
        "listen": "",
        "certificate": {"file": str(files.certificate), "key": str(files.key)},
        "auth": {"accounts": str(files.certificate.parent / "accounts"), "failure_delay_s": 0.0},
        "listener": [way],
    }
    with Door(**settings) as door:
        yield door


@pytest.fixture(scope="module")
def postfix(door: Door, files: TlsFiles) -> Iterator[tuple[Postfix, str]]:
    """Its port hands mail to the door; the address is where it wants TLS and a password itself."""
    dovecot, back = Dovecot(), free_port()
    main = _MAIN.format(files=files, sasl_port=dovecot.sasl_port, user=LAN, password=HER_PASSWORD)
    listeners = _FRONT.format(door=door.server.addresses[0][1]) + "\n" + _BEHIND.format(back=back)
    server = Postfix(listeners=listeners, main=main)
    yield server, f"127.0.0.1:{back}"
    server.stop()
    dovecot.stop()


@pytest.fixture(autouse=True)
def forget(door: Door) -> None:
    door.intake.mails.clear()


def test_postfix_verifies_us_signs_in_and_delivers(postfix: tuple[Postfix, str], door: Door) -> None:
    server, _ = postfix
    with smtplib.SMTP("127.0.0.1", server.port, timeout=30) as client:
        client.sendmail(LAN, ["anybody@elsewhere.example"], LETTER * 2000)
    eventually(lambda: door.intake.mails, within=20)
    assert door.mail.raw.endswith(LETTER * 2000)
    assert door.mail.arrival.identity is Identity.AUTHENTICATED
    assert door.mail.arrival.protocol == "ESMTPSA (TLSv1.3 TLS_AES_256_GCM_SHA384)"


def _relayed(address: str, security: Security) -> Result:
    async def deliver(relay: Relay) -> Result:
        (result,) = await relay.deliver(parcel())
        return result

    return with_relay(address, deliver, security=security)


def test_we_verify_postfix_sign_in_and_deliver(postfix: tuple[Postfix, str], files: TlsFiles, tmp_path: Path) -> None:
    server, address = postfix
    secret = tmp_path / "secret"
    secret.write_text(PASSWORD, encoding="utf-8")
    secret.chmod(0o600)
    verified = {"tls": Encryption.VERIFIED, "name": "gw.example", "ca_file": str(files.authority)}
    result = _relayed(address, Security(**verified, user=LAN, secret=f"file:{secret}"))  # type: ignore[arg-type]  # of several types
    assert result.outcome is Outcome.DELIVERED, server.log()
    (mail,) = server.wait_for(1)
    assert mail.endswith(REPORT.replace(b"\r\n", b"\n"))
    assert b"with ESMTPSA id" in mail


def test_what_postfix_does_not_take_waits_with_its_reason(postfix: tuple[Postfix, str], tmp_path: Path) -> None:
    _, address = postfix
    secret = tmp_path / "secret"
    secret.write_text("sai", encoding="utf-8")
    secret.chmod(0o600)
    wrong = _relayed(address, Security(tls=Encryption.REQUIRED, user=LAN, secret=f"file:{secret}"))
    assert (wrong.outcome, "was refused: 535 5.7.8" in wrong.reply) == (Outcome.RETRY, True)
    clear = _relayed(address, Security(tls=Encryption.OFF))
    assert (clear.outcome, "530 5.7.0" in clear.reply) == (Outcome.MISCONFIGURED, True)


_HERS = ["--auth-user", LAN, "--auth-password", HER_PASSWORD]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--tls", "--auth", "PLAIN", *_HERS], 0, "235 2.7.0 Signed in"),
        (["--tls", "--auth", "LOGIN", *_HERS], 0, "235 2.7.0 Signed in"),
        (["--tls", "--auth-user", LAN, "--auth-password", "wrong"], 28, "535 5.7.8 "),
        (["--auth", "PLAIN", *_HERS], 28, "Host did not advertise authentication"),
        (["--tls"], 23, "530 5.7.0 "),
    ],
)
def test_swaks(door: Door, arguments: list[str], code: int, said: str) -> None:
    host, port = door.server.addresses[0]
    asked = ["swaks", "--from", LAN, "--to", "anybody@elsewhere.example", "--server", f"{host}:{port}"]
    done = subprocess.run([*asked, *arguments], capture_output=True, text=True, timeout=30)
    assert (done.returncode, said in done.stdout + done.stderr) == (code, True), done.stdout + done.stderr
    assert len(door.intake.mails) == (code == 0)
