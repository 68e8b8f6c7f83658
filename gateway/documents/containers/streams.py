"""gzip, bzip2 and xz: one file, packed.  Pure.  RFC 1952 for gzip."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Iterator
from typing import Protocol

from gateway.documents.containers.names import from_bytes, shown_path
from gateway.documents.containers.room import MAX_FILE_BYTES, TOO_LARGE, Meter, Packed, Room

_BLOCK = 1024 * 1024
_XZ_MEMORY = 192 * 1024 * 1024  # xz -9 asks for 65 MB


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...


def unpack_gzip(data: bytes, room: Room) -> Iterator[Packed]:
    """A gzip file; its members are one file, as gunzip sees them."""
    meter, out, rest = Meter(room, len(data)), bytearray(), data
    while rest.startswith(b"\x1f\x8b") and len(out) <= MAX_FILE_BYTES:
        inflate = zlib.decompressobj(31)
        piece = rest
        try:
            while not inflate.eof and (block := inflate.decompress(piece, _BLOCK)):
                meter.take(len(block))
                out += block
                piece = inflate.unconsumed_tail
                if len(out) > MAX_FILE_BYTES:
                    break
        except zlib.error:
            break  # what came out before the damage may be all that matters
        rest = inflate.unused_data if inflate.eof else b""
    yield _packed(_name_of_gzip(data), bytes(out))


def _name_of_gzip(data: bytes) -> str:
    flags, at = data[3] if len(data) > 10 else 0, 10
    if flags & 4:
        at += 2 + int.from_bytes(data[at : at + 2], "little")
    return shown_path(from_bytes(data[at : data.find(b"\0", at, at + 1024)])) if flags & 8 else ""


def unpack_bzip2(data: bytes, room: Room) -> Iterator[Packed]:
    """A bzip2 file."""
    yield _packed("", _all(bz2.BZ2Decompressor(), data, Meter(room, len(data))))


def unpack_xz(data: bytes, room: Room) -> Iterator[Packed]:
    """An xz file."""
    yield _packed("", _all(lzma.LZMADecompressor(memlimit=_XZ_MEMORY), data, Meter(room, len(data))))


def _all(decompressor: _Decompressor, data: bytes, meter: Meter) -> bytes:
    out = bytearray()
    try:
        while not decompressor.eof and len(out) <= MAX_FILE_BYTES:
            block = decompressor.decompress(data, _BLOCK)
            data = b""
            if not block and getattr(decompressor, "needs_input", True):
                break
            meter.take(len(block))
            out += block
    except (OSError, EOFError, lzma.LZMAError):
        pass  # as in gzip
    return bytes(out)


def _packed(name: str, data: bytes) -> Packed:
    if len(data) > MAX_FILE_BYTES:
        return Packed(name=name, limit=TOO_LARGE)
    return Packed(name=name, data=data) if data else Packed(name=name, limit="damaged")
