"""Connected pieces of a black and white picture: their boxes and sizes, from runs of pixels.  Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
Whole = npt.NDArray[np.int64]

MAX_RUNS = 400_000  # a page of letters at 100 dpi has some 60,000; more is noise, and nothing to find in it


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """One entry a piece, in each array: its box (right and bottom are the first pixel beyond) and how many pixels it has."""

    left: Whole
    top: Whole
    right: Whole
    bottom: Whole
    size: Whole

    @property
    def width(self) -> Whole:
        """Columns from left to right."""
        return self.right - self.left

    @property
    def height(self) -> Whole:
        """Rows from top to bottom."""
        return self.bottom - self.top

    def where(self, chosen: Mask) -> Pieces:
        """Only the chosen pieces."""
        return Pieces(
            left=self.left[chosen],
            top=self.top[chosen],
            right=self.right[chosen],
            bottom=self.bottom[chosen],
            size=self.size[chosen],
        )

    def __len__(self) -> int:
        return len(self.left)


def pieces_of(mask: Mask) -> Pieces:
    """The pieces that touch each other by a side or a corner."""
    row, begin, end = _runs(mask)
    if len(row) > MAX_RUNS:
        row, begin, end = row[:0], begin[:0], end[:0]
    piece, count = _named(_joined(row, begin, end))
    return Pieces(
        left=_each(np.minimum, begin, piece, count, mask.shape[1]),
        top=_each(np.minimum, row, piece, count, mask.shape[0]),
        right=_each(np.maximum, end, piece, count, 0),
        bottom=_each(np.maximum, row + 1, piece, count, 0),
        size=np.bincount(piece, weights=end - begin, minlength=count).astype(np.int64),
    )


def _runs(mask: Mask) -> tuple[Whole, Whole, Whole]:
    """Row, first column and column after the last of every run, row by row."""
    padded = np.zeros((mask.shape[0], mask.shape[1] + 2), np.int8)
    padded[:, 1:-1] = mask
    change = np.diff(padded, axis=1).ravel()
    columns = mask.shape[1] + 1
    begin, end = np.flatnonzero(change == 1), np.flatnonzero(change == -1)
    return begin // columns, begin % columns, end % columns


def _joined(row: Whole, begin: Whole, end: Whole) -> Whole:
    """For every run the number of the first run that it hangs together with."""
    upper, lower = _neighbours(row, begin, end)
    first = np.arange(len(row))
    while True:
        low = np.minimum(first[upper], first[lower])
        before = first.copy()
        np.minimum.at(first, first[upper], low)
        np.minimum.at(first, first[lower], low)
        first = first[first]
        first = first[first]
        if np.array_equal(before, first):
            return first


def _neighbours(row: Whole, begin: Whole, end: Whole) -> tuple[Whole, Whole]:
    """All pairs of runs that touch, one in a row and one in the row below."""
    if not len(row):
        return row, row
    width = int(end.max()) + 2
    # Keys grow from run to run, so that the runs of the row above that reach a run are a slice of them.
    low = np.searchsorted(row * width + end, (row - 1) * width + begin, side="left")
    high = np.searchsorted(row * width + begin, (row - 1) * width + end, side="right")
    count = np.maximum(high - low, 0)
    lower = np.repeat(np.arange(len(row)), count)
    offset = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    return np.repeat(low, count) + offset, lower


def _named(first: Whole) -> tuple[Whole, int]:
    names, piece = np.unique(first, return_inverse=True)
    return piece.astype(np.int64), len(names)


def _each(choose: np.ufunc, values: Whole, piece: Whole, count: int, start: int) -> Whole:
    result: npt.NDArray[Any] = np.full(count, start, np.int64)
    choose.at(result, piece, values)
    return result
