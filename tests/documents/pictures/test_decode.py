from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gateway.documents.pictures.decode import page_count, page_image, page_images
from gateway.documents.text import Unreadable


def paper(size: tuple[int, int] = (300, 400), mode: str = "RGB") -> Image.Image:
    """White, with a black corner: the upper left one."""
    picture = Image.new("RGB", size, "white")
    picture.paste("black", (0, 0, size[0] // 3, size[1] // 3))
    return picture.convert(mode)


def saved(picture: Image.Image, form: str, **how: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, form, **how)
    return file.getvalue()


def dark_corner(pixels: np.ndarray[Any, Any]) -> str:
    """In which corner the black is."""
    light = pixels if pixels.ndim == 2 else pixels.mean(axis=2)
    high, wide = light.shape[0] // 8, light.shape[1] // 8
    corners = {
        "upper left": light[:high, :wide],
        "upper right": light[:high, -wide:],
        "lower left": light[-high:, :wide],
        "lower right": light[-high:, -wide:],
    }
    return min(corners, key=lambda name: float(corners[name].mean()))


FILES: dict[str, Callable[[], bytes]] = {
    "jpeg": lambda: saved(paper(), "JPEG"),
    "grey jpeg": lambda: saved(paper(mode="L"), "JPEG"),
    "cmyk jpeg": lambda: saved(paper(mode="CMYK"), "JPEG"),
    "png": lambda: saved(paper(), "PNG"),
    "palette png": lambda: saved(paper().quantize(4), "PNG"),
    "1-bit png": lambda: saved(paper(mode="1"), "PNG"),
    "16-bit png": lambda: saved(Image.fromarray(np.asarray(paper(mode="L"), np.uint16) * 257), "PNG"),
    "g4 tiff": lambda: saved(paper(mode="1"), "TIFF", compression="group4"),
    "lzw tiff": lambda: saved(paper(), "TIFF", compression="tiff_lzw"),
    "jpeg tiff": lambda: saved(paper(), "TIFF", compression="jpeg"),
    "cmyk tiff": lambda: saved(paper(mode="CMYK"), "TIFF"),
    "16-bit tiff": lambda: saved(Image.fromarray(np.asarray(paper(mode="L"), np.uint16) * 257), "TIFF"),
    "float tiff": lambda: saved(paper(mode="F"), "TIFF"),
    "bmp": lambda: saved(paper(), "BMP"),
    "webp": lambda: saved(paper(), "WEBP"),
    "gif": lambda: saved(paper(), "GIF"),
    "avif": lambda: saved(paper(), "AVIF"),
    "heic": lambda: heic(paper()),
}


def heic(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    pillow_heif.from_pillow(picture).save(file)
    return file.getvalue()


@pytest.mark.parametrize("form", FILES)
def test_every_kind_of_picture_becomes_a_page(form: str) -> None:
    (page,) = page_images(FILES[form]())
    assert (page.width, page.height) == (300, 400)
    assert page.pixels.dtype == np.uint8
    assert dark_corner(page.pixels) == "upper left"
    assert page.pixels[350, 250].min() > 240


TURNED = {
    1: "upper left",
    2: "upper right",
    3: "lower right",
    4: "lower left",
    5: "upper left",
    6: "upper right",
    8: "lower left",
}


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", TURNED)
def test_a_photo_is_turned_as_exif_says(orientation: int, form: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    page = page_image(saved(paper(), form, exif=exif))
    assert dark_corner(page.pixels) == TURNED[orientation]
    assert (page.height > page.width) == (orientation < 5)


def test_what_is_transparent_is_paper() -> None:
    seal = Image.new("RGBA", (300, 400), (0, 0, 0, 0))
    seal.paste((200, 0, 0, 255), (0, 0, 100, 100))
    page = page_image(saved(seal, "PNG"))
    assert page.pixels[300, 200].tolist() == [255, 255, 255]
    assert page.pixels[50, 50].tolist() == [200, 0, 0]


def test_all_pages_of_a_tiff_are_given_in_order() -> None:
    pages = [paper((300, 400 + number), "1") for number in range(3)]
    data = saved(pages[0], "TIFF", save_all=True, append_images=pages[1:], compression="group4")
    assert [(page.number, page.height) for page in page_images(data)] == [(1, 400), (2, 401), (3, 402)]


def test_a_tiff_of_many_pages_ends_after_fifty() -> None:
    pages = [paper((40, 40), "1")] * 60
    assert page_count(saved(pages[0], "TIFF", save_all=True, append_images=pages[1:])) == 50


def test_of_moving_pictures_the_first_is_the_page() -> None:
    frames = [paper(), Image.new("RGB", (300, 400), "black")]
    for form in ("GIF", "WEBP", "PNG"):
        (page,) = page_images(saved(frames[0], form, save_all=True, append_images=frames[1:] * 200))
        assert dark_corner(page.pixels) == "upper left"


@pytest.mark.parametrize(("form", "mode"), [("JPEG", "RGB"), ("PNG", "1"), ("PNG", "P"), ("TIFF", "L"), ("PNG", "RGBA")])
def test_a_large_photo_is_made_smaller(form: str, mode: str) -> None:
    page = page_image(saved(paper((4000, 6000), mode), form, dpi=(600, 600)))
    assert (page.width, page.height) == (1667, 2500)
    assert page.dpi == pytest.approx(250, abs=1)
    assert dark_corner(page.pixels) == "upper left"


@pytest.mark.parametrize(
    ("size", "said", "dpi"),
    [
        ((1654, 2339), 200, 200),
        ((1654, 2339), 72, 200),  # would be a sheet of 58 centimetres
        ((827, 1169), None, 100),  # the shape of A4
        ((2000, 1500), 72, 0),  # a photo
        ((2000, 1500), 1, 0),
    ],
)
def test_the_dots_are_believed_when_they_make_a_sheet(size: tuple[int, int], said: float | None, dpi: float) -> None:
    how = {"dpi": (said, said)} if said else {}
    assert page_image(saved(paper(size, "L"), "PNG", **how)).dpi == pytest.approx(dpi, abs=0.5)


# --- what is wrong with a file -----------------------------------------------------------------------------------------


def reason(data: bytes) -> str:
    with pytest.raises(Unreadable) as raised:
        list(page_images(data))
    return raised.value.reason


def png_of(width: int, height: int) -> bytes:
    """The head of a PNG that says it is that large, and hardly any pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


def tiff_of(width: int, height: int) -> bytes:
    """A TIFF that lies about its size."""
    data = saved(paper((64, 64), "L"), "TIFF")
    data = data.replace(struct.pack("<HHIHH", 256, 4, 1, 64, 0), struct.pack("<HHII", 256, 4, 1, width))
    return data.replace(struct.pack("<HHIHH", 257, 4, 1, 64, 0), struct.pack("<HHII", 257, 4, 1, height))


@pytest.mark.parametrize("size", [(50_000, 50_000), (9_000, 9_000), (2_000_000_000, 2)])
def test_a_picture_that_says_it_is_huge_is_not_decoded(size: tuple[int, int]) -> None:
    assert reason(png_of(*size)) == "too large"
    assert reason(tiff_of(*size)) in ("too large", "damaged")


def test_a_gif_of_many_frames_costs_one() -> None:
    frames = [paper((64, 64)).rotate(turn) for turn in range(200)]
    assert len(list(page_images(saved(frames[0], "GIF", save_all=True, append_images=frames[1:])))) == 1


def outcome(data: bytes) -> str:
    """The size of the first page, or why there is none."""
    try:
        pages = list(page_images(data))
    except Unreadable as unreadable:
        return unreadable.reason
    return f"{pages[0].width} x {pages[0].height}"


@pytest.mark.parametrize("form", ["jpeg", "png", "lzw tiff", "bmp", "gif"])
def test_of_a_file_that_is_cut_off_the_rest_is_read(form: str) -> None:
    data = FILES[form]()
    assert outcome(data[: len(data) * 3 // 4]) in ("300 x 400", "damaged", "format")


@pytest.mark.parametrize(
    "data", [b"", b"GIF89a", b"not a picture at all", b"\x00\x00\x00\x18ftypheic" + bytes(40), b"%PDF-1.4"]
)
def test_no_picture_is_named_so(data: bytes) -> None:
    assert reason(data) in ("format", "damaged")


STARTS = (
    b"",
    b"\xff\xd8\xff\xe0",
    b"\x89PNG\r\n\x1a\n",
    b"II*\x00\x08\x00\x00\x00",
    b"MM\x00*",
    b"GIF89a",
    b"BM",
    b"RIFF\x00\x00\x00\x00WEBP",
)


@settings(max_examples=150, deadline=None)
@given(start=st.sampled_from(STARTS), rest=st.binary(max_size=300))
def test_whatever_the_bytes_pages_or_unreadable(start: bytes, rest: bytes) -> None:
    assert outcome(start + rest)  # and nothing else is raised


@settings(max_examples=150, deadline=None)
@given(form=st.sampled_from([*FILES]), at=st.integers(0, 10_000), junk=st.binary(min_size=1, max_size=8))
def test_whatever_is_changed_in_a_good_file_pages_or_unreadable(form: str, at: int, junk: bytes) -> None:
    data = _GOOD[form]
    at %= len(data)
    assert outcome(data[:at] + junk + data[at + len(junk) :])


_GOOD = {form: make() for form, make in FILES.items()}
