"""May a picture be a page of paper with text on it?  Only a reason not to spend OCR on people, logos and charts.  Pure."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from gateway.documents.pictures.components import Mask
from gateway.documents.pictures.page import PageImage, Pixels
from gateway.documents.pictures.straighten import grey_of

_SMALL = 1000  # pixels of the long side of the copy: letters are still some pixels high
_LEAST_SIDES = (700, 500)  # pixels, long and short: below, nobody could read the letters of a whole page
_CELLS = 20  # the copy is looked at in so many rows and columns
_TEXT = 0.03  # of the cells hold letters: a letterhead and a line or two
_PURITY = 0.2  # of the cells that are not blank paper hold letters; people and landscapes fill theirs with something else


def is_page_like(page: PageImage) -> bool:
    """Whether enough of it looks like dark letters on light paper.  It errs on the side of yes."""
    sides = sorted((page.width, page.height))
    if sides[1] < _LEAST_SIDES[0] or sides[0] < _LEAST_SIDES[1]:
        return False
    letters, blank = _letters_and_blanks(_small(page))
    filled = int((~blank).sum())
    return bool(letters.mean() >= _TEXT and letters.sum() >= _PURITY * filled)


def _letters_and_blanks(small: Pixels) -> tuple[Mask, Mask]:
    """The cells that have letters on paper, and those that are blank paper, whatever the light."""
    coarse = Image.fromarray(small).reduce(4).filter(ImageFilter.MaxFilter(3)).filter(ImageFilter.BoxBlur(2))
    light = np.asarray(coarse.resize((small.shape[1], small.shape[0])), np.float32)
    bright = light > 0.45 * float(np.percentile(light, 95))
    is_ink, is_paper = (small < 0.7 * light) & bright, (small > 0.88 * light) & bright
    begins = np.zeros(small.shape, dtype=bool)
    begins[:, 1:] = is_ink[:, 1:] & ~is_ink[:, :-1]
    paper, ink, strokes = (_in_cells(part) for part in (is_paper, is_ink, begins))
    # Letters are up to two fifths of ink, in strokes a few pixels wide, and the rest is paper: no face and no landscape is so.
    letters = (ink > 0.02) & (ink < 0.45) & (strokes > 0.012) & (strokes > 0.16 * ink) & (paper > 0.4) & (paper + ink > 0.78)
    return letters, (ink < 0.01) & (paper > 0.9)


def _small(page: PageImage) -> Pixels:
    picture = Image.fromarray(grey_of(page.pixels))
    scale = _SMALL / max(picture.size)
    if scale >= 1:
        return np.asarray(picture)
    return np.asarray(picture.resize((round(picture.width * scale), round(picture.height * scale)), Image.Resampling.BOX))


def _in_cells(values: Mask) -> npt.NDArray[np.float64]:
    """Mean of each cell."""
    high, wide = (max(1, side // _CELLS) for side in values.shape)
    rows, columns = values.shape[0] // high, values.shape[1] // wide
    cells = values[: rows * high, : columns * wide].reshape(rows, high, columns, wide)
    mean: npt.NDArray[np.float64] = cells.mean(axis=(1, 3))
    return mean
