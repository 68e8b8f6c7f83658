"""How large would a table become?  The places of its filled cells, before a library makes room for all between them.  Pure.

Two cells, A1 and XFD1048576, are a file of one kilobyte and a table of 17 billion cells: python-calamine aborts the process.
ECMA-376 part 1, 18.3.1.4 (c); [MS-XLS] 2.4; [MS-XLSB] 2.1.4.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator

from gateway.documents.reading.office_zip import Package
from gateway.documents.text import Unreadable

_MAX_AREA = 3_000_000
_MAX_LETTERS = 256_000_000  # all cells together, if each of them held the longest of the shared words
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*)(?<!/)>")
_PLACE = re.compile(rb"\br\s*=\s*[\"']\s*([A-Za-z]{1,7})(\d{1,10})")
_FIRST_PLACE = re.compile(rb">[^>]*?" + _PLACE.pattern)  # of each cell, where what was found of the cells stands behind ">"

Place = tuple[int, int]  # row and column


_END_OF_STRING = re.compile(rb"</(?:\w+:)?si>")


def check_package(package: Package) -> None:
    """Of an XLSX or XLSB.  Raises Unreadable ("too large")."""
    longest = max(map(len, _END_OF_STRING.split(package.part("xl/sharedStrings.xml"))), default=0)
    for name in package.names:
        if name.startswith("xl/worksheets/") and name.endswith((".xml", ".bin")):
            content = package.part(name)
            cells = _check(_binary_places(content)) if name.endswith(".bin") else _check_xml(content)
            if cells * longest > _MAX_LETTERS:
                raise Unreadable("too large")


def check_stream(stream: bytes) -> None:
    """Of the workbook stream of an XLS.  Raises Unreadable: "too large", "password"."""
    _check(_record_places(stream))


def _check(places: Iterable[Place]) -> int:
    """The number of cells, when the table around them is not too large."""
    count = 0
    top = left = 1 << 40
    bottom = right = -1
    for row, column in places:
        count += 1
        if row < top:
            top = row
        if row > bottom:
            bottom = row
        if column < left:
            left = column
        if column > right:
            right = column
    if count:
        _check_area(top, bottom, left, right)
    return count


def _check_area(top: int, bottom: int, left: int, right: int) -> None:
    if (bottom - top + 1) * (right - left + 1) > _MAX_AREA:
        raise Unreadable("too large")


def _check_xml(content: bytes) -> int:
    """The same.  A year's lists have a hundred thousand cells: no step of Python for each of them."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content[:100]:
        content = content.decode("utf-16", "ignore").encode()
    cells = _CELL.findall(content)
    found = _FIRST_PLACE.findall(b">" + b">".join(cells))
    if len(found) < len(cells) and any(b"&#" in cell and not _PLACE.search(cell) for cell in cells):
        raise Unreadable("too large")  # a place that hides behind entities
    rows = [int(row) for row in {row for _, row in found}]
    columns = [_column(letters) for letters in {letters for letters, _ in found}]
    if found:
        _check_area(min(rows), max(rows), min(columns), max(columns))
    return len(found)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


# --- XLS --------------------------------------------------------------------------------------------------------------

_FILE_PASS = 0x002F
# Records that begin with row and column: Formula, Number, Label, BoolErr (each of several ages), RString, Rk, MulRk, LabelSst.
_WITH_PLACE = frozenset([6, 0x206, 0x406, 3, 0x203, 4, 0x204, 5, 0x205, 0x2, 0xD6, 0x27E, 0xBD, 0xFD])


def _record_places(stream: bytes) -> Iterator[Place]:
    """Cells of all sheets of a workbook; "password" when a record says that the rest is encrypted."""
    at = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        at += 4
        if kind == _FILE_PASS and length:
            raise Unreadable("password")
        if kind in _WITH_PLACE and length >= 4 and at + 4 <= len(stream):
            row, column = struct.unpack_from("<HH", stream, at)
            yield row, column
            if kind == 0x00BD and length >= 6 and at + length <= len(stream):
                yield row, struct.unpack_from("<H", stream, at + length - 2)[0]
        at += length


# --- XLSB -------------------------------------------------------------------------------------------------------------

_ROW = 0
_CELLS = range(1, 12)


def _binary_places(content: bytes) -> Iterator[Place]:
    at, row = 0, 0
    while at < len(content):
        kind, at = _varying(content, at, 2)
        length, at = _varying(content, at, 4)
        if kind == _ROW and at + 4 <= len(content):
            (row,) = struct.unpack_from("<I", content, at)
        elif kind in _CELLS and at + 4 <= len(content):
            yield row, struct.unpack_from("<I", content, at)[0]
        at += length


def _varying(content: bytes, at: int, most: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where it ends."""
    value = 0
    for index in range(most):
        if at >= len(content):
            break
        byte = content[at]
        at += 1
        value |= (byte & 0x7F) << (7 * index)
        if not byte & 0x80:
            break
    return value, at
