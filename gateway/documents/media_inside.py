"""Which kind of ZIP or OLE file is it?  By the names that lie in it.  Pure."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Sequence

from gateway.documents.compound import Compound

_MOST_NAMES = 5000


def kind_of_zip(data: bytes, entries: Sequence[tuple[str, str]], types: Sequence[tuple[bytes, str]]) -> str:
    """The kind of an Office file by the prefix of an entry (lower case) or its list of content types; "" for other archives."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _kind_of_names(archive, entries, types)
    except Exception:  # noqa: BLE001 - zipfile raises half a dozen kinds for damaged archives; a damaged one is a ZIP still
        return ""


def _kind_of_names(archive: zipfile.ZipFile, entries: Sequence[tuple[str, str]], types: Sequence[tuple[bytes, str]]) -> str:
    infos = archive.infolist()[:_MOST_NAMES]
    if infos and infos[0].filename == "mimetype":
        with archive.open(infos[0]) as entry:
            return entry.read(100).decode("ascii", "replace").strip().removesuffix("-template").removesuffix("-master")
    names = [info.filename.replace("\\", "/").lstrip("/").lower() for info in infos]
    for prefix, kind in entries:
        if any(name.startswith(prefix) for name in names):
            return kind
    if "[content_types].xml" in names:
        with archive.open(infos[names.index("[content_types].xml")]) as entry:
            listed = entry.read(1 << 18)
        return next((kind for word, kind in types if word in listed), "")
    return ""


def ends_as_zip(data: bytes) -> bool:
    """There is a ZIP directory with at least one entry at the end of the bytes (PKWARE APPNOTE 4.3.16)."""
    at = data.rfind(b"PK\x05\x06", max(len(data) - 65557, 0))
    if at < 0 or len(data) < at + 22:
        return False
    count, size, _, comment = struct.unpack("<HIIH", data[at + 10 : at + 22])
    if data[at + 22 + comment :].strip():  # something follows: this is the end of a file that lies in another archive
        return False
    return count > 0 and size >= 46 and data[max(at - size, 0) : max(at - size, 0) + 4] == b"PK\x01\x02"


def begins_an_entry(data: bytes, at: int) -> bool:
    """A local file header (PKWARE APPNOTE 4.3.7) ends right before that place."""
    header = data.rfind(b"PK\x03\x04", 0, at)
    while header >= 0:
        if len(data) >= header + 30:
            name, extra = struct.unpack("<HH", data[header + 26 : header + 30])
            if header + 30 + name + extra == at:
                return True
        header = data.rfind(b"PK\x03\x04", 0, header)
    return False


def kind_of_ole(data: bytes, streams: Sequence[tuple[str, str]]) -> str:
    """The kind of a compound file by the names in its root; by names anywhere when the directory is damaged; "" if unknown.

    Only the root counts: a Word file lies in a mail of Outlook with all its streams.
    """
    try:
        with Compound(data) as file:
            names = {entry.name for entry in file.root.kids}
    except Exception:  # noqa: BLE001 - olefile raises whatever struct, io and its own checks raise; damaged is a kind too
        return next((kind for name, kind in streams if name.encode("utf-16-le") in data), "")
    return next((kind for stream, kind in streams if any(_is_called(name, stream) for name in names)), "")


def _is_called(name: str, stream: str) -> bool:
    return name.startswith(stream) if stream.endswith("_") else name.lower() == stream.lower()
