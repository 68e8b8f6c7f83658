"""What the head of an old mail says, in good and in bad form."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.backlog.head import read_head

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def head(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode() + b"\r\n\r\nDate: Tue, 1 Jan 2013 00:00:00 +0000\r\n"


def test_the_last_server_knows_best_when_it_came() -> None:
    found = read_head(
        head(
            "Received: from a by b;\n Thu, 14 Nov 2019 08:45:01 +0700\nReceived: from c by a; Wed, 13 Nov 2019 08:00:00 +0700\n"
            "Date: Tue, 12 Nov 2019 08:00:00 +0700"
        ),
        now=NOW,
    )
    assert found.at == datetime(2019, 11, 14, 1, 45, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("Date: Tue, 12 Nov 2019 08:00:00 +0700 (ICT)", datetime(2019, 11, 12, 1, tzinfo=UTC)),
        ("Date: 12 Nov 19 08:00 GMT", datetime(2019, 11, 12, 8, tzinfo=UTC)),
        ("Date: Tue, 12 Nov 2099 08:00:00 +0700", None),
        ("Date: Thu, 01 Jan 1970 00:00:00 +0000", None),
        ("Date: yesterday", None),
        ("Date: Tue, 12 Nov 2019 99:99:99 +9999", None),
        ("Subject: no date", None),
    ],
)
def test_a_date_is_believed_when_it_can_be_one(text: str, at: datetime | None) -> None:
    assert read_head(head(text), now=NOW).at == at


def test_what_servers_wrote_comes_before_what_the_sender_wrote() -> None:
    found = read_head(
        head(
            "Return-Path: <VanThu@sgd.example>\nFrom: other@x.example\nDelivered-To: c2@moet.example\n"
            "To: A <a@x.example>, c2@moet.example"
        ),
        now=NOW,
    )
    assert (found.sender, found.recipients) == ("vanthu@sgd.example", ("c2@moet.example", "a@x.example"))


def test_a_delivery_report_has_its_author_from_its_from() -> None:
    found = read_head(head("Return-Path: <>\nFrom: Mail System <mailer-daemon@x.example>"), now=NOW)
    assert found.sender == "mailer-daemon@x.example"


def test_hostile_heads_are_read_in_time() -> None:
    many = ", ".join(f"a{n}@x.example" for n in range(20_000))
    found = read_head(head(f"From: {'(' * 50_000}\nTo: {many}"), now=NOW)
    assert len(found.recipients) <= 200


@given(st.binary(max_size=300))
def test_whatever_comes_it_is_read(raw: bytes) -> None:
    head = read_head(b"Date: " + raw + b"\r\nReceived: ;" + raw + b"\r\nTo: " + raw + b"\r\n\r\n", now=NOW)
    assert len(head.recipients) <= 200
