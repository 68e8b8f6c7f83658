"""Hostile files, made up: bombs, loops, depths and lies, each a few kilobytes to a few megabytes."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable

Maker = Callable[[], bytes]
_CT = b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
LAUGHS = (
    b'<!DOCTYPE a [<!ENTITY l0 "ha">'
    + b"".join(b'<!ENTITY l%d "%s">' % (number, b"&l%d;" % (number - 1) * 10) for number in range(1, 10))
    + b"]>"
)
XXE = b'<!DOCTYPE a [<!ENTITY l9 SYSTEM "file:///etc/passwd">]>'


def zipped(parts: dict[str, bytes]) -> bytes:
    """A ZIP of these parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


# --- Bombs ----------------------------------------------------------------------------------------------------------------


def zip_bomb() -> bytes:
    """300 MB of zeros that call themselves a document."""
    return zipped({"bao-cao.txt": bytes(300 << 20)})


def zip_of_zips() -> bytes:
    """Thirty ZIPs one in the other, each with a copy of a bomb beside it."""
    inner = zipped({"a.txt": b"a"})
    for depth in range(30):
        inner = zipped({f"{depth}.zip": inner, "b.txt": bytes(1 << 20)})
    return inner


def many_entries() -> bytes:
    """A ZIP with 20,000 documents."""
    return zipped({f"{number}.txt": b"x" for number in range(20_000)})


def gzip_bomb() -> bytes:
    """A gigabyte of zeros in a megabyte."""
    return gzip.compress(bytes(512 << 20), 9)


def tar_of_sparse() -> bytes:
    """A header that promises eight terabytes."""
    info = tarfile.TarInfo("a.pdf")
    info.size = 8 << 40
    return info.tobuf(tarfile.GNU_FORMAT) + bytes(512)


def seven_zip_header() -> bytes:
    """A 7z whose header says that it is two gigabytes long."""
    rest = struct.pack("<QQI", 32, 2 << 30, 0)
    return b"7z\xbc\xaf\x27\x1c\x00\x04" + struct.pack("<I", zlib.crc32(rest)) + rest + bytes(64)


def rar_header() -> bytes:
    """A RAR 4 whose file header says that four gigabytes follow."""
    head = struct.pack("<BHHIIBIIBBHI", 0x74, 0x8000, 37, 0xFFFFFFFF, 0xFFFFFFFF, 2, 0, 0, 29, 0x33, 5, 0) + b"a.pdf"
    return (
        b"Rar!\x1a\x07\x00" + b"\xcf\x90\x73\x00\x00\x0d\x00" + bytes(6) + struct.pack("<H", zlib.crc32(head) & 0xFFFF) + head
    )


# --- PDF ------------------------------------------------------------------------------------------------------------------


def pdf(*objects: bytes) -> bytes:
    """A PDF of these objects, numbered from 1; the first is the catalogue.  Without a table: readers look for the objects."""
    body = b"".join(b"%d 0 obj%s endobj\n" % (number, each) for number, each in enumerate(objects, 1))
    return b"%PDF-1.4\n" + body + b"trailer<</Root 1 0 R/Size %d>>\n%%%%EOF\n" % (len(objects) + 1)


def _stream(data: bytes, more: bytes = b"") -> bytes:
    return b"<</Length %d%s>>stream\n%s\nendstream" % (len(data), more, data)


_CATALOGUE, _PAGES = b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>"


def pdf_form_loop() -> bytes:
    """A form XObject that draws itself twice."""
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</XObject<</F 4 0 R>>>>/Contents 5 0 R>>"
    form = _stream(b"/F Do /F Do", b"/Type/XObject/Subtype/Form/BBox[0 0 612 792]/Resources<</XObject<</F 4 0 R>>>>")
    return pdf(_CATALOGUE, _PAGES, page, form, _stream(b"/F Do"))


def pdf_flate_bomb() -> bytes:
    """A content stream that unpacks to 400 MB."""
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R>>"
    return pdf(_CATALOGUE, _PAGES, page, _stream(zlib.compress(b"0 0 m " * (64 << 20), 9), b"/Filter/FlateDecode"))


def pdf_double_flate() -> bytes:
    """A bomb packed twice, so that the file itself is small."""
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R>>"
    twice = zlib.compress(zlib.compress(bytes(256 << 20), 9), 9)
    return pdf(_CATALOGUE, _PAGES, page, _stream(twice, b"/Filter[/FlateDecode/FlateDecode]"))


def pdf_page_tree_loop() -> bytes:
    """A page tree that contains itself."""
    return pdf(_CATALOGUE, b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2000000000/Parent 2 0 R>>")


def pdf_many_pages() -> bytes:
    """200,000 entries that are all the same page."""
    return pdf(_CATALOGUE, b"<</Type/Pages/Count 200000/Kids[" + b"3 0 R " * 200_000 + b"]>>", b"<</Type/Page/Parent 2 0 R>>")


def pdf_huge_page() -> bytes:
    """A page of two million points each way."""
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 2000000 2000000]/Contents 4 0 R>>"
    return pdf(_CATALOGUE, _PAGES, page, _stream(b"0 0 9 9 re f"))


def pdf_huge_image() -> bytes:
    """A page that is a picture of 60,000 by 60,000 dots."""
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</XObject<</I 5 0 R>>>>/Contents 4 0 R>>"
    image = _stream(
        zlib.compress(bytes(64 << 20), 9),
        b"/Type/XObject/Subtype/Image/Width 60000/Height 60000/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/FlateDecode",
    )
    return pdf(_CATALOGUE, _PAGES, page, _stream(b"595 0 0 842 0 0 cm /I Do"), image)


def pdf_cyclic_objects() -> bytes:
    """References that go in a circle, in places where a length or a font is wanted."""
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources 6 0 R>>"
    return pdf(_CATALOGUE, _PAGES, page, b"<</Length 5 0 R>>stream\nBT\nendstream", b"6 0 R", b"5 0 R")


def pdf_deep_array() -> bytes:
    """200,000 brackets."""
    return pdf(b"<</Type/Catalog/Pages 2 0 R/AcroForm 4 0 R>>", _PAGES, b"<</Type/Page>>", b"[" * 200_000 + b"]" * 200_000)


def pdf_signed_loop() -> bytes:
    """Signature fields that contain themselves, and tables that point at each other."""
    catalogue = b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R 4 0 R]/SigFlags 3>>>>"
    field = b"<</FT/Sig/T(a)/Kids[4 0 R]/Parent 4 0 R/V 5 0 R>>"
    value = b"<</Type/Sig/SubFilter/adbe.pkcs7.detached/ByteRange[0 1 2 999999999999]/Contents<00>>>"
    return pdf(catalogue, _PAGES, b"<</Type/Page>>", field, value).replace(b"%%EOF", b"startxref\n9\n%%EOF")


def pdf_xref_loop() -> bytes:
    """Cross-reference tables, each of which says that the other came before it."""
    one = b"xref\n0 1\n0000000000 65535 f \ntrailer<</Root 1 0 R/Size 4/Prev %d>>\n"
    body = pdf(_CATALOGUE, _PAGES, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>")
    first = len(body)
    second = first + len(one % 1000000)
    return body + one % second + one % first + b"startxref\n%d\n%%%%EOF" % first


def pdf_object_stream_bomb() -> bytes:
    """An object stream that unpacks to 256 MB and says that it holds itself."""
    packed = zlib.compress(b"4 0 " + bytes(256 << 20), 9)
    stream = _stream(packed, b"/Type/ObjStm/N 60000000/First 4/Extends 4 0 R/Filter/FlateDecode")
    return pdf(_CATALOGUE, _PAGES, b"<</Type/Page/Parent 2 0 R/Contents 4 0 R>>", stream)


# --- XML, Office, RTF ---------------------------------------------------------------------------------------------------------


def docx(xml: bytes) -> bytes:
    """A Word file with that main part."""
    return zipped({"[Content_Types].xml": _CT, "word/document.xml": xml})


def docx_laughs() -> bytes:
    """A billion laughs."""
    return docx(
        LAUGHS + f'<w:document xmlns:w="{_W}"><w:body><w:p><w:r><w:t>&l9;</w:t></w:r></w:p></w:body></w:document>'.encode()
    )


def docx_xxe() -> bytes:
    """Asks for a file of this machine."""
    return docx(
        XXE + f'<w:document xmlns:w="{_W}"><w:body><w:p><w:r><w:t>&l9;</w:t></w:r></w:p></w:body></w:document>'.encode()
    )


def docx_deep() -> bytes:
    """Tables in tables, 200,000 deep."""
    return docx(f'<w:document xmlns:w="{_W}">'.encode() + b"<w:tbl>" * 200_000 + b"</w:tbl>" * 200_000 + b"</w:document>")


def odt(xml: bytes) -> bytes:
    """An ODF text with that content."""
    return zipped({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": xml})


def odt_laughs() -> bytes:
    """A billion laughs in ODF."""
    return odt(LAUGHS + b"<a>&l9;</a>")


def xlsx_sparse() -> bytes:
    """Two cells at opposite corners of a sheet."""
    x = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    cells = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    return zipped(
        {
            "[Content_Types].xml": _CT,
            "_rels/.rels": b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            b'<Relationship Id="r" Type="'
            + relations.encode()
            + b'/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="{x}"><sheets>'
            f'<sheet name="a" sheetId="1" r:id="r1" xmlns:r="{relations}"/></sheets></workbook>'.encode(),
            "xl/_rels/workbook.xml.rels": b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            b'<Relationship Id="r1" Type="'
            + relations.encode()
            + b'/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
            "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{x}"><sheetData>{cells}</sheetData></worksheet>'.encode(),
        }
    )


def xlsx_million_rows() -> bytes:
    """A million rows, each with a word."""
    x = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rows = b"<row><c t='inlineStr'><is><t>a</t></is></c></row>" * 1_000_000
    with zipfile.ZipFile(io.BytesIO(xlsx_sparse())) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    sheet = f'<worksheet xmlns="{x}"><sheetData>'.encode() + rows + b"</sheetData></worksheet>"
    return zipped({**parts, "xl/worksheets/sheet1.xml": sheet})


def rtf_huge() -> bytes:
    """A gigabyte of RTF in a gzip."""
    out, packer = [], zlib.compressobj(9, zlib.DEFLATED, 31)
    out.append(packer.compress(b"{\\rtf1 "))
    out += [packer.compress(b"{\\b a\\par}" * 100_000) for _ in range(1000)]
    return b"".join([*out, packer.flush()])


def rtf_control_words() -> bytes:
    """Six megabytes of control words and nothing else."""
    return b"{\\rtf1" + b"\\u1?\\'e1\\f1" * 600_000 + b"}"


def rtf_deep() -> bytes:
    """200,000 groups."""
    return b"{\\rtf1 " + b"{" * 200_000 + b"a" + b"}" * 200_000 + b"}"


def html_deep() -> bytes:
    """200,000 elements one in the other."""
    return b"<html><body>" + b"<div>" * 200_000 + b"a"


def ole_loop() -> bytes:
    """An OLE file whose table of sectors says of each sector that it follows itself."""
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 2, 1, 2, 1) + struct.pack("<I", 0) * 109
    table = struct.pack("<128I", *range(128))
    root = "Root Entry".encode("utf-16-le").ljust(64, b"\0") + struct.pack("<HBBIII", 22, 5, 1, 1, 1, 1) + bytes(36)
    return head.ljust(512, b"\0") + table + (root + struct.pack("<III", 2, 1 << 30, 0)).ljust(512, b"\0") + bytes(4096)


def msg_loop() -> bytes:
    """A mail of Outlook whose attached mail says that it lies in the first sector, where the outer one begins."""
    from tests.world import outlook

    inner = outlook.msg("x", files=[("a.msg", outlook.msg("y"))])
    entry = "__properties_version1.0".encode("utf-16-le")
    at = inner.rfind(entry)
    return inner[: at + 116] + struct.pack("<II", 0, 0x7FFFFFFF) + inner[at + 124 :]


def tnef_loop() -> bytes:
    """A winmail.dat in a winmail.dat, 200 deep, and attributes that say that they are longer than the file."""
    from tests.world import outlook

    inner = outlook.tnef("x")
    for _ in range(200):
        inner = outlook.tnef("x", mails=[inner])
    return inner + struct.pack("<BHHI", 2, 0x800F, 6, 0xFFFFFFFF) + b"x"


def edxml_laughs() -> bytes:
    """A package with a billion laughs where the file should be."""
    return LAUGHS + (
        b'<edXML xmlns:edXML="http://www.mic.gov.vn/TBT/QCVN_102_2016"><AttachmentEncoded><Attachment><AttachmentName>&l9;'
        b"</AttachmentName></Attachment></AttachmentEncoded></edXML>"
    )


def xls_ring() -> bytes:
    """An XLS of which every sector is followed by the first: its reader made room for it until the process aborted."""
    from tests.world import olefiles

    whole = olefiles.excel({(0, 0): "a"})
    (sector,) = struct.unpack_from("<I", whole, 76)
    at = (sector + 1) * 512
    return whole[:at] + bytes(512) + whole[at + 512 :]


# --- Pictures -----------------------------------------------------------------------------------------------------------------


def png_bomb() -> bytes:
    """50,000 by 50,000 white dots in a few kilobytes."""
    rows = zlib.compress(bytes(16 << 20), 9)
    chunks = (b"IHDR", struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)), (b"IDAT", rows), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


def tiff_loop() -> bytes:
    """A TIFF whose second page is its first."""
    entries = (
        (256, 4, 1, 2400),
        (257, 4, 1, 3400),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, 1, 8),
        (279, 4, 1, 99),
    )
    fields = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(entries)) + fields + struct.pack("<I", 8) + bytes(200)


def tiff_bomb() -> bytes:
    """A fax page of 60,000 by 60,000 dots, all white, in a few bytes."""
    entries = (
        (256, 4, 1, 60_000),
        (257, 4, 1, 60_000),
        (258, 3, 1, 1),
        (259, 3, 1, 4),
        (262, 3, 1, 0),
        (273, 4, 1, 200),
        (278, 4, 1, 60_000),
        (279, 4, 1, 9000),
    )
    fields = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return (b"II*\0" + struct.pack("<IH", 8, len(entries)) + fields + bytes(4)).ljust(200, b"\0") + b"\xff" * 9000


def gif_of_many_frames() -> bytes:
    """Twenty thousand frames of a moving picture."""
    frame = b"\x21\xf9\x04\0\0\0\0\0\x2c\0\0\0\0\x10\x27\x10\x27\0\x02\x02\x4c\x01\0"
    return b"GIF89a\x10\x27\x10\x27\x80\0\0\xff\xff\xff\0\0\0" + frame * 20_000 + b";"


def tiny_blobs() -> bytes:
    """A page of 20,000 specks, each of which could be a letter."""
    from PIL import Image

    page = Image.new("L", (1654, 2339), 255)
    for number in range(20_000):
        x, y = 10 + number % 160 * 10, 10 + number // 160 * 18
        page.paste(0, (x, y, x + 3 + number % 3, y + 4 + number % 5))
    out = io.BytesIO()
    page.save(out, "PNG")
    return out.getvalue()


# --- Mails --------------------------------------------------------------------------------------------------------------------


def mail_in_mail() -> bytes:
    """A mail in a mail, 500 deep."""
    inner = b"Subject: a\r\n\r\nx\r\n"
    for _ in range(500):
        inner = b"Subject: a\r\nContent-Type: message/rfc822\r\n\r\n" + inner
    return inner


def boundaries() -> bytes:
    """A megabyte of boundaries, each of which opens a further multipart with the same one."""
    part = b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    return b"Subject: a\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + part * (1_000_000 // len(part))


def many_names() -> bytes:
    """A mail with 100,000 pieces of one file name."""
    pieces = b"".join(b";\r\n filename*%d*=%%61" % number for number in range(100_000))
    return b"Subject: a\r\nContent-Disposition: attachment" + pieces + b"\r\n\r\nx"


def many_parts() -> bytes:
    """A mail with 10,000 attachments."""
    part = b'--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename="%d.txt"\r\n\r\nx\r\n'
    body = b"".join(part % number for number in range(10_000))
    return b'Subject: a\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n' + body + b"--b--\r\n"


HOSTILE: dict[str, Maker] = {
    "zip-bomb.zip": zip_bomb,
    "zip-of-zips.zip": zip_of_zips,
    "many-entries.zip": many_entries,
    "gzip-bomb.gz": gzip_bomb,
    "sparse.tar": tar_of_sparse,
    "header.7z": seven_zip_header,
    "header.rar": rar_header,
    "form-loop.pdf": pdf_form_loop,
    "flate-bomb.pdf": pdf_flate_bomb,
    "double-flate.pdf": pdf_double_flate,
    "page-tree-loop.pdf": pdf_page_tree_loop,
    "many-pages.pdf": pdf_many_pages,
    "huge-page.pdf": pdf_huge_page,
    "huge-image.pdf": pdf_huge_image,
    "cyclic.pdf": pdf_cyclic_objects,
    "deep-array.pdf": pdf_deep_array,
    "signed-loop.pdf": pdf_signed_loop,
    "xref-loop.pdf": pdf_xref_loop,
    "object-stream.pdf": pdf_object_stream_bomb,
    "rows.xlsx": xlsx_million_rows,
    "huge.rtf.gz": rtf_huge,
    "words.rtf": rtf_control_words,
    "ring.xls": xls_ring,
    "loop.msg": msg_loop,
    "winmail.dat": tnef_loop,
    "laughs.edxml": edxml_laughs,
    "bomb.tif": tiff_bomb,
    "frames.gif": gif_of_many_frames,
    "boundaries.eml": boundaries,
    "names.eml": many_names,
    "laughs.docx": docx_laughs,
    "xxe.docx": docx_xxe,
    "deep.docx": docx_deep,
    "laughs.odt": odt_laughs,
    "sparse.xlsx": xlsx_sparse,
    "deep.rtf": rtf_deep,
    "deep.html": html_deep,
    "loop.doc": ole_loop,
    "bomb.png": png_bomb,
    "loop.tif": tiff_loop,
    "blobs.png": tiny_blobs,
    "nest.eml": mail_in_mail,
    "parts.eml": many_parts,
}
