"""Rings of ink on a plane: every edge votes for the centres of the circles that it may belong to.  Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from gateway.documents.pictures.ink import Plane

_EDGE = 26.0  # steps of ink over two pixels that count as an edge
_MAX_EDGES = 60_000  # of all that there are: a ring has some 500, and needs but a few of them to be noticed
_CANDIDATES = 12
_STEP = 2  # pixels of a cell of votes, and of a class of radii
_ANGLES = 96
_OUTER = 0.6  # of the coverage that was found: as much must an outer ring have


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """A circle of ink: centre and radius in pixels of the plane.

    ``coverage``: share of the round where an edge of ink is seen with paper outside.  ``gap``: the longest stretch without, as
    a share.  ``inside`` and ``outside``: mean ink within the ring and just around it; ``line``: on the ring itself.
    """

    x: float
    y: float
    radius: float
    coverage: float
    gap: float
    line: float
    inside: float
    outside: float


@dataclass(frozen=True, slots=True)
class _Edges:
    across: Plane
    down: Plane
    size: Plane


def rings(plane: Plane, smallest: float, largest: float, *, edge: float = _EDGE, least: float = 0.35) -> list[Ring]:
    """The best rings with a radius from ``smallest`` to ``largest`` pixels, the strongest first; none overlap much."""
    edges = _edges(plane)
    radii = np.arange(smallest, largest + _STEP, _STEP)
    found = [_measured(plane, edges, place, edge) for place in _candidates(edges, radii, edge)]
    found = [_widest(plane, edges, ring, largest, edge) for ring in found if ring.coverage >= least]
    return _apart(sorted(found, key=lambda ring: -ring.coverage))


def _widest(plane: Plane, edges: _Edges, ring: Ring, largest: float, edge: float) -> Ring:
    """The outermost ring around the same centre: a seal has two or three, and the inner one is often the clearer."""
    radii = np.arange(ring.radius * 1.12, largest + 1, 1.0)
    if not len(radii):
        return ring
    share = _seen(edges, np.stack([np.full_like(radii, ring.x), np.full_like(radii, ring.y), radii], axis=1), edge).mean(axis=1)
    wide = np.flatnonzero(share >= _OUTER * ring.coverage)
    if not len(wide):
        return ring
    outer = _measured(plane, edges, (ring.x, ring.y, float(radii[wide[-1]])), edge)
    return replace(outer, coverage=max(outer.coverage, ring.coverage))


def _edges(plane: Plane) -> _Edges:
    """Which way ink grows."""
    padded = np.pad(plane, 1, mode="edge")
    down = padded[2:, :-2] + 2 * padded[2:, 1:-1] + padded[2:, 2:] - padded[:-2, :-2] - 2 * padded[:-2, 1:-1] - padded[:-2, 2:]
    across = (
        padded[:-2, 2:] + 2 * padded[1:-1, 2:] + padded[2:, 2:] - padded[:-2, :-2] - 2 * padded[1:-1, :-2] - padded[2:, :-2]
    )
    across, down = (across / 4).astype(np.float32), (down / 4).astype(np.float32)
    return _Edges(across, down, np.sqrt(across * across + down * down))


def _candidates(edges: _Edges, radii: npt.NDArray[np.float64], edge: float) -> list[tuple[float, float, float]]:
    """Places (x, y, radius) with the most votes of edges that have ink towards the centre."""
    rows, columns = np.nonzero(edges.size > edge)
    if len(rows) > _MAX_EDGES:
        rows, columns = rows[:: len(rows) // _MAX_EDGES + 1], columns[:: len(columns) // _MAX_EDGES + 1]
    if not len(rows):
        return []
    size = edges.size[rows, columns]
    votes = _votes(
        columns.astype(np.float32),
        rows.astype(np.float32),
        edges.across[rows, columns] / size,
        edges.down[rows, columns] / size,
        radii.astype(np.float32),
        (edges.size.shape[0] // _STEP + 1, edges.size.shape[1] // _STEP + 1),
    )
    return _peaks(votes, radii)


def _votes(
    x: Plane, y: Plane, right: Plane, below: Plane, radii: npt.NDArray[np.float32], shape: tuple[int, int]
) -> npt.NDArray[np.float32]:
    """Votes by class of radius, row and column, evened over neighbouring cells and set off against the length of the ring."""
    planes = []
    for radius in radii:
        column = ((x + radius * right) / _STEP).astype(np.int32)
        row = ((y + radius * below) / _STEP).astype(np.int32)
        inside = (column >= 0) & (row >= 0) & (column < shape[1]) & (row < shape[0])
        count = np.bincount((row * shape[1] + column)[inside], minlength=shape[0] * shape[1])
        planes.append(count.reshape(shape).astype(np.float32) / radius)
    votes = np.stack(planes)
    votes[:, 1:-1] = votes[:, :-2] + votes[:, 1:-1] + votes[:, 2:]
    votes[:, :, 1:-1] = votes[:, :, :-2] + votes[:, :, 1:-1] + votes[:, :, 2:]
    return votes


def _peaks(votes: npt.NDArray[np.float32], radii: npt.NDArray[np.float64]) -> list[tuple[float, float, float]]:
    best, which = votes.max(axis=0), votes.argmax(axis=0)
    reach = 3
    places = []
    for _ in range(_CANDIDATES):
        row, column = np.unravel_index(int(best.argmax()), best.shape)
        if best[row, column] <= 0:
            break
        places.append((float(column + 0.5) * _STEP, float(row + 0.5) * _STEP, float(radii[which[row, column]])))
        best[max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1] = 0
    return places


_TURN = np.linspace(0, 2 * np.pi, _ANGLES, endpoint=False)
_COS, _SIN = np.cos(_TURN), np.sin(_TURN)
_COS32, _SIN32 = _COS.astype(np.float32), _SIN.astype(np.float32)


def _shifts(reach: int, step: int) -> npt.NDArray[np.float64]:
    """Small moves of a circle, sideways, down and in size."""
    moves = range(-reach, reach + 1, step)
    return np.array([(x, y, size) for x in moves for y in moves for size in moves], dtype=np.float64)


_FAR, _NEAR = _shifts(4, 2), _shifts(1, 1)


def _measured(plane: Plane, edges: _Edges, place: tuple[float, float, float], edge: float) -> Ring:
    """The ring at about this place, moved to where it fits best."""
    fitting = np.asarray(place)
    for shifts in (_FAR, _NEAR):
        places = fitting + shifts
        fitting = places[int(np.count_nonzero(_seen(edges, places, edge), axis=1).argmax())]
    x, y, radius = fitting
    # A worn ring may be broken: what counts is edges within a pixel of it.
    near = np.maximum.reduce([_seen(edges, np.array([[x, y, radius + off]]), edge)[0] for off in (-1.0, 0.0, 1.0)])
    profile = _profile(plane, x, y, radius)
    return Ring(
        x=float(x),
        y=float(y),
        radius=float(radius),
        coverage=float(near.mean()),
        gap=_longest_gap(near),
        line=float(profile[1]),
        inside=float(profile[0]),
        outside=float(profile[2]),
    )


def _seen(edges: _Edges, places: npt.NDArray[np.float64], edge: float) -> npt.NDArray[np.bool_]:
    """For each place and angle: is there an edge on the circle whose ink lies towards the centre?"""
    height, width = edges.size.shape
    x = (places[:, :1] + places[:, 2:] * _COS + 0.5).astype(np.int32)
    y = (places[:, 1:2] + places[:, 2:] * _SIN + 0.5).astype(np.int32)
    inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    at = np.where(inside, y * width + x, 0)
    inwards = -(edges.across.ravel()[at] * _COS32 + edges.down.ravel()[at] * _SIN32)
    seen: npt.NDArray[np.bool_] = inside & (inwards > edge) & (inwards > 0.82 * edges.size.ravel()[at])
    return seen


def _longest_gap(seen: npt.NDArray[np.bool_]) -> float:
    if not seen.any():
        return 1.0
    at = np.flatnonzero(np.concatenate([seen, seen]))
    return float((np.diff(at).max(initial=1) - 1) / _ANGLES)


def _profile(plane: Plane, x: float, y: float, radius: float) -> tuple[float, float, float]:
    """Mean ink inside, on the line, and just outside of a ring."""
    shares = np.concatenate([np.linspace(0.1, 0.85, 14), np.linspace(0.93, 1.0, 4), np.linspace(1.06, 1.2, 5)])
    column = np.clip(np.rint(x + radius * shares[:, None] * _COS).astype(np.int32), 0, plane.shape[1] - 1)
    row = np.clip(np.rint(y + radius * shares[:, None] * _SIN).astype(np.int32), 0, plane.shape[0] - 1)
    mean = plane[row, column].mean(axis=1)
    weight = shares[:14]
    return float((mean[:14] * weight).sum() / weight.sum()), float(mean[14:18].max()), float(mean[18:].mean())


def _apart(found: list[Ring]) -> list[Ring]:
    """Of rings that overlap by more than half a radius, only the first."""
    kept: list[Ring] = []
    for ring in found:
        if all(np.hypot(ring.x - other.x, ring.y - other.y) > 0.6 * max(ring.radius, other.radius) for other in kept):
            kept.append(ring)
    return kept
