"""The bytes of large mails, in append-only segment files.

Each process that writes (the writer's thread, the scribe) has two open segments and holds a lock (flock) on them: one for
mails that a case keeps, one for those that pass through, so that a captured document does not hold up the removal of
everything that came beside it.  A row of mails says segment, position and size.  The bytes are on disk (fdatasync) before
the row is committed.  What a crash leaves behind
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
from gateway.scribe.messages import Body, Goes
from gateway.scribe.segments import SegmentFiles

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


class Places:
    """Where the next bodies of one writer go.  Only a plan: SegmentFiles writes."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._count = 0
        self._tails: dict[Series, Place] = {}

    def of(self, bodies: Sequence[tuple[Series, bytes]]) -> list[Place]:
        """A place for each.  All bodies of a series in one call are neighbours in one segment."""
        for series in {series for series, _ in bodies}:
            if series not in self._tails or self._tails[series].position >= SEGMENT_BYTES:
                self._count += 1
                self._tails[series] = Place(f"{self._name}-{series}-{self._count:06}{_SUFFIX}", 0)
        places = []
        for series, body in bodies:
            place = self._tails[series]
            places.append(place)
            self._tails[series] = Place(place.segment, place.position + len(body))
        return places

    def written(self, series: Series, place: Place, body: bytes) -> Body:
        """A body as SegmentFiles takes it."""
        return (str(series), str(self._folder / place.segment), place.position, body)

    def going(self, series: Series, place: Place) -> Goes:
        """A body that the scribe reads in a journal, as its Copyist takes it."""
        return (str(series), str(self._folder / place.segment), place.segment, place.position)

    def leave(self) -> None:
        """Where the files end is not known any more: go on in new ones."""
        self._tails.clear()


class Blobs:
    """The folder of segments.  append() belongs to the writer thread alone; reading is free for all."""

    def __init__(self, folder: Path, *, name: str) -> None:
        """``name`` is that of this life of this node: no two processes make the same segment."""
        self._folder = folder
        self._places = Places(folder, name)
        self._files = SegmentFiles()
        self.lane = Places(folder, f"{name}-lane")  # of what the scribe writes

    def open(self) -> None:
        """Make the folder."""
        self._folder.mkdir(parents=True, exist_ok=True)

    def append(self, bodies: Sequence[tuple[Series, bytes]]) -> list[Place]:
        """Write bodies and make them durable; gives the place of each.  Raises OSError, and keeps none then."""
        places = self._places.of(bodies)
        try:
            self._files.append(
                [self._places.written(series, place, body) for (series, body), place in zip(bodies, places, strict=True)]
            )
        except OSError:
            self._places.leave()
            raise
        return places

    def holds(self, segment: str | None) -> bool:
        """Whether append() has put bytes into this segment and still has it open: then nobody removes it."""
        return segment is not None and self._files.holds(str(self._folder / segment))

    def read(self, segment: str, position: int, size: int) -> bytes:
        """The bytes at a place.  Raises OSError; fewer bytes than asked for when the file is too short."""
        with (self._folder / segment).open("rb") as file:
            file.seek(position)
            return file.read(size)

    def close(self) -> None:
        """Close the open segments."""
        self._files.close()
        self._places.leave()

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


def checked(mail_id: str, digest: str, raw: bytes) -> bytes:
    """The bytes, when they are the ones that were accepted; else StoreUnavailable, which names the mail."""
    if digest_of(raw) != digest:
        raise StoreUnavailable(f"mail {mail_id}: the stored bytes are damaged: SHA-256 is not {digest}")
    return raw
