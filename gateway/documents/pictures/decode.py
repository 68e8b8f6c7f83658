"""Picture files to page images, within limits: whatever the bytes, pages or Unreadable.  Pure."""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pillow_heif
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    MpoImagePlugin,  # noqa: F401  photos of telephones: the JPEG plug-in hands over to it
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from gateway.documents.pictures.page import PageImage
from gateway.documents.text import Unreadable

MAX_PIXELS = 80_000_000  # of a page, as the file declares it: half a gigabyte when decoded
MAX_PAGES = 50
LONG_SIDE = 2500  # pixels that are kept of the long side: 214 to the inch of A4, enough for small print
_DPI = (50.0, 1200.0)
_A4_SHORT, _A4_SHAPE = 210 / 25.4, math.sqrt(2)
_PAPER = (3.5, 20.0)  # inches that a side of a sheet may have; more or less is a number that means nothing (photos say 72 dpi)
_ORIENTATION = 0x0112  # the Exif tag; CIPA DC-008 section 4.6.5.1.6
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")

# All that Pillow may try, and loaded now: a child that reads files can open no module any more.
_FORMATS = tuple(
    plugin.format
    for plugin in (
        JpegImagePlugin.JpegImageFile,
        PngImagePlugin.PngImageFile,
        TiffImagePlugin.TiffImageFile,
        BmpImagePlugin.BmpImageFile,
        GifImagePlugin.GifImageFile,
        WebPImagePlugin.WebPImageFile,
        AvifImagePlugin.AvifImageFile,
    )
)

# The children may start no threads (RLIMIT_NPROC is 0).
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
pillow_heif.options.DECODE_THREADS = 1
pillow_heif.options.THUMBNAILS = False
pillow_heif.options.DEPTH_IMAGES = False
pillow_heif.options.AUX_IMAGES = False


def page_images(data: bytes) -> Iterator[PageImage]:
    """The pages of a picture file, one by one: all of a TIFF, the first frame of everything else.

    Upright as Exif says, transparent parts white, at most 2,500 pixels long.  Raises Unreadable("too large") for more than 80
    million pixels, ("memory limit"), ("no threads") for a HEIC where none may be started, ("damaged") and ("format"); of a file
    that is cut off, what is there is given.
    """
    for number in range(1, page_count(data) + 1):
        yield page_image(data, number)


def page_count(data: bytes) -> int:
    """How many pages a picture file has, at most 50.  Raises Unreadable."""
    with _named_errors(), _opened(data) as picture:
        if picture.format != "TIFF":
            return 1
        count = 1
        while count < MAX_PAGES:
            try:
                picture.seek(count)
            except (EOFError, OSError, SyntaxError, ValueError, KeyError, TypeError):
                break  # the pages before a damaged one can be read
            count += 1
        return count


def page_image(data: bytes, number: int = 1) -> PageImage:
    """One page of a picture file, counted from 1.  Raises Unreadable."""
    with _named_errors(), _opened(data) as picture:
        if number > 1:
            picture.seek(number - 1)
        _check_size(picture)
        width, height = picture.size
        dpi = _dpi(picture)
        loaded = _loaded(picture)
        small = _plain(_reduced(loaded))
        upright = _upright(small, loaded)
        scale = max(upright.size) / max(width, height)
        return PageImage(pixels=np.asarray(upright), dpi=round(dpi * scale, 1), number=number)


@contextmanager
def _named_errors() -> Iterator[None]:
    """What the decoders raise, as a named state.  They raise whatever comes to them: struct.error, KeyError …"""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about damaged metadata
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except Unreadable:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise Unreadable("too large") from None
    except MemoryError:
        raise Unreadable("memory limit") from None
    except UnidentifiedImageError:
        raise Unreadable("format") from None
    except Exception:  # noqa: BLE001
        raise Unreadable("damaged") from None


@contextmanager
def _opened(data: bytes) -> Iterator[Image.Image]:
    picture = _heif(data) if _is_heif(data) else Image.open(io.BytesIO(data), formats=_FORMATS)
    try:
        yield picture
    finally:
        picture.close()


def _is_heif(data: bytes) -> bool:
    """ISO/IEC 23008-12: a file type box whose brand is one of still pictures in HEVC; AVIF is left to Pillow."""
    if data[4:8] != b"ftyp":
        return False
    return data[8:12] in _HEIF_BRANDS and b"avif" not in data[8:64]


def _heif(data: bytes) -> Image.Image:
    """The primary picture of a HEIF file, turned upright by the library; it is not registered for all of Pillow."""
    heif = pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=True)
    if math.prod(heif.size) > MAX_PIXELS:
        raise Unreadable("too large")
    try:
        return heif.to_pillow()
    except ValueError as error:
        if "C++ exception" in str(error):  # libde265 starts a thread whatever it is told, and may not
            raise Unreadable("no threads") from None
        raise


def _check_size(picture: Image.Image) -> None:
    if math.prod(picture.size) > MAX_PIXELS:
        raise Unreadable("too large")
    if min(picture.size) < 1:
        raise Unreadable("damaged")


def _loaded(picture: Image.Image) -> Image.Image:
    """The pixels.  A JPEG is decoded at a half, a quarter or an eighth where that still leaves enough."""
    scale = LONG_SIDE / max(picture.size)
    if scale < 1:
        picture.draft(None, (math.ceil(picture.width * scale), math.ceil(picture.height * scale)))
    before, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, True
    try:
        picture.load()
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before
    return picture


def _reduced(picture: Image.Image) -> Image.Image:
    """At most LONG_SIDE pixels long; the first step is a whole factor, which is quick and needs little room."""
    if max(picture.size) <= LONG_SIDE:
        return picture
    if picture.mode in ("1", "P", "PA"):
        picture = _full_colours(picture)
    scale = LONG_SIDE / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    if picture.mode.startswith("I;16"):
        picture = _eight_bits(picture)
    return picture.resize(size, Image.Resampling.BOX, reducing_gap=2.0)


def _plain(picture: Image.Image) -> Image.Image:
    """Grey or red, green, blue; what was transparent is white paper."""
    if picture.mode.startswith(("I", "F")):
        return _eight_bits(picture)
    if picture.mode in ("1", "P", "PA") or "transparency" in picture.info:
        picture = _full_colours(picture)
    if picture.mode in ("LA", "La", "RGBA", "RGBa"):
        has_colour = picture.mode.startswith("RGB")
        layer = picture.convert("RGBA")
        paper = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(paper, layer).convert("RGB" if has_colour else "L")
    return picture if picture.mode in ("L", "RGB") else picture.convert("RGB")


def _full_colours(picture: Image.Image) -> Image.Image:
    """A bit or a place in a palette made a grey or a colour."""
    if picture.mode == "1":
        return picture.convert("L")
    if picture.mode == "PA" or "transparency" in picture.info:
        return picture.convert("RGBA")
    return picture.convert("RGB") if picture.mode == "P" else picture


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Of 16 bits the upper 8; what uses fewer is stretched to its lightest value."""
    values = np.nan_to_num(np.asarray(picture, dtype=np.float32), posinf=0, neginf=0)
    top = float(values.max(initial=0))
    full = next((limit for limit in (255.0, 4095.0, 65535.0) if top <= limit), max(top, 1.0))
    if picture.mode == "F" and 0 < top <= 1:
        full = 1.0
    return Image.fromarray(np.clip(values * (255 / full), 0, 255).astype(np.uint8))


def _upright(picture: Image.Image, source: Image.Image) -> Image.Image:
    """Turned as Exif says.  Of TIFF Pillow does it when loading, of HEIF the library does."""
    try:
        turn = source.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001  damaged metadata are no reason not to look at a picture
        return picture
    if source.format == "TIFF" or turn not in _TURNS:
        return picture
    return picture.transpose(_TURNS[turn])


def _dpi(picture: Image.Image) -> float:
    """Dots to the inch as the file says, when that makes a sheet of paper; else from the shape of A4; else 0."""
    width, height = picture.size
    said = picture.info.get("dpi")
    dpi = _number(said[0]) if isinstance(said, tuple) and said else 0.0
    if _DPI[0] <= dpi <= _DPI[1] and all(_PAPER[0] <= side / dpi <= _PAPER[1] for side in (width, height)):
        return dpi
    if abs(max(width, height) / min(width, height) - _A4_SHAPE) < 0.035:
        return min(width, height) / _A4_SHORT
    return 0.0


def _number(value: object) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, ZeroDivisionError):
        return 0.0
    return number if math.isfinite(number) else 0.0
