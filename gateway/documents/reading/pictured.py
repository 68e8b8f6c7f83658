"""Office files whose pages are pictures: scans that somebody put into Word.  Pure."""

from __future__ import annotations

import time
from collections.abc import Sequence

from msgspec.structs import replace

from gateway.documents.reading import picture
from gateway.documents.reading.office_pictures import page_pictures
from gateway.documents.text import Line, Mark, Text, Unreadable

_FIRST, _LAST = 2, 1  # pages that are read: the letterhead stands on the first ones, the signature on the last

_SECONDS = 6.0  # no further page is begun after that


def read_pictured(kind: str, data: bytes) -> Text:
    """The words of the page pictures in a file, as pages of one text.  Raises Unreadable ("no text layer") without any."""
    pictures = list(page_pictures(kind, data))
    wanted = sorted({*range(len(pictures))[:_FIRST], *range(len(pictures))[-_LAST:]})
    pages: list[tuple[int, Text]] = []
    until = time.monotonic() + _SECONDS
    for index in wanted:
        if pages and time.monotonic() > until:
            break
        try:
            pages.append((index + 1, picture.read(pictures[index])))
        except Unreadable:
            continue
    if not pages:
        raise Unreadable("no text layer", pages=len(pictures))
    return _bound(pages, len(pictures))


def _bound(pages: Sequence[tuple[int, Text]], count: int) -> Text:
    lines: list[Line] = []
    marks: list[Mark] = []
    for number, text in pages:
        lines += [replace(line, page=number, place=len(lines) + index) for index, line in enumerate(text.lines, 1)]
        marks += [replace(mark, page=number) for mark in text.marks]
    return Text(lines=tuple(lines), pages=count, scanned=True, marks=tuple(marks), unread_pages=count - len(pages))
