"""One page as a picture.  Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageImage:
    """A page: ``pixels`` is height x width (grey) or height x width x 3 (red, green, blue), 8 bits each.

    ``dpi`` is how many pixels make an inch on paper, as far as known; 0 is unknown (photos).  ``number`` counts from 1.
    """

    pixels: Pixels
    dpi: float
    number: int = 1

    @property
    def height(self) -> int:
        """Rows of pixels."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Columns of pixels."""
        return int(self.pixels.shape[1])
