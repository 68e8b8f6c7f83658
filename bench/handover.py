"""How many approved cases a second reach an office system: through the real gateway into a folder, and into the sandbox by VXP.

The cases wait in the store before the gateway starts; measured is from the first that arrived to the last.  A last part hands
over files of 50 MB and looks at the memory that the gateway took for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from bench.approved import OFFICE, fill
from bench.processes import Group, free_port
from bench.report import Line, Part
from bench.servers import Gateway, OfficeSandbox
from gateway.config import load

COUNT = 1000
FILE_BYTES = 40 * 1024
LARGE, LARGE_BYTES = 4, 34 * 1024 * 1024  # in a mail that is 47 MB, in a package that is 112 MB
FOLDER_AIM, SANDBOX_AIM = 200, 50
MEMORY_AIM_MB = 1200
_LIMIT_S = 120.0


def run(folder: Path) -> Part:
    """All of it."""
    lines = [
        _line("to a folder", _to_folder(folder / "to-folder", COUNT, FILE_BYTES), FOLDER_AIM),
        _line("to the sandbox by VXP", _to_sandbox(folder / "to-sandbox", COUNT, FILE_BYTES), SANDBOX_AIM),
    ]
    resting, peak = _large(folder / "large")
    lines.append(
        Line(
            what=f"memory of the gateway, {LARGE} files of {LARGE_BYTES >> 20} MB",
            found=f"peak {peak} MB, at rest {resting} MB",
            target=f"{MEMORY_AIM_MB} MB",
            met=peak <= MEMORY_AIM_MB,
            facts={"peak_mb": peak, "resting_mb": resting},
        )
    )
    notes = (
        f"{COUNT} approved cases with a file of {FILE_BYTES >> 10} KB each; the gateway, its SQLite file and the sandbox share "
        "the machine.",
    )
    return Part("Handing over to office systems", notes, tuple(lines))


def _line(what: str, rate: float, aim: int) -> Line:
    return Line(what, f"{rate:.0f}/s", f"{aim}/s", rate >= aim, facts={"rate": rate})


def _to_folder(house: Path, count: int, file_bytes: int) -> float:
    gateway = Gateway(house, hop=free_port())
    fill(load(gateway.config), count, file_bytes=file_bytes)
    place = house / "office" / OFFICE / "in"

    def arrived() -> int:
        return sum(1 for _ in place.iterdir()) if place.is_dir() else 0

    group = gateway.start()
    try:
        return _rate(arrived, count, group)
    finally:
        group.stop()


def _to_sandbox(house: Path, count: int, file_bytes: int) -> float:
    with OfficeSandbox(house.parent / "sandbox") as office:
        gateway = Gateway(house, hop=free_port())
        gateway.hand_over_by_vxp(OFFICE, office)
        fill(load(gateway.config), count, file_bytes=file_bytes)
        group = gateway.start()
        try:
            return _rate(office.count, count, group)
        finally:
            group.stop()


def _large(house: Path) -> tuple[int, int]:
    """Resident memory in MB before, and the most while large files were handed over."""
    with OfficeSandbox(house.parent / "sandbox-large") as office:
        gateway = Gateway(house, hop=free_port())
        gateway.hand_over_by_vxp(OFFICE, office, max_bytes=0)
        group = gateway.start()
        resting = _resident_mb(group, "VmRSS")
        group.stop()
        fill(load(gateway.config), LARGE, file_bytes=LARGE_BYTES)
        group = gateway.start()
        try:
            _rate(office.count, LARGE, group)
            return resting, _resident_mb(group, "VmHWM")
        finally:
            group.stop()


def _resident_mb(group: Group, name: str) -> int:
    """Of the gateway's own process: its children read attachments and are limited by themselves."""
    status = Path(f"/proc/{group.process.pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(f"{name}:")) >> 10


def _rate(arrived: Callable[[], int], count: int, group: Group) -> float:
    """Handovers a second from the first look that found some to the one that found all."""
    end = time.monotonic() + _LIMIT_S
    first, at = 0, 0.0
    while (found := arrived()) < count:
        if group.process.poll() is not None or time.monotonic() > end:
            raise SystemExit(f"bench: {found} of {count} were handed over in {_LIMIT_S:.0f} s")
        if found and not first:
            first, at = found, time.monotonic()
        time.sleep(0.05)
    return (count - first) / (time.monotonic() - at) if first else float(count)
