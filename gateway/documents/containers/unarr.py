"""libunarr on bytes in memory: what libarchive does not read: solid and old RAR (1.5 to 4), Deflate64 in ZIP.  Pure.

A small C library (Debian: libunarr1, LGPL-3), loaded when this module is imported, because a guarded child has no file system
to load it from.  Without it such archives stay unread.  Its interface is unarr.h, version 1.0; it knows neither passwords
nor volumes: their entries fail.
"""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from gateway.documents import media
from gateway.documents.containers.names import from_bytes, shown_path
from gateway.documents.containers.room import MAX_FILE_BYTES, TIME, TOO_LARGE, Meter, Packed, Room

_log = logging.getLogger(__name__)
_BLOCK = 256 * 1024
_pointer, _size = ctypes.c_void_p, ctypes.c_size_t


def _loaded() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL("libunarr.so.1")
    except OSError:
        _log.info("libunarr.so.1 cannot be loaded (Debian: libunarr1): solid RAR files stay unreadable")
        return None
    signatures: dict[str, tuple[object, ...]] = {
        "ar_open_memory": (_pointer, ctypes.c_char_p, _size),
        "ar_open_rar_archive": (_pointer, _pointer),
        "ar_open_zip_archive": (_pointer, _pointer, ctypes.c_bool),
        "ar_parse_entry": (ctypes.c_bool, _pointer),
        "ar_at_eof": (ctypes.c_bool, _pointer),
        "ar_entry_get_name": (ctypes.c_char_p, _pointer),
        "ar_entry_get_size": (_size, _pointer),
        "ar_entry_uncompress": (ctypes.c_bool, _pointer, _pointer, _size),
        "ar_close_archive": (None, _pointer),
        "ar_close": (None, _pointer),
    }
    for name, (gives, *takes) in signatures.items():
        function = getattr(library, name)
        function.restype, function.argtypes = gives, takes
    return library


_library = _loaded()
_OPENERS: Mapping[str, Callable[[ctypes.CDLL, int], int | None]] = {
    "rar": lambda library, stream: library.ar_open_rar_archive(stream),
    "zip": lambda library, stream: library.ar_open_zip_archive(stream, False),
}


def unpack(data: bytes, room: Room, kind: str) -> Iterator[Packed]:
    """The files of a "rar" (not 5) or "zip" that can be had; a last one with a limit when it ended before its end."""
    if _library is None:
        yield Packed(name="…", limit="format")
        return
    with _opened(_library, data, kind) as archive:
        meter = Meter(room, len(data))
        while archive and _library.ar_parse_entry(archive):
            name = shown_path(from_bytes(_library.ar_entry_get_name(archive) or b"")) or "…"
            if room.late:
                yield Packed(name=name, limit=TIME)
                return
            yield _packed(_library, archive, name, meter)
        if not archive or not _library.ar_at_eof(archive):
            yield Packed(name="…", limit="damaged")


@contextmanager
def _opened(library: ctypes.CDLL, data: bytes, kind: str) -> Iterator[int | None]:
    """The archive; None when it is none.  ``data`` lives longer than the stream that points into it."""
    stream = library.ar_open_memory(data, len(data))
    archive = _OPENERS[kind](library, stream) if stream else None
    try:
        yield archive
    finally:
        if archive:
            library.ar_close_archive(archive)
        if stream:
            library.ar_close(stream)


def _packed(library: ctypes.CDLL, archive: int, name: str, meter: Meter) -> Packed:
    size = library.ar_entry_get_size(archive)
    if size > MAX_FILE_BYTES:
        return Packed(name=name, limit=TOO_LARGE)
    out = bytearray()
    while len(out) < size:
        block = ctypes.create_string_buffer(min(_BLOCK, size - len(out)))
        if not library.ar_entry_uncompress(archive, block, len(block)):
            return Packed(name=name, limit="damaged")
        meter.take(len(block))
        first = not out
        out += block.raw
        if first and (kind := media.never_a_document(bytes(out))):
            return Packed(name=name, skipped=kind, size=size)
    return Packed(name=name, data=bytes(out))


def rescued(first: Iterator[Packed], data: bytes, room: Room, kind: str) -> Iterator[Packed]:
    """What ``first`` yields, and for what it could not read of a form that it does not know, what libunarr can."""
    problems: dict[str, Packed] = {}
    given: set[str] = set()
    for packed in first:
        if packed.limit in ("format", "damaged"):
            problems.setdefault(packed.name, packed)
        else:
            given.add(packed.name)
            yield packed
    if not problems:
        return
    unread = False
    for packed in unpack(data, room, kind):
        if packed.limit:
            unread = unread or packed.name not in given
        elif packed.name not in given:
            given.add(packed.name)
            yield packed
    yield from (packed for name, packed in problems.items() if name not in given and (unread or name != "…"))
