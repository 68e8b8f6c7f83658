"""Postfix behind the gateway and as its client at RCPT, with exactly the lines of docs/deployment."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator

import pytest

from tests.world import letters
from tests.world.client import send
from tests.world.gateway import Gateway
from tests.world.ports import free_port
from tests.world.postfix import Postfix, documented

pytestmark = pytest.mark.root

TEACHER, DIVISION = letters.TEACHER[1], letters.DIVISION_CLERK[1]


@pytest.fixture(scope="module")
def house(running_postfix: Postfix, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """The gateway is the MX, Postfix keeps the mailboxes."""
    gateway = Gateway(tmp_path_factory.mktemp("mx") / "house", next_hop=running_postfix.address).start()
    yield gateway
    gateway.kill()


def _as_in_a_maildir(raw: bytes) -> bytes:
    """Postfix stores lines with LF."""
    return raw.replace(b"\r\n", b"\n")


def test_a_report_lies_in_the_mailbox_as_it_was_sent(house: Gateway, postfix: Postfix) -> None:
    report = letters.figures_of_a_school()

    assert send(house.smtp_port, TEACHER, [letters.SPECIALIST[1]], report).startswith("250")

    (mail,) = postfix.wait_for(1)
    assert mail.endswith(_as_in_a_maildir(report))


def test_long_lines_bcc_and_missing_fields_survive_postfix(house: Gateway, postfix: Postfix) -> None:
    odd = b"Bcc: kept@example.org\r\nReturn-Path: <kept@example.org>\r\nSubject: x\r\n\r\n" + b"x" * 5000 + b"\r\n.dot\r\n"

    assert send(house.smtp_port, TEACHER, [DIVISION], odd).startswith("250")

    (mail,) = postfix.wait_for(1)
    assert mail.endswith(_as_in_a_maildir(odd))


@pytest.fixture(scope="module")
def running_server(running_postfix: Postfix, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postfix]:
    """Postfix asks about recipients, and leads mail to forwarded addresses to the gateway."""
    smtp, asked = free_port(), free_port()
    settings = {
        "[smtp] listen": f'"127.0.0.1:{smtp}"',
        "[policy_service] listen": f'"127.0.0.1:{asked}"',
        "[policy_service] filter": f'"smtp:[127.0.0.1]:{smtp}"',
    }
    folder = tmp_path_factory.mktemp("asked") / "house"
    gateway = Gateway(folder, next_hop=running_postfix.address, settings=settings).start()
    (line,) = documented("postfix-policy-service", "main.cf of that server").splitlines()
    line = line.replace(" = ", "=").replace("10040", str(asked))
    server = Postfix(listeners=f"127.0.0.1:{{port}} inet n - n - - smtpd\n  -o {{{{ {line} }}}}")
    yield server
    gateway.stop()
    server.stop()


@pytest.fixture
def asking_server(running_server: Postfix, postfix: Postfix) -> Postfix:
    """It, with empty mailboxes before and behind the gateway."""
    running_server.forget()
    return running_server


def test_an_address_past_its_closing_date_is_refused_at_rcpt_and_the_others_are_taken(asking_server: Postfix) -> None:
    closed, other = "c3nguyenhue.huonggiang@moet.edu.vn", letters.SPECIALIST[1]

    with smtplib.SMTP("127.0.0.1", asking_server.port, timeout=60) as client:
        refused = client.sendmail(TEACHER, [closed, other], letters.figures_of_a_school())

    code, said = refused[closed]
    assert code == 551
    assert b"vanthu.thptnh@sgdhuonggiang.edu.vn" in said
    asking_server.wait_for(1)


def test_mail_to_a_forwarded_address_is_led_through_the_gateway(asking_server: Postfix, postfix: Postfix) -> None:
    report = letters.figures_of_a_school()

    with smtplib.SMTP("127.0.0.1", asking_server.port, timeout=60) as client:
        client.sendmail(TEACHER, ["pgdcamson.huonggiang@moet.edu.vn"], report)

    mails = postfix.wait_for(1)
    forwarded = next(mail for mail in mails if mail.endswith(_as_in_a_maildir(report)))
    assert b"vanthu.pgdcs@sgdhuonggiang.edu.vn" in forwarded
    assert asking_server.mails() == []
