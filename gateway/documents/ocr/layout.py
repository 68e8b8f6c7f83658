"""Words with places -> lines in reading order: rows of the page, a TAB between the columns of a letterhead.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

from gateway.documents.ocr.engine import OcrResult, Row, Word
from gateway.documents.pictures.page import PageImage
from gateway.documents.text import Column, Line
from gateway.documents.vietnamese import tidy
from gateway.model import Box, Value

_GAP = 1.7  # letter heights: a wider space parts two columns


class Piece(Value):
    """Words that stand beside each other, without a wide gap."""

    words: tuple[Word, ...]

    @property
    def left(self) -> int:
        """The first word's edge."""
        return self.words[0].left

    @property
    def right(self) -> int:
        """The last word's edge."""
        return max(word.right for word in self.words)

    @property
    def middle(self) -> float:
        """Height on the page, of the middle of the letters."""
        return median((word.top + word.bottom) / 2 for word in self.words)

    @property
    def height(self) -> float:
        """Height of the letters."""
        return median(word.bottom - word.top for word in self.words)


def lines_of(result: OcrResult, page: PageImage) -> list[Line]:
    """The lines of a page or a part of it, from top to bottom; ``place`` is 0, whoever puts pages together counts."""
    slope = _slope(result.rows)
    pieces = [piece for row in result.rows for piece in _pieces(row)]
    return [_line(row, page) for row in _rows(pieces, slope)]


def _slope(rows: Sequence[Row]) -> float:
    long = [row.slope for row in rows if len(row.words) > 3 and abs(row.slope) < 0.2]
    return median(long) if long else 0.0


def _pieces(row: Row) -> Iterator[Piece]:
    """A row that Tesseract read across two columns is cut at its wide gaps; specks are no words."""
    words = [word for word in row.words if not _is_speck(word)]
    if not words:
        return
    height = median(word.bottom - word.top for word in words)
    begins = 0
    for index, (before, word) in enumerate(pairwise(words), 1):
        if word.left - before.right > _GAP * height:
            yield Piece(words=tuple(words[begins:index]))
            begins = index
    yield Piece(words=tuple(words[begins:]))


def _is_speck(word: Word) -> bool:
    if any(letter.isdigit() for letter in word.text):
        return False
    return not any(letter.isalpha() for letter in word.text) and word.confidence < 0.5


def _rows(pieces: Sequence[Piece], slope: float) -> list[list[Piece]]:
    """Pieces that stand at one height, had the page lain straight."""

    def height_on_page(piece: Piece) -> float:
        return piece.middle - slope * (piece.left + piece.right) / 2

    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=height_on_page):
        row = rows[-1] if rows else []
        level = median(map(height_on_page, row)) if row else 0.0
        apart = all(piece.left >= other.right - 5 or piece.right <= other.left + 5 for other in row)
        if row and apart and height_on_page(piece) - level < 0.5 * max(min(piece.height, row[0].height), 10):
            row.append(piece)
        else:
            rows.append([piece])
    return [sorted(row, key=lambda each: each.left) for row in rows]


def _line(row: Sequence[Piece], page: PageImage) -> Line:
    words = [word for piece in row for word in piece.words]
    left, right = row[0].left / page.width, max(word.right for word in words) / page.width
    return Line(
        text=tidy("\t".join(" ".join(word.text for word in piece.words) for piece in row)),
        place=0,
        page=page.number,
        centred=len(row) == 1 and abs(left - (1 - right)) < 0.12 and left > 0.17 and right - left < 0.7,
        box=_box(words, page),
        confidence=_confidence(words),
        figures=min((word.confidence for word in words if _is_figure(word)), default=1.0),
        columns=tuple(
            Column(box=_box(piece.words, page), sure=tuple(word.confidence for word in piece.words)) for piece in row
        ),
    )


def _box(words: Sequence[Word], page: PageImage) -> Box:
    return Box(
        left=round(min(word.left for word in words) / page.width, 4),
        top=round(min(word.top for word in words) / page.height, 4),
        right=round(max(word.right for word in words) / page.width, 4),
        bottom=round(max(word.bottom for word in words) / page.height, 4),
    )


def _confidence(words: Sequence[Word]) -> float:
    """Mean over the letters."""
    return round(sum(word.confidence * len(word.text) for word in words) / max(sum(len(word.text) for word in words), 1), 3)


def _is_figure(word: Word) -> bool:
    return "/" in word.text or any(letter.isdigit() for letter in word.text)
