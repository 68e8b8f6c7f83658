"""How fast years of old mail are worked through: a mailbox like that of an office, through the whole command.

Two backlogs.  One as it is: mails of the demo (PDF, Word, scans, archives, plain letters) again and again with other words,
read in guarded children.  One of plain letters only, so that what is measured is everything but the reading of documents:
listing, hashing, heads, the database.  The memory is that of the command's own process at its largest.
"""

from __future__ import annotations

import os
import resource
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from bench.report import Line, Part
from gateway import sample

PLAIN = 6_000
MIXED = 68
_START = datetime(2015, 1, 1, tzinfo=UTC)
_LETTERS = Path(sample.__file__).parent / "letters"


def run(folder: Path, *, plain: int = PLAIN, mixed: int = MIXED) -> Part:
    """Import both, resume one, and kill one on its way."""
    sample.write(folder / "house")
    config = folder / "house" / "vanthu.toml"
    _write(folder / "plain.mbox", [_plain(n) for n in range(plain)])
    _write(folder / "mixed.mbox", _mixed(mixed))
    first = _import(config, folder / "mixed.mbox")
    letters = _import(config, folder / "plain.mbox")
    again = _import(config, folder / "plain.mbox")
    kills, killed_well = _killed(folder, plain)
    rate, plain_rate = mixed / first.seconds, plain / letters.seconds
    net_rate = plain / max(letters.seconds - again.seconds, 0.001)
    return Part(
        title="Backlog",
        notes=(
            f"{os.cpu_count()} jobs; SQLite with synchronous=FULL; the start of the command is part of all but one line. "
            f"The mixed backlog is the {len(list(_LETTERS.glob('*.eml')))} letters of the demo with other dates.",
        ),
        lines=(
            Line(
                f"{mixed} mails as an office gets them",
                f"{first.seconds:.1f} s, {rate:.1f} mails/s, {first.megabytes:.0f} MB",
                "<= 500 MB",
                first.megabytes <= 500,
                facts={"seconds": first.seconds, "rate": rate, "megabytes": first.megabytes},
            ),
            Line(
                f"{plain} plain letters",
                f"{letters.seconds:.1f} s, {plain_rate:.0f} mails/s, {letters.megabytes:.0f} MB",
                "<= 500 MB",
                letters.megabytes <= 500,
                facts={"seconds": letters.seconds, "rate": plain_rate, "megabytes": letters.megabytes},
            ),
            Line(
                "the same without the start of the command and the listing",
                f"{net_rate:.0f} mails/s",
                ">= 300/s",
                net_rate >= 300,
                facts={"rate": net_rate},
            ),
            Line(
                "the same again: nothing is new",
                f"{again.seconds:.1f} s, {plain / again.seconds:.0f} mails/s",
                "faster than the first time",
                again.seconds < letters.seconds,
                facts={"seconds": again.seconds},
            ),
            Line(
                f"killed {kills} times on the way",
                "every mail once" if killed_well else "MAILS ARE MISSING OR DOUBLE",
                "every mail once",
                killed_well,
                facts={"kills": kills},
            ),
        ),
    )


class _Run:
    """One run of the command."""

    def __init__(self, seconds: float, megabytes: float) -> None:
        self.seconds = seconds
        self.megabytes = megabytes


def _command(config: Path, file: Path) -> list[str]:
    return [sys.executable, "-m", "gateway", "import", "mbox", str(file), "--config", str(config)]


def _import(config: Path, file: Path) -> _Run:
    begun = time.perf_counter()
    process = subprocess.Popen(_command(config, file), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"vanthu import mbox {file} ended with {process.returncode}"
    return _Run(time.perf_counter() - begun, _rss(usage))


def _rss(usage: resource.struct_rusage) -> float:
    return usage.ru_maxrss / 1024


def _killed(folder: Path, plain: int) -> tuple[int, bool]:
    """Kill an import again and again, at points spread over the whole of it; then let it end, and count."""
    sample.write(folder / "killed")
    config = folder / "killed" / "vanthu.toml"
    database = folder / "killed" / "data" / "vanthu.sqlite3"
    few = folder / "few.mbox"
    total = plain // 4
    _write(few, [_plain(n) for n in range(total)])
    kills = 0
    for share in range(1, 6):
        process = subprocess.Popen(_command(config, few), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None and _taken(database) < total * share // 7:
            time.sleep(0.02)
        if process.poll() is None:
            process.kill()
            kills += 1
        process.wait()
    _import(config, few)
    return kills, (_taken(database), _taken(database, distinct=True)) == (total, total)


def _taken(database: Path, *, distinct: bool = False) -> int:
    if not database.exists():
        return 0
    what = "count(DISTINCT digest)" if distinct else "count(*)"
    try:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
            return int(connection.execute(f"SELECT {what} FROM past_mails").fetchone()[0])  # noqa: S608 - our own words
    except sqlite3.OperationalError:  # not made yet
        return 0


def _plain(n: int) -> bytes:
    at = format_datetime(_START + timedelta(hours=3 * n))
    return (
        f"From: gv{n % 400}@thcsleloi.example\nTo: vanthu@thcsleloi.example\nSubject: Trao đổi {n}\nDate: {at}\n"
        f"Message-ID: <{n}@thcsleloi.example>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n"
        f"Kính gửi thầy cô,\n\nTôi xin trao đổi việc số {n}.\n" + "Nội dung trao đổi của chúng ta.\n" * 40
    ).encode()


def _mixed(count: int) -> list[bytes]:
    letters = [path.read_bytes() for path in sorted(_LETTERS.glob("*.eml"))]
    return [b"X-Number: %d\n" % n + letters[n % len(letters)].replace(b"\r\n", b"\n") for n in range(count)]


def _write(file: Path, mails: list[bytes]) -> None:
    with file.open("wb") as opened:
        for each in mails:
            opened.write(b"From vanthu@sgd.example Thu Jan  1 00:00:00 2015\n" + each.replace(b"\nFrom ", b"\n>From ") + b"\n")
