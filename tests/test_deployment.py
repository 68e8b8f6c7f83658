"""Postfix behind the gateway and as its client at RCPT, with exactly the lines of docs/deployment."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.test_deployment_queue import wait_for_line
from tests.world import letters
from tests.world.client import send
from tests.world.deployment import listeners_of
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


class Asking(NamedTuple):
    postfix: Postfix
    gateway: Gateway


@pytest.fixture(scope="module")
def running_server(running_postfix: Postfix, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    """Postfix asks about recipients, and leads mail to forwarded addresses to the gateway."""
    page, taken, asked = "postfix-policy-service", free_port(), free_port()
    settings = {
        "[policy_service] listen": f'"127.0.0.1:{asked}"',
        "[policy_service] filter": f'"scan:[127.0.0.1]:{taken}"',
    }
    gateway = Gateway(
        tmp_path_factory.mktemp("asked") / "house", next_hop=running_postfix.address, settings=settings,
        more=listeners_of(page).replace("127.0.0.1:0", f"127.0.0.1:{taken}"),
    ).start()  # fmt: skip
    (line,) = documented(page, "main.cf of that server").splitlines()
    line = line.replace(" = ", "=").replace("10040", str(asked))
    clients = "-o smtpd_authorized_xclient_hosts=127.0.0.0/8 -o smtpd_client_restrictions="  # may say who they are
    smtpd = f"127.0.0.1:{{port}} inet n - n - - smtpd\n  -o {{{{ {line} }}}} {clients}"
    server = Postfix(listeners=f"{smtpd}\n{documented(page, 'master.cf of that server')}")
    yield Asking(server, gateway)
    gateway.stop()
    server.stop()


@pytest.fixture
def asking_server(running_server: Asking, postfix: Postfix) -> Postfix:
    """It, with empty mailboxes before and behind the gateway."""
    running_server.postfix.forget()
    return running_server.postfix


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


def test_whoever_writes_to_a_forwarded_address_from_outside_only_claims_to_be_the_sender(
    asking_server: Postfix, running_server: Asking
) -> None:
    with smtplib.SMTP("127.0.0.1", asking_server.port, timeout=60) as client:
        client.ehlo()
        client.docmd("XCLIENT", "ADDR=192.0.2.77 NAME=may.example HELO=may.example")
        client.sendmail("ai-do@o-ngoai.example", ["pgdcamson.huonggiang@moet.edu.vn"], letters.figures_of_a_school())

    wait_for_line(running_server.gateway, "peer=192.0.2.77 identity=claimed")
