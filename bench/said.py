"""What a client may say at the SMTP door: real verbs, real arguments, slips and rubbish, so that most of it gets past the first
command.  The same dice say the same.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator, Sequence
from typing import TypeVar

USER, PASSWORD = "lan@sgdhuonggiang.edu.vn", "dung-mat-khau"

_Word = TypeVar("_Word", str, bytes)

# Each with what is right first, for it is said far more often: else nearly every conversation would end at its first word.
_HELLOS = ((b"EHLO a.example", b"EHLO a.example", b"LHLO a.example"), (b"HELO a", b"EHLO", b""))
_ADDRESSES = (
    ("a@b.example", "vanthu@sgdhuonggiang.edu.vn", "lan@sgdhuonggiang.edu.vn", "postmaster@sgdhuonggiang.edu.vn", "postmaster"),
    ("", "x@[192.0.2.1]", '"a b"@c.example', "@a,@b:c@d.example", "đ@ví.example", "a@b@c",
     "c2leloi.camson.huonggiang@moet.edu.vn", "x" * 300 + "@y.example", "a@b.example>", "<a@b.example"),
)  # fmt: skip
_OF_MAIL = (
    ("SIZE=10", "BODY=8BITMIME", "SMTPUTF8", "PRDR", "RET=HDRS", "ENVID=a+2Bb", "AUTH=<>"),
    ("SIZE=99999999999", "SIZE=x", "BODY=BINARYMIME", "SIZE=1 SIZE=2", "X=y", "=", "REQUIRETLS"),
)
_OF_RCPT = (("NOTIFY=NEVER", "NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;a@b.example"), ("NOTIFY=X", "ORCPT=", "X=y", "="))
_ATTRIBUTES = (
    ("ADDR=192.0.2.7", "ADDR=IPV6:2001:db8::1", "ADDR=[UNAVAILABLE]", "NAME=a.example", "HELO=a+20b", "PROTO=ESMTP", "PORT=1"),
    (
        "ADDR=rubbish",
        "HELO=+0A",
        "IDENT=4F1",
        "SOURCE=LOCAL",
        "SOURCE=REMOTE",
        "LOGIN=lan",
        "X=y",
        "NAME",
        "=",
        "HELO=" + "x" * 400,
    ),
)
_RIGHT = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode())
_WRONG = base64.b64encode(f"\0{USER}\0nham".encode())
# Whole exchanges: the reply to the first line is not waited for.
_SIGN_INS = (
    (b"AUTH PLAIN " + _RIGHT, b"AUTH PLAIN\r\n" + _RIGHT),
    (
        b"AUTH PLAIN " + _WRONG, b"AUTH LOGIN\r\n*", b"AUTH LOGIN\r\neA==\r\neA==", b"AUTH PLAIN rubbish!", b"AUTH PLAIN =",
        b"AUTH XOAUTH2 eA==", b"AUTH", b"AUTH LOGIN " + b"A" * 14_000, b"AUTH PLAIN " + base64.b64encode(b"\0\xff\0\0\0"),
    ),
)  # fmt: skip
_OTHERS = (b"RSET", b"NOOP", b"VRFY x", b"HELP", b"EXPN", b"QUIT", b"AUTH PLAIN =", b"STARTTLS")
_DATA = (
    b".\r\n", b"Subject: x\r\n\r\nx\r\n.\r\n", b"x\n.\nMAIL FROM:<s@b.example>\r\n.\r\n", b"..\r\n.\r\n", b"x\r.\r\r\n.\r\n",
    b"\x00\r\n.\r\n",
    b"x" * 70_000 + b"\r\n.\r\n", b"Received: by gw.example (Vanthu)\r\n" * 60 + b"\r\n.\r\n", b"\xff\xfe\r\n.\r\n", b"no end",
)  # fmt: skip
HEADERS = (
    b"PROXY TCP4 192.0.2.7 192.0.2.1 1 25\r\n", b"PROXY UNKNOWN\r\n", b"PROXY TCP6 ::1 ::1 1 1\r\n", b"PROXY rubbish\r\n", b"",
    b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x07\xc0\x00\x02\x01\x00\x01\x00\x19",
    b"\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00",
)  # fmt: skip


def commands(dice: random.Random, *, signs_in: float = 0.02) -> Iterator[bytes]:
    """What a client says, in the order in which it makes sense, but for slips; ``signs_in``: how likely he does."""
    yield _one_of(dice, _HELLOS) + _line_end(dice)
    if dice.random() < signs_in:
        yield _one_of(dice, _SIGN_INS) + _line_end(dice)
    for _ in range(dice.randrange(1, 5)):
        if dice.random() < 0.3:
            verb = dice.choice(("XFORWARD", "XCLIENT"))
            yield " ".join([verb, *(_one_of(dice, _ATTRIBUTES) for _ in range(dice.randrange(4)))]).encode() + _line_end(dice)
            yield b"EHLO a.example\r\n" if verb == "XCLIENT" else b""
        yield _path(dice, "MAIL FROM:", _OF_MAIL)
        for _ in range(dice.choice((0, 1, 1, 2, 3, 4))):
            yield _path(dice, "RCPT TO:", _OF_RCPT)
        if dice.random() < 0.2:
            yield dice.choice((*_OTHERS, dice.randbytes(20))) + _line_end(dice)
        if dice.random() < 0.3:
            yield from _chunks(dice)
        elif dice.random() < 0.95:
            yield b"DATA" + _line_end(dice)
            yield dice.choice(_DATA)
    yield dice.choice((b"QUIT\r\n", b"", dice.randbytes(dice.randrange(2000))))


def _one_of(dice: random.Random, choices: tuple[Sequence[_Word], Sequence[_Word]]) -> _Word:
    """Nearly always one that is right."""
    return dice.choice(choices[dice.random() < 0.07])


def _path(dice: random.Random, verb: str, parameters: tuple[Sequence[str], Sequence[str]]) -> bytes:
    words = [_one_of(dice, parameters) for _ in range(dice.choice((0, 0, 1, 2)))]
    return " ".join([f"{verb}<{_one_of(dice, _ADDRESSES)}>", *words]).encode() + _line_end(dice)


def _chunks(dice: random.Random) -> Iterator[bytes]:
    for _ in range(dice.randrange(1, 4)):
        data = dice.choice(_DATA)
        size = dice.choice((*[len(data)] * 20, 0, 10**12, -1))
        yield f"BDAT {size}{dice.choice((' LAST', '', ' LAST'))}".encode() + b"\r\n" + data


def _line_end(dice: random.Random) -> bytes:
    return dice.choices((b"\r\n", b"\n", b"\r", b"\x00\r\n", b""), weights=(200, 1, 1, 1, 1))[0]
