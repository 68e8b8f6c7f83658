"""Pictures of seals and signatures, as they stand in documents: red and blue, the rest transparent."""

from __future__ import annotations

import math
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

# Debian's fonts-liberation2: the metrics of Times New Roman, and all letters of Vietnamese.
FONTS = Path("/usr/share/fonts/truetype/liberation2")

_RED, _BLUE, _CLEAR = (200, 16, 30, 255), (30, 50, 170, 255), (255, 255, 255, 0)


def seal(agency: str) -> Image.Image:
    """The round seal of an agency, 360 pixels wide (30 mm at 300 dpi): its name around a star."""
    picture = Image.new("RGBA", (360, 360), _CLEAR)
    draw = ImageDraw.Draw(picture)
    for radius, width in ((176, 6), (112, 4)):
        draw.ellipse((180 - radius, 180 - radius, 180 + radius, 180 + radius), outline=_RED, width=width)
    points = [(60 if point % 2 == 0 else 24, math.radians(36 * point - 90)) for point in range(10)]
    draw.polygon([(180 + reach * math.cos(turn), 180 + reach * math.sin(turn)) for reach, turn in points], fill=_RED)
    font = ImageFont.truetype(FONTS / "LiberationSerif-Bold.ttf", 27)
    for number, letter in enumerate(agency):
        turn = 145 + 250 * number / max(1, len(agency) - 1)
        tile = Image.new("RGBA", (50, 50), _CLEAR)
        ImageDraw.Draw(tile).text((25, 25), letter, font=font, fill=_RED, anchor="mm")
        tile = tile.rotate(-turn - 90, resample=Image.Resampling.BICUBIC)
        middle = (180 + 144 * math.cos(math.radians(turn)), 180 + 144 * math.sin(math.radians(turn)))
        picture.alpha_composite(tile, (round(middle[0]) - 25, round(middle[1]) - 25))
    return picture


def signature() -> Image.Image:
    """Somebody's signature in blue ink, 400 pixels wide."""
    picture = Image.new("RGBA", (400, 200), _CLEAR)
    stroke = [_on_the_curve(step / 60) for step in range(61)]
    ImageDraw.Draw(picture).line(stroke, fill=_BLUE, width=6, joint="curve")
    return picture


def seal_over_signature(agency: str) -> Image.Image:
    """As offices paste it into Word files: the seal covers a third of the signature, on its left."""
    picture = Image.new("RGBA", (650, 360), _CLEAR)
    picture.alpha_composite(signature(), (240, 90))
    picture.alpha_composite(seal(agency), (0, 0))
    return picture


def _on_the_curve(t: float) -> tuple[float, float]:
    return 10 + 380 * t, 100 + (70 - 50 * t) * math.sin(18 * t) + 20 * math.cos(40 * t)
