"""What a report pays for the gateway's look before Postfix's queue: milliseconds more, beside the same Postfix without it.

One mail goes through Postfix that asks the gateway first (docs/deployment/postfix-before-queue.md), the next through Postfix
alone, in turn, one at a time on connections that stay open: both meet the same machine at the same time.  Timed from MAIL to
the reply to the final dot, and to the arrival at the next hop.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from statistics import median

from bench.client import RECIPIENT, SENDER, Conversation, Mails, dot_stuffed
from bench.processes import free_port
from bench.report import Line, Part
from bench.servers import why_no_postfix
from bench.sink import ID_FIELD, identity_and_digest, listen
from tests.world import letters
from tests.world.around import House, house

ALONE, ASKED = "alone", "asked"
_TO_A_SINK = "\nvirtual_mailbox_domains =\nvirtual_mailbox_maps =\nrelayhost = [127.0.0.1]:{port}\n"
_Make = Callable[[int], bytes]


def run(folder: Path, *, mails: int) -> Part:
    """So many small reports each way, and a fifth as many with an attachment that is read."""
    if why := why_no_postfix():
        return Part("Latency before the queue", (why,), ())
    lines = asyncio.run(_measured(folder, mails))
    notes = (
        "One mail at a time, in turn with Postfix alone; both relay to the same next hop. Percentiles of all mails of a kind.",
    )
    return Part("Latency before the queue", notes, tuple(lines))


async def _measured(folder: Path, mails: int) -> list[Line]:
    arrivals: dict[str, float] = {}
    hop = free_port()

    def keep(content: bytes) -> None:
        arrivals.setdefault(identity_and_digest(content)[0], time.perf_counter())

    server = await listen(hop, keep)
    both = await asyncio.to_thread(house, folder / "house", main=_TO_A_SINK.format(port=hop))
    lines = []
    try:
        small = Mails(2048, seed=random.SystemRandom().getrandbits(32))
        report = letters.figures_of_a_school()
        kinds: tuple[tuple[str, int, _Make], ...] = (
            ("a report of 2 KB", mails, small.raw),
            ("a report with a table attached", mails // 5, lambda n: ID_FIELD + b"report.%d\r\n" % n + _named(report, n)),
        )
        for what, number, make in kinds:
            lines += await _kind(what, number, make, both, arrivals)
    finally:
        await asyncio.to_thread(both.stop)
        server.close()
    return lines


def _named(report: bytes, number: int) -> bytes:
    """Its table under a name that none had before: else it would not be read again."""
    return report.replace(b".xlsx", b"%20" + b"%d.xlsx" % number)


async def _kind(what: str, number: int, make: _Make, both: House, arrivals: dict[str, float]) -> list[Line]:
    ports = {ALONE: both.postfix.port, ASKED: both.ports["before-queue"]}
    begun, replied = await asyncio.to_thread(_in_turn, ports, number, make)
    wanted = {identity for way in begun.values() for identity in way}
    for _ in range(300):
        if wanted <= arrivals.keys():
            break
        await asyncio.sleep(0.1)
    lines = []
    for until, ends in (("the reply", replied), ("the arrival", arrivals)):
        took = {way: [(ends[i] - at) * 1000 for i, at in begun[way].items() if i in ends] for way in ports}
        lines.append(_line(f"{what}, until {until}", took, number))
    return lines


def _in_turn(ports: dict[str, int], number: int, make: _Make) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    """When each mail was begun, by way and identity, and when it was answered.  Raises SystemExit where one was refused."""
    numbers, lines = count(), {way: Conversation(port) for way, port in ports.items()}
    begun: dict[str, dict[str, float]] = {way: {} for way in ports}
    replied: dict[str, float] = {}
    for n in range(number + number // 10 + 1):
        for way, line in lines.items():
            raw = make(next(numbers))
            identity, begin = identity_and_digest(raw)[0], time.perf_counter()
            reply = line.send(dot_stuffed(raw), sender=SENDER, recipient=RECIPIENT)
            if not reply.startswith("250"):
                raise SystemExit(f"bench: {way}: {reply}")
            if n > number // 10:  # the first ones warm it up
                begun[way][identity], replied[identity] = begin, time.perf_counter()
    for line in lines.values():
        line.close()
    return begun, replied


def _line(what: str, took: dict[str, list[float]], number: int) -> Line:
    found = {way: (median(these), _p99(these)) for way, these in took.items()}
    said = "; ".join(f"{name}: {found[ASKED][k] - found[ALONE][k]:+.1f} ms ({found[ALONE][k]:.1f} → {found[ASKED][k]:.1f})"
                     for k, name in enumerate(("p50", "p99")))  # fmt: skip
    missing = number - min(map(len, took.values()))
    return Line(f"{what}, added to Postfix alone", said, "none lost", not missing, True, facts={"ms": found, "mails": number})


def _p99(values: Sequence[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.99))]
