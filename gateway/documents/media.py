"""What a file is, by its content and not by its name; and whether an official document could be inside.  Pure."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from pathlib import PurePosixPath

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
DOC = "application/msword"
XLS = "application/vnd.ms-excel"
PPT = "application/vnd.ms-powerpoint"
MSG = "application/vnd.ms-outlook"
RTF = "application/rtf"
ODT = "application/vnd.oasis.opendocument.text"
ZIP = "application/zip"
RAR = "application/vnd.rar"
SEVEN_ZIP = "application/x-7z-compressed"
TNEF = "application/vnd.ms-tnef"
PKCS7 = "application/pkcs7-mime"
MAIL = "message/rfc822"
HTML = "text/html"
PLAIN = "text/plain"
XML = "application/xml"
CALENDAR = "text/calendar"
UNKNOWN = "application/octet-stream"
ENCRYPTED_OFFICE = "application/encrypted-office"  # our own name: OOXML with a password lies in an OLE file

# Formats that can hold an official document and that no reader reads yet.
COULD_BE_DOCUMENTS = frozenset(
    (
        DOC,
        RTF,
        ODT,
        MSG,
        TNEF,
        PKCS7,
        ZIP,
        RAR,
        SEVEN_ZIP,
        "application/gzip",
        "application/word-xml",
        "image/jpeg",
        "image/png",
        "image/tiff",
        "image/bmp",
        "image/webp",
        "image/heic",
    )
)

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"{\\rtf", RTF),
    (b"Rar!\x1a\x07", RAR),
    (b"7z\xbc\xaf\x27\x1c", SEVEN_ZIP),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"BM", "image/bmp"),
    (b"\x78\x9f\x3e\x22", TNEF),
    (b"\x1f\x8b\x08", "application/gzip"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_STREAMS: tuple[tuple[str, str], ...] = (
    ("EncryptedPackage", ENCRYPTED_OFFICE),
    ("WordDocument", DOC),
    ("__substg1.0_", MSG),
    ("PowerPoint Document", PPT),
    ("Workbook", XLS),
    ("Book", XLS),
)
_ZIP_ENTRIES: tuple[tuple[str, str], ...] = (("word/document", DOCX), ("xl/workbook", XLSX), ("ppt/presentation", PPTX))
_MAIL_FIELD = re.compile(
    rb"\A(?:From [^\r\n]+\r?\n)?(?:(?:Return-Path|Received|Delivered-To|From|To|Cc|Subject|Date|Message-ID|MIME-Version|"
    rb"Content-Type|DKIM-Signature|Reply-To|Sender|Authentication-Results|ARC-[\w-]+|X-[\w-]+):"
    rb"[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*\r?\n){2,}",
    re.IGNORECASE,
)


def media_of(data: bytes) -> str:
    """The media type of bytes."""
    start = data[:1024]
    if b"%PDF-" in start:
        return PDF
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _media_of_zip(data)
    if start.startswith(_OLE):
        return next((media for name, media in _OLE_STREAMS if name.encode("utf-16-le") in data), "application/x-ole-storage")
    for magic, media in _MAGIC:
        if start.startswith(magic):
            return media
    if start[:4] == b"RIFF":
        return "image/webp" if start[8:12] == b"WEBP" else UNKNOWN
    if start[4:8] == b"ftyp":
        return "image/heic" if start[8:12] in (b"heic", b"heix", b"mif1", b"hevc") else "video/mp4"
    if start[:2] == b"0\x82" and b"\x2a\x86\x48\x86\xf7\x0d\x01\x07" in start[:32]:
        return PKCS7  # a CMS object (RFC 5652): signed or encrypted
    return _media_of_text(data, start)


def _media_of_text(data: bytes, start: bytes) -> str:
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    lowered = text[:512].lower()
    if _MAIL_FIELD.match(data, 0, 65536):
        return MAIL
    if lowered.startswith(b"begin:vcalendar"):
        return CALENDAR
    if b"<html" in lowered or lowered.startswith(b"<!doctype html"):
        return HTML
    if lowered.startswith(b"<?xml"):
        return "application/word-xml" if b"w:wordDocument" in data[:4096] else XML
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return PLAIN
    controls = sum(start.count(bytes([code])) for code in (*range(9), *range(14, 27), 28, 29, 30, 31))
    return PLAIN if controls * 50 <= len(start) else UNKNOWN


def _media_of_zip(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            if names and names[0] == "mimetype":
                with archive.open("mimetype") as entry:
                    return entry.read(100).decode("ascii", "replace").strip()
    except Exception:  # noqa: BLE001 - zipfile raises half a dozen kinds for damaged archives; a damaged one is a ZIP still
        return ZIP
    for prefix, media in _ZIP_ENTRIES:
        if any(name.startswith(prefix) for name in names):
            return media
    return ZIP


# --- Could a document be inside? --------------------------------------------------------------------------------------

_DOCUMENT_SUFFIXES = frozenset(
    (
        ".pdf",
        ".doc",
        ".docx",
        ".docm",
        ".dot",
        ".dotx",
        ".rtf",
        ".odt",
        ".eml",
        ".msg",
        ".p7m",
        ".htm",
        ".html",
        ".txt",
        ".jpg",
        ".jpeg",
        ".png",
        ".tif",
        ".tiff",
        ".heic",
        ".bmp",
        ".webp",
        ".zip",
        ".rar",
        ".7z",
        ".gz",
        ".tar",
    )
)


def suffix_says_document(name: str) -> bool:
    """The name ends as documents do: only asked where the content says nothing."""
    return PurePosixPath(name.lower()).suffix in _DOCUMENT_SUFFIXES


def zip_entries(data: bytes) -> tuple[list[str], bool]:
    """Names in a ZIP, and whether one of them needs a password; ([], False) when it cannot be listed."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return archive.namelist()[:5000], any(info.flag_bits & 1 for info in archive.infolist()[:5000])
    except Exception:  # noqa: BLE001 - see _media_of_zip
        return [], False


def image_size(data: bytes) -> tuple[int, int]:
    """Width and height of a PNG or JPEG in pixels, (0, 0) when unknown: a logo is not a scan."""
    if data.startswith(b"\x89PNG") and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return width, height
    if data.startswith(b"\xff\xd8"):
        return _jpeg_size(data)
    return 0, 0


def _jpeg_size(data: bytes) -> tuple[int, int]:
    at = 2
    for _ in range(200):
        if at + 9 > len(data) or data[at] != 0xFF:
            break
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + (0 if 0xD0 <= marker <= 0xD9 or marker == 0xFF else struct.unpack(">H", data[at + 2 : at + 4])[0])
    return 0, 0


def page_like(width: int, height: int) -> bool:
    """Large enough to be a legible page; an unknown size counts as one."""
    return (width, height) == (0, 0) or (max(width, height) >= 1000 and min(width, height) >= 700)
