"""Power cuts: the disk keeps only what was synced, and by chance some of the rest; every mail that got a 250 is there, whole.

The gateway runs once under strace.  Its writes, syncs and 250s are replayed on a model of the disk (bench/trace.py) up to
random moments, and the store is opened on what is left, as a gateway does that starts after the cut.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import shutil
import sqlite3
import sys
import time
from pathlib import Path

from bench import mix
from bench.client import Conversation, Load, Mails, dot_stuffed
from bench.processes import Group, free_port, wait_until_it_answers
from bench.report import Line, Part
from bench.servers import Gateway
from bench.trace import STRACE, Disk, Step, steps
from gateway.errors import VanthuError
from gateway.store import Store

_SMALL, _LARGE = 300, 60  # mails of 4 KB, and of 60 KB, whose bytes go to a file of their own
_SOME = (0.0, 0.5, 0.9)  # how much of what was not synced is there all the same


def run(folder: Path, cuts: int, *, seed: int = 0) -> Part:
    """Cut the power so many times, at moments spread over all of the run."""
    if not shutil.which("strace"):
        raise SystemExit("bench: strace is missing: apt-get install strace")
    seed = seed or int(time.time())
    house, trace = folder / "power", folder / "trace"
    before = _recorded(house, trace, seed)
    done = list(steps(trace, below=house / "data"))
    trace.unlink()
    promises = sum(step.what == "promise" for step in done)
    first = next((n for n, step in enumerate(done) if step.what == "promise"), len(done))
    moments = sorted(random.Random(seed).sample(range(first, len(done) + 1), min(cuts, len(done) + 1 - first)))
    lost, damaged, checked = _cut_at(moments, done, Disk(before), house, random.Random(seed))
    control = [step for step in done if not step.what.startswith("sync")]
    would_be_lost, _, _ = _cut_at([len(control)], control, Disk(before), house, random.Random(seed))
    facts: dict[str, object] = {"seed": seed, "steps": len(done), "promises": promises, "lost": lost, "damaged": damaged}
    lines = (
        Line("mails that got a 250", str(promises), f"≥ {_SMALL + _LARGE}", promises >= _SMALL + _LARGE, True, facts),
        Line("power cuts", str(len(moments)), str(cuts), len(moments) == cuts, True),
        Line("promised mails looked for after the cuts", str(checked), "> 0", checked > 0, True),
        Line("of these lost or not whole", str(len(lost)), "0", not lost, True),
        Line("databases that are damaged", str(len(damaged)), "0", not damaged, True),
        Line("lost by one cut, had nothing been synced (a control)", str(len(would_be_lost)), "> 0", bool(would_be_lost), True),
    )
    notes = (
        f"{len(done)} steps on the disk were recorded; of what was not synced 0, 50 or 90 % is there after a cut; seed {seed}.",
    )
    return Part("Power cuts", notes, lines)


def _recorded(house: Path, trace: Path, seed: int) -> dict[str, bytes]:
    """Run the gateway under strace with some mail and nobody behind it; gives the files that were there before."""
    gateway = Gateway(house, hop=free_port())
    before = {str(path): path.read_bytes() for path in (house / "data").rglob("*") if path.is_file()}
    group = Group([*STRACE, trace, sys.executable, "-m", "gateway", "serve", "--config", gateway.config], log=gateway.log)
    try:
        wait_until_it_answers(gateway.port, of=group, timeout_s=120.0)
        asyncio.run(Load(gateway.port, Mails(4096, seed=seed), sessions=8, count=_SMALL).run())
        asyncio.run(Load(gateway.port, Mails(60_000, seed=seed + 1), sessions=4, count=_LARGE).run())
        conversation = Conversation(gateway.port)
        for raw in next(kind.mails for kind in mix.kinds() if kind.name == "pdf"):  # these open cases
            conversation.send(dot_stuffed(raw), sender=mix.SENDER)
        conversation.close()
    finally:
        group.stop()
    return before


def _cut_at(
    moments: list[int], done: list[Step], disk: Disk, house: Path, chance: random.Random
) -> tuple[list[str], list[int], int]:
    """Mails that were promised and are not there, the moments at which the database was damaged, how many were looked for."""
    promised: list[str] = []
    lost: list[str] = []
    damaged: list[int] = []
    checked = at = 0
    for n, moment in enumerate(moments):
        for step in done[at:moment]:
            if step.what == "promise":
                promised.append(step.data.decode())
            else:
                disk.take(step)
        at = moment
        left = disk.after_power_cut(chance, some=_SOME[n % len(_SOME)])
        missing, is_sound = _looked_at(left, house, promised)
        lost += [f"{mail_id} at {moment}" for mail_id in missing]
        checked += len(promised)
        if not is_sound:
            damaged.append(moment)
    return lost, damaged, checked


def _looked_at(left: dict[str, bytes], house: Path, promised: list[str]) -> tuple[list[str], bool]:
    """Open the store on what is left; the promised mails that are not there whole, and whether the database is sound."""
    data = house.parent / "after"
    shutil.rmtree(data, ignore_errors=True)
    for path, content in left.items():
        if not path.endswith(("-shm", ".lock")):  # of no use after a cut: SQLite makes it anew
            there = data / Path(path).relative_to(house / "data")
            there.parent.mkdir(parents=True, exist_ok=True)
            there.write_bytes(content)
    (data / "blobs").mkdir(parents=True, exist_ok=True)
    store = Store(url=f"sqlite:///{data}/vanthu.sqlite3", blobs=data / "blobs", inline_bytes=16384, node="vanthu")
    try:
        store.open()
    except VanthuError:
        return promised, False
    try:
        missing = [mail_id for mail_id in promised if not _is_whole(store, mail_id)]
    finally:
        store.close()
    with contextlib.closing(sqlite3.connect(data / "vanthu.sqlite3")) as connection:
        return missing, connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def _is_whole(store: Store, mail_id: str) -> bool:
    """Its bytes are those that were promised (their hash is checked), and somebody is to get them or holds them."""
    try:
        store.views.raw(mail_id)
    except VanthuError:
        return False
    return bool(store.views.deliveries_of(mail_id=mail_id))
