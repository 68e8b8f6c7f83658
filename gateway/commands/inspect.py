"""``vanthu inspect``: what files are, and which official documents they carry."""

from __future__ import annotations

import errno
import os
import stat
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec
from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text

from gateway.commands.say import say, shown
from gateway.model import Document, FileReading, Nature

if TYPE_CHECKING:
    from gateway.inspection import Inspector


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, for other programs.")
@click.option("--jobs", type=click.IntRange(1, 64), default=os.cpu_count() or 1, show_default=True, help="Files at a time.")
def inspect(paths: tuple[Path, ...], as_json: bool, jobs: int) -> None:
    """Say what each file is and which official documents it carries.  Folders are read to the bottom."""
    files = list(_files(paths))
    readings = _readings(files, min(jobs, max(len(files), 1)))
    if as_json:
        for path, reading in readings:
            say(msgspec.json.encode(_inspected(path, reading)).decode())
    else:
        _print_readings(readings, len(files))


def _files(paths: tuple[Path, ...]) -> Iterator[Path]:
    for path in paths:
        if os.path.isdir(path):  # Path.is_dir raises where nobody may look
            yield from sorted(found for found in path.rglob("*") if found.is_file())
        else:
            yield path


def _readings(files: Sequence[Path], jobs: int) -> Iterator[tuple[Path, FileReading]]:
    """The files read, in their order, some of them at a time: only so many are in memory."""
    from gateway.config import Inspection
    from gateway.inspection import Inspector

    inspector = Inspector(Inspection(processes=jobs))
    inspector.start()
    try:
        with ThreadPoolExecutor(jobs) as threads:
            waiting: deque[tuple[Path, Future[FileReading]]] = deque()
            for path in files:
                waiting.append((path, threads.submit(_inspect, inspector, path)))
                if len(waiting) > 2 * jobs:
                    yield _first(waiting)
            while waiting:
                yield _first(waiting)
    finally:
        inspector.close()


def _first(waiting: deque[tuple[Path, Future[FileReading]]]) -> tuple[Path, FileReading]:
    path, reading = waiting.popleft()
    return path, reading.result()


def _inspect(inspector: Inspector, path: Path) -> FileReading:
    """One file, read in a guarded child; what cannot even be opened is UNREADABLE, too: one line for every path."""
    name = shown(path.name)
    try:
        data = _contents(path)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        return FileReading(name=name, digest="", size=0, nature=Nature.UNREADABLE, reason=reason)
    return inspector.inspect_file(name, data)


def _contents(path: Path) -> bytes:
    """The bytes of a regular file, and only of one: a pipe might wait for its writer for ever."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "not a regular file")
    return path.read_bytes()


def _inspected(path: Path, reading: FileReading) -> dict[str, object]:
    """The contract of ``inspect --json``: other programs rely on these keys."""
    return {
        "path": shown(path),
        "nature": reading.nature,
        "confidence": round(reading.confidence, 3),
        "documents": [_document(document) for document in reading.documents],
        "text_source": reading.text_source,
        "elapsed_ms": round(reading.elapsed_ms, 1),
        "media": reading.media,
        "reason": reading.reason,
        "signatures": reading.signatures,
        "inner": [_inner(inner) for inner in reading.inner],
    }


def _document(document: Document) -> dict[str, object]:
    """All fields as they are called in gateway.model."""
    facts: dict[str, object] = msgspec.to_builtins(document)
    return facts | {"issued_on": document.issued_on.isoformat() if document.issued_on else ""}


def _inner(reading: FileReading) -> dict[str, object]:
    """A file in an archive or mail: its documents are among those of the whole."""
    return {
        "name": reading.name,
        "media": reading.media,
        "nature": reading.nature,
        "confidence": round(reading.confidence, 3),
        "reason": reading.reason,
        "inner": [_inner(inner) for inner in reading.inner],
    }


def _print_readings(readings: Iterator[tuple[Path, FileReading]], total: int) -> None:
    table = Table("File", "Nature", "Number/symbol", "Kind", "Date", "Issuer", "Subject", "ms")
    for path, reading in track(readings, total=total, description="inspecting", console=Console(stderr=True), transient=True):
        document = reading.documents[0] if reading.documents else None
        nature = f"{reading.nature} ({reading.reason})" if reading.reason else reading.nature.value
        facts = (
            (document.number_symbol, document.kind, str(document.issued_on or ""), document.issuer, document.subject)
            if document
            else ("", "", "", "", "")
        )
        # As Text: brackets in a stranger's file or subject are no markup.
        table.add_row(*(Text(cell) for cell in (shown(path), nature, *facts, f"{reading.elapsed_ms:.0f}")))
    Console().print(table)
