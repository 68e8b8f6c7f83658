"""What signature boxes, form fields and annotations of a PDF page show: number and day are stamped there.  Pure."""

from __future__ import annotations

from collections.abc import Iterator

import pypdfium2
import pypdfium2.raw as pdfium

from gateway.model import Value

_SHOWN = frozenset({3, 13, 20})  # FPDF_ANNOT_FREETEXT, _STAMP, _WIDGET: what a reader shows as part of the page
_MOST = 200
_HIDDEN = 0x2 | 0x20  # flags Hidden and NoView (ISO 32000-1, 12.5.3)


class Shown(Value):
    """What a page showed when its boxes became part of it."""

    boxes: int = 0  # boxes in the upper half that show a picture: words would have been found
    with_words: bool = False  # words were added to the page
    letters: int | None = None  # of the page itself; None: there are no boxes, and all letters are its own


def flattened(document: pypdfium2.PdfDocument, index: int) -> tuple[pypdfium2.PdfPage, Shown]:
    """That page (from 0) with all that its boxes show as part of its words and pictures."""
    page = document[index]
    edges = list(_lower_edges(page))
    if not edges:
        return page, Shown()
    before = _letters(page)
    pdfium.FPDFPage_Flatten(page.raw, pdfium.FLAT_NORMALDISPLAY)
    page.close()
    page = document[index]
    if _letters(page) > before:
        return page, Shown(letters=before, with_words=True)
    return page, Shown(letters=before, boxes=sum(1 for edge in edges if edge > page.get_height() / 2))


def has_full_picture(page: pypdfium2.PdfPage) -> bool:
    """Whether pictures cover most of the page."""
    width, height = page.get_size()
    covered = 0.0
    for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=2):
        left, bottom, right, top = item.get_bounds()
        covered += max(min(right, width) - max(left, 0), 0) * max(min(top, height) - max(bottom, 0), 0)
    return bool(covered > 0.7 * width * height)


def _letters(page: pypdfium2.PdfPage) -> int:
    textpage = page.get_textpage()
    count: int = textpage.count_chars()
    textpage.close()
    return count


def _lower_edges(page: pypdfium2.PdfPage) -> Iterator[float]:
    """In points, of the boxes on a page that show something."""
    for index in range(min(pdfium.FPDFPage_GetAnnotCount(page.raw), _MOST)):
        box = pdfium.FPDFPage_GetAnnot(page.raw, index)
        if not box:
            continue
        rect = pdfium.FS_RECTF()
        shown = pdfium.FPDFAnnot_GetSubtype(box) in _SHOWN and not pdfium.FPDFAnnot_GetFlags(box) & _HIDDEN
        if shown and pdfium.FPDFAnnot_GetRect(box, rect) and rect.right - rect.left > 1:
            yield min(rect.bottom, rect.top)
        pdfium.FPDFPage_CloseAnnot(box)
