"""Nobody smuggles a mail in or out: every end of data that some server somewhere believes in, at every kind of listener.

The cases are those of the public testers (SMTP smuggling, SEC Consult 2023; CVE-2023-51764 of Postfix, -51765 of Sendmail,
-51766 of Exim), and all others of their kind: two line ends of any sort around a dot, NULs beside it, one CR too many.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

import pytest

from gateway.settings.listeners import Kind, Listener
from gateway.smtp.transaction import data_of
from tests.smtp.door import Client, Door

LINE_ENDS = (b"\r\n", b"\n", b"\r")
ENDS = [
    *(before + b"." + after for before, after in itertools.product(LINE_ENDS, LINE_ENDS) if before + after != b"\r\n\r\n"),
    *(before + nul_1 + b"." + nul_2 + b"\r\n" for before in LINE_ENDS for nul_1, nul_2 in ((b"\0", b""), (b"", b"\0"))),
    b"\n\n.\r\n",
    b"\r\n\r.\r\n",
    b"\r\n.\r\r\n",
    b"\r\n.\n\r\n",
    b"\r\n \r\n.\n",
    b"\n\r.\r\n",
]
SMUGGLED = b"MAIL FROM:<smuggled@b.example>\r\nRCPT TO:<vanthu@sgdhuonggiang.edu.vn>\r\nDATA\r\nSubject: smuggled\r\n\r\nx"
# What a server that takes any line end for one, and leaves NULs out, takes for the end of a mail.
SOMEBODY_SEES_AN_END = re.compile(rb"(?:\r\n|\r|\n)\0*\.\0*(?:\r\n|\r|\n)")

LISTENERS = (
    Listener(name="strangers", listen="127.0.0.1:0", trusted_networks=()),
    Listener(name="before-queue", listen="127.0.0.1:0", kind=Kind.PROXY),
    Listener(name="after-queue", listen="127.0.0.1:0", kind=Kind.LMTP),
    Listener(name="mailers", listen="127.0.0.1:0", kind=Kind.SUBMISSION),
)
NAMES = ("smtp", *(listener.name for listener in LISTENERS))


@pytest.fixture(scope="module")
def open_door() -> Iterator[Door]:
    with Door(listener=LISTENERS) as door:
        yield door


@pytest.fixture
def door(open_door: Door) -> Door:
    open_door.intake.mails.clear()
    return open_door


def at(door: Door, listener: str) -> Client:
    client = door.connect(NAMES.index(listener))
    client.reply()
    client.say("LHLO a.example" if listener == "after-queue" else "EHLO a.example")
    return client


@pytest.mark.parametrize("listener", NAMES)
@pytest.mark.parametrize("end", ENDS, ids=repr)
def test_what_only_some_take_for_the_end_ends_nothing_and_goes_on_to_nobody(door: Door, listener: str, end: bytes) -> None:
    client = at(door, listener)
    assert client.envelope(sender="a@b.example").startswith("354")
    client.send(b"Subject: outer\r\n\r\nx" + end + SMUGGLED + b"\r\n.\r\n")

    said = client.reply()
    assert said[:3] in ("250", "550")
    assert client.say("NOOP") == "250 2.0.0 OK"  # one answer for one mail: nothing in it was taken for a command
    assert [mail.sender for mail in door.intake.mails] == (["a@b.example"] if said.startswith("250") else [])
    for mail in door.intake.mails:
        leaves = b"\r\n" + b"".join(data_of(b"", mail.raw))
        assert [found.end() for found in SOMEBODY_SEES_AN_END.finditer(leaves)] == [len(leaves)], "it would smuggle it out"


@pytest.mark.parametrize("listener", NAMES)
@pytest.mark.parametrize("end", [*ENDS, b"\r\n.\r\n"], ids=repr)
def test_in_chunks_where_dots_mean_nothing_it_goes_on_to_nobody_either(door: Door, listener: str, end: bytes) -> None:
    client = at(door, listener)
    client.say("MAIL FROM:<a@b.example>")
    client.say("RCPT TO:<vanthu@sgdhuonggiang.edu.vn>")
    data = b"Subject: outer\r\n\r\nx" + end + SMUGGLED + b"\r\n"
    client.send(b"BDAT %d LAST\r\n" % len(data) + data)

    assert client.reply()[:3] in ("250", "550")
    assert client.say("NOOP") == "250 2.0.0 OK"
    for mail in door.intake.mails:
        leaves = b"\r\n" + b"".join(data_of(b"", mail.raw))
        assert [found.end() for found in SOMEBODY_SEES_AN_END.finditer(leaves)] == [len(leaves)]


@pytest.mark.parametrize("end", [b"\n.", b"\r.", b"\r\n\0.", b"\r\n.\0", b"\r\n."], ids=repr)
def test_the_line_end_that_a_mail_gets_behind_its_last_dot_makes_no_end_before_the_end(door: Door, end: bytes) -> None:
    client = at(door, "before-queue")
    client.say("MAIL FROM:<a@b.example>")
    client.say("RCPT TO:<vanthu@sgdhuonggiang.edu.vn>")
    data = b"Subject: outer\r\n\r\nx" + end
    client.send(b"BDAT %d LAST\r\n" % len(data) + data)

    assert client.reply()[:3] in ("250", "550")
    for mail in door.intake.mails:
        leaves = b"\r\n" + b"".join(data_of(b"", mail.raw))
        assert [found.end() for found in SOMEBODY_SEES_AN_END.finditer(leaves)] == [len(leaves)]


@pytest.mark.parametrize("listener", NAMES)
def test_dots_that_are_doubled_come_through(door: Door, listener: str) -> None:
    client = at(door, listener)
    assert client.deliver(b"Subject: x\r\n\r\n..\r\n...\r\n..x\r\n").startswith("250")
    assert door.mail.raw == b"Subject: x\r\n\r\n.\r\n..\r\n.x\r\n"
