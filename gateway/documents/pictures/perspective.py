"""The sheet of paper in a photo of a desk, seen from above again.  Pure."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from gateway.documents.pictures.components import Mask
from gateway.documents.pictures.page import PageImage
from gateway.documents.pictures.straighten import grey_of

_SMALL = 300  # pixels of the long side of the copy that the sheet is looked for on
_SHARE = (0.25, 0.97)  # of the picture that the sheet may cover
_SHAPES = (1.15, 1.75)  # long side to short side of a sheet: A4 is 1.41, and a slanted view changes it
_STRAIGHT = 2.2  # pixels of the copy that a side may be off a line
_CONTRAST = 35  # grey levels between paper and desk

Points = npt.NDArray[np.float64]


def squared(page: PageImage) -> PageImage:
    """The page alone, upright in the picture, when its four sides are plain to see; else the picture as it is."""
    corners = corners_of(page)
    if corners is None:
        return page
    width = round(max(np.linalg.norm(corners[1] - corners[0]), np.linalg.norm(corners[2] - corners[3])))
    height = round(max(np.linalg.norm(corners[3] - corners[0]), np.linalg.norm(corners[2] - corners[1])))
    target = np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=np.float64)
    picture = Image.fromarray(page.pixels).transform(
        (width, height), Image.Transform.PERSPECTIVE, _mapping(target, corners), resample=Image.Resampling.BILINEAR
    )
    return PageImage(pixels=np.asarray(picture), dpi=0.0, number=page.number)


def corners_of(page: PageImage) -> Points | None:
    """The corners of the sheet in pixels: upper left, upper right, lower right, lower left; None when in doubt."""
    if page.dpi > 0:
        return None  # a scanner says how many dots it made; a telephone does not
    grey = grey_of(page.pixels)
    factor = max(1, round(max(grey.shape) / _SMALL))
    small = Image.fromarray(grey).reduce(factor).filter(ImageFilter.MaxFilter(5))
    light = np.asarray(small.filter(ImageFilter.MedianFilter(5)), np.float32)
    sheet = _sheet(light)
    if sheet is None:
        return None
    sides = [_line(*_side(sheet, name)) for name in ("top", "right", "bottom", "left")]
    if any(side is None for side in sides):
        return None
    top, right, bottom, left = (side for side in sides if side is not None)
    corners = [_crossing(*pair) for pair in ((top, left), (top, right), (bottom, right), (bottom, left))]
    if any(corner is None for corner in corners):
        return None
    found = np.array(corners) * factor + factor / 2
    return found if _is_sheet(found, grey.shape) else None


def _sheet(light: npt.NDArray[np.float32]) -> Mask | None:
    """The light part of the picture, if there are a light and a dark part (N. Otsu, 1979)."""
    count = np.bincount(light.astype(np.uint8).ravel(), minlength=256).astype(np.float64)
    level = np.arange(256)
    below, weight = np.cumsum(count), np.cumsum(count * level)
    above = below[-1] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = weight / below, (weight[-1] - weight) / above
        spread = np.nan_to_num(below * above * (low - high) ** 2)
    cut = int(spread.argmax())
    if not high[cut] - low[cut] > _CONTRAST:
        return None
    sheet: Mask = light > (low[cut] + high[cut]) / 2
    return sheet if _SHARE[0] < sheet.mean() < _SHARE[1] else None


def _side(sheet: Mask, name: str) -> tuple[Points, Points, bool]:
    """Where the paper begins, from one side: positions along the side, distances, and whether the side is upright."""
    upright = name in ("left", "right")
    turned = sheet.T if upright else sheet
    from_end = name in ("right", "bottom")
    seen = turned[::-1] if from_end else turned
    long_enough = seen.mean(axis=0) > 0.3
    at = np.flatnonzero(long_enough)
    first = seen[:, at].argmax(axis=0)
    away = (turned.shape[0] - 1 - first) if from_end else first
    return at.astype(np.float64), away.astype(np.float64), upright


def _line(at: Points, away: Points, upright: bool) -> tuple[float, float, float] | None:
    """The line a x + b y = c through most of the points; None when they lie on none."""
    if len(at) < 30:
        return None
    chosen = np.ones(len(at), dtype=bool)
    slope = base = 0.0
    for _ in range(4):
        slope, base = np.polyfit(at[chosen], away[chosen], 1)
        off = np.abs(away - slope * at - base)
        chosen = off <= max(_STRAIGHT, float(np.median(off)))
    if (np.abs(away - slope * at - base) <= _STRAIGHT).mean() < 0.7 or abs(slope) > 0.45:
        return None
    return (1.0, -slope, base) if upright else (-slope, 1.0, base)


def _crossing(one: tuple[float, float, float], other: tuple[float, float, float]) -> Points | None:
    matrix = np.array([one[:2], other[:2]])
    if abs(np.linalg.det(matrix)) < 1e-6:
        return None
    point: Points = np.linalg.solve(matrix, np.array([one[2], other[2]]))
    return point


def _is_sheet(corners: Points, shape: tuple[int, ...]) -> bool:
    """Inside the picture, large enough, and of a shape that paper has; and not just the whole picture."""
    margin = 0.03 * max(shape)
    inside = (
        (corners > -margin).all() and (corners[:, 0] < shape[1] + margin).all() and (corners[:, 1] < shape[0] + margin).all()
    )
    sides = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    wide, high = (sides[0] + sides[2]) / 2, (sides[1] + sides[3]) / 2
    ratio = max(wide, high) / max(min(wide, high), 1.0)
    share = wide * high / (shape[0] * shape[1])
    return bool(inside and _SHAPES[0] < ratio < _SHAPES[1] and _SHARE[0] < share < _SHARE[1])


def _mapping(target: Points, source: Points) -> tuple[Any, ...]:
    """The eight numbers by which Pillow finds for each point of the new picture its place in the old one."""
    rows, values = [], []
    for (x, y), (u, v) in zip(target, source, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return tuple(np.linalg.solve(np.array(rows), np.array(values)))
