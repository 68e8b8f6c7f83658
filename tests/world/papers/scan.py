"""What machines and telephones make of a page: noise, skew, blur, few dots, one bit, shadows, a slanted view; then a file."""

from __future__ import annotations

import io
import random
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from tests.world.papers.paper import dice
from tests.world.papers.picture import pages
from tests.world.papers.sheet import Sheet

Numbers = np.ndarray[Any, Any]
Spoil = Callable[[Image.Image, random.Random], Image.Image]

_WHEN = time.gmtime(1_795_000_000)


def scan(
    sheet: Sheet, *, how: str = "office", form: str = "pdf", dpi: int = 200, face: str = "Serif", seed: object = ""
) -> bytes:
    """The pages, spoilt in one of the WAYS, as a file of one of the FORMS."""
    chance = dice("scan", how, seed, sheet.paper.number_symbol if sheet.paper else "")
    found = []
    for page in pages(sheet, dpi=dpi, face=face, ink="blue" if chance.random() < 0.7 else "black"):
        for spoil in WAYS[how]:
            page = spoil(page, chance)
        found.append(page)
    return FORMS[form](found, dpi)


# --- what is done to a page ---------------------------------------------------------------------------------------------


def noise(page: Image.Image, chance: random.Random) -> Image.Image:
    """The grain of a sensor."""
    grain = np.random.default_rng(chance.getrandbits(32)).normal(0, 9, (page.height, page.width, 1))
    return _picture(_numbers(page) + grain)


def specks(page: Image.Image, chance: random.Random) -> Image.Image:
    """Dust on the glass."""
    numbers = _numbers(page)
    for _ in range(160):
        x, y, size = chance.randrange(page.width - 4), chance.randrange(page.height - 4), chance.randint(1, 3)
        numbers[y : y + size, x : x + size] = chance.choice((40, 90, 200))
    return _picture(numbers)


def skew(page: Image.Image, chance: random.Random) -> Image.Image:
    """The page lay askew by up to two and a half degrees."""
    angle = chance.choice((-1, 1)) * chance.uniform(0.4, 2.5)
    return page.rotate(angle, resample=Image.Resampling.BICUBIC, fillcolor="white")


def blur(page: Image.Image, chance: random.Random) -> Image.Image:
    """Out of focus."""
    return page.filter(ImageFilter.GaussianBlur(chance.uniform(0.6, 1.0) * page.width / 1650))


def coarse(page: Image.Image, chance: random.Random) -> Image.Image:
    """As a machine that sees about 130 dots an inch where it should see 200."""
    small = page.resize((round(page.width * 0.65), round(page.height * 0.65)), Image.Resampling.BILINEAR)
    return small.resize(page.size, Image.Resampling.BICUBIC)


def one_bit(page: Image.Image, chance: random.Random) -> Image.Image:
    """Black or white, nothing else: most departmental scans."""
    edge = chance.randint(150, 185)
    return page.convert("L").point(lambda value: 255 if value > edge else 0).convert("1")


def grey(page: Image.Image, chance: random.Random) -> Image.Image:
    """No colours, and paper that is not white."""
    low, high = chance.randint(0, 40), chance.randint(220, 250)
    return page.convert("L").point(lambda value: low + value * (high - low) // 255)


def shadow(page: Image.Image, chance: random.Random) -> Image.Image:
    """The hand that holds the telephone."""
    across = np.linspace(0, 1, page.width)[None, :, None]
    down = np.linspace(0, 1, page.height)[:, None, None]
    slope = chance.uniform(-1, 1) * across + chance.uniform(-1, 1) * down
    light = 0.82 + 0.18 * np.cos(slope * 2.2)
    edge = 1 / (1 + np.exp(-(across * chance.uniform(0.4, 1) + down - chance.uniform(0.25, 0.5)) * 18))
    return _picture(_numbers(page) * light * (0.72 + 0.28 * edge))


def slanted(page: Image.Image, chance: random.Random) -> Image.Image:
    """Seen from the side, on a table."""
    wide, high = page.size
    frame = Image.new("RGB", (round(wide * 1.08), round(high * 1.08)), (112, 88, 66))
    frame.paste(page, (round(wide * 0.04), round(high * 0.04)))
    wide, high = frame.size
    by = [chance.uniform(-0.035, 0.01) for _ in range(8)]
    corners = ((by[0], by[1]), (1 - by[2], by[3]), (1 - by[4], 1 - by[5]), (by[6], 1 - by[7]))
    target = [(x * wide, y * high) for x, y in corners]
    source = [(0.0, 0.0), (wide, 0.0), (wide, high), (0.0, high)]
    return frame.transform(
        frame.size, Image.Transform.PERSPECTIVE, _perspective(source, target), Image.Resampling.BICUBIC, fillcolor=(112, 88, 66)
    )


def sideways(page: Image.Image, chance: random.Random) -> Image.Image:
    """Laid into the machine the other way."""
    return page.transpose(chance.choice((Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270)))


def upside_down(page: Image.Image, chance: random.Random) -> Image.Image:
    """Laid into the machine head first."""
    return page.transpose(Image.Transpose.ROTATE_180)


WAYS: dict[str, tuple[Spoil, ...]] = {
    "clean": (),
    "office": (noise, skew),
    "grey": (grey, noise, skew),
    "fax": (specks, skew, one_bit),
    "one bit": (one_bit,),
    "coarse": (coarse, noise),
    "blurred": (blur, noise),
    "dusty": (specks, grey),
    "photo": (shadow, noise),
    "slanted photo": (slanted, shadow, noise),
    "sideways": (sideways, noise),
    "upside down": (upside_down, one_bit),
}


# --- files --------------------------------------------------------------------------------------------------------------


def _pdf(found: Sequence[Image.Image], dpi: int) -> bytes:
    out = io.BytesIO()
    first, *others = found
    more = {} if first.mode == "1" else {"quality": 70}
    first.save(out, "PDF", resolution=dpi, save_all=True, append_images=others, creationDate=_WHEN, modDate=_WHEN, **more)
    return out.getvalue()


def _tiff(found: Sequence[Image.Image], dpi: int) -> bytes:
    out = io.BytesIO()
    first, *others = found
    compression = "group4" if first.mode == "1" else "tiff_lzw"
    first.save(out, "TIFF", compression=compression, dpi=(dpi, dpi), save_all=True, append_images=others)
    return out.getvalue()


def _first_page(name: str) -> Callable[[Sequence[Image.Image], int], bytes]:
    def saved(found: Sequence[Image.Image], dpi: int) -> bytes:
        out = io.BytesIO()
        page = found[0] if found[0].mode != "1" or name == "PNG" else found[0].convert("L")
        page.save(out, name, dpi=(dpi, dpi), **({"quality": 78} if name == "JPEG" else {}))
        return out.getvalue()

    return saved


FORMS: dict[str, Callable[[Sequence[Image.Image], int], bytes]] = {
    "pdf": _pdf,
    "tiff": _tiff,
    "jpg": _first_page("JPEG"),
    "png": _first_page("PNG"),
}


def _numbers(page: Image.Image) -> Numbers:
    return np.asarray(page.convert("RGB"), dtype=np.float32).copy()


def _picture(numbers: Numbers) -> Image.Image:
    return Image.fromarray(np.clip(numbers, 0, 255).astype(np.uint8), "RGB")


def _perspective(source: Sequence[tuple[float, float]], target: Sequence[tuple[float, float]]) -> tuple[float, ...]:
    """The eight numbers by which Pillow finds for each point of the result where it was: solved from four corners."""
    rows, right = [], []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    return tuple(float(each) for each in np.linalg.solve(np.array(rows), np.array(right)))
