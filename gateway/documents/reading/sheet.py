"""Tables: XLSX, XLSB and XLS by python-calamine, ODS by our own reader; a row is a line, a TAB parts its cells.  Pure."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime

import python_calamine as calamine

from gateway.documents.compound import Compound
from gateway.documents.reading import odt
from gateway.documents.reading.office_chains import check_chains
from gateway.documents.reading.office_lines import Paper
from gateway.documents.reading.office_odf import OFFICE, TABLE, Styles, Walk
from gateway.documents.reading.office_sheet_rows import first_rows
from gateway.documents.reading.office_sheet_size import check_package, check_stream
from gateway.documents.reading.office_zip import Package, opened
from gateway.documents.text import Text, Unreadable
from gateway.documents.vietnamese import one_line

_MAX_SHEETS = 30
_MAX_ROWS = 5000
_MAX_CELLS = 64  # in a row
_MAX_CELL = 2000  # letters
_MAX_STREAM = 64 * 1024 * 1024


def read(data: bytes) -> Text:
    """The text of a table.  Raises Unreadable: "damaged", "password", "too large"."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        _check_old(data)
        return _read(data)
    with opened(data) as package:
        if "content.xml" in package.names:
            return _read_ods(package)
        check_package(package)
        signatures = sum(1 for name in package.names if name.startswith("_xmlsignatures/sig"))
    return _read(data, signatures)


def beginning(data: bytes) -> Text | None:
    """The first rows of each sheet of a long XLSX; None when it is to be read whole at once.  Raises Unreadable."""
    with opened(data) as package:
        rows = first_rows(package)
        if rows is None:
            return None
        signatures = sum(1 for name in package.names if name.startswith("_xmlsignatures/sig"))
    with opened(rows) as package:
        check_package(package)
    return _read(rows, signatures)


def _check_old(data: bytes) -> None:
    try:
        with Compound(data) as container:
            name = next((name for name in ("Workbook", "Book") if container.exists(name)), "")
            if not name:
                raise Unreadable("password" if container.exists("EncryptedPackage") else "damaged")
            if container.get_size(name) > _MAX_STREAM:
                raise Unreadable("too large")
            check_chains(container, data)
            stream: bytes = container.openstream(name).read()
    except Unreadable:
        raise
    except Exception as error:  # olefile raises whatever struct, io and its own checks raise
        raise Unreadable("damaged") from error
    check_stream(stream)


def _read(data: bytes, signatures: int = 0) -> Text:
    try:
        with calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)) as workbook:
            return _lines(workbook, signatures)
    except calamine.PasswordError as error:
        raise Unreadable("password") from error
    except (calamine.CalamineError, OSError, ValueError, OverflowError) as error:
        raise Unreadable("damaged") from error
    except BaseException as error:
        # The library panics on some damaged files; its PanicException is no Exception, and has no place to import it from.
        if type(error).__name__ == "PanicException":
            raise Unreadable("damaged") from error
        raise


def _lines(workbook: calamine.CalamineWorkbook, signatures: int) -> Text:
    paper = Paper()
    shown = [
        index
        for index, sheet in enumerate(workbook.sheets_metadata)
        if sheet.typ == calamine.SheetTypeEnum.WorkSheet and sheet.visible == calamine.SheetVisibleEnum.Visible
    ]
    for page, index in enumerate(shown[:_MAX_SHEETS], 1):
        paper.page = page
        for row in workbook.get_sheet_by_index(index).to_python(skip_empty_area=True, nrows=_MAX_ROWS):
            _add(paper, row)
            if paper.full:
                break
    return paper.done(pages=len(shown), signatures=signatures)


def _add(paper: Paper, row: Sequence[object]) -> None:
    """A cell of several lines (agency and number in one) makes lines of its own when it stands alone."""
    cells = [text for text in map(_words, row) if text and not text.isspace()][:_MAX_CELLS]
    if not cells:
        return
    if len(cells) == 1:
        paper.say(cells[0])
        paper.end_paragraph()
        return
    if "\n" not in "".join(cells):
        paper.row([one_line(cell) for cell in cells])
        return
    for cell in cells:
        for line in cell.split("\n"):
            paper.say(one_line(line))
            paper.end_paragraph(in_table=True)
        paper.end_cell()
    paper.end_row()


def _words(value: object) -> str:
    if type(value) is float:  # most cells of a large table
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, str):
        return value[:_MAX_CELL].replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    if isinstance(value, datetime):
        return value.strftime("%d/%m/%Y %H:%M") if value.hour or value.minute else value.strftime("%d/%m/%Y")
    return value.strftime("%d/%m/%Y") if isinstance(value, date) else str(value)


def _read_ods(package: Package) -> Text:
    content, styles = odt.parts(package)
    body = content.find(f"{OFFICE}body/{OFFICE}spreadsheet")
    if body is None:
        raise Unreadable("damaged")
    paper = Paper()
    sheets = body.findall(TABLE + "table")
    looks = Styles(styles, content)
    for page, sheet in enumerate(sheets[:_MAX_SHEETS], 1):
        paper.page = page
        walk = Walk(paper, looks)
        walk.table(sheet)
    return paper.done(pages=len(sheets))
