"""Crashes, dead next hops and dead databases: what got a 250 arrives, what can't be kept gets a 451."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from tests.world import letters
from tests.world.client import Client, send
from tests.world.gateway import Gateway
from tests.world.ports import free_port
from tests.world.sink import Sink

TEACHER = letters.TEACHER[1]
DIVISION = letters.DIVISION_CLERK[1]
HEAD = b"From: a@b.example\r\nSubject: so lieu\r\n\r\n"


def test_mails_accepted_while_the_next_hop_is_dead_arrive_when_it_is_back(start_gateway: Callable[..., Gateway]) -> None:
    port = free_port()
    house = start_gateway(next_hop=f"127.0.0.1:{port}", settings={"[worker] retry_after_s": "[1, 1, 1, 1, 1, 1, 1]"})
    for n in range(5):
        assert send(house.smtp_port, TEACHER, [DIVISION], HEAD + b"%d\r\n" % n).startswith("250")
    with Sink(port) as sink:
        mails = sink.wait_for(5, timeout=30)
    assert sorted(mail.raw[-3:-2] for mail in mails) == [b"0", b"1", b"2", b"3", b"4"]


def test_what_got_a_250_arrives_after_a_kill(start_gateway: Callable[..., Gateway]) -> None:
    port = free_port()
    house = start_gateway(next_hop=f"127.0.0.1:{port}", settings={"[worker] retry_after_s": "[1, 1, 1, 1, 1, 1, 1]"})
    for n in range(20):
        assert send(house.smtp_port, TEACHER, [DIVISION], HEAD + b"%02d\r\n" % n).startswith("250")
    house.kill()
    with Sink(port) as sink:
        house.start()
        mails = sink.wait_for(20, timeout=30)
    assert {mail.raw[-4:-2] for mail in mails} == {b"%02d" % n for n in range(20)}


def test_a_stop_in_the_middle_of_a_session_lets_the_mail_finish(house: Gateway, sink: Sink) -> None:
    with Client(house.smtp_port) as client:
        client.say(f"MAIL FROM:<{TEACHER}>")
        client.say(f"RCPT TO:<{DIVISION}>")
        assert client.say("DATA").startswith("354")
        os.kill(house.pid, signal.SIGTERM)
        reply = client.say(HEAD.decode() + "stop\r\n.")
    assert reply.startswith("250")
    (mail,) = sink.wait_for(1)
    assert mail.raw.endswith(b"stop\r\n")


def test_a_recipient_that_the_next_hop_refuses_costs_a_delivery_report_and_nothing_else(
    start_gateway: Callable[..., Gateway],
) -> None:
    def rcpt(argument: str) -> str:
        return "550 5.1.1 no such user" if "khong-co" in argument else "250 2.1.5 Ok"

    with Sink(replies={"RCPT": rcpt}) as sink:
        house = start_gateway(next_hop=sink.address)
        send(house.smtp_port, TEACHER, [DIVISION, "khong-co@sgdhuonggiang.edu.vn"], HEAD + b"x\r\n")
        mails = sink.wait_for(2)
    by_recipient = {mail.recipients: mail for mail in mails}
    assert by_recipient[(DIVISION,)].raw.endswith(b"x\r\n")
    report = by_recipient[(TEACHER,)]
    assert report.sender == ""
    assert b"khong-co@sgdhuonggiang.edu.vn" in report.raw
    assert b"5.1.1" in report.raw


def test_bytes_from_a_trusted_network_leave_as_they_came(house: Gateway, sink: Sink) -> None:
    odd = [
        HEAD + b"bare\rcr and bare\nlf\r\n",
        HEAD + b"nul \x00 and 8-bit \xc3\xad\r\n",
        b"Subject: \xc4\x91\xe1\xba\xa7u\r\n\r\n..dots\r\n.\x20\r\n...\r\n",
        HEAD + b"x" * 100_000 + b"\r\n",
        HEAD + b"trailing blanks   \t\r\n\r\n\r\n",
    ]
    for raw in odd:
        assert send(house.smtp_port, TEACHER, [DIVISION], raw).startswith("250"), raw[:80]
    came = [mail.raw for mail in sink.wait_for(len(odd))]
    for raw in odd:
        assert any(one.endswith(raw) for one in came), raw[:80]


def test_strangers_may_not_relay_through_us_but_may_write_to_us(start_gateway: Callable[..., Gateway], sink: Sink) -> None:
    house = start_gateway(next_hop=sink.address, settings={"[smtp] trusted_networks": '["192.0.2.0/24"]'})
    stranger = "ai-do@o-ngoai.example"
    assert send(house.smtp_port, stranger, ["nguoi-khac@o-ngoai.example"], HEAD).startswith("550 5.7.1")
    assert send(house.smtp_port, stranger, [DIVISION], HEAD + b"x\r\n").startswith("250")
    assert send(house.smtp_port, stranger, [DIVISION], HEAD + b"bare\nlf\r\n").startswith("550 5.6.11")
    assert len(sink.wait_for(1)) == 1
