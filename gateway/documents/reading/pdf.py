"""PDF: the text layer by PDFium, with gaps between columns, centred lines, and what signature boxes show.  Pure.

PDFium reads a Vietnamese letterhead column by column or straight across, as the file was written; a wide gap in a line
becomes a TAB.  When a document is issued, signing programs stamp number and day as signature boxes over the printed
blanks: page 1 is then flattened and its lines are put together again from the places of the letters.
PDFium never ends on some hostile files and aborts on others: this runs in a guarded child only (gateway.inspection).
"""

from __future__ import annotations

import ctypes
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

import pypdfium2
import pypdfium2.raw as pdfium

from gateway.documents.text import Collector, Text, Unreadable
from gateway.documents.vietnamese import is_capitals, squeezed, tidy

MAX_PAGES = 80  # a signature stands before that, or nobody finds it
_ENOUGH_LETTERS = 40  # on page 1; less is a watermark or the words of a signature box
_GAP = 2.2  # widths of a letter's height: a wider space parts two columns
_WIDGET = 20  # FPDF_ANNOT_WIDGET


def read(data: bytes) -> Text:
    """The text of a PDF.  Raises Unreadable: "password", "damaged", "no text layer"."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        password = getattr(error, "err_code", None) == pdfium.FPDF_ERR_PASSWORD or "password" in str(error).lower()
        raise Unreadable("password" if password else "damaged") from error
    try:
        return _read(document, data)
    except pypdfium2.PdfiumError as error:
        raise Unreadable("damaged") from error
    finally:
        document.close()


def _read(document: pypdfium2.PdfDocument, data: bytes) -> Text:
    pages = len(document)
    if not pages:
        raise Unreadable("damaged")
    signatures = max(pdfium.FPDF_GetSignatureCount(document.raw), min(data.count(b"/ByteRange"), 20), 0)
    collector = Collector()
    boxes, picture, letters = _read_first_page(document, collector)
    for index in range(1, min(pages, MAX_PAGES)):
        if collector.full:
            break
        page = document[index]
        _add_lines(collector, page, index + 1)
        page.close()
    if letters < _ENOUGH_LETTERS:
        _refuse_scan(collector, picture, pages, signatures)
    return Text(lines=collector.done(), pages=pages, signatures=signatures, stamped_boxes=boxes, scanned=picture)


def _refuse_scan(collector: Collector, picture: bool, pages: int, signatures: int) -> None:
    """A first page without words: a scan, unless it is the cover of something that has words behind it."""
    letters = sum(len(line.text) for line in collector.lines if line.page > 1)
    if letters > 200 * max(min(pages, MAX_PAGES) - 1, 1):
        if not picture:
            return
        raise Unreadable("no text layer", pages=pages, signatures=signatures, likely=0.2)
    raise Unreadable("no text layer", pages=pages, signatures=signatures)


def _read_first_page(document: pypdfium2.PdfDocument, collector: Collector) -> tuple[int, bool, int]:
    """Add page 1.

    Returns how many signature boxes in its upper half show a picture, whether a picture fills it, and how many letters
    the page itself has, without those that signature boxes show.
    """
    page = document[0]
    picture = _has_full_picture(page)
    widgets = list(_widgets(page))
    if not widgets:
        _add_lines(collector, page, 1)
        page.close()
        return 0, picture, sum(len(squeezed(line.text)) for line in collector.lines)
    before = page.get_textpage().count_chars()
    pdfium.FPDFPage_Flatten(page.raw, pdfium.FLAT_NORMALDISPLAY)
    page.close()
    page = document[0]
    stamped = page.get_textpage().count_chars() > before
    if stamped:
        _add_rebuilt_lines(collector, page, 1)
    else:
        _add_lines(collector, page, 1)
    height = page.get_height()
    page.close()
    upper = sum(1 for bottom in widgets if bottom > height / 2)
    return (0 if stamped else upper), picture, before


def _widgets(page: pypdfium2.PdfPage) -> Iterator[float]:
    """The lower edges of the form boxes on a page that show something."""
    for index in range(min(pdfium.FPDFPage_GetAnnotCount(page.raw), 200)):
        box = pdfium.FPDFPage_GetAnnot(page.raw, index)
        rect = pdfium.FS_RECTF()
        if pdfium.FPDFAnnot_GetSubtype(box) == _WIDGET and pdfium.FPDFAnnot_GetRect(box, rect) and rect.right - rect.left > 1:
            yield min(rect.bottom, rect.top)
        pdfium.FPDFPage_CloseAnnot(box)


def _has_full_picture(page: pypdfium2.PdfPage) -> bool:
    width, height = page.get_size()
    covered = 0.0
    for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=2):
        left, bottom, right, top = item.get_bounds()
        covered += max(right - left, 0) * max(top - bottom, 0)
    return bool(covered > 0.7 * width * height)


# --- Lines as PDFium gives them ---------------------------------------------------------------------------------------


def _add_lines(collector: Collector, page: pypdfium2.PdfPage, number: int) -> None:
    textpage = page.get_textpage()
    count = textpage.count_chars()
    text = textpage.get_text_range(0, count) if count > 0 else ""
    with_places = len(text) == count and (number == 1 or _has_signature(text))
    width = page.get_width()
    at = 0
    for line in text.split("\n"):
        if with_places and line.strip():
            marked, centred = _with_gaps(textpage.raw, line, at, width)
            collector.add(tidy(marked), page=number, centred=centred)
        else:
            collector.add(tidy(line), page=number)
        at += len(line) + 1
    textpage.close()


def _has_signature(text: str) -> bool:
    flat = squeezed(text)
    return "noinhan" in flat or "/." in flat or "(daky)" in flat


def _with_gaps(textpage: ctypes.c_void_p, line: str, at: int, width: float) -> tuple[str, bool]:
    """The line with a TAB for every gap between columns, and whether it stands in the middle of the page."""
    stripped = line.rstrip()
    start = len(stripped) - len(stripped.lstrip())
    left, _, first_right, height = _box(textpage, at + start)
    out, from_ = [], 0
    for index in range(start + 1, len(stripped) - 1):
        if stripped[index] != " " or stripped[index + 1] == " ":
            continue
        before = _last_letter(stripped, index)
        gap = _box(textpage, at + index + 1)[0] - _box(textpage, at + before)[2]
        if gap > _GAP * max(height, 6):
            out.append(stripped[from_:index].rstrip() + "\t")
            from_ = index + 1
    out.append(stripped[from_:])
    right = _box(textpage, at + len(stripped) - 1)[2] if len(stripped) - start > 1 else first_right
    margins_even = abs(left - (width - right)) < 0.12 * width  # bound edges are 10 to 15 mm wider on the left
    return "".join(out), margins_even and left > 0.17 * width and right - left < 0.7 * width


def _last_letter(line: str, index: int) -> int:
    while index > 0 and line[index] == " ":
        index -= 1
    return index


def _box(textpage: ctypes.c_void_p, index: int) -> tuple[float, float, float, float]:
    """Left, bottom, right and height of one letter, in points."""
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    pdfium.FPDFText_GetCharBox(textpage, index, left, right, bottom, top)
    return left.value, bottom.value, right.value, top.value - bottom.value


# --- Lines put together again from the places of the letters -----------------------------------------------------------


def _add_rebuilt_lines(collector: Collector, page: pypdfium2.PdfPage, number: int) -> None:
    """Rows by their height on the page, letters by their place in the row: for pages with stamps over printed blanks."""
    textpage = page.get_textpage()
    width = page.get_width()
    for row in _rows(_letters(textpage)):
        text = _row_text(row)
        left, right = row[0][1], max(letter[2] for letter in row)
        centred = abs(left - (width - right)) < 0.12 * width and left > 0.17 * width and right - left < 0.7 * width
        collector.add(tidy(text), page=number, centred=centred)
    textpage.close()


_Letter = tuple[str, float, float, float, float]  # letter, left, right, middle, height


def _letters(textpage: pypdfium2.PdfTextPage) -> list[_Letter]:
    count = min(textpage.count_chars(), 20_000)
    found = []
    for index in range(count):
        letter = chr(pdfium.FPDFText_GetUnicode(textpage.raw, index) or 32)
        if letter.isspace() or unicodedata.category(letter) == "Cc":
            continue
        left, bottom, right, height = _loose_box(textpage.raw, index)
        found.append((letter, left, right, bottom + height / 2, max(height, 1.0)))
    return found


def _loose_box(textpage: ctypes.c_void_p, index: int) -> tuple[float, float, float, float]:
    rect = pdfium.FS_RECTF()
    pdfium.FPDFText_GetLooseCharBox(textpage, index, rect)
    bottom, top = min(rect.bottom, rect.top), max(rect.bottom, rect.top)
    return rect.left, bottom, rect.right, top - bottom


def _rows(letters: list[_Letter]) -> list[list[_Letter]]:
    rows: list[list[_Letter]] = []
    for letter in sorted(letters, key=lambda each: -each[3]):
        row = rows[-1] if rows else []
        if row and abs(row[-1][3] - letter[3]) < 0.35 * min(row[0][4], letter[4]):
            row.append(letter)
        else:
            rows.append([letter])
    return [sorted(row, key=lambda each: each[1]) for row in rows]


def _row_text(row: list[_Letter]) -> str:
    out = [row[0][0]]
    for before, letter in pairwise(row):
        gap = letter[1] - before[2]
        height = max(letter[4], before[4])
        if gap > 3.5 * height and not is_capitals(letter[0]) and not is_capitals(before[0]):
            out.append(" ")
        elif gap > _GAP * height:
            out.append("\t")
        elif gap > 0.12 * height:
            out.append(" ")
        out.append(letter[0])
    return "".join(out)
