"""Binary Office files as small as they can be: Word 97 with fonts, pieces, tables and text boxes; PowerPoint; Excel.

Written from [MS-DOC], [MS-PPT] and [MS-XLS], not from our own readers.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from gateway.model import Value
from tests.world.compound import compound

_PAGE = 512
_TEXT_AT = 0x800


class Run(Value):
    """Letters in one font (its place in the list of fonts); 8-bit unless ``wide`` or beyond windows-1252."""

    text: str
    font: int = 0
    wide: bool = False
    hidden: bool = False
    deleted: bool = False
    capitals: bool = False


class Paragraph(Value):
    """Runs and the mark that ends them: "\\r", "\\x07" in cells, "\\x0c" for pages."""

    runs: tuple[Run, ...]
    end: str = "\r"
    centred: bool = False
    in_table: bool = False
    row_end: bool = False


def plain(*lines: str) -> tuple[Paragraph, ...]:
    """Each line a paragraph in the first font."""
    return tuple(Paragraph(runs=(Run(text=line),)) for line in lines)


def row(*cells: str) -> tuple[Paragraph, ...]:
    """A row of a table; lines in a cell are paragraphs."""
    made: list[Paragraph] = []
    for cell in cells:
        *before, last = cell.split("\n")
        made += [Paragraph(runs=(Run(text=line),), in_table=True) for line in before]
        made.append(Paragraph(runs=(Run(text=last),), end="\x07", in_table=True))
    return (*made, Paragraph(runs=(), end="\x07", in_table=True, row_end=True))


def word(
    paragraphs: Sequence[Paragraph],
    *,
    fonts: Sequence[str] = ("Times New Roman",),
    header: Sequence[Paragraph] = (),
    box: Sequence[Paragraph] = (),
    encrypted: bool = False,
    more: dict[str, bytes] | None = None,
) -> bytes:
    """A DOC of Word 97: main text, the page header of its first section, one text box that hangs on the first letter \\x08."""
    return compound({**_word_streams(paragraphs, fonts, header, box, encrypted), **(more or {})})


class _Stored:
    """The letters as they lie in the file, and the properties of each stretch."""

    def __init__(self) -> None:
        self.text = b""
        self.pieces: list[tuple[int, int, int]] = []  # first letter, its byte, 8-bit or not
        self.looks: list[tuple[int, bytes]] = []
        self.shapes: list[tuple[int, bytes]] = []
        self.count = 0

    def add(self, paragraphs: Sequence[Paragraph]) -> int:
        before = self.count
        for paragraph in paragraphs:
            self.shapes.append((_TEXT_AT + len(self.text), _shape(paragraph)))
            for run in (*paragraph.runs, Run(text=paragraph.end)):
                self._add(run)
        return self.count - before

    def _add(self, run: Run) -> None:
        wide = run.wide or any(ord(letter) > 0xFF for letter in run.text)
        at = _TEXT_AT + len(self.text)
        self.looks.append((at, _look(run)))
        self.pieces.append((self.count, at if wide else at * 2 | 0x40000000, 0))
        self.text += run.text.encode("utf-16-le" if wide else "latin-1")
        self.text += b"\0" * (len(self.text) & 1)
        self.count += len(run.text)


def _look(run: Run) -> bytes:
    font = struct.pack("<HHHH", 0x4A4F, run.font, 0x4A51, run.font)
    switches = ((0x083C, run.hidden), (0x0800, run.deleted), (0x083B, run.capitals))
    return font + b"".join(struct.pack("<HB", number, 1) for number, on in switches if on)


def _shape(paragraph: Paragraph) -> bytes:
    switches = ((0x2403, paragraph.centred), (0x2416, paragraph.in_table), (0x2417, paragraph.row_end))
    return b"\0\0" + b"".join(struct.pack("<HB", number, 1) for number, on in switches if on)


def _word_streams(
    paragraphs: Sequence[Paragraph],
    fonts: Sequence[str],
    header: Sequence[Paragraph],
    box: Sequence[Paragraph],
    encrypted: bool,
) -> dict[str, bytes]:
    stored = _Stored()
    counts = [stored.add(paragraphs), 0, stored.add(header), 0, 0, 0, stored.add(box), 0]
    body = stored.text.ljust(-(-len(stored.text) // _PAGE) * _PAGE, b"\0")
    end = _TEXT_AT + len(stored.text)
    pages, look_table = _pages(stored.looks, end, (_TEXT_AT + len(body)) // _PAGE, paragraphs=False)
    body += pages
    pages, shape_table = _pages(stored.shapes, end, (_TEXT_AT + len(body)) // _PAGE, paragraphs=True)
    body += pages
    tables = {33: _piece_table(stored), 12: look_table, 13: shape_table, 15: _font_table(fonts)}
    if header:
        tables[11] = struct.pack("<13I", *[0] * 8, *[counts[2]] * 5)  # the second kind: headers of odd pages
    if box:
        anchor = next(index for index, letter in enumerate(_letters(paragraphs)) if letter == "\x08")
        tables[40] = struct.pack("<IIi22x", anchor, counts[0], 1025)
        tables[56] = struct.pack("<II14xi4x", 0, counts[6], 1025)
    return _with_header(tables, counts, body, encrypted)


def _letters(paragraphs: Sequence[Paragraph]) -> str:
    return "".join("".join(run.text for run in paragraph.runs) + paragraph.end for paragraph in paragraphs)


def _with_header(tables: dict[int, bytes], counts: list[int], body: bytes, encrypted: bool) -> dict[str, bytes]:
    table, pairs = b"", [0] * 2 * 93
    for number, content in tables.items():
        pairs[2 * number : 2 * number + 2] = len(table), len(content)
        table += content
    flags = 0x0200 | (0x0100 if encrypted else 0)
    header = struct.pack("<6H20xH28xH", 0xA5EC, 0xC1, 0, 0x409, 0, flags, 14, 22)
    header += struct.pack("<3i8i11i", 0, 0, 0, *counts, *[0] * 11) + struct.pack("<H", 93) + struct.pack("<186I", *pairs)
    return {"WordDocument": header.ljust(_TEXT_AT, b"\0") + body, "1Table": table}


def _piece_table(stored: _Stored) -> bytes:
    places = struct.pack(f"<{len(stored.pieces) + 1}I", *(first for first, _, _ in stored.pieces), stored.count)
    pieces = places + b"".join(struct.pack("<HIH", 0, at, 0) for _, at, _ in stored.pieces)
    return b"\x02" + struct.pack("<I", len(pieces)) + pieces


def _font_table(fonts: Sequence[str]) -> bytes:
    entries = [bytes(39) + name.encode("utf-16-le") + b"\0\0" for name in fonts]
    return struct.pack("<HH", len(fonts), 0) + b"".join(bytes([len(entry)]) + entry for entry in entries)


def _pages(stretches: list[tuple[int, bytes]], end: int, first: int, *, paragraphs: bool) -> tuple[bytes, bytes]:
    """Pages of 512 bytes with the properties, and the table that finds them."""
    chunks = [stretches[at : at + 10] for at in range(0, len(stretches), 10)]
    starts = [*(chunk[0][0] for chunk in chunks), end]
    pages = b"".join(_page(chunk, starts[index + 1], paragraphs) for index, chunk in enumerate(chunks))
    numbers = range(first, first + len(chunks))
    return pages, struct.pack(f"<{len(starts)}I{len(chunks)}I", *starts, *numbers)


def _page(stretches: list[tuple[int, bytes]], end: int, paragraphs: bool) -> bytes:
    places = struct.pack(f"<{len(stretches) + 1}I", *(start for start, _ in stretches), end)
    index, content, at = b"", b"", _PAGE - 1
    for _, properties in stretches:
        if paragraphs:
            properties += b"\0" * (1 - len(properties) & 1)
            stored = bytes([(len(properties) + 1) // 2]) + properties
        else:
            stored = bytes([len(properties)]) + properties
        at = (at - len(stored)) & ~1
        content = stored.ljust((_PAGE - 1 if not content else _PAGE - 1 - len(content)) - at, b"\0") + content
        index += bytes([at // 2]) + (bytes(12) if paragraphs else b"")
    free = _PAGE - 1 - len(places) - len(index) - len(content)
    return places + index + bytes(free) + content + bytes([len(stretches)])


# --- PowerPoint and Excel ---------------------------------------------------------------------------------------------


def powerpoint(*slides: Sequence[str]) -> bytes:
    """A PPT: each slide a list of texts, UTF-16 when they need it."""
    master = _record(1016, _atom("Click to edit"), container=True)
    shown = [_record(1006, b"".join(map(_atom, texts)), container=True) for texts in slides]
    document = master + b"".join(shown)
    user = struct.pack("<HHIII", 0, 0x0FF6, 20, 20, 0xE391C05F)
    return compound({"PowerPoint Document": document.ljust(5000, b"\0"), "Current User": user})


def _atom(text: str) -> bytes:
    return _record(4008, text.encode("ascii")) if text.isascii() else _record(4000, text.encode("utf-16-le"))


def _record(kind: int, content: bytes, *, container: bool = False) -> bytes:
    return struct.pack("<HHI", 15 if container else 0, kind, len(content)) + content


def excel(cells: dict[tuple[int, int], str], *, encrypted: bool = False) -> bytes:
    """An XLS with one sheet of words, each at its row and column."""
    bof, eof = struct.pack("<HHHHHH4x4x", 0x809, 16, 0x600, 5, 0, 0), struct.pack("<HH", 0x0A, 0)
    locked = struct.pack("<HHH", 0x2F, 2, 1) if encrypted else b""
    name = b"Sheet1"
    bound = struct.pack("<HHIHBB", 0x85, 8 + len(name), 0, 0, len(name), 0) + name
    head = bof + locked + bound + eof
    bound = struct.pack("<HHIHBB", 0x85, 8 + len(name), len(head), 0, len(name), 0) + name
    sheet = struct.pack("<HHHHHH4x4x", 0x809, 16, 0x600, 0x10, 0, 0)
    for (line, column), text in cells.items():
        content = struct.pack("<HHHHB", line, column, 0, len(text), 1) + text.encode("utf-16-le")
        sheet += struct.pack("<HH", 0x204, len(content)) + content
    return compound({"Workbook": (bof + locked + bound + eof + sheet + eof).ljust(5000, b"\0")})
