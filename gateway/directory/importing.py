"""Takes a list that a department keeps (CSV or XLSX) into one table of the directory: errors by cell, and what would change.

Nothing is written here but by ``apply``.  Column headings may be ours or Vietnamese ones; rows are matched with those of the
table by their key (code or address, and the day from which they hold), so the same list can come again every month.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from gateway.directory import sheets
from gateway.directory.files import TABLES, Column, FileTable, header_of, parsed_cell, rows_of_csv
from gateway.directory.headings import column_called
from gateway.errors import ConfigError
from gateway.model import Value

# What makes two rows the same thing.
KEYS: Mapping[str, tuple[str, ...]] = {
    "organisations.csv": ("code", "valid_from"),
    "domains.csv": ("domain", "valid_from"),
    "mailboxes.csv": ("address", "valid_from"),
    "offices.csv": ("name",),
    "retired.csv": ("address",),
    "campaigns.csv": ("guide", "mailbox"),
    "accounts.csv": ("office", "account"),
    "groups.csv": ("address", "valid_from"),
    "patterns.csv": ("pattern",),
    "holidays.csv": ("day",),
}

Cells = dict[str, str]  # of one row, by the name of their column; empty ones are left out


class CellError(Value):
    """A cell that cannot be taken, or a row (column "")."""

    row: int  # as the spreadsheet counts it, from 1
    column: str  # as it is headed there
    said: str

    def __str__(self) -> str:
        where = f"dòng {self.row}" + (f", cột “{self.column}”" if self.column else "")
        return f"{where}: {self.said}"


class RowChange(Value):
    """What the list changes in one row."""

    key: tuple[str, ...]
    before: Cells | None = None  # None: the row is new
    after: Cells | None = None  # None: the row is taken out

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that differ."""
        before, after = self.before or {}, self.after or {}
        return tuple(name for name in {**before, **after} if before.get(name, "") != after.get(name, ""))


class Preview(Value):
    """What a list would do to a table."""

    file: str  # "mailboxes.csv"
    rows: int
    errors: tuple[CellError, ...] = ()
    added: tuple[RowChange, ...] = ()
    changed: tuple[RowChange, ...] = ()
    removed: tuple[RowChange, ...] = ()
    unchanged: int = 0
    ignored: tuple[str, ...] = ()  # headings that no column is known by

    @property
    def is_good(self) -> bool:
        """Whether it can be applied."""
        return not self.errors


def preview(list_file: Path, folder: Path, *, table: str = "", sheet: str = "", replace: bool = False) -> Preview:
    """Say what a list would change in the directory's folder.

    ``table`` is the name of one of our files; "" finds it by the headings.  ``replace`` takes out rows that the list has not.
    Raises ConfigError when the list cannot be read at all, or is none of our tables.
    """
    rows = sheets.rows_of(list_file, sheet=sheet)
    at = next((n for n, cells in enumerate(rows) if sum(bool(cell) for cell in cells) > 1), -1)
    if at < 0:
        raise ConfigError(f"{list_file}: expected a first line with headings, found an empty list")
    headings = rows[at]
    kind = _table_named(table, list_file) if table else _table_of(headings, list_file)
    columns = [column_called(kind, heading) for heading in headings]
    missing = [column.name for column in kind.columns if column.is_required and column not in columns]
    if missing:
        raise ConfigError(f"{list_file}: row {at + 1}: expected also the column(s) {', '.join(missing)}")
    found, errors = _read(kind, headings, columns, rows[at + 1 :], first=at + 2)
    return _compared(kind, found, _current(kind, folder), errors, headings, columns, replace=replace)


def preview_row(table: str, cells: Mapping[str, str], folder: Path) -> Preview:
    """Say what one row, typed into a form, would change; ``cells`` by the names of our columns."""
    kind = _table_named(table, folder)
    headings = [column.name for column in kind.columns]
    typed = [cells.get(name, "").strip() for name in headings]
    found, errors = _read(kind, headings, kind.columns, [typed], first=1)
    return _compared(kind, found, _current(kind, folder), errors, headings, kind.columns, replace=False)


def apply(plan: Preview, folder: Path) -> None:
    """Write the table as the preview says, or nothing.  ConfigError when it has errors, or the table was changed since."""
    if not plan.is_good:
        raise ConfigError(f"{plan.file}: {len(plan.errors)} cell(s) cannot be taken: nothing was written")
    kind = _table_named(plan.file, folder)
    current = _current(kind, folder)
    for change in (*plan.changed, *plan.removed):
        if current.get(change.key) != change.before:
            raise ConfigError(f"{plan.file}: {' '.join(change.key)} was changed by somebody else meanwhile: look at it again")
    for change in (*plan.added, *plan.changed, *plan.removed):
        if change.after is None:
            del current[change.key]
        else:
            current[change.key] = change.after
    _write(folder / plan.file, [column.name for column in kind.columns], current.values())


# --- helpers ------------------------------------------------------------------------------------------------------------


def _table_named(name: str, where: Path) -> FileTable:
    wanted = name if name.endswith(".csv") else f"{name}.csv"
    for table in TABLES:
        if table.file == wanted:
            return table
    known = ", ".join(table.file.removesuffix(".csv") for table in TABLES)
    raise ConfigError(f"{where}: there is no table {name!r}; expected one of {known}")


def _table_of(headings: Sequence[str], list_file: Path) -> FileTable:
    """The table that most of the headings belong to; its own file name decides between equals."""

    def known(table: FileTable) -> tuple[bool, int, bool]:
        columns = [column_called(table, heading) for heading in headings]
        whole = all(column in columns for column in table.columns if column.is_required)
        return whole, sum(column is not None for column in columns), list_file.stem.lower() == table.file.removesuffix(".csv")

    best = max(TABLES, key=known)
    if not known(best)[0]:
        said = ", ".join(heading for heading in headings if heading)
        raise ConfigError(f"{list_file}: the headings ({said}) are those of none of our tables; say which with --table")
    return best


def _read(
    table: FileTable, headings: Sequence[str], columns: Sequence[Column | None], rows: Sequence[Sequence[str]], *, first: int
) -> tuple[dict[tuple[str, ...], Cells], list[CellError]]:
    found: dict[tuple[str, ...], Cells] = {}
    errors: list[CellError] = []
    for number, cells in enumerate(rows, first):
        if not any(cells):
            continue
        row, wrong = _row(headings, columns, cells, number)
        absent = [column for column in table.columns if column.is_required and not row.get(column.name)]
        reported = {error.column for error in wrong}
        for column in absent:
            heading = headings[columns.index(column)]
            if heading not in reported:
                wrong.append(CellError(row=number, column=heading, said="ô trống, cần có giá trị"))
        key = _key(table, row)
        if not wrong and key in found:
            wrong.append(CellError(row=number, column="", said=f"trùng với một dòng phía trên ({' '.join(filter(None, key))})"))
        errors += wrong
        if not wrong:
            found[key] = row
    return found, errors


def _row(
    headings: Sequence[str], columns: Sequence[Column | None], cells: Sequence[str], number: int
) -> tuple[Cells, list[CellError]]:
    row: Cells = {}
    errors: list[CellError] = []
    for heading, column, cell in zip(headings, columns, cells, strict=False):
        if column is None or not cell:
            continue
        try:
            row[column.name] = parsed_cell(column, cell)
        except ValueError as error:
            errors.append(CellError(row=number, column=heading, said=f"cần {_in_vietnamese(str(error))}, đang là “{cell}”"))
    return row, errors


# What a cell must be, as the files' own errors say it and as the people who keep the lists read it.
_VIETNAMESE = (
    ("an address like", "một địa chỉ như"),
    ("a date like 2019-11-01 or 01/11/2019", "một ngày như 01/11/2019"),
    ("a date like 2026-09-02 or 02/09/2026", "một ngày như 02/09/2026"),
    ("a domain like", "một tên miền như"),
    (', without "@"', ", không có “@”"),
    ("one of ", "một trong các từ: "),
    ("yes or no", "“có” hoặc “không”"),
    ("a pattern like", "một mẫu địa chỉ như"),
    (
        "a pattern whose brackets [ ] stand in pairs, none inside another",
        "một mẫu có các ngoặc [ ] đi từng cặp, không lồng nhau",
    ),
    ("a pattern with one @ and brackets [ ] in pairs", "một mẫu có một dấu @ và các ngoặc [ ] đi từng cặp"),
)


def _in_vietnamese(said: str) -> str:
    for english, vietnamese in _VIETNAMESE:
        said = said.replace(english, vietnamese)
    return said


def _key(table: FileTable, row: Cells) -> tuple[str, ...]:
    return tuple(row.get(name, "").lower() for name in KEYS[table.file])


def _current(table: FileTable, folder: Path) -> dict[tuple[str, ...], Cells]:
    """The rows of the table as it is now."""
    file = folder / table.file
    if not file.exists():
        return {}
    numbered = rows_of_csv(file)
    columns = header_of(table, numbered[0][1] if numbered else [], str(file))
    current: dict[tuple[str, ...], Cells] = {}
    for number, cells in numbered[1:]:
        row: Cells = {}
        for column, cell in zip(columns, map(str.strip, cells), strict=False):
            if cell:
                try:
                    row[column.name] = parsed_cell(column, cell)
                except ValueError as error:
                    raise ConfigError(f'{file}: row {number}, column "{column.name}": expected {error}, got "{cell}"') from None
        if row:
            current[_key(table, row)] = row
    return current


def _compared(
    table: FileTable,
    found: dict[tuple[str, ...], Cells],
    current: dict[tuple[str, ...], Cells],
    errors: Sequence[CellError],
    headings: Sequence[str],
    columns: Sequence[Column | None],
    *,
    replace: bool,
) -> Preview:
    given = {column.name for column in columns if column is not None}
    added, changed, unchanged = [], [], 0
    for key, row in found.items():
        before = current.get(key)
        if before is None:
            added.append(RowChange(key=key, after=row))
            continue
        # Columns that the list does not have stay as they are.
        after = {name: cell for name, cell in before.items() if name not in given} | row
        if after == before:
            unchanged += 1
        else:
            changed.append(RowChange(key=key, before=before, after=after))
    removed = [RowChange(key=key, before=row) for key, row in current.items() if key not in found] if replace else []
    ignored = tuple(heading for heading, column in zip(headings, columns, strict=True) if column is None and heading)
    return Preview(
        file=table.file,
        rows=len(found) + len({error.row for error in errors}),
        errors=tuple(errors),
        added=tuple(added),
        changed=tuple(changed),
        removed=tuple(removed),
        unchanged=unchanged,
        ignored=ignored,
    )


def _write(file: Path, names: Sequence[str], rows: Iterable[Cells]) -> None:
    """Beside it and renamed: a reader sees the old table or the new one.  With a byte order mark, for spreadsheets."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    aside = file.with_name(f".{file.name}.new")
    try:
        with aside.open("wb") as out:
            out.write(text.getvalue().encode("utf-8-sig"))
            out.flush()
            os.fsync(out.fileno())
        aside.replace(file)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise ConfigError(f"{file}: cannot be written: {error.strerror}") from error
