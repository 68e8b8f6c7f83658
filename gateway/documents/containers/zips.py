"""ZIP: zipfile with limits, names in every encoding that is met, and libarchive for what it does not read.  Pure.

PKWARE APPNOTE 6.3.  Names without the UTF-8 flag are in the code page of whoever packed them: cp437 by the letter of the
standard, windows-1258 or TCVN3 on Windows in Vietnam, UTF-8 on Macintosh and Linux.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

from gateway.documents import media
from gateway.documents.containers import library, unarr
from gateway.documents.containers.names import from_bytes, shown_path
from gateway.documents.containers.room import MAX_FILE_BYTES, TIME, TOO_LARGE, Meter, Packed, Room

_BLOCK = 256 * 1024
_LOCKED, _IN_UTF8 = 0x1, 0x800
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
_AES = 99  # the method of WinZip's AES entries; the flag may be missing
_UNICODE_PATH = 0x7075  # APPNOTE 4.6.9
_NAMED_WHEN_LATE = 100


def unpack(data: bytes, room: Room) -> Iterator[Packed]:
    """The files of a ZIP, in the order of its directory."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, struct.error, NotImplementedError, EOFError, OSError):
        yield from library.unpack(data, room, "zip")  # without its directory; libarchive reads the local headers
        return
    with archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
        if any(info.compress_type not in (*_METHODS, _AES) for info in infos):
            yield from unarr.rescued(library.unpack(data, room, "zip"), data, room, "zip")
            return
        damaged: dict[str, Packed] = {}
        for packed in _entries(archive, data, infos, room, Meter(room, len(data))):
            if packed.limit == "damaged" and len(damaged) < _NAMED_WHEN_LATE:
                damaged[packed.name] = packed
            else:
                yield packed
    if damaged:
        yield from _rescued(data, room, damaged)


def _entries(archive: zipfile.ZipFile, data: bytes, infos: list[zipfile.ZipInfo], room: Room, meter: Meter) -> Iterator[Packed]:
    late = 0
    for info in infos:
        name = name_of(info)
        if info.flag_bits & _LOCKED or info.compress_type == _AES:
            yield Packed(name=name, limit="password", size=info.file_size)
        elif room.late:
            late += 1
            if late > _NAMED_WHEN_LATE:
                return
            yield Packed(name=name, limit=TIME)
        else:
            yield _packed(archive, _reconciled(data, info), name, meter)


def _reconciled(data: bytes, info: zipfile.ZipInfo) -> zipfile.ZipInfo:
    """zipfile refuses an entry that is called otherwise in its own header; other unpackers do not look."""
    at = info.header_offset
    if data[at : at + 4] == b"PK\x03\x04" and len(data) >= at + 30:
        (length,) = struct.unpack_from("<H", data, at + 26)
        raw = data[at + 30 : at + 30 + length]
        info.orig_filename = raw.decode("utf-8", "replace") if info.flag_bits & _IN_UTF8 else raw.decode("cp437")
    return info


def _rescued(data: bytes, room: Room, damaged: dict[str, Packed]) -> Iterator[Packed]:
    """Entries with a wrong checksum and the like: other unpackers show them all the same."""
    for packed in library.unpack(data, room, "zip"):
        if packed.name in damaged and not packed.limit:
            del damaged[packed.name]
            yield packed
    yield from damaged.values()


def _packed(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, meter: Meter) -> Packed:
    try:
        with archive.open(info) as entry:
            blocks: list[bytes] = []
            while block := entry.read(_BLOCK):
                meter.take(len(block))
                blocks.append(block)
                if len(blocks) == 1 and (kind := media.never_a_document(block)):
                    return Packed(name=name, skipped=kind, size=info.file_size)
                if len(blocks) * _BLOCK > MAX_FILE_BYTES:
                    return Packed(name=name, limit=TOO_LARGE)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, struct.error, RuntimeError, NotImplementedError):
        return Packed(name=name, limit="damaged")
    return Packed(name=name, data=b"".join(blocks))


def name_of(info: zipfile.ZipInfo) -> str:
    """The name of an entry, to be shown."""
    name = info.orig_filename
    if not info.flag_bits & _IN_UTF8:
        name = _unicode_path(info.extra) or from_bytes(name.encode("cp437", "replace"))
    return shown_path(name.partition("\0")[0]) or "…"


def _unicode_path(extra: bytes) -> str:
    """Info-ZIP's Unicode Path: packers that keep the old name beside the right one."""
    at = 0
    while at + 4 <= len(extra):
        tag, size = struct.unpack("<HH", extra[at : at + 4])
        if tag == _UNICODE_PATH and size > 5:
            return extra[at + 9 : at + 4 + size].decode("utf-8", "ignore")
        at += 4 + size
    return ""
