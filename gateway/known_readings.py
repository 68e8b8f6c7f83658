"""What files and mails were read as, kept in memory: a circular comes in a hundred mails, and is read once.

A file's reading hangs on its bytes, its name and how it is declared: its key, which gateway.inspection_parts makes before a
file is opened.  Only the file that its child opened first is kept: had that one taken the child over, it could lie about itself
alone, and would do so each time it came.  A mail's hangs on all that recognise() looks at (documents.copies_of_a_mail).
decisions/0048.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from gateway.model import FileReading, Nature, Recognition

LIFETIME_S = 24 * 3600.0  # a certificate may end, and what is read in a new way should not wait for a restart
_QUICK_MS = 5000.0  # what took longer may have been cut short by a clock: a scan is read for so long, and no longer
_OVERHEAD = 400  # bytes that an entry takes besides its reading and key
_LARGEST = 256 * 1024  # bytes of one reading: what is looked up is decoded where all senders wait
_MOST_FUTILE = 1000
# Those are of the file alone; the others may be due to a machine that had much to do, and another try is worth it.
_LASTING = ("no text layer", "password", "format")
_DECODER = msgspec.msgpack.Decoder(Recognition)
_ENCODER = msgspec.msgpack.Encoder()


class Counts(NamedTuple):
    """What the memory was good for since the start, and what it holds now."""

    used: int  # files and mails that need not be read, for they had been
    kept: int  # readings that are in memory
    size: int  # bytes that they take


class _Kept(NamedTuple):
    reading: bytes
    at: float


class KnownReadings:
    """Those that were used last, at most so many bytes of them.  For several threads."""

    def __init__(self, most_bytes: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        """``most_bytes`` of 0 keeps nothing."""
        self.most_bytes = most_bytes
        self._clock = clock
        self._changed = threading.Condition()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._under_way: set[str] = set()
        self._futile: OrderedDict[str, None] = OrderedDict()  # what was read and not kept: nobody gains by waiting for it
        self._size = 0
        self._used = 0

    def get(self, key: str) -> Recognition | None:
        """What was read under this key less than a day ago; to read it took no time now."""
        with self._changed:
            found = self._found(key)
        return None if found is None else _DECODER.decode(found)

    def get_or_begin(self, key: str, *, by: float) -> Recognition | None:
        """The same, and while another thread reads it, wait for that until ``by`` (monotonic); not for what was read in vain.

        None: the caller reads it, and calls end().
        """
        if not key:
            return None
        with self._changed:
            while key in self._under_way and key not in self._futile and (left := by - self._clock()) > 0:
                self._changed.wait(left)
            found = self._found(key)
            if found is None:
                self._under_way.add(key)
        return None if found is None else _DECODER.decode(found)

    def end(self, key: str) -> None:
        """Whoever waits for what began under this key need not any longer.

        Was it not kept, all who wait read it at the same time: one after the other, the last would have waited for nothing.
        """
        with self._changed:
            self._under_way.discard(key)
            if key not in self._kept:
                self._futile[key] = None
                if len(self._futile) > _MOST_FUTILE:
                    self._futile.popitem(last=False)
            self._changed.notify_all()

    def put(self, key: str, *files: FileReading, subject: str = "") -> None:
        """Keep it, unless something in it is secret, or could not be read for a reason that may pass: too little time."""
        if not key or not all(map(_lasts, files)):
            return
        lasting = Recognition(files=tuple(replace(file, elapsed_ms=0.0) for file in files), subject=subject)
        kept = _Kept(_ENCODER.encode(lasting), self._clock())
        if self._room_of(key, kept) > min(self.most_bytes // 8, _LARGEST):
            return
        with self._changed:
            self._drop(key)
            self._futile.pop(key, None)
            self._kept[key] = kept
            self._size += self._room_of(key, kept)
            while self._size > self.most_bytes:
                self._drop(next(iter(self._kept)))

    def counts(self) -> Counts:
        """For those who watch."""
        with self._changed:
            return Counts(self._used, len(self._kept), self._size)

    def _found(self, key: str) -> bytes | None:
        found = self._kept.get(key)
        if found is None:
            return None
        if self._clock() - found.at > LIFETIME_S:
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        self._used += 1
        return found.reading

    def _drop(self, key: str) -> None:
        if kept := self._kept.pop(key, None):
            self._size -= self._room_of(key, kept)

    @staticmethod
    def _room_of(key: str, kept: _Kept) -> int:
        return len(key) + len(kept.reading) + _OVERHEAD


def _lasts(file: FileReading) -> bool:
    return file.elapsed_ms <= _QUICK_MS and all(map(_is_of_the_file_alone, file.walk()))


def _is_of_the_file_alone(reading: FileReading) -> bool:
    if reading.nature is Nature.SECRET:
        return False
    return reading.nature is not Nature.UNREADABLE or reading.reason in _LASTING
