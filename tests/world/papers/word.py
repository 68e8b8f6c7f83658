"""A sheet as a Word file (.docx): letterheads as tables, tabs, text boxes, frames; fonts of Unicode, TCVN3 and VNI."""

from __future__ import annotations

import io
from collections.abc import Callable
from itertools import zip_longest

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from tests.world.files import _always_the_same, _boxed
from tests.world.ink import seal_over_signature
from tests.world.papers import legacy
from tests.world.papers.sheet import Columns, Row, Sheet, plain

LAYOUTS = ("table", "tabs", "boxes", "below", "lines-in-cells", "split-runs")
FONTS = ("Unicode", "TCVN3", "VNI", "TCVN3 head")

_ALIGN = {
    "centre": WD_ALIGN_PARAGRAPH.CENTER,
    "left": WD_ALIGN_PARAGRAPH.LEFT,
    "right": WD_ALIGN_PARAGRAPH.RIGHT,
    "justify": WD_ALIGN_PARAGRAPH.JUSTIFY,
}


def docx(sheet: Sheet, *, layout: str = "table", font: str = "Unicode") -> bytes:
    """The file; the same bytes for the same sheet."""
    return _Writer(sheet, layout, font).file()


class _Writer:
    def __init__(self, sheet: Sheet, layout: str, font: str) -> None:
        self.sheet, self.layout, self.font = sheet, layout, font
        self.word: WordDocument = Document()
        style = self.word.styles["Normal"]
        style.font.name, style.font.size = "Times New Roman", Pt(13)
        self.in_head = True

    def file(self) -> bytes:
        for block in self.sheet.blocks:
            if isinstance(block, Row):
                self._row(self.word.add_paragraph(), block)
            else:
                self._columns(block)
            self.in_head = False
        out = io.BytesIO()
        self.word.save(out)
        return _always_the_same(out.getvalue())

    def _columns(self, block: Columns) -> None:
        {"tabs": self._tabs, "boxes": self._boxes, "below": self._below, "lines-in-cells": self._broken}.get(
            self.layout, self._table
        )(block)

    def _table(self, block: Columns) -> None:
        cells = self.word.add_table(rows=1, cols=2).rows[0].cells
        for cell, rows in zip(cells, (block.left, block.right), strict=True):
            for number, row in enumerate(rows):
                self._row(cell.paragraphs[0] if number == 0 else cell.add_paragraph(), row)

    def _broken(self, block: Columns) -> None:
        """One paragraph a cell, its lines parted by line breaks."""
        cells = self.word.add_table(rows=1, cols=2).rows[0].cells
        for cell, rows in zip(cells, (block.left, block.right), strict=True):
            paragraph = cell.paragraphs[0]
            paragraph.alignment = _ALIGN["centre"]
            for number, row in enumerate(rows):
                if number:
                    paragraph.add_run().add_break()
                self._runs(paragraph, row)

    def _tabs(self, block: Columns) -> None:
        for one, other in zip_longest(block.left, block.right, fillvalue=Row(text="")):
            paragraph = self.word.add_paragraph()
            self._runs(paragraph, one)
            paragraph.add_run("\t\t")
            self._runs(paragraph, other)

    def _below(self, block: Columns) -> None:
        for row in (*block.left, *block.right):
            self._row(self.word.add_paragraph(), row)

    def _boxes(self, block: Columns) -> None:
        """Two text boxes that float at the sides of an empty paragraph, as Word draws them."""
        anchor = self.word.add_paragraph()
        for number, rows in enumerate((block.left, block.right), 1):
            box = parse_xml(_BOX.format(ns=nsdecls("w"), id=number, left=0 if number == 1 else 3200000))
            content = next(box.iter(qn("w:txbxContent")))
            for row in rows:
                paragraph = self.word.add_paragraph()
                self._row(paragraph, row)
                content.append(paragraph._p)
            anchor.add_run()._r.append(box)

    def _row(self, paragraph: Paragraph, row: Row) -> None:
        paragraph.alignment = _ALIGN[row.align]
        if row.role == "ink":
            self._ink(paragraph)
        self._runs(paragraph, row)
        if row.boxed:
            _boxed(paragraph)

    def _ink(self, paragraph: Paragraph) -> None:
        paper = self.sheet.paper
        if paper is None or not (paper.seal or paper.is_signed):
            return
        picture = io.BytesIO()
        seal_over_signature(paper.agency[:40]).quantize(16).save(picture, "PNG")
        picture.seek(0)
        paragraph.add_run().add_picture(picture, width=Cm(5))

    def _runs(self, paragraph: Paragraph, row: Row) -> None:
        words = plain(row.text)
        pieces = _pieces(words) if self.layout == "split-runs" else [words]
        for piece in pieces:
            run = paragraph.add_run(self._encoded(piece, row))
            run.bold, run.italic = row.bold, row.italic
            run.font.size = Pt(row.size)
            self._name_font(run, row)

    def _encoded(self, words: str, row: Row) -> str:
        return _coder(self._font_of(row))(words)

    def _font_of(self, row: Row) -> str:
        font = self.font
        if font == "TCVN3 head":
            font = "TCVN3" if self.in_head else "Unicode"
        return f"{font} capitals" if font == "TCVN3" and row.text.isupper() else font

    def _name_font(self, run: Run, row: Row) -> None:
        name = {"TCVN3": ".VnTime", "TCVN3 capitals": ".VnTimeH", "VNI": "VNI-Times"}.get(self._font_of(row))
        if name:
            run.font.name = name
            for side in ("w:hAnsi", "w:cs", "w:eastAsia"):
                run._r.get_or_add_rPr().get_or_add_rFonts().set(qn(side), name)


def _coder(font: str) -> Callable[[str], str]:
    return {"TCVN3": legacy.tcvn3, "TCVN3 capitals": legacy.tcvn3_capitals, "VNI": legacy.vni}.get(font, str)


def _pieces(words: str) -> list[str]:
    """Word cuts runs wherever somebody corrected a letter."""
    return [words[at : at + 3] for at in range(0, len(words), 3)]


_BOX = (
    '<w:pict {ns} xmlns:v="urn:schemas-microsoft-com:vml"><v:shape id="box{id}" type="#_x0000_t202" stroked="f" '
    'style="position:absolute;margin-left:{left};width:230pt;height:90pt"><v:textbox><w:txbxContent/></v:textbox></v:shape></w:pict>'
)
