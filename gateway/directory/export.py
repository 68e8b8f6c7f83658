"""Writes the directory into one workbook, a sheet for each table, as departments pass lists on."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from gateway.directory.columns import TABLES
from gateway.errors import ConfigError


def write(files: Mapping[str, str], file: Path | IO[bytes]) -> dict[str, int]:
    """Write the contents of the files (by name) as XLSX; says how many rows each sheet has.  ConfigError when it cannot."""
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    rows = {}
    for table in TABLES:
        if table.file not in files:
            continue
        name = table.file.removesuffix(".csv")
        sheet = book.create_sheet(name)
        text = files[table.file]
        first = text.partition("\n")[0]
        delimiter = ";" if first.count(";") > first.count(",") else ","
        count = -1  # the headings
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            sheet.append([_cell(sheet, cell) for cell in cells])
            count += 1
        rows[name] = max(count, 0)
    try:
        book.save(file)
    except OSError as error:
        raise ConfigError(f"{file}: cannot be written: {error.strerror}") from error
    return rows


def _cell(sheet: Any, text: str) -> Any:
    """A text as it is: control characters cannot stand in a workbook, and a name that begins with "=" is no formula."""
    from openpyxl.cell import WriteOnlyCell

    text = "".join(letter for letter in text if letter >= " " or letter in "\t\n")
    if not text.startswith("="):
        return text
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    return cell
