"""The bytes of large mails, in append-only segment files.

Each process writes two open segments and holds a lock (flock) on them: one for mails that a case keeps, one for those that
pass through, so that a captured document does not hold up the removal of everything that came beside it.  A row of mails
says segment, position and size.  The bytes are on disk (fdatasync) before the row is committed.  What a crash leaves behind
the last committed row is never looked at, and the next life opens new segments: torn tails are harmless.  A segment that
no row needs and nobody has locked is removed by the purge.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from gateway.errors import StoreUnavailable
from gateway.model import digest_of

SEGMENT_BYTES = 64 * 1024 * 1024  # a segment is closed when it has grown to this
_SUFFIX = ".segment"


class Series(StrEnum):
    """For how long bytes will be needed."""

    PASSING = "passing"
    CAPTURED = "captured"


class Place(NamedTuple):
    """Where bytes begin."""

    segment: str
    position: int


class Blobs:
    """The folder of segments.  append() belongs to the writer thread alone; reading is free for all."""

    def __init__(self, folder: Path, *, name: str) -> None:
        self._folder = folder
        # The name of this life of this node: no two processes make the same segment.
        self._tails = {series: _Tail(folder, f"{name}-{series}") for series in Series}

    def open(self) -> None:
        """Make the folder."""
        self._folder.mkdir(parents=True, exist_ok=True)

    def append(self, series: Series, bodies: Sequence[bytes]) -> list[Place]:
        """Write bodies and make them durable; gives the place of each.  Raises OSError, and keeps none then."""
        return self._tails[series].append(bodies)

    def read(self, segment: str, position: int, size: int) -> bytes:
        """The bytes at a place.  Raises OSError; fewer bytes than asked for when the file is too short."""
        with (self._folder / segment).open("rb") as file:
            file.seek(position)
            return file.read(size)

    def close(self) -> None:
        """Close the open segments."""
        for tail in self._tails.values():
            tail.close()

    def segments(self) -> set[str]:
        """The names of all segments in the folder."""
        return {path.name for path in self._folder.glob(f"*{_SUFFIX}")}

    def remove(self, segments: Iterable[str]) -> int:
        """Remove these segments, but none that a process is still writing; gives how many went."""
        removed = 0
        for segment in segments:
            path = self._folder / segment
            with contextlib.suppress(FileNotFoundError, BlockingIOError):
                descriptor = os.open(path, os.O_RDONLY)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    path.unlink()
                    removed += 1
                finally:
                    os.close(descriptor)
        return removed


class _Tail:
    """The segment of one series that is being written."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._count = 0
        self._descriptor = -1
        self._segment = ""
        self._end = 0

    def append(self, bodies: Sequence[bytes]) -> list[Place]:
        try:
            # Only here, between two commits: a segment that is unlocked in the middle of one could be purged under its feet.
            if self._descriptor < 0 or self._end >= SEGMENT_BYTES:
                self._next_segment()
            places = []
            for body in bodies:
                places.append(Place(self._segment, self._end))
                _write_whole(self._descriptor, body)
                self._end += len(body)
            os.fdatasync(self._descriptor)
        except OSError:
            self.close()  # where it ends is unknown now: go on in a new one
            raise
        return places

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1

    def _next_segment(self) -> None:
        self.close()
        while True:
            self._count += 1
            self._segment = f"{self._name}-{self._count:06}{_SUFFIX}"
            descriptor = os.open(self._folder / self._segment, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if os.fstat(descriptor).st_nlink:  # else a purge came between making and locking it
                break
            os.close(descriptor)
        self._descriptor, self._end = descriptor, 0
        _sync_folder(self._folder)


def checked(mail_id: str, digest: str, raw: bytes) -> bytes:
    """The bytes, when they are the ones that were accepted; else StoreUnavailable, which names the mail."""
    if digest_of(raw) != digest:
        raise StoreUnavailable(f"mail {mail_id}: the stored bytes are damaged: SHA-256 is not {digest}")
    return raw


def _write_whole(descriptor: int, body: bytes) -> None:
    view = memoryview(body)
    while view:
        view = view[os.write(descriptor, view) :]


def _sync_folder(folder: Path) -> None:
    """Make the name of a new file durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
