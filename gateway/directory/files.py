"""Reads the directory from CSV files, as spreadsheets write them.

UTF-8 with or without byte order mark; comma or semicolon, as the first line has it; dates as 2019-11-01 or 01/11/2019;
several values in one cell apart by "|".  An error names file, row (the first line is row 1), column, and what was expected.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from gateway.directory.snapshot import (
    Campaign,
    Directory,
    Domain,
    Mailbox,
    MailboxRole,
    OfficeSystem,
    Organisation,
    OrganisationKind,
    RetiredAddress,
)
from gateway.errors import ConfigError
from gateway.model import Phase, Value


def _text(cell: str) -> str:
    return cell


def _list(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split("|") if part.strip())


def _address(cell: str) -> str:
    if not re.fullmatch(r"[^\s@,;|<>]+@[^\s@,;|<>]+", cell):
        raise ValueError('an address like "vanthu@sgdhuonggiang.edu.vn"')
    return cell.lower()


def _addresses(cell: str) -> tuple[str, ...]:
    return tuple(_address(part) for part in _list(cell))


def _domain(cell: str) -> str:
    if not re.fullmatch(r"[^\s@,;|<>.]+(\.[^\s@,;|<>.]+)+", cell):
        raise ValueError('a domain like "sgdhuonggiang.edu.vn", without "@"')
    return cell.lower()


def _extensions(cell: str) -> tuple[str, ...]:
    return tuple(part.lower().lstrip(".") for part in _list(cell))


def _date(cell: str) -> date | None:
    if not cell:
        return None
    day_first = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", cell)
    try:
        if day_first:
            day, month, year = map(int, day_first.groups())
            return date(year, month, day)
        return date.fromisoformat(cell)
    except ValueError:
        raise ValueError("a date like 2019-11-01 or 01/11/2019") from None


def _one_of(words: type[OrganisationKind] | type[MailboxRole] | type[Phase]) -> Callable[[str], Any]:
    def parse(cell: str) -> Any:
        try:
            return words(cell.lower())
        except ValueError:
            raise ValueError("one of " + ", ".join(words)) from None

    return parse


class _Column(NamedTuple):
    name: str
    parse: Callable[[str], Any]
    is_required: bool = False  # the column must be there, and no cell of it may be empty
    field: str = ""  # of the row's class, where it is not the column's name


class _Table(NamedTuple):
    file: str
    row: type[Value]
    columns: tuple[_Column, ...]
    is_required: bool = True


_VALID = (_Column("valid_from", _date), _Column("valid_to", _date))

TABLES = (
    _Table(
        "organisations.csv",
        Organisation,
        (
            _Column("code", _text, is_required=True),
            _Column("name", _text, is_required=True),
            _Column("variants", _list),
            _Column("kind", _one_of(OrganisationKind), is_required=True),
            _Column("superior", _text),
            _Column("symbols", _list),
            _Column("office", _text),
            _Column("phase", _one_of(Phase), is_required=True),
            *_VALID,
            _Column("successor", _text),
        ),
    ),
    _Table("domains.csv", Domain, (_Column("domain", _domain, is_required=True), _Column("organisation", _text), *_VALID)),
    _Table(
        "mailboxes.csv",
        Mailbox,
        (
            _Column("address", _address, is_required=True),
            _Column("organisation", _text, is_required=True),
            _Column("role", _one_of(MailboxRole), is_required=True),
            _Column("person", _text),
            *_VALID,
        ),
    ),
    _Table(
        "offices.csv",
        OfficeSystem,
        (
            _Column("name", _text, is_required=True),
            _Column("title", _text, is_required=True),
            _Column("url", _text),
            _Column("senders", _addresses),
        ),
    ),
    _Table(
        "retired.csv",
        RetiredAddress,
        (
            _Column("address", _address, is_required=True),
            _Column("successor", lambda cell: _address(cell) if cell else ""),
            _Column("retired_on", _date),
            _Column("closes_on", _date),
        ),
        is_required=False,
    ),
    _Table(
        "campaigns.csv",
        Campaign,
        (
            _Column("guide", _text, is_required=True),
            _Column("title", _text),
            _Column("mailbox", _address, is_required=True),
            _Column("extensions", _extensions),
            _Column("kinds", _list),
            _Column("from", _date, field="valid_from"),
            _Column("until", _date, field="valid_to"),
        ),
        is_required=False,
    ),
)


def load(path: Path) -> Directory:
    """Read all files of the folder.  Raises ConfigError with file, row, column and what was expected."""
    if not path.is_dir():
        raise ConfigError(f"{path}: expected a folder with {', '.join(table.file for table in TABLES if table.is_required)}")
    organisations, domains, mailboxes, offices, retired, campaigns = (_read(path, table) for table in TABLES)
    return Directory(
        organisations=organisations,
        domains=domains,
        mailboxes=mailboxes,
        offices=offices,
        retired=retired,
        campaigns=campaigns,
    )


def _read(folder: Path, table: _Table) -> Sequence[Any]:
    file = folder / table.file
    if not file.exists() and not table.is_required:
        return ()
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f'{file}: row {row}: expected UTF-8; save it as "CSV UTF-8" in the spreadsheet program') from error
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from error
    return tuple(parse(table, text, where=str(file)))


def parse(table: _Table, text: str, *, where: str) -> Iterator[Value]:
    """The rows of one file.  ``where`` names the file in errors."""
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        rows = list(enumerate(lines, 1))
    except csv.Error as error:
        raise ConfigError(f"{where}: row {lines.line_num}: not valid CSV: {error}") from error
    columns = _header(table, rows[0][1] if rows else [], where)
    for number, cells in rows[1:]:
        if any(cell.strip() for cell in cells):
            yield _row(table, columns, [cell.strip() for cell in cells], f"{where}: row {number}")


def _delimiter(text: str) -> str:
    """Spreadsheets write semicolons where the comma is the decimal mark, as in Vietnam."""
    first = text.partition("\n")[0]
    return ";" if first.count(";") > first.count(",") else ","


def _header(table: _Table, cells: list[str], where: str) -> list[_Column]:
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


def _row(table: _Table, columns: list[_Column], cells: list[str], where: str) -> Value:
    surplus = [cell for cell in cells[len(columns) :] if cell]
    if surplus:
        raise ConfigError(f'{where}: expected {len(columns)} cells, found "{surplus[0]}" beyond them')
    fields: dict[str, Any] = {}
    for column, cell in zip(columns, cells + [""] * len(columns), strict=False):
        if not cell and not column.is_required:
            continue
        fields[column.field or column.name] = _cell(column, cell, where)
    return table.row(**fields)


def _cell(column: _Column, cell: str, where: str) -> Any:
    if not cell:
        raise ConfigError(f'{where}, column "{column.name}": expected a value, found an empty cell')
    try:
        return column.parse(cell)
    except ValueError as error:
        raise ConfigError(f'{where}, column "{column.name}": expected {error}, got "{cell}"') from None
