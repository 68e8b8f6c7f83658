"""libarchive on bytes in memory: RAR (versions 4 and 5), 7z, tar, cab, LZH, and what zipfile does not read.  Pure.

The C library is loaded when this module is imported, because a guarded child has no file system to load it from.  It does
not read solid RAR 3, RAR 2 and encrypted archives: the first two are left to libunarr (gateway.documents.containers.unarr).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from gateway.documents import media
from gateway.documents.containers.names import from_bytes, shown_path
from gateway.documents.containers.room import MAX_FILE_BYTES, TIME, TOO_LARGE, Meter, Packed, Room

_log = logging.getLogger(__name__)

try:
    import libarchive
    from libarchive import ffi
except (ImportError, OSError, TypeError, AttributeError):  # ctypes raises TypeError for a library that is not there
    libarchive = None
    _log.warning("libarchive.so.13 cannot be loaded (Debian: libarchive13): RAR, 7z, tar and cab files stay unreadable")

# Not in libarchive-c: without it, locked entries of RAR 4 come out as noise.
_is_locked = ffi.ffi("entry_is_encrypted", [ffi.c_archive_entry_p], ffi.c_int) if libarchive else None
_BLOCK = 256 * 1024
_REGULAR = 0o100000


def unpack(data: bytes, room: Room, format_name: str) -> Iterator[Packed]:
    """The files of an archive of one of libarchive's formats ("rar", "rar5", "7zip", "tar", "cab", "lha", "zip")."""
    if libarchive is None:
        yield Packed(name="…", limit="format")
        return
    try:
        with libarchive.memory_reader(data, format_name=format_name) as archive:
            yield from _entries(archive, room, Meter(room, len(data)))
    except libarchive.ArchiveError as error:
        yield Packed(name="…", limit=_reason(error))


def _entries(archive: Any, room: Room, meter: Meter) -> Iterator[Packed]:
    reason = ""
    for entry in archive:
        if entry.filetype not in (_REGULAR, 0):
            continue
        name = _name(entry)
        if _is_locked and _is_locked(entry._entry_p):
            yield Packed(name=name, limit="password")
            continue
        if room.late:
            yield Packed(name=name, limit=TIME)
            return  # the next header of a solid archive may cost as much as all that lies before it
        try:
            yield _packed(entry, name, meter)
        except libarchive.ArchiveError as error:
            reason = reason if reason == "format" else _reason(error)  # files that were packed together are unread together
            yield Packed(name=name, limit=reason)


def _name(entry: Any) -> str:
    raw: bytes | None = ffi.entry_pathname(entry._entry_p)
    if raw is None:
        return "…"
    return shown_path(from_bytes(raw)) or "…"


def _packed(entry: Any, name: str, meter: Meter) -> Packed:
    blocks: list[bytes] = []
    size = 0
    for block in entry.get_blocks(_BLOCK):
        size += len(block)
        meter.take(len(block))
        blocks.append(block)
        if len(blocks) == 1 and (kind := media.never_a_document(block)):
            return Packed(name=name, skipped=kind, size=entry.size or size)
        if size > MAX_FILE_BYTES:
            return Packed(name=name, limit=TOO_LARGE)
    return Packed(name=name, data=b"".join(blocks))


def _reason(error: Exception) -> str:
    """libarchive says in English why it stopped; there is no number for it."""
    words = str(error).lower()
    if "encrypt" in words or "passphrase" in words or "password" in words:
        return "password"
    if "allocate" in words or "memory" in words:  # a dictionary of 7z may be larger than what a child may have
        return "memory limit"
    return "format" if any(word in words for word in ("support", "unknown", "unexpected codec", "solid")) else "damaged"
