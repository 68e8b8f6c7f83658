"""The lines of a letterhead read again, each piece alone and enlarged: what reads alike each time is print.  Pure.

One more reading of a piece of a line costs about 30 ms.  Number and date get one to five more, as many as they need to agree;
other pieces get two when a word of them was read with doubt.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
from msgspec.structs import replace
from PIL import Image

from gateway.documents import agreement, grammar
from gateway.documents.agreement import Reading
from gateway.documents.ocr.engine import Mode, read_region
from gateway.documents.pictures.page import PageImage, Pixels
from gateway.documents.text import Column, Line
from gateway.documents.vietnamese import squeezed, tidy
from gateway.model import Box

_ENLARGED = (1.3, 1.7, 2.2, 1.0, 3.0)
_FOR_WORDS = 2  # of these, for words
_AROUND = 0.2  # of the height of the letters: room above and below them
_MARGIN = 20  # white pixels around a piece: Tesseract wants some
_DOUBTFUL = 0.93  # a word that is less sure is read again
_MOST_LINES = 24  # of a letterhead
_FIGURES = re.compile(r"[\d/⁄]")
Reader = Callable[[float], Reading]


def looked_closer(lines: Sequence[Line], page: PageImage) -> list[Line]:
    """The lines of an upper part; those of the letterhead put together from several readings."""
    closer: list[Line] = []
    for index, line in enumerate(lines):
        flat = squeezed(line.text)
        if index >= _MOST_LINES or grammar.ADDRESSED.match(flat) or (index > 3 and grammar.BODY_BEGINS.match(flat)):
            return [*closer, *lines[index:]]
        closer.append(_looked_closer(line, page))
    return closer


def readings_of(page: PageImage, box: Box) -> list[str]:
    """What one line of print says, read three times."""
    read = _reader(page, box)
    return [read(factor).text for factor in _ENLARGED[:3]]


def _looked_closer(line: Line, page: PageImage) -> Line:
    cells = line.text.split("\t")
    if len(cells) != len(line.columns):
        return line
    read = [_again(cell, column, page) for cell, column in zip(cells, line.columns, strict=True)]
    settled = [agreement.is_number(cell) or agreement.is_date(cell) for cell in cells]
    others = any(_FIGURES.search(cell) for cell, is_settled in zip(cells, settled, strict=True) if not is_settled)
    return replace(line, text=tidy("\t".join(read)), agreed=any(settled) and not others)


def _again(cell: str, column: Column, page: PageImage) -> str:
    first, read = Reading(words=tuple(cell.split(" ")), sure=column.sure), _reader(page, column.box)
    if len(first.words) != len(first.sure) or grammar.RULE.match(cell):
        return cell
    if agreement.is_number(cell):
        return agreement.number_of(_until(agreement.number_is_settled, first, read))
    if agreement.is_date(cell):
        return agreement.date_of(_until(agreement.date_is_settled, first, read))
    if min(column.sure) >= _DOUBTFUL:
        return cell
    return agreement.words_of(first, [read(factor) for factor in _ENLARGED[:_FOR_WORDS]])


def _until(settled: Callable[[Sequence[Reading]], bool], first: Reading, read: Reader) -> list[Reading]:
    """As many readings as it takes."""
    readings = [first]
    for factor in _ENLARGED:
        if settled(readings):
            break
        readings.append(read(factor))
    return readings


def _reader(page: PageImage, box: Box) -> Reader:
    around = _AROUND * (box.bottom - box.top)
    top, bottom = max(round((box.top - around) * page.height), 0), round((box.bottom + around) * page.height)
    left, right = max(round(box.left * page.width) - 8, 0), round(box.right * page.width) + 8
    piece = page.pixels[top:bottom, left:right]
    return lambda factor: _line_in(piece, factor, page.dpi)


def _line_in(piece: Pixels, factor: float, dpi: float) -> Reading:
    """The words of one line of print, after it was enlarged."""
    size = (max(round(piece.shape[1] * factor), 1), max(round(piece.shape[0] * factor), 1))
    large = np.asarray(Image.fromarray(piece).resize(size, Image.Resampling.LANCZOS))
    picture = PageImage(pixels=np.pad(large, _MARGIN, constant_values=255), dpi=dpi * factor)
    words = [word for row in read_region(picture, mode=Mode.LINE).rows for word in row.words]
    return Reading(words=tuple(tidy(word.text) for word in words), sure=tuple(word.confidence for word in words))
