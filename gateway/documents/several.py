"""Several complete documents one after the other in one file: where each begins.  Pure.

A second document has a letterhead of its own, with Quốc hiệu, number, symbol and date, behind the end of the first.  Annexes
and forms have no number of their own (Decree 30/2020/NĐ-CP, appendix I, part III), so they stay with what they belong to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from msgspec.structs import replace

from gateway.documents import grammar
from gateway.documents.letterhead import Letterhead, letterhead_of
from gateway.documents.persons import capacity_and_title
from gateway.documents.text import Line, Text
from gateway.documents.vietnamese import is_capitals, squeeze, squeezed

_MOST = 20  # documents of a file
_MOST_LINES = 4_000  # in which they are looked for
_LEFT_COLUMN = 5  # lines of the agencies may stand before the motto
_SHORTEST = 12  # lines of a document, at the least
_CAPITALS = re.compile(r"[A-ZĐ]{2}\S? ")
_HEAD = 30  # lines of a letterhead that are read to know it as one


def pieces_of(text: Text) -> tuple[Text, ...]:
    """The documents of a file, each with its lines and the marks on its pages; the file as it is when there is but one."""
    starts = list(_starts(text.lines[:_MOST_LINES]))
    if not starts:
        return (text,)
    bounds = [0, *starts, len(text.lines)]
    return tuple(_piece(text, begin, end) for begin, end in pairwise(bounds))


def _piece(text: Text, begin: int, end: int) -> Text:
    lines = text.lines[begin:end]
    first, last = lines[0].page, lines[-1].page
    marks = tuple(mark for mark in text.marks if first <= mark.page <= last)
    return replace(text, lines=lines, marks=marks, stamped_boxes=text.stamped_boxes if begin == 0 else 0)


def _starts(lines: Sequence[Line]) -> Iterator[int]:
    """Indexes of the lines with which a second, third … document begins."""
    mottos = {index for index, line in enumerate(lines) if _CAPITALS.search(line.text) and _is_motto(line)}
    if not mottos or max(mottos) < _SHORTEST:
        return
    ended, known, found = 0, {_number(letterhead_of(lines[:_HEAD]))}, 0
    for index, line in enumerate(lines):
        if _ends(line):
            ended = index
        elif ended and index in mottos and found < _MOST:
            begin = _left_column(lines, index, ended)
            head = letterhead_of(lines[begin : begin + _HEAD])
            if _is_whole(head) and _number(head) not in known:
                known.add(_number(head))
                found, ended = found + 1, 0
                yield begin


def _ends(line: Line) -> bool:
    """The end of a document stands here: "Nơi nhận", or in whose name it is signed."""
    if len(line.text) > 90:
        return False
    return bool(grammar.RECIPIENTS.match(squeezed(line.text))) or (
        is_capitals(line.text) and bool(capacity_and_title(line.text))
    )


def _is_motto(line: Line) -> bool:
    flat = squeeze(line.text)
    return any(
        (found := pattern.search(flat.fold)) and flat.raw[found.start()].isupper() and "hanhphuc" not in flat.fold[:30]
        for pattern in (grammar.MOTTO, grammar.PARTY_MOTTO)
    )


def _left_column(lines: Sequence[Line], motto: int, ended: int) -> int:
    """The first of the lines right before the motto, on its page, that name agencies."""
    begin = motto
    while begin - 1 > ended and motto - begin < _LEFT_COLUMN and _may_name(lines[begin - 1], lines[motto]):
        begin -= 1
    return begin


def _may_name(line: Line, motto: Line) -> bool:
    return line.page == motto.page and len(line.text) < 80 and (line.text.isupper() or grammar.begins_agency(line.text))


def _is_whole(head: Letterhead) -> bool:
    return bool(head.number and head.number.number_symbol and head.on and head.motto and head.agency)


def _number(head: Letterhead) -> str:
    return head.number.number_symbol if head.number else ""
