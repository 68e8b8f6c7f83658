"""What a list that a department keeps (CSV or XLSX) would change in one table of the directory, with errors by cell.

Nothing is written here: see writing.py.  Column headings may be ours or Vietnamese ones; rows are matched with those of the
table by their key (code or address, and the day from which they hold), so the same list can come again every month.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from gateway.directory import sheets
from gateway.directory.changes import CellError, Cells, Preview, RowChange
from gateway.directory.columns import TABLES, Column, FileTable, parsed_cell
from gateway.directory.headings import column_called, word_for
from gateway.directory.writing import current_rows, key_of, table_named
from gateway.errors import ConfigError


def preview(list_file: Path, folder: Path, *, table: str = "", sheet: str = "", replace: bool = False) -> Preview:
    """Say what a list would change in the directory's folder.

    ``table`` is the name of one of our files; "" finds it by the headings.  ``replace`` takes out rows that the list has not.
    Raises ConfigError when the list cannot be read at all, or is none of our tables.
    """
    rows = sheets.rows_of(list_file, sheet=sheet)
    return preview_rows(list_file, rows, folder, table=table, replace=replace)


def preview_rows(
    list_file: Path, rows: Sequence[Sequence[str]], folder: Path, *, table: str = "", replace: bool = False
) -> Preview:
    """The same for a list that was read already; ``list_file`` is what it is called."""
    at = next((n for n, cells in enumerate(rows) if sum(bool(cell) for cell in cells) > 1), -1)
    if at < 0:
        raise ConfigError(f"{list_file}: expected a first line with headings, found an empty list")
    headings = rows[at]
    kind = table_named(table, list_file) if table else _table_of(headings, list_file)
    columns = [column_called(kind, heading) for heading in headings]
    missing = [column.name for column in kind.columns if column.is_required and column not in columns]
    if missing:
        raise ConfigError(f"{list_file}: row {at + 1}: expected also the column(s) {', '.join(missing)}")
    found, errors = _read(kind, headings, columns, rows[at + 1 :], first=at + 2)
    return _compared(kind, found, current_rows(kind, folder), errors, headings, columns, replace=replace)


def preview_row(table: str, cells: Mapping[str, str], folder: Path) -> Preview:
    """Say what one row, typed into a form, would change; ``cells`` by the names of our columns."""
    kind = table_named(table, folder)
    headings = [column.name for column in kind.columns]
    typed = [cells.get(name, "").strip() for name in headings]
    found, errors = _read(kind, headings, kind.columns, [typed], first=1)
    return _compared(kind, found, current_rows(kind, folder), errors, headings, kind.columns, replace=False)


# --- helpers ------------------------------------------------------------------------------------------------------------


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
        key = key_of(table, row)
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
            errors.append(CellError(row=number, column=heading, said=f"cần {in_vietnamese(str(error))}, đang là “{cell}”"))
    return row, errors


_ONE_OF = "một trong các từ: "
# What a cell must be, as the files' own errors say it and as the people who keep the lists read it.
_VIETNAMESE = (
    ("an address like", "một địa chỉ như"),
    ("a date like 2019-11-01 or 01/11/2019", "một ngày như 01/11/2019"),
    ("a date like 2026-09-02 or 02/09/2026", "một ngày như 02/09/2026"),
    ("a domain like", "một tên miền như"),
    (', without "@"', ", không có “@”"),
    ("one of ", _ONE_OF),
    ("yes or no", "“có” hoặc “không”"),
    ("a pattern like", "một mẫu địa chỉ như"),
    (
        "a pattern whose brackets [ ] stand in pairs, none inside another",
        "một mẫu có các ngoặc [ ] đi từng cặp, không lồng nhau",
    ),
    ("not a workbook that can be read", "không phải bảng tính đọc được"),
    (
        "not a list that can be read (a cell very far from the others?): copy its rows into a new workbook",
        "không đọc được danh sách này (có ô nằm rất xa?); xin chép các dòng sang một bảng tính mới",
    ),
    ("not valid CSV", "không phải tệp CSV đúng cách"),
    (
        'expected UTF-8; save it as "CSV UTF-8" or as a workbook (.xlsx)',
        "cần bảng mã UTF-8; xin lưu dạng “CSV UTF-8” hoặc .xlsx",
    ),
    ("expected a first line with headings, found an empty list", "danh sách trống, cần một dòng tiêu đề"),
    ("expected also the column(s)", "thiếu cột"),
    ("are those of none of our tables; say which with --table", "không phải của bảng nào; xin chọn bảng"),
    ("the headings (", "dòng tiêu đề ("),
    ("there is no sheet", "không có trang tính"),
    ("expected one of", "chỉ có"),
    ("was changed by somebody else meanwhile: look at it again", "vừa có người khác sửa; xin xem trước lại"),
    ("stands there twice: take one out", "có hai dòng; xin bỏ một dòng"),
    ("rows: divide the list", "dòng; xin chia nhỏ danh sách"),
    ("more than ", "nhiều hơn "),
    ("cannot be written", "không ghi được"),
    ("cannot be opened", "không mở được"),
    (": row ", ": dòng "),
    (", column ", ", cột "),
    ("a pattern with one @ and brackets [ ] in pairs", "một mẫu có một dấu @ và các ngoặc [ ] đi từng cặp"),
)


def in_vietnamese(said: str) -> str:
    """An error of ours as the people who keep the lists read it; what it does not know stays as it is."""
    for english, vietnamese in sorted(_VIETNAMESE, key=lambda pair: -len(pair[0])):  # the longer one says more
        said = said.replace(english, vietnamese)
    start, listed, words = said.partition(_ONE_OF)
    return start + listed + ", ".join(map(word_for, words.split(", "))) if listed else said


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
