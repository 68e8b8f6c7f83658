"""Bytes of a file -> lines of text with their place: one module for each family of formats, found in READERS.  Pure.

A reader takes bytes and returns a Text, or raises Unreadable with the reason.  A format, OCR or a legacy encoding is
added as a module and a row of READERS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gateway.documents import media
from gateway.documents.reading import body, doc, docx, html, odt, pdf, picture, rtf, sheet, slides, wordxml
from gateway.documents.text import Line, Text, Unreadable

__all__ = ["READERS", "Line", "Text", "Unreadable", "beginning", "read"]


READERS: Mapping[str, Callable[[bytes], Text]] = {
    media.PDF: pdf.read,
    media.DOCX: docx.read,
    media.DOC: doc.read,
    media.RTF: rtf.read,
    media.WORD_XML: wordxml.read,
    **dict.fromkeys((media.ODT, media.FLAT_ODT), odt.read),
    **dict.fromkeys((media.XLSX, media.XLSB, media.XLS, media.ODS), sheet.read),
    **dict.fromkeys((media.PPTX, media.PPT, media.ODP), slides.read),
    **dict.fromkeys(media.PICTURES, picture.read),
    media.HTML: html.read,
    media.PLAIN: body.read,
}


def read(kind: str, data: bytes) -> Text:
    """The text of a file of that media type.  Raises Unreadable; "format" when there is no reader."""
    reader = READERS.get(kind)
    if reader is None:
        raise Unreadable("format")
    return reader(data)


def beginning(kind: str, data: bytes) -> Text | None:
    """What a long file begins with, where that can be had for less than the whole; else None.  Raises Unreadable."""
    return sheet.beginning(data) if kind == media.XLSX else None
