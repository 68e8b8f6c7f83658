"""Reads the directory from CSV files, as spreadsheets write them.

UTF-8 with or without byte order mark; comma or semicolon, as the first line has it; dates as 2019-11-01 or 01/11/2019;
several values in one cell apart by "|".  An error names file, row (the first line is row 1), column, and what was expected.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gateway.directory.columns import TABLES, Column, FileTable
from gateway.directory.kept_rows import keep_rows, rows_kept
from gateway.directory.snapshot import Directory
from gateway.errors import ConfigError
from gateway.model import Value


def load(path: Path, kept: Path | None = None) -> Directory:
    """Read all files of the folder.  Raises ConfigError with file, row, column and what was expected.

    ``kept``: a file that has the rows from one time to the next (kept_rows.py).
    """
    if not path.is_dir():
        raise ConfigError(f"{path}: expected a folder with {', '.join(table.file for table in TABLES if table.is_required)}")
    lists = {table.file: _list(path / table.file, table) for table in TABLES}
    rows = None if kept is None else rows_kept(kept, lists, Path(__file__))
    if rows is None:
        rows = {table.file: _rows(path / table.file, table, lists[table.file]) for table in TABLES}
        if kept is not None:
            keep_rows(kept, lists, Path(__file__), rows)
    return snapshot_of(rows)


def snapshot_of(rows: Mapping[str, Sequence[Any]]) -> Directory:
    """The directory of rows, by the name of their file."""
    return Directory(
        organisations=rows["organisations.csv"],
        domains=rows["domains.csv"],
        mailboxes=rows["mailboxes.csv"],
        offices=rows["offices.csv"],
        retired=rows.get("retired.csv", ()),
        campaigns=rows.get("campaigns.csv", ()),
        groups=rows.get("groups.csv", ()),
        patterns=rows.get("patterns.csv", ()),
        holidays=rows.get("holidays.csv", ()),
        accounts=rows.get("accounts.csv", ()),
    )


def contents(path: Path) -> dict[str, str]:
    """The files of the folder as they stand there, by name: what its history keeps.  Those that are not there are left out."""
    found = {}
    for table in TABLES:
        with contextlib.suppress(FileNotFoundError):
            found[table.file] = (path / table.file).read_bytes().decode("utf-8-sig", "replace")
    return found


def version_of(files: Mapping[str, str]) -> str:
    """What a directory is called by: the digest of its files."""
    digest = hashlib.sha256()
    for name, text in sorted(files.items()):
        digest.update(f"{name}\0{len(text)}\0{text}".encode("utf-8", "replace"))
    return digest.hexdigest()[:12]


def _list(file: Path, table: FileTable) -> bytes | None:
    """What a file has; None when it is not there, and need not be."""
    return None if not file.exists() and not table.is_required else _bytes_of(file)


def _rows(file: Path, table: FileTable, data: bytes | None) -> Sequence[Any]:
    return () if data is None else tuple(parse(table, _decoded(data, file), where=str(file)))


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from error


def _decoded(data: bytes, file: Path) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f'{file}: row {row}: expected UTF-8; save it as "CSV UTF-8" in the spreadsheet program') from error


def parse(table: FileTable, text: str, *, where: str) -> Iterator[Value]:
    """The rows of one file.  ``where`` names the file in errors."""
    rows = _numbered(text, where)
    columns = header_of(table, rows[0][1] if rows else [], where)
    for number, cells in rows[1:]:
        if any(cell.strip() for cell in cells):
            yield _row(table, columns, [cell.strip() for cell in cells], f"{where}: row {number}")


def rows_of_csv(file: Path) -> list[tuple[int, list[str]]]:
    """The rows of a file of the folder with their numbers, the header among them.  ConfigError when it cannot be read."""
    return _numbered(_decoded(_bytes_of(file), file), str(file))


def _numbered(text: str, where: str) -> list[tuple[int, list[str]]]:
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        return list(enumerate(lines, 1))
    except csv.Error as error:
        raise ConfigError(f"{where}: row {lines.line_num}: not valid CSV: {error}") from error


def _delimiter(text: str) -> str:
    """Spreadsheets write semicolons where the comma is the decimal mark, as in Vietnam."""
    first = text.partition("\n")[0]
    return ";" if first.count(";") > first.count(",") else ","


def header_of(table: FileTable, cells: list[str], where: str) -> list[Column]:
    """The columns of a file in the order of its first line.  ConfigError for an unknown or missing one."""
    known = {column.name: column for column in table.columns}
    names = [cell.strip().lower() for cell in cells]
    while names and not names[-1]:  # empty columns that a spreadsheet leaves behind
        names.pop()
    for name in names:
        if name not in known:
            raise ConfigError(f'{where}: row 1, column "{name}": unknown; expected one of {", ".join(known)}')
        if names.count(name) > 1:
            raise ConfigError(f'{where}: row 1, column "{name}": stands there twice')
    missing = [column.name for column in table.columns if column.is_required and column.name not in names]
    if missing:
        raise ConfigError(f"{where}: row 1: expected also the column(s) {', '.join(missing)}")
    return [known[name] for name in names]


def _row(table: FileTable, columns: list[Column], cells: list[str], where: str) -> Value:
    surplus = [cell for cell in cells[len(columns) :] if cell]
    if surplus:
        raise ConfigError(f'{where}: expected {len(columns)} cells, found "{surplus[0]}" beyond them')
    fields: dict[str, Any] = {}
    for column, cell in zip(columns, cells + [""] * len(columns), strict=False):
        if not cell and not column.is_required:
            continue
        fields[column.field or column.name] = _cell(column, cell, where)
    return table.row(**fields)


def _cell(column: Column, cell: str, where: str) -> Any:
    if not cell:
        raise ConfigError(f'{where}, column "{column.name}": expected a value, found an empty cell')
    try:
        return column.parse(cell)
    except ValueError as error:
        raise ConfigError(f'{where}, column "{column.name}": expected {error}, got "{cell}"') from None
