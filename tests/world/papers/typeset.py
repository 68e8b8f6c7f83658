"""A sheet set on A4 pages: every piece of words with its place, in points from the upper left corner.

PDF and pictures draw the same places, so a scan looks like the print of its PDF.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from PIL import ImageFont

from gateway.model import Value
from tests.world.ink import FONTS
from tests.world.papers.sheet import END, HAND, STAMP, Columns, Row, Sheet

WIDTH, HEIGHT = 595.0, 842.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 85.0, 540.0, 57.0, 785.0
_HEAD = ((52.0, 268.0), (272.0, 562.0))  # the two columns of the letterhead are set wider than the text
_FOOT = ((85.0, 300.0), (310.0, 555.0))
_INK = 70.0  # room for signature and seal


class Placed(Value):
    """Words, or something drawn, and where: x of its left edge, y of its base line."""

    what: str  # "print", "hand", "stamp", "rule", "box", "ink"
    text: str
    x: float
    y: float
    size: float
    width: float = 0.0
    bold: bool = False
    italic: bool = False
    role: str = ""
    part: str = ""  # "head left", "head right", "text", "foot left", "foot right"


Page = tuple[Placed, ...]


def typeset(sheet: Sheet, *, face: str = "Serif") -> tuple[Page, ...]:
    """All pages.  ``face`` is "Serif" or "Sans"."""
    setter = _Setter(face)
    for block in sheet.blocks:
        if isinstance(block, Row):
            setter.paragraph(block)
        else:
            setter.columns(block)
    return setter.done()


def width_of(text: str, size: float, *, face: str = "Serif", bold: bool = False, italic: bool = False) -> float:
    """How wide words are printed, in points."""
    return float(_font(face, bold, italic).getlength(text)) * size / 100


class _Setter:
    def __init__(self, face: str) -> None:
        self.face = face
        self.y = _TOP
        self.page: list[Placed] = []
        self.pages: list[Page] = []

    def done(self) -> tuple[Page, ...]:
        return (*self.pages, tuple(self.page))

    def paragraph(self, row: Row) -> None:
        for number, line in enumerate(self._wrapped(row, _RIGHT - _LEFT)):
            self._need(row.size * 1.3)
            indent = 28.0 if row.align == "justify" and number == 0 else 0.0
            self._line(line, row, (_LEFT + indent, _RIGHT), "text")
        self.y += 4

    def columns(self, block: Columns) -> None:
        sides = _HEAD if block.role in ("head", "copy") else _FOOT
        height = 1.35 * sum(row.size for row in block.right) + _INK if "foot" in block.role else 0.0
        self._need(max(height, 60))
        if block.role == "copy":
            self.page.append(Placed(what="rule", text="", x=_LEFT, y=self.y, size=1, width=_RIGHT - _LEFT))
            self.y += 18
        top = self.y
        number_y = self._side(block.left, sides[0], f"{block.role} left", 0.0)
        low, self.y = self.y, top
        self._side(block.right, sides[1], f"{block.role} right", number_y)
        self.y = max(low, self.y) + 10

    def _side(self, rows: tuple[Row, ...], column: tuple[float, float], part: str, number_y: float) -> float:
        """Set one column; gives the line of the number, which the day on the other side shares."""
        found = 0.0
        for row in rows:
            if row.role == "date" and number_y > self.y:
                self.y = number_y
            if row.role == "ink":
                self.page.append(Placed(what="ink", text="", x=column[0], y=self.y, size=_INK, width=column[1] - column[0]))
                self.y += _INK
                continue
            if row.role == "number":
                self.y += 6
                found = self.y
            for line in self._wrapped(row, column[1] - column[0]):
                self._line(line, row, column, part)
        return found

    def _line(self, line: str, row: Row, column: tuple[float, float], part: str) -> None:
        self.y += row.size * 1.2
        wide = self._width(line, row)
        x = column[0]
        if row.align == "centre":
            x = (column[0] + column[1] - wide) / 2
        elif row.align == "right":
            x = column[1] - wide
        if row.boxed:
            self.page.append(Placed(what="box", text="", x=x - 8, y=self.y + 5, size=row.size + 8, width=wide + 16))
        for what, text in _pieces(line):
            self.page.append(
                Placed(
                    what=what,
                    text=text,
                    x=x,
                    y=self.y,
                    size=row.size,
                    width=self._width(text, row),
                    bold=row.bold,
                    italic=row.italic,
                    role="boxed" if row.boxed else row.role,
                    part=part,
                )
            )
            x += self._width(text, row)
        if row.role == "motto" and row.text.startswith("Độc"):
            self.page.append(Placed(what="rule", text="", x=x - wide, y=self.y + 4, size=0.6, width=wide))
            self.y += 5

    def _width(self, text: str, row: Row) -> float:
        bare = "".join(letter for letter in text if letter not in HAND + STAMP + END)
        return width_of(bare, row.size, face=self.face, bold=row.bold, italic=row.italic)

    def _wrapped(self, row: Row, width: float) -> Iterator[str]:
        line = ""
        for word in row.text.split(" "):
            longer = f"{line} {word}" if line else word
            if line and self._width(longer, row) > width:
                yield line
                line = word
            else:
                line = longer
        yield line

    def _need(self, height: float) -> None:
        if self.y + height > _BOTTOM:
            self.pages.append(tuple(self.page))
            self.page, self.y = [], _TOP


def _pieces(line: str) -> Iterator[tuple[str, str]]:
    """Print, and what was put into its blanks."""
    marks = [0, *(at for at, letter in enumerate(line) if letter in HAND + STAMP + END), len(line)]
    for begin, end in pairwise(marks):
        text = line[begin:end]
        what = {HAND: "hand", STAMP: "stamp"}.get(text[:1], "print")
        text = text.lstrip(HAND + STAMP + END)
        if text:
            yield what, text


@cache
def _font(face: str, bold: bool, italic: bool) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(font_path(face, bold, italic), 100)


def font_path(face: str, bold: bool, italic: bool) -> str:
    """The file of a face."""
    style = ("Bold" if bold else "") + ("Italic" if italic else "") or "Regular"
    return str(FONTS / f"Liberation{face}-{style}.ttf")
