"""Random conversations with the SMTP door, at every kind of listener: ``python -m bench.dialogues --seconds 60``.

Whatever a client says (bench.said), in the clear or by TLS, however it is cut into pieces: the door says replies that are
replies, no exception reaches the top, no "451" or "500" comes from one, every mail that got a 250 is stored and none that got
a 5xx is, the session ends, and no bytes stay counted.  A conversation that breaks a promise is told by its number: with
--first it is had again.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import multiprocessing
import random
import re
import socket
import ssl
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import repeat
from pathlib import Path
from typing import Any, NamedTuple

from bench.report import Line, Part
from bench.said import HEADERS, PASSWORD, USER, commands
from gateway import maillog
from gateway.model import Answer, Mail
from gateway.settings.certificate import Tls
from gateway.settings.listeners import Kind, Listener
from gateway.settings.sign_in import SignIn
from gateway.smtp.accounts import Accounts
from tests.smtp.door import Door, a_refusal
from tests.world.tls import written

_OF_PEOPLE: dict[str, Any] = {"listen": "127.0.0.1:0", "kind": Kind.SUBMISSION, "trusted_networks": ()}
LISTENERS = (
    Listener(name="strangers", listen="127.0.0.1:0", trusted_networks=()),
    Listener(name="before-queue", listen="127.0.0.1:0", kind=Kind.PROXY, trusted_networks=("127.0.0.0/8",)),
    Listener(name="after-queue", listen="127.0.0.1:0", kind=Kind.LMTP),
    Listener(name="speaks-for-others", listen="127.0.0.1:0", forwarders=("127.0.0.0/8",), trusted_networks=()),
    Listener(name="starttls", listen="127.0.0.1:0", trusted_networks=(), tls=Tls.OFFER, auth=SignIn.OFFER),
    Listener(name="submission", tls=Tls.REQUIRE, auth=SignIn.REQUIRE, **_OF_PEOPLE),
    Listener(name="smtps", tls=Tls.IMPLICIT, auth=SignIn.REQUIRE, **_OF_PEOPLE),
    Listener(name="balanced-tls", listen="127.0.0.1:0", balancers=("127.0.0.0/8",), tls=Tls.OFFER),
    Listener(name="balanced", listen="127.0.0.1:0", balancers=("127.0.0.0/8",)),
)
_ALERT = rb"(?:\x15\x03.{5,})?"  # of TLS: it may be the last thing that comes
_REPLY = re.compile(rb"(?:(?:2[0-5]|3[35]|4[2-5]|5[0-5])\d[ -][^\r\n]*\r\n)*" + _ALERT, re.DOTALL)
_OF_AN_EXCEPTION = re.compile(rb"451 4\.3\.0|Traceback|Error:|0x[0-9a-f]{6}")
_TAKEN = re.compile(rb"^250 2\.\d\.\d [^\r\n]*\b([0-9A-HJKMNP-TV-Z]{26})\b", re.MULTILINE)
_REFUSED = re.compile(rb"^5\d\d [^\r\n]*\b([0-9A-HJKMNP-TV-Z]{26})\b", re.MULTILINE)
_PROCESSES = 12
_APART = 1_000_000  # so many conversations none of them has
_LAST_WORDS = b"\r\n.\r\nQUIT\r\nQUIT\r\n"  # whatever it was in the middle of


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

    def hear(self, _: object, context: dict[str, Any]) -> None:
        """What nobody awaited, as the loop tells it."""
        self.heard.append(str(context))


class Stage:
    """A door at which nothing waits long, who hears what goes wrong there, and what was stored."""

    def __init__(self, made: Door, ears: _Ears, trusting: ssl.SSLContext) -> None:
        self.made, self.ears, self.trusting = made, ears, trusting
        self.stored: set[bytes] = set()
        self.refused: set[bytes] = set()  # for all of its recipients
        self._accept = made.intake.accept
        made.intake.accept = self._noted  # type: ignore[method-assign]  # what the door gets is what counts

    async def _noted(self, mail: Mail) -> Answer:
        answer = await self._accept(mail)
        self.made.intake.mails.clear()  # an hour of them
        (self.stored if answer.refused is None else self.refused).add(mail.id.encode())
        return answer


@contextmanager
def stage() -> Iterator[Stage]:
    """The door, while it stands."""
    ears, log = _Ears(), logging.getLogger("gateway.smtp")
    with tempfile.TemporaryDirectory() as folder:
        files = written(Path(folder), "gw.example")
        Accounts(Path(folder) / "accounts").put(USER, PASSWORD)
        auth = {"accounts": f"{folder}/accounts", "failure_delay_s": 0.0, "failures_per_source": 0, "mails_per_minute": 0}
        settings: dict[str, Any] = {
            "limits": {"connections_per_minute": 0, "mails_per_minute": 0, "sessions_per_source": 0},
            "certificate": {"file": str(files.certificate), "key": str(files.key), "handshake_s": 2.0},
            "auth": auth, "max_message_bytes": 60_000, "max_recipients": 3, "data_timeout_s": 1.0, "command_timeout_s": 4.0,
        }  # fmt: skip
        log.addHandler(ears)
        try:
            with Door(listener=LISTENERS, **settings) as made:
                made.intake.refused = frozenset({"vanthu@sgdhuonggiang.edu.vn"})
                made.loop.call_soon_threadsafe(made.loop.set_exception_handler, ears.hear)
                yield Stage(made, ears, ssl.create_default_context(cafile=str(files.authority)))
        finally:
            log.removeHandler(ears)


def converse(on: Stage, number: int) -> None:
    """Have one conversation.  Raises Promise."""
    dice = random.Random(number)
    at = dice.randrange(len(LISTENERS) + 1)  # the first one is that of [smtp]
    way = LISTENERS[at - 1] if at else Listener(name="smtp")
    on.made.intake.refusal = a_refusal("a@b.example") if dice.random() < 0.3 else None
    stream = b"".join(commands(dice, signs_in=0.02 if way.auth is SignIn.OFF else 0.8))
    header = dice.choice(HEADERS) if way.balancers else b""
    by_tls = way.tls is not Tls.OFF and dice.random() < 0.8
    address = on.made.server.addresses[at]
    said = _by_tls(address, header, stream, dice, way, on.trusting) if by_tls else _spoken(address, header + stream, dice)
    if not _REPLY.fullmatch(said):
        raise Promise(f"conversation {number}: no replies: {said[-300:]!r}")
    if on.ears.heard or _OF_AN_EXCEPTION.search(said):
        raise Promise(f"conversation {number}: an exception: {on.ears.heard or said[-300:]!r}")
    if lost := set(_TAKEN.findall(said)) - on.stored:
        raise Promise(f"conversation {number}: 250, and not stored: {lost}")
    # By LMTP and PRDR one recipient may be refused and the mail stored for the others.
    answers_each = way.kind is Kind.LMTP or b"PRDR" in stream
    if not answers_each and (kept := set(_REFUSED.findall(said)) & on.stored):
        raise Promise(f"conversation {number}: refused, and stored: {kept}")
    on.stored.clear()
    on.refused.clear()


def _spoken(address: tuple[str, int], stream: bytes, dice: random.Random) -> bytes:
    """Say it in pieces, sometimes leave in the middle; what was answered."""
    with socket.create_connection(address, timeout=20) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if not _said(client, stream, dice):
                return b""  # gone, without a word
            client.shutdown(socket.SHUT_WR)
            return _heard(client)
        except TimeoutError:
            raise Promise("no answer and no end") from None
        except OSError:
            return b""  # hung up on: what it had said is lost with the connection


def _by_tls(
    address: tuple[str, int], header: bytes, stream: bytes, dice: random.Random, way: Listener, trusting: ssl.SSLContext
) -> bytes:
    """The same within TLS.  Half a connection cannot be closed there, so it ends by words."""
    with contextlib.ExitStack() as open_, contextlib.suppress(ssl.SSLError, ConnectionError):
        client = open_.enter_context(socket.create_connection(address, timeout=20))
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.sendall(header)
        if way.tls is not Tls.IMPLICIT and not _is_ready(client):
            return b""
        secure = open_.enter_context(trusting.wrap_socket(client, server_hostname="gw.example"))
        try:
            return _heard(secure) if _said(secure, stream + _LAST_WORDS, dice) else b""
        except TimeoutError:
            raise Promise("no answer and no end") from None
    return b""


def _is_ready(client: socket.socket) -> bool:
    """Whether the door wants a handshake now: one whose header was rubbish has hung up."""
    with client.makefile("rb") as replies:
        for word in (b"EHLO a.example\r\n", b"STARTTLS\r\n"):
            if word.startswith(b"STARTTLS"):
                while (line := replies.readline())[3:4] == b"-":
                    pass
                if not line.startswith(b"250"):
                    return False
            elif not replies.readline().startswith(b"220"):
                return False
            client.sendall(word)
        return replies.readline().startswith(b"220")


def _said(client: socket.socket, stream: bytes, dice: random.Random) -> bool:
    """Say it in pieces; False when it then leaves without a word."""
    while stream:
        size = dice.choice((1, 7, 100, 4096, len(stream)))
        client.sendall(stream[:size])
        stream = stream[size:] if dice.random() > 0.005 else b""
    return dice.random() >= 0.05


def _heard(client: socket.socket) -> bytes:
    said = b""
    while part := client.recv(65536):
        said += part
    return said


def have(*, seconds: float, first: int = 0, most: int = 10**12) -> tuple[int, str]:
    """Converse for so many seconds of CPU, or until a promise is broken: how many conversations, and which promise."""
    begin, number = time.process_time(), first
    with stage() as on:
        try:
            while number - first < most and time.process_time() - begin < seconds:
                converse(on, number)
                number += 1
            _all_is_over(on.made)
        except (Promise, OSError) as broken:
            return number - first, str(broken) or repr(broken)
    return number - first, ""


def _all_is_over(made: Door) -> None:
    end = time.monotonic() + 10
    while made.server.sessions or made.server.bytes_in_flight:
        if time.monotonic() > end:
            raise Promise(f"{made.server.sessions} sessions and {made.server.bytes_in_flight} bytes stay behind")
        time.sleep(0.05)


class _Had(NamedTuple):
    """What came of the conversations of one process."""

    conversations: int
    broken: str
    minutes: float  # of CPU


def run(*, seconds: float) -> Part:
    """As a part of the bench: so many seconds of CPU, in several processes, since a conversation mostly waits."""
    first = random.SystemRandom().randrange(10**9)
    with ProcessPoolExecutor(_PROCESSES, mp_context=multiprocessing.get_context("spawn")) as pool:
        starts = [first + n * _APART for n in range(_PROCESSES)]
        had = list(pool.map(_have, repeat(seconds / _PROCESSES), starts))
    count, broken = sum(each.conversations for each in had), "; ".join(each.broken for each in had if each.broken)
    notes = (
        f"{len(LISTENERS) + 1} listeners in each of {_PROCESSES} processes; {sum(each.minutes for each in had):.1f} minutes "
        f"of CPU; the first conversations were numbers {first} and each {_APART:,} more.",
    )
    line = Line("random conversations with the SMTP door", f"{count:,}: {broken or 'fine'}", "no exception", not broken, True)
    return Part("Protocol", notes, (line,))


def _have(seconds: float, first: int) -> _Had:
    maillog.enable(False)  # a line for each mail of an hour
    before = time.process_time()
    count, broken = have(seconds=seconds, first=first)
    return _Had(count, broken, (time.process_time() - before) / 60)


def main() -> int:
    """By itself."""
    parser = argparse.ArgumentParser(prog="bench.dialogues", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="of CPU")
    parser.add_argument("--first", type=int, default=0, help="the number of the first conversation")
    wanted = parser.parse_args()
    had = _have(wanted.seconds, wanted.first)
    print(f"{had.conversations:,} conversations: {had.broken or 'fine'}")
    return 1 if had.broken else 0


if __name__ == "__main__":
    sys.exit(main())
