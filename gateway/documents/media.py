"""What a file is, by its content and not by its name; and whether an official document could be inside.  Pure.

``media_of`` says what a client would open; ``views_of`` also what else the same bytes are: a ZIP may be a PDF at the same
time, and nobody knows which of the two the addressee will see.
"""

from __future__ import annotations

import binascii
import re

from gateway.documents import media_inside

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XLSB = "application/vnd.ms-excel.sheet.binary"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
DOC = "application/msword"
XLS = "application/vnd.ms-excel"
PPT = "application/vnd.ms-powerpoint"
MSG = "application/vnd.ms-outlook"
OLE = "application/x-ole-storage"
RTF = "application/rtf"
ODT = "application/vnd.oasis.opendocument.text"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
ODP = "application/vnd.oasis.opendocument.presentation"
FLAT_ODT = "application/vnd.oasis.opendocument.text-flat-xml"
WORD_XML = "application/word-xml"  # our own name: Word 2003 XML, and "flat OPC" of later versions
ZIP = "application/zip"
ASICE = "application/vnd.etsi.asic-e+zip"  # files with their signatures in a ZIP (ETSI EN 319 162)
RAR = "application/vnd.rar"
SEVEN_ZIP = "application/x-7z-compressed"
TAR = "application/x-tar"
CAB = "application/vnd.ms-cab-compressed"
LHA = "application/x-lzh-compressed"
GZIP = "application/gzip"
BZIP2 = "application/x-bzip2"
XZ = "application/x-xz"
TNEF = "application/vnd.ms-tnef"
PKCS7 = "application/pkcs7-mime"
PKCS7_LOCKED = "application/pkcs7-encrypted"  # our own name: enveloped-data
MAIL = "message/rfc822"
EDXML = "application/edxml"  # our own name: a package of QCVN 102:2016/BTTTT
APPLE = "application/applefile"  # AppleSingle, AppleDouble, MacBinary
BINHEX = "application/mac-binhex40"
HTML = "text/html"
PLAIN = "text/plain"
XML = "application/xml"
CALENDAR = "text/calendar"
UNKNOWN = "application/octet-stream"
ENCRYPTED_OFFICE = "application/encrypted-office"  # our own name: OOXML with a password lies in an OLE file
XPS = "application/vnd.ms-xpsdocument"
DJVU = "image/vnd.djvu"

JPEG, PNG, TIFF, BMP, WEBP, HEIC, AVIF, GIF = (
    f"image/{name}" for name in ("jpeg", "png", "tiff", "bmp", "webp", "heic", "avif", "gif")
)
PICTURES = (JPEG, PNG, TIFF, BMP, WEBP, HEIC, AVIF, GIF)

# Formats that can hold an official document, whether or not somebody reads them.
COULD_BE_DOCUMENTS = frozenset((PDF, DOCX, DOC, RTF, ODT, FLAT_ODT, WORD_XML, XPS, DJVU, BINHEX, *PICTURES))

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"{\\rtf", RTF),
    (b"Rar!\x1a\x07", RAR),
    (b"7z\xbc\xaf\x27\x1c", SEVEN_ZIP),
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF8", GIF),
    (b"II*\0", TIFF),
    (b"MM\0*", TIFF),
    (b"II+\0", TIFF),
    (b"MM\0+", TIFF),
    (b"\x78\x9f\x3e\x22", TNEF),
    (b"\x1f\x8b\x08", GZIP),
    (b"BZh", BZIP2),
    (b"\xfd7zXZ\0", XZ),
    (b"MSCF\0\0\0\0", CAB),
    (b"\0\x05\x16\x07", APPLE),
    (b"\0\x05\x16\0", APPLE),
    (b"AT&TFORM", DJVU),
    (b"MZ", "application/vnd.microsoft.portable-executable"),
    (b"\x7fELF", "application/x-executable"),
    (b"ID3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"\x1aE\xdf\xa3", "video/x-matroska"),
    (b"\0\0\x01\xba", "video/mpeg"),
)
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"mif2", b"msf1")
_CMS_OID = b"\x2a\x86\x48\x86\xf7\x0d\x01"  # 1.2.840.113549.1: pkcs7 is 7.x, S/MIME's compressed data is 9.16.1.9
_PDF = re.compile(rb"%PDF-\d")
_MAIL_FIELD = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s{0,16}(?:From [^\r\n]+\r?\n)?(?:(?:Return-Path|Received|Delivered-To|From|To|Cc|Subject|Date|"
    rb"Message-ID|MIME-Version|Content-(?:Type|Transfer-Encoding|Disposition)|DKIM-Signature|Reply-To|Sender|"
    rb"Authentication-Results|ARC-[\w-]+|X-[\w-]+):[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*\r?\n){2,}",
    re.IGNORECASE,
)


def media_of(data: bytes) -> str:
    """The media type of bytes: what a client would open."""
    start = data[:1024]
    if start.lstrip(b"\xef\xbb\xbf \t\r\n\0").startswith(b"%PDF-"):
        return PDF
    kind = _by_magic(data, start)
    if kind:
        return kind
    if start[:1] == b"\0" and _is_macbinary(data):
        return APPLE
    return _media_of_text(data, start)


def views_of(data: bytes) -> tuple[str, ...]:
    """All that the bytes are, the most likely first: PDF readers take a header anywhere in the first 1,024 bytes, and
    unpackers find a ZIP by its end."""
    kind = media_of(data)
    views = [kind]
    if kind != PDF and (found := _PDF.search(data, 0, 1024)) and b"obj" in data and not _is_stored(kind, data, found.start()):
        views.append(PDF)
    if not data.startswith(b"PK") and kind not in (TAR, MAIL) and media_inside.ends_as_zip(data):
        views.append(_kind_of_zip(data))
    return tuple(views)


def _is_stored(kind: str, data: bytes, at: int) -> bool:
    """Those bytes are a file that lies uncompressed in the archive: no second view, the unpacker shows it."""
    return (kind == TAR and at % 512 == 0) or (data.startswith(b"PK") and media_inside.begins_an_entry(data, at))


def _by_magic(data: bytes, start: bytes) -> str:
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK00PK\x03\x04", b"PK\x07\x08PK\x03\x04")):
        return _kind_of_zip(data)
    if start.startswith(_OLE_MAGIC):
        return media_inside.kind_of_ole(data, _OLE_STREAMS) or OLE
    for magic, kind in _MAGIC:
        if start.startswith(magic):
            return kind
    if start[:4] == b"RIFF":
        return WEBP if start[8:12] == b"WEBP" else "video/x-riff"
    if start[4:8] == b"ftyp":
        return _kind_of_boxes(start)
    if start[257:262] == b"ustar":
        return TAR
    if start[2:7] in (b"-lh0-", b"-lh1-", b"-lh4-", b"-lh5-", b"-lh6-", b"-lh7-"):
        return LHA
    if start[:2] == b"BM" and start[15:18] == b"\0\0\0" and start[14:15] in b"\x0c\x28\x34\x38\x40\x6c\x7c":
        return BMP
    return _kind_of_cms(start)


# --- Containers that look alike: named by what lies in them ---------------------------------------------------------------

_OLE_STREAMS: tuple[tuple[str, str], ...] = (
    ("EncryptedPackage", ENCRYPTED_OFFICE),
    ("WordDocument", DOC),
    ("__properties_version1.0", MSG),
    ("__nameid_version1.0", MSG),
    ("__substg1.0_", MSG),
    ("PowerPoint Document", PPT),
    ("Workbook", XLS),
    ("Book", XLS),
)
_ZIP_ENTRIES: tuple[tuple[str, str], ...] = (
    ("word/document", DOCX),
    ("xl/workbook.bin", XLSB),
    ("xl/workbook", XLSX),
    ("ppt/presentation", PPTX),
    ("fixeddocseq.fdseq", XPS),
    ("fixeddocumentsequence.fdseq", XPS),
    ("documents/1/fixeddoc", XPS),
)
# Where the main part has another name: what the list of parts says (ECMA-376 part 2, "Content Types stream").
_CONTENT_TYPES: tuple[tuple[bytes, str], ...] = (
    (b"wordprocessingml.document.main", DOCX),
    (b"wordprocessingml.template.main", DOCX),
    (b"ms-word.document.macroEnabled.main", DOCX),
    (b"ms-word.template.macroEnabledTemplate.main", DOCX),
    (b"ms-excel.sheet.binary", XLSB),
    (b"spreadsheetml.sheet.main", XLSX),
    (b"presentationml.presentation.main", PPTX),
)


def _kind_of_zip(data: bytes) -> str:
    return media_inside.kind_of_zip(data, _ZIP_ENTRIES, _CONTENT_TYPES) or ZIP


def _kind_of_boxes(start: bytes) -> str:
    """ISO base media files: pictures of phones, or films."""
    size = min(int.from_bytes(start[:4]), 256)
    brands = [start[8:12], *(start[at : at + 4] for at in range(16, size, 4))]
    if b"avif" in brands or b"avis" in brands:
        return AVIF
    return HEIC if any(brand in _HEIF_BRANDS for brand in brands) else "video/mp4"


def _kind_of_cms(start: bytes) -> str:
    """A CMS object (RFC 5652), "" for anything else: a sequence that begins with the number of its kind."""
    if start[:1] != b"0" or _CMS_OID not in start[2:20]:
        return ""
    at = start.index(_CMS_OID) + len(_CMS_OID)
    return PKCS7_LOCKED if start[at : at + 2] in (b"\x07\x03", b"\x07\x04", b"\x07\x06") else PKCS7


def _is_macbinary(data: bytes) -> bool:
    """MacBinary: 128 bytes of head before the file (RFC 1740 knows it as the older of the Macintosh forms)."""
    if len(data) <= 128 or not 1 <= data[1] <= 63 or data[74] or data[82]:
        return False
    size = int.from_bytes(data[83:87])
    return 0 < size <= len(data) - 128 and data[122] in (0, 129, 130)


# --- Texts ------------------------------------------------------------------------------------------------------------

_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1b"))


def _media_of_text(data: bytes, start: bytes) -> str:
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        start = data[:8192].decode("utf-16", "ignore").encode()
        wide = True
    else:
        wide = False
    if not wide and _MAIL_FIELD.match(data, 0, 65536):
        return MAIL
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    if kind := _kind_of_words(text, start if wide else data[:8192]):
        return kind
    if _PDF.search(start) and b"obj" in data:
        return PDF
    controls = len(start) - len(start.translate(None, _CONTROLS))
    return PLAIN if wide or controls * 50 <= len(start) else UNKNOWN


_EDXML = re.compile(rb"<(?:\w+:)?edXML(?:Envelope)?[\s>]")


def _kind_of_words(text: bytes, more: bytes) -> str:
    lowered = text[:512].lower()
    if lowered.startswith(b"begin:vcalendar"):
        return CALENDAR
    if b"www.mic.gov.vn/TBT/QCVN" in more or _EDXML.search(more):
        return EDXML
    if b"<html" in lowered or lowered.startswith((b"<!doctype html", b"<head", b"<body", b"<meta", b"<table", b"<div", b"<p>")):
        return HTML
    if lowered.startswith((b"<?xml", b"<?mso-application", b"<w:worddocument", b"<office:document", b"<pkg:package")):
        return _kind_of_xml(more)
    if lowered.startswith((b"(this file must be converted with binhex", b"(this file must be converted; you")):
        return BINHEX
    return _kind_of_armour(text)


_FLAT_ODT_TYPE = re.compile(rb"office:mimetype=[\"']application/vnd\.oasis\.opendocument\.text")


def _kind_of_xml(more: bytes) -> str:
    if b"office/word/2003/wordml" in more or (b"office/2006/xmlPackage" in more and b"Word.Document" in more):
        return WORD_XML
    if _FLAT_ODT_TYPE.search(more):
        return FLAT_ODT
    return HTML if b"<html" in more.lower() else XML


_ARMOUR = re.compile(rb"-----BEGIN (?:PKCS7|PKCS #7 SIGNED DATA|CMS)-----\s+([A-Za-z0-9+/\s]{40,})")
_BARE_ARMOUR = re.compile(rb"M[A-P][A-Za-z0-9+/\r\n]{60}")


_SPACE = re.compile(rb"\s")


def _kind_of_armour(text: bytes) -> str:
    """A CMS object written in base64, with or without its armour lines (RFC 7468 section 8)."""
    found = _ARMOUR.match(text) or _BARE_ARMOUR.match(text)
    if found is None:
        return ""
    letters = _SPACE.sub(b"", found[found.lastindex or 0])[:56]
    return _kind_of_cms(binascii.a2b_base64(letters[: len(letters) // 4 * 4]))


# --- Could a document be inside? --------------------------------------------------------------------------------------

_NEVER = ("audio/", "video/", "application/vnd.microsoft.portable-executable", "application/x-executable")


def never_a_document(start: bytes) -> str:
    """The media type of a program, a film or a sound, by its first bytes; "" when the rest must be looked at."""
    kind = _by_magic(start[:1024], start[:1024]) if not start.startswith((b"PK", _OLE_MAGIC)) else ""
    return kind if kind.startswith(_NEVER) and not _PDF.search(start, 0, 1024) else ""


_FILES = (
    b"%PDF-",
    b"PK\x03\x04",
    _OLE_MAGIC,
    b"{\\rtf",
    b"Rar!\x1a\x07",
    b"7z\xbc\xaf",
    b"\xff\xd8\xff",
    b"\x89PNG",
    b"II*\0",
    b"MM\0*",
)


def starts_as_file(data: bytes) -> bool:
    """A part that calls itself a text begins as a document, a picture or an archive does."""
    return data[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(_FILES)
