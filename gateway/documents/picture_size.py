"""How large is a picture?  From its head alone, without decoding: a logo is not a scan.  Pure."""

from __future__ import annotations

import struct

_Size = tuple[int, int]
_UNKNOWN = (0, 0)


def image_size(data: bytes) -> _Size:
    """Width and height of a PNG, JPEG, GIF, BMP, WEBP or TIFF in pixels; (0, 0) when unknown."""
    try:
        return _measured(data)
    except (struct.error, IndexError):
        return _UNKNOWN


def page_like(width: int, height: int) -> bool:
    """Large enough to be a legible page; an unknown size counts as one."""
    return (width, height) == _UNKNOWN or (max(width, height) >= 1000 and min(width, height) >= 700)


def _measured(data: bytes) -> _Size:
    if data.startswith(b"\x89PNG"):
        return _pair(struct.unpack(">II", data[16:24]))
    if data.startswith(b"\xff\xd8"):
        return _jpeg_size(data)
    if data.startswith(b"GIF8"):
        return _pair(struct.unpack("<HH", data[6:10]))
    if data.startswith(b"BM"):
        width, height = struct.unpack("<ii", data[18:26])
        return abs(width), abs(height)
    if data[8:12] == b"WEBP":
        return _webp_size(data)
    if data[:2] in (b"II", b"MM"):
        return _tiff_size(data)
    return _UNKNOWN


def _pair(values: tuple[int, ...]) -> _Size:
    return values[0], values[1]


def _jpeg_size(data: bytes) -> _Size:
    at = 2
    for _ in range(200):
        if at + 9 > len(data) or data[at] != 0xFF:
            break
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + (0 if 0xD0 <= marker <= 0xD9 or marker == 0xFF else struct.unpack(">H", data[at + 2 : at + 4])[0])
    return _UNKNOWN


def _webp_size(data: bytes) -> _Size:
    """RFC 9649 sections 2.5 to 2.7: the three kinds of first chunk."""
    if data[12:16] == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if data[12:16] == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack("<HH", data[26:30])
    return width & 0x3FFF, height & 0x3FFF


_TIFF_WIDTH, _TIFF_HEIGHT, _TIFF_SHORT = 256, 257, 3


def _tiff_size(data: bytes) -> _Size:
    """The first page, by the first directory (TIFF 6.0 section 2)."""
    order = "<" if data[:2] == b"II" else ">"
    magic, start = struct.unpack(order + "HI", data[2:8])
    if magic != 42:
        return _UNKNOWN
    (count,) = struct.unpack(order + "H", data[start : start + 2])
    found: dict[int, int] = {}
    for index in range(min(count, 100)):
        at = start + 2 + 12 * index
        tag, kind, _, value = struct.unpack(order + "HHII", data[at : at + 12])
        if kind == _TIFF_SHORT:
            (value,) = struct.unpack(order + "H", data[at + 8 : at + 10])
        found[tag] = value
    return found.get(_TIFF_WIDTH, 0), found.get(_TIFF_HEIGHT, 0)
