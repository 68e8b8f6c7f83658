"""What a mail may cost while its files are unpacked: depth, number of files, bytes, ratio and time, shared by all of it.  Pure.

An archive of a few kilobytes can hold petabytes, itself, or a hundred scans that take a minute each.  Whatever is unpacked
or read is paid from one Room; when it is used up, what is left is named and not opened.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from msgspec.structs import replace

from gateway.model import Value

MAX_DEPTH = 6
MAX_FILES = 2000
MAX_BYTES = 200 * 1024 * 1024
MAX_FILE_BYTES = 64 * 1024 * 1024
# Honest archives of white bitmaps and tables reach 1:100; a bomb begins where deflate ends, at 1:1000.
MAX_RATIO = 200
RATIO_FREE_BYTES = 20 * 1024 * 1024  # so little is no bomb, whatever its ratio
READING_SECONDS = 10.0  # of a child's 20: the file that is begun last may be a scan, and a scan may take 9

TOO_DEEP = "too deep"
TOO_MANY = "too many files"
TOO_LARGE = "too large"
RATIO = "ratio"
TIME = "time limit"


class Packed(Value):
    """One file out of a container.

    ``name`` is its path inside, to be shown and never used ("" is the words of a mail, or unknown); ``limit`` is set, and
    ``data`` empty, when it could not be had: "password", "encrypted", "damaged", "format" or one of the limits above.
    ``skipped`` is its media type when it can be no document: only its beginning was looked at.
    """

    name: str
    data: bytes = b""
    limit: str = ""
    skipped: str = ""
    size: int = 0  # unpacked, where ``data`` is not all of it
    is_body: bool = False
    declared: str = ""  # media type and character set of a body
    charset: str = ""
    forwarded: bool = False
    inline: bool = False
    signed: bytes = b""  # what a signature is over that lies beside it

    def within(self, name: str) -> Packed:
        """The same file, one folder deeper."""
        return replace(self, name=f"{name}/{self.name}" if name and self.name else name or self.name)


class Exhausted(Exception):
    """The room is used up; ``reason`` says which limit it was."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Room:
    """The limits of one mail, counted down while it is read."""

    def __init__(self, *, seconds: float = READING_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        """``seconds`` of reading are given to each top-level part; call ``restart`` before the next one."""
        self._clock, self._seconds = clock, seconds
        self._until = clock() + seconds
        self._depth = 0
        self._files = MAX_FILES
        self._bytes = MAX_BYTES

    def restart(self) -> None:
        """The time of the next top-level part begins; what was unpacked stays counted."""
        self._until = self._clock() + self._seconds

    @property
    def late(self) -> bool:
        """The time is over: nothing more is opened."""
        return self._clock() >= self._until

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """One container within another.  Raises Exhausted ("too deep")."""
        if self._depth >= MAX_DEPTH:
            raise Exhausted(TOO_DEEP)
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    def another_file(self) -> None:
        """Count a file.  Raises Exhausted ("too many files")."""
        self._files -= 1
        if self._files < 0:
            raise Exhausted(TOO_MANY)

    def take(self, count: int) -> None:
        """Count unpacked bytes.  Raises Exhausted ("too large")."""
        self._bytes -= count
        if self._bytes < 0:
            raise Exhausted(TOO_LARGE)


class Meter:
    """The room as one container of ``packed`` bytes sees it: knows how much came out of these bytes."""

    def __init__(self, room: Room, packed: int) -> None:
        self._room, self._packed, self._unpacked = room, max(packed, 1), 0

    def take(self, count: int) -> None:
        """Count unpacked bytes.  Raises Exhausted ("too large", "ratio")."""
        self._room.take(count)
        self._unpacked += count
        if self._unpacked > RATIO_FREE_BYTES and self._unpacked > MAX_RATIO * self._packed:
            raise Exhausted(RATIO)


Unpacker = Callable[[bytes, Room], Iterator[Packed]]


def guarded(unpack: Unpacker) -> Unpacker:
    """The same, but what goes wrong is a Packed that names it: a limit, or "damaged" for whatever a library raises."""

    def unpacked(data: bytes, room: Room) -> Iterator[Packed]:
        try:
            for packed in unpack(data, room):
                room.another_file()
                yield packed
        except Exhausted as limit:
            yield Packed(name="…", limit=limit.reason)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - libraries raise what they like for hostile files; all of it means "damaged"
            yield Packed(name="…", limit="damaged")

    return unpacked
