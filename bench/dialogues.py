"""Random conversations with the SMTP door, at every kind of listener: ``python -m bench.dialogues --seconds 60``.

Whatever a client says, however it is cut into pieces: the door says replies that are replies, no exception reaches the top, no
"500" comes from one, no session stays behind, and no bytes stay counted.  What is said is made of real verbs, real arguments
and rubbish, so that most of it gets past the first command.  A conversation that breaks a promise is told by its number: with
--first it is had again.
"""

from __future__ import annotations

import argparse
import logging
import random
import re
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from bench.report import Line, Part
from gateway import maillog
from gateway.settings.listeners import Kind, Listener
from tests.smtp.door import Door, a_refusal

LISTENERS = (
    Listener(name="strangers", listen="127.0.0.1:0", trusted_networks=()),
    Listener(name="before-queue", listen="127.0.0.1:0", kind=Kind.PROXY, trusted_networks=("127.0.0.0/8",)),
    Listener(name="after-queue", listen="127.0.0.1:0", kind=Kind.LMTP),
    Listener(name="speaks-for-others", listen="127.0.0.1:0", forwarders=("127.0.0.0/8",), trusted_networks=()),
    Listener(name="balanced", listen="127.0.0.1:0", balancers=("127.0.0.0/8",)),
)
_REPLY = re.compile(rb"(?:(?:2[0-5]|3[35]|4[2-5]|5[0-5])\d[ -][^\r\n]*\r\n)*")
_OF_AN_EXCEPTION = re.compile(rb"451 4\.3\.0|Traceback|Error:|0x[0-9a-f]{6}")

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
_OTHERS = (b"RSET", b"NOOP", b"VRFY x", b"HELP", b"EXPN", b"QUIT", b"AUTH PLAIN =", b"STARTTLS")
_DATA = (
    b".\r\n", b"Subject: x\r\n\r\nx\r\n.\r\n", b"x\n.\nMAIL FROM:<s@b.example>\r\n.\r\n", b"..\r\n.\r\n", b"x\r.\r\r\n.\r\n",
    b"\x00\r\n.\r\n",
    b"x" * 70_000 + b"\r\n.\r\n", b"Received: by gw.example (Vanthu)\r\n" * 60 + b"\r\n.\r\n", b"\xff\xfe\r\n.\r\n", b"no end",
)  # fmt: skip
_HEADERS = (
    b"PROXY TCP4 192.0.2.7 192.0.2.1 1 25\r\n", b"PROXY UNKNOWN\r\n", b"PROXY TCP6 ::1 ::1 1 1\r\n", b"PROXY rubbish\r\n", b"",
    b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x07\xc0\x00\x02\x01\x00\x01\x00\x19",
    b"\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00",
)  # fmt: skip


_Word = TypeVar("_Word", str, bytes)


class Promise(AssertionError):
    """A promise was broken."""


class _Ears(logging.Handler):
    """What the door says went wrong."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Remember it."""
        self.heard.append(self.format(record))


def commands(dice: random.Random) -> Iterator[bytes]:
    """What a client says, in the order in which it makes sense, but for slips."""
    yield _one_of(dice, _HELLOS) + _line_end(dice)
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


@contextmanager
def door() -> Iterator[tuple[Door, _Ears]]:
    """A door at which nothing waits long, and who hears what goes wrong there."""
    ears, log = _Ears(), logging.getLogger("gateway.smtp")
    limits = {"connections_per_minute": 0, "mails_per_minute": 0, "sessions_per_source": 0}
    log.addHandler(ears)
    try:
        with Door(listener=LISTENERS, max_message_bytes=60_000, max_recipients=3, data_timeout_s=5.0, limits=limits) as made:
            made.intake.refused = frozenset({"vanthu@sgdhuonggiang.edu.vn"})
            made.loop.call_soon_threadsafe(made.loop.set_exception_handler, lambda _, context: ears.heard.append(str(context)))
            yield made, ears
    finally:
        log.removeHandler(ears)


def converse(made: Door, ears: _Ears, number: int) -> None:
    """Have one conversation.  Raises Promise."""
    dice = random.Random(number)
    listener = dice.randrange(len(LISTENERS) + 1)
    made.intake.refusal = a_refusal("a@b.example") if dice.random() < 0.3 else None
    stream = (dice.choice(_HEADERS) if listener == len(LISTENERS) else b"") + b"".join(commands(dice))
    said = _spoken(made.server.addresses[listener], stream, dice)
    if not _REPLY.fullmatch(said):
        raise Promise(f"conversation {number}: no replies: {said[-300:]!r}")
    if ears.heard or _OF_AN_EXCEPTION.search(said):
        raise Promise(f"conversation {number}: an exception: {ears.heard or said[-300:]!r}")


def _spoken(address: tuple[str, int], stream: bytes, dice: random.Random) -> bytes:
    """Say it in pieces, sometimes leave in the middle; what was answered."""
    with socket.create_connection(address, timeout=20) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while stream:
                size = dice.choice((1, 7, 100, 4096, len(stream)))
                client.sendall(stream[:size])
                stream = stream[size:] if dice.random() > 0.005 else b""
            if dice.random() < 0.05:
                return b""  # gone, without a word
            client.shutdown(socket.SHUT_WR)
            said = b""
            while part := client.recv(65536):
                said += part
        except TimeoutError:
            raise Promise("no answer and no end") from None
        except OSError:
            return b""  # hung up on: what it had said is lost with the connection
    return said


def have(*, seconds: float, first: int = 0, most: int = 10**12) -> tuple[int, str]:
    """Converse until the time is over or a promise is broken: how many conversations there were, and which promise."""
    begin, number = time.monotonic(), first
    with door() as (made, ears):
        try:
            while number - first < most and time.monotonic() - begin < seconds:
                converse(made, ears, number)
                number += 1
            _all_is_over(made)
        except (Promise, OSError) as broken:
            return number - first, str(broken) or repr(broken)
    return number - first, ""


def _all_is_over(made: Door) -> None:
    end = time.monotonic() + 10
    while made.server.sessions or made.server.bytes_in_flight:
        if time.monotonic() > end:
            raise Promise(f"{made.server.sessions} sessions and {made.server.bytes_in_flight} bytes stay behind")
        time.sleep(0.05)


def run(*, seconds: float) -> Part:
    """As a part of the bench."""
    first = random.SystemRandom().randrange(10**9)
    maillog.enable(False)  # a line for each mail of an hour
    before = time.process_time()
    count, broken = have(seconds=seconds, first=first)
    spent = time.process_time() - before
    maillog.enable(True)
    notes = (f"{len(LISTENERS) + 1} listeners; {spent / 60:.1f} minutes of CPU; the first conversation was number {first}.",)
    line = Line("random conversations with the SMTP door", f"{count:,}: {broken or 'fine'}", "no exception", not broken, True)
    return Part("Protocol", notes, (line,))


def main() -> int:
    """By itself."""
    parser = argparse.ArgumentParser(prog="bench.dialogues", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--first", type=int, default=0, help="the number of the first conversation")
    wanted = parser.parse_args()
    maillog.enable(False)
    count, broken = have(seconds=wanted.seconds, first=wanted.first)
    print(f"{count:,} conversations: {broken or 'fine'}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
