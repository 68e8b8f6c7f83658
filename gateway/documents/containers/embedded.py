"""Files within documents: attachments of a PDF, objects that were dropped into an Office file.  Pure."""

from __future__ import annotations

import ctypes
import io
import struct
import zipfile
from collections.abc import Iterator

import pypdfium2
import pypdfium2.raw as pdfium

from gateway.documents import media
from gateway.documents.compound import Compound
from gateway.documents.containers.names import from_bytes, shown_path
from gateway.documents.containers.room import MAX_FILE_BYTES, Meter, Packed, Room

_MOST = 200


# --- PDF --------------------------------------------------------------------------------------------------------------


def in_pdf(data: bytes, room: Room) -> Iterator[Packed]:
    """The files of a portfolio, and those that are attached to a PDF (ISO 32000-1, 7.11.4)."""
    meter = Meter(room, len(data))
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError:
        return  # its reader says why
    try:
        for index in range(min(pdfium.FPDFDoc_GetAttachmentCount(document), _MOST)):
            attachment = pdfium.FPDFDoc_GetAttachment(document, index)
            if attachment:
                yield _of_pdf(attachment, meter)
    finally:
        document.close()


def _of_pdf(attachment: pdfium.FPDF_ATTACHMENT, meter: Meter) -> Packed:
    length = pdfium.FPDFAttachment_GetName(attachment, None, 0)
    wide = ctypes.create_string_buffer(min(length, 4096))
    pdfium.FPDFAttachment_GetName(attachment, ctypes.cast(wide, ctypes.POINTER(pdfium.FPDF_WCHAR)), len(wide))
    name = shown_path(wide.raw.decode("utf-16-le", "ignore").partition("\0")[0]) or "…"
    size = ctypes.c_ulong()
    if not pdfium.FPDFAttachment_GetFile(attachment, None, 0, size) or not size.value:
        return Packed(name=name, limit="damaged")
    if size.value > MAX_FILE_BYTES:
        return Packed(name=name, limit="too large")
    meter.take(size.value)
    content = ctypes.create_string_buffer(size.value)
    pdfium.FPDFAttachment_GetFile(attachment, content, size.value, size)
    return Packed(name=name, data=content.raw)


# --- Office Open XML --------------------------------------------------------------------------------------------------


# Names of streams in objects that hold a file; a letter of mathematics has hundreds of objects that hold a formula.
_HOLDING = tuple(name.encode("utf-16-le") for name in ("Ole10Native", "Package", "CONTENTS", "WordDocument"))


def in_office(data: bytes, room: Room) -> Iterator[Packed]:
    """Files in word/embeddings and its like; the tables behind charts are left where they are."""
    meter = Meter(room, len(data))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        found = [info for info in archive.infolist() if "/embeddings/" in info.filename.lower() and not info.is_dir()]
        for info in found[:_MOST]:
            name = shown_path(info.filename).rpartition("/")[2]
            if name.lower().endswith((".xlsx", ".xlsb", ".xlsm", ".xls")):
                continue
            with archive.open(info) as entry:
                content = entry.read(MAX_FILE_BYTES + 1)
            meter.take(len(content))
            if len(content) > MAX_FILE_BYTES:
                yield Packed(name=name, limit="too large")
            elif not name.lower().endswith(".bin") or any(mark in content for mark in _HOLDING):
                yield Packed(name=name, data=content)


# --- Compound files ---------------------------------------------------------------------------------------------------

_NATIVE = "\x01Ole10Native"
_STREAMS = (_NATIVE, "Package", "CONTENTS")
_NO_FILES = (media.UNKNOWN, media.XLSX)  # formulas and pictures of programs that are gone; tables behind charts


def in_ole(data: bytes, room: Room) -> Iterator[Packed]:
    """Files that were dropped into a Word, Excel or PowerPoint file of the old kind, or into a single object."""
    meter = Meter(room, len(data))
    with Compound(data) as file:
        paths = [path for path in file.listdir(streams=True, storages=False) if path[-1] in _STREAMS]
        for path in paths[:_MOST]:
            content: bytes = file.openstream(path).read()
            meter.take(len(content))
            packed = _native(content) if path[-1] == _NATIVE else Packed(name="", data=content)
            if packed is not None and media.media_of(packed.data) not in _NO_FILES:
                yield packed


def _native(content: bytes) -> Packed | None:
    """A file as the Windows packager keeps it: label, path, path of a copy, then its bytes ([MS-OLEDS] 2.3.6)."""
    try:
        label_end = content.index(b"\0", 6)
        path_end = content.index(b"\0", label_end + 1)
        (copy,) = struct.unpack_from("<I", content, path_end + 5)
        at = path_end + 9 + copy
        (size,) = struct.unpack_from("<I", content, at)
    except (ValueError, struct.error):
        return None
    name = shown_path(from_bytes(content[6:label_end])).rpartition("/")[2]
    return Packed(name=name, data=content[at + 4 : at + 4 + size])
