"""The IMAP door: each mail once though the gateway is killed at random, the rate beside mbsync, and idle mailboxes.

``ONLY=imap make bench``; MAILS, BOXES, KILLS and IDLE change the numbers.  (imapsync is neither in Debian nor in a registry;
mbsync, which copies as well, is measured instead, in the same run.)
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from bench.report import Line, Part
from gateway.config import Security
from gateway.imap.credentials import Password
from gateway.imap.session import Session
from gateway.imap.values import Server
from tests.world.dovecot import PASSWORD, Dovecot
from tests.world.gateway import Gateway

_SECRET = "BENCH_IMAP_SECRET"  # noqa: S105 - the name of a variable
_TICKS = os.sysconf("SC_CLK_TCK")
_TIMES = 2.0  # mails a second beside mbsync


class Crashed(NamedTuple):
    """What was there in the end."""

    mails: int
    boxes: int
    killed: int
    in_ledger: int
    strangers: int  # mails of the ledger that lay in no mailbox
    missing: int  # contents that are not in the ledger
    altered: int
    seconds: float


class Idle(NamedTuple):
    """What waiting mailboxes cost."""

    boxes: int
    cpu: float  # of one core
    megabytes: float
    kilobytes_each: float
    threads: int
    sockets: int


def run(folder: Path, *, mails: int, boxes: int, kills: int, idle: int) -> Part:
    """All of it."""
    os.environ[_SECRET] = PASSWORD
    crashed = crash(mails, boxes, kills)
    rounds = rate(min(mails, 3000))
    waiting = waits(idle)
    best = [ours / theirs for ours, theirs in rounds]
    pairs = ", ".join(f"{ours:,.0f} / {theirs:,.0f} = {ours / theirs:.1f}x" for ours, theirs in rounds)
    lines = (
        *_of_crash(crashed),
        Line("mails a second, ours (durable, decided) / mbsync", pairs, f"{_TIMES:.0f}x", min(best) >= _TIMES),
        Line(
            f"{waiting.boxes} mailboxes that wait",
            f"{waiting.cpu:.2%} of a core, {waiting.megabytes:.0f} MB ({waiting.kilobytes_each:.0f} KB each), "
            f"{waiting.threads} threads, {waiting.sockets} sockets",
            facts=waiting._asdict(),
        ),
    )
    notes = (f"{boxes} mailboxes in one Dovecot; UIDVALIDITY of one changed half-way; {crashed.killed} kill -9 on the way.",)
    return Part("The IMAP door", notes, lines)


def _of_crash(found: Crashed) -> tuple[Line, ...]:
    once = found.in_ledger == found.mails and not (found.missing or found.strangers)
    said = f"{found.in_ledger} in the ledger, {found.missing} missing, {found.strangers} of nobody"
    return (
        Line(f"{found.mails} mails through {found.killed} kills, each once", said, str(found.mails), once, is_safety=True),
        Line("bytes altered", str(found.altered), "0", not found.altered, is_safety=True),
        Line("time", f"{found.seconds:.0f} s", facts=found._asdict()),
    )


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


def crash(mails: int, boxes: int, kills: int) -> Crashed:
    """Kill the gateway at random while it reads; renumber one mailbox in the middle; then count and compare bytes."""
    folder = Path(tempfile.mkdtemp(prefix="vanthu-bench-imap-"))
    dovecot = Dovecot()
    try:
        digests = fill(dovecot, boxes, mails, 2000)
        gateway = house(folder / "house", dovecot, boxes)
        draw = random.Random(7)
        began, killed = time.monotonic(), 0
        for n in range(kills):
            gateway.start(seconds=180)
            _flows(folder / "house", draw.randint(n * mails // (kills + 1), (n + 1) * mails // (kills + 1)))
            time.sleep(draw.uniform(0.0, 0.05))
            gateway.kill()
            killed += 1
            if n == kills // 2:
                dovecot.renumber(_user(0))
        gateway.start(seconds=180)
        _wait_for(folder / "house", mails, 600)
        time.sleep(2)  # whoever would come twice comes now
        gateway.stop()
        seconds = time.monotonic() - began
        return Crashed(mails, boxes, killed, *_compared(folder / "house", digests), seconds)
    finally:
        dovecot.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _compared(folder: Path, digests: set[str]) -> tuple[int, int, int, int]:
    """Mails in the ledger; those that lay nowhere, those that are missing, those whose bytes are others."""
    with closing(sqlite3.connect(folder / "data" / "vanthu.sqlite3")) as database:
        rows = database.execute("SELECT digest, raw FROM mails WHERE door = 'imap'").fetchall()
    found = {digest for digest, _ in rows}
    altered = sum(1 for digest, raw in rows if raw is None or hashlib.sha256(raw).hexdigest() != digest)
    return len(rows), len(found - digests), len(digests - found), altered


def rate(mails: int, rounds: int = 3) -> list[tuple[float, float]]:
    """One mailbox: mails a second by us (durable, decided), and by mbsync (a copy into a Maildir, with its fsync)."""
    dovecot = Dovecot()
    try:
        fill(dovecot, 1, mails, 4000)
        return [(_ours(dovecot, mails), _mbsync(dovecot, mails)) for _ in range(rounds)]
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


def waits(boxes: int, seconds: float = 30.0) -> Idle:
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
        gateway.kill()
        each = (kb - empty_kb) / max(boxes, 1)
        return Idle(boxes, (cpu_then - cpu) / seconds, kb / 1024, each, threads, sockets)
    finally:
        dovecot.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _usage(pid: int) -> tuple[float, int, int, int]:
    """CPU seconds, resident KB, threads and sockets of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    sockets = sum(os.readlink(link).startswith("socket:") for link in Path(f"/proc/{pid}/fd").iterdir())
    return (int(fields[11]) + int(fields[12])) / _TICKS, int(status["VmRSS"].split()[0]), int(status["Threads"]), sockets
