"""Large bodies, put into files: by the scribe, and by the writer's thread."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence

from gateway.scribe.messages import Body

_LARGE = 128 * 1024  # of a body


class SegmentFiles:
    """The open segments of one process, one for each series, each with a lock (flock) as long as it is open."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[str, int]] = {}  # series: path, descriptor

    def append(self, bodies: Sequence[Body]) -> None:
        """Write bodies and make them durable.  Raises OSError, and then no file is gone on with.

        The next path of a series closes the one before: never two of them in one call, or the first would be without its
        lock before the rows that need it are committed.
        """
        try:
            for series, path, position, body in bodies:
                _write_whole(self._descriptor(series, path), body, position)
            for _, descriptor in {self._open[series] for series, _, _, _ in bodies}:
                os.fdatasync(descriptor)
            for series, _, position, body in bodies:
                if len(body) >= _LARGE:
                    # Hardly anybody reads it again: the next one is written into the same memory.
                    os.posix_fadvise(self._open[series][1], position, len(body), os.POSIX_FADV_DONTNEED)
        except OSError:
            self.close()
            raise

    def holds(self, path: str) -> bool:
        """Whether this file is open here."""
        return any(opened == path for opened, _ in self._open.values())

    def close(self) -> None:
        """Close all of them."""
        for _, descriptor in self._open.values():
            os.close(descriptor)
        self._open.clear()

    def _descriptor(self, series: str, path: str) -> int:
        opened, descriptor = self._open.get(series, ("", -1))
        if opened == path:
            return descriptor
        if opened:
            del self._open[series]
            os.close(descriptor)
        self._open[series] = (path, descriptor := _new_segment(path))
        return descriptor


def _new_segment(path: str) -> int:
    while True:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:  # else a purge came between making and locking it
            break
        os.close(descriptor)
    sync_folder(os.path.dirname(path))
    return descriptor


def _write_whole(descriptor: int, body: bytes | memoryview, position: int) -> None:
    view = memoryview(body)
    while view:
        written = os.pwrite(descriptor, view, position)
        view, position = view[written:], position + written


def sync_folder(folder: str | os.PathLike[str]) -> None:
    """Make the names of new files durable.  Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
