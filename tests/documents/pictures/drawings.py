"""Pages drawn for the tests of this folder: lines of letters, seals, signatures, photos of a desk."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from gateway.documents.pictures.page import PageImage
from tests.world.ink import FONTS

DPI = 100
A4 = (827, 1169)
RED, FADED, CARMINE, BLACK, BLUE = (200, 16, 30), (236, 150, 150), (170, 30, 70), (20, 20, 20), (40, 60, 170)
Colour = tuple[int, int, int]


def mm(length: float) -> int:
    """Pixels of a drawn page."""
    return round(length * DPI / 25.4)


def text_page(colour: Colour = (0, 0, 0), *, lines: int = 40) -> Image.Image:
    """A page of words, as a printer makes it."""
    page = Image.new("RGB", A4, "white")
    draw = ImageDraw.Draw(page)
    font = ImageFont.truetype(str(FONTS / "LiberationSerif-Regular.ttf"), 19)
    for line in range(lines):
        words = " ".join(("Hướng dẫn", "các đơn vị", "trực thuộc", "thực hiện", "nhiệm vụ")[(line + at) % 5] for at in range(7))
        draw.text((mm(30), mm(20) + line * 26), words[:66], font=font, fill=colour)
    return page


def stamp_seal(page: Image.Image, at: tuple[float, float], *, colour: Colour = RED, width: float = 36) -> Image.Image:
    """A seal of that width in millimetres with its middle there: two rings, letters between them, a star."""
    layer = Image.new("RGB", (mm(width) * 2 + 9,) * 2, "white")
    draw = ImageDraw.Draw(layer)
    middle, radius = layer.width / 2, mm(width)
    font = ImageFont.truetype(str(FONTS / "LiberationSerif-Bold.ttf"), max(9, radius // 5))
    for share, line in ((1.0, 5), (0.62, 3)):
        reach = radius * share
        draw.ellipse((middle - reach, middle - reach, middle + reach, middle + reach), outline=colour, width=line)
    for number, letter in enumerate("ỦY BAN NHÂN DÂN XÃ MẪU THỬ * "):
        turn = 2 * math.pi * number / 29
        draw.text(
            (middle + 0.8 * radius * math.cos(turn), middle + 0.8 * radius * math.sin(turn)),
            letter,
            font=font,
            fill=colour,
            anchor="mm",
        )
    points = [(0.4 if point % 2 == 0 else 0.17, math.radians(36 * point - 90)) for point in range(10)]
    draw.polygon([(middle + r * radius * math.cos(t), middle + r * radius * math.sin(t)) for r, t in points], fill=colour)
    layer = layer.resize((layer.width // 2, layer.height // 2), Image.Resampling.BOX)
    place = (mm(at[0]) - layer.width // 2, mm(at[1]) - layer.height // 2)
    under = page.crop((*place, place[0] + layer.width, place[1] + layer.height))
    page.paste(Image.fromarray(np.minimum(np.asarray(under), np.asarray(layer))), place)
    return page


def sign(page: Image.Image, at: tuple[float, float], *, colour: Colour = BLUE) -> Image.Image:
    """Loops of a pen, 45 mm wide, beginning there."""
    stroke = []
    for step in range(200):
        t = step / 199
        stroke.append((mm(at[0] + 45 * t + 4 * math.cos(25 * t)), mm(at[1] + (12 - 8 * t) * math.sin(21 * t))))
    ImageDraw.Draw(page).line(stroke, fill=colour, width=3, joint="curve")
    return page


def frame(page: Image.Image, at: tuple[float, float], words: str, *, colour: Colour = RED) -> Image.Image:
    """A rectangular stamp."""
    draw = ImageDraw.Draw(page)
    draw.rectangle((mm(at[0]), mm(at[1]), mm(at[0] + 32), mm(at[1] + 10)), outline=colour, width=4)
    font = ImageFont.truetype(str(FONTS / "LiberationSerif-Bold.ttf"), 26)
    draw.text((mm(at[0] + 16), mm(at[1] + 5)), words, font=font, fill=colour, anchor="mm")
    return page


def table(page: Image.Image) -> Image.Image:
    """Lines of a table over the middle of the page."""
    draw = ImageDraw.Draw(page)
    for row in range(12):
        draw.line((mm(30), mm(100 + 10 * row), mm(190), mm(100 + 10 * row)), fill="black", width=2)
    for column in range(9):
        draw.line((mm(30 + 20 * column), mm(100), mm(30 + 20 * column), mm(210)), fill="black", width=2)
    return page


def people() -> Image.Image:
    """Something like a photo: a landscape of soft colours with grain."""
    y, x = np.mgrid[0:1200, 0:1600] / 200.0
    waves = [128 + 100 * np.sin(x * a + np.cos(y * b) * 2) * np.cos(y * a) for a, b in ((1.0, 0.7), (1.3, 1.1), (0.6, 1.9))]
    grain = np.random.default_rng(4).normal(0, 12, (1200, 1600, 3))
    return Image.fromarray(np.clip(np.stack(waves, axis=2) + grain, 0, 255).astype(np.uint8))


def on_a_desk(page: Image.Image, *, slant: float = 0.06) -> Image.Image:
    """A photo of the page on a dark desk: slanted, with a shadow from the right."""
    wide, high = round(page.width * 1.35), round(page.height * 1.25)
    x, y = (wide - page.width) / 2, (high - page.height) / 2
    corners = [
        (x + slant * page.width, y),
        (x + page.width - slant * page.width, y + 0.02 * high),
        (x + page.width, y + page.height),
        (x, y + page.height - 0.02 * high),
    ]
    rows: list[list[float]] = []
    values: list[float] = []
    for (u, v), (a, b) in zip(corners, ((0, 0), (page.width, 0), page.size, (0, page.height)), strict=True):
        rows += [[u, v, 1, 0, 0, 0, -a * u, -a * v], [0, 0, 0, u, v, 1, -b * u, -b * v]]
        values += [a, b]
    mapping = np.linalg.solve(np.array(rows), np.array(values))
    seen = page.convert("RGBA").transform((wide, high), Image.Transform.PERSPECTIVE, tuple(mapping), Image.Resampling.BICUBIC)
    desk = Image.new("RGBA", (wide, high), (70, 52, 40, 255))
    desk.alpha_composite(seen)
    light = np.linspace(1.0, 0.72, wide)[None, :, None] * np.array([1.0, 0.97, 0.88])
    return Image.fromarray((np.asarray(desk.convert("RGB")) * light).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.6))


def page_of(picture: Image.Image, dpi: float = DPI) -> PageImage:
    """As the decoder gives it."""
    plain: np.ndarray[Any, Any] = np.asarray(picture if picture.mode in ("L", "RGB") else picture.convert("L"))
    return PageImage(pixels=plain, dpi=dpi)
