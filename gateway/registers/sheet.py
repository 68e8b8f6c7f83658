"""A table for people, and how it is written: XLSX row by row, CSV for spreadsheets.

A stranger's words stand in the cells: what could be read as a formula is defused, control characters are left out.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import IO, Any

from gateway.model import Value

Cell = str | int | float | date | None

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LONGEST = 32_000  # characters of a cell; a workbook takes 32,767
_A4 = 9  # as workbooks number sizes of paper
_PIECE = 200  # rows of CSV that are sent at a time


class Sheet(Value):
    """One table; the rows may be a generator, and are read once."""

    title: str  # of the page, and the name of the sheet
    headings: tuple[str, ...]
    rows: Iterable[Sequence[Cell]]
    above: tuple[str, ...] = ()  # lines over the table: whose it is, for when
    widths: tuple[int, ...] = ()  # of the columns, in letters
    numbered: bool = False  # a line "(1) (2) …" under the headings, as the forms of Decree 30/2020 have it


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    clean = _clean(text)
    return f"'{clean}" if clean.startswith(_FORMULA) else clean


def csv_of(sheet: Sheet) -> Iterator[bytes]:
    """The sheet as CSV in pieces, UTF-8 with a byte order mark; without the lines above the table, so that it sorts."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    out.write("\ufeff")
    writer.writerow(sheet.headings)
    for n, row in enumerate(sheet.rows, 1):
        writer.writerow([_as_text(cell) for cell in row])
        if n % _PIECE == 0:
            yield _taken(out)
    yield _taken(out)


def write_workbook(sheets: Iterable[Sheet], file: IO[bytes]) -> None:
    """The sheets as one XLSX, landscape A4 with the headings on every printed page."""
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    for sheet in sheets:
        _write(book, sheet)
    book.save(file)


def _write(book: Any, sheet: Sheet) -> None:
    page = book.create_sheet(_sheet_name(sheet.title))
    page.page_setup.orientation, page.page_setup.paperSize = "landscape", _A4
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    heading = len(sheet.above) + 2
    page.print_title_rows = f"{heading}:{heading}"
    page.freeze_panes = f"A{heading + 1 + sheet.numbered}"
    for column, width in zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", sheet.widths, strict=False):
        page.column_dimensions[column].width = width
    page.append([_styled(page, sheet.title.upper(), bold=True, size=14)])
    for line in sheet.above:
        page.append([_styled(page, line)])
    page.append([_styled(page, text, bold=True, framed=True) for text in sheet.headings])
    if sheet.numbered:
        page.append([_styled(page, f"({n})", framed=True) for n in range(1, len(sheet.headings) + 1)])
    for row in sheet.rows:
        page.append([_styled(page, cell, framed=True) for cell in row])


def _styled(page: Any, cell: Cell, *, bold: bool = False, size: int = 11, framed: bool = False) -> Any:
    """A cell in the type face of official documents (Decree 30/2020, appendix I); a text stays a text."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Border, Font, Side

    made = WriteOnlyCell(page, value=_clean(cell) if isinstance(cell, str) else cell)
    if isinstance(cell, str):
        made.data_type = "s"
    if isinstance(cell, date):
        made.number_format = "DD/MM/YYYY"
    made.font = Font(name="Times New Roman", size=size, bold=bold)
    if framed:
        thin = Side(style="thin")
        made.border = Border(left=thin, right=thin, top=thin, bottom=thin)
        made.alignment = Alignment(wrap_text=True, vertical="top")
    return made


def _sheet_name(title: str) -> str:
    return "".join(letter for letter in title if letter not in r"[]:*?/\ "[:-1])[:31]


def _taken(out: io.StringIO) -> bytes:
    piece = out.getvalue().encode()
    out.seek(0)
    out.truncate()
    return piece


def _as_text(cell: Cell) -> str | int | float:
    if cell is None:
        return ""
    if isinstance(cell, date):
        return f"{cell:%d/%m/%Y}"
    return harmless(cell) if isinstance(cell, str) else cell


def _clean(text: str) -> str:
    return "".join(letter if letter >= " " and letter != "\x7f" else " " for letter in text)[:_LONGEST]
