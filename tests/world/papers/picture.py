"""A sheet as the picture of its pages: print, ink, seals and stamps on white paper, before any machine spoils it."""

from __future__ import annotations

import math
import random
from functools import cache

from PIL import Image, ImageDraw, ImageFont

from tests.world.papers import pen
from tests.world.papers.paper import Paper, dice
from tests.world.papers.sheet import Sheet
from tests.world.papers.typeset import HEIGHT, WIDTH, Page, Placed, font_path, typeset

RED, BLUE, BLACK = (200, 16, 30), (28, 48, 150), (25, 25, 25)


def pages(sheet: Sheet, *, dpi: int = 200, face: str = "Serif", ink: str = "blue") -> list[Image.Image]:
    """The pages in colour."""
    return [_page(sheet, page, number, dpi, face, ink) for number, page in enumerate(typeset(sheet, face=face))]


def _page(sheet: Sheet, page: Page, number: int, dpi: int, face: str, ink: str) -> Image.Image:
    scale = dpi / 72
    picture = Image.new("RGB", (round(WIDTH * scale), round(HEIGHT * scale)), "white")
    chance = dice("ink", sheet.paper.number_symbol if sheet.paper else "", number)
    colour = BLUE if ink == "blue" else BLACK
    for placed in page:
        _draw(picture, placed, scale, face, sheet, chance, colour)
    if number == 0 and sheet.paper is not None and sheet.paper.incoming is not None:
        low = max(placed.y for placed in page if placed.part == "head left")
        _incoming(picture, sheet.paper, scale, face, chance, low)
    return picture


def _draw(
    picture: Image.Image,
    placed: Placed,
    scale: float,
    face: str,
    sheet: Sheet,
    chance: random.Random,
    ink: tuple[int, int, int],
) -> None:
    draw = ImageDraw.Draw(picture)
    x, y = placed.x * scale, placed.y * scale
    if placed.what in ("print", "stamp"):
        font = _font(font_path(face, placed.bold, placed.italic), round(placed.size * scale))
        draw.text((x, y), placed.text, font=font, fill=RED if placed.role == "boxed" else (0, 0, 0), anchor="ls")
    elif placed.what == "hand":
        pen.write(picture, placed.text, (x + 6 * scale, y), placed.size * 0.85 * scale, chance, colour=ink)
    elif placed.what == "rule":
        draw.line((x, y, x + placed.width * scale, y), fill=(0, 0, 0), width=max(1, round(placed.size * scale)))
    elif placed.what == "box":
        box = (x, y - placed.size * scale, x + placed.width * scale, y)
        draw.rectangle(box, outline=RED, width=max(2, round(1.2 * scale)))
    elif placed.what == "ink" and sheet.paper is not None:
        _hand_and_seal(picture, placed, scale, sheet.paper, chance, ink)


def _hand_and_seal(
    picture: Image.Image, placed: Placed, scale: float, paper: Paper, chance: random.Random, ink: tuple[int, int, int]
) -> None:
    """The seal covers about a third of the signature, on its left (Decree 30/2020, appendix I, part II, 8)."""
    middle = placed.x + placed.width / 2 + chance.uniform(-12, 12)
    if paper.is_signed:
        box = (middle - 60, placed.y + 2, middle + 70, placed.y + placed.size - 4)
        pen.sign(picture, tuple(edge * scale for edge in box), chance, ink)  # type: ignore[arg-type]
    if paper.seal:
        stamp = seal(paper.agency, RED if paper.seal == "red" else BLACK, round(96 * scale), chance)
        at = (round((middle - 112) * scale), round((placed.y - 16 + chance.uniform(-6, 6)) * scale))
        picture.paste(stamp, at, stamp)


def seal(agency: str, colour: tuple[int, int, int], size: int, chance: random.Random) -> Image.Image:
    """A round seal ``size`` pixels wide, pressed unevenly: its name around a star."""
    side = 400
    picture = Image.new("RGBA", (side, side), (255, 255, 255, 0))
    draw = ImageDraw.Draw(picture)
    fill = (*colour, 235)
    for radius, width in ((194, 8), (124, 5)):
        draw.ellipse((200 - radius, 200 - radius, 200 + radius, 200 + radius), outline=fill, width=width)
    star = [((62, 26)[point % 2], math.radians(36 * point - 90)) for point in range(10)]
    draw.polygon([(200 + reach * math.cos(turn), 200 + reach * math.sin(turn)) for reach, turn in star], fill=fill)
    font = _font(font_path("Serif", True, False), 31)
    words = agency[:34]
    for number, letter in enumerate(words):
        turn = 150 + 240 * number / max(1, len(words) - 1)
        tile = Image.new("RGBA", (60, 60), (255, 255, 255, 0))
        ImageDraw.Draw(tile).text((30, 30), letter, font=font, fill=fill, anchor="mm")
        tile = tile.rotate(-turn - 90, resample=Image.Resampling.BICUBIC)
        where = (200 + 159 * math.cos(math.radians(turn)), 200 + 159 * math.sin(math.radians(turn)))
        picture.alpha_composite(tile, (round(where[0]) - 30, round(where[1]) - 30))
    return picture.rotate(chance.uniform(-14, 14), resample=Image.Resampling.BICUBIC).resize(
        (size, size), Image.Resampling.LANCZOS
    )


def _incoming(picture: Image.Image, paper: Paper, scale: float, face: str, chance: random.Random, low: float) -> None:
    """The red box of whoever got it, at the upper edge or below the head that ends at ``low``; its blanks filled by hand."""
    stamp = paper.incoming
    assert stamp is not None
    left, top = chance.choice(((58.0, 6.0), (300.0, 4.0), (60.0, low + 5)))
    draw = ImageDraw.Draw(picture)
    wide, high = 132.0, 50.0
    corners = tuple(edge * scale for edge in (left, top, left + wide, top + high))
    draw.rectangle(corners, outline=RED, width=max(2, round(scale)))
    lines = (stamp.agency[:20], "CÔNG VĂN ĐẾN", "Số:", "Ngày:")
    places = ((8.0, 12.0, 9), (8.0, 24.0, 10), (8.0, 36.0, 9), (8.0, 47.0, 9))
    for text, (x, y, size) in zip(lines, places, strict=True):
        font = _font(font_path(face, y == 24.0, False), round(size * scale))
        draw.text(((left + x) * scale, (top + y) * scale), text, font=font, fill=RED, anchor="ls")
    for text, y in ((stamp.number, 36.0), (f"{stamp.on:%d/%m/%Y}", 47.0)):
        pen.write(picture, text, ((left + 40) * scale, (top + y) * scale), 9 * scale, chance, colour=BLUE)


@cache
def _font(path: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size)
