"""Archives that people attach: ZIP with old names, RAR 4 and 5 (stored), 7z, tar, cab; the same bytes on every run."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Sequence

import libarchive

Entry = tuple[str, bytes]


def zipped(*entries: Entry, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP with names in UTF-8."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in entries:
            archive.writestr(zipfile.ZipInfo(name, date_time=(2026, 11, 18, 9, 0, 0)), data, compress_type=method)
    return out.getvalue()


def zipped_with_raw_name(raw_name: bytes, data: bytes) -> bytes:
    """A ZIP whose one name is in a code page, without a word about which: as Windows packs."""
    stand_in = "n" * len(raw_name)
    return zipped((stand_in, data), method=zipfile.ZIP_STORED).replace(stand_in.encode(), raw_name)


def packed_by_libarchive(format_name: str, *entries: Entry, filter_name: str | None = None) -> bytes:
    """An archive of a format that libarchive writes: "7zip", "pax", "zip" …"""
    out: list[bytes] = []

    def write(block: bytes) -> int:
        out.append(bytes(block))
        return len(block)

    with libarchive.custom_writer(write, format_name, filter_name) as archive:
        for name, data in entries:
            archive.add_file_from_memory(name, len(data), data)
    return b"".join(out)


# --- RAR: only its owner's program packs it, so these store ---------------------------------------------------------------


def rar4(*entries: Entry, main_flags: int = 0, file_flags: int = 0, packed: bool = False) -> bytes:
    """RAR 2.9 to 4: marker, main header, files (stored, or ``packed`` one after the other: solid), end."""
    out = b"Rar!\x1a\x07\0" + _block4(0x73, main_flags | (0x08 if packed else 0), bytes(6))
    for number, (name, data) in enumerate(entries):
        raw, kept = name.encode(), _letters_only(data, tables=number == 0) if packed else data
        method, solid = (0x33, 0x10 if number else 0) if packed else (0x30, 0)
        sizes = struct.pack("<IIBII", len(kept), len(data), 3, zlib.crc32(data), 0x5D724800)
        fields = sizes + struct.pack("<BBHI", 29, method, len(raw), 0o100644)
        flags = 0x8000 | (0 if name.isascii() else 0x200) | solid | file_flags
        out += _block4(0x74, flags, fields + raw) + kept
    return out + _block4(0x7B, 0x4000, b"")


def _letters_only(data: bytes, *, tables: bool) -> bytes:
    """RAR 2.9's LZ without any match: each byte is a letter of nine bits, the end of the file is a letter of one.

    The tables say so: 256 lengths of 9, one of 1, 42 letters that do not occur, then 105 codes of 6 bits for places that are
    not used.  They are written in a code of their own, in which eight letters have three bits each.
    """
    bits = ""
    if tables:
        codes = {0: "000", 1: "001", 6: "010", 9: "011", 16: "100", 17: "101", 18: "110", 19: "111"}
        bits += "00" + "".join("0011" if number in codes else "0000" for number in range(20))
        for letter, repeated in ((9, None), (17, 138), (17, 117), (1, None), (19, 42), (6, None), (17, 104)):
            bits += codes[letter] + ("" if repeated is None else f"{repeated - 11:07b}")
    bits += "".join(f"1{byte:08b}" for byte in data) + "000"
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8)


def _block4(kind: int, flags: int, rest: bytes) -> bytes:
    body = struct.pack("<BHH", kind, flags, 7 + len(rest)) + rest
    return struct.pack("<H", zlib.crc32(body) & 0xFFFF) + body


def rar5(*entries: Entry, locked: bool = False, locked_files: bool = False, volume: bool = False) -> bytes:
    """RAR 5: signature, main header, stored files, end; ``locked`` puts an encryption header in front of all."""
    out = b"Rar!\x1a\x07\x01\0"
    if locked:
        out += _block5(_vint(4) + _vint(0) + _vint(0) + _vint(0) + b"\x0f" + bytes(16))
    out += _block5(_vint(1) + _vint(0) + _vint(1 if volume else 0))
    for name, data in entries:
        raw = name.encode()
        extra = _vint(1 + 3 + 32) + _vint(1) + _vint(0) + _vint(0) + b"\x0f" + bytes(32) if locked_files else b""
        head = _vint(2) + (_vint(3) + _vint(len(extra)) if extra else _vint(2)) + _vint(len(data))
        head += _vint(4) + _vint(len(data)) + _vint(0o100644)
        head += struct.pack("<I", zlib.crc32(data)) + _vint(0) + _vint(1) + _vint(len(raw)) + raw
        out += _block5(head + extra) + data
    return out + _block5(_vint(5) + _vint(0) + _vint(0))


def _block5(header: bytes) -> bytes:
    body = _vint(len(header)) + header
    return struct.pack("<I", zlib.crc32(body)) + body


def _vint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def cabinet(*entries: Entry) -> bytes:
    """A cabinet ([MS-CAB]) with one stored folder; each file is smaller than 32 KB."""
    data = b"".join(content for _, content in entries)
    files, offset = b"", 0
    for name, content in entries:
        files += struct.pack("<IIHHHH", len(content), offset, 0, 0x5D72, 0x4800, 0x20 | 0x80) + name.encode() + b"\0"
        offset += len(content)
    first_file = 36 + 8
    first_data = first_file + len(files)
    block = struct.pack("<IHH", 0, len(data), len(data)) + data  # a checksum of zero is not checked
    head = struct.pack("<4sIIIIIBBHHHHH", b"MSCF", 0, first_data + len(block), 0, first_file, 0, 3, 1, 1, len(entries), 0, 1, 0)
    return head + struct.pack("<IHH", first_data, 1, 0) + files + block


# --- Bombs ----------------------------------------------------------------------------------------------------------------


def overlapping_zip(count: int, kernel: bytes) -> bytes:
    """Many entries of the directory that all mean one piece of packed bytes (D. Fifield, "A better zip bomb", 2019)."""
    one = zipped(("a", kernel))
    end = one.rfind(b"PK\x05\x06")
    at = one.rfind(b"PK\x01\x02", 0, end)
    directory = one[at:end] * count
    return one[:at] + directory + struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, len(directory), at, 0)


def nested(depth: int, innermost: Sequence[Entry]) -> bytes:
    """A ZIP in a ZIP in a ZIP …"""
    data = zipped(*innermost)
    for level in range(depth):
        data = zipped((f"{level}.zip", data))
    return data
