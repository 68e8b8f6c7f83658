"""What a file is, by its content: whatever it is called."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.documents import media
from gateway.documents.picture_size import image_size, page_like
from tests.world import archives, files, official, outlook, pdf
from tests.world.compound import compound


def _zip(*names: str, mimetype: str = "", types: str = "") -> bytes:
    entries = [("mimetype", mimetype.encode())] if mimetype else []
    entries += [("[Content_Types].xml", types.encode())] if types else []
    return archives.zipped(*entries, *((name, b"<a/>") for name in names), method=zipfile.ZIP_STORED)


def _boxes(*brands: bytes) -> bytes:
    return struct.pack(">I", 16 + 4 * len(brands[1:])) + b"ftyp" + brands[0] + bytes(4) + b"".join(brands[1:]) + bytes(20)


_CMS = b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07"
_OPEN = "application/vnd.oasis.opendocument."
_OPC = "application/vnd.openxmlformats-officedocument."

KINDS: dict[str, tuple[bytes, str]] = {
    "PDF": (b"%PDF-1.7", media.PDF),
    "PDF behind a byte order mark": (b"\xef\xbb\xbf\r\n%PDF-1.7", media.PDF),
    "PDF behind words of a printer": (b"\x1b%-12345X@PJL JOB\r\n@PJL ENTER LANGUAGE=PDF\r\n%PDF-1.4\n1 0 obj", media.PDF),
    "DOC": (compound({"WordDocument": b"x" * 5000, "1Table": b"x"}), media.DOC),
    "DOC with a table in it": (compound({"WordDocument": b"x", "ObjectPool": {"_1": {"Workbook": b"x"}}}), media.DOC),
    "XLS": (compound({"Workbook": b"x"}), media.XLS),
    "XLS of 1995": (compound({"Book": b"x"}), media.XLS),
    "XLS with a letter in it": (compound({"Workbook": b"x", "MBD1": {"WordDocument": b"x"}}), media.XLS),
    "PPT": (compound({"PowerPoint Document": b"x"}), media.PPT),
    "MSG": (outlook.msg("x"), media.MSG),
    "MSG with a DOC in it": (outlook.msg("x", files=[("a.doc", compound({"WordDocument": b"x"}))]), media.MSG),
    "OLE package": (compound({"Package": b"x"}), media.OLE),
    "locked DOCX": (compound({"EncryptedPackage": b"x", "EncryptionInfo": b"x"}), media.ENCRYPTED_OFFICE),
    "DOCX": (files.word(official.school_letter()), media.DOCX),
    "DOCX with backslashes": (_zip("word\\document.xml"), media.DOCX),
    "DOCX of Word 365": (_zip("[Content_Types].xml", "word/document2.xml"), media.DOCX),
    "DOCX with another main part": (_zip("x/main.xml", types=f"{_OPC}wordprocessingml.document.main+xml"), media.DOCX),
    "DOCM": (_zip("x/main.xml", types="application/vnd.ms-word.document.macroEnabled.main+xml"), media.DOCX),
    "XLSX": (files.excel("a", [[1]]), media.XLSX),
    "XLSB": (_zip("xl/workbook.bin"), media.XLSB),
    "PPTX": (_zip("ppt/presentation.xml"), media.PPTX),
    "XPS": (_zip("FixedDocSeq.fdseq"), media.XPS),
    "ODT": (_zip("content.xml", mimetype=f"{_OPEN}text"), media.ODT),
    "OTT": (_zip("content.xml", mimetype=f"{_OPEN}text-template"), media.ODT),
    "ODS": (_zip("content.xml", mimetype=f"{_OPEN}spreadsheet"), media.ODS),
    "ODP": (_zip("content.xml", mimetype=f"{_OPEN}presentation"), media.ODP),
    "ASiC-E": (_zip("cv.pdf", mimetype="application/vnd.etsi.asic-e+zip"), media.ASICE),
    "ZIP": (_zip("a.pdf"), media.ZIP),
    "ZIP cut in two": (_zip("a.pdf")[:40], media.ZIP),
    "empty ZIP": (_zip(), media.ZIP),
    "RTF": (b"{\\rtf1", media.RTF),
    "Word 2003 XML": (
        b'<?xml version="1.0"?><?mso-application progid="Word.Document"?>'
        b'<w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml">',
        media.WORD_XML,
    ),
    "flat OPC": (
        b'<?xml version="1.0"?><?mso-application progid="Word.Document"?>'
        b'<pkg:package xmlns:pkg="http://schemas.microsoft.com/office/2006/xmlPackage">',
        media.WORD_XML,
    ),
    "flat ODT": (
        f'<?xml version="1.0"?><office:document xmlns:office="urn:x" office:mimetype="{_OPEN}text">'.encode(),
        media.FLAT_ODT,
    ),
    "XML": (b'<?xml version="1.0"?><a/>', media.XML),
    "edXML": (b'<?xml version="1.0"?><edXML xmlns:edXML="http://www.mic.gov.vn/TBT/QCVN_102_2016">', media.EDXML),
    "edXML without a namespace": (b"1212<?xml?><edXML:edXMLEnvelope>", media.EDXML),
    "HTML": (b"<!DOCTYPE html><p>", media.HTML),
    "XHTML": (b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">', media.HTML),
    "HTML in UTF-16": ("<html><body>Kính gửi".encode("utf-16"), media.HTML),
    "a piece of HTML": (b"<table><tr><td>", media.HTML),
    "text": ("Kính gửi".encode(), media.PLAIN),
    "text in UTF-16": ("Kính gửi".encode("utf-16"), media.PLAIN),
    "nothing": (b"", media.PLAIN),
    "mail": (b"From: a@b\r\nSubject: x\r\n\r\nx", media.MAIL),
    "mail that speaks of PDF": (b"From: a@b\r\nSubject: x\r\n\r\n%PDF-1.4", media.MAIL),
    "page of Word saved as a mail": (b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n", media.MAIL),
    "calendar": (b"BEGIN:VCALENDAR\r\n", media.CALENDAR),
    "winmail.dat": (outlook.tnef("x"), media.TNEF),
    "signed": (_CMS + b"\x02\xa0", media.PKCS7),
    "signed, of known length": (b"\x30\x82\x10\x00" + _CMS[2:] + b"\x02", media.PKCS7),
    "signed, short": (b"\x30\x7f" + _CMS[2:] + b"\x02", media.PKCS7),
    "enveloped": (_CMS + b"\x03\xa0", media.PKCS7_LOCKED),
    "RAR 4": (archives.rar4(("a", b"x")), media.RAR),
    "RAR 5": (archives.rar5(("a", b"x")), media.RAR),
    "7z": (archives.packed_by_libarchive("7zip", ("a", b"x")), media.SEVEN_ZIP),
    "tar": (archives.packed_by_libarchive("ustar", ("a", b"x")), media.TAR),
    "cabinet": (archives.cabinet(("a", b"x")), media.CAB),
    "gzip": (gzip.compress(b"x"), media.GZIP),
    "bzip2": (bz2.compress(b"x"), media.BZIP2),
    "xz": (lzma.compress(b"x"), media.XZ),
    "JPEG": (b"\xff\xd8\xff\xe0", media.JPEG),
    "PNG": (b"\x89PNG\r\n\x1a\n", media.PNG),
    "TIFF": (b"II*\0", media.TIFF),
    "TIFF of a Motorola": (b"MM\0*", media.TIFF),
    "GIF": (b"GIF89a", media.GIF),
    "WEBP": (b"RIFF\0\0\0\0WEBPVP8 ", media.WEBP),
    "BMP": (b"BM" + bytes(12) + b"\x28\0\0\0", media.BMP),
    "text that begins as a BMP": (b"BM 45: bien ban hop to chuyen mon", media.PLAIN),
    "HEIC": (_boxes(b"heic", b"mif1"), media.HEIC),
    "HEIC of a general brand": (_boxes(b"mif1", b"heic"), media.HEIC),
    "AVIF": (_boxes(b"avif", b"mif1"), media.AVIF),
    "AVIF of a general brand": (_boxes(b"mif1", b"avif"), media.AVIF),
    "film": (_boxes(b"isom", b"mp42"), "video/mp4"),
    "BinHex": (b"(This file must be converted with BinHex 4.0)", media.BINHEX),
    "DjVu": (b"AT&TFORM\0\0\0\0DJVM", media.DJVU),
    "noise": (bytes(range(32)) * 8, media.UNKNOWN),
}


@pytest.mark.parametrize("name", KINDS)
def test_media_are_told_by_content(name: str) -> None:
    data, kind = KINDS[name]
    assert media.media_of(data) == kind


PAPER = pdf.pdf(official.decision())


@pytest.mark.parametrize(
    ("data", "views"),
    [
        (PAPER, (media.PDF,)),
        (PAPER + _zip("a.docx"), (media.PDF, media.ZIP)),
        (PAPER + _zip("word/document.xml"), (media.PDF, media.DOCX)),
        (b"PK\x03\x04" + bytes(60) + PAPER, (media.ZIP, media.PDF)),
        (b"\xff\xd8\xff\xfe\x02\x00" + PAPER, (media.JPEG, media.PDF)),
        (archives.zipped(("a.pdf", PAPER), method=zipfile.ZIP_STORED), (media.ZIP,)),
        (archives.zipped(("a.zip", _zip("a")), method=zipfile.ZIP_STORED), (media.ZIP,)),
        (archives.packed_by_libarchive("ustar", ("a.pdf", PAPER)), (media.TAR,)),
        (archives.rar5(("a.zip", _zip("a"))), (media.RAR,)),
        (b"From: a@b\r\nSubject: x\r\n\r\n" + PAPER, (media.MAIL, media.PDF)),
        ("Tệp %PDF-1.4 là gì?".encode(), (media.PLAIN,)),
    ],
)
def test_bytes_may_be_two_kinds_at_once(data: bytes, views: tuple[str, ...]) -> None:
    assert media.views_of(data) == views


def _picture(form: str, width: int, height: int) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.new("L", (width, height), 255).save(out, form)
    return out.getvalue()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"])
def test_a_picture_is_measured_without_decoding_it(form: str) -> None:
    assert image_size(_picture(form, 1240, 300)) == (1240, 300)


def test_a_page_is_larger_than_a_logo() -> None:
    assert page_like(1240, 1754)
    assert page_like(0, 0)
    assert not page_like(1240, 300)
    assert not page_like(120, 120)


@settings(max_examples=200)
@given(st.sampled_from([data[:40] for data, _ in KINDS.values()]), st.binary(max_size=200))
def test_any_bytes_have_a_kind_and_a_size(start: bytes, rest: bytes) -> None:
    assert media.views_of(start + rest)
    assert media.never_a_document(start + rest) is not None
    width, height = image_size(start + rest)
    assert width >= 0
    assert height >= 0
