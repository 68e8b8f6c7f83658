"""The trace header."""

from __future__ import annotations

import email
import email.utils
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import Arrival, Door, Mail, Recipient
from gateway.smtp.received import trace_headers

SINCE = datetime(1970, 1, 1)  # noqa: DTZ001 - hypothesis wants it naive
AT = datetime(2019, 11, 5, 1, 2, 3, tzinfo=UTC)


def mail(
    *recipients: str, peer: str = "192.0.2.7", helo: str = "c.example", protocol: str = "ESMTP", at: datetime = AT
) -> Mail:
    return Mail(
        id="01J0",
        sender="a@b.example",
        recipients=tuple(Recipient(address=address) for address in recipients),
        raw=b"",
        digest="",
        arrival=Arrival(door=Door.SMTP, at=at, peer=peer, helo=helo, protocol=protocol),
    )


def trace(some: Mail) -> str:
    return trace_headers(some, hostname="gw.example").decode("ascii")


def test_it_says_from_by_with_id_for_and_when() -> None:
    assert trace(mail("x@y.example")) == (
        "Received: from c.example ([192.0.2.7])\r\n\tby gw.example (Vanthu) with ESMTP id 01J0\r\n\tfor <x@y.example>;\r\n"
        "\tTue, 5 Nov 2019 01:02:03 +0000\r\n"
    )


def test_several_recipients_are_not_shown_to_each_other() -> None:
    assert " for " not in trace(mail("x@y.example", "z@y.example"))


@pytest.mark.parametrize(
    "address", ['"a b"@y.example', "a>b@y.example", "thư@y.example", "a" * 400 + "@y.example", "postmaster"]
)
def test_an_odd_recipient_is_left_out(address: str) -> None:
    assert "\tfor" not in trace(mail(address))


def test_an_ipv6_client_is_written_as_a_literal() -> None:
    assert trace(mail(peer="2001:db8::1")).startswith("Received: from c.example ([IPv6:2001:db8::1])\r\n")


def test_a_mail_without_a_client_says_by_alone() -> None:
    assert trace(mail(peer="", helo="")).startswith("Received: by gw.example (Vanthu) with ESMTP id 01J0;\r\n")


def test_the_protocol_is_that_of_the_session() -> None:
    assert " with UTF8SMTP id " in trace(mail(protocol="UTF8SMTP"))


def test_the_date_is_in_utc() -> None:
    vietnam = AT.astimezone(timezone(timedelta(hours=7)))
    assert trace(mail(at=vietnam)) == trace(mail(at=AT))


@pytest.mark.parametrize("helo", ["a\r\nBcc: x", "a\nb", "a (comment) b", "a;b", "\udcff\x00", "(" * 5000])
def test_a_hostile_greeting_stays_one_harmless_word(helo: str) -> None:
    text = trace(mail(helo=helo))
    assert text.count("\r\n") == text.count("\n") == text.count("\r") == 3
    assert re.fullmatch(r"[A-Za-z0-9.\-_:?\[\]]+", text.split(" ")[2])
    assert all(len(line) <= 998 for line in text.split("\r\n"))


@given(helo=st.text(), peer=st.text(), address=st.text(), at=st.datetimes(timezones=st.just(UTC), min_value=SINCE))
def test_whatever_a_client_says_there_is_one_field_with_its_date(helo: str, peer: str, address: str, at: datetime) -> None:
    parsed = email.message_from_bytes(
        trace_headers(mail(address, helo=helo, peer=peer, at=at), hostname="gw.example") + b"\r\nbody"
    )
    assert parsed.keys() == ["Received"]
    assert email.utils.parsedate_to_datetime(parsed["Received"].rpartition(";")[2]) == at.replace(microsecond=0)
