from __future__ import annotations

import io

import pytest
from PIL import Image

from gateway.documents.ocr import engine
from gateway.documents.reading import picture
from gateway.documents.text import Text, Unreadable
from tests.documents.pictures.drawings import A4, on_a_desk, page_of, people, stamp_seal, text_page


def saved(drawn: Image.Image, form: str = "JPEG", **how: object) -> bytes:
    file = io.BytesIO()
    drawn.save(file, form, **how)
    return file.getvalue()


@pytest.mark.parametrize("drawn", [people(), Image.new("RGB", A4, "white"), text_page().resize((200, 283))])
def test_a_picture_of_no_page_costs_no_ocr(drawn: Image.Image) -> None:
    assert picture.read(saved(drawn)) == Text(lines=(), pages=1)


def test_what_is_no_picture_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="format"):
        picture.read(b"nothing")


def test_words_and_seal_of_a_photo_are_read() -> None:
    """The other formats are read in test_generated_scans.py."""
    if not engine.load():
        pytest.skip("no model of Vietnamese on this machine")
    page = stamp_seal(text_page(lines=30), (130, 230)).resize((1654, 2338), Image.Resampling.BICUBIC)
    text = picture.read(saved(on_a_desk(page)))
    assert "Hướng dẫn" in " ".join(line.text for line in text.lines)
    assert [mark.what for mark in text.marks] == ["seal"]
    assert text.scanned


@pytest.mark.parametrize(
    ("dpi", "wanted", "width"),
    [(100, 100, 827), (100, 200, 1654), (100, 300, 1654), (0, 50, 414), (100, 105, 827)],
)
def test_a_page_is_scaled_to_the_dots_that_ocr_wants(dpi: float, wanted: float, width: int) -> None:
    page = picture.scaled(page_of(text_page(), dpi), wanted)
    assert page.width == pytest.approx(width, abs=2)
