"""What a bench found, as a Markdown table for people and JSON for the record."""

from __future__ import annotations

import json
import platform
import sys
import sysconfig
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

RESULTS = Path(__file__).parent / "results"


class Line(NamedTuple):
    """One measure.  ``met`` is None where there is no target."""

    what: str
    found: str
    target: str = ""
    met: bool | None = None
    is_safety: bool = False  # missing it loses or alters mail: the bench fails
    facts: dict[str, object] | None = None  # for the record


class Part(NamedTuple):
    """One bench: its title, what must be known to read it, and its lines."""

    title: str
    notes: tuple[str, ...]
    lines: tuple[Line, ...]


def markdown(part: Part) -> str:
    """The part as Markdown."""
    rows = [("", "found", "target", ""), ("---",) * 4]
    rows += [
        (line.what, line.found, line.target, {True: "met", False: "**missed**", None: ""}[line.met]) for line in part.lines
    ]
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    notes = "".join(f"\n{note}" for note in part.notes)
    return f"\n## {part.title}\n\n{table}\n{notes}\n"


def save(parts: Sequence[Part]) -> Path:
    """Write the record of this run; gives its file."""
    RESULTS.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    record = {
        "at": now.isoformat(timespec="seconds"),
        "machine": {"system": platform.platform(), "python": python(), "cores": cores()},
        "parts": [{**part._asdict(), "lines": [line._asdict() for line in part.lines]} for part in parts],
    }
    path = RESULTS / f"{now:%Y%m%dT%H%M%SZ}.json"
    path.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def python() -> str:
    """Version and build of the Python that runs it: one without a profile (PGO) is slower than Debian's own."""
    profiled = "--enable-optimizations" in str(sysconfig.get_config_var("CONFIG_ARGS"))
    built = "of Debian" if sys.base_prefix == "/usr" else "built with a profile" if profiled else "built without a profile"
    return f"Python {platform.python_version()} {built}"


def cores() -> int:
    """Cores of this machine."""
    return Path("/proc/cpuinfo").read_text().count("\nprocessor") + 1


def is_safe(parts: Sequence[Part]) -> bool:
    """Whether no mail was lost or altered."""
    return all(line.met is not False for part in parts for line in part.lines if line.is_safety)
