"""Which parts of a scan are read, and in which order: letterhead, rest of page one, page with the signature.  Pure.

The upper part of page one costs a third of a page and holds all facts of a letterhead; a secrecy stamp in it ends the reading.
The signature stands on page one, on the last page, or before annexes: the page with a seal is looked for first, which costs a
twentieth of reading a page.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
from msgspec.structs import replace
from PIL import Image

from gateway.documents.ocr.anchors import anchors_in, is_signed
from gateway.documents.ocr.closer import looked_closer
from gateway.documents.ocr.engine import available, read_region
from gateway.documents.ocr.layout import lines_of
from gateway.documents.ocr.signing import with_signers
from gateway.documents.ocr.upright import ENOUGH_ANCHORS, Upright, read_head, turned, upright
from gateway.documents.pictures.marks import marks_of
from gateway.documents.pictures.page import PageImage
from gateway.documents.pictures.unstamped import has_red_ink, without_red_ink
from gateway.documents.scanned import urgency_in
from gateway.documents.stamps import secrecy_of
from gateway.documents.text import MAX_LINES, Line, Mark, Text, Unreadable
from gateway.model import Box, Secrecy

BUDGET_S = 9.0  # of the processor, for a file
_PATIENCE = 1.6  # times as long by the clock, which ends before the limit of the child does (config: inspection.time_limit_s)
Draw = Callable[[int, int], PageImage]  # number of a page (from 1) and dots an inch -> its picture, in colour where it has any

_DPI = 200  # finer is slower and no better, measured
_FINE_DPI = 300  # for what could not be read
_MARKS_DPI = 100
_MOST_PAGES = 5  # that are read
_MOST_LOOKED_AT = 12  # for a seal


def read_pages(draw: Draw, total: int, *, budget_s: float = BUDGET_S) -> Text:
    """The words and marks of a scan with that many pages, as far as they are needed.  Raises Unreadable("no OCR")."""
    if not available():
        raise Unreadable("no OCR", pages=total)
    reading = _Reading(draw, total, budget_s)
    reading.run()
    lines = [line for number in sorted(reading.lines) for line in reading.lines[number]]
    return Text(
        lines=tuple(replace(line, place=place) for place, line in enumerate(lines[:MAX_LINES], 1)),
        pages=total,
        scanned=True,
        marks=tuple(mark for number in sorted(reading.marks) for mark in reading.marks[number]),
        unread_pages=total - len(reading.lines),
    )


class _Reading:
    """One file: what was read of each page so far."""

    def __init__(self, draw: Draw, total: int, budget_s: float) -> None:
        self.draw, self.total = draw, total
        # Its own time of the processor counts: what is read of a page must not hang on how busy the machine is.
        self.until, self.at_latest = time.process_time() + budget_s, time.monotonic() + _PATIENCE * budget_s
        self.lines: dict[int, list[Line]] = {}
        self.marks: dict[int, tuple[Mark, ...]] = {}
        self.turns = 0

    def run(self) -> None:
        head = self._first_page()
        if head is None:
            return
        if head.anchors < 2 and self.total > 1 and not self._has_letterhead_on(2):
            return  # no official document: a book, a form, photographs
        self._signature_page()

    @property
    def _in_time(self) -> bool:
        return time.process_time() < self.until and time.monotonic() < self.at_latest

    # --- page one ---

    def _first_page(self) -> Upright | None:
        """Read page 1; None when a secrecy stamp stands on it and nothing more may be read."""
        picture = self.draw(1, _DPI)
        head = upright(picture)
        if head.anchors < ENOUGH_ANCHORS and _badly(head) and self._in_time:
            fine = read_head(self.draw(1, _FINE_DPI), head.turns)
            head = max(head, fine, key=lambda each: each.worth)
        self.turns = head.turns
        if secrecy_of(head.lines)[0] is not Secrecy.NONE and head.anchors:
            self.lines[1] = list(head.lines)
            return None
        clear = self._without_seal(head, picture)
        self._take(replace(head, lines=tuple(looked_closer(clear.lines, clear.page))), picture)
        return head

    def _without_seal(self, head: Upright, picture: PageImage) -> Upright:
        """The upper part read again without red ink, where a seal of a digital signature or of a copy may lie over it.

        What is printed in red, a stamp of urgency, is kept from the first reading.
        """
        if not has_red_ink(picture) or not self._in_time:
            return head
        clear = read_head(without_red_ink(picture), head.turns, ends=head.ends)
        if clear.anchors < head.anchors:
            return head
        red = [line for line in head.lines if any(urgency_in(cell) for cell in line.text.split("\t"))]
        kept = [line for line in clear.lines if not any(_same_place(line, other) for other in red)]
        lines = sorted([*kept, *red], key=lambda line: line.box.top if line.box else 0.0)
        return replace(clear, lines=tuple(lines), ends=head.ends)

    def _has_letterhead_on(self, number: int) -> bool:
        """A fax cover or a slip may lie before the document."""
        picture = self.draw(number, _DPI)
        head = read_head(picture, self.turns)
        if head.anchors < 2 or not self._in_time:
            return False
        self._take(replace(head, lines=tuple(looked_closer(head.lines, head.page))), picture)
        return True

    def _take(self, head: Upright, picture: PageImage) -> None:
        """The rest of a page whose upper part was read, its marks, and the names below them."""
        number = picture.number
        rest = read_region(head.page, Box(left=0, top=head.ends, right=1, bottom=1))
        lines = [*head.lines, *lines_of(rest, head.page)]
        self.marks[number] = marks_of(_smaller(turned(picture, self.turns)), [line.box for line in lines if line.box])
        self.lines[number] = with_signers(lines, self.marks[number], head.page)

    # --- the page with the signature ---

    def _signature_page(self) -> None:
        if any(is_signed(lines) for lines in self.lines.values()) and any(map(self._has_seal, self.lines)):
            return
        if any(is_signed(lines[len(lines) // 2 :]) for lines in self.lines.values()):
            return
        for number in self._candidates():
            if len(self.lines) >= _MOST_PAGES or not self._in_time:
                return
            picture = self.draw(number, _DPI)
            self._take(read_head(picture, self.turns), picture)
            if is_signed(self.lines[number]):
                return

    def _candidates(self) -> Iterator[int]:
        """Pages that may hold the signature: with a seal first, then the last one, then from the front."""
        backwards = [self.total, *range(2, self.total)]
        looked_at = [number for number in backwards[:_MOST_LOOKED_AT] if number not in self.lines]
        for number in looked_at:
            if self._in_time and self._has_seal(number):
                yield number
        yield from (number for number in looked_at if number not in self.lines)

    def _has_seal(self, number: int) -> bool:
        if number not in self.marks:
            self.marks[number] = marks_of(turned(self.draw(number, _MARKS_DPI), self.turns))
        return any(mark.what == "seal" for mark in self.marks[number])


def _same_place(line: Line, other: Line) -> bool:
    return bool(line.box and other.box and line.text == other.text and abs(line.box.top - other.box.top) < 0.01)


def _badly(head: Upright) -> bool:
    return head.worth[1] < 0.75 * 200 or anchors_in(head.lines) == 0


def _smaller(page: PageImage) -> PageImage:
    """The page with as many dots as marks need."""
    factor = round(page.dpi / _MARKS_DPI)
    if factor < 2:
        return page
    pixels = np.asarray(Image.fromarray(page.pixels).reduce(factor))
    return PageImage(pixels=pixels, dpi=page.dpi / factor, number=page.number)
