"""The tools of the bench see what they are for: a bench that cannot fail proves nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.client import Load, Mails, dot_stuffed
from bench.crash import Back, _counted
from bench.fidelity import corpus, could_smuggle
from bench.processes import free_port, loopback
from bench.report import is_safe
from bench.sink import Sink, identity_and_digest, listen


def sent_through(change: Callable[[bytes], bytes], count: int = 40) -> tuple[Mails, Load, list[bytes]]:
    """So many mails of the load client, as a next hop gets them from a gateway that changes them so."""
    mails = Mails(2000, seed=7)
    arrived: list[bytes] = []

    async def send() -> Load:
        port = free_port()
        server = await listen(port, lambda content: arrived.append(change(content)))
        load = Load(port, mails, sessions=3, count=count)
        await load.run()
        server.close()
        return load

    return mails, asyncio.run(send()), arrived


def test_what_arrives_behind_new_headers_is_identical() -> None:
    mails, load, arrived = sent_through(lambda content: b"Received: from x\r\n\tby y\r\n" + content)
    assert sorted(load.accepted) == list(range(40))
    assert dict(map(identity_and_digest, arrived)) == {mails.identity(n): mails.digest(n) for n in range(40)}


def test_a_gateway_that_strips_blanks_is_found_out() -> None:
    mails, load, arrived = sent_through(lambda content: content.replace(b" \r\n", b"\r\n").replace(b"\t\r\n", b"\r\n"))
    digests = dict(map(identity_and_digest, arrived))
    assert all(digests[mails.identity(n)] != mails.digest(n) for n in load.accepted)


@pytest.mark.parametrize(("forgotten", "is_good"), [(0, True), (1, False)])
def test_a_lost_mail_fails_the_crash_bench(forgotten: int, is_good: bool, tmp_path: Path) -> None:
    mails = Mails(500, seed=3)
    sink = Sink(free_port(), tmp_path / "log")
    load = Load(sink.port, mails, sessions=2, count=10)
    asyncio.run(load.run())
    sink.stop()
    lines = sink.log.read_text().splitlines(keepends=True)
    sink.log.write_text("".join(lines[forgotten:]))
    assert is_safe([_counted(sink, mails, load, Back([0.1], []), 1, 3)]) is is_good


@pytest.mark.parametrize(
    ("raw", "dangerous"),
    [
        (b"a\n.\nb\r\n", True),
        (b"a\n.\r\nb\r\n", True),
        (b"a\r.\rb\r\n", True),
        (b"a\r\n.\nb\r\n", False),  # after CRLF the dot is doubled on the wire
        (b".\r\n", False),
        (b"a\n.b\r\n", False),
    ],
)
def test_only_a_dot_alone_after_a_bare_line_end_could_smuggle(raw: bytes, dangerous: bool) -> None:
    assert could_smuggle(raw) is dangerous


def test_the_corpus_is_made_of_mails_that_must_pass() -> None:
    assert [name for name, raw in corpus() if could_smuggle(raw)] == []


def test_dots_after_crlf_are_doubled() -> None:
    assert dot_stuffed(b".a\r\n..\r\nb\n.c\r\n") == b"..a\r\n...\r\nb\n.c\r\n.\r\n"


def test_no_load_leaves_this_machine() -> None:
    with pytest.raises(SystemExit, match="not a loopback address"):
        loopback("192.0.2.1")
