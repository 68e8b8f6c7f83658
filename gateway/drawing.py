"""A page of a PDF or of a picture as PNG, for the console.  Runs in a guarded child; pure."""

from __future__ import annotations

import io

import pypdfium2
from PIL import Image

from gateway.documents import media
from gateway.documents.pictures import decode
from gateway.documents.text import Unreadable

_HIGHEST = 6000  # pixels


class NoSuchPage(IndexError):
    """The file has fewer pages."""


def page_as_png(data: bytes, page: int, width: int) -> bytes:
    """Draw a page, counted from 1, ``width`` pixels wide.  Raises NoSuchPage, and ValueError for what cannot be drawn."""
    picture = _of_pdf(data, page, width) if media.media_of(data) == media.PDF else _of_picture(data, page, width)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _of_pdf(data: bytes, page: int, width: int) -> Image.Image:
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise ValueError("not a readable PDF") from error
    if not 1 <= page <= len(document):
        raise NoSuchPage("no such page")
    # Seals and stamps of digital signatures live in form fields and annotations: without forms the clerk would not see them.
    document.init_forms()
    try:
        wanted = document[page - 1]
        scale = min(width / max(wanted.get_width(), 1.0), _HIGHEST / max(wanted.get_height(), 1.0))
        picture: Image.Image = wanted.render(scale=scale, may_draw_forms=True).to_pil()
    except pypdfium2.PdfiumError as error:
        raise ValueError("not a readable page") from error
    return picture


def _of_picture(data: bytes, page: int, width: int) -> Image.Image:
    """A page of a TIFF, or a photo the right way up."""
    try:
        if not 1 <= page <= decode.page_count(data):
            raise NoSuchPage("no such page")
        picture = Image.fromarray(decode.page_image(data, page).pixels)
    except Unreadable as problem:
        raise ValueError(f"not a readable picture: {problem.reason}") from problem
    scale = min(width / picture.width, _HIGHEST / picture.height)
    return picture.resize((max(round(picture.width * scale), 1), max(round(picture.height * scale), 1)))
