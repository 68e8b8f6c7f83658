"""Handing over to an office system that fails in every way, by a gateway that is killed at every numbered step.

The sandbox is naive: it enters whatever it gets, so that a package that was sent twice stands there twice.  What must hold in
the end: every approved case stands in the register once, and nothing else does.
"""

from __future__ import annotations

import contextlib
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bench.approved import OFFICE, fill
from bench.processes import Group, free_port, wait_until_it_answers
from bench.report import Line, Part
from bench.servers import Gateway, OfficeSandbox
from bench.trapdoors import STEPS
from gateway.config import load

CHANCE = 0.1
_FILE_BYTES = 2048
_STALL_S = 60.0  # without anything new
_LANES = 48  # many tries wait for an answer that does not come
_TIMEOUT_S = 3.0
# No delivery is given up here: what is wanted is the count when everything has come to rest.
_RETRIES = [1, 1, 2, 2, 3, 3] + [5] * 60
_LOOK_UPS = [4, 1, 2, 2, 3, 3] + [5] * 60  # the first is later than the timeout: what left a moment ago may still be on its way
# Where a life ends is drawn up to the so-manieth passing of its step; the rare ones are waited for less long.
_OFTEN, _RARE = 200, 20
_RARE_STEPS = range(7, 12)


class Ending(NamedTuple):
    """What was there in the end."""

    approved: int
    entered: Counter[str]  # entries of the register for each case
    strangers: int  # entries that belong to no case
    deliveries: dict[str, int]  # by state
    attempts: int
    took_s: float
    killed: dict[int, int]  # by step


def run(folder: Path, *, count: int, chance: float = CHANCE, seed: int = 7) -> Part:
    """Hand over so many cases, and count."""
    return report(ending(folder, count=count, chance=chance, seed=seed), chance)


def ending(folder: Path, *, count: int, chance: float, seed: int, steps: Sequence[int] = (*STEPS, *STEPS)) -> Ending:
    """Let it happen."""
    options = (
        "--naive",
        "--fault",
        f"all={chance}",
        "--fault",
        "refuse=0",
        "--seed",
        str(seed),
        "--hold-s",
        str(_TIMEOUT_S + 1),
        "--slow-s",
        "0.3",
    )
    with OfficeSandbox(folder / "sandbox", *options) as office:
        gateway = Gateway(folder / "house", hop=free_port())
        gateway.hand_over_by_vxp(OFFICE, office, timeout_s=_TIMEOUT_S, connections=_LANES)
        gateway.add(
            "[worker]", f"retry_after_s = {_RETRIES}", f"look_up_after_s = {_LOOK_UPS}", "lease_s = 20.0", "poll_every_s = 0.5"
        )
        cases = fill(load(gateway.config), count, file_bytes=_FILE_BYTES)
        begin = time.monotonic()
        killed = _kill_at(steps, gateway, office, random.Random(seed), count)
        group = _started(gateway)
        try:
            _until_it_rests(gateway, office, count)
        finally:
            group.stop()
        took = time.monotonic() - begin
        entered = Counter(file.partition("-")[0] for file, _ in office.entries())
    deliveries, attempts = _deliveries(gateway)
    strangers = sum(n for case, n in entered.items() if case not in cases)
    of_cases = Counter({case: entered[case] for case in cases})
    return Ending(count, of_cases, strangers, deliveries, attempts, took, killed)


def report(end: Ending, chance: float) -> Part:
    """As lines."""
    lost = sum(1 for n in end.entered.values() if n == 0)
    twins = sum(n - 1 for n in end.entered.values() if n > 1)
    open_ = sum(n for state, n in end.deliveries.items() if state != "delivered")
    lines = (
        Line(
            "approved cases that stand in the register",
            f"{end.approved - lost} of {end.approved}",
            "all",
            not lost,
            is_safety=True,
        ),
        Line("entered twice", str(twins), "0", not twins, is_safety=True),
        Line("entries of no case", str(end.strangers), "0", not end.strangers, is_safety=True),
        Line("deliveries that are not settled", f"{open_} ({_states(end)})", "0", not open_),
        _killed(end),
        Line("time", f"{end.took_s:.0f} s", facts={"seconds": end.took_s}),
        Line("attempts", f"{end.attempts} ({end.attempts / end.approved:.2f} a case)"),
    )
    kills = ", ".join(f"{step} ({STEPS[step]}): {n}" for step, n in sorted(end.killed.items()))
    notes = (
        f"Each fault of the sandbox but *refuse* and *login* (which a person answers) at {chance:.0%}; the sandbox is naive.",
        f"kill -9 at step: {kills}.",
    )
    return Part("Chaos at the office system", notes, lines)


def _killed(end: Ending) -> Line:
    steps, reached = len(end.killed), sum(1 for n in end.killed.values() if n)
    return Line("numbered steps at which it was killed", f"{reached} of {steps}", "all", reached == steps)


def _states(end: Ending) -> str:
    return ", ".join(f"{state} {n}" for state, n in sorted(end.deliveries.items()))


def _kill_at(steps: Sequence[int], gateway: Gateway, office: OfficeSandbox, rnd: random.Random, count: int) -> dict[int, int]:
    killed = dict.fromkeys(steps, 0)
    for step in steps:
        most = max(2, min(count // 40, _RARE if step in _RARE_STEPS else _OFTEN))
        times = str(rnd.randint(1, most))
        command: list[str | Path] = [
            sys.executable, "-m", "bench.trapdoors", str(step), times, "serve", "--config", gateway.config,
        ]  # fmt: skip
        group = Group(command, log=gateway.log)
        try:
            with contextlib.suppress(SystemExit):  # it fell before it answered
                wait_until_it_answers(gateway.port, of=group, timeout_s=180)
            _until_it_falls(group, gateway, office)
            killed[step] += group.process.poll() == -signal.SIGKILL
        finally:
            group.kill()
    return killed


def _until_it_falls(group: Group, gateway: Gateway, office: OfficeSandbox) -> None:
    """Or nothing changes any more: then there is nothing left that would pass the step."""
    last, changed_at = (0, 0, 0), time.monotonic()
    while group.process.poll() is None and time.monotonic() < changed_at + _STALL_S / 2:
        if (now := _progress(gateway, office)) != last:
            last, changed_at = now, time.monotonic()
        with contextlib.suppress(subprocess.TimeoutExpired):
            group.process.wait(0.5)


def _progress(gateway: Gateway, office: OfficeSandbox) -> tuple[int, int, int]:
    """What is settled, what was tried, what was entered."""
    states, attempts = _deliveries(gateway)
    return states.get("delivered", 0), attempts, office.count()


def _started(gateway: Gateway) -> Group:
    """The last life; a machine that is full of other work gets more time."""
    group = Group([sys.executable, "-m", "gateway", "serve", "--config", gateway.config], log=gateway.log)
    wait_until_it_answers(gateway.port, of=group, timeout_s=180)
    return group


def _until_it_rests(gateway: Gateway, office: OfficeSandbox, count: int) -> None:
    """Until all deliveries are settled, or nothing changed for a while."""
    last, changed_at = (0, 0, 0), time.monotonic()
    while time.monotonic() < changed_at + _STALL_S:
        now = _progress(gateway, office)
        if now[0] >= count:
            return
        if now != last:
            last, changed_at = now, time.monotonic()
        time.sleep(0.5)


def _deliveries(gateway: Gateway) -> tuple[dict[str, int], int]:
    """How many deliveries to the office are in which state, and all their attempts."""
    with contextlib.closing(sqlite3.connect(f"file:{gateway.folder / 'data' / 'vanthu.sqlite3'}?mode=ro", uri=True)) as db:
        rows = db.execute(
            "SELECT state, count(*), sum(attempts) FROM deliveries WHERE courier = ? GROUP BY state", (OFFICE,)
        ).fetchall()
    return {state: n for state, n, _ in rows}, sum(int(attempts or 0) for _, _, attempts in rows)
