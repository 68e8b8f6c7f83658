"""What a pen or a rubber stamp left on a page beside its seals: signatures, and frames with words in them.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from gateway.documents.pictures.components import Mask, Pieces, pieces_of
from gateway.documents.pictures.ink import Inks
from gateway.documents.pictures.seals import Seal

_INK = 60.0  # of a coloured plane
_DARK = 110.0
_LETTER, _MANY = 1.0, 60  # more pieces than so many of a square millimetre and more: letters
_TOGETHER = 8.0  # mm between strokes of one signature
_ALONE = {"blue": 0.75, "black": 0.5}  # how sure a stroke is that lies by no seal


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """Something drawn: its box in pixels of the planes."""

    left: float
    top: float
    right: float
    bottom: float
    colour: str
    confidence: float


def signatures_of(inks: Inks, seals: Sequence[Seal]) -> list[Drawn]:
    """Strokes larger than letters where people sign: beside a seal, or in the right part of the page; the surest first."""
    found = list(_blue_strokes(inks, seals)) if inks.coloured else []
    if not found:
        found = list(_dark_strokes(inks, seals))
    return sorted(_joined(found, _TOGETHER * inks.per_mm), key=lambda drawn: -drawn.confidence)


def _joined(found: Sequence[Drawn], reach: float) -> list[Drawn]:
    """Strokes that lie together are one signature."""
    groups: list[Drawn] = []
    for drawn in found:
        near = [group for group in groups if _apart(group, drawn) <= reach]
        groups = [group for group in groups if group not in near]
        groups.append(_around([drawn, *near]))
    return groups


def _apart(one: Drawn, other: Drawn) -> float:
    across = max(one.left - other.right, other.left - one.right, 0)
    down = max(one.top - other.bottom, other.top - one.bottom, 0)
    return float(np.hypot(across, down))


def _around(drawn: Sequence[Drawn]) -> Drawn:
    return Drawn(
        left=min(each.left for each in drawn),
        top=min(each.top for each in drawn),
        right=max(each.right for each in drawn),
        bottom=max(each.bottom for each in drawn),
        colour=drawn[0].colour,
        confidence=max(each.confidence for each in drawn),
    )


def frames_of(inks: Inks) -> list[Drawn]:
    """Rectangular stamps in red: KHẨN, SAO Y, CÔNG VĂN ĐẾN."""
    if not inks.coloured:
        return []
    mask = _thick(inks.red > _INK, 1)
    pieces = pieces_of(mask)
    width, height = pieces.width / inks.per_mm, pieces.height / inks.per_mm
    chosen = pieces.where((width > 15) & (width < 90) & (height > 7) & (height < 45))
    return [_drawn(chosen, at, "red", 0.85) for at in range(len(chosen)) if _is_frame(mask, chosen, at)]


def _is_frame(mask: Mask, pieces: Pieces, at: int) -> bool:
    """Ink along all four sides, and paper in between."""
    part = mask[pieces.top[at] : pieces.bottom[at], pieces.left[at] : pieces.right[at]]
    high, wide = max(2, part.shape[0] // 4), max(2, part.shape[1] // 8)
    sides = (
        part[:high].any(axis=0).mean(),
        part[-high:].any(axis=0).mean(),
        part[:, :wide].any(axis=1).mean(),
        part[:, -wide:].any(axis=1).mean(),
    )
    # Rubber stamps are pressed unevenly: one side may be faint, and they lie askew.
    return bool(min(sides) > 0.55 and np.mean(sides) > 0.8 and part.mean() < 0.9 and _corners(part) >= 2)


def _corners(part: Mask) -> int:
    """How many corners of the box have ink: a circle has none."""
    high, wide = max(2, part.shape[0] // 6), max(2, part.shape[1] // 10)
    return sum(
        bool(corner.any()) for corner in (part[:high, :wide], part[:high, -wide:], part[-high:, :wide], part[-high:, -wide:])
    )


def _blue_strokes(inks: Inks, seals: Sequence[Seal]) -> Iterator[Drawn]:
    mask = inks.blue > _INK
    pieces = pieces_of(_thick(mask, 1))
    if int((pieces.size > _LETTER * inks.per_mm**2).sum()) > _MANY:
        return  # the page is written or drawn in blue
    width, height = pieces.width / inks.per_mm, pieces.height / inks.per_mm
    chosen = pieces.where((width > 8) & (width < 110) & (height > 6) & (height < 60))
    yield from _pen_strokes(mask, chosen, inks, seals, colour="blue", fill=0.4)


def _dark_strokes(inks: Inks, seals: Sequence[Seal]) -> Iterator[Drawn]:
    mask = inks.dark > _DARK
    for seal in seals:
        mask &= ~_disc(inks, seal)
    pieces = pieces_of(mask)
    width, height = pieces.width / inks.per_mm, pieces.height / inks.per_mm
    large = (height > 6.5) | ((height > 5) & (width > 14))
    chosen = pieces.where(large & (width > 6) & (width < 100) & (height < 60))
    yield from _pen_strokes(mask, chosen, inks, seals, colour="black", fill=0.3)


def _pen_strokes(mask: Mask, pieces: Pieces, inks: Inks, seals: Sequence[Seal], *, colour: str, fill: float) -> Iterator[Drawn]:
    """Of large pieces those that are thin, bent, not in a table, and where a signature may be."""
    middle, low = (pieces.left + pieces.right) / 2 / inks.width, pieces.top / inks.height
    for at in range(len(pieces)):
        part = mask[pieces.top[at] : pieces.bottom[at], pieces.left[at] : pieces.right[at]]
        near = any(_is_beside(pieces, at, seal, inks) for seal in seals)
        if not near and not (middle[at] > 0.45 and low[at] > 0.15):
            continue
        if 0.015 < part.mean() < fill and _straight(part, inks.per_mm) < 0.3 and not _in_table(mask, pieces, at, inks.per_mm):
            yield _drawn(pieces, at, colour, 0.9 if near else _ALONE[colour])


def _in_table(mask: Mask, pieces: Pieces, at: int, per_mm: float) -> bool:
    """Long straight lines run through the place or along it."""
    margin = round(2 * per_mm)
    rows = slice(max(0, pieces.top[at] - margin), pieces.bottom[at] + margin)
    columns = slice(max(0, pieces.left[at] - margin), pieces.right[at] + margin)
    part = mask[rows, columns]
    level = _in_runs(part, max(4, round(0.8 * part.shape[1]))) > 0
    upright = _in_runs(part.T, max(4, round(0.8 * part.shape[0]))) > 0
    return level or upright


def _straight(part: Mask, per_mm: float) -> float:
    """Share of the ink that lies in straight level or upright lines of a centimetre and more: tables, not pens."""
    reach = max(4, round(8 * per_mm))
    total = max(1, int(part.sum()))
    return max(_in_runs(part, reach), _in_runs(part.T, reach)) / total


def _in_runs(part: Mask, reach: int) -> int:
    if part.shape[1] < reach:
        return 0
    sums = np.cumsum(np.pad(part.astype(np.int32), ((0, 0), (1, 0))), axis=1)
    full = (sums[:, reach:] - sums[:, :-reach]) == reach
    return int((full.sum(axis=1) + (reach - 1) * full.any(axis=1)).sum())


def _is_beside(pieces: Pieces, at: int, seal: Seal, inks: Inks) -> bool:
    ring, reach = seal.ring, seal.ring.radius + 15 * inks.per_mm
    across = max(pieces.left[at] - ring.x, ring.x - pieces.right[at], 0)
    down = max(pieces.top[at] - ring.y, ring.y - pieces.bottom[at], 0)
    return bool(np.hypot(across, down) < reach)


def _disc(inks: Inks, seal: Seal) -> Mask:
    y, x = np.ogrid[: inks.height, : inks.width]
    disc: Mask = (x - seal.ring.x) ** 2 + (y - seal.ring.y) ** 2 < (1.05 * seal.ring.radius) ** 2
    return disc


def _thick(mask: Mask, by: int) -> Mask:
    """Ink grown by some pixels to all sides: broken strokes hang together again."""
    grown = mask.copy()
    for step in range(1, by + 1):
        grown[:, step:] |= mask[:, :-step]
        grown[:, :-step] |= mask[:, step:]
    upright = grown.copy()
    for step in range(1, by + 1):
        upright[step:] |= grown[:-step]
        upright[:-step] |= grown[step:]
    return upright


def _drawn(pieces: Pieces, at: int, colour: str, confidence: float) -> Drawn:
    return Drawn(
        left=float(pieces.left[at]),
        top=float(pieces.top[at]),
        right=float(pieces.right[at]),
        bottom=float(pieces.bottom[at]),
        colour=colour,
        confidence=confidence,
    )
