"""Accept and relay: smtp-source -> gateway -> smtp-sink, in turn with Postfix relaying the same mails in the same run.

A rate is end to end: from the first connection until the last mail is counted at the sink.  Both servers stand ready all the
time, the order changes each round, and a ratio is the median of the ratios of each round: so other work on the machine, and its
disk, weigh on both alike.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.client import RECIPIENT, SENDER
from bench.processes import HOST, Group, cpu_s, free_port, loopback, machine_busy_s, wait_until_it_answers
from bench.report import Line, Part
from bench.servers import Gateway, Postfix, why_no_postfix
from tests.world.postgres import Postgres

_DRAIN_S = 60.0
_MB = 1024 * 1024


class Case(NamedTuple):
    """One kind of load; ``target`` is how many times Postfix's rate the gateway must reach, ``on_postgres`` the same with
    PostgreSQL as its store; 0 is none.
    """

    sessions: int
    size: int
    mails: int
    target: float = 0.0
    on_postgres: float = 0.0
    reuse: bool = True

    @property
    def name(self) -> str:
        """As LOADS names it: sessions, KB, and a "c" for a connection per mail."""
        return f"{self.sessions}x{self.size // 1024}{'' if self.reuse else 'c'}"

    @property
    def title(self) -> str:
        """As the table says it."""
        how = "" if self.reuse else ", a connection per mail"
        size = f"{self.size // 1024} KB" if self.size < _MB else f"{self.size // _MB} MB"
        return f"{size}, {self.sessions} session{'s' if self.sessions > 1 else ''}{how}"


CASES = (
    Case(sessions=1, size=2048, mails=1500, target=1.5),
    Case(sessions=10, size=2048, mails=4000, target=4.0, on_postgres=3.5),
    Case(sessions=50, size=2048, mails=5000, target=6.0, on_postgres=6.0),
    Case(sessions=100, size=2048, mails=5000),
    Case(sessions=10, size=2048, mails=2500, target=2.0, reuse=False),
    Case(sessions=1, size=51200, mails=800),
    Case(sessions=10, size=51200, mails=1500, target=2.0),
    Case(sessions=50, size=51200, mails=1500),
    Case(sessions=100, size=51200, mails=1500),
    Case(sessions=10, size=500 * 1024, mails=300, target=1.5),
    Case(sessions=4, size=5 * _MB, mails=40, target=1.2),
)


class Measured(NamedTuple):
    """One run of one case."""

    accepted_per_s: float
    end_to_end_per_s: float
    arrived: int
    cpu_ms: float  # of the server, per mail
    others: float  # cores that other work on the machine took meanwhile


class CountingSink:
    """Postfix's smtp-sink, which counts what arrives."""

    def __init__(self, port: int) -> None:
        self._out = tempfile.NamedTemporaryFile(prefix="vanthu-bench-sink-")  # noqa: SIM115 - closed in stop()
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        self._process = subprocess.Popen(
            ["smtp-sink", "-c", "-m", "2000", *user, f"inet:{HOST}:{port}", "1024"],
            stdin=subprocess.DEVNULL,
            stdout=self._out,
            stderr=subprocess.DEVNULL,
        )
        wait_until_it_answers(port)

    def count(self) -> int:
        """Mails so far."""
        size = os.fstat(self._out.fileno()).st_size
        counts = re.findall(rb"mesg=(\d+)", os.pread(self._out.fileno(), 200, max(0, size - 200)))
        return int(counts[-1]) if counts else 0

    def cpu_s(self) -> float:
        """CPU seconds so far."""
        return cpu_s(self._process.pid)

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()
        self._out.close()


class Target(NamedTuple):
    """One running server and the sink behind it."""

    server: Gateway | Postfix
    group: Group
    sink: CountingSink


def chosen(names: str) -> tuple[Case, ...]:
    """The cases that LOADS names, with blanks or commas between; all of them for "".  Ends the bench at an unknown name."""
    wanted = names.replace(",", " ").split()
    known = {case.name: case for case in CASES}
    if unknown := [name for name in wanted if name not in known]:
        raise SystemExit(f"bench: no load {', '.join(unknown)}; there are {', '.join(known)}")
    return tuple(known[name] for name in wanted) or CASES


def run(folder: Path, rounds: int, cases: Sequence[Case] = CASES, store: str = "sqlite") -> Part:
    """Measure these cases with this store: "sqlite" or "postgresql"."""
    if not shutil.which("smtp-source"):
        raise SystemExit("bench: smtp-source is missing: apt-get install --no-install-recommends postfix")
    loopback(HOST)
    missing = why_no_postfix()
    with _url_of(store) as url:
        targets = _started(folder, url, with_postfix=not missing)
        try:
            found = {case: _rounds(case, targets, rounds) for case in cases}
        finally:
            for target in targets:
                target.group.stop()
                target.sink.stop()
    notes = (
        f"End-to-end mails per second, durable before 250, rules and story included; {rounds} rounds, medians.",
        "accepted: 250s a second. CPU: of the server, per mail. others: cores taken by other work on the machine (0 is quiet).",
        *((f"No ratios: {missing}.",) if missing else ()),
        *(("The CPU of PostgreSQL itself is counted under others.",) if url else ()),
    )
    title = f"Accept and relay{' with PostgreSQL' if url else ''}, beside Postfix"
    lines = (_line(case, found[case], case.on_postgres if url else case.target) for case in cases)
    return Part(title, notes, tuple(lines))


@contextlib.contextmanager
def _url_of(store: str) -> Iterator[str]:
    """The URL of the store: "" for the one that ``vanthu init`` writes, else that of a server which runs meanwhile."""
    if store == "sqlite":
        yield ""
        return
    if store != "postgresql":
        raise SystemExit(f"bench: STORE: expected sqlite or postgresql, got {store!r}")
    server = Postgres(fsync=True).start()
    try:
        yield server.new_database()
    finally:
        server.remove()


def _started(folder: Path, url: str, *, with_postfix: bool) -> list[Target]:
    kinds: list[type[Gateway] | type[Postfix]] = [Gateway, *([Postfix] if with_postfix else [])]
    targets = []
    for kind in kinds:
        hop = free_port()
        sink = CountingSink(hop)
        server = kind(folder / kind.name, hop=hop)
        if url and isinstance(server, Gateway):
            server.set("store", f'url = "{url}"')
        targets.append(Target(server, server.start(), sink))
    return targets


def _rounds(case: Case, targets: list[Target], rounds: int) -> dict[str, list[Measured]]:
    found: dict[str, list[Measured]] = {target.server.name: [] for target in targets}
    for n in range(rounds):
        shift = n % len(targets)
        for target in (*targets[shift:], *targets[:shift]):
            _measure(target, case._replace(mails=max(case.sessions, case.mails // 10)))  # warm
            found[target.server.name].append(_measure(target, case))
    return found


def _measure(target: Target, case: Case) -> Measured:
    before, ours, busy, own = target.sink.count(), _cpu_of(target), machine_busy_s(), target.group.cpu_s()
    begin = time.perf_counter()
    source_cpu = _smtp_source(target.server.port, case)
    accepted_at = time.perf_counter()
    arrived_at = _wait_for(target.sink, before + case.mails)
    arrived = target.sink.count() - before
    seconds = arrived_at - begin
    others = (machine_busy_s() - busy) - (_cpu_of(target) - ours) - source_cpu
    return Measured(
        accepted_per_s=case.mails / (accepted_at - begin),
        end_to_end_per_s=arrived / seconds,
        arrived=arrived,
        cpu_ms=(target.group.cpu_s() - own) / case.mails * 1000,
        others=max(0.0, others / (time.perf_counter() - begin)),
    )


def _smtp_source(port: int, case: Case) -> float:
    """Send all mails of a case; gives the CPU seconds that the sending took."""
    before = os.times()
    done = subprocess.run(
        [
            "smtp-source", "-4", "-s", str(case.sessions), "-l", str(case.size), "-m", str(case.mails),
            "-f", SENDER, "-t", RECIPIENT, "-M", "bench.test", *(["-d"] if case.reuse else []), f"inet:{HOST}:{port}",
        ],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"bench: smtp-source failed: {done.stdout[-500:]}{done.stderr[-500:]}")
    after = os.times()
    return (after.children_user - before.children_user) + (after.children_system - before.children_system)


def _wait_for(sink: CountingSink, count: int) -> float:
    """The moment at which the last mail was counted, or the last one that came at all."""
    end = time.monotonic() + _DRAIN_S
    seen, at = sink.count(), time.perf_counter()
    while seen < count and time.monotonic() < end:
        time.sleep(0.002)
        if (now_seen := sink.count()) != seen:
            seen, at = now_seen, time.perf_counter()
    return at


def _cpu_of(target: Target) -> float:
    return target.group.cpu_s() + target.sink.cpu_s()


def _line(case: Case, found: dict[str, list[Measured]], target: float) -> Line:
    ours, theirs = found["vanthu"], found.get("postfix", [])
    said = (
        f"{_median(ours, 'end_to_end_per_s'):.0f}/s, accepted {_median(ours, 'accepted_per_s'):.0f}/s, "
        f"{_median(ours, 'cpu_ms'):.2f} ms CPU"
    )
    facts: dict[str, object] = {"vanthu": [m._asdict() for m in ours], "postfix": [m._asdict() for m in theirs]}
    lost = sum(case.mails - m.arrived for m in ours)
    if lost:
        return Line(case.title, f"{said}; {lost} mails did not arrive", "all arrive", False, True, facts)
    if not theirs:
        return Line(case.title, said, facts=facts)
    ratios = [mine.end_to_end_per_s / other.end_to_end_per_s for mine, other in zip(ours, theirs, strict=True)]
    ratio = statistics.median(ratios)
    said = (
        f"**{ratio:.1f}×** [{min(ratios):.1f}–{max(ratios):.1f}]: {said}; "
        f"Postfix {_median(theirs, 'end_to_end_per_s'):.0f}/s, {_median(theirs, 'cpu_ms'):.2f} ms; "
        f"others {_median([*ours, *theirs], 'others'):.1f}"
    )
    facts["ratios"] = ratios
    if not target:
        return Line(case.title, said, facts=facts)
    return Line(case.title, said, f"≥ {target:g}×", ratio >= target, facts=facts)


def _median(runs: list[Measured], field: str) -> float:
    return float(statistics.median(getattr(measured, field) for measured in runs))
