"""Attachments that people really send: Word and Excel files, and a ZIP with a password; the same bytes on every run."""

from __future__ import annotations

import io
import random
import re
import zipfile
import zlib
from collections.abc import Sequence

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.table import _Cell
from docx.text.paragraph import Paragraph
from openpyxl import Workbook

from tests.world.ink import seal_over_signature
from tests.world.official import MOTTO, NATION, Official

_CENTRE, _JUSTIFY = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.JUSTIFY
_RED = RGBColor(0xC0, 0x10, 0x10)


def word(official: Official, *, sealed: bool = False) -> bytes:
    """The document as a Word file (.docx); ``sealed`` puts the picture of signature and seal over the signer's name."""
    file = Document()
    style = file.styles["Normal"]
    style.font.name, style.font.size = "Times New Roman", Pt(13)
    section = file.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin, section.right_margin = Cm(3), Cm(2)
    if official.remark:
        _line(file.add_paragraph(), official.remark, italic=True)
    _head(file, official)
    for text in official.title_lines:
        _line(file.add_paragraph(), text, centre=True, bold=True)
    if official.addressees:
        _line(file.add_paragraph(), f"Kính gửi: {'; '.join(official.addressees)}.", centre=True)
    if official.enacted_by:
        _line(file.add_paragraph(), official.enacted_by, centre=True, bold=True)
    for text in official.grounds:
        _line(file.add_paragraph(), text, italic=True)
    if official.enacted_by:
        _line(file.add_paragraph(), f"{official.kind.upper()}:", centre=True, bold=True)
    for text in official.body:
        paragraph = file.add_paragraph(text)
        paragraph.alignment = _JUSTIFY
        paragraph.paragraph_format.first_line_indent = Cm(1)
    _foot(file, official, sealed=sealed)
    return _always_the_same(_saved(file))


def excel(sheet: str, rows: Sequence[Sequence[str | int | float]]) -> bytes:
    """A workbook (.xlsx) with one sheet."""
    book = Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    for row in rows:
        page.append(list(row))
    for letter, width in zip("ABCDEFG", (6, 34, 14, 14, 14, 14, 30), strict=True):
        page.column_dimensions[letter].width = width
    out = io.BytesIO()
    book.save(out)
    return _always_the_same(out.getvalue())


def locked_zip(name: str, data: bytes, *, password: str) -> bytes:
    """A ZIP file whose only entry needs a password (PKWARE APPNOTE 6.1, the traditional encryption that every tool knows)."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = deflate.compress(data) + deflate.flush()
    crc = zlib.crc32(data)
    # Twelve bytes of salt stand in front; the last one lets a reader notice a wrong password.
    salt = random.Random(crc).randbytes(11) + bytes([crc >> 24])  # noqa: S311 - made-up content, the same on every run
    hidden = _zip_cipher(salt + packed, password.encode())
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        entry = zipfile.ZipInfo(name, date_time=(2026, 11, 18, 9, 0, 0))
        archive.writestr(entry, hidden)  # as if stored; the headers are put right below
        entry = archive.getinfo(name)
        entry.CRC, entry.file_size, entry.compress_size = crc, len(data), len(hidden)
        entry.compress_type, entry.flag_bits = zipfile.ZIP_DEFLATED, entry.flag_bits | 1
        local = entry.FileHeader(zip64=False)
    return local + out.getvalue()[len(local) :]


def _zip_cipher(plain: bytes, password: bytes) -> bytes:
    keys = [0x12345678, 0x23456789, 0x34567890]

    def mix(byte: int) -> None:
        keys[0] = _crc_step(keys[0], byte)
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = _crc_step(keys[2], keys[1] >> 24)

    for byte in password:
        mix(byte)
    hidden = bytearray()
    for byte in plain:
        twist = (keys[2] | 2) & 0xFFFF
        hidden.append(byte ^ ((twist * (twist ^ 1)) >> 8 & 0xFF))
        mix(byte)
    return bytes(hidden)


def _crc_step(crc: int, byte: int) -> int:
    """One byte of CRC-32 without the inversions that zlib puts around it."""
    return zlib.crc32(bytes([byte]), crc ^ 0xFFFFFFFF) ^ 0xFFFFFFFF


def _head(file: WordDocument, official: Official) -> None:
    """Boxes 1 to 4, 5b and 10: two columns, as a table without lines."""
    table = file.add_table(rows=2, cols=2)
    table.autofit = False
    for row in table.rows:
        row.cells[0].width, row.cells[1].width = Cm(6.5), Cm(9.5)
    left, right = table.rows[0].cells
    _cell(left, [(text, False) for text in official.superior] + [(text, True) for text in official.issuer])
    _cell(right, [(NATION, True), (MOTTO, True)])
    left, right = table.rows[1].cells
    about = [] if official.kind else [(f"V/v {official.subject}", False)]
    _cell(left, [(official.number_line, False), *about])
    if official.stamp:
        _boxed(_line(left.add_paragraph(), official.stamp, centre=True, bold=True, colour=_RED))
    _line(right.paragraphs[0], official.date_line, centre=True, italic=True)


def _foot(file: WordDocument, official: Official, *, sealed: bool) -> None:
    """Boxes 7 to 9b: the addressees on the left, who signs on the right."""
    left, right = file.add_table(rows=1, cols=2).rows[0].cells
    _line(left.paragraphs[0], "Nơi nhận:", bold=True, italic=True)
    for number, text in enumerate(official.copies, 1):
        end = "." if number == len(official.copies) else ";"
        _line(left.add_paragraph(), f"- {text}{end}", size=11)
    _cell(right, [(text, True) for text in official.authority])
    if sealed:
        picture = right.add_paragraph()
        picture.alignment = _CENTRE
        picture.add_run().add_picture(_png(official.issuer[-1]), width=Cm(5.4))
    else:
        right.add_paragraph("\n")
    _line(right.add_paragraph(), official.signer, centre=True, bold=True)


def _png(agency: str) -> io.BytesIO:
    file = io.BytesIO()
    seal_over_signature(agency).quantize(16).save(file, "PNG", optimize=True)
    file.seek(0)
    return file


def _cell(cell: _Cell, lines: Sequence[tuple[str, bool]]) -> None:
    for number, (text, bold) in enumerate(lines):
        _line(cell.paragraphs[0] if number == 0 else cell.add_paragraph(), text, centre=True, bold=bold)


def _line(
    paragraph: Paragraph,
    text: str,
    *,
    centre: bool = False,
    bold: bool = False,
    italic: bool = False,
    size: float = 0,
    colour: RGBColor | None = None,
) -> Paragraph:
    run = paragraph.add_run(text)
    run.bold, run.italic = bold, italic
    if size:
        run.font.size = Pt(size)
    if colour is not None:
        run.font.color.rgb = colour
    if centre:
        paragraph.alignment = _CENTRE
    paragraph.paragraph_format.space_after = Pt(2)
    return paragraph


def _boxed(paragraph: Paragraph) -> None:
    """The frame of a stamp."""
    frame = OxmlElement("w:pBdr")
    for side in ("top", "left", "bottom", "right"):
        edge = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", "12"), ("space", "1"), ("color", "C01010")):
            edge.set(qn(f"w:{name}"), value)
        frame.append(edge)
    paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = Cm(2)
    paragraph._p.get_or_add_pPr().append(frame)


def _saved(file: WordDocument) -> bytes:
    out = io.BytesIO()
    file.save(out)
    return out.getvalue()


def _always_the_same(package: bytes) -> bytes:
    """An Office file without the time of its making: in the ZIP entries and in the document properties."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            data = old.read(entry)
            if entry.filename == "docProps/core.xml":
                data = re.sub(rb"(W3CDTF\">)[^<]+", rb"\g<1>2026-11-16T01:00:00Z", data)
            new.writestr(zipfile.ZipInfo(entry.filename, date_time=(2026, 11, 16, 8, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()
