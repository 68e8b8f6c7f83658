"""PDFs whose pages are pictures: drawn by PDFium and read by OCR.  Pure."""

from __future__ import annotations

import numpy as np
import pypdfium2

from gateway.documents.ocr.pages import read_pages
from gateway.documents.pictures.page import PageImage
from gateway.documents.text import Text

_MOST_PIXELS = 6000  # wide or high: posters and hostile page sizes are drawn smaller


def read_scan(data: bytes, *, pages: int) -> Text:
    """The words in the pictures of a PDF, of its first pages up to that many.  Raises Unreadable("no OCR")."""
    document = for_drawing(data)
    try:
        return read_pages(lambda number, dpi: drawn(document, number, dpi, colour=True), pages)
    finally:
        document.close()


def for_drawing(data: bytes) -> pypdfium2.PdfDocument:
    """An open PDF whose form fields are drawn: seals of digital signatures are such.

    Not the one that was flattened for reading: PDFium loses what lies on turned pages then.
    """
    document = pypdfium2.PdfDocument(data)
    document.init_forms()
    return document


def drawn(document: pypdfium2.PdfDocument, number: int, dpi: float, *, colour: bool = False) -> PageImage:
    """One page of an open PDF as a picture, ``number`` from 1; grey, or in colour."""
    page = document[number - 1]
    width, height = page.get_size()
    dpi = min(dpi, _MOST_PIXELS * 72 / max(width, height, 1.0))
    bitmap = page.render(scale=dpi / 72, grayscale=not colour, rev_byteorder=colour, may_draw_forms=True)
    pixels = np.array(bitmap.to_numpy(), dtype=np.uint8)  # a copy: the bitmap goes away
    bitmap.close()
    page.close()
    return PageImage(pixels=pixels[..., :3] if colour else pixels.reshape(pixels.shape[:2]), dpi=dpi, number=number)
