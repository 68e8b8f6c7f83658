"""What every reader returns: lines with their place, and what the file says beside its words.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.model import Box, Value

MAX_LINES = 20_000
MAX_LINE = 4_000

_BETWEEN_CELLS = re.compile(r"\t+| {3,}|\|")


class Column(Value):
    """A piece of a line between TABs, on a page that an OCR read."""

    box: Box
    sure: tuple[float, ...]  # confidence of each word


class Line(Value):
    """One printed line, or one paragraph of a format that does not know lines.

    ``text`` is tidy (NFC, plain spaces); a TAB in it is a gap between columns.  ``place`` counts from 1, page 0 is "no pages".
    """

    text: str
    place: int
    page: int = 0
    centred: bool = False
    box: Box | None = None
    confidence: float = 1.0  # of an OCR, 0 to 1
    figures: float = 1.0  # the same, of the least sure word with figures: numbers are often written by hand
    columns: tuple[Column, ...] = ()  # its pieces between TABs, as far as an OCR knows
    agreed: bool = False  # an OCR read its figures several times and alike; what it did not is "…"


class Mark(Value):
    """Something drawn on a page that is no word."""

    what: str  # "seal" or "signature"
    page: int
    box: Box
    colour: str = ""  # "red", "blue", "black"
    confidence: float = 1.0


class Found(Value):
    """A piece of a line, and the line it stands in."""

    text: str
    line: Line


def cells(text: str) -> Iterator[str]:
    """The columns of a line: parted by a TAB, by three spaces or by a bar."""
    if "|" in text or "   " in text:
        return (cell for cell in _BETWEEN_CELLS.split(text) if cell.strip())
    return (cell for cell in text.split("\t") if cell.strip())  # a tenth of the time


class Text(Value):
    """The words of a file, in reading order."""

    lines: tuple[Line, ...]
    pages: int = 0
    signatures: int = 0  # digital signatures in the file, whatever they are worth
    stamped_boxes: int = 0  # signature boxes on page 1 that show a picture: number and day, stamped when issuing
    scanned: bool = False  # page 1 is a picture; its words are somebody's OCR
    legacy: str = ""  # name of a legacy encoding that the words are in
    marks: tuple[Mark, ...] = ()  # seals and signatures found in the picture of a page
    unread_pages: int = 0  # pages of a scan that were not read, because the others said enough or time was short


class Unreadable(Exception):
    """A file that cannot be read: a fact about it, not an error of ours; ``reason`` as in gateway.model.FileReading."""

    def __init__(self, reason: str, *, pages: int = 0, signatures: int = 0, likely: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.pages = pages
        self.signatures = signatures
        self.likely = likely  # how likely an issued document is inside, where the reader knows; None: judge by the name


class Collector:
    """Gathers lines up to the limits."""

    def __init__(self) -> None:
        self.lines: list[Line] = []

    @property
    def full(self) -> bool:
        """No more lines are taken."""
        return len(self.lines) >= MAX_LINES

    def add(self, text: str, *, page: int = 0, centred: bool = False) -> None:
        """Take a tidy text; line ends in it make several lines, empty lines are dropped."""
        for piece in text.split("\n"):
            piece = piece.strip("\r ")
            if piece.strip() and not self.full:
                self.lines.append(Line(text=piece[:MAX_LINE], place=len(self.lines) + 1, page=page, centred=centred))

    def done(self) -> tuple[Line, ...]:
        """All lines."""
        return tuple(self.lines)
