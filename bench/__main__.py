"""``make bench``: all parts, or ``make bench ONLY=load,crash``; further settings ROUNDS=3, KILLS=50, SECONDS=3600
(of CPU; protocol), MAILS=1000 (latency), CORPUS=folder (doors), LOADS=10x2,50x2 for some loads only (sessions, KB; "10x2c" is
a connection per mail), and STORE=postgresql (load).

Prints Markdown tables and writes the record to bench/results/.  Exit 1 when a mail was lost or altered; a speed that missed its
target is marked, but depends on what else the machine does, so it does not fail the run.  Only loopback addresses are used.
"""

from __future__ import annotations

import compileall
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.report import Part, cores, is_safe, markdown, python, save

# Each part is imported when it is asked for: the inspection part needs what only developers have.


def _load(folder: Path) -> Part:
    from bench import load

    cases = load.chosen(os.environ.get("LOADS", ""))
    return load.run(folder, rounds=_number("ROUNDS", 3), cases=cases, store=os.environ.get("STORE") or "sqlite")


def _crash(folder: Path) -> Part:
    from bench import crash

    return crash.run(folder, kills=_number("KILLS", 50))


def _failures(folder: Path) -> Part:
    from bench import failures

    return failures.run(folder)


def _fidelity(folder: Path) -> Part:
    from bench import fidelity

    return fidelity.run(folder)


def _doors(folder: Path) -> Part:
    from bench import doors

    return doors.run(folder)


def _latency(folder: Path) -> Part:
    from bench import latency

    return latency.run(folder, mails=_number("MAILS", 1000))


def _inspection(folder: Path) -> Part:
    from bench import inspection

    return inspection.run(folder)


def _replay(folder: Path) -> Part:
    from bench import replay

    return replay.run(folder)


def _directory(folder: Path) -> Part:
    from bench import directory

    return directory.run(folder)


def _handover(folder: Path) -> Part:
    from bench import handover

    return handover.run(folder)


def _chaos(folder: Path) -> Part:
    from bench import chaos

    return chaos.run(folder, count=_number("CASES", 10_000))


def _connections(folder: Path) -> Part:
    from bench import connections

    return connections.run(folder)


def _backlog(folder: Path) -> Part:
    from bench import backlog

    return backlog.run(folder)


def _imap(folder: Path) -> Part:
    from bench import imap

    numbers = {
        name: _number(name.upper(), most) for name, most in (("mails", 20_000), ("boxes", 40), ("kills", 50), ("idle", 200))
    }
    return imap.run(folder, **numbers)


def _peers(folder: Path) -> Part:
    from bench import peers

    return peers.run(folder, rounds=_number("ROUNDS", 3))


def _power(folder: Path) -> Part:
    from bench import power

    return power.run(folder, cuts=_number("CUTS", 200))


def _protocol(folder: Path) -> Part:
    from bench import dialogues

    return dialogues.run(seconds=_number("SECONDS", 3600))


def _api(folder: Path) -> Part:
    from bench import api

    return api.run(folder, examples=_number("EXAMPLES", 200))


def _shift(folder: Path) -> Part:
    from bench import shift

    return shift.run(folder)


def _sealing(folder: Path) -> Part:
    from bench import sealing

    return sealing.run(folder)


PARTS: dict[str, Callable[[Path], Part]] = {
    "api": _api,
    "sealing": _sealing,
    "fidelity": _fidelity,
    "doors": _doors,
    "protocol": _protocol,
    "inspection": _inspection,
    "directory": _directory,
    "replay": _replay,
    "handover": _handover,
    "chaos": _chaos,
    "backlog": _backlog,
    "shift": _shift,
    "connections": _connections,
    "imap": _imap,
    "crash": _crash,
    "failures": _failures,
    "power": _power,
    "latency": _latency,
    "load": _load,
    "peers": _peers,
}


def main() -> int:
    """Run the parts that were asked for."""
    wanted = [name for name in os.environ.get("ONLY", "").replace(",", " ").split() if name] or list(PARTS)
    if unknown := [name for name in wanted if name not in PARTS]:
        raise SystemExit(f"bench: no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    for package in ("gateway", "web"):  # as it is installed: a start that compiles 300 modules measures the compiler
        compileall.compile_dir(package, quiet=1)
    print(f"# Bench on {cores()} cores, {python()}", flush=True)
    done = []
    for name in wanted:
        begin = time.monotonic()
        # Not below a folder that is closed to others: Postfix and smtp-sink run as users of their own.
        with tempfile.TemporaryDirectory(prefix=f"vanthu-bench-{name}-", ignore_cleanup_errors=True) as temporary:
            folder = Path(temporary)
            folder.chmod(0o755)
            part = PARTS[name](folder)
        done.append(part)
        print(markdown(part) + f"\n{name}: {time.monotonic() - begin:.0f} s", flush=True)
    print(f"\nrecord: {save(done)}")
    return 0 if is_safe(done) else 1


def _number(name: str, default: int) -> int:
    text = os.environ.get(name, "")
    if text and not text.isdecimal():
        raise SystemExit(f"bench: {name}: expected a number, got {text!r}")
    return int(text) if text else default


if __name__ == "__main__":
    sys.exit(main())
