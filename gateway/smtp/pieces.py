"""The bytes of one mail as they come in, put together once, at its end; a very large one grows in one place instead.  Pure.

Putting together is cheap (half of what it costs to let a buffer grow), but takes the room twice.  So what has many megabytes
grows in a buffer, which gives its bytes away without a copy.
"""

from __future__ import annotations

import io

_SMALL = 16 * 1024  # smaller ones are gathered first: a client that sends octet by octet must not take fifty times their room
_ENOUGH = 64 * 1024
_MANY = 8 * 1024 * 1024


class Pieces:
    """Bytes in the order in which they came."""

    __slots__ = ("_grown", "_pieces", "_size")

    def __init__(self) -> None:
        self._pieces: list[bytes | bytearray | memoryview] = []
        self._size = 0
        self._grown: io.BytesIO | None = None  # has all of them, when they are many

    def add(self, data: bytes) -> None:
        """Take what came."""
        self._size += len(data)
        if self._grown is not None:
            self._grown.write(data)
        elif self._size > _MANY:
            self._grow(data)
        elif len(data) >= _SMALL:
            self._pieces.append(data)
        else:
            self._gather(data)

    def _gather(self, data: bytes) -> None:
        last = self._pieces[-1] if self._pieces else None
        if isinstance(last, bytearray) and len(last) < _ENOUGH:
            last += data
        else:
            self._pieces.append(bytearray(data))

    def _grow(self, data: bytes) -> None:
        grown = self._grown = io.BytesIO()
        grown.writelines(self._pieces)
        grown.write(data)
        self._pieces = []

    def cut(self, count: int) -> None:
        """Let so many of the last octets go; nothing is added after that."""
        self._size -= count
        if self._grown is not None:
            self._grown.truncate(self._size)
            return
        while count:
            last = self._pieces.pop()
            if len(last) > count:
                self._pieces.append(memoryview(last)[:-count])  # no copy
            count -= min(len(last), count)

    def whole(self) -> bytes:
        """All of it.  Nothing is left here."""
        pieces, grown = self._pieces, self._grown
        self._pieces, self._grown, self._size = [], None, 0
        return b"".join(pieces) if grown is None else grown.getvalue()
