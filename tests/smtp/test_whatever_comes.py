"""Whatever a stranger says, in whatever order: each reply is one, nothing reaches the top, and the next client is served."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.smtp.door import OUTSIDE, Door
from tests.smtp.test_protocol import LETTER
from tests.world.tls import written

_LINES = """\
EHLO x|HELO x|MAIL FROM:<a@b.example>|MAIL FROM:<>|RCPT TO:<vanthu@sgdhuonggiang.edu.vn>|RCPT TO:<c@elsewhere.example>|DATA|.|x|
BDAT 0|BDAT 5|BDAT 7 LAST|BDAT 0 LAST|BDAT x|RSET|NOOP|STARTTLS|AUTH PLAIN|AUTH PLAIN AGEAYg==|AUTH LOGIN|YQ==|*|QUIT|
XCLIENT ADDR=192.0.2.1"""
_SAID = (
    *[line.strip().encode() + b"\r\n" for line in _LINES.split("|")],
    *(b"\r\n.\r\n", b"hello", b"\x16\x03\x01\x00\x05", b"\x00\xff\r\n", b"\n", b"\r"),
)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    files = written(tmp_path_factory.mktemp("tls"), "gw.example")
    way = {"name": "s", "listen": "127.0.0.1:0", "tls": "offer", "auth": "offer", **OUTSIDE}
    more: dict[str, Any] = {
        "certificate": {"file": str(files.certificate), "key": str(files.key), "handshake_s": 0.2},
        "auth": {"accounts": str(files.authority.parent / "none"), "failure_delay_s": 0.0, "in_the_clear": True},
        "limits": {"connections_per_minute": 0, "mails_per_minute": 0},
        "listener": [way],
    }
    with Door(**more, listen="") as door:
        yield door


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.lists(st.sampled_from(_SAID), max_size=12))
def test_every_reply_is_one(door: Door, caplog: pytest.LogCaptureFixture, said: list[bytes]) -> None:
    client = door.connect()
    client.send(b"".join(said))
    client.half_close()
    lines = client.rest().split("\r\n")
    assert lines.pop() == ""
    assert all(re.match(r"[2345]\d\d[ -]", line) for line in lines)
    assert not [record.getMessage() for record in caplog.records if record.exc_info or record.levelname == "ERROR"]


def test_and_the_next_client_is_served(door: Door) -> None:
    assert door.client().deliver(LETTER).startswith("250 2.0.0 ")
    assert door.server.bytes_in_flight == 0
