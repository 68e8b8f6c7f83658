"""Lists as departments keep them: the rows of a CSV or of a sheet of an XLSX, XLS or ODS, as texts."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from pathlib import Path
from typing import Any

from gateway.errors import ConfigError

MOST_ROWS = 500_000


def rows_of(file: Path, *, sheet: str = "") -> list[list[str]]:
    """All rows, cells stripped; ``sheet`` names one of several, "" is the first.  ConfigError when it cannot be read."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from error
    if data[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        return _of_workbook(file, data, sheet)
    return _of_csv(file, data)


def _of_workbook(file: Path, data: bytes, sheet: str) -> list[list[str]]:
    import python_calamine

    try:
        book = python_calamine.load_workbook(io.BytesIO(data))
        names = book.sheet_names
        if sheet and sheet not in names:
            raise ConfigError(f"{file}: there is no sheet {sheet!r}; expected one of {', '.join(names)}")
        rows = book.get_sheet_by_name(sheet or names[0]).to_python(skip_empty_area=False, nrows=MOST_ROWS)
    except (python_calamine.CalamineError, OSError, ValueError, IndexError) as error:
        raise ConfigError(f"{file}: not a workbook that can be read: {error}") from error
    return [[_text(cell) for cell in row] for row in rows]


def _text(cell: Any) -> str:
    """A cell as somebody would have typed it: days without a time, numbers without a point."""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _of_csv(file: Path, data: bytes) -> list[list[str]]:
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f'{file}: expected UTF-8; save it as "CSV UTF-8" or as a workbook (.xlsx)') from error
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        return [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)]
    except csv.Error as error:
        raise ConfigError(f"{file}: not valid CSV: {error}") from error
