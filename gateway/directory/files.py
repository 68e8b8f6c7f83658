"""Reads the directory from CSV files, as spreadsheets write them.

UTF-8 with or without byte order mark; comma or semicolon, as the first line has it; dates as 2019-11-01 or 01/11/2019;
several values in one cell apart by "|".  An error names file, row (the first line is row 1), column, and what was expected.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from gateway.directory.calendar import Holiday
from gateway.directory.patterns import compiled
from gateway.directory.snapshot import (
    Campaign,
    Directory,
    Domain,
    Mailbox,
    MailboxRole,
    MailGroup,
    OfficeAccount,
    OfficeSystem,
    Organisation,
    OrganisationKind,
    RetiredAddress,
    RetiredPattern,
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


def _day(cell: str) -> date:
    found = _date(cell)
    if found is None:
        raise ValueError("a date like 2026-09-02 or 02/09/2026")
    return found


def _yes(cell: str) -> bool:
    words = {"yes": True, "có": True, "x": True, "1": True, "no": False, "không": False, "0": False}
    if cell.lower() not in words:
        raise ValueError("yes or no")
    return words[cell.lower()]


def _pattern(cell: str) -> str:
    compiled(cell)
    return cell.lower()


# As people write them in their lists.
_WORDS: Mapping[str, str] = {
    "sở": "department", "phòng": "division", "trường": "school", "mầm non": "school", "tiểu học": "school", "thcs": "school",
    "thpt": "school", "khác": "other", "văn thư": "clerk", "chuyên viên": "staff", "giáo viên": "staff", "nhân viên": "staff",
    "lãnh đạo": "leader", "hiệu trưởng": "leader", "dùng chung": "shared", "cá nhân": "personal",
    "thông báo": "notification", "theo dõi": "observe",
    "nhắc nhở": "advise", "áp dụng": "enforce",
}  # fmt: skip


def _one_of(words: type[OrganisationKind] | type[MailboxRole] | type[Phase]) -> Callable[[str], Any]:
    def parse(cell: str) -> Any:
        word = cell.lower()
        try:
            return words(_WORDS.get(word, word))
        except ValueError:
            raise ValueError("one of " + ", ".join(words)) from None

    return parse


class Column(NamedTuple):
    """A column of a file: how its cells are read."""

    name: str
    parse: Callable[[str], Any]
    is_required: bool = False  # the column must be there, and no cell of it may be empty
    field: str = ""  # of the row's class, where it is not the column's name


class FileTable(NamedTuple):
    """One file of the folder."""

    file: str
    row: type[Value]
    columns: tuple[Column, ...]
    is_required: bool = True


_VALID = (Column("valid_from", _date), Column("valid_to", _date))

TABLES = (
    FileTable(
        "organisations.csv",
        Organisation,
        (
            Column("code", _text, is_required=True),
            Column("name", _text, is_required=True),
            Column("variants", _list),
            Column("kind", _one_of(OrganisationKind), is_required=True),
            Column("superior", _text),
            Column("symbols", _list),
            Column("office", _text),
            Column("phase", _one_of(Phase), is_required=True),
            Column("codes", _list),
            *_VALID,
            Column("successor", _text),
        ),
    ),
    FileTable("domains.csv", Domain, (Column("domain", _domain, is_required=True), Column("organisation", _text), *_VALID)),
    FileTable(
        "mailboxes.csv",
        Mailbox,
        (
            Column("address", _address, is_required=True),
            Column("organisation", _text, is_required=True),
            Column("role", _one_of(MailboxRole), is_required=True),
            Column("person", _text),
            *_VALID,
        ),
    ),
    FileTable(
        "offices.csv",
        OfficeSystem,
        (
            Column("name", _text, is_required=True),
            Column("title", _text, is_required=True),
            Column("url", _text),
            Column("senders", _addresses),
        ),
    ),
    FileTable(
        "retired.csv",
        RetiredAddress,
        (
            Column("address", _address, is_required=True),
            Column("successor", lambda cell: _address(cell) if cell else ""),
            Column("retired_on", _date),
            Column("closes_on", _date),
        ),
        is_required=False,
    ),
    FileTable(
        "campaigns.csv",
        Campaign,
        (
            Column("guide", _text, is_required=True),
            Column("title", _text),
            Column("mailbox", _address, is_required=True),
            Column("extensions", _extensions),
            Column("kinds", _list),
            Column("expected", _list),
            Column("from", _date, field="valid_from"),
            Column("due", _date, field="due_on"),
            Column("until", _date, field="valid_to"),
        ),
        is_required=False,
    ),
    FileTable(
        "accounts.csv",
        OfficeAccount,
        (
            Column("office", _text, is_required=True),
            Column("account", _text, is_required=True),
            Column("organisation", _text, is_required=True),
            Column("role", _one_of(MailboxRole), is_required=True),
            Column("locked", _yes, field="is_locked"),
        ),
        is_required=False,
    ),
    FileTable(
        "groups.csv",
        MailGroup,
        (Column("address", _address, is_required=True), Column("members", _addresses, is_required=True), *_VALID),
        is_required=False,
    ),
    FileTable(
        "patterns.csv",
        RetiredPattern,
        (
            Column("pattern", _pattern, is_required=True),
            Column("successor", _text),
            Column("retired_on", _date),
            Column("closes_on", _date),
        ),
        is_required=False,
    ),
    FileTable(
        "holidays.csv",
        Holiday,
        (Column("day", _day, is_required=True), Column("name", _text), Column("worked", _yes, field="is_worked")),
        is_required=False,
    ),
)


def load(path: Path) -> Directory:
    """Read all files of the folder.  Raises ConfigError with file, row, column and what was expected."""
    if not path.is_dir():
        raise ConfigError(f"{path}: expected a folder with {', '.join(table.file for table in TABLES if table.is_required)}")
    return snapshot_of({table.file: _read(path, table) for table in TABLES})


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


def _read(folder: Path, table: FileTable) -> Sequence[Any]:
    file = folder / table.file
    if not file.exists() and not table.is_required:
        return ()
    return tuple(parse(table, _decoded(file), where=str(file)))


def _decoded(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f'{file}: row {row}: expected UTF-8; save it as "CSV UTF-8" in the spreadsheet program') from error
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from error


def parse(table: FileTable, text: str, *, where: str) -> Iterator[Value]:
    """The rows of one file.  ``where`` names the file in errors."""
    rows = _numbered(text, where)
    columns = header_of(table, rows[0][1] if rows else [], where)
    for number, cells in rows[1:]:
        if any(cell.strip() for cell in cells):
            yield _row(table, columns, [cell.strip() for cell in cells], f"{where}: row {number}")


def rows_of_csv(file: Path) -> list[tuple[int, list[str]]]:
    """The rows of a file of the folder with their numbers, the header among them.  ConfigError when it cannot be read."""
    return _numbered(_decoded(file), str(file))


def parsed_cell(column: Column, cell: str) -> str:
    """A cell as it is written down: days as 2026-11-23, addresses in lower case.  ValueError says what was expected."""
    value = column.parse(cell)
    if isinstance(value, tuple):
        return "|".join(value)
    if isinstance(value, bool):
        return "yes" if value else ""
    return value.isoformat() if isinstance(value, date) else str(value)


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
