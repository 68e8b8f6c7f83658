"""A sheet as text: columns made with blanks or tabs or one below the other, in every encoding that mail has seen."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from itertools import zip_longest

from tests.world.papers import legacy
from tests.world.papers.sheet import Columns, Row, Sheet, plain

LAYOUTS = ("blanks", "tabs", "below", "narrow")

ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "NFC": lambda text: text.encode(),
    "NFD": lambda text: unicodedata.normalize("NFD", text).encode(),
    "UTF-16": lambda text: text.encode("utf-16"),
    "BOM": lambda text: text.encode("utf-8-sig"),
    "TCVN3": lambda text: _tcvn3(text).encode("latin-1", "replace"),
    "VNI": lambda text: legacy.vni(text).encode("cp1252", "replace"),
    "VIQR": lambda text: legacy.viqr(text).encode("ascii", "replace"),
    "windows-1258": legacy.windows_1258,
    "no marks": lambda text: legacy.bare(text).encode("ascii", "replace"),
}


def text(sheet: Sheet, *, layout: str = "blanks") -> str:
    """The words, one line of the paper a line."""
    return "\n".join(_lines(sheet, layout)) + "\n"


def file(sheet: Sheet, *, layout: str = "blanks", encoding: str = "NFC") -> bytes:
    """The same as bytes."""
    return ENCODINGS[encoding](text(sheet, layout=layout))


def _lines(sheet: Sheet, layout: str) -> Iterator[str]:
    for block in sheet.blocks:
        if isinstance(block, Row):
            yield from _wrapped(plain(block.text), 76 if layout == "narrow" else 1000)
        elif layout == "below":
            yield from (plain(row.text) for row in (*block.left, *block.right) if row.text)
        else:
            yield from _side_by_side(block, layout)
        if getattr(block, "role", "") != "subject":  # the lines of a title belong together
            yield ""


def _side_by_side(block: Columns, layout: str) -> Iterator[str]:
    left = [line for row in block.left for line in _wrapped(plain(row.text), 36)]
    right = [plain(row.text) for row in block.right]
    if block.role == "head":  # number and day stand in one line: the day is moved down to it
        number = next((n for n, row in enumerate(block.left) if row.role == "number"), len(right) - 1)
        right[len(right) - 1 : len(right) - 1] = [""] * max(0, number - len(right) + 1)
    for one, other in zip_longest(left, right, fillvalue=""):
        gap = "\t\t" if layout == "tabs" else " " * max(4, 42 - len(one))
        yield f"{one}{gap}{other}".rstrip() if other else one


def _wrapped(words: str, width: int) -> Iterator[str]:
    line = ""
    for word in words.split(" "):
        if line and len(line) + 1 + len(word) > width:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    yield line


def _tcvn3(words: str) -> str:
    """Old typists wrote headings in the font of capitals: small letters are all that is left of it in plain text."""
    return "\n".join(legacy.tcvn3_capitals(line) if line.isupper() else legacy.tcvn3(line) for line in words.split("\n"))
