"""Archives: which unpacker opens which, and what must be known of RAR before anybody unpacks it.  Pure."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from gateway.documents.containers import library, unarr
from gateway.documents.containers.names import from_bytes, shown_path
from gateway.documents.containers.room import Packed, Room

_MAIN_HEADER, _LOCKED_HEADERS, _VOLUME = 0x73, 0x80, 0x01
_MARK_5 = b"Rar!\x1a\x07\x01\x00"
_MOST_HEADERS = 5000


def rar(data: bytes, room: Room) -> Iterator[Packed]:
    """RAR, both forms: 1.5 to 4 begin with seven bytes of mark, 5 and later with eight."""
    if data.startswith(_MARK_5):
        yield from _rar5(data, room)
    elif limit := _limit_of_rar4(data):
        yield Packed(name="…", limit=limit)
    else:
        yield from unarr.rescued(library.unpack(data, room, "rar"), data, room, "rar")


def _limit_of_rar4(data: bytes) -> str:
    """What the main header says that nobody can read here, or would read as garbage."""
    if len(data) < 20:
        return "damaged"
    if data[9] != _MAIN_HEADER:
        return ""
    flags = int.from_bytes(data[10:12], "little")
    if flags & _LOCKED_HEADERS:
        return "password"
    return "fragment" if flags & _VOLUME else ""


# --- RAR 5: libarchive takes locked files for damaged ones, and a volume for an archive -----------------------------------


def _rar5(data: bytes, room: Room) -> Iterator[Packed]:
    limit, locked = _facts_of_rar5(data)
    if limit:
        yield Packed(name="…", limit=limit)
        return
    for packed in library.unpack(data, room, "rar5"):
        yield Packed(name=packed.name, limit="password") if packed.name in locked else packed


_MAIN, _FILE, _ENCRYPTION, _END = 1, 2, 4, 5
_HAS_EXTRA, _HAS_DATA, _IS_VOLUME = 0x1, 0x2, 0x1
_HAS_TIME, _HAS_CRC = 0x2, 0x4
_IS_LOCKED = 1  # type of the record of a file that says how it is encrypted


def _facts_of_rar5(data: bytes) -> tuple[str, set[str]]:
    """What the headers say ("RAR 5.0 archive format"): "password", "fragment" or "", and the names of locked files."""
    locked: set[str] = set()
    at = len(_MARK_5)
    try:
        for _ in range(_MOST_HEADERS):
            block = _Block(data, at)
            if block.kind == _ENCRYPTION:
                return "password", locked
            if block.kind == _MAIN and block.number() & _IS_VOLUME:
                return "fragment", locked
            if block.kind == _FILE and (name := _locked_name(block)):
                locked.add(name)
            if block.kind == _END:
                break
            at = block.end
    except (IndexError, struct.error):  # cut: libarchive says what can be had
        pass
    return "", locked


class _Block:
    """One header: its kind, flags, and a cursor over the rest."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data, self.at = data, at + 4  # after its checksum
        size = self.number()
        after = self.at + size
        self.kind, self.flags = self.number(), self.number()
        extra = self.number() if self.flags & _HAS_EXTRA else 0
        packed = self.number() if self.flags & _HAS_DATA else 0
        self.extra_at, self.after, self.end = after - extra, after, after + packed
        if after > len(data):
            raise IndexError(after)

    def number(self) -> int:
        """A number of seven bits to the byte, the low ones first."""
        value = 0
        for shift in range(0, 70, 7):
            byte = self._data[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise IndexError(self.at)

    def take(self, count: int) -> bytes:
        """The next bytes."""
        self.at += count
        return self._data[self.at - count : self.at]


def _locked_name(block: _Block) -> str:
    """The shown name of a file whose extra records say that it is encrypted, else ""."""
    flags = block.number()
    block.number(), block.number()  # unpacked size, attributes
    block.take((4 if flags & _HAS_TIME else 0) + (4 if flags & _HAS_CRC else 0))
    block.number(), block.number()  # compression, host system
    name = shown_path(from_bytes(block.take(min(block.number(), 4096)))) or "…"
    block.at = block.extra_at
    while block.at < block.after:
        size = block.number()
        following = block.at + size
        if block.number() == _IS_LOCKED:
            return name
        block.at = max(following, block.at)
    return ""


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
