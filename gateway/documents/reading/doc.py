"""DOC, the binary format of Word 97 to 2003 and, more coarsely, Word 6 and 95: words with the fonts they are in.  Pure.

[MS-DOC].  Letters lie in pieces, 8-bit or UTF-16; beside them lie runs of properties.  The stories follow each other: main
text, footnotes, page headers, macros, comments, endnotes, text boxes; of these the main text, headers and boxes are read.
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_right
from collections.abc import Iterator

from gateway.documents.compound import Compound
from gateway.documents.reading.office_codepages import latin
from gateway.documents.reading.office_lines import MAX_LETTERS, Paper
from gateway.documents.reading.office_pictures import FEW_LETTERS, MANY_BYTES, in_word_file
from gateway.documents.reading.office_word_file import (
    CHARACTER_PAGES,
    DRAWN,
    HEADERS,
    PARAGRAPH_PAGES,
    TEXT_BOXES,
    Piece,
    WordFile,
    number_list,
)
from gateway.documents.reading.office_word_styles import Styles
from gateway.documents.text import Text, Unreadable
from gateway.model import Value

_MAX_STREAM = 64 * 1024 * 1024
_MAIN, _NOTES, _HEADERS, _MACROS, _COMMENTS, _ENDNOTES, _BOXES = range(7)

_MARKS = re.compile("[\x00-\x08\x0b-\x1f]")
_FIELD_BEGINS, _FIELD_PARTED, _FIELD_ENDS = "\x13", "\x14", "\x15"
_SHOWN = {"\x0b": "\n", "\x0e": "\n", "\x1e": "-"}
_PAGE_BREAK, _PARAGRAPH, _CELL = "\x0c", "\r", "\x07"
_DRAWN = "\x08"


def read(data: bytes) -> Text:
    """The text of a DOC.  Raises Unreadable: "password", "damaged", "too large", "no text layer" (pictures alone)."""
    try:
        with Compound(data) as container:
            names = {path[0].lower(): path for path in container.listdir() if len(path) == 1}
            if "worddocument" not in names:
                raise Unreadable("damaged")
            main = _stream(container, names["worddocument"])
            tables = {name: _stream(container, names[name.lower()]) for name in ("0Table", "1Table") if name.lower() in names}
            signatures = sum(
                1 for path in container.listdir(storages=True) if path[0].lower() in ("_signatures", "_xmlsignatures")
            )
    except Unreadable:
        raise
    except Exception as error:  # olefile raises whatever struct, io and its own checks raise
        raise Unreadable("damaged") from error
    try:
        text = _Reader(WordFile(main, tables)).read(signatures)
    except (struct.error, IndexError, ValueError, OverflowError) as error:
        raise Unreadable("damaged") from error
    if sum(len(line.text) for line in text.lines) < FEW_LETTERS and (len(data) > MANY_BYTES or in_word_file(data)):
        raise Unreadable("no text layer", pages=text.pages, signatures=signatures)
    return text


def _stream(container: Compound, path: list[str]) -> bytes:
    if container.get_size(path) > _MAX_STREAM:
        raise Unreadable("too large")
    content: bytes = container.openstream(path).read()
    return content


class _Words(Value):
    """Letters of one look: the first stands at byte ``at`` and is letter ``start``; each takes ``size`` bytes."""

    text: str
    start: int
    at: int
    size: int
    properties: bytes
    changes: int


class _Reader:
    def __init__(self, file: WordFile) -> None:
        self.file = file
        self.paper = Paper()
        self.styles = Styles(file)
        self.pieces, self.changes = file.pieces()
        self.starts = [piece.start for piece in self.pieces]
        self.characters = file.runs(CHARACTER_PAGES, paragraphs=False)
        self.paragraphs = file.runs(PARAGRAPH_PAGES, paragraphs=True)
        self.fields: list[bool] = []  # open fields; True once its result has begun
        self.boxes = self._boxes_by_anchor()
        self.anchored: list[int] = []  # text boxes of the paragraph that is being read

    def read(self, signatures: int) -> Text:
        main = self.file.stories[_MAIN]
        if not self.pieces or not main:
            raise Unreadable("damaged")
        self.paper.page = 0
        for start, end in self._headers():
            self._story(start, end)
        self.paper.page = 1
        self._story(0, main)
        for box in sorted(self.boxes.values()):
            self._story(*box)
        return self.paper.done(pages=self.paper.page, signatures=signatures)

    # --- Stories ------------------------------------------------------------------------------------------------------

    def _start_of(self, story: int) -> int:
        return sum(self.file.stories[:story])

    def _headers(self) -> Iterator[tuple[int, int]]:
        """The page headers of the first section: for each section even, odd, two footers, first, its footer."""
        bounds = number_list(self.file.stored(HEADERS))
        start, length = self._start_of(_HEADERS), self.file.stories[_HEADERS]
        for index in (6, 7, 10):  # the first six are the lines between text and footnotes
            if index + 1 < len(bounds) and 0 <= bounds[index] < bounds[index + 1] <= length:
                yield start + bounds[index], start + bounds[index + 1]

    def _boxes_by_anchor(self) -> dict[int, tuple[int, int]]:
        """Text boxes of the main text: the letter they hang on -> where their own letters begin and end."""
        length = self.file.stories[_BOXES]
        table, drawn = self.file.stored(TEXT_BOXES), self.file.stored(DRAWN)
        count, shapes = max((len(table) - 4) // 26, 0), max((len(drawn) - 4) // 30, 0)
        if not length:
            return {}
        bounds, places = number_list(table[: 4 * (count + 1)]), number_list(drawn[: 4 * (shapes + 1)])
        numbers = [struct.unpack_from("<I", drawn, 4 * (shapes + 1) + 26 * index)[0] for index in range(shapes)]
        anchors = dict(zip(numbers, places, strict=False))
        base, boxes = self._start_of(_BOXES), {}
        for index in range(count):
            (shape,) = struct.unpack_from("<I", table, 4 * (count + 1) + 22 * index + 14)
            if 0 <= bounds[index] < bounds[index + 1] <= length:
                boxes[anchors.get(shape, -1 - index)] = base + bounds[index], base + bounds[index + 1]
        return boxes or {-1: (base, base + length)}

    def _story(self, start: int, end: int) -> None:
        self.fields = []
        for words in self._words(start, end):
            if self.paper.full:
                return
            self._add(words)
        self.paper.end_row()
        self.paper.end_paragraph()

    def _words(self, start: int, end: int) -> Iterator[_Words]:
        """The letters from ``start`` to ``end``, cut where their properties change."""
        first = max(bisect_right(self.starts, start) - 1, 0)
        for piece in self.pieces[first:]:
            if piece.start >= end:
                return
            low, high = max(piece.start, start), min(piece.end, end, max(piece.start, start) + MAX_LETTERS)
            if low < high:
                yield from self._words_of(piece, low, high)

    def _words_of(self, piece: Piece, low: int, high: int) -> Iterator[_Words]:
        size = piece.size
        begin, stop = piece.at + (low - piece.start) * size, piece.at + (high - piece.start) * size
        stop = min(stop, len(self.file.main) // size * size if size == 1 else len(self.file.main))
        for start, end, properties in self.characters.within(begin, stop):
            if piece.wide:
                end -= (end - start) & 1
            raw = self.file.main[start:end]
            text = raw.decode("utf-16-le", "replace") if piece.wide else latin(raw)
            place = low + (start - begin) // size
            yield _Words(text=text, start=place, at=start, size=size, properties=properties, changes=piece.changes)

    # --- Letters ------------------------------------------------------------------------------------------------------

    def _add(self, words: _Words) -> None:
        look = self.styles.look(words.properties)
        if 0 < words.changes <= len(self.changes):
            look = self.styles.look(self.changes[words.changes - 1], look)
        shape = self.styles.shape(self.paragraphs.at(words.at))
        encoding, unseen, capitals = self.styles.encoding(look, shape.style)
        text, done = words.text, 0
        for mark in _MARKS.finditer(text):
            if not unseen:
                self._say(text[done : mark.start()], encoding, capitals)
            done = mark.end()
            self._mark(mark[0], words, mark.start(), unseen)
        if not unseen:
            self._say(text[done:], encoding, capitals)

    def _say(self, text: str, encoding: str = "", capitals: bool = False) -> None:
        if text and all(self.fields):
            self.paper.say(text, encoding, capitals=capitals)

    def _mark(self, mark: str, words: _Words, index: int, unseen: bool) -> None:
        if mark == _FIELD_BEGINS:
            self.fields.append(False)
        elif mark == _FIELD_PARTED and self.fields:
            self.fields[-1] = True
        elif mark == _FIELD_ENDS and self.fields:
            self.fields.pop()
        elif mark in _SHOWN and not unseen:
            self._say(_SHOWN[mark])
        elif mark == _DRAWN and words.start + index in self.boxes:
            self.anchored.append(words.start + index)
        elif mark in (_PARAGRAPH, _CELL, _PAGE_BREAK):
            self._end(mark, words.at + index * words.size)

    def _end(self, mark: str, place: int) -> None:
        """The end of a paragraph, of a cell (and of a row, when the paragraph's properties say so), of a page."""
        shape = self.styles.shape(self.paragraphs.at(place))
        centred = self.styles.is_centred(shape)
        if mark == _CELL and shape.row_end:
            self.paper.end_row()
        elif mark == _CELL:
            self.paper.end_cell(centred=centred)
        else:
            self.paper.end_paragraph(centred=centred, in_table=shape.in_table)
        if mark == _PAGE_BREAK:
            self.paper.break_page()
        anchored, self.anchored = self.anchored, []
        for anchor in anchored:
            fields = self.fields
            self.paper.begin_aside()
            self._story(*self.boxes.pop(anchor))
            self.paper.end_aside()
            self.fields = fields
