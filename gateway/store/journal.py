"""The journal: what was accepted is on the disk here, at once, and in the database a moment later.

A commit of the database syncs a dozen pages in many places; an append to a file that has its blocks already syncs one or two.
So the 250 waits for the journal, and the rows go to the database in larger transactions behind it.  When one of these
is committed, its records are not needed any more.  What a crash leaves in the journal is written into the database by the next
life of the node, before anything else happens (replay.py).

Two files take turns: one is written, the other waits until all its records are in the database.  Both keep their blocks, so
that a sync has no block to find and no length to note.  A file begins with its era; a record of an earlier era, or one whose
checksum is wrong, is where it ends: torn tails are harmless.  Large bodies lie behind their record and are told by the
digest in their row.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import struct
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from gateway.scribe.messages import RECORD
from gateway.scribe.segments import sync_folder
from gateway.store import lock_file

logger = logging.getLogger(__name__)

# A file that has grown to this lets the other one take over.  A start reads what both have: 16 MB of small mails take 0.1 s.
TURN_BYTES = 4 * 1024 * 1024
MOST_BYTES = 256 * 1024 * 1024  # of one file, while the database does not take what is in the other
_AHEAD = 1024 * 1024  # so much is written with zeros ahead of the records
_SUFFIX = ".journal"
_PAGE = 4096

_HEAD = struct.Struct("<8sQII")  # magic, era, length of what follows, its checksum
_MAGIC = b"VANTHUJ1"
_encode = msgspec.msgpack.Encoder().encode


class Kept(msgspec.Struct, array_like=True):
    """What a record says: rows of tables, and what came of deliveries.

    ``bodies``: for each large body (behind the record, one after the other) the series of its segment, the index of its row in
    "mails", and its size.
    """

    rows: dict[str, list[tuple[Any, ...]]]
    bodies: list[tuple[str, int, int]] = []
    settled: list[tuple[Any, ...]] = []


class Heading(msgspec.Struct):
    """What a file says about itself: whose records they are, and what their values are."""

    database: str
    columns: dict[str, list[str]]  # by table


class Record(NamedTuple):
    """A record that was read."""

    kept: Kept
    bodies: list[bytes]
    heading: Heading


_Bytes = bytes | memoryview


class File:
    """One of the two files."""

    def __init__(self, path: Path, era: int, heading: bytes) -> None:
        """Begin it anew.  Raises OSError."""
        self.path = path
        self.era = era
        self.end = _PAGE
        self.needed = 0  # records that are not in the database yet
        self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._filled = os.fstat(self.descriptor).st_size
        try:
            self._write_heading(heading)
        except OSError:
            os.close(self.descriptor)
            raise

    def begin(self, era: int, heading: bytes) -> None:
        """Begin it anew, over what it had."""
        self.era, self.end = era, _PAGE
        self._write_heading(heading)

    def append(self, parts: Sequence[_Bytes], size: int) -> None:
        """Write behind the last record.  Raises OSError, and then it is as if nothing had been written."""
        while self._filled < self.end + size:
            # Zeros, not a hole: only blocks that were written once can be written again without a word to the file system.
            self._filled += _pwrite(self.descriptor, bytes(_AHEAD), self._filled)
        position = self.end
        for part in parts:
            position += _pwrite(self.descriptor, part, position)
        self.end = position

    def sync(self) -> None:
        """Wait until the disk has it."""
        os.fdatasync(self.descriptor)

    def close(self) -> None:
        """Let go of it."""
        os.close(self.descriptor)

    def _write_heading(self, heading: bytes) -> None:
        head = _HEAD.pack(_MAGIC, self.era, len(heading), zlib.crc32(heading, self.era & 0xFFFFFFFF))
        _pwrite(self.descriptor, (head + heading).ljust(_PAGE, b"\0"), 0)
        self._filled = max(self._filled, _PAGE)


class Place(NamedTuple):
    """Where a record is."""

    file: File
    start: int
    end: int


class Journal:
    """The writing end; all methods but sync() belong to one thread."""

    def __init__(self, folder: Path, *, name: str, database: str, columns: Mapping[str, Sequence[str]]) -> None:
        """``name`` is the node's, safe in a file name; ``database`` says which one the records are for."""
        self._aside = folder / "aside"
        self._paths = [folder / f"{name}.{n}{_SUFFIX}" for n in (0, 1)]
        self._heading = _encode(Heading(database, {table: list(names) for table, names in columns.items()}))
        self._files: list[File] = []
        self._era = time.time_ns()  # larger than that of any life before
        if _HEAD.size + len(self._heading) > _PAGE:
            raise ValueError("the heading of the journal does not fit into its page")

    def open(self) -> None:
        """Begin.  What an earlier life left must have been replayed: it is removed.  Raises OSError."""
        self._paths[0].parent.mkdir(parents=True, exist_ok=True)
        remove(self._paths)
        self._files = [File(self._paths[0], self._era, self._heading)]
        sync_folder(self._paths[0].parent)

    @property
    def file(self) -> File:
        """Where records go."""
        return self._files[0]

    def has_room(self) -> bool:
        """Whether anything may be appended: else the database is too far behind, or the journal was never opened."""
        return bool(self._files) and (self.file.end <= MOST_BYTES or self._other_is_free())

    def append(self, records: Sequence[tuple[Kept, Sequence[bytes]]]) -> list[Place]:
        """Write records, each with its large bodies; they are safe after a sync of their file.  Raises OSError.

        When one is in the database, release() must be told.
        """
        if self.file.end >= TURN_BYTES and self._other_is_free():
            self._turn()
        file = self.file
        if file.end > MOST_BYTES:
            raise OSError(errno.ENOSPC, "the journal waits for the database")
        parts, places, end = _parts(file, records)
        file.append(parts, end - file.end)
        file.needed += len(records)
        return places

    def release(self, place: Place) -> None:
        """The record there is in the database, or is not to be written at all."""
        place.file.needed -= 1

    def close(self, *, finished: bool) -> None:
        """Let go of it; when all that it has is in the database, nothing is left to be replayed."""
        for file in self._files:
            file.close()
            if finished:
                file.path.unlink(missing_ok=True)
        self._files = []

    def leave(self) -> None:
        """The disk failed: nobody knows what the file has.  What is in it stays for a replay; go on in the other."""
        file = self.file
        if self._other_is_free():
            try:
                self._turn()
            except OSError as error:
                logger.warning("the journal cannot go on in its other file: %s", error)
        if self.file is file:
            file.end = MOST_BYTES + 1  # no room, until the other one is free

    def set_aside(self, name: str, kept: Kept, bodies: Sequence[bytes], heading: Heading | None = None) -> Path:
        """Keep a record that no database takes in a journal of its own; gives its path.  Any thread.  Raises OSError.

        ``heading``: of the file that it was read from.
        """
        self._aside.mkdir(parents=True, exist_ok=True)
        as_written = self._heading if heading is None else _encode(heading)
        file = File(self._aside / f"{name}{_SUFFIX}", self._era, as_written)
        try:
            parts, end = _parts(file, [(kept, bodies)])[0::2]
            file.append(parts, end - file.end)
            file.sync()
        finally:
            file.close()
        sync_folder(self._aside)
        return file.path

    def _other_is_free(self) -> bool:
        return len(self._files) < 2 or not self._files[1].needed

    def _turn(self) -> None:
        self._era += 1
        if len(self._files) < 2:
            other = File(self._paths[1], self._era, self._heading)
            sync_folder(self._paths[1].parent)
            self._files.append(other)
        else:
            self._files[1].begin(self._era, self._heading)
        self._files.reverse()


def _parts(file: File, records: Sequence[tuple[Kept, Sequence[bytes]]]) -> tuple[list[_Bytes], list[Place], int]:
    """What is to be written behind the last record of a file: the bytes, where each record will be, and the end of them."""
    parts: list[_Bytes] = []
    places: list[Place] = []
    small: list[bytes] = []
    end = file.end
    for kept, bodies in records:
        rows = _encode(kept)
        behind = sum(map(len, bodies)) if bodies else 0
        head = RECORD.pack(file.era, len(rows), behind, _checksum(file.era, rows, behind))
        start, end = end, end + len(head) + len(rows) + behind
        places.append(Place(file, start, end))
        small += (head, rows)
        if bodies:
            parts += (b"".join(small), *bodies)
            small = []
    if small:
        parts.append(b"".join(small))
    return parts, places, end


def left(folder: Path, name: str) -> list[Path]:
    """The files that an earlier life of this node left."""
    return [path for n in (0, 1) if (path := folder / f"{name}.{n}{_SUFFIX}").exists()]


def aside(folder: Path) -> list[Path]:
    """The journals of records that no database took, each with one."""
    return sorted((folder / "aside").glob(f"*{_SUFFIX}"))


def damaged(paths: Sequence[Path]) -> list[Path]:
    """Those of these files that have something, and no heading that can be read."""
    found = []
    for path in paths:
        with path.open("rb") as file:
            page = file.read(_PAGE)
        if page.strip(b"\0") and _heading_of(page) is None:
            found.append(path)
    return found


@contextlib.contextmanager
def of_one(folder: Path, name: str, *, wait_s: float = 1.0) -> Iterator[bool]:
    """While it lasts nobody else has the journal of this name; False: somebody has.  Raises OSError."""
    descriptor = lock_file.taken(folder / f"{name}.lock", wait_s=wait_s)
    try:
        yield descriptor is not None
    finally:
        if descriptor is not None:
            os.close(descriptor)


def remove(paths: Sequence[Path]) -> None:
    """All that these files have is in the database."""
    for path in paths:
        path.unlink(missing_ok=True)


def records(paths: Sequence[Path]) -> Iterator[Record]:
    """What is in these files, the oldest first; each ends at its first record that is not whole."""
    with contextlib.ExitStack() as files:
        found = []
        for path in paths:
            file = files.enter_context(path.open("rb"))
            head = _heading_of(file.read(_PAGE))
            if head is not None:
                found.append((head[0], head[1], file))
        for era, heading, file in sorted(found, key=lambda one: one[0]):
            while record := _next(file, era, heading):
                yield record


def _heading_of(page: bytes) -> tuple[int, Heading] | None:
    if len(page) < _HEAD.size:
        return None
    magic, era, length, checksum = _HEAD.unpack_from(page)
    heading = page[_HEAD.size : _HEAD.size + length]
    if magic != _MAGIC or zlib.crc32(heading, era & 0xFFFFFFFF) != checksum:
        return None
    return era, msgspec.msgpack.decode(heading, type=Heading)


def _next(file: Any, era: int, heading: Heading) -> Record | None:
    head = file.read(RECORD.size)
    if len(head) < RECORD.size:
        return None
    found, length, behind, checksum = RECORD.unpack(head)
    if found != era or length > MOST_BYTES or behind > MOST_BYTES:
        return None
    rows = file.read(length)
    if len(rows) < length or _checksum(era, rows, behind) != checksum:
        return None
    kept = msgspec.msgpack.decode(rows, type=Kept)
    bodies = [file.read(size) for _, _, size in kept.bodies]
    return Record(kept, bodies, heading)


def _checksum(era: int, rows: bytes, behind: int) -> int:
    return zlib.crc32(rows, (era ^ behind) & 0xFFFFFFFF)


def _pwrite(descriptor: int, data: _Bytes, position: int) -> int:
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, position)
        view, position = view[written:], position + written
    return len(data)
