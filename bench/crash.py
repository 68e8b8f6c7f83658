"""kill -9 of the whole gateway, or of one of its processes, at random moments under load: every mail that got a 250 arrives.

A mail may arrive twice when it was on its way out at the kill: RFC 5321 section 6.1 prefers that to a loss.  They are counted.
This is the crash of a program, not of a machine: what the disk was told to keep is tested by the order of fsync and 250.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import statistics
import time
from pathlib import Path
from typing import NamedTuple

from bench.client import Load, Mails
from bench.processes import Group, free_port
from bench.report import Line, Part
from bench.servers import Gateway
from bench.sink import Sink

SESSIONS = 20
SIZE = 4096
_BETWEEN_S = (0.2, 1.2)  # from one life to the next kill
_DRAIN_S = 120.0
_BACK_S = 1.0  # after kill -9 of the whole gateway: performance.md section 8, row 12
_TWICE = 4.0  # a kill, at most; the same row


def run(folder: Path, kills: int, *, seed: int = 0) -> Part:
    """Kill so many times under load (at least once), and then count."""
    kills = max(1, kills)
    seed = seed or int(time.time())
    rnd = random.Random(seed)
    hop = free_port()
    sink = Sink(hop, folder / "sink.log")
    gateway = Gateway(folder / "crash", hop=hop)
    mails = Mails(SIZE, seed=seed)
    load = Load(gateway.port, mails, sessions=SESSIONS)
    group = gateway.start()
    try:
        group, back = asyncio.run(_lives(gateway, group, load, kills, rnd))
        _drain(sink, mails, load)
    finally:
        group.stop()
        sink.stop()
    return _counted(sink, mails, load, back, kills, seed)


class Back(NamedTuple):
    """Seconds from each kill to the next 250."""

    whole: list[float]  # of the whole gateway
    one: list[float]  # of one process beside the first


async def _lives(gateway: Gateway, group: Group, load: Load, kills: int, rnd: random.Random) -> tuple[Group, Back]:
    """Load without pause, and kill after kill; the last one when the load is over, with the queue still full."""
    sending = asyncio.create_task(load.run())
    back = Back([], [])
    for n in range(kills):
        await asyncio.sleep(rnd.uniform(*_BETWEEN_S))
        load.stop = n == kills - 1
        before = len(load.accepted)
        begin = time.monotonic()
        helper = _helper_of(group, rnd) if n % 2 else 0
        if helper:
            os.kill(helper, signal.SIGKILL)
        else:
            group.kill()
            begin = time.monotonic()
            group = await asyncio.to_thread(gateway.start, whole=False)
        await _until_more_accepted(load, before)
        (back.one if helper else back.whole).append(time.monotonic() - begin)
    await sending
    return group, back


def _helper_of(group: Group, rnd: random.Random) -> int:
    """One of the processes beside the first: the scribe, or one that reads attachments; 0 when there is none."""
    helpers = [pid for pid in group.pids() if pid != group.process.pid]
    return rnd.choice(helpers) if helpers else 0


async def _until_more_accepted(load: Load, before: int) -> None:
    end = time.monotonic() + 60
    # Polled: a bell rung at every mail would be part of what is measured.
    while not load.stop and len(load.accepted) == before and time.monotonic() < end:  # noqa: ASYNC110 - see above
        await asyncio.sleep(0.005)


def _drain(sink: Sink, mails: Mails, load: Load) -> None:
    """Wait until all that was promised is there, at most so long."""
    wanted = {mails.identity(n) for n in load.accepted}
    end = time.monotonic() + _DRAIN_S
    while time.monotonic() < end and not wanted <= sink.records().keys():
        time.sleep(0.5)
    time.sleep(1.0)  # what is still to come twice


def _counted(sink: Sink, mails: Mails, load: Load, back: Back, kills: int, seed: int) -> Part:
    records = sink.records()
    lost = [n for n in load.accepted if mails.identity(n) not in records]
    altered = [n for n in load.accepted if set(records.get(mails.identity(n), [])) - {mails.digest(n)}]
    twice = sum(len(copies) - 1 for copies in records.values())
    accepted = len(load.accepted)
    facts: dict[str, object] = {
        "seed": seed, "kills": kills, "accepted": accepted, "lost": len(lost), "altered": len(altered), "twice": twice,
        "broken": load.broken, "refused": load.refused, "back_s": back.whole, "back_one_s": back.one,
        "unpromised": len(records.keys() - {mails.identity(n) for n in load.accepted}),
    }  # fmt: skip
    lines = (
        Line("mails that got a 250", str(accepted), "> 0", accepted > 0, True, facts),
        Line("of these lost", str(len(lost)), "0", not lost, True),
        Line("of these altered", str(len(altered)), "0", not altered, True),
        Line("arrived twice, per kill", f"{twice / kills:.1f}", f"≤ {_TWICE:.0f}", twice <= _TWICE * kills),
        _in_short("whole gateway killed: the next 250 after, median / longest", back.whole, f"≤ {_BACK_S:.0f} s", _BACK_S),
        _in_short("scribe or readers killed: the next 250 after, median / longest", back.one),
    )
    notes = (
        f"{kills} kills, every other one of the scribe or a reader alone; {SESSIONS} sessions, {SIZE // 1024} KB mails that "
        f"are easy to spoil; seed {seed}.",
    )
    return Part("kill -9 under load", notes, lines)


def _in_short(what: str, seconds: list[float], target: str = "", most: float = 0.0) -> Line:
    if not seconds:
        return Line(what, "not killed", target)
    found = f"{statistics.median(seconds):.2f} s / {max(seconds):.2f} s"
    return Line(what, found, target, max(seconds) <= most if target else None)
