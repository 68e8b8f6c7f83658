"""PDF: the text layer by PDFium where it is good, OCR where a page is a picture or its letters are nonsense.  Pure.

When a document is issued, signing programs stamp number and day as signature boxes or annotations over the printed blanks:
what these show is made part of each page, and a page with stamped words is put together again from the places of the letters.
PDFium never ends on some hostile files and aborts on others: this runs in a guarded child only (gateway.inspection).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pypdfium2
import pypdfium2.raw as pdfium
from msgspec.structs import replace

from gateway.documents.encodings.detect import modernised
from gateway.documents.ocr.engine import available
from gateway.documents.pictures.page import PageImage
from gateway.documents.reading.pdf_blanks import filled, has_blanks
from gateway.documents.reading.pdf_boxes import Shown, flattened, has_full_picture
from gateway.documents.reading.pdf_lines import page_lines
from gateway.documents.reading.pdf_quality import Quality, is_garbled, is_poor_layer, quality_of
from gateway.documents.reading.pdf_rows import rebuilt_lines
from gateway.documents.reading.scan import drawn, for_drawing, read_scan
from gateway.documents.text import MAX_LINES, Line, Text, Unreadable
from gateway.documents.vietnamese import squeezed

MAX_PAGES = 80  # a signature stands before that, or nobody finds it
_BLANKS_DPI = 200  # for number and day that are drawn over blanks
_ENOUGH_LETTERS = 40  # on a page; less is a watermark or the words of a signature box
_TEXT_PAGE = 200  # letters a page of something that is no scan has, on the average


def read(data: bytes) -> Text:
    """The text of a PDF.  Raises Unreadable: "password", "damaged", "no text layer" (nor OCR to read its pictures)."""
    document = _opened(data)
    try:
        return _read(document, data)
    except pypdfium2.PdfiumError as error:
        raise Unreadable("damaged") from error
    finally:
        document.close()


def page_image(data: bytes, page: int, dpi: float, *, colour: bool = False) -> PageImage:
    """One page (from 1) as a picture, with what its boxes show.  Raises Unreadable, and IndexError for no such page."""
    _opened(data).close()
    document = for_drawing(data)
    try:
        if not 1 <= page <= len(document):
            raise IndexError(page)
        return drawn(document, page, dpi, colour=colour)
    except pypdfium2.PdfiumError as error:
        raise Unreadable("damaged") from error
    finally:
        document.close()


def _opened(data: bytes) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        password = getattr(error, "err_code", None) == pdfium.FPDF_ERR_PASSWORD or "password" in str(error).lower()
        raise Unreadable("password" if password else "damaged") from error


def _read(document: pypdfium2.PdfDocument, data: bytes) -> Text:
    pages = len(document)
    if not pages:
        raise Unreadable("damaged")
    signatures = max(pdfium.FPDF_GetSignatureCount(document.raw), min(data.count(b"/ByteRange"), 20), 0)
    first, picture, shown = _first_page(document)
    later = list(_later_pages(document))
    if has_blanks(first) and available():
        first = filled(first, lambda: page_image(data, 1, _BLANKS_DPI))
    text = Text(
        lines=_numbered([*first, *later]), pages=pages, signatures=signatures, stamped_boxes=shown.boxes, scanned=picture
    )
    if not _must_be_read_again(first, picture, shown):
        return text
    if not available():
        return _without_ocr(text, first, later, shown)
    worded = _are_text(later, pages) and not _is_bad_layer(document, pages - 1, later)
    scan = read_scan(data, pages=1 if worded else pages)
    lines = _numbered([*scan.lines, *later]) if worded else scan.lines
    return replace(scan, lines=lines, pages=pages, signatures=signatures, stamped_boxes=shown.boxes)


def _first_page(document: pypdfium2.PdfDocument) -> tuple[list[Line], bool, Shown]:
    """Lines of page 1, whether a picture fills it, and what its boxes showed."""
    page, shown = flattened(document, 0)
    picture = has_full_picture(page)
    lines = rebuilt_lines(page, 1) if shown.with_words else page_lines(page, 1)
    page.close()
    return lines, picture, shown


def _later_pages(document: pypdfium2.PdfDocument) -> Iterator[Line]:
    for index in range(1, min(len(document), MAX_PAGES)):
        page, _ = flattened(document, index)
        yield from page_lines(page, index + 1)
        page.close()


def _numbered(lines: Sequence[Line]) -> tuple[Line, ...]:
    kept = [line for line in lines if line.text.strip()][:MAX_LINES]
    return tuple(replace(line, place=place) for place, line in enumerate(kept, 1))


# --- is the text layer what the page shows? -----------------------------------------------------------------------------


def _must_be_read_again(first: Sequence[Line], picture: bool, shown: Shown) -> bool:
    return not _has_words(first, shown) or _is_bad(first, picture=picture)


def _has_words(first: Sequence[Line], shown: Shown) -> bool:
    own = _letters(first) if shown.letters is None else shown.letters
    return own >= _ENOUGH_LETTERS


def _is_bad(lines: Sequence[Line], *, picture: bool) -> bool:
    quality = _quality(lines)
    return is_poor_layer(quality) if picture else is_garbled(quality)


def _is_bad_layer(document: pypdfium2.PdfDocument, index: int, lines: Sequence[Line]) -> bool:
    """Whether the words behind page 1 are such as scanners add, which the last page (from 0) tells."""
    page = document[index]
    picture = has_full_picture(page)
    page.close()
    return _is_bad(lines, picture=picture)


def _quality(lines: Sequence[Line]) -> Quality:
    """Of the words as they are after a legacy encoding was undone."""
    return quality_of(line.text for line in modernised(Text(lines=tuple(lines[:80]))).lines)


def _letters(lines: Sequence[Line]) -> int:
    return sum(len(squeezed(line.text)) for line in lines)


def _are_text(later: Sequence[Line], pages: int) -> bool:
    """Whether the pages behind the first have words of their own."""
    return sum(len(line.text) for line in later) > _TEXT_PAGE * max(min(pages, MAX_PAGES) - 1, 1)


def _without_ocr(text: Text, first: Sequence[Line], later: Sequence[Line], shown: Shown) -> Text:
    """A first page without words is a scan, unless it is the cover of something that has words behind it."""
    if _has_words(first, shown):
        return text  # somebody's poor OCR is better than nothing
    if not _are_text(later, text.pages):
        raise Unreadable("no text layer", pages=text.pages, signatures=text.signatures)
    if text.scanned:
        raise Unreadable("no text layer", pages=text.pages, signatures=text.signatures, likely=0.2)
    return text
