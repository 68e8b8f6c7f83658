"""The IMAP door: each mail once though the gateway is killed at random, the rate beside mbsync, and idle mailboxes.

``python -m bench.imap [crash] [rate] [idle] [--mails N] [--boxes N] [--kills N] [--idle N]``: see docs/measuring.md.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from gateway.config import Security
from gateway.imap.credentials import Password
from gateway.imap.session import Session
from gateway.imap.values import Server
from tests.world.dovecot import PASSWORD, Dovecot
from tests.world.gateway import Gateway

_SECRET = "BENCH_IMAP_SECRET"  # noqa: S105 - the name of a variable
_TICKS = os.sysconf("SC_CLK_TCK")


def _user(n: int) -> str:
    return f"c3truong{n:04}@moet.example"


def _signed_in(dovecot: Dovecot, user: str) -> Session:
    server = Server(host="127.0.0.1", port=dovecot.port, security=Security.NONE, read_timeout_s=120)
    return Session.open(server, Password(user, f"env:{_SECRET}"))


def _letter(n: int, size: int) -> bytes:
    head = (
        f"From: gv{n % 97}@truong.example\r\nTo: c3@moet.example\r\nSubject: Thu so {n}\r\nMessage-ID: <{n}@truong.example>\r\n"
    )
    head += "Date: Mon, 4 Nov 2019 08:00:00 +0700\r\n\r\n"
    line = f"dong {n} cua thu nay\r\n"
    return (head + line * max((size - len(head)) // len(line), 1)).encode()


def fill(dovecot: Dovecot, boxes: int, mails: int, size: int) -> set[str]:
    """Put so many mails into so many mailboxes, evenly; gives their digests."""
    digests: set[str] = set()
    for box in range(boxes):
        with closing(_signed_in(dovecot, _user(box))) as session:
            for n in range(box, mails, boxes):
                raw = _letter(n, size)
                digests.add(hashlib.sha256(raw).hexdigest())
                session.append("INBOX", raw)
    return digests


def house(folder: Path, dovecot: Dovecot, boxes: int, *, start: str = "all", inspect: bool = False) -> Gateway:
    """A gateway over these mailboxes; what it takes stays in them."""
    gateway = Gateway(folder, next_hop="127.0.0.1:1")
    text = gateway.config.read_text(encoding="utf-8")
    for box in range(boxes):
        text += (
            f'\n[[mailbox]]\nname = "box{box}"\nhost = "127.0.0.1"\nport = {dovecot.port}\nsecurity = "none"\n'
            f'user = "{_user(box)}"\nsecret = "env:{_SECRET}"\nstart = "{start}"\n'
        )
    gateway.config.write_text(text, encoding="utf-8")
    return gateway


def _swept(folder: Path) -> Counter[str]:
    """Messages by what became of them; as another process sees it."""
    with closing(sqlite3.connect(f"file:{folder}/data/vanthu.sqlite3?mode=ro", uri=True, timeout=30)) as database:
        return Counter(dict(database.execute("SELECT what, count(*) FROM swept GROUP BY what").fetchall()))


def _flows(folder: Path, count: int) -> None:
    """Wait until so many mails are accepted: mail is under way."""
    end = time.monotonic() + 60
    while _swept(folder)["accepted"] < count and time.monotonic() < end:
        time.sleep(0.005)


def _wait_for(folder: Path, count: int, seconds: float) -> float:
    """Seconds until so many mails are accepted."""
    began = time.monotonic()
    while (found := _swept(folder))["accepted"] < count:
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"{dict(found)} after {seconds} s")
        time.sleep(0.05)
    return time.monotonic() - began


def crash(mails: int, boxes: int, kills: int) -> None:
    """Kill the gateway at random while it reads; renumber one mailbox in the middle; then count and compare bytes."""
    folder = Path(tempfile.mkdtemp(prefix="vanthu-bench-imap-"))
    dovecot = Dovecot()
    try:
        digests = fill(dovecot, boxes, mails, 2000)
        gateway = house(folder / "house", dovecot, boxes)
        draw = random.Random(7)
        began, killed = time.monotonic(), 0
        for n in range(kills):
            gateway.start(seconds=60)
            _flows(folder / "house", draw.randint(n * mails // (kills + 1), (n + 1) * mails // (kills + 1)))
            time.sleep(draw.uniform(0.0, 0.05))
            gateway.kill()
            killed += 1
            if n == kills // 2:
                dovecot.renumber(_user(0))
            print(f"  kill {killed}: {_swept(folder / 'house')['accepted']} of {mails}", flush=True)
        gateway.start(seconds=60)
        _wait_for(folder / "house", mails, 600)
        time.sleep(2)
        gateway.stop()
        _compare(folder / "house", digests, mails)
        print(
            f"crash: {mails} mails in {boxes} mailboxes, {killed} kills, {time.monotonic() - began:.0f} s: "
            "each once, bytes identical"
        )
    finally:
        dovecot.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _compare(folder: Path, digests: set[str], mails: int) -> None:
    with closing(sqlite3.connect(folder / "data" / "vanthu.sqlite3")) as database:
        rows = database.execute("SELECT id, digest, raw FROM mails WHERE door = 'imap'").fetchall()
    assert len(rows) == mails, f"{len(rows)} mails in the ledger, {mails} in the mailboxes"
    assert {digest for _, digest, _ in rows} == digests, "some are others"
    assert all(hashlib.sha256(raw).hexdigest() == digest for _, digest, raw in rows if raw is not None), "bytes differ"


def rate(mails: int, rounds: int = 3) -> None:
    """One mailbox: mails a second by us (durable, decided), and by mbsync (a copy into a Maildir, with its fsync)."""
    dovecot = Dovecot()
    try:
        fill(dovecot, 1, mails, 4000)
        for n in range(rounds):
            ours, theirs = _ours(dovecot, mails), _mbsync(dovecot, mails)
            print(f"rate, round {n + 1}: ours {ours:,.0f}/s, mbsync {theirs:,.0f}/s: {ours / theirs:.1f}x", flush=True)
    finally:
        dovecot.stop()


def _ours(dovecot: Dovecot, mails: int) -> float:
    folder = Path(tempfile.mkdtemp(prefix="vanthu-bench-imap-"))
    try:
        gateway = house(folder / "house", dovecot, 1)
        gateway.start(seconds=60)
        seconds = _wait_for(folder / "house", mails, 300)
        gateway.kill()
        with closing(sqlite3.connect(folder / "house" / "data" / "vanthu.sqlite3")) as database:
            first, last = database.execute("SELECT min(at), max(decided_at) FROM mails WHERE door = 'imap'").fetchone()
        return float(mails / max((last - first) / 1e6, seconds * 0.5, 0.001))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _mbsync(dovecot: Dovecot, mails: int) -> float:
    folder = Path(tempfile.mkdtemp(prefix="vanthu-bench-mbsync-"))
    try:
        (folder / "mail").mkdir()
        (folder / "rc").write_text(
            f"IMAPAccount a\nHost 127.0.0.1\nPort {dovecot.port}\nUser {_user(0)}\nPass {PASSWORD}\n"
            "SSLType None\nAuthMechs LOGIN\n\n"
            f"IMAPStore far\nAccount a\n\nMaildirStore near\nPath {folder}/mail/\nInbox {folder}/mail/inbox\n\n"
            "Channel c\nFar :far:\nNear :near:\nPatterns INBOX\nCreate Near\nSync Pull\nSyncState *\n",
            encoding="utf-8",
        )
        began = time.monotonic()
        subprocess.run(["mbsync", "-q", "-c", folder / "rc", "c"], check=True, stdin=subprocess.DEVNULL)
        seconds = time.monotonic() - began
        got = sum(1 for path in (folder / "mail" / "inbox").rglob("*") if path.is_file() and path.parent.name in ("new", "cur"))
        assert got == mails, f"mbsync copied {got} of {mails}"
        return mails / seconds
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def idle(boxes: int, seconds: float = 30.0) -> None:
    """So many mailboxes that wait for mail, in one process: CPU, memory, threads, connections."""
    folder = Path(tempfile.mkdtemp(prefix="vanthu-bench-imap-"))
    dovecot = Dovecot()
    try:
        gateway = house(folder / "house", dovecot, boxes, start="now")
        before = house(folder / "without", dovecot, 0)
        before.start(seconds=60)
        time.sleep(3)
        _, empty_kb, _, _ = _usage(before.pid)
        before.stop()
        gateway.start(seconds=60)
        end = time.monotonic() + 120
        while gateway.log().count("ready imap ") < boxes:
            assert time.monotonic() < end, f"{gateway.log().count('ready imap ')} of {boxes} are ready"
            time.sleep(0.2)
        time.sleep(3)
        cpu, _, _, _ = _usage(gateway.pid)
        time.sleep(seconds)
        cpu_then, kb, threads, sockets = _usage(gateway.pid)
        share = (cpu_then - cpu) / seconds
        print(
            f"idle: {boxes} mailboxes: {share:.2%} of one core, {kb / 1024:.0f} MB ({(kb - empty_kb) / boxes:.0f} KB for each),"
            f" {threads} threads, {sockets} sockets"
        )
        gateway.kill()
    finally:
        dovecot.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _usage(pid: int) -> tuple[float, int, int, int]:
    """CPU seconds, resident KB, threads and sockets of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    sockets = sum(os.readlink(link).startswith("socket:") for link in Path(f"/proc/{pid}/fd").iterdir())
    return (int(fields[11]) + int(fields[12])) / _TICKS, int(status["VmRSS"].split()[0]), int(status["Threads"]), sockets


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what is named; all of it without a name."""
    parser = argparse.ArgumentParser(prog="bench.imap", description=__doc__)
    parser.add_argument("what", nargs="*", choices=["crash", "rate", "idle", []], default=[])
    parser.add_argument("--mails", type=int, default=20_000)
    parser.add_argument("--boxes", type=int, default=40)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--idle", type=int, default=200)
    wanted = parser.parse_args(arguments)
    os.environ[_SECRET] = PASSWORD
    what = wanted.what or ["crash", "rate", "idle"]
    if "crash" in what:
        crash(wanted.mails, wanted.boxes, wanted.kills)
    if "rate" in what:
        rate(min(wanted.mails, 3000))
    if "idle" in what:
        idle(wanted.idle)


if __name__ == "__main__":
    main()
