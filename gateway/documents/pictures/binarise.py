"""Black letters on white paper, decided place by place.  Pure."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gateway.documents.pictures.page import Pixels

_WEIGHT = 0.2  # k of Sauvola: how far below the mean the limit lies where there is little contrast
_RANGE = 128.0  # R of Sauvola: the largest deviation of grey levels


def binarised(grey: Pixels, *, window: int = 31) -> Pixels:
    """0 where ink is, 255 elsewhere; ``window`` in pixels: about the height of two lines.

    J. Sauvola, M. Pietikäinen, Adaptive document image binarization (2000), by integral images.
    """
    half = max(1, window // 2)
    values = np.pad(grey.astype(np.float64), half, mode="edge")
    area = float((2 * half + 1) ** 2)
    mean = _window_sums(values, half) / area
    square = _window_sums(values * values, half) / area
    deviation = np.sqrt(np.maximum(square - mean * mean, 0))
    limit = mean * (1 + _WEIGHT * (deviation / _RANGE - 1))
    return np.where(grey > limit, 255, 0).astype(np.uint8)


def _window_sums(values: npt.NDArray[np.float64], half: int) -> npt.NDArray[np.float64]:
    """Sum of the window around every pixel, from sums over all rectangles that begin in the corner."""
    total = np.pad(values, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    size = 2 * half + 1
    sums: npt.NDArray[np.float64] = total[size:, size:] - total[:-size, size:] - total[size:, :-size] + total[:-size, :-size]
    return sums
