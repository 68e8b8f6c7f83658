"""Stamps of secrecy and urgency: Decree 30/2020/NĐ-CP, appendix I, boxes 10a and 10b.  Pure.

A stamp stands alone, in capitals, on the first page of a text with a letterhead.  "bảo mật", "mật khẩu", "ĐỘ MẬT: Không"
and law texts about secrecy are none.  Doubt goes to the side of secrecy, because nothing undoes a leak.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from gateway.documents import grammar
from gateway.documents.number_line import own_number
from gateway.documents.text import Line, cells
from gateway.documents.vietnamese import squeeze, squeezed
from gateway.model import Secrecy, Urgency

_SEARCHED = 90  # lines, where a format has no pages

SECRECY_STAMPS = {"MẬT": Secrecy.CONFIDENTIAL, "TỐIMẬT": Secrecy.SECRET, "TUYỆTMẬT": Secrecy.TOP_SECRET}
_SECRECY_BARE = {"MAT": Secrecy.CONFIDENTIAL, "TOIMAT": Secrecy.SECRET, "TUYETMAT": Secrecy.TOP_SECRET}
_URGENCY_BARE = {
    "KHAN": Urgency.URGENT,
    "THUONGKHAN": Urgency.VERY_URGENT,
    "HOATOC": Urgency.FLASH,
    "HOATOCHENGIO": Urgency.FLASH,
}
_STAMP_FRAME = " \t.*|-_:;!()[]{}<>“”\"'=~"
_LEVEL = re.compile(r"^(?:DO|MUCDO|MUC)(MAT|KHAN):?")


def secrecy_stamp(cell: str, *, bare: bool = False) -> Secrecy:
    """The secrecy stamp that this piece of a line is.  ``bare``: the document is written without marks, so is the stamp."""
    text = "".join(cell.strip(_STAMP_FRAME).split())
    if not text.isupper():
        return Secrecy.NONE
    field = _LEVEL.match(squeezed(text).upper())
    if field and field[1] == "MAT":
        text = text[field.end() :]
    if text in SECRECY_STAMPS:
        return SECRECY_STAMPS[text]
    flat = squeezed(text).upper()
    without_marks = bare and text.isascii()
    read_badly = flat in ("TOIMAT", "TUYETMAT")  # "TÔI MẬT": no other words look like it
    return _SECRECY_BARE.get(flat, Secrecy.NONE) if without_marks or read_badly else Secrecy.NONE


_UNTIL = re.compile(r"(HENGIO|TRUOC|DEN).*")


def urgency_stamp(cell: str) -> Urgency:
    """The urgency stamp that this piece of a line is."""
    text = "".join(cell.strip(_STAMP_FRAME).split())
    if not text.isupper() or len(text) > 24:
        return Urgency.NORMAL
    flat = squeezed(text).upper()
    field = _LEVEL.match(flat)
    if field and field[1] == "KHAN":
        flat = flat[field.end() :]
    return _URGENCY_BARE.get(_UNTIL.sub(r"", flat), _URGENCY_BARE.get(flat, Urgency.NORMAL))


def secrecy_of(lines: Sequence[Line]) -> tuple[Secrecy, Line | None]:
    """A secrecy stamp on the first page of a document.  Asked before all else, and only of a text with a letterhead."""
    first = max(lines[0].page, 1) if lines else 1
    first_page = [line for index, line in enumerate(lines) if (0 < line.page <= first) or (not line.page and index < _SEARCHED)]
    bare = all(line.text.isascii() for line in first_page)
    for line in first_page:
        if len(line.text) < 120:
            for cell in cells(line.text):
                if stamp := secrecy_stamp(cell, bare=bare):
                    return stamp, line
    return Secrecy.NONE, None


def has_letterhead(lines: Sequence[Line]) -> bool:
    """Motto, or a number line, within the first page or so: enough to take a stamp for a stamp."""
    for line in lines[:_SEARCHED]:
        flat = squeeze(line.text)
        if grammar.MOTTO.search(flat.fold) or grammar.PARTY_MOTTO.search(flat.fold) or own_number(line.text, flat):
            return True
    return False


def blurred_motto(lines: Sequence[Line]) -> bool:
    """Something like the motto that a bad OCR left; only asked of scans."""
    for line in lines[:20]:
        flat = squeezed(line.text)
        if any(
            difflib.SequenceMatcher(None, flat, motto).ratio() > 0.6
            for motto in ("conghoaxahoichunghiavietnam", "doclaptudohanhphuc")
        ):
            return True
    return False
