"""What is relayed is what was sent, byte for byte behind our trace headers, whatever the bytes; from a trusted network.

Bare CR and LF, NUL, 8-bit headers, very long lines and dots pass unchanged.  Only where a dot stands alone between such line
ends could some next hop take it for the end of the mail (smuggling): that is refused, always.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Iterator
from pathlib import Path

from bench.client import Conversation, dot_stuffed
from bench.processes import free_port
from bench.report import Line, Part
from bench.servers import Gateway
from bench.sink import ID_FIELD, identity_and_digest, listen

RANDOM_MAILS = 300

# A dot alone between line ends of which at least one is not CRLF: LF.LF, LF.CRLF, CRLF.LF, CR.CR and so on.  NULs beside it
# count for nothing: some servers leave them out.
_SMUGGLING = re.compile(rb"(?:\r\n|\r|\n)\x00*\.\x00*(?=\r\n|\r|\n)")


def run(folder: Path, *, seed: int = 1) -> Part:
    """Send the corpus and as many random mails, one after the other."""
    return asyncio.run(_run(folder, seed))


def corpus() -> Iterator[tuple[str, bytes]]:
    """Names and mails; CRLF at the end, as RFC 5321 asks for."""
    field = b"Subject: thu\r\n\r\n"
    yield "plain", field + b"xin chao\r\n"
    yield "bare CR", field + b"mot\rhai\r\rba\r\n"
    yield "bare LF", field + b"mot\nhai\n\nba\r\n"
    yield "mixed line ends", field + b"a\r\r\nb\n\r\nc\r\n\r\nd\n\n\r\r\n"
    yield "NUL", field + b"a\0b\0\0\r\n\0\r\n"
    yield "all bytes", field + bytes(range(256)) * 4 + b"\r\n"
    yield (
        "8-bit headers",
        "Subject: Công văn số 87 về việc bổ sung\r\nX-Raw: ".encode() + bytes(range(128, 256)) + b"\r\n\r\nx\r\n",
    )
    yield "100 KB line", field + b"x" * 102400 + b"\r\n"
    yield "100 KB header", b"X-Long: " + b"y" * 102400 + b"\r\n" + field + b"z\r\n"
    yield "leading dots", field + b".\r\n..\r\n...\r\n.a\r\n. \r\n\r\n.\r\n"
    yield "a dot as the only line", field + b".\r\n"
    yield "dots after bare line ends", field + b"a\n.b\r.c\n..\r\r\n"
    yield "no header, no blank line", b"just a line\r\n"
    yield "blank lines at both ends", field + b"\r\n\r\n\r\nx\r\n\r\n\r\n"
    yield "trailing blanks and tabs", field + b"x  \t \r\n\t\r\n \r\n"
    yield "From line in front", b"From someone Mon Nov  3 08:00:00 2025\r\n" + field + b"From x\r\n>From y\r\n"
    yield "5 MB", field + b"0123456789abcdef" * 64 * 5120 + b"\r\n"


def random_mails(rnd: random.Random, count: int) -> Iterator[tuple[str, bytes]]:
    """Short mails of nothing but what is dangerous."""
    alphabet = [b"\r", b"\n", b"\r\n", b".", b"a", b"b", b"\0", b"\xff", b"\r\n.", b" ", b"\xc4\x91", b"\n.x"]
    for n in range(count):
        yield f"random {n}", b"".join(rnd.choices(alphabet, k=rnd.randint(1, 40))) + b"\r\n"


async def _run(folder: Path, seed: int) -> Part:
    arrived: dict[str, list[str]] = {}

    def keep(content: bytes) -> None:
        identity, digest = identity_and_digest(content)
        arrived.setdefault(identity, []).append(digest)

    hop = free_port()
    server = await listen(hop, keep)
    gateway = Gateway(folder / "fidelity", hop=hop)
    group = await asyncio.to_thread(gateway.start)
    rnd = random.Random(seed)
    mails = [(name, _identified(n, raw)) for n, (name, raw) in enumerate([*corpus(), *random_mails(rnd, RANDOM_MAILS)])]
    try:
        replies = await asyncio.to_thread(_sent, gateway.port, mails, rnd)
        passed = sum(reply.startswith("250") for reply in replies)
        for _ in range(600):
            if sum(map(len, arrived.values())) >= passed:
                break
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.5)
    finally:
        await asyncio.to_thread(group.stop)
        server.close()
    return _compared(mails, replies, arrived)


def _identified(n: int, raw: bytes) -> bytes:
    return ID_FIELD + b"fidelity.%d\r\n" % n + raw


def _sent(port: int, mails: list[tuple[str, bytes]], rnd: random.Random) -> list[str]:
    """The reply to each mail; some go in one write, some in small pieces."""
    conversation = Conversation(port)
    replies = []
    for _, raw in mails:
        chunk = rnd.choice([0, 0, 1, 3, 7]) if len(raw) < 2000 else rnd.choice([0, 1460, 65536])
        replies.append(conversation.send(dot_stuffed(raw), chunk=chunk))
        if replies[-1].startswith("421"):
            conversation.close()
            conversation = Conversation(port)
    conversation.close()
    return replies


def _compared(mails: list[tuple[str, bytes]], replies: list[str], arrived: dict[str, list[str]]) -> Part:
    wrong, refused, wrongly_refused, smuggled = [], 0, [], []
    for (name, raw), reply in zip(mails, replies, strict=True):
        identity, digest = identity_and_digest(raw)
        if reply.startswith("250"):
            if arrived.get(identity) != [digest]:
                wrong.append(name)
            if could_smuggle(raw):
                smuggled.append(name)
        else:
            refused += 1
            if not could_smuggle(raw):
                wrongly_refused.append(f"{name}: {reply[:60]}")
    facts: dict[str, object] = {"altered": wrong, "smuggled": smuggled, "wrongly_refused": wrongly_refused}
    lines = (
        Line("mails sent", str(len(mails)), facts=facts),
        Line("passed, and not the same bytes at the next hop", _said(wrong), "0", not wrong, True),
        Line("passed with a dot alone between bare line ends", _said(smuggled), "0", not smuggled, True),
        Line("refused for such a dot", str(refused - len(wrongly_refused))),
        Line("refused without one", _said(wrongly_refused), "0", not wrongly_refused, True),
    )
    notes = (
        "Bare CR, bare LF, NUL, 8-bit headers, 100 KB lines, dots, 5 MB; SHA-256 of what was sent compared with what arrived "
        "behind our headers.",
    )
    return Part("Byte for byte", notes, lines)


def could_smuggle(raw: bytes) -> bool:
    """Whether some server could see the end of the mail inside it, once its dots are doubled for the wire.

    A dot after CRLF is doubled, so only one after a bare CR or LF stays alone.
    """
    wire = b"\r\n" + dot_stuffed(raw).removesuffix(b".\r\n")
    return any(_SMUGGLING.finditer(wire))


def _said(names: list[str]) -> str:
    return str(len(names)) + (f" ({', '.join(names[:3])})" if names else "")
