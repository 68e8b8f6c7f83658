"""From runs to lines: paragraphs, cells of tables and pages, the same for every word processor's format.  Pure.

A row whose cells hold one paragraph each is one line with TABs.  Where cells hold several (a letterhead, the signatures),
each paragraph is a line of its own, cell after cell: that is the order in which a reader reads them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from gateway.documents.reading.run_fonts import Run, Runs
from gateway.documents.text import Collector, Line, Text
from gateway.documents.vietnamese import tidy

MAX_LETTERS = 4_000_000
_MAX_CELLS = 256
_PAGE_NUMBER = re.compile(r"[\s\d/.–-]*$")  # all that most page headers hold


class Paper:
    """What a reader fills: words, then the marks that end paragraph, cell, row and page."""

    def __init__(self) -> None:
        self.runs = Runs()
        self.page = 1
        self._collector = Collector()
        self._cell: list[tuple[str, bool]] = []
        self._row: list[list[tuple[str, bool]]] = []
        self._letters = 0
        self._set_aside: list[tuple[list[Run], list[tuple[str, bool]], list[list[tuple[str, bool]]], int]] = []

    @property
    def full(self) -> bool:
        """Nothing more is taken."""
        return self._collector.full or self._letters > MAX_LETTERS

    @property
    def has_lines(self) -> bool:
        """Something stands on it already."""
        return bool(self._collector.lines)

    def say(self, text: str, encoding: str = "", *, capitals: bool = False) -> None:
        """Words of the paragraph that is being read."""
        self._letters += len(text)
        self.runs.add(text, encoding, capitals=capitals)

    def end_paragraph(self, *, centred: bool = False, in_table: bool = False) -> None:
        """The paragraph is over; in a table it waits for the end of its row."""
        text = self.runs.taken()
        if in_table:
            if text.strip():
                self._cell.append((text, centred))
            return
        if self._row or self._cell:
            self._end_row()
        if self.page or not _PAGE_NUMBER.match(text):
            self._collector.add(text, page=self.page, centred=centred)

    def end_cell(self, *, centred: bool = False) -> None:
        """The cell is over, and its last paragraph with it."""
        self.end_paragraph(centred=centred, in_table=True)
        self._row.append(self._cell)
        self._cell = []
        if len(self._row) >= _MAX_CELLS:
            self._end_row()

    def end_row(self) -> None:
        """The row of a table is over."""
        self.end_paragraph(in_table=True)
        self._end_row()

    def row(self, cells: Sequence[str]) -> None:
        """A row of words in Unicode, one line each: as say(), end_cell() and end_row() would make it, at once."""
        text = tidy("\t".join(cells))
        self._letters += len(text)
        self._collector.add(text, page=self.page)

    def begin_aside(self, *, page: int | None = None) -> None:
        """A text box or page header begins within a paragraph: it makes lines of its own."""
        self._set_aside.append((self.runs.put_away(), self._cell, self._row, self.page))
        self._cell, self._row = [], []
        self.page = self.page if page is None else page

    def end_aside(self) -> None:
        """Back to the paragraph that it stands in."""
        if self._set_aside:
            self.end_paragraph()
            runs, self._cell, self._row, self.page = self._set_aside.pop()
            self.runs.take_back(runs)

    def break_page(self) -> None:
        """What follows stands on the next page."""
        self.page += 1

    def done(self, *, pages: int = 0, signatures: int = 0) -> Text:
        """All lines as a Text."""
        self.end_row()
        return Text(lines=self.lines(), pages=pages, signatures=signatures, legacy=self.runs.encoding)

    def lines(self) -> tuple[Line, ...]:
        """The lines so far."""
        return self._collector.done()

    def _end_row(self) -> None:
        cells = [*self._row, self._cell] if self._cell else self._row
        self._row, self._cell = [], []
        if sum(map(bool, cells)) > 1 and all(
            len(cell) <= 1 and "\n" not in "".join(text for text, _ in cell) for cell in cells
        ):
            self._collector.add("\t".join(cell[0][0].replace("\t", " ") for cell in cells if cell), page=self.page)
            return
        for cell in cells:
            for text, centred in cell:
                self._collector.add(text, page=self.page, centred=centred)
