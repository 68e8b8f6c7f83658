from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from gateway.documents.pictures.binarise import binarised
from gateway.documents.pictures.likeness import is_page_like
from gateway.documents.pictures.page import PageImage
from gateway.documents.pictures.perspective import corners_of, squared
from gateway.documents.pictures.straighten import skew_of, straightened
from tests.documents.pictures.drawings import A4, on_a_desk, page_of, people, stamp_seal, table, text_page


@pytest.mark.parametrize("angle", [-14, -6.3, -2, -0.5, 0, 0.7, 3, 9.1, 14])
@pytest.mark.parametrize("drawn", [text_page, lambda: table(text_page(lines=8))])
def test_a_skewed_page_is_level_again(drawn: object, angle: float) -> None:
    picture = drawn() if callable(drawn) else text_page()
    page, turned = straightened(page_of(picture.rotate(angle, fillcolor="white", resample=Image.Resampling.BICUBIC)))
    assert turned == pytest.approx(-angle, abs=0.25)
    assert abs(skew_of(page.pixels)) <= 0.25
    assert page.pixels.ndim == 2


@pytest.mark.parametrize("picture", [people(), Image.new("L", A4), Image.new("L", A4, 255), Image.new("L", (3, 3), 255)])
def test_what_has_no_lines_is_not_broken(picture: Image.Image) -> None:
    page, turned = straightened(page_of(picture))
    assert page.pixels.size
    assert -15.5 <= turned <= 15.5


def test_a_shadow_is_taken_off_the_paper() -> None:
    grey = np.asarray(text_page().convert("L"), np.float32) * np.linspace(1.0, 0.4, A4[0])[None, :]
    page, _ = straightened(PageImage(pixels=grey.astype(np.uint8), dpi=100))
    assert np.percentile(page.pixels[:, -150:], 60) > 235
    assert page.pixels[:, :400].min() < 60


def test_an_even_page_stays_as_it_is() -> None:
    page = page_of(text_page().convert("L"))
    assert np.array_equal(straightened(page)[0].pixels, page.pixels)


def test_dark_strips_along_the_sides_are_cut_off() -> None:
    picture = text_page().convert("L")
    ImageDraw.Draw(picture).rectangle((0, 0, 40, A4[1]), fill=5)
    ImageDraw.Draw(picture).rectangle((0, A4[1] - 50, A4[0], A4[1]), fill=5)
    page, _ = straightened(page_of(picture))
    assert abs(page.width - (A4[0] - 41)) <= 3
    assert abs(page.height - (A4[1] - 51)) <= 3


@pytest.mark.parametrize("slant", [0.0, 0.04, 0.08])
def test_a_sheet_on_a_desk_is_seen_from_above(slant: float) -> None:
    photo = on_a_desk(text_page(), slant=slant)
    page = squared(page_of(photo, dpi=0))
    assert page.height / page.width == pytest.approx(2**0.5, abs=0.16)
    assert page.width < photo.width * 0.85
    assert abs(skew_of(straightened(page)[0].pixels)) < 0.5


@pytest.mark.parametrize("picture", [text_page(), people(), Image.new("L", A4, 255), Image.new("L", (5, 5))])
def test_without_plain_sides_of_a_sheet_nothing_is_bent(picture: Image.Image) -> None:
    page = page_of(picture, dpi=0)
    assert corners_of(page) is None
    assert squared(page) is page


def test_a_scan_is_never_bent() -> None:
    assert corners_of(page_of(on_a_desk(text_page()), dpi=200)) is None


def test_letters_in_a_shadow_are_black_and_the_paper_white() -> None:
    grey = (np.asarray(text_page().convert("L"), np.float32) * np.linspace(1.0, 0.35, A4[0])[None, :]).astype(np.uint8)
    black = binarised(grey)
    assert set(np.unique(black)) == {0, 255}
    plain = np.asarray(text_page().convert("L")) < 100
    assert (black[plain] == 0).mean() > 0.95
    assert (black[~plain] == 255).mean() > 0.93


def test_pages_look_like_pages() -> None:
    for picture in (text_page(), text_page(lines=4), on_a_desk(text_page()), stamp_seal(text_page(lines=15), (130, 200))):
        assert is_page_like(page_of(picture))
    assert is_page_like(page_of(text_page().rotate(90, expand=True)))


def test_people_logos_and_small_pictures_do_not() -> None:
    logo = Image.new("RGB", (1200, 1200), "white")
    ImageDraw.Draw(logo).ellipse((200, 200, 1000, 1000), fill=(20, 60, 160))
    for picture in (people(), logo, Image.new("RGB", A4, "white"), text_page().resize((300, 424))):
        assert not is_page_like(page_of(picture))
