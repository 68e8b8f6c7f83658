"""A small copy of a page, taken apart by the colour of the ink: dark, red, blue.  Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from gateway.documents.pictures.page import PageImage, Pixels

Plane = npt.NDArray[np.float32]

DOTS = 60.0  # of the copy, to the inch: the ring of a seal is two pixels wide then
A4_SHORT = 210.0 / 25.4  # inches
_PAPER_SHORT = (4.5, 13.0)  # inches: from A5 across to A3
_SLENDER = 12.0  # times as long as it is wide, at most: a strip of a fax roll, a long screen; else a line and no paper


@dataclass(frozen=True, slots=True, kw_only=True)
class Inks:
    """Planes of equal size, 0 (paper) to 255 (full ink).  ``per_mm`` is pixels of the planes to the millimetre of paper."""

    dark: Plane
    red: Plane
    blue: Plane
    per_mm: float
    measured: bool  # the size on paper is known, not guessed
    coloured: bool  # there is some colour on the page

    @property
    def height(self) -> int:
        """Rows of the planes."""
        return int(self.dark.shape[0])

    @property
    def width(self) -> int:
        """Columns of the planes."""
        return int(self.dark.shape[1])


def inks_of(page: PageImage, *, dots: float = DOTS) -> Inks:
    """The inks of a page on a copy of ``dots`` to the inch."""
    dpi, measured = dots_of(page)
    small = _copy(page.pixels, dots / dpi)
    per_mm = dots / 25.4
    if small.ndim == 2:
        return _grey_inks(small, per_mm, measured)
    light = _balanced(small)
    red, green, blue = light[..., 0], light[..., 1], light[..., 2]
    dark = 255 - (0.3 * red + 0.59 * green + 0.11 * blue)
    redness = _redness(red, green, blue)
    blueness = np.clip(1.6 * (blue - np.maximum(red, 0.5 * (red + green))), 0, 255)
    coloured = bool((redness > 60).mean() > 0.0004 or (blueness > 60).mean() > 0.0004)
    return Inks(dark=dark, red=redness, blue=blueness, per_mm=per_mm, measured=measured, coloured=coloured)


def dots_of(page: PageImage) -> tuple[float, bool]:
    """Pixels to the inch of paper, and whether that is known: else the short side is taken for that of A4.

    A line of 2000 by 2 pixels, as mails have them under a signature, would be enlarged to 240 million that way.
    """
    short, long = sorted((page.height, page.width))
    if long > _SLENDER * short:
        return long / _SLENDER / A4_SHORT, False
    if page.dpi > 0 and _PAPER_SHORT[0] <= short / page.dpi <= _PAPER_SHORT[1]:
        return page.dpi, True
    return max(short, 1) / A4_SHORT, False


def _copy(pixels: Pixels, scale: float) -> Plane:
    picture = Image.fromarray(pixels)
    size = (max(8, round(picture.width * scale)), max(8, round(picture.height * scale)))
    gap = 2.0 if scale < 0.5 else None
    return np.asarray(picture.resize(size, Image.Resampling.BOX, reducing_gap=gap), dtype=np.float32)


def _grey_inks(small: Plane, per_mm: float, measured: bool) -> Inks:
    dark = 255 - _balanced(small[..., None])[..., 0]
    none = np.zeros_like(dark)
    return Inks(dark=dark, red=none, blue=none, per_mm=per_mm, measured=measured, coloured=False)


def _balanced(small: Plane) -> Plane:
    """Paper made white, channel by channel: yellow lamps and old paper are no ink."""
    white = np.percentile(small[::3, ::3].reshape(-1, small.shape[2]), 85, axis=0)
    scaled: Plane = np.clip(small * (255 / np.maximum(white, 60)), 0, 255).astype(np.float32)
    return scaled


def _redness(red: Plane, green: Plane, blue: Plane) -> Plane:
    """How much red ink: from pink to dark red and carmine, neither orange nor violet."""
    chroma = red - np.minimum(green, blue)
    hue = green - blue
    is_red = (hue < 0.38 * chroma) & (hue > -0.6 * chroma) & (red >= np.maximum(green, blue))
    plane: Plane = np.where(is_red, np.clip(1.8 * chroma, 0, 255), 0).astype(np.float32)
    return plane
