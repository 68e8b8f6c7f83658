"""People's own mail programs: a real gateway with TLS and sign-in, an account for each, and a certificate that is renewed."""

from __future__ import annotations

import json
import os
import signal
import smtplib
import ssl
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.smtp.accounts import Accounts
from tests.world import letters
from tests.world.gateway import Gateway
from tests.world.sink import Sink
from tests.world.tls import TlsFiles, written

CLERK, TEACHER, DIVISION = letters.SCHOOL_CLERK[1], letters.TEACHER[1], letters.DIVISION_CLERK[1]
PASSWORD = "made-up-password"  # noqa: S105 - of made-up persons
_MORE = """
[[smtp.listener]]
name = "smtps"
kind = "submission"
listen = "127.0.0.1:0"
trusted_networks = []
tls = "implicit"
auth = "require"

[smtp.certificate]
file = "{files.certificate}"
key = "{files.key}"

[smtp.auth]
accounts = "accounts"
"""


@pytest.fixture
def files(tmp_path: Path) -> TlsFiles:
    return written(tmp_path, "gw.example")


@pytest.fixture
def house(start_gateway: Callable[..., Gateway], sink: Sink, files: TlsFiles, tmp_path: Path) -> Gateway:
    accounts = Accounts(tmp_path / "house0" / "accounts")
    house = start_gateway(next_hop=sink.address, more=_MORE.format(files=files))
    for who in (CLERK, TEACHER):
        accounts.put(who, PASSWORD)  # in force at once
    return house


def sent(house: Gateway, files: TlsFiles, user: str, sender: str, raw: bytes) -> str:
    """Sign in and send, as a mail program does; "250", or the whole refusal."""
    context = ssl.create_default_context(cafile=str(files.authority))
    context.check_hostname = False
    with smtplib.SMTP_SSL("127.0.0.1", house.ports["smtps"], context=context, timeout=30) as client:
        client.login(user, PASSWORD)
        try:
            client.sendmail(sender, [DIVISION], raw)
        except smtplib.SMTPResponseException as refusal:
            return f"{refusal.smtp_code} {refusal.smtp_error!r}"
    return "250"


def certificate_of(house: Gateway) -> tuple[bytes, dict[str, Any]]:
    """What is shown to whoever connects, and what /health says of it."""
    shown = ssl.get_server_certificate(("127.0.0.1", house.ports["smtps"])).encode()
    with urllib.request.urlopen(f"{house.web_url}/health", timeout=10) as answer:  # noqa: S310 - http to the loopback
        said: dict[str, Any] = json.load(answer)["live"]["certificate"]
    return shown, said


def test_the_rules_know_who_signed_in(house: Gateway, sink: Sink, files: TlsFiles) -> None:
    issued = letters.letter_of_a_school()
    assert sent(house, files, TEACHER, CLERK, issued).startswith("550 b'5.7.1 <vanthu.thcsll@")
    refused = sent(house, files, TEACHER, TEACHER, letters.letter_of_a_school(sender=letters.TEACHER))
    assert "Thu nay da bi chan" in refused
    assert sent(house, files, CLERK, CLERK, issued) == "250"
    (package,) = house.office("ioffice-nganh").wait_for(1)  # hers is handed over without anybody's look
    assert issued in package.attachments.values()
    report = letters.figures_of_a_school()
    assert sent(house, files, TEACHER, TEACHER, report) == "250"
    mail = next(mail for mail in sink.wait_for(2) if mail.raw.endswith(report))
    assert b"with ESMTPSA (TLSv1.3 " in mail.raw
    assert PASSWORD not in house.log()

    # The certificate is renewed, spoilt, and mended, while the gateway runs.
    before, _ = certificate_of(house)
    new = written(files.certificate.parent, "new.example")
    os.replace(new.certificate, files.certificate)
    os.replace(new.key, files.key)
    os.kill(house.pid, signal.SIGHUP)
    _until(lambda: certificate_of(house)[0] != before)
    after, said = certificate_of(house)
    assert (said["alarm"], said["trouble"], said["days_left"] > 1000) == (False, "", True)
    files.certificate.write_bytes(b"spoilt")
    os.kill(house.pid, signal.SIGHUP)
    _until(lambda: certificate_of(house)[1]["alarm"])
    assert certificate_of(house)[0] == after


def _until(true: Callable[[], bool], *, seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)
