"""What bench.fuzz feeds with strange bytes: each target with its seeds, and how the bytes reach the reader.

Formats that pack their words (Office files, OLE) are fuzzed within: the strange bytes become the stream or the XML, and the
package around it is right.  Otherwise nearly every try ends at a wrong checksum.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from collections.abc import Callable, Iterator

from gateway.model import Value
from tests.hostile import files as hostile
from tests.world import archives, certificates, files, official, olefiles, outlook, pdf
from tests.world.compound import Tree, compound

Wrap = Callable[[bytes], bytes]
LETTER = official.school_letter()
LINES = (
    "Số: 87/THCSLL",
    "Hương Giang, ngày 18 tháng 11 năm 2026",
    "V/v báo cáo kết quả theo công văn số 12/SGDĐT-VP ngày 2/11/2026",
    "Kính gửi: Phòng Giáo dục và Đào tạo",
    "Nơi nhận:",
    "KT. HIỆU TRƯỞNG",
    "PHÓ HIỆU TRƯỞNG",
    "Lê Thị Thử",
)
WORDS = "\n".join(LINES).encode()
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


class Target(Value):
    """``name`` is the file's; ``seeds`` are made when wanted; ``wrap`` puts the strange bytes into their package.

    ``reads`` says by whom they are read: "file", "mail" or "picture".
    """

    name: str
    seeds: Callable[[], Iterator[bytes]]
    wrap: Wrap = bytes
    reads: str = "file"


def _just(*seeds: bytes) -> Callable[[], Iterator[bytes]]:
    return lambda: iter(seeds)


def _part(part: str, **others: bytes) -> Wrap:
    """A ZIP with the strange bytes as that part."""
    return lambda data: hostile.zipped({"[Content_Types].xml": b"<Types/>", **others, part: data})


def _inside(package: bytes, part: str) -> bytes:
    import zipfile

    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return archive.read(part)


def _mails() -> Iterator[bytes]:
    head = b"Subject: =?utf-8?q?a?=\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    part = (
        b"--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Disposition: attachment; filename*=utf-8''a%20b.txt\r\n\r\n"
    )
    yield head + part + WORDS + b"\r\n--b--\r\n"
    yield b"Subject: a\r\nContent-Type: message/rfc822\r\n\r\n" + head + part + b"x\r\n--b--\r\n"
    yield b"Content-Type: text/html; charset=windows-1258\r\nContent-Transfer-Encoding: base64\r\n\r\nPGI+YTwvYj4="
    strange = b'Content-Type: a/b; name*0="=?x?b?YQ==?="; name*1*=utf-8\'\'%41; name="b.pdf"\r\n\r\n'
    yield strange + b"begin 644 a\r\n#86)C\r\n`\r\nend\r\n"


def _signed_pdf() -> Iterator[bytes]:
    yield certificates.signed(pdf.pdf(LETTER), certificates.holder("Sở Thử", under=None), "A")
    yield hostile.pdf_signed_loop()


def _cms() -> Iterator[bytes]:
    signed = next(_signed_pdf())
    at = signed.index(b"/Contents <") + 11
    yield bytes.fromhex(signed[at : signed.index(b">", at)].rstrip(b"0").decode() + "00")


_CONTENT = (
    b"BT /F 12 Tf 1 0 0 1 72 700 Tm (S: 87/THCSLL) Tj 0 -14 Td [(V/v bao) -250 (cao)] TJ ET "
    b"q 9 0 0 9 0 0 cm /X Do Q 0 0 9 9 re f"
)


def _small_pdf(content: bytes) -> bytes:
    """One page with these drawing commands, a form that it may draw, a field and a stamp with appearances."""
    catalogue = b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[7 0 R]>>>>"
    page = (
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Annots[7 0 R 8 0 R]"
        b"/Resources<</Font<</F 5 0 R>>/XObject<</X 6 0 R>>>>>>"
    )
    form = b"<</Type/XObject/Subtype/Form/BBox[0 0 99 99]/Resources<</Font<</F 5 0 R>>>>/Length 29>>"
    form += b"stream\nBT /F 9 Tf (18 11 2026) Tj ET \nendstream"
    field = b"<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/V(87)/Rect[72 700 99 712]/AP<</N 6 0 R>>>>"
    stamp = b"<</Type/Annot/Subtype/Stamp/Rect[72 600 99 612]/Contents(a)/AP<</N 6 0 R>>>>"
    drawn = b"<</Length %d>>stream\n%s\nendstream" % (len(content), content)
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
    return hostile.pdf(catalogue, b"<</Type/Pages/Kids[3 0 R]/Count 1>>", page, drawn, font, form, field, stamp)


def _pictures(form: str) -> Callable[[], Iterator[bytes]]:
    def made() -> Iterator[bytes]:
        import pillow_heif
        from PIL import Image

        pillow_heif.register_heif_opener()
        for mode, size in (("L", (40, 60)), ("RGB", (33, 20))):
            out = io.BytesIO()
            Image.new(mode, size, "white").save(out, form)
            yield out.getvalue()

    return made


_RTF = (
    rb"{\rtf1\ansi\ansicpg1258{\fonttbl{\f0\fcharset163 .VnTime;}{\f1 VNI-Times;}}"
    rb"\f0 S\'e8: 1/A\par\f1 \u7889?{\*\x a}\trowd\cell\row}"
)
_DOC = _just(olefiles.word(olefiles.plain(*LINES)), hostile.ole_loop())
_SHEET = (
    b'<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>S\xe1\xbb\x91: 1/A-B</t></is></c></row></sheetData>'
    b"</worksheet>"
)
_BOOK = {
    "_rels/.rels": (
        f'<Relationships><Relationship Id="r" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": f'<workbook xmlns:r="{_OFFICE}"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships><Relationship Id="r1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
    ),
}
_ODF = (
    b'<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    b'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:text><text:p>S\xe1\xbb\x91: 1/A'
    b"<text:tab/><text:s text:c='3'/></text:p></office:text></office:body></office:document-content>"
)
_SLIDE = b'<p:sld xmlns:p="p" xmlns:a="a"><a:p><a:r><a:t>S\xe1\xbb\x91: 1/A</a:t></a:r></a:p></p:sld>'
_EDXML = (
    b'<edXML xmlns:edXML="http://www.mic.gov.vn/TBT/QCVN_102_2016"><AttachmentEncoded><Attachment><AttachmentName>a.txt'
    b"</AttachmentName><edXML:ContentTransferEncoded>YWJj</edXML:ContentTransferEncoded></Attachment></AttachmentEncoded></edXML>"
)
_MSG: dict[str, bytes | Tree] = {"__nameid_version1.0": {}, "__properties_version1.0": bytes(32)}
_TWO = (("a.txt", WORDS), ("b/c.txt", b"x" * 50))


def _msg(data: bytes) -> bytes:
    attached = {"__substg1.0_37010102": data, "__substg1.0_3707001F": data[:40], "__properties_version1.0": data[:64]}
    body: dict[str, bytes | Tree] = {"__substg1.0_1000001F": data, "__substg1.0_10090102": data}
    return compound({**_MSG, **body, "__attach_version1.0_#00000000": attached})


TARGETS: dict[str, Target] = {
    "mail": Target(name="", seeds=_mails, reads="mail"),
    "eml": Target(name="a.eml", seeds=_mails),
    "txt": Target(name="a.txt", seeds=_just(WORDS, WORDS.decode().encode("utf-16"), b"S\xe8: 1/A\nQuy\xd5t \xae\xdenh")),
    "html": Target(
        name="a.html", seeds=_just(b"<html><meta charset=utf-8><body><table><tr><td>" + WORDS + b"</td></tr></table>")
    ),
    "rtf": Target(name="a.rtf", seeds=_just(_RTF)),
    "docx": Target(name="a.docx", seeds=_just(files.word(LETTER), hostile.docx_xxe())),
    "docx-xml": Target(
        name="a.docx", seeds=lambda: iter((_inside(files.word(LETTER), "word/document.xml"),)), wrap=_part("word/document.xml")
    ),
    "docx-styles": Target(
        name="a.docx",
        seeds=lambda: iter((_inside(files.word(LETTER), "word/styles.xml"),)),
        wrap=_part("word/styles.xml", **{"word/document.xml": _inside(files.word(LETTER), "word/document.xml")}),
    ),
    "xlsx-xml": Target(
        name="a.xlsx",
        seeds=_just(_SHEET),
        wrap=_part("xl/worksheets/sheet1.xml", **{name: text.encode() for name, text in _BOOK.items()}),
    ),
    "odt-xml": Target(
        name="a.odt", seeds=_just(_ODF), wrap=_part("content.xml", mimetype=b"application/vnd.oasis.opendocument.text")
    ),
    "pptx-xml": Target(
        name="a.pptx",
        seeds=_just(_SLIDE),
        wrap=_part("ppt/slides/slide1.xml", **{"ppt/presentation.xml": b"<p:presentation/>"}),
    ),
    "word-xml": Target(
        name="a.xml",
        seeds=_just(
            b'<?xml version="1.0"?><w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml"><w:body><w:p>'
            b"<w:r><w:t>S\xe1\xbb\x91: 1/A</w:t></w:r></w:p></w:body></w:wordDocument>"
        ),
    ),
    "doc": Target(name="a.doc", seeds=_DOC),
    "doc-stream": Target(
        name="a.doc",
        seeds=_just(b"\xec\xa5\xc1\0" + bytes(600)),
        wrap=lambda data: compound({"WordDocument": data, "1Table": data}),
    ),
    "ppt-stream": Target(
        name="a.ppt",
        seeds=_just(b"\x0f\0\xe8\x03\x10\0\0\0\0\0\xa0\x0f\x08\0\0\0S\0\x1e\x1e:\0001\0"),
        wrap=lambda data: compound({"PowerPoint Document": data, "Current User": bytes(32)}),
    ),
    "xls": Target(name="a.xls", seeds=_just(olefiles.excel({(0, 0): "Số: 1/A", (1, 2): "b"}))),
    "msg": Target(name="a.msg", seeds=_just(outlook.msg("x", files=[("a.txt", WORDS)]))),
    "msg-stream": Target(name="a.msg", seeds=_just(WORDS, outlook.stored_rtf(_RTF)), wrap=_msg),
    "tnef": Target(
        name="winmail.dat",
        seeds=_just(
            outlook.tnef(
                "x", rtf=outlook.stored_rtf(_RTF), files=[("a.txt", WORDS)], mails=[outlook.tnef("y", files=[("b", b"c")])]
            )
        ),
    ),
    "pdf": Target(
        name="a.pdf", seeds=lambda: iter((_small_pdf(_CONTENT), hostile.pdf_cyclic_objects(), hostile.pdf_page_tree_loop()))
    ),
    "pdf-content": Target(name="a.pdf", seeds=_just(_CONTENT), wrap=lambda data: _small_pdf(data)),
    "signed": Target(name="a.pdf", seeds=_signed_pdf),
    "cms": Target(name="a.p7m", seeds=_cms),
    "edxml": Target(name="a.edxml", seeds=_just(_EDXML)),
    "zip": Target(
        name="a.zip", seeds=lambda: iter((archives.zipped(*_TWO), archives.zipped_with_raw_name(b"B\xb8o.txt", b"x")))
    ),
    "7z": Target(name="a.7z", seeds=lambda: iter((hostile.seven_zip_header(), archives.packed_by_libarchive("7zip", *_TWO)))),
    "rar4": Target(name="a.rar", seeds=lambda: iter((hostile.rar_header(), archives.rar4(*_TWO)))),
    "rar5": Target(name="a.rar", seeds=lambda: iter((archives.rar5(*_TWO), archives.rar5(*_TWO, locked=True)))),
    "tar": Target(name="a.tar", seeds=lambda: iter((archives.packed_by_libarchive("pax", *_TWO), hostile.tar_of_sparse()))),
    "cab": Target(name="a.cab", seeds=_just(archives.cabinet(*_TWO))),
    "streams": Target(name="a.gz", seeds=_just(gzip.compress(WORDS), bz2.compress(WORDS), lzma.compress(WORDS))),
    "tif": Target(name="a.tif", seeds=_pictures("TIFF"), reads="picture"),
    "png": Target(name="a.png", seeds=_pictures("PNG"), reads="picture"),
    "jpg": Target(name="a.jpg", seeds=_pictures("JPEG"), reads="picture"),
    "heic": Target(name="a.heic", seeds=_pictures("HEIF"), reads="picture"),
    "webp": Target(name="a.webp", seeds=_pictures("WEBP"), reads="picture"),
}
