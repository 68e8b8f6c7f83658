"""Word's binary files: the header (FIB), where the pieces of text lie, and the runs of their properties.  Pure.

[MS-DOC]: 2.5 (FIB), 2.8.35 (PlcPcd), 2.9.243 (piece table), 2.9.33 (CHPX in pages of 512 bytes).  Word 6 and 95 keep the same
things in other places, and everything in one stream.  Whatever numbers stand in a file are only asked for, never believed:
what lies outside comes back empty.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator

from gateway.documents.text import Unreadable
from gateway.model import Value

_WORD_97, _WORD_6 = 0xA5EC, 0xA5DC
_COMPLEX, _ENCRYPTED, _TABLE_1 = 0x0004, 0x0100, 0x0200
_PAGE = 512
_MAX_PIECES = 200_000
_MAX_RUNS = 400_000

# Numbers of the pairs (place, length) in the FIB: [MS-DOC] 2.5.6.
STYLES, HEADERS, CHARACTER_PAGES, PARAGRAPH_PAGES, FONTS, PIECES = 1, 11, 12, 13, 15, 33
DRAWN, DRAWINGS, TEXT_BOXES = 40, 50, 56


class Piece(Value):
    """Letters that lie together: from character ``start`` to ``end``, at byte ``at``; ``wide`` are UTF-16."""

    start: int
    end: int
    at: int
    wide: bool
    changes: int = 0  # the piece's own formatting: a number of the list beside the table

    @property
    def size(self) -> int:
        """Bytes of one letter."""
        return 2 if self.wide else 1


class WordFile:
    """A Word file: its main stream, its table stream, and the numbers of its header."""

    def __init__(self, main: bytes, tables: dict[str, bytes]) -> None:
        self.main = main
        ident, self.version, _, _, _, flags = struct.unpack_from("<6H", main.ljust(12, b"\0"))
        if ident not in (_WORD_97, _WORD_6) and not (ident & 0xFF) == 0xEC:
            raise Unreadable("damaged")
        if flags & _ENCRYPTED:
            raise Unreadable("password")
        self.is_old = ident == _WORD_6 or self.version < 0x69
        self.is_complex = bool(flags & _COMPLEX)
        names = ("1Table", "0Table") if flags & _TABLE_1 else ("0Table", "1Table")
        self.table = main if self.is_old else next((tables[name] for name in names if tables.get(name)), b"")
        counts = number_list(main[0x34:0x54] if self.is_old else main[0x4C:0x6C])
        # Lengths of the stories, in the order in which their letters follow each other.
        self.stories = [min(max(each, 0), 1 << 28) for each in [*counts, *[0] * (8 - len(counts))]]

    def stored(self, pair: int) -> bytes:
        """What the FIB's pair of that number points to; b"" when there is none."""
        if self.is_old:
            place = {STYLES: 0x60, CHARACTER_PAGES: 0xB8, PARAGRAPH_PAGES: 0xC0, FONTS: 0xD0, PIECES: 0x160}.get(pair, 0)
        else:
            place = 0x9A + 8 * pair
        if not place or len(self.main) < place + 8:
            return b""
        start, length = struct.unpack_from("<II", self.main, place)
        return self.table[start : start + length]

    def pieces(self) -> tuple[list[Piece], list[bytes]]:
        """The pieces of all stories in order, and the formatting that pieces may refer to."""
        table, changes = _piece_table(self.stored(PIECES)) if not self.is_old or self.is_complex else (b"", [])
        count = min((len(table) - 4) // 12, _MAX_PIECES)
        if count < 1:
            return self._one_piece(), []
        bounds = struct.unpack_from(f"<{count + 1}I", table)
        found = []
        for index in range(count):
            at, changed = struct.unpack_from("<IH", table, 4 * (count + 1) + 8 * index + 2)
            narrow = bool(at & 0x40000000) or self.is_old
            at &= 0x3FFFFFFF
            place = at if self.is_old else at // 2 if narrow else at
            if bounds[index] < bounds[index + 1]:
                number = (changed >> 1) + 1 if changed & 1 else 0
                found.append(Piece(start=bounds[index], end=bounds[index + 1], at=place, wide=not narrow, changes=number))
        return found, changes

    def _one_piece(self) -> list[Piece]:
        """Without a piece table all letters lie together, from fcMin to fcMac."""
        start, end = struct.unpack_from("<II", self.main.ljust(0x20, b"\0"), 0x18)
        end = min(end, len(self.main))
        return [Piece(start=0, end=end - start, at=start, wide=False)] if start < end else []

    def runs(self, pair: int, *, paragraphs: bool) -> Properties:
        """The properties of characters or paragraphs, by the places of their letters."""
        table = self.stored(pair)
        size = 2 if self.is_old else 4
        count = max((len(table) - 4) // (4 + size), 0)
        pages = struct.unpack_from("<" + ("H" if self.is_old else "I") * count, table, 4 * (count + 1)) if count else ()
        starts: list[int] = []
        values: list[bytes] = []
        for number in pages:
            at = (number & 0x3FFFFF) * _PAGE
            page = self.main[at : at + _PAGE]
            if len(page) < _PAGE or len(starts) > _MAX_RUNS:
                continue
            for start, value in _page_runs(page, paragraphs, self.is_old):
                if not starts or start > starts[-1]:
                    starts.append(start)
                    values.append(value)
        return Properties(starts, values)


class Properties:
    """Stretches of bytes, each with its properties as they are stored; a stretch ends where the next begins."""

    def __init__(self, starts: list[int], values: list[bytes]) -> None:
        self._starts, self._values = starts, values

    def at(self, place: int) -> bytes:
        """What the letter at that byte has."""
        index = bisect_right(self._starts, place) - 1
        return self._values[index] if index >= 0 else b""

    def within(self, start: int, end: int) -> Iterator[tuple[int, int, bytes]]:
        """The stretches between two bytes, cut to fit: start, end, properties.  All of it is covered."""
        index = bisect_right(self._starts, start) - 1
        while start < end:
            following = self._starts[index + 1] if index + 1 < len(self._starts) else end
            yield start, min(following, end), self._values[index] if index >= 0 else b""
            start, index = following, index + 1


def number_list(data: bytes) -> list[int]:
    """Bytes as signed numbers of four bytes; what is left over is dropped."""
    count = len(data) // 4
    return list(struct.unpack_from(f"<{count}i", data))


def _piece_table(clx: bytes) -> tuple[bytes, list[bytes]]:
    """[MS-DOC] 2.9.38: any number of formattings (1, length, bytes), then the table itself (2, length, bytes)."""
    at, changes = 0, []
    while at + 3 <= len(clx) and clx[at] == 1:
        (length,) = struct.unpack_from("<H", clx, at + 1)
        changes.append(clx[at + 3 : at + 3 + length])
        at += 3 + length
    if at + 5 > len(clx) or clx[at] != 2:
        return b"", changes
    (length,) = struct.unpack_from("<I", clx, at + 1)
    return clx[at + 5 : at + 5 + length], changes


def _page_runs(page: bytes, paragraphs: bool, old: bool) -> Iterator[tuple[int, bytes]]:
    """[MS-DOC] 2.9.33 and 2.9.175: places, then for each run where in the page its properties stand."""
    count = page[-1]
    step = (7 if old else 13) if paragraphs else 1
    if not count or 4 * (count + 1) + step * count > _PAGE:
        return
    places = struct.unpack_from(f"<{count}I", page)
    for index, place in enumerate(places):
        at = 2 * page[4 * (count + 1) + step * index]
        yield place, _stored_properties(page, at, paragraphs, old) if at else b""


def _stored_properties(page: bytes, at: int, paragraphs: bool, old: bool) -> bytes:
    if at >= _PAGE - 1:
        return b""
    length = page[at]
    if not paragraphs:
        return page[at + 1 : at + 1 + length]
    if old:
        return page[at + 1 : at + 1 + 2 * length]
    if not length:  # the true length follows
        return page[at + 2 : at + 2 + 2 * page[at + 1]]
    return page[at + 1 : at + 2 * length]
