"""Lines of a PDF page as PDFium gives them, with a TAB for every gap between columns and their place on the page.  Pure.

PDFium reads a Vietnamese letterhead column by column or straight across, as the file was written; either is fine for those
who read it.  Where a program wrote the head after the body, or a line in pieces, the order is put right by the places.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from itertools import pairwise

import pypdfium2
import pypdfium2.raw as pdfium

from gateway.documents.reading.pdf_fonts import in_unicode
from gateway.documents.reading.pdf_rows import is_centred, place_on_page, rebuilt_lines
from gateway.documents.text import MAX_LINE, Line
from gateway.documents.vietnamese import squeezed, tidy
from gateway.model import Box

_Frame = tuple[float, float, float, float]  # left, bottom, right and top of the page, in points
_GAP = 2.2  # letter heights: a wider space parts two columns


def page_lines(page: pypdfium2.PdfPage, number: int, *, with_places: bool | None = None) -> list[Line]:
    """The lines of a page, in reading order; ``place`` is 0.

    Places, gaps and centring cost about 10 ms a page, so only page 1 and pages that may hold a signature get them.
    """
    textpage = page.get_textpage()
    try:
        count = textpage.count_chars()
        text = textpage.get_text_range(0, count) if count > 0 else ""
        placed = with_places if with_places is not None else (number == 1 or _has_signature(text))
        if not placed or len(text) != count or page.get_rotation():
            return [_line(piece, number) for piece in text.split("\n") if piece.strip()]
        lines = list(_placed_lines(textpage.raw, text, page.get_bbox(), number))
        if _is_in_pieces(lines):
            return rebuilt_lines(page, number)
        return _in_order(lines)
    finally:
        textpage.close()


def _has_signature(text: str) -> bool:
    flat = squeezed(text)
    return "noinhan" in flat or "/." in flat or "(daky)" in flat


def _line(text: str, number: int, *, centred: bool = False, box: Box | None = None) -> Line:
    return Line(text=tidy(text).strip("\r ")[:MAX_LINE], place=0, page=number, centred=centred, box=box)


# --- places -------------------------------------------------------------------------------------------------------------


def _placed_lines(textpage: ctypes.c_void_p, text: str, frame: _Frame, number: int) -> Iterator[Line]:
    at = 0
    for piece in text.split("\n"):
        if piece.strip():
            yield _placed_line(textpage, piece, at, frame, number)
        at += len(piece) + 1


def _placed_line(textpage: ctypes.c_void_p, line: str, at: int, frame: _Frame, number: int) -> Line:
    """The line with a TAB for every gap between columns, where it stands, and whether in the middle of the page."""
    stripped = line.rstrip()
    start = len(stripped) - len(stripped.lstrip())
    first, last = _box(textpage, at + start), _box(textpage, at + len(stripped) - 1)
    letter = max(first[3] - first[1], last[3] - last[1], 6.0)
    out, begins = [], start
    for index in range(start + 1, len(stripped) - 1):
        if stripped[index] != " " or stripped[index + 1] == " ":
            continue
        before = len(stripped[:index].rstrip()) - 1
        if _box(textpage, at + index + 1)[0] - _box(textpage, at + before)[2] > _GAP * letter:
            out.append(in_unicode(textpage, stripped[begins:index].rstrip(), at + begins) + "\t")
            begins = index + 1
    out.append(in_unicode(textpage, stripped[begins:], at + begins))
    box = place_on_page((first[0], min(first[1], last[1]), last[2], max(first[3], last[3])), frame)
    return _line("".join(out), number, centred=box is not None and is_centred(box), box=box)


# What PDFium writes into, one for all calls: making four numbers took longer than asking for them.
_LEFT, _RIGHT, _BOTTOM, _TOP = _EDGES = tuple(ctypes.c_double() for _ in range(4))


def _box(textpage: ctypes.c_void_p, index: int) -> tuple[float, float, float, float]:
    """Left, bottom, right and top of one letter, in points; zeros for one that has no place."""
    if not pdfium.FPDFText_GetCharBox(textpage, index, *_EDGES):
        return 0.0, 0.0, 0.0, 0.0
    return _LEFT.value, _BOTTOM.value, _RIGHT.value, _TOP.value


# --- order --------------------------------------------------------------------------------------------------------------


def _in_order(lines: list[Line]) -> list[Line]:
    """Runs of lines that go down the page, sorted by where they begin, when the head was written after the body."""
    runs: list[list[Line]] = []
    for line in lines:
        box, above = line.box, runs[-1][-1].box if runs else None
        if above and (not box or box.top > above.top - 0.02):
            runs[-1].append(line)
        else:
            runs.append([line])
    if not _head_comes_late(runs):
        return lines
    runs.sort(key=lambda run: run[0].box.top if run[0].box else 1.0)
    return [line for run in runs for line in run]


def _head_comes_late(runs: Sequence[Sequence[Line]]) -> bool:
    """Something stands wholly above the first run: a letterhead's second column never does."""
    first = runs[0][0].box if runs else None
    if not first or len(runs) > 12:
        return False
    return any(run[-1].box and run[-1].box.bottom < first.top for run in runs[1:])


def _is_in_pieces(lines: Sequence[Line]) -> bool:
    """Neighbours in one row that PDFium gave as lines of their own: the program placed words or letters in odd order."""
    boxes = sorted((line.box for line in lines if line.box), key=lambda box: (round((box.top + box.bottom) / 2, 2), box.left))
    together = 0
    for one, other in pairwise(boxes):
        same_row = abs(one.bottom - other.bottom) < 0.3 * max(one.bottom - one.top, 0.001)
        together += same_row and -0.005 < other.left - one.right < 0.02
    return together > 6 and together > 0.2 * len(boxes)
