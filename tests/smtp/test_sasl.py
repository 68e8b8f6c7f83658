"""What clients say to sign in, as a table; whatever they say, no secret stands in an error."""

from __future__ import annotations

import base64
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.smtp.grammar import CommandError
from gateway.smtp.sasl import Credentials, Exchange


def coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("mechanism", "said", "user", "secret"),
    [
        ("PLAIN", ["\0lan@sgd.example\0mật khẩu"], "lan@sgd.example", "mật khẩu"),
        ("PLAIN", ["lan\0lan\0x"], "lan", "x"),
        ("LOGIN", ["lan", "mật khẩu"], "lan", "mật khẩu"),
        ("XOAUTH2", ["user=lan@sgd.example\x01auth=Bearer ya29.x\x01\x01"], "lan@sgd.example", "ya29.x"),
        (
            "OAUTHBEARER",
            ["n,a=lan@sgd.example,\x01host=h\x01port=587\x01auth=Bearer t0k-x\x01\x01"],
            "lan@sgd.example",
            "t0k-x",
        ),
    ],
)
def test_who_signs_in_is_understood(mechanism: str, said: list[str], user: str, secret: str) -> None:
    exchange = Exchange(mechanism)
    for text in said:
        assert exchange.credentials is None
        exchange.take(coded(text))
    assert exchange.credentials == Credentials(user=user, secret=secret, mechanism=mechanism)
    assert secret not in repr(exchange.credentials)
    if mechanism != "LOGIN":
        again = Exchange(mechanism)
        again.take(exchange.credentials.response())
        assert again.credentials == exchange.credentials


@pytest.mark.parametrize(
    ("mechanism", "said", "reply"),
    [
        ("PLAIN", "*", "501 5.7.0"),
        ("PLAIN", "%%%", "501 5.5.2"),
        ("PLAIN", "=", "501 5.5.2"),
        ("PLAIN", coded("boss\0lan\0x"), "501 5.5.2"),
        ("PLAIN", coded("\0\0x"), "501 5.5.2"),
        ("PLAIN", coded("\0lan\r\nQUIT\0x"), "501 5.5.2"),
        ("PLAIN", coded("\0" + "x" * 400 + "\0x"), "501 5.5.2"),
        ("PLAIN", base64.b64encode(b"\0lan\xff\0x").decode(), "501 5.5.2"),
        ("LOGIN", "=", "501 5.5.2"),
        ("XOAUTH2", coded("user=lan"), "501 5.5.2"),
        ("OAUTHBEARER", coded("y,,\x01auth=Bearer t\x01\x01"), "501 5.5.2"),
    ],
)
def test_what_is_malformed_is_refused(mechanism: str, said: str, reply: str) -> None:
    with pytest.raises(CommandError) as error:
        Exchange(mechanism).take(said)
    assert error.value.reply.startswith(reply)


@given(st.sampled_from(["PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"]), st.lists(st.text(max_size=60), max_size=3))
def test_whatever_comes_in_is_taken_or_refused(mechanism: str, said: list[str]) -> None:
    exchange = Exchange(mechanism)
    with contextlib.suppress(CommandError):
        for text in said:
            exchange.take(text)
            exchange.challenge()
            if exchange.credentials is not None:
                assert exchange.credentials.mechanism == mechanism
                break
