"""A real Exim that asks in its session (cutthrough), with the lines of docs/deployment/exim.md, and asks for PRDR."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.world import letters
from tests.world.client import Client, id_in
from tests.world.deployment import gateway_of, with_ports
from tests.world.exim import Exim
from tests.world.gateway import Gateway
from tests.world.ports import free_port
from tests.world.postfix import documented

pytestmark = pytest.mark.root

TEACHER, DIVISION, SPECIALIST = letters.TEACHER[1], letters.DIVISION_CLERK[1], letters.SPECIALIST[1]


class House(NamedTuple):
    exim: Exim
    gateway: Gateway


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    port, back = free_port(), free_port()
    gateway = gateway_of(tmp_path_factory.mktemp("exim") / "house", "exim", next_hop=f"127.0.0.1:{back}")
    lines = with_ports(documented("exim", "exim4.conf"), {"10025": gateway.ports["exim"], "10026": back})
    exim = Exim(lines, port=port, back=back)
    yield House(exim, gateway)
    gateway.stop()
    exim.stop()


@pytest.fixture
def house(running: House) -> House:
    running.exim.forget()
    return running


def test_a_report_lies_in_the_mailbox_as_it_was_sent(house: House) -> None:
    report = letters.figures_of_a_school() + b"\r\n.dot\r\n" + b"x" * 5000 + b"\r\n"

    with Client(house.exim.port) as client:
        assert client.send(TEACHER, [SPECIALIST], report).startswith("250")

    (mail,) = house.exim.wait_for(1)
    assert mail.endswith(report.replace(b"\r\n", b"\n"))


@pytest.mark.parametrize(("sender", "said"), [(TEACHER, "550 Sign in to write as"), ("ai-do@o-ngoai.example", "250 Accepted")])
def test_nobody_outside_writes_as_one_of_us(house: House, sender: str, said: str) -> None:
    checks = documented("exim", "exim4.conf, who may write as whom")
    commands = ("EHLO o-ngoai.example", f"MAIL FROM:<{sender}>", f"RCPT TO:<{SPECIALIST}>", "QUIT")

    assert said in house.exim.would_say("192.0.2.77", commands, checks=checks)


def test_a_refusal_reaches_the_sender_in_his_own_session(house: House) -> None:
    with Client(house.exim.port) as client:
        said = client.send(TEACHER, [DIVISION], letters.letter_of_a_school(sender=letters.TEACHER))

    assert said.startswith("550")
    assert "5.7.1" in said
    assert id_in(said)
    assert house.exim.mails() == []


def test_a_closed_address_is_refused_by_itself(house: House) -> None:
    with Client(house.exim.port) as client:
        client.say(f"MAIL FROM:<{TEACHER}>")
        assert client.say("RCPT TO:<c3nguyenhue.huonggiang@moet.edu.vn>").startswith("550")  # in Exim's own words
        assert client.say(f"RCPT TO:<{SPECIALIST}>").startswith("250")


def test_where_exim_asks_for_prdr_each_recipient_is_answered(house: House) -> None:
    house.exim.submit(TEACHER, [DIVISION, "toasoan@bao.example"], letters.letter_of_a_school(sender=letters.TEACHER))

    log = house.exim.log()
    assert f"** {DIVISION} " in log  # refused, with our words
    assert "550-5.7.1" in log
    assert "=> toasoan@bao.example " in log  # taken: a person decides about it
    assert "PRDR" in log
