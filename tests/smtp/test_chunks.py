"""Mails in chunks: the bytes are those that were sent, however chunks and packets were cut."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.smtp.chunks import ChunkReader
from gateway.smtp.data import DataReader, LineEnds, unpack
from gateway.smtp.transaction import data_of
from tests.smtp.door import OUTSIDE, Door
from tests.smtp.test_protocol import LETTER, eventually

ENVELOPE = b"MAIL FROM:<gv.lan.thcsll@sgdhuonggiang.edu.vn>\r\nRCPT TO:<vanthu@sgdhuonggiang.edu.vn>\r\n"
_BYTES = st.lists(st.sampled_from([b".", b"\r", b"\n", b"\r\n", b"x", b"\x00", b"\xff", b"\r\n.\r\n"])).map(b"".join)


@given(raw=_BYTES, cuts=st.lists(st.integers(0, 40)), packet=st.integers(1, 50))
def test_chunks_are_put_together_as_they_were(raw: bytes, cuts: list[int], packet: int) -> None:
    reader, at = ChunkReader(), 0
    for size in [*cuts, len(raw)]:
        chunk, at = raw[at : at + size], at + size
        reader.expect(len(chunk), is_last=False)
        wire, rest = chunk + b"RSET\r\n", None if chunk else b"RSET\r\n"
        while rest is None:
            rest, wire = reader.feed(wire[:packet]), wire[packet:]
        assert rest + wire in (b"RSET\r\n", b"RSET\r\nRSET\r\n")
    assert reader.wire() == raw
    assert reader.size == len(raw)


@settings(max_examples=300)
@given(raw=_BYTES.map(lambda raw: raw + b"\r\n"))
def test_a_mail_by_bdat_is_judged_as_by_data(raw: bytes) -> None:
    reader = DataReader()
    assert reader.feed(b"".join(data_of(b"", raw))) == b""
    assert unpack(raw, chunked=True) == unpack(reader.wire())


def test_a_dot_alone_is_content_where_no_dot_ends_anything() -> None:
    assert unpack(b"x\r\n.\r\ny\r\n", chunked=True).line_ends is LineEnds.CLEAN
    assert unpack(b"x\n.\ny\r\n", chunked=True).line_ends is LineEnds.LONE_DOT


@pytest.mark.parametrize("raw", [b"", b"no line end", b".", b"a: b\r\n\r\n.\r\n..\r\n" * 200_000, b"\x00\xff\r\n"])
def test_bytes_arrive_as_they_were_sent(raw: bytes) -> None:
    with Door() as door:
        client = door.client()
        half = len(raw) // 2
        client.send(ENVELOPE + b"BDAT %d\r\n" % half + raw[:half] + b"BDAT %d LAST\r\n" % (len(raw) - half) + raw[half:])
        assert [client.reply()[:3] for _ in range(4)] == ["250"] * 4
        assert door.mail.raw == raw
        assert door.server.bytes_in_flight == 0


def test_bare_line_ends_in_chunks_are_refused_from_outside() -> None:
    with Door(**OUTSIDE) as door:
        client = door.client()
        client.send(ENVELOPE + b"BDAT 6 LAST\r\na: b\n\nNOOP\r\n")
        assert [client.reply()[:10] for _ in range(4)] == ["250 2.1.0 ", "250 2.1.5 ", "550 5.6.11", "250 2.0.0 "]
        assert door.intake.mails == []


def test_chunks_count_as_bytes_in_flight_until_the_mail_is_forgotten() -> None:
    with Door(max_bytes_in_flight=100_000) as door:
        client, other = door.client(), door.client()
        client.send(ENVELOPE + b"BDAT 60000\r\n" + b"x" * 60_000)
        assert [client.reply()[:3] for _ in range(3)] == ["250"] * 3
        other.send(ENVELOPE + b"BDAT 50000\r\n" + b"y" * 50_000 + b"BDAT 5 LAST\r\nQUIT\n")
        assert [other.reply()[:9] for _ in range(4)] == ["250 2.1.0", "250 2.1.5", "452 4.3.1", "503 5.5.1"]
        client.say("RSET")
        assert door.server.bytes_in_flight == 0
        client.send(ENVELOPE + b"BDAT 99 LAST\r\nhalf")
        client.close()
        eventually(lambda: door.server.sessions == 1)
        assert door.intake.mails == []


def test_a_chunk_that_only_drips_is_not_waited_for() -> None:
    with Door(data_timeout_s=0.3) as door:
        client = door.client()
        client.send(ENVELOPE + b"BDAT 1000 LAST\r\n")
        for _ in range(6):
            client.send(b"x")
            time.sleep(0.05)
        assert [client.reply()[:9] for _ in range(3)] == ["250 2.1.0", "250 2.1.5", "421 4.4.2"]


def test_a_stranger_may_take_his_time_between_chunks() -> None:
    with Door(**OUTSIDE, limits={"quiet_s": 0.2}) as door:
        client = door.client()
        client.send(ENVELOPE + b"BDAT 5\r\na: b\r")
        assert [client.reply()[:3] for _ in range(3)] == ["250"] * 3
        time.sleep(0.5)
        client.send(b"BDAT 3 LAST\r\n\n\r\n")
        assert client.reply().startswith("250 2.0.0 ")
        assert door.mail.raw == b"a: b\r\n\r\n"


def test_chunked_mails_follow_each_other_in_one_session() -> None:
    with Door() as door:
        client = door.client()
        one = ENVELOPE + b"BDAT %d LAST\r\n" % len(LETTER) + LETTER
        client.send(one * 3)
        assert [client.reply()[:3] for _ in range(9)] == ["250"] * 9
        assert client.deliver(LETTER).startswith("250 2.0.0 ")
        assert {mail.raw for mail in door.intake.mails} == {LETTER}
