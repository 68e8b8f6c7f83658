"""Place and date of a document: "Hương Giang, ngày 05 tháng 11 năm 2026".  Pure.

Decree 30/2020/NĐ-CP, appendix I, part II, clause 4.
"""

from __future__ import annotations

import re
from datetime import date

from gateway.documents.vietnamese import Squeezed, one_line
from gateway.model import Value


class DateLine(Value):
    """ "Hương Giang, ngày 05 tháng 11 năm 2026"; ``on`` is None when a part of it is blank or impossible."""

    place: str
    on: date | None
    blank: bool
    year: str
    start: int  # where place and date begin in the line
    end: int


_DATE = re.compile(
    r"ngay[.…_:]*(?P<day>\d{0,2})[.…_/,]*thang[.…_:]*(?P<month>\d{0,2})[.…_/,]*nam[.…_:]*(?P<year>\d{4}|\d{2}(?=[.…_]|$)|(?=[.…_]|$))"
)
_SHORT_DATE = re.compile(r"^(?P<place>[^\d]{2,40}),(?:ngay)?(?P<day>\d{1,2})[/.-](?P<month>\d{1,2})[/.-](?P<year>\d{4})$")
_DAY_WORD = re.compile(r"[,;\s]*ngày\s*$", re.IGNORECASE)
_PLACE = re.compile(r"([^\W\d_][\w .'’-]{1,40}?)\s*[,.;:]?\s*$")


_COLUMN_END = re.compile(r"\t| {3,}(?=\S)")


def date_line(line: str, flat: Squeezed, *, after: int = 0) -> DateLine | None:
    """Place and date of a letterhead in this line, behind ``after`` (where its number ended)."""
    found = _DATE.search(flat.fold) or _SHORT_DATE.match(flat.fold)
    if not found:
        return None
    word = found.start("day") if found.re is _SHORT_DATE else found.start()
    at = flat.place(word, end=len(line))
    if at < after:
        return None
    before = _COLUMN_END.split(line[after:at])[-1]
    begins = at - len(before)
    place = _PLACE.search(_DAY_WORD.sub("", before))
    if place and before[max(place.start(1) - 1, 0)] in "/-":
        return None  # "Công văn số 12/SGDĐT-VP ngày …": the end of a symbol is no place, and the day another document's
    on = _day(found["day"], found["month"], found["year"])
    return DateLine(
        place=one_line(place[1]).strip(" ,") if place else "",
        on=on,
        blank=not (found["day"] and found["month"] and len(found["year"]) == 4),
        year=found["year"],
        start=begins + place.start(1) if place else at,
        end=flat.place(found.end(), end=len(line)),
    )


_IN_FIGURES = re.compile(r"\s*(\d{1,2})\s*[/.-]\s*(\d{1,2})\s*[/.-]\s*(\d{4})")


def short_date(text: str) -> DateLine | None:
    """ "10/10/2003" or "10-10-2003", as databases write it."""
    found = _IN_FIGURES.match(text)
    if not found:
        return None
    return DateLine(place="", on=_day(found[1], found[2], found[3]), blank=False, year=found[3], start=0, end=found.end())


def _day(day: str, month: str, year: str) -> date | None:
    try:
        return date(int(year), int(month), int(day)) if len(year) == 4 else None
    except ValueError:
        return None
