"""Readings of attachments that came before, kept in memory: one circular comes in a hundred mails, and is read once.

What a reading hangs on (bytes, name, how the part is declared) is its key; gateway.inspection_parts makes it before a file is
opened.  Only the file that its child opened first is kept: had that one taken the child over, it could lie about itself alone,
and would do so each time it came.  decisions/0048.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from gateway.model import FileReading, Nature

_LIFETIME_S = 24 * 3600.0  # a certificate may end, and what is read in a new way should not wait for a restart
_QUICK_MS = 5000.0  # what took longer may have been cut short by a clock: a scan is read for so long, and no longer
_OVERHEAD = 400  # bytes that an entry takes besides its reading and key
# Those are of the file alone; the others may be due to a machine that had much to do, and another try is worth it.
_LASTING = ("no text layer", "password", "format")
_DECODER = msgspec.msgpack.Decoder(FileReading)
_ENCODER = msgspec.msgpack.Encoder()


class Counts(NamedTuple):
    """What the memory was good for since the start, and what it holds now."""

    used: int  # files that need not be read, for they had been
    kept: int  # readings that are in memory
    size: int  # bytes that they take


class _Kept(NamedTuple):
    reading: bytes
    at: float


class KnownReadings:
    """Those that were used last, at most so many bytes of them.  For several threads."""

    def __init__(self, most_bytes: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        """``most_bytes`` of 0 keeps nothing."""
        self._most = most_bytes
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._size = 0
        self._used = 0

    def get(self, key: str) -> FileReading | None:
        """What the file with this key was read as, less than a day ago; reading it took no time now."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            if self._clock() - found.at > _LIFETIME_S:
                self._drop(key)
                return None
            self._kept.move_to_end(key)
            self._used += 1
        return replace(_DECODER.decode(found.reading), elapsed_ms=0.0)

    def put(self, key: str, reading: FileReading) -> None:
        """Keep it, unless something in it is secret, or could not be read for a reason that may pass: too little time."""
        if not key or reading.elapsed_ms > _QUICK_MS or not all(map(_lasts, reading.walk())):
            return
        kept = _Kept(_ENCODER.encode(reading), self._clock())
        if self._room_of(key, kept) > self._most // 8:
            return
        with self._lock:
            if key in self._kept:
                self._drop(key)
            self._kept[key] = kept
            self._size += self._room_of(key, kept)
            while self._size > self._most:
                self._drop(next(iter(self._kept)))

    def counts(self) -> Counts:
        """For those who watch."""
        with self._lock:
            return Counts(self._used, len(self._kept), self._size)

    def _drop(self, key: str) -> None:
        self._size -= self._room_of(key, self._kept.pop(key))

    @staticmethod
    def _room_of(key: str, kept: _Kept) -> int:
        return len(key) + len(kept.reading) + _OVERHEAD


def _lasts(reading: FileReading) -> bool:
    if reading.nature is Nature.SECRET:
        return False
    return reading.nature is not Nature.UNREADABLE or reading.reason in _LASTING
