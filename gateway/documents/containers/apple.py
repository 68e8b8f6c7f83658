"""Files with the wrapping of old Macintosh mail: AppleSingle, AppleDouble (RFC 1740) and MacBinary.  Pure."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from gateway.documents.containers.names import from_bytes, shown_path
from gateway.documents.containers.room import Meter, Packed, Room

_DATA_FORK, _REAL_NAME = 1, 3


def unpack(data: bytes, room: Room) -> Iterator[Packed]:
    """The data fork; nothing for a part that has the resource fork alone."""
    meter = Meter(room, len(data))
    name, fork = _of_single(data) if data.startswith(b"\0\x05\x16") else _of_macbinary(data)
    if fork:
        meter.take(len(fork))
        yield Packed(name=shown_path(from_bytes(name)), data=fork)


def _of_single(data: bytes) -> tuple[bytes, bytes]:
    """RFC 1740 appendix A: a table of entries, each with its place and length."""
    (count,) = struct.unpack_from(">H", data, 24)
    pieces: dict[int, bytes] = {}
    for index in range(count):
        kind, start, size = struct.unpack_from(">III", data, 26 + 12 * index)
        pieces.setdefault(kind, data[start : start + size])
    return pieces.get(_REAL_NAME, b""), pieces.get(_DATA_FORK, b"")


def _of_macbinary(data: bytes) -> tuple[bytes, bytes]:
    size = int.from_bytes(data[83:87])
    return data[2 : 2 + data[1]], data[128 : 128 + size]
