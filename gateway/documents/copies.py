"""SAO Y, SAO LỤC, TRÍCH SAO: a document that somebody copied in due form.  Pure.

Decree 30/2020/NĐ-CP, articles 25 and 26, appendix I, part III.  A paper copy has a block of its own below the document:
agency, "Số: 05/SY-…", the form in capitals, date and signature.  An electronic one has three lines at the top: form,
agency, time.  An agency that scans its own paper marks it so as well (article 18): that is the document itself, issued.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from gateway.documents.grammar import COPY_MARK, COPY_NUMBER, begins_agency
from gateway.documents.likeness import distance
from gateway.documents.text import Found, Line, cells
from gateway.documents.vietnamese import is_capitals, one_line, squeezed
from gateway.model import Value

_TOP = 10  # lines in which the block of an electronic copy stands
_NEAR = 6  # lines of the block of a paper copy
_WHO_AND_WHEN = re.compile(r"^\W*(?:thoigian(?:ky|sao)|ngay|nguoiky|coquan|(?:19|20)\d\d-\d\d|\d{1,2}[:/.]\d\d|.{0,3}$)")
_FORMS = (("saoy", "Sao y"), ("saoluc", "Sao lục"), ("trichsao", "Trích sao"), ("bansao", "Sao y"))


class Copy(Value):
    """The block of a copy; ``at`` is None when there is none."""

    at: Found | None = None
    form: str = ""  # "Sao y", "Sao lục", "Trích sao"
    number: str = ""  # "05/SY-THCS"
    by: str = ""  # the agency that made the copy

    def is_by_another(self, issuer: str) -> bool:
        """Made by somebody else than the agency whose document it is."""
        one, other = squeezed(self.by), squeezed(issuer)
        if not one or not other or one in other or other in one:
            return False
        most = max(len(one), len(other)) // 8
        return distance(one, other, most) > most


def copy_of(lines: Sequence[Line]) -> Copy:
    """The first block of a copy in a text."""
    for index, line in enumerate(lines):
        if len(line.text) > 140:
            continue
        for cell in cells(line.text):
            if found := _marked(cell):
                form, rest = found
                near = lines[max(index - _NEAR, 0) : index + _NEAR + 1]
                number = COPY_NUMBER.search(" ".join(each.text for each in near))
                return Copy(
                    at=Found(text=one_line(cell), line=line),
                    form=form,
                    number="".join(number[0].split()) if number else "",
                    by=_agency_in(rest) or _copier(lines, index),
                )
    return Copy()


def without_copy_block(lines: Sequence[Line]) -> tuple[Line, ...]:
    """The lines without the three lines of an electronic copy at the top: their agency is not that of the letterhead."""
    at = next((index for index, line in enumerate(lines[:_TOP]) if _marked(line.text)), None)
    if at is None:
        return tuple(lines)
    end = at + 1
    while end < len(lines) and end <= at + 4 and _belongs(lines[end].text):
        end += 1
    return (*lines[:at], *lines[end:])


def _marked(cell: str) -> tuple[str, str] | None:
    """Form and what follows it, when the piece of a line is the mark of a copy."""
    head, _, rest = cell.strip(" |").partition(";")
    if not is_capitals(head.strip(" |*:")):
        return None
    flat = squeezed(head)
    if not COPY_MARK.match(flat):
        return None
    return next(((form, rest) for begin, form in _FORMS if begin in flat), None)


def _belongs(text: str) -> bool:
    return bool(_WHO_AND_WHEN.match(squeezed(text))) or (begins_agency(text) and not is_capitals(text) and "\t" not in text)


_BETWEEN_PARTS = re.compile(r"[;,]")


def _agency_in(text: str) -> str:
    return next((one_line(part) for part in _BETWEEN_PARTS.split(text) if begins_agency(part)), "")


def _copier(lines: Sequence[Line], index: int) -> str:
    """The agency in the lines below the mark of an electronic copy, or above the one of a paper copy."""
    below = [line.text for line in lines[index + 1 : index + 4]] if index < _TOP else []
    if index >= _TOP:
        return _letterhead(lines, index)
    names = [name for name in below if begins_agency(name) and len(name) < 90]
    return one_line(names[0]).strip(" *|") if names else ""


def _letterhead(lines: Sequence[Line], index: int) -> str:
    """The issuer of the block of a paper copy: the last of the agencies in capitals around the mark."""
    around = lines[max(index - 2, 0) : index + 3]
    names = [cell.strip(" *|") for line in around for cell in cells(line.text)]
    agencies = [name for name in names if is_capitals(name) and begins_agency(name) and len(name) < 90]
    return one_line(agencies[-1]) if agencies else ""
