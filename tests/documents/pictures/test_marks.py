from __future__ import annotations

import io
import time
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw

from gateway.documents.pictures.ink import inks_of
from gateway.documents.pictures.marks import marks_of
from gateway.documents.text import Mark
from gateway.model import Box
from tests.documents.pictures.drawings import (
    A4,
    BLACK,
    CARMINE,
    FADED,
    RED,
    frame,
    mm,
    on_a_desk,
    page_of,
    people,
    sign,
    stamp_seal,
    table,
    text_page,
)

HERE = (130.0, 230.0)


def seals(picture: Image.Image, dpi: float = 100) -> list[Mark]:
    return [mark for mark in marks_of(page_of(picture, dpi)) if mark.what == "seal"]


def as_jpeg(picture: Image.Image) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=35)
    return Image.open(file).convert("RGB")


def noisy(picture: Image.Image) -> Image.Image:
    grain = np.random.default_rng(2).normal(0, 14, (picture.height, picture.width, 3))
    return Image.fromarray(np.clip(np.asarray(picture) + grain, 0, 255).astype(np.uint8))


def yellow(picture: Image.Image) -> Image.Image:
    return Image.fromarray((np.asarray(picture) * np.array([0.9, 0.82, 0.62])).astype(np.uint8))


def one_bit(picture: Image.Image) -> Image.Image:
    return picture.convert("L").point(lambda value: 255 if value > 150 else 0)


SPOILT: dict[str, Callable[[Image.Image], Image.Image]] = {
    "as printed": lambda page: page,
    "jpeg": as_jpeg,
    "noise": noisy,
    "yellow light": yellow,
    "askew": lambda page: page.rotate(3, fillcolor="white"),
    "upside down": lambda page: page.rotate(180),
}


@pytest.mark.parametrize("spoilt", SPOILT)
@pytest.mark.parametrize("colour", [RED, FADED, CARMINE])
def test_a_red_seal_is_found(colour: tuple[int, int, int], spoilt: str) -> None:
    (seal,) = seals(SPOILT[spoilt](stamp_seal(text_page(), HERE, colour=colour)))
    assert seal.colour == "red"
    assert seal.confidence > 0.7


@pytest.mark.parametrize("spoil", [lambda page: page.convert("L"), one_bit, as_jpeg])
def test_a_black_seal_is_found_between_the_lines(spoil: Callable[[Image.Image], Image.Image]) -> None:
    (seal,) = seals(spoil(stamp_seal(text_page(lines=33), (150, 255), colour=BLACK)))
    assert seal.colour == "black"


@pytest.mark.parametrize("width", [27, 30, 36, 42])
def test_a_seal_has_its_place_and_size(width: float) -> None:
    (seal,) = seals(stamp_seal(text_page(lines=30), HERE, width=width))
    assert (seal.box.left + seal.box.right) / 2 == pytest.approx(HERE[0] / 210, abs=0.01)
    assert (seal.box.top + seal.box.bottom) / 2 == pytest.approx(HERE[1] / 297, abs=0.01)
    assert (seal.box.right - seal.box.left) * 210 == pytest.approx(width, abs=2.5)


def test_two_seals_of_two_ministries_are_two() -> None:
    page = stamp_seal(stamp_seal(text_page(lines=20), (60, 200)), (150, 200))
    assert len(seals(page)) == 2


def test_a_seal_on_a_photo_of_a_desk_is_found() -> None:
    photo = on_a_desk(stamp_seal(text_page(lines=30), HERE))
    (seal,) = seals(photo, dpi=0)
    assert seal.colour == "red"


def flag(page: Image.Image) -> Image.Image:
    ImageDraw.Draw(page).rectangle((mm(20), mm(20), mm(70), mm(53)), fill=RED)
    return page


def disc(page: Image.Image) -> Image.Image:
    ImageDraw.Draw(page).ellipse((mm(20), mm(20), mm(56), mm(56)), fill=RED)
    return page


def portrait(page: Image.Image) -> Image.Image:
    mask = Image.new("L", A4)
    ImageDraw.Draw(mask).ellipse((mm(20), mm(200), mm(56), mm(236)), fill=255)
    return Image.composite(people().resize(A4), page, mask)


NO_SEALS: dict[str, Callable[[], Image.Image]] = {
    "words": text_page,
    "red words": lambda: text_page(RED),
    "an empty page": lambda: text_page(lines=0),
    "a table": lambda: table(text_page(lines=10)),
    "a flag": lambda: flag(text_page()),
    "a red disc": lambda: disc(text_page(lines=0)),
    "a portrait": lambda: portrait(text_page(lines=20)),
    "people": people,
    "a stamp with words": lambda: frame(text_page(lines=20), (30, 180), "SAO Y"),
    "a signature": lambda: sign(text_page(lines=20), (120, 220)),
    "black": lambda: Image.new("RGB", A4),
    "a dot": lambda: Image.new("RGB", (1, 1)),
    "a line": lambda: Image.new("L", (2000, 2)),
}


@pytest.mark.parametrize("what", NO_SEALS)
def test_this_is_no_seal(what: str) -> None:
    assert seals(NO_SEALS[what]()) == []


@pytest.mark.parametrize("size", [(2000, 2), (1, 3000), (40_000, 3)])
@pytest.mark.parametrize("dpi", [0, 0.3, 100])
def test_a_line_is_not_blown_up_to_a_page(size: tuple[int, int], dpi: float) -> None:
    inks = inks_of(page_of(Image.new("L", size), dpi))
    assert inks.height * inks.width < 4_000_000


@pytest.mark.parametrize("words", ["KHẨN", "SAO Y", "HỎA TỐC"])
def test_a_frame_with_words_is_a_stamp(words: str) -> None:
    (mark,) = marks_of(page_of(frame(text_page(lines=20), (25, 190), words)))
    assert (mark.what, mark.colour) == ("stamp", "red")


@pytest.mark.parametrize(("colour", "name"), [((40, 60, 170), "blue"), (BLACK, "black")])
def test_a_signature_beside_a_seal_is_found(colour: tuple[int, int, int], name: str) -> None:
    page = sign(stamp_seal(text_page(lines=25), HERE), (145, 225), colour=colour)
    (signature,) = [mark for mark in marks_of(page_of(page)) if mark.what == "signature"]
    assert signature.colour == name
    assert signature.confidence > 0.8


@pytest.mark.parametrize("colour", [(0, 0, 0), (30, 40, 160), RED])
def test_words_and_tables_are_no_signatures(colour: tuple[int, int, int]) -> None:
    assert marks_of(page_of(table(text_page(colour)))) == ()


def test_what_was_read_as_a_word_is_no_signature() -> None:
    page = page_of(sign(text_page(lines=20), (120, 220)))
    (signature,) = marks_of(page)
    assert marks_of(page, words=[signature.box]) == ()
    assert marks_of(page, words=[Box(left=0, top=0, right=1, bottom=0.1)]) == (signature,)


def test_marks_are_found_quickly() -> None:
    page = page_of(sign(stamp_seal(text_page(), HERE), (145, 225)))
    marks_of(page)
    begin = time.process_time()
    for _ in range(5):
        marks_of(page)
    assert (time.process_time() - begin) / 5 < 0.25  # some 0.04 on an idle machine
