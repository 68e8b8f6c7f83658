"""Files that hold files: one unpacker for each kind, found in UNPACKERS and EMBEDDED.  Pure; never raises.

An unpacker takes bytes and the Room that its mail has left, and yields what lies inside, one after the other.  What
cannot be had is a Packed with a named limit.  Nothing is ever written anywhere, and no name that comes out is used.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.documents import media
from gateway.documents.containers import apple, archives, cms, embedded, mails, outlook, packages, streams, tnef, zips
from gateway.documents.containers.names import joined, shown_path
from gateway.documents.containers.room import Exhausted, Packed, Room, Unpacker, guarded

__all__ = ["EMBEDDED", "UNPACKERS", "Exhausted", "Packed", "Room", "Unpacker", "joined", "shown_path"]

_UNPACKERS: Mapping[str, Unpacker] = {
    media.ZIP: zips.unpack,
    media.ASICE: zips.unpack,
    media.RAR: archives.rar,
    media.SEVEN_ZIP: archives.seven_zip,
    media.TAR: archives.tar,
    media.CAB: archives.cab,
    media.LHA: archives.lha,
    media.GZIP: streams.unpack_gzip,
    media.BZIP2: streams.unpack_bzip2,
    media.XZ: streams.unpack_xz,
    media.MAIL: mails.unpack,
    media.MSG: outlook.unpack,
    media.TNEF: tnef.unpack,
    media.PKCS7: cms.unpack,
    media.PKCS7_LOCKED: cms.locked,
    media.EDXML: packages.unpack,
    media.APPLE: apple.unpack,
    media.OLE: embedded.in_ole,
}
_EMBEDDED: Mapping[str, Unpacker] = {
    media.PDF: embedded.in_pdf,
    media.DOCX: embedded.in_office,
    media.PPTX: embedded.in_office,
    media.XLSX: embedded.in_office,
    media.DOC: embedded.in_ole,
    media.XLS: embedded.in_ole,
    media.PPT: embedded.in_ole,
}

# Files that are nothing but containers, and documents that may hold files beside their own words.
UNPACKERS: Mapping[str, Unpacker] = {kind: guarded(unpack) for kind, unpack in _UNPACKERS.items()}
EMBEDDED: Mapping[str, Unpacker] = {kind: guarded(unpack) for kind, unpack in _EMBEDDED.items()}
