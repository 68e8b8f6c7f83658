"""A page made fit for reading: dark borders cut off, lines level, paper white.  Pure."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from gateway.documents.pictures.ink import Plane
from gateway.documents.pictures.page import PageImage, Pixels

MAX_SKEW = 15.0  # degrees
_LEAST_SKEW = 0.2  # less is not worth blurring the letters
_SMALL = 900  # pixels of the long side of the copy that the skew is measured on
_UNEVEN = 22  # grey levels between the darker and the lighter parts of the paper: below, the light is even enough


def straightened(page: PageImage) -> tuple[PageImage, float]:
    """The page in grey, without dark borders, evenly lit and level; and by how many degrees it was turned, anticlockwise.

    The skew is found within 15 degrees to both sides.  Places on the new page are a little other than on the old one.
    """
    grey = evenly_lit(without_borders(grey_of(page.pixels)))
    angle = skew_of(grey)
    if abs(angle) < _LEAST_SKEW:
        return PageImage(pixels=grey, dpi=page.dpi, number=page.number), 0.0
    turned = Image.fromarray(grey).rotate(angle, resample=Image.Resampling.BILINEAR, fillcolor=255)
    return PageImage(pixels=np.asarray(turned), dpi=page.dpi, number=page.number), angle


def grey_of(pixels: Pixels) -> Pixels:
    """One level of grey a pixel."""
    return pixels if pixels.ndim == 2 else np.asarray(Image.fromarray(pixels).convert("L"))


# --- skew --------------------------------------------------------------------------------------------------------------


def skew_of(grey: Pixels) -> float:
    """By how many degrees to turn the page anticlockwise so that its lines are level; 0 when nothing says so."""
    x, y = _undersides(grey)
    if len(x) < 200:
        return 0.0
    coarse = np.arange(-MAX_SKEW, MAX_SKEW + 0.01, 0.5)
    sharp = _sharpness(x, y, coarse)
    best = float(coarse[int(sharp.argmax())])
    if sharp.max() < 1.15 * np.median(sharp):
        return 0.0
    fine = best + np.arange(-0.5, 0.51, 0.1)
    return round(float(fine[int(_sharpness(x, y, fine).argmax())]), 2)


def _undersides(grey: Pixels) -> tuple[Plane, Plane]:
    """The lower edges of the ink on a small copy: the feet of letters stand on lines."""
    small = _small(grey)
    limit = _threshold(small)
    ink = small < limit
    rows, columns = np.nonzero(ink[:-1] & ~ink[1:])
    if len(rows) > 40_000:
        step = len(rows) // 40_000 + 1
        rows, columns = rows[::step], columns[::step]
    return columns.astype(np.float32), rows.astype(np.float32)


def _small(grey: Pixels) -> Pixels:
    factor = max(1, round(max(grey.shape) / _SMALL))
    return np.asarray(Image.fromarray(grey).reduce(factor)) if factor > 1 else grey


def _threshold(small: Pixels) -> float:
    paper = float(np.percentile(small[::2, ::2], 80))
    return 0.75 * paper


def _sharpness(x: Plane, y: Plane, angles: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """How much the rows differ in ink when the page is sheared by each angle."""
    reach = int(x.max() * math.tan(math.radians(MAX_SKEW + 1))) + 2
    bins = int(y.max()) + 2 * reach + 2
    found = []
    for angle in angles:
        row = (y + reach - x * np.float32(math.tan(math.radians(angle)))).astype(np.int32)
        count = np.bincount(row, minlength=bins).astype(np.float64)
        found.append(float((count * count).sum()))
    return np.array(found)


# --- light -------------------------------------------------------------------------------------------------------------


def evenly_lit(grey: Pixels) -> Pixels:
    """Paper made white everywhere: shadows and yellow light go, letters stay; an even page comes back as it is."""
    paper = _paper(grey)
    low, high = np.percentile(paper, (5, 95))
    if high - low < _UNEVEN and low > 200:
        return grey
    light = Image.fromarray(paper).resize((grey.shape[1], grey.shape[0]), Image.Resampling.BILINEAR)
    level = np.maximum(np.asarray(light), 40).astype(np.uint16)
    white: Pixels = np.minimum(grey.astype(np.uint16) * 250 // level, 255).astype(np.uint8)
    return white


def _paper(grey: Pixels) -> Pixels:
    """How light the paper is, on a copy of a sixteenth: the lightest nearby, evened."""
    factor = max(2, max(grey.shape) // 150)
    small = Image.fromarray(grey).reduce(factor)
    light = small.filter(ImageFilter.MaxFilter(9)).filter(ImageFilter.MinFilter(5)).filter(ImageFilter.BoxBlur(3))
    return np.asarray(light)


# --- borders -----------------------------------------------------------------------------------------------------------


def without_borders(grey: Pixels) -> Pixels:
    """Cut off dark strips along the sides that a scanner's lid left."""
    small = _small(grey)
    dark = small < 0.45 * float(np.percentile(small[::2, ::2], 90))
    top, bottom = _strip(dark.mean(axis=1))
    left, right = _strip(dark.mean(axis=0))
    factor = grey.shape[0] / small.shape[0]
    box = (
        round(top * factor),
        grey.shape[0] - round(bottom * factor),
        round(left * factor),
        grey.shape[1] - round(right * factor),
    )
    return np.ascontiguousarray(grey[box[0] : box[1], box[2] : box[3]])


def _strip(share: npt.NDArray[np.floating]) -> tuple[int, int]:
    """How many rows at the beginning and at the end are nearly all dark; at most an eighth each."""
    reach = len(share) // 8
    first = np.flatnonzero(share[:reach] > 0.7)
    last = np.flatnonzero(share[::-1][:reach] > 0.7)
    return (int(first[-1]) + 1 if len(first) and first[0] < 6 else 0), (int(last[-1]) + 1 if len(last) and last[0] < 6 else 0)
