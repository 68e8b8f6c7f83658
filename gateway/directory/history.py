"""What changed between two states of the directory's files, row by row.  Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping

from gateway.directory.changes import Cells, RowChange
from gateway.directory.writing import KEYS
from gateway.model import Value


class TableChange(Value):
    """A change in one row of one file."""

    file: str
    change: RowChange


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[TableChange]:
    """Rows that are new, gone or different, file by file; the contents of the files are given by their names."""
    for file in sorted({*before, *after}):
        old, new = _rows(file, before.get(file, "")), _rows(file, after.get(file, ""))
        for key in {**old, **new}:
            if old.get(key) != new.get(key):
                yield TableChange(file=file, change=RowChange(key=key, before=old.get(key), after=new.get(key)))


def _rows(file: str, text: str) -> dict[tuple[str, ...], Cells]:
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    rows: dict[tuple[str, ...], Cells] = {}
    for row in csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter):
        cells = {name.strip().lower(): (cell or "").strip() for name, cell in row.items() if isinstance(cell, str) and name}
        cells = {name: cell for name, cell in cells.items() if cell}
        if cells:
            rows[tuple(cells.get(name, "").lower() for name in KEYS.get(file, ()))] = cells
    return rows
