"""Tesseract with its Vietnamese model: a region of a page image -> words with their places.  Pure but for loading the model.

The model is loaded once, by the fork server; children that gave up their files share it.  Tesseract is used without threads
(RLIMIT_NPROC is 0 there) and without dictionaries on disk: the LSTM model carries its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from gateway.documents.pictures.page import PageImage, Pixels
from gateway.model import Box, Value

LANGUAGE = "vie"
_PLACES = ("/usr/share/tesseract-ocr/5/tessdata", "/usr/share/tesseract-ocr/4.00/tessdata", "/usr/share/tessdata")
_SETTINGS = {"tessedit_do_invert": "0", "debug_file": os.devnull}


class Mode(IntEnum):
    """How Tesseract looks for lines: its page segmentation modes."""

    PAGE = 3
    COLUMN = 4
    BLOCK = 6
    LINE = 7
    WORD = 8
    SPARSE = 11


class Word(Value):
    """A word and its place in pixels of the page; confidence 0 to 1."""

    text: str
    left: int
    top: int
    right: int
    bottom: int
    confidence: float


class Row(Value):
    """A line as Tesseract sees it; ``slope`` is how far its baseline falls for each pixel to the right."""

    words: tuple[Word, ...]
    slope: float = 0.0


class OcrResult(Value):
    """What was read in a region."""

    rows: tuple[Row, ...]

    @property
    def confidence(self) -> float:
        """Mean of the words, weighted by their letters; 0 when there are none."""
        letters = sum(len(word.text) for row in self.rows for word in row.words)
        return sum(word.confidence * len(word.text) for row in self.rows for word in row.words) / letters if letters else 0.0


class _Holder:
    api: Any = None
    tesserocr: ModuleType | None = None
    tried = False


def load(tessdata: str = "") -> bool:
    """Load the model once, from that folder or where Debian keeps it; False when there is none (scans stay unread)."""
    _Holder.tried = True
    folder = next((place for place in _folders(tessdata) if (Path(place) / f"{LANGUAGE}.traineddata").is_file()), "")
    if not folder:
        return False
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")  # read by OpenMP when the library is loaded
    try:
        import tesserocr
    except ImportError:
        return False
    api = tesserocr.PyTessBaseAPI(path=folder, lang=LANGUAGE, oem=tesserocr.OEM.LSTM_ONLY, psm=tesserocr.PSM.AUTO)
    for name, value in _SETTINGS.items():
        api.SetVariable(name, value)
    _Holder.api, _Holder.tesserocr = api, tesserocr
    _warm_up()
    return True


def leave_out() -> None:
    """No model in this process, wherever there may be one: scans stay unread."""
    _Holder.tried, _Holder.api = True, None


def available() -> bool:
    """Whether scans can be read here."""
    if not _Holder.tried:
        load()
    return _Holder.api is not None


def _folders(tessdata: str) -> Iterator[str]:
    if tessdata:
        yield tessdata
        return
    yield os.environ.get("TESSDATA_PREFIX", "")
    yield from _PLACES


def _warm_up() -> None:
    """The first picture makes tables and finds codecs: before the file system is gone, and shared by all children."""
    read_region(PageImage(pixels=np.full((80, 200), 255, np.uint8), dpi=200))
    # The first complaint opens debug_file, and Tesseract writes to it without looking whether that went well: a child dies
    # of its first complaint.  A picture of one dot an inch is complained about here.
    read_region(PageImage(pixels=np.full((80, 200), 255, np.uint8), dpi=1))


def read_region(page: PageImage, box: Box | None = None, *, mode: Mode = Mode.PAGE) -> OcrResult:
    """The words in that part of a page (all of it without a box), places in pixels of the whole page."""
    top, bottom, left, right = _pixels_of(page, box)
    grey = _grey(page.pixels[top:bottom, left:right])
    if grey.shape[0] < 8 or grey.shape[1] < 8 or not available():
        return OcrResult(rows=())
    api, tesserocr = _Holder.api, _Holder.tesserocr
    assert tesserocr is not None  # noqa: S101 - loaded together with the model
    api.SetPageSegMode(int(mode))
    api.SetImageBytes(grey.tobytes(), grey.shape[1], grey.shape[0], 1, grey.shape[1])
    api.SetSourceResolution(round(page.dpi) or 200)
    try:
        api.Recognize()
        return OcrResult(rows=tuple(_rows(api.GetIterator(), tesserocr, left, top)))
    except RuntimeError:  # nothing that looks like text
        return OcrResult(rows=())
    finally:
        api.Clear()


def _pixels_of(page: PageImage, box: Box | None) -> tuple[int, int, int, int]:
    if box is None:
        return 0, page.height, 0, page.width
    return (
        max(round(box.top * page.height), 0),
        min(round(box.bottom * page.height), page.height),
        max(round(box.left * page.width), 0),
        min(round(box.right * page.width), page.width),
    )


def _grey(pixels: Pixels) -> Pixels:
    if pixels.ndim == 2:
        return np.ascontiguousarray(pixels)
    weighted = pixels[..., 0] * np.uint16(77) + pixels[..., 1] * np.uint16(150) + pixels[..., 2] * np.uint16(29)
    grey: Pixels = (weighted >> 8).astype(np.uint8)
    return grey


def _rows(iterator: Any, tesserocr: ModuleType, left: int, top: int) -> Iterator[Row]:
    words: list[Word] = []
    slope = 0.0
    if iterator is None:
        return
    while True:
        if iterator.IsAtBeginningOf(tesserocr.RIL.TEXTLINE):
            if words:
                yield Row(words=tuple(words), slope=slope)
            words, slope = [], _slope(iterator.Baseline(tesserocr.RIL.TEXTLINE))
        if word := _word(iterator, tesserocr, left, top):
            words.append(word)
        if not iterator.Next(tesserocr.RIL.WORD):
            break
    if words:
        yield Row(words=tuple(words), slope=slope)


def _word(iterator: Any, tesserocr: ModuleType, left: int, top: int) -> Word | None:
    box = None if iterator.Empty(tesserocr.RIL.WORD) else iterator.BoundingBox(tesserocr.RIL.WORD)
    if not box:
        return None
    text = iterator.GetUTF8Text(tesserocr.RIL.WORD).strip().replace("§", "S")  # no Vietnamese document has a "§"
    if not text:
        return None
    confidence = round(max(iterator.Confidence(tesserocr.RIL.WORD), 0.0) / 100, 3)
    return Word(
        text=text, left=box[0] + left, top=box[1] + top, right=box[2] + left, bottom=box[3] + top, confidence=confidence
    )


def _slope(baseline: tuple[tuple[int, int], tuple[int, int]] | None) -> float:
    if not baseline:
        return 0.0
    (x1, y1), (x2, y2) = baseline
    return (y2 - y1) / (x2 - x1) if x2 - x1 > 40 else 0.0
