"""Pictures of pages: photos and scans that came as JPEG, PNG, TIFF, HEIC …  Pure."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image

from gateway.documents.ocr.pages import read_pages
from gateway.documents.pictures.decode import page_count, page_image
from gateway.documents.pictures.ink import dots_of
from gateway.documents.pictures.likeness import is_page_like
from gateway.documents.pictures.page import PageImage
from gateway.documents.pictures.perspective import squared
from gateway.documents.text import Text

_LOOKED_AT = 3  # pages of a TIFF, to see whether it holds pages of paper
_MOST_GROWN = 2.0  # times: more invents nothing that could be read
_NEAR = (0.9, 1.12)  # no need to scale


def read(data: bytes) -> Text:
    """The words and marks in a picture; no lines when it shows no page.  Raises Unreadable, also "no OCR"."""
    total = page_count(data)

    @lru_cache(maxsize=2)
    def page(number: int) -> PageImage:
        return squared(page_image(data, number))

    if not any(is_page_like(page(number)) for number in range(1, min(total, _LOOKED_AT) + 1)):
        return Text(lines=(), pages=total)
    return read_pages(lambda number, dpi: scaled(page(number), dpi), total)


def scaled(page: PageImage, dpi: float) -> PageImage:
    """The page with about so many dots to the inch of paper, as far as its size on paper is known or can be guessed."""
    dots, _ = dots_of(page)
    scale = min(dpi / dots, _MOST_GROWN)
    if _NEAR[0] <= scale <= _NEAR[1]:
        return page
    size = (max(1, round(page.width * scale)), max(1, round(page.height * scale)))
    how = Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC
    pixels = np.asarray(Image.fromarray(page.pixels).resize(size, how))
    return PageImage(pixels=pixels, dpi=page.dpi * scale, number=page.number)
