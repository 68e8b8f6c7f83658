"""Number and day that a signing program drew over the printed blanks of a PDF, read from the picture of the line.  Pure.

"Số:      /SGDĐT-VP" and "ngày      tháng 11" are what the text layer says when they are stamped at issuing as drawings
(docs/decisions/0007): each blank line is drawn and read three times, and what reads alike each time fills the blank.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from gateway.documents.ocr.closer import readings_of
from gateway.documents.pictures.page import PageImage
from gateway.documents.scanned import as_digits
from gateway.documents.text import Line

_SEARCHED = 40  # lines of page 1
_NUMBER = re.compile(r"(?:^|(?<=\t))(S[ốôo]\s*:?)[ \t]*(?=[-–/]\s?[A-ZĐ])")
_DAY = re.compile(r"([Nn]gày)[ \t]*(?=[Tt]háng)")
_MONTH = re.compile(r"([Tt]háng)[ \t]*(?=[Nn]ăm)")
_SPECKS = r"[\s.,'`´_]*"
_READ_NUMBER = re.compile(rf"(?:^|(?<=\s))\W{{0,2}}S[^\W\d]{{1,2}}\s*[:.;,]?{_SPECKS}(\S{{1,6}}?){_SPECKS}[-–/⁄]")
_READ_DAY = re.compile(rf"ng[aàá][yýỳv]{_SPECKS}(\S{{1,2}}?){_SPECKS}th[aáàâ]ng", re.IGNORECASE)
_READ_MONTH = re.compile(rf"th[aáàâ]ng{_SPECKS}(\S{{1,2}}?){_SPECKS}n[aăâ]m", re.IGNORECASE)
_BLANKS = ((_NUMBER, _READ_NUMBER, 99_999), (_DAY, _READ_DAY, 31), (_MONTH, _READ_MONTH, 12))


def has_blanks(lines: Sequence[Line]) -> bool:
    """Whether number or date of a letterhead are blanks without dots, which something may be drawn over."""
    return any(blank.search(line.text) for line in lines[:_SEARCHED] for blank, _, _ in _BLANKS)


def filled(lines: Sequence[Line], draw: Callable[[], PageImage]) -> list[Line]:
    """The lines of page 1 with their blanks filled by what the picture of the page shows there."""
    page: PageImage | None = None
    out = list(lines)
    for index, line in enumerate(lines[:_SEARCHED]):
        if line.box and any(blank.search(line.text) for blank, _, _ in _BLANKS):
            page = page or draw()
            out[index] = _filled(line, readings_of(page, line.box))
    return out


def _filled(line: Line, readings: Sequence[str]) -> Line:
    text = line.text
    for blank, reading, most in _BLANKS:
        if digits := _agreed(readings, reading, most):
            text = blank.sub(lambda found, digits=digits: f"{found[1]} {digits} ", text, count=1)  # type: ignore[misc]
    return line if text == line.text else replace(line, text=text, agreed=True, confidence=0.9)


def _agreed(readings: Sequence[str], pattern: re.Pattern[str], most: int) -> str:
    """The figures that every reading has in this place; "" when one has others or none."""
    said = {as_digits(found[1]) if (found := pattern.search(reading)) else "" for reading in readings}
    digits = said.pop() if len(said) == 1 else ""
    return digits if digits.isdecimal() and 1 <= int(digits) <= most else ""
