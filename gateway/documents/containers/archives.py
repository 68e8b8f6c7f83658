"""Archives: which unpacker opens which.  Pure."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.documents.containers import library
from gateway.documents.containers.room import Packed, Room

_MAIN_HEADER, _SOLID, _LOCKED_HEADERS, _VOLUME = 0x73, 0x08, 0x80, 0x01


def rar(data: bytes, room: Room) -> Iterator[Packed]:
    """RAR, both forms: 1.5 to 4 begin with seven bytes of mark, 5 and later with eight."""
    if data.startswith(b"Rar!\x1a\x07\x01\x00"):
        yield from library.unpack(data, room, "rar5")
    elif limit := _limit_of_rar4(data):
        yield Packed(name="…", limit=limit)
    else:
        yield from library.unpack(data, room, "rar")


def _limit_of_rar4(data: bytes) -> str:
    """What the main header says that libarchive cannot read, or reads as garbage."""
    if len(data) < 20:
        return "damaged"
    if data[9] != _MAIN_HEADER:
        return ""
    flags = int.from_bytes(data[10:12], "little")
    if flags & _LOCKED_HEADERS:
        return "password"
    return "fragment" if flags & _VOLUME else ""


def seven_zip(data: bytes, room: Room) -> Iterator[Packed]:
    """7z."""
    yield from library.unpack(data, room, "7zip")


def tar(data: bytes, room: Room) -> Iterator[Packed]:
    """tar in all its dialects."""
    yield from library.unpack(data, room, "tar")


def cab(data: bytes, room: Room) -> Iterator[Packed]:
    """Microsoft's cabinets."""
    yield from library.unpack(data, room, "cab")


def lha(data: bytes, room: Room) -> Iterator[Packed]:
    """LZH."""
    yield from library.unpack(data, room, "lha")
