"""Lines of a PDF page put together again from the places of its letters: for stamps over blanks, and odd orders.  Pure."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pypdfium2
import pypdfium2.raw as pdfium

from gateway.documents.text import MAX_LINE, Line
from gateway.documents.vietnamese import is_capitals, tidy
from gateway.model import Box, Value

_Edges = tuple[float, float, float, float]  # left, bottom, right and top, in points
_MAX_LETTERS = 20_000
_GAP = 2.2  # letter heights: a wider space parts two columns


class Letter(Value):
    """One letter and its place, in points from the lower left corner."""

    text: str
    left: float
    right: float
    bottom: float
    top: float

    @property
    def middle(self) -> float:
        """Half its height."""
        return (self.bottom + self.top) / 2

    @property
    def height(self) -> float:
        """At least one point."""
        return max(self.top - self.bottom, 1.0)


def rebuilt_lines(page: pypdfium2.PdfPage, number: int) -> list[Line]:
    """Rows by their height on the page, letters by their place in the row; ``place`` is 0."""
    textpage = page.get_textpage()
    frame = page.get_bbox()
    try:
        return [_line(row, frame, number) for row in _rows(_letters(textpage))]
    finally:
        textpage.close()


def place_on_page(edges: _Edges, frame: _Edges) -> Box | None:
    """Left, bottom, right and top in points as shares from the upper left corner; None for what lies off the page."""
    width, height = frame[2] - frame[0], frame[3] - frame[1]
    if width <= 0 or height <= 0:
        return None
    left, right = (edges[0] - frame[0]) / width, (edges[2] - frame[0]) / width
    top, bottom = (frame[3] - edges[3]) / height, (frame[3] - edges[1]) / height
    if not all(-0.5 < edge < 1.5 for edge in (left, right, top, bottom)):
        return None
    left, top, right, bottom = (round(min(max(edge, 0.0), 1.0), 4) for edge in (left, top, right, bottom))
    return Box(left=left, top=top, right=right, bottom=bottom)


def is_centred(box: Box) -> bool:
    """Short, and in the middle of the page; bound edges are 10 to 15 mm wider on the left."""
    return abs(box.left - (1 - box.right)) < 0.12 and box.left > 0.17 and box.right - box.left < 0.7


def _line(row: list[Letter], frame: _Edges, number: int) -> Line:
    bottom, top = min(letter.bottom for letter in row), max(letter.top for letter in row)
    box = place_on_page((row[0].left, bottom, max(letter.right for letter in row), top), frame)
    centred = box is not None and is_centred(box)
    return Line(text=tidy(_row_text(row))[:MAX_LINE], place=0, page=number, centred=centred, box=box)


def _letters(textpage: pypdfium2.PdfTextPage) -> list[Letter]:
    found = []
    rect = pdfium.FS_RECTF()
    for index in range(min(textpage.count_chars(), _MAX_LETTERS)):
        text = chr(pdfium.FPDFText_GetUnicode(textpage.raw, index) or 32)
        if text.isspace() or unicodedata.category(text) in ("Cc", "Cs"):
            continue
        pdfium.FPDFText_GetLooseCharBox(textpage.raw, index, rect)
        bottom, top = min(rect.bottom, rect.top), max(rect.bottom, rect.top)
        found.append(Letter(text=text, left=rect.left, right=rect.right, bottom=bottom, top=top))
    return found


def _rows(letters: list[Letter]) -> list[list[Letter]]:
    rows: list[list[Letter]] = []
    for letter in sorted(letters, key=lambda each: -each.middle):
        row = rows[-1] if rows else []
        if row and abs(row[-1].middle - letter.middle) < 0.35 * min(row[0].height, letter.height):
            row.append(letter)
        else:
            rows.append([letter])
    return [sorted(row, key=lambda each: each.left) for row in rows]


def _row_text(row: list[Letter]) -> str:
    out = [row[0].text]
    for before, letter in pairwise(row):
        gap = letter.left - before.right
        height = max(letter.height, before.height)
        if gap > 3.5 * height and not is_capitals(letter.text) and not is_capitals(before.text):
            out.append(" ")  # a blank to fill in, between small letters: "Số:      /BC" and "ngày      tháng"
        elif gap > _GAP * height:
            out.append("\t")
        elif gap > 0.12 * height:
            out.append(" ")
        out.append(letter.text)
    return "".join(out)
