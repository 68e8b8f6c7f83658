"""The two places of docs/deployment.md, with a real Postfix that has exactly the lines given there."""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Iterator

import pytest

from tests.world import letters
from tests.world.client import send
from tests.world.gateway import Gateway
from tests.world.ports import free_port
from tests.world.postfix import Postfix, documented

pytestmark = pytest.mark.root

TEACHER, DIVISION = letters.TEACHER[1], letters.DIVISION_CLERK[1]


@pytest.fixture
def house(start_gateway: Callable[..., Gateway], postfix: Postfix) -> Gateway:
    """Place A: the gateway is the MX, Postfix keeps the mailboxes."""
    return start_gateway(next_hop=postfix.address)


@pytest.fixture
def server_in_front(start_gateway: Callable[..., Gateway]) -> Iterator[Postfix]:
    """Place B: Postfix gives each mail to the gateway before it takes it, and gets it back on another port."""
    back = free_port()
    gateway = start_gateway(next_hop=f"127.0.0.1:{back}")
    lines = documented("master.cf").replace("smtp      inet n - y -", "127.0.0.1:{port} inet n - n -")
    lines = lines.replace("127.0.0.1:10025", f"127.0.0.1:{gateway.smtp_port}").replace("127.0.0.1:10026", f"127.0.0.1:{back}")
    server = Postfix(listeners=lines)
    yield server
    server.stop()


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


def test_before_the_queue_a_refusal_reaches_the_sender_in_his_own_session(server_in_front: Postfix) -> None:
    with smtplib.SMTP("127.0.0.1", server_in_front.port, timeout=60) as client, pytest.raises(smtplib.SMTPDataError) as refusal:
        client.sendmail(TEACHER, [DIVISION], letters.letter_of_a_school(sender=letters.TEACHER))

    assert refusal.value.smtp_code == 550
    assert b"5.7.1" in refusal.value.smtp_error
    assert server_in_front.mails() == []


def test_before_the_queue_a_report_goes_through_as_it_was_sent(server_in_front: Postfix) -> None:
    report = letters.figures_of_a_school()

    with smtplib.SMTP("127.0.0.1", server_in_front.port, timeout=60) as client:
        client.sendmail(TEACHER, [letters.SPECIALIST[1]], report)

    (mail,) = server_in_front.wait_for(1)
    assert mail.endswith(_as_in_a_maildir(report))


@pytest.fixture
def asking_server(start_gateway: Callable[..., Gateway], postfix: Postfix) -> Iterator[Postfix]:
    """Place C: Postfix asks about recipients, and leads mail to forwarded addresses to the gateway."""
    smtp, asked = free_port(), free_port()
    settings = {
        "[smtp] listen": f'"127.0.0.1:{smtp}"',
        "[policy_service] listen": f'"127.0.0.1:{asked}"',
        "[policy_service] filter": f'"smtp:[127.0.0.1]:{smtp}"',
    }
    gateway = start_gateway(next_hop=postfix.address, settings=settings)
    (line,) = documented("main.cf of that server").splitlines()
    line = line.replace(" = ", "=").replace("10040", str(asked)).replace("permit_mynetworks, ", "")
    server = Postfix(listeners=f"127.0.0.1:{{port}} inet n - n - - smtpd\n  -o {{{{ {line} }}}}")
    yield server
    gateway.stop()
    server.stop()


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
