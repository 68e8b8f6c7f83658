"""Lists as departments keep them: the rows of a CSV or of a sheet of an XLSX, XLS or ODS, as texts."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Sequence
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
    return rows_in(data, sheet=sheet, name=str(file))


def rows_in(data: bytes, *, sheet: str = "", name: str = "") -> list[list[str]]:
    """The same for a list that was read already; ``name`` is what errors call it."""
    if data[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        return _of_workbook(name, data, sheet)
    return _of_csv(name, data)


def _of_workbook(file: str, data: bytes, sheet: str) -> list[list[str]]:
    import python_calamine

    try:
        book = python_calamine.load_workbook(io.BytesIO(data))
        names = book.sheet_names
        if sheet and sheet not in names:
            raise ConfigError(f"{file}: there is no sheet {sheet!r}; expected one of {', '.join(names)}")
        rows = book.get_sheet_by_name(sheet or names[0]).to_python(skip_empty_area=False, nrows=MOST_ROWS + 1)
    except (python_calamine.CalamineError, OSError, ValueError, IndexError) as error:
        raise ConfigError(f"{file}: not a workbook that can be read: {error}") from error
    _check_length(file, rows)
    return [[_text(cell) for cell in row] for row in rows]


def _check_length(file: str, rows: Sequence[object]) -> None:
    """A list that was cut would take out what it does not show."""
    if len(rows) > MOST_ROWS:
        raise ConfigError(f"{file}: more than {MOST_ROWS} rows: divide the list")


def _tidy(text: str) -> str:
    """One line in composed letters, without what cannot be seen: spreadsheets leave such things in addresses and names."""
    if text.isascii() and text.isprintable():
        return text.strip()
    composed = unicodedata.normalize("NFC", text)
    return " ".join("".join(" " if c in "\t\r\n" else c for c in composed if unicodedata.category(c) != "Cf").split())


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
    return _tidy(str(cell))


def _of_csv(file: str, data: bytes) -> list[list[str]]:
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f'{file}: expected UTF-8; save it as "CSV UTF-8" or as a workbook (.xlsx)') from error
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)  # the first of them when none is there
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise ConfigError(f"{file}: not valid CSV: {error}") from error
    _check_length(file, rows)
    return [[_tidy(cell) for cell in row] for row in rows]
