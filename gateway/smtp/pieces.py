"""The bytes of one mail as they come in, put together once, at its end.  Pure."""

from __future__ import annotations

_SMALL = 16 * 1024  # smaller ones are gathered first: a client that sends octet by octet must not take fifty times their room
_ENOUGH = 64 * 1024


class Pieces:
    """Bytes in the order in which they came."""

    __slots__ = ("_pieces",)

    def __init__(self) -> None:
        self._pieces: list[bytes | bytearray | memoryview] = []

    def add(self, data: bytes) -> None:
        """Take what came."""
        if len(data) >= _SMALL:
            self._pieces.append(data)
            return
        last = self._pieces[-1] if self._pieces else None
        if isinstance(last, bytearray) and len(last) < _ENOUGH:
            last += data
        else:
            self._pieces.append(bytearray(data))

    def cut(self, count: int) -> None:
        """Let so many of the last octets go."""
        while count:
            last = self._pieces.pop()
            if len(last) > count:
                self._pieces.append(memoryview(last)[:-count])  # no copy
            count -= min(len(last), count)

    def whole(self) -> bytes:
        """All of it.  Nothing is left here."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
