"""Round seals on a page, red or black.  Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gateway.documents.pictures.circles import Ring, rings
from gateway.documents.pictures.ink import Inks

# Seals of agencies are 30 to 38 mm wide, some of the Party and of the highest offices 42 (Circular 01/2021/TT-BCA); pictures of
# seals that an office program pasted are often smaller.
_RADII = (10.0, 23.0)  # mm
_SMALLEST = 9.5  # mm; the inner ring of a worn seal
_RADII_OF_PHOTOS = (6.0, 23.0)  # a page that fills only half of the picture

_RED_COVERAGE = 0.55
_DARK_COVERAGE = 0.74  # letters and tables come to 0.70 by chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """A ring that is a seal."""

    ring: Ring
    colour: str  # "red" or "black"
    confidence: float


def seals_of(inks: Inks) -> list[Seal]:
    """The seals, the surest first."""
    smallest, largest = (reach * inks.per_mm for reach in (_RADII if inks.measured else _RADII_OF_PHOTOS))
    least = (_SMALLEST if inks.measured else _RADII_OF_PHOTOS[0]) * inks.per_mm
    found = []
    if inks.coloured:
        found = [_red(ring) for ring in rings(inks.red, smallest, largest) if ring.radius >= least and _is_red_seal(ring)]
    if any(seal.confidence > 0.85 for seal in found):
        return found  # a black one beside it would say no more
    for ring in rings(inks.dark, smallest, largest, least=_DARK_COVERAGE):
        if ring.radius >= least and _is_black_seal(ring, inks) and not any(_same(ring, seal.ring) for seal in found):
            found.append(_black(ring))
    return found


def _is_red_seal(ring: Ring) -> bool:
    """A red ring with letters in it on paper: neither a disc nor an empty circle, nor a piece of something larger."""
    return (
        ring.coverage >= _RED_COVERAGE
        and 0.06 * ring.line < ring.inside < 0.62 * ring.line
        and ring.outside < max(0.35 * ring.line, 12)
    )


def _is_black_seal(ring: Ring, inks: Inks) -> bool:
    return (
        ring.coverage >= _DARK_COVERAGE
        and 0.06 * ring.line < ring.inside < 1.15 * ring.line
        and ring.outside < 0.5 * ring.line
        and _is_ink_on_paper(ring, inks)
    )


def _is_ink_on_paper(ring: Ring, inks: Inks) -> bool:
    """A good part within the ring is bare paper, and the ink is of one colour: logos and portraits are not so."""
    y, x = np.ogrid[: inks.height, : inks.width]
    disc = (x - ring.x) ** 2 + (y - ring.y) ** 2 < (0.9 * ring.radius) ** 2
    if float(np.quantile(inks.dark[disc], 0.25)) > 0.3 * ring.line:
        return False
    return not inks.coloured or bool((np.maximum(inks.blue, inks.red)[disc] > 60).mean() <= 0.12)


def _same(ring: Ring, other: Ring) -> bool:
    return bool(np.hypot(ring.x - other.x, ring.y - other.y) < max(ring.radius, other.radius))


def _red(ring: Ring) -> Seal:
    return Seal(ring=ring, colour="red", confidence=round(min(0.99, 0.6 + 0.8 * (ring.coverage - _RED_COVERAGE)), 2))


def _black(ring: Ring) -> Seal:
    return Seal(ring=ring, colour="black", confidence=round(min(0.97, 0.55 + 1.6 * (ring.coverage - _DARK_COVERAGE)), 2))
