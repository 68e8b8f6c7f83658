"""Whose mail it is, told to the next server that wants to know (XFORWARD): its log names the client, not us."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from gateway.courier import Outcome, Parcel
from gateway.model import Door
from gateway.smtp.forwarding import Told, told_by_xforward, xforward
from tests.smtp.test_relay import LETTER, WITHOUT_PIPELINING, outcomes, parcel, send
from tests.world.sink import EVERYTHING, Sink

ALL = ("NAME", "ADDR", "PORT", "PROTO", "HELO", "IDENT", "SOURCE")
WORDS = "XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE"
SAID = (
    "XFORWARD IDENT=01KAQ3M6E2Y0V7K6W9Q6S1T2A1 NAME=[UNAVAILABLE] ADDR=192.0.2.7 PROTO=ESMTP HELO=may-tinh.thcsll SOURCE=REMOTE"
)


def of(*, door: Door = Door.SMTP, **more: str) -> Parcel:
    one = parcel(door=door)
    return Parcel(mail=replace(one.mail, arrival=replace(one.mail.arrival, **more)), deliveries=one.deliveries)


def test_only_what_was_offered_is_said_and_only_of_a_client() -> None:
    assert xforward(of().mail, ALL) == f"{SAID}\r\n".encode()
    assert xforward(of(peer="2001:db8::7").mail, ("ADDR",)) == b"XFORWARD ADDR=IPV6:2001:db8::7\r\n"
    assert xforward(of(helo="", protocol="SMTP").mail, ("HELO", "PROTO")) == b"XFORWARD PROTO=SMTP HELO=[UNAVAILABLE]\r\n"
    assert xforward(of().mail, ("LOGIN",)) == b""
    assert xforward(of(peer="").mail, ALL) == b""
    for door in (Door.OWN, Door.IMAP, Door.AXIS):
        assert xforward(of(door=door).mail, ALL) == b""


@pytest.mark.parametrize("helo", ["a b+c=d", "Trường\x00\r\nMAIL", "\udcff", "x" * 5000])
def test_whatever_a_client_calls_itself_it_stays_one_short_line(helo: str) -> None:
    said = xforward(of(helo=helo).mail, ALL)
    assert said.endswith(b"\r\n")
    assert said[:-2].isascii()
    assert said[:-2].decode().isprintable()
    assert len(xforward(of(helo="ư" * 5000, peer="2001:db8:ffff:ffff:ffff:ffff:ffff:ffff").mail, ALL)) <= 1024


def test_what_we_say_we_understand() -> None:
    told = told_by_xforward(xforward(of(helo="máy+1").mail, ALL).decode().strip().partition(" ")[2], Told())
    assert (told.address, told.host_name, told.ident) == ("192.0.2.7", "máy+1", "01KAQ3M6E2Y0V7K6W9Q6S1T2A1")


@pytest.mark.parametrize("offers", [EVERYTHING, WITHOUT_PIPELINING], ids=["pipelining", "step by step"])
@pytest.mark.parametrize("answer", ["250 2.0.0 Ok", "550 5.7.0 Insufficient authorization", "451 4.3.0 later"])
def test_it_is_told_before_each_mail_and_whatever_the_answer_the_mail_goes_on(offers: tuple[str, ...], answer: str) -> None:
    with Sink(offers=(*offers, WORDS), replies={"XFORWARD": answer}) as sink:
        results = send(sink, parcel(), parcel(door=Door.OWN), parcel())
        assert [outcomes(each) for each in results] == [[Outcome.DELIVERED]] * 3
        assert [mail.raw.endswith(LETTER) for mail in sink.mails] == [True] * 3
    steps = [command.partition(" ")[0] for command in sink.commands if command.startswith(("XFORWARD", "MAIL"))]
    assert steps == ["XFORWARD", "MAIL", "MAIL", "XFORWARD", "MAIL"]
    assert SAID in sink.commands


def test_who_does_not_ask_is_told_nothing() -> None:
    with Sink() as sink:
        send(sink, parcel())
    assert not any(command.startswith("XFORWARD") for command in sink.commands)


def test_a_server_that_is_about_to_close_takes_the_mail_by_another_connection() -> None:
    with Sink(offers=(*EVERYTHING, WORDS), replies={"XFORWARD": ["421 4.3.2 closing", "250 2.0.0 Ok"]}) as sink:
        (result,) = send(sink, parcel())
        assert outcomes(result) in ([Outcome.DELIVERED], [Outcome.RETRY])
        assert len(sink.mails) == (outcomes(result) == [Outcome.DELIVERED])
