"""Beside other servers: a realistic mix of mail with inspection on, how long a session waits for its 250, and memory.

Everything runs in turn in one run; ratios are medians of the rounds.  performance.md of the project has the goals.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import uvloop

from bench import filters, mix
from bench.client import RECIPIENT, SENDER, dot_stuffed
from bench.load import CountingSink
from bench.processes import HOST, Group, free_port, memory_mb
from bench.report import Line, Part
from bench.servers import Gateway, Postfix, why_no_postfix

_MIXED = 300  # mails of the mix in a round
_SMALL = 2000  # mails of 2 KB in a round: twenty of them are the slowest 1 %
_DRAIN_S = 300.0
_MIX_GOALS = {"postfix": 1.3, "postfix + rspamd": 2.0, "haraka": 3.0, "postfix + amavisd": 15.0}


_COPIES = 10
_TOO_SLOW = ("postfix + amavisd",)  # what comes again makes no difference to it
Wires = Callable[[int], Sequence[bytes]]  # the mails of a round, dots stuffed


class Server(Protocol):
    """What can be measured."""

    name: str
    port: int

    def start(self) -> Group:
        """Run it."""


WITH_OCR, WITHOUT_OCR = Gateway.name, f"{Gateway.name}, no OCR"


class GatewayWithoutOcr(Gateway):
    """Looks into everything, but reads no pictures: none of the others does."""

    name = WITHOUT_OCR

    def __init__(self, folder: Path, *, hop: int) -> None:
        super().__init__(folder, hop=hop)
        self.set("inspection", "ocr = false")


class Target(NamedTuple):
    """One running server and the sink behind it."""

    server: Server
    group: Group
    sink: CountingSink


class Round(NamedTuple):
    """What one server did with one load."""

    per_s: float  # from the first connection until the last mail has arrived
    waits_ms: list[float]  # from the final dot to the reply
    refused: int
    missing: int
    cpu_ms: float
    memory_mb: float


def run(folder: Path, rounds: int) -> Part:
    """Measure all that is here."""
    if missing := why_no_postfix():
        raise SystemExit(f"bench: {missing}")
    others, absent = filters.those_that_are_here()
    kinds: list[type[Server]] = [Gateway, GatewayWithoutOcr, Postfix, *others]
    made = mix.kinds()
    small = [dot_stuffed(_small())] * _SMALL
    targets = [_started(kind, folder / f"{n}") for n, kind in enumerate(kinds)]
    try:
        busy = _rounds(targets, _mixed(made, 0), sessions=10, rounds=rounds, sender=mix.SENDER)
        some = [target for target in targets if target.server.name not in _TOO_SLOW]
        again = {
            what: _rounds(some, mails, sessions=10, rounds=rounds, sender=mix.SENDER)
            for what, mails in {
                f"each file in {_COPIES} mails": _mixed(made, 100, same_file=_COPIES),
                f"each mail to {_COPIES} addresses": _mixed(made, 200, same_mail=_COPIES),
            }.items()
        }
        base = [target for target in targets if target.server.name in (WITH_OCR, "postfix")]
        waits = {
            sessions: _rounds(base, lambda _: small, sessions=sessions, rounds=rounds, sender=SENDER) for sessions in (10, 50)
        }
    finally:
        for target in targets:
            target.group.stop()
            target.sink.stop()
    lines = [_mix_line("the mix", name, busy, _MIX_GOALS) for name in busy if name != WITH_OCR]
    lines += [_mix_line(what, name, found, {}) for what, found in again.items() for name in found if name != WITH_OCR]
    for sessions, found in waits.items():
        lines += _wait_lines(sessions, found)
    mixed = _mixed(made, 0)(0)
    size = sum(map(len, mixed)) / len(mixed) / 1024
    notes = (
        f"The mix: {size:.0f} KB a mail in the mean, 70 % without attachment, 15 % Word and Excel, 10 % PDF, 5 % scans; "
        f"{_MIXED} mails over 10 sessions; {rounds} rounds in turn. No two mails carry the same file, but where it is said: "
        "Vanthu remembers for a day what a file was read as.",
        "Ratios are those of Vanthu with `ocr = false`, because no other server here reads scans; those with OCR stand behind.",
        *(f"Not here: {what}." for what in absent),
    )
    return Part("Beside other servers", notes, tuple(lines))


def _started(kind: type[Server], folder: Path) -> Target:
    hop = free_port()
    sink = CountingSink(hop)
    folder.mkdir(mode=0o755)
    server = kind(folder / "it", hop=hop)  # type: ignore[call-arg]  # a protocol says nothing of how it is made
    return Target(server, server.start(), sink)


def _mixed(made: tuple[mix.Kind, ...], begin: int, *, same_file: int = 1, same_mail: int = 1) -> Wires:
    """The mix of each round: what came in one never comes in another."""

    def of_round(number: int) -> list[bytes]:
        begin_at = (begin + number) * 10_000
        letters = mix.in_turn(made, count=_MIXED, begin=begin_at, same_file=same_file, same_mail=same_mail)
        return [dot_stuffed(letter) for letter in letters]

    return of_round


def _small() -> bytes:
    head = f"From: {SENDER}\r\nTo: {RECIPIENT}\r\nSubject: so lieu\r\n\r\n"
    return head.encode() + b"Gui so lieu tuan nay, xem giup.\r\n" * 60


def _rounds(targets: Sequence[Target], wires: Wires, *, sessions: int, rounds: int, sender: str) -> dict[str, list[Round]]:
    found: dict[str, list[Round]] = {target.server.name: [] for target in targets}
    warm = wires(99)[:40]
    for n in range(rounds):
        shift, these = n % len(targets), wires(n)
        for target in (*targets[shift:], *targets[:shift]):
            _measured(target, warm, sessions, sender)
            found[target.server.name].append(_measured(target, these, sessions, sender))
    return found


def _measured(target: Target, wires: Sequence[bytes], sessions: int, sender: str) -> Round:
    before, cpu = target.sink.count(), target.group.cpu_s()
    client = _Client(target.server.port, wires, sender)
    begin = time.perf_counter()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(client.run(sessions))
    memory = memory_mb(target.group.pids())
    arrived_at = _wait_for(target.sink, before + len(client.waits_ms))
    return Round(
        per_s=(target.sink.count() - before) / (arrived_at - begin),
        waits_ms=client.waits_ms,
        refused=client.refused,
        missing=before + len(client.waits_ms) - target.sink.count(),
        cpu_ms=(target.group.cpu_s() - cpu) / len(wires) * 1000,
        memory_mb=memory,
    )


def _wait_for(sink: CountingSink, count: int) -> float:
    end = time.monotonic() + _DRAIN_S
    while sink.count() < count and time.monotonic() < end:
        time.sleep(0.005)
    return time.perf_counter()


class _Client:
    """Sessions that send these mails, each the next one when it is through with its last."""

    def __init__(self, port: int, wires: Sequence[bytes], sender: str) -> None:
        self._port, self._left, self._sender = port, iter(wires), sender
        self.waits_ms: list[float] = []  # of those that were taken
        self.refused = 0

    async def run(self, sessions: int) -> None:
        """Send all."""
        await asyncio.gather(*(self._session() for _ in range(sessions)))

    async def _session(self) -> None:
        reader, writer = await asyncio.open_connection(HOST, self._port, limit=2**20)
        await _reply(reader)
        await _asked(reader, writer, b"EHLO bench.test\r\n")
        for wire in self._left:
            await _asked(reader, writer, f"MAIL FROM:<{self._sender}>\r\n".encode())
            await _asked(reader, writer, f"RCPT TO:<{RECIPIENT}>\r\n".encode())
            await _asked(reader, writer, b"DATA\r\n")
            writer.write(wire)
            await writer.drain()
            begin = time.perf_counter()
            if (await _reply(reader)).startswith(b"2"):
                self.waits_ms.append((time.perf_counter() - begin) * 1000)
            else:
                self.refused += 1
        writer.close()


async def _asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, command: bytes) -> bytes:
    writer.write(command)
    return await _reply(reader)


async def _reply(reader: asyncio.StreamReader) -> bytes:
    while (line := await reader.readline())[3:4] == b"-":
        pass
    return line


def _mix_line(what: str, name: str, found: dict[str, list[Round]], goals: Mapping[str, float]) -> Line:
    """One server beside ours without OCR, as none of the others reads pictures; ours with OCR stands beside it."""
    theirs = found[name]
    facts: dict[str, object] = {each: [done._asdict() for done in rounds] for each, rounds in found.items()}
    rate = _rate(theirs)
    if name == WITHOUT_OCR:
        with_ocr = found[WITH_OCR]
        lost = sum(done.missing + done.refused for done in (*theirs, *with_ocr))
        said = f"{rate}; with OCR {_rate(with_ocr)}"
        return Line(f"{what} through Vanthu, inspection on", said, "all arrive", not lost, True, facts)
    ratios, goal = _ratios(found[WITHOUT_OCR], theirs, "per_s"), goals.get(name)
    ratio, read_too = statistics.median(ratios), statistics.median(_ratios(found[WITH_OCR], theirs, "per_s"))
    said = f"**{ratio:.2f}×** [{min(ratios):.2f}–{max(ratios):.2f}], with OCR {read_too:.2f}×: {name} {rate}"
    if goal is None:
        return Line(f"the same beside {name}", said)
    return Line(f"the same beside {name}", said, f"≥ {goal:g}×", ratio >= goal)


def _rate(rounds: Sequence[Round]) -> str:
    return f"{_median(rounds, 'per_s'):.0f}/s, {_median(rounds, 'cpu_ms'):.1f} ms CPU"


def _ratios(ours: Sequence[Round], theirs: Sequence[Round], field: str) -> list[float]:
    return [getattr(mine, field) / getattr(other, field) for mine, other in zip(ours, theirs, strict=True)]


def _wait_lines(sessions: int, found: dict[str, list[Round]]) -> list[Line]:
    ours, theirs = found[WITH_OCR], found["postfix"]
    facts: dict[str, object] = {each: [done._asdict() for done in rounds] for each, rounds in found.items()}
    p99 = [_quantile(mine, 0.99) / _quantile(other, 0.99) for mine, other in zip(ours, theirs, strict=True)]
    cpu = statistics.median(_ratios(ours, theirs, "cpu_ms"))
    mine, other = (f"{_middle(done, 0.5):.1f} / {_middle(done, 0.99):.1f} ms" for done in (ours, theirs))
    said = f"**{statistics.median(p99):.2f}×** Postfix's: p50 / p99 {mine}, Postfix {other}"
    ratio = statistics.median(_ratios(ours, theirs, "memory_mb"))
    spent = f"**{cpu:.2f}×** Postfix's: {_median(ours, 'cpu_ms'):.2f} ms, Postfix {_median(theirs, 'cpu_ms'):.2f} ms"
    mb = f"**{ratio:.1f}×** Postfix's: {_median(ours, 'memory_mb'):.0f} MB (PSS), Postfix {_median(theirs, 'memory_mb'):.0f} MB"
    lines = [
        Line(f"2 KB, {sessions} sessions: final dot to 250", said, "p99 ≤ 0.5×", statistics.median(p99) <= 0.5, facts=facts),
        Line(f"2 KB, {sessions} sessions: CPU a mail", spent, "≤ 0.15×", cpu <= 0.15),
    ]
    if sessions == 50:
        lines.append(Line("2 KB, 50 sessions: memory", mb, "≤ 0.6×", ratio <= 0.6))
    return lines


def _middle(rounds: Sequence[Round], share: float) -> float:
    return statistics.median(_quantile(done, share) for done in rounds)


def _quantile(done: Round, share: float) -> float:
    ordered = sorted(done.waits_ms)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def _median(rounds: Sequence[Round], field: str) -> float:
    return float(statistics.median(getattr(done, field) for done in rounds))
