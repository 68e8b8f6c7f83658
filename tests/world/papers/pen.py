"""What people write by hand, as strokes that shake: digits in printed blanks, signatures over the title."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from PIL import Image, ImageDraw

Point = tuple[float, float]
Stroke = tuple[Point, ...]


def _arc(cx: float, cy: float, rx: float, ry: float, begin: float, end: float) -> Stroke:
    steps = max(6, int(abs(end - begin) / 18))
    turns = (math.radians(begin + (end - begin) * step / steps) for step in range(steps + 1))
    return tuple((cx + rx * math.cos(turn), cy + ry * math.sin(turn)) for turn in turns)


# In a box of 1 x 1.6, from the upper left corner, as Vietnamese schools teach them.
_DIGITS: dict[str, tuple[Stroke, ...]] = {
    "0": (_arc(0.5, 0.8, 0.38, 0.75, -80, 285),),
    "1": (((0.2, 0.45), (0.55, 0.05), (0.55, 1.6)),),
    "2": ((*_arc(0.5, 0.42, 0.36, 0.38, 190, 380), (0.15, 1.52), (0.9, 1.5)),),
    "3": ((*_arc(0.45, 0.4, 0.34, 0.36, 200, 440), *_arc(0.45, 1.15, 0.4, 0.42, -85, 160)),),
    "4": (((0.55, 0.05), (0.08, 1.05), (0.95, 1.02)), ((0.68, 0.65), (0.64, 1.6))),
    "5": (((0.3, 0.1), (0.22, 0.72), *_arc(0.45, 1.1, 0.42, 0.45, -120, 150)), ((0.28, 0.1), (0.88, 0.08))),
    "6": (((0.75, 0.08), (0.3, 0.6), *_arc(0.48, 1.15, 0.35, 0.4, 190, 540)),),
    "7": (((0.1, 0.15), (0.88, 0.12), (0.4, 1.6)), ((0.25, 0.85), (0.78, 0.82))),
    "8": ((*_arc(0.5, 0.42, 0.3, 0.35, 80, -270), *_arc(0.5, 1.17, 0.38, 0.42, -90, 270)),),
    "9": ((*_arc(0.5, 0.48, 0.34, 0.4, 0, -360), (0.82, 0.9), (0.6, 1.6)),),
    "/": (((0.8, 0.0), (0.2, 1.7)),),
}


def write(
    picture: Image.Image, text: str, at: Point, height: float, chance: random.Random, *, colour: tuple[int, int, int]
) -> None:
    """Write digits; ``at`` is the left end of the base line in pixels, ``height`` that of a digit."""
    draw = ImageDraw.Draw(picture)
    x, base = at
    scale = height / 1.6
    lean, slope = chance.uniform(-0.05, 0.25), chance.uniform(-0.06, 0.04)
    for letter in text.strip():
        size = scale * chance.uniform(0.9, 1.12)
        for stroke in _DIGITS.get(letter, ()):
            points = _shaken(stroke, chance, 0.045)
            placed = [
                (x + size * (px + lean * (1.6 - py)), base + slope * (x - at[0]) - size * (1.6 - py)) for px, py in points
            ]
            _ink(draw, placed, max(2.0, height / 11), chance, colour)
        x += size * chance.uniform(1.0, 1.2)


def sign(
    picture: Image.Image, box: tuple[float, float, float, float], chance: random.Random, colour: tuple[int, int, int]
) -> None:
    """A signature that fills about a box (left, top, right, bottom) in pixels: loops, then a line through them."""
    left, top, right, bottom = box
    wide, high = right - left, bottom - top
    loops, phase = chance.uniform(2.2, 5), chance.uniform(0, 6)
    points = []
    for step in range(90):
        t = step / 89
        swing = math.sin(loops * 2 * math.pi * t + phase) * (0.45 - 0.25 * t)
        sway = 0.07 * math.cos(loops * 4.3 * math.pi * t)
        points.append((left + wide * (t * 0.8 + 0.1 + sway), top + high * (0.5 + swing)))
    draw = ImageDraw.Draw(picture)
    _ink(draw, points, max(2.0, high / 28), chance, colour)
    flourish = [
        (left, bottom - high * 0.2),
        (left + wide * 0.6, bottom - high * 0.35),
        (right, top + high * chance.uniform(0.1, 0.5)),
    ]
    _ink(draw, flourish, max(2.0, high / 30), chance, colour)


def _shaken(stroke: Sequence[Point], chance: random.Random, by: float) -> list[Point]:
    return [(x + chance.gauss(0, by * 0.5), y + chance.gauss(0, by)) for x, y in stroke]


def _ink(
    draw: ImageDraw.ImageDraw, points: Sequence[Point], width: float, chance: random.Random, colour: tuple[int, int, int]
) -> None:
    draw.line(list(points), fill=colour, width=round(width * chance.uniform(0.9, 1.2)), joint="curve")
