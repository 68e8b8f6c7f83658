"""A sheet as PDF with a text layer: words in any order of drawing, number and day in annotations, as signing programs do."""

from __future__ import annotations

import ctypes
import io
from collections.abc import Sequence
from functools import cache

import pypdfium2
import pypdfium2.raw as pdfium
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from tests.world.ink import seal_over_signature
from tests.world.papers.sheet import Sheet
from tests.world.papers.typeset import HEIGHT, Page, Placed, font_path, typeset

# In which order the program wrote the words of a page; what a reader sees is always the same.
ORDERS = ("rows", "columns", "right first", "head last", "word by word")
_RED = (0.78, 0.06, 0.1)


def pdf(sheet: Sheet, *, order: str = "rows", face: str = "Serif") -> bytes:
    """The file.  What was stamped when signing becomes the appearance of an annotation; what was written by hand, strokes."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1)
    stamped: list[Placed] = []
    for number, page in enumerate(typeset(sheet, face=face)):
        for placed in _ordered(page, order):
            _draw(canvas, placed, face, sheet, by_word=order == "word by word")
        stamped += [placed for placed in page if placed.what == "stamp" and number == 0]
        canvas.showPage()
    canvas.save()
    return _with_annotations(out.getvalue(), stamped) if stamped else out.getvalue()


def _ordered(page: Page, order: str) -> Sequence[Placed]:
    if order == "rows":
        return sorted(page, key=lambda placed: (round(placed.y), placed.x))
    if order == "right first":
        return sorted(page, key=lambda placed: placed.part != "head right")
    if order == "head last":
        return sorted(page, key=lambda placed: placed.part.startswith("head"))
    return page


def _draw(canvas: Canvas, placed: Placed, face: str, sheet: Sheet, *, by_word: bool) -> None:
    y = HEIGHT - placed.y
    if placed.what in ("print", "hand"):
        if placed.what == "hand":
            return  # ink of a pen is no text
        canvas.setFont(_font(face, placed.bold, placed.italic), placed.size)
        canvas.setFillColorRGB(*(_RED if placed.role == "boxed" else (0, 0, 0)))
        if by_word:
            x = placed.x
            for word in placed.text.split(" "):
                canvas.drawString(x, y, word)
                x += canvas.stringWidth(word + " ")
        else:
            canvas.drawString(placed.x, y, placed.text)
    elif placed.what == "rule":
        canvas.setLineWidth(placed.size)
        canvas.line(placed.x, y, placed.x + placed.width, y)
    elif placed.what == "box":
        canvas.setStrokeColorRGB(*_RED)
        canvas.rect(placed.x, y, placed.width, placed.size)
        canvas.setStrokeColorRGB(0, 0, 0)
    elif placed.what == "ink":
        _ink(canvas, placed, sheet)


def _ink(canvas: Canvas, placed: Placed, sheet: Sheet) -> None:
    paper = sheet.paper
    if paper is not None and (paper.seal or paper.is_signed):
        picture = ImageReader(seal_over_signature(paper.agency[:36]))
        canvas.drawImage(picture, placed.x + 40, HEIGHT - placed.y - 80, 145, 80, mask="auto")


@cache
def _font(face: str, bold: bool, italic: bool) -> str:
    name = f"{face}{bold}{italic}"
    pdfmetrics.registerFont(TTFont(name, font_path(face, bold, italic)))
    return name


def _with_annotations(raw: bytes, stamped: Sequence[Placed]) -> bytes:
    document = pypdfium2.PdfDocument(raw)
    font = _loaded_font(document)
    page = document[0]
    for placed in stamped:
        annotation = pdfium.FPDFPage_CreateAnnot(page, pdfium.FPDF_ANNOT_STAMP)
        low = HEIGHT - placed.y
        box = pdfium.FS_RECTF(placed.x, low + placed.size, placed.x + placed.width, low - 3)
        pdfium.FPDFAnnot_SetRect(annotation, ctypes.byref(box))
        text = pdfium.FPDFPageObj_CreateTextObj(document, font, placed.size)
        letters = placed.text.encode("utf-16-le") + b"\0\0"
        pdfium.FPDFText_SetText(text, ctypes.cast(ctypes.c_char_p(letters), ctypes.POINTER(ctypes.c_ushort)))
        pdfium.FPDFPageObj_Transform(text, 1, 0, 0, 1, placed.x, low)
        pdfium.FPDFAnnot_AppendObject(annotation, text)
        pdfium.FPDFPage_CloseAnnot(annotation)
    out = io.BytesIO()
    document.save(out)
    document.close()
    return out.getvalue()


def _loaded_font(document: pypdfium2.PdfDocument) -> object:
    data = _font_data()
    letters = (ctypes.c_ubyte * len(data)).from_buffer_copy(data)
    return pdfium.FPDFText_LoadFont(document, letters, len(data), pdfium.FPDF_FONT_TRUETYPE, 1)


@cache
def _font_data() -> bytes:
    with open(font_path("Serif", False, False), "rb") as file:
        return file.read()
