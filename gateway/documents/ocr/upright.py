"""Which way up does a page lie, and how is its letterhead read best?  Tried in the order of how often it helps.  Pure.

A page that lies upside down or on its side gives words of no confidence and none of the fixed words of a letterhead.
Tesseract's own finder of orientation needs a second model and errs on sparse pages; four readings of the upper part do not.
"""

from __future__ import annotations

import numpy as np

from gateway.documents.ocr.anchors import anchors_in, confidence_of
from gateway.documents.ocr.engine import read_region
from gateway.documents.ocr.layout import lines_of
from gateway.documents.pictures.page import PageImage, Pixels
from gateway.documents.pictures.straighten import evenly_lit, grey_of, skew_of, straightened, without_borders
from gateway.documents.text import Line
from gateway.model import Box, Value

ENOUGH_ANCHORS = 3
_MOST_SKEW = 1.2  # degrees
_SURE = 0.8  # confidence of words that lie the right way up
_HEAD = (0.36, 0.48)  # share of the page where the upper part may end: between two lines


class Upright(Value):
    """How a page has to be turned, and what its upper part says then."""

    turns: int  # quarter turns, anticlockwise
    page: PageImage
    ends: float  # share of the page that was read
    lines: tuple[Line, ...]

    @property
    def anchors(self) -> int:
        """Fixed pieces of a letterhead."""
        return anchors_in(self.lines)

    @property
    def worth(self) -> tuple[int, float]:
        """For comparing readings of one page."""
        return self.anchors, confidence_of(self.lines) * min(sum(len(line.text) for line in self.lines), 200)


def upright(page: PageImage) -> Upright:
    """Read the upper part of a page, turned as it should be.  One reading for a page that lies straight, four at most."""
    first = read_head(page, 0)
    if _is_right(first):
        return first
    best = first
    for turns in _turns(page):
        other = read_head(page, turns)
        if _is_right(other):
            return other
        best = max(best, other, key=lambda each: each.worth)
    return best


def read_head(page: PageImage, turns: int, *, ends: float = 0.0) -> Upright:
    """The upper part of a page after that many quarter turns; down to ``ends`` (share of the page) if that is known."""
    level = _levelled(turned(page, turns))
    ends = ends or _between_lines(level)
    lines = lines_of(read_region(level, Box(left=0, top=0, right=1, bottom=ends)), level)
    return Upright(turns=turns, page=level, ends=ends, lines=tuple(lines))


def _levelled(page: PageImage) -> PageImage:
    """Straight enough for Tesseract: turning by less costs more marks over letters than it saves (measured)."""
    flat = PageImage(pixels=evenly_lit(without_borders(grey_of(page.pixels))), dpi=page.dpi, number=page.number)
    return straightened(flat)[0] if abs(skew_of(flat.pixels)) > _MOST_SKEW else flat


def turned(page: PageImage, turns: int) -> PageImage:
    """The page after quarter turns, anticlockwise."""
    if not turns % 4:
        return page
    return PageImage(pixels=np.ascontiguousarray(np.rot90(page.pixels, turns)), dpi=page.dpi, number=page.number)


def _is_right(reading: Upright) -> bool:
    if reading.anchors >= ENOUGH_ANCHORS:
        return True
    letters = sum(len(line.text) for line in reading.lines)
    return confidence_of(reading.lines) > _SURE and letters > 80


def _turns(page: PageImage) -> tuple[int, ...]:
    """Lines of print make rows of ink and gaps: where columns differ more than rows, the page lies on its side."""
    ink = 255.0 - _grey(page.pixels)[::4, ::4]
    rows, columns = ink.mean(axis=1), ink.mean(axis=0)
    lies = float(np.abs(np.diff(columns)).mean()) > 1.3 * float(np.abs(np.diff(rows)).mean())
    return (1, 3, 2) if lies else (2, 1, 3)


def _between_lines(page: PageImage) -> float:
    """Where the upper part ends: at the whitest place between two lines."""
    first, last = (round(share * page.height) for share in _HEAD)
    ink = (255 - page.pixels[first:last:2, ::2]).astype(np.uint32).sum(axis=1)
    if len(ink) < 8:
        return 1.0
    smooth = np.convolve(ink, np.ones(5), mode="same")
    return (first + 2 * int(smooth.argmin())) / page.height


def _grey(pixels: Pixels) -> Pixels:
    return pixels if pixels.ndim == 2 else pixels[..., 1]
