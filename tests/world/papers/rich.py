"""A sheet as RTF: a table or tabs for the columns; Unicode escapes, or TCVN3 and VNI bytes behind a font of their own."""

from __future__ import annotations

from itertools import zip_longest

from tests.world.papers import legacy
from tests.world.papers.sheet import Columns, Row, Sheet, plain

LAYOUTS = ("table", "tabs")
FONTS = ("Unicode", "TCVN3", "VNI")

_TABLE = (
    r"{\fonttbl{\f0\froman Times New Roman;}{\f1\froman\fcharset0 .VnTime;}"
    r"{\f2\froman\fcharset0 .VnTimeH;}{\f3\froman VNI-Times;}}"
)


def rtf(sheet: Sheet, *, layout: str = "table", font: str = "Unicode") -> bytes:
    """The file."""
    inner = "\n".join(_block(block, layout, font) for block in sheet.blocks)
    return ("{\\rtf1\\ansi\\ansicpg1252\\uc1\\deff0" + _TABLE + "\n" + inner + "}").encode("ascii")


def _block(block: Row | Columns, layout: str, font: str) -> str:
    if isinstance(block, Row):
        return _paragraph(block, font)
    if layout == "tabs":
        empty = Row(text="")
        pairs = zip_longest(block.left, block.right, fillvalue=empty)
        return "\n".join(rf"\pard {_run(one, font)}\tab\tab {_run(other, font)}\par" for one, other in pairs)
    cells = (r"\par ".join(_run(row, font) for row in rows) + r"\cell" for rows in (block.left, block.right))
    return r"\trowd\cellx4500\cellx9500\pard\intbl\qc " + " ".join(cells) + r"\row\pard"


def _paragraph(row: Row, font: str) -> str:
    align = {"centre": r"\qc", "left": r"\ql", "right": r"\qr", "justify": r"\qj"}[row.align]
    return rf"\pard{align} {_run(row, font)}\par"


def _run(row: Row, font: str) -> str:
    words = plain(row.text)
    if font == "TCVN3":
        number, words = (2, legacy.tcvn3_capitals(words)) if words.isupper() else (1, legacy.tcvn3(words))
    elif font == "VNI":
        number, words = 3, legacy.vni(words)
    else:
        number = 0
    return rf"{{\f{number}{chr(92) + 'b' if row.bold else ''}{chr(92) + 'i' if row.italic else ''} {_escaped(words)}}}"


def _escaped(words: str) -> str:
    return "".join(_letter(letter) for letter in words)


def _letter(letter: str) -> str:
    code = ord(letter)
    if letter in "\\{}":
        return "\\" + letter
    if code < 128:
        return letter
    return rf"\'{code:02x}" if code < 256 else rf"\u{code if code < 32768 else code - 65536}?"
