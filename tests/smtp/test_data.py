"""Where the data of a mail ends, what it says, and which line ends are dangerous."""

from __future__ import annotations

import asyncio
import random
import re

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.smtp.data import DataReader, LineEnds, unpack
from gateway.smtp.transaction import data_of
from tests.smtp.door import Door

END = b"\r\n.\r\n"
PIECES = st.lists(st.sampled_from([b"\r\n", b"\r", b"\n", b".", b"a", b"\r\n.", b"\n."]), max_size=30).map(b"".join)
CUTS = st.lists(st.integers(min_value=1, max_value=7), max_size=12)

# What some server somewhere takes for a line end: CRLF, LF, CR, and so for the end of a mail a dot alone between two of them.
SOMEBODY_SEES_AN_END = re.compile(rb"(?:\r\n|\r|\n)\.(?:\r\n|\r|\n)")


def in_chunks(stream: bytes, cuts: list[int]) -> list[bytes]:
    chunks = []
    for cut in cuts:
        chunks.append(stream[:cut])
        stream = stream[cut:]
    return [*chunks, stream]


def read(chunks: list[bytes]) -> tuple[bytes, bytes]:
    """The data up to the end, and all that follows."""
    reader = DataReader()
    for n, chunk in enumerate(chunks):
        rest = reader.feed(chunk)
        if rest is not None:
            return reader.wire(), rest + b"".join(chunks[n + 1 :])
    raise AssertionError("no end")


@pytest.mark.parametrize(
    ("stream", "wire", "rest"),
    [
        (b"a\r\n.\r\n", b"a\r\n", b""),
        (b".\r\n", b"", b""),
        (b".\r\nQUIT\r\n", b"", b"QUIT\r\n"),
        (b"\r\n.\r\n", b"\r\n", b""),
        (b"a\r\n..\r\n.\r\n", b"a\r\n..\r\n", b""),
        (b"a\n.\nb\r\n.\r\n", b"a\n.\nb\r\n", b""),
        (b"a\r\n.\nb\r\n.\r\n", b"a\r\n.\nb\r\n", b""),
        (b"a\n.\r\nb\r\n.\r\n", b"a\n.\r\nb\r\n", b""),
        (b"a\r.\rb\r\n.\r\n", b"a\r.\rb\r\n", b""),
        (b"a\r\r\n.\r\n", b"a\r\r\n", b""),
        (b"a\r\n.\r\n.\r\nMAIL", b"a\r\n", b".\r\nMAIL"),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_only_crlf_dot_crlf_ends_the_data(stream: bytes, wire: bytes, rest: bytes, size: int) -> None:
    chunks = [stream[n : n + size] for n in range(0, len(stream), size)]
    assert read(chunks) == (wire, rest)


@given(stream=PIECES, rest=PIECES, cuts=CUTS)
@example(stream=b"", rest=b"", cuts=[1, 1])
def test_the_end_is_the_first_crlf_dot_crlf_however_the_stream_is_cut(stream: bytes, rest: bytes, cuts: list[int]) -> None:
    whole = stream + END + rest
    end = (b"\r\n" + whole).index(END)
    assert read(in_chunks(whole, cuts)) == (whole[:end], whole[end + 3 :])


@given(stream=PIECES, rest=PIECES, cuts=CUTS)
def test_a_reader_that_keeps_nothing_finds_the_same_end(stream: bytes, rest: bytes, cuts: list[int]) -> None:
    whole = stream + END + rest
    kept, reader = read(in_chunks(whole, cuts)), DataReader()
    reader.drop()
    left = list(in_chunks(whole, cuts))
    while (after := reader.feed(left.pop(0))) is None:
        pass
    assert after + b"".join(left) == kept[1]
    assert reader.size == len(kept[0]) + 3


@pytest.mark.parametrize(
    ("wire", "raw"),
    [
        (b"", b""),
        (b"a\r\n", b"a\r\n"),
        (b"..\r\n", b".\r\n"),
        (b"a\r\n..b\r\n...\r\n", b"a\r\n.b\r\n..\r\n"),
        (b".a\r\n", b"a\r\n"),  # not stuffed by a careless client: RFC 5321 section 4.5.2 takes the dot away all the same
        (b"a\n..b\r\n", b"a\n..b\r\n"),  # a dot after a bare LF is none of SMTP's
        (b"a\r..b\r\n", b"a\r..b\r\n"),
        (b"\x00\xff\r\n", b"\x00\xff\r\n"),
    ],
)
def test_dots_are_undone_after_crlf_alone(wire: bytes, raw: bytes) -> None:
    assert unpack(wire).raw == raw


@pytest.mark.parametrize("dots", [0, 1, 3000], ids=["without dots", "with one", "full of dots"])
@pytest.mark.parametrize("line", [b"a\r\n", b"a\r\n.b\r\n", b".\r\nb\r\n"], ids=["plain", "dot line", "lone dot"])
def test_a_large_mail_is_read_like_a_small_one(line: bytes, dots: int) -> None:
    raw = b"x" * 70_000 + b"." * dots + b"\r\n" + line
    wire, rest = read(in_chunks(b"".join(data_of(b"", raw)), [50_000]))
    assert (unpack(wire).raw, unpack(wire).line_ends, rest) == (raw, LineEnds.CLEAN, b"")
    assert wire == raw.replace(b"\r\n.", b"\r\n..")


@pytest.mark.parametrize("dots", [0, 1, 3000], ids=["without dots", "with one", "full of dots"])
@pytest.mark.parametrize("cut", range(-2, 8))
def test_the_end_is_found_wherever_a_large_chunk_begins(cut: int, dots: int) -> None:
    stream = b"x" * 70_000 + b"." * dots + b"\r\n..\r\n"
    chunks = in_chunks(stream + b".\r\nQUIT" + END, [len(stream) - 2 + cut])
    assert read(chunks) == (stream, b"QUIT" + END)


@pytest.mark.parametrize(
    ("wire", "line_ends"),
    [
        (b"", LineEnds.CLEAN),
        (b"a\r\n..\r\n.b\r\n", LineEnds.CLEAN),
        (b"a\nb\r\n", LineEnds.BARE),
        (b"a\rb\r\n", LineEnds.BARE),
        (b"a\r\r\n", LineEnds.BARE),
        (b"a\n\rb\r\n", LineEnds.BARE),
        (b"a\n.b\r\n", LineEnds.BARE),
        (b"a\n..\nb\r\n", LineEnds.BARE),
        (b"a.\n.b\r\n", LineEnds.BARE),
        (b"a\r\n..\nb\r\n", LineEnds.BARE),  # leaves us doubled as well: a line ".." for everybody
        *[
            (b"a" + before + b"." + after + b"b\r\n", LineEnds.LONE_DOT)
            for before in (b"\r", b"\n", b"\r\n", b"\n\r", b"\r\r\n", b"\n\n")
            for after in (b"\r", b"\n", b"\r\n", b"\n\r", b"\r\r\n")
            if (before[-2:], after) != (b"\r\n", b"\r\n")
        ],
        *[(b"." + after + b"b\r\n", LineEnds.LONE_DOT) for after in (b"\r", b"\n", b"\n\r", b"\r\r\n")],
        (b"a\n.\r\n", LineEnds.LONE_DOT),
    ],
)
def test_line_ends_are_judged(wire: bytes, line_ends: LineEnds) -> None:
    assert unpack(wire).line_ends is line_ends


@given(wire=PIECES)
def test_line_ends_are_whole_when_no_cr_and_no_lf_stands_alone(wire: bytes) -> None:
    alone = re.search(rb"\r(?!\n)|(?<!\r)\n", wire)
    assert (unpack(wire).line_ends is LineEnds.CLEAN) is (alone is None)


@pytest.mark.parametrize("size", range(65534, 65538))
@pytest.mark.parametrize("end", [b"\r\n", b"\r\n\r\n", b"\r", b"\n", b"\n\r", b"\r\r\n"])
def test_line_ends_are_judged_wherever_they_stand_in_a_large_mail(end: bytes, size: int) -> None:
    is_whole = end.replace(b"\r\n", b"") == b""
    for wire in (b"x" * size + end, b"x" * size + end + b"y\r\n"):
        assert (unpack(wire).line_ends is LineEnds.CLEAN) is is_whole


@given(stream=PIECES)
def test_no_server_after_us_sees_an_end_where_there_is_none(stream: bytes) -> None:
    wire, _ = read([stream + END])
    contents = unpack(wire)
    passed_on = b"".join(data_of(b"Received: by gw.example\r\n", contents.raw))
    ends = [found.start() for found in SOMEBODY_SEES_AN_END.finditer(passed_on)]
    if contents.line_ends is not LineEnds.LONE_DOT:
        assert ends == [len(passed_on) - len(END)]
    # The relay ends a mail without any line with an empty one.
    assert unpack(read([passed_on])[0]).raw == b"Received: by gw.example\r\n" + (contents.raw or b"\r\n")


@pytest.mark.parametrize(
    ("raw", "hops"),
    [
        (b"Subject: x\r\n\r\nReceived: in the body\r\n", 0),
        (b"Received: a\r\nRECEIVED: b\r\nX-Received: c\r\n\r\n", 2),
        (b"received: a\nReceived: b\n\nReceived: c\r\n", 2),
        (b"Received: a", 1),
        (b"", 0),
    ],
)
def test_hops_are_counted_in_the_header(raw: bytes, hops: int) -> None:
    assert unpack(raw).hops == hops


class Remembering:
    """A handler for aiosmtpd as it comes: keeps the contents."""

    def __init__(self) -> None:
        self.contents: list[bytes] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.contents.append(envelope.content)
        return "250 OK"


async def _say(port: int, stream: bytes, cuts: list[int]) -> bytes:
    """One mail in pieces; all that the server said."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"EHLO a.example\r\nMAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nDATA\r\n")
    for chunk in in_chunks(stream + END + b"QUIT\r\n", cuts):
        writer.write(chunk)
        await asyncio.sleep(0)
    said = await reader.read()
    writer.close()
    await writer.wait_closed()
    return said


async def _stock(streams: list[tuple[bytes, list[int]]]) -> list[bytes]:
    """What aiosmtpd as it comes reads in these streams."""
    loop, handler = asyncio.get_running_loop(), Remembering()
    server = await loop.create_server(lambda: SMTP(handler, hostname="stock.example", loop=loop), "127.0.0.1", 0)
    for stream, cuts in streams:
        await _say(server.sockets[0].getsockname()[1], stream, cuts)
    server.close()
    await server.wait_closed()
    return handler.contents


def test_our_reader_and_aiosmtpds_read_the_same_mails() -> None:
    dice = random.Random(20191105)  # noqa: S311 - a test, not a secret
    pieces = [b"\r\n", b"\r", b"\n", b".", b"a", b"\r\n..", b"\r\n.a", b"bcd"]
    streams = []
    for _ in range(120):
        stream = b"x" + b"".join(dice.choices(pieces, k=dice.randrange(1, 25)))
        streams.append((read([stream + END])[0][:-2], [dice.randrange(1, 9) for _ in range(6)]))
    with Door() as door:
        for stream, cuts in streams:
            said = door.run(_say(door.server.addresses[0][1], stream, cuts))
            assert (b"5.6.11" in said) is (unpack(stream + b"\r\n").line_ends is LineEnds.LONE_DOT)
        ours = [mail.raw for mail in door.intake.mails]
    theirs = zip(asyncio.run(_stock(streams)), streams, strict=True)
    assert ours == [contents for contents, (stream, _) in theirs if unpack(stream + b"\r\n").line_ends is not LineEnds.LONE_DOT]
    assert len(ours) > 30
