"""Writes changes into the tables of the directory: one writer at a time, all of a change or nothing."""

from __future__ import annotations

import contextlib
import csv
import fcntl
import io
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from gateway.directory.changes import Cells, Preview
from gateway.directory.columns import TABLES, FileTable, parsed_cell
from gateway.directory.files import header_of, parse, rows_of_csv, snapshot_of
from gateway.directory.snapshot import Directory
from gateway.errors import ConfigError

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


def apply(plan: Preview, folder: Path) -> None:
    """Write the table as the preview says, or nothing.  ConfigError when it has errors, or the table was changed since."""
    kind = table_named(plan.file, folder)
    with _alone(folder):
        _write(folder / plan.file, [column.name for column in kind.columns], _changed(plan, kind, folder))


def after(plan: Preview, folder: Path) -> Directory:
    """The whole directory as it would be; nothing is written.  ConfigError as for apply."""
    kind = table_named(plan.file, folder)
    names = [column.name for column in kind.columns]
    tables = {}
    for table in TABLES:
        file = folder / table.file
        if table.file == plan.file:
            text = _as_csv(names, _changed(plan, kind, folder))
        else:
            text = file.read_bytes().decode("utf-8-sig") if file.exists() else ""
        tables[table.file] = tuple(parse(table, text, where=str(file))) if text else ()
    return snapshot_of(tables)


def _changed(plan: Preview, kind: FileTable, folder: Path) -> Iterable[Cells]:
    """The rows of the table as the preview says."""
    if not plan.is_good:
        raise ConfigError(f"{plan.file}: {len(plan.errors)} cell(s) cannot be taken: nothing was written")
    current = current_rows(kind, folder)
    for change in plan.changes:
        if current.get(change.key) != change.before:
            raise ConfigError(f"{plan.file}: {' '.join(change.key)} was changed by somebody else meanwhile: look at it again")
    for change in plan.changes:
        if change.after is None:
            del current[change.key]
        else:
            current[change.key] = change.after
    return current.values()


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One writer at a time, whether the console or a command; who waits sees what the other wrote."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be opened: {error.strerror}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
        os.fsync(handle)  # the new name of the file, too
    finally:
        os.close(handle)


def table_named(name: str, where: Path) -> FileTable:
    """One of our tables; ``where`` names in the error what asked for it."""
    wanted = name if name.endswith(".csv") else f"{name}.csv"
    for table in TABLES:
        if table.file == wanted:
            return table
    known = ", ".join(table.file.removesuffix(".csv") for table in TABLES)
    raise ConfigError(f"{where}: there is no table {name!r}; expected one of {known}")


def key_of(table: FileTable, row: Cells) -> tuple[str, ...]:
    """What makes the row the same thing as another one."""
    return tuple(row.get(name, "").lower() for name in KEYS[table.file])


def current_rows(table: FileTable, folder: Path) -> dict[tuple[str, ...], Cells]:
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
        if row and current.setdefault(key_of(table, row), row) is not row:
            # To write only one of them would lose the other.
            twice = " ".join(filter(None, key_of(table, row)))
            raise ConfigError(f"{file}: row {number}: {twice} stands there twice: take one out")
    return current


def _write(file: Path, names: Sequence[str], rows: Iterable[Cells]) -> None:
    """Beside it and renamed: a reader sees the old table or the new one.  With a byte order mark, for spreadsheets."""
    aside = file.with_name(f".{file.name}.{secrets.token_hex(4)}.new")
    try:
        with aside.open("xb") as out:
            out.write(_as_csv(names, rows).encode("utf-8-sig"))
            out.flush()
            os.fsync(out.fileno())
        if file.exists():
            aside.chmod(file.stat().st_mode & 0o777)
        aside.replace(file)
    except OSError as error:
        raise ConfigError(f"{file}: cannot be written: {error.strerror}") from error
    finally:
        aside.unlink(missing_ok=True)


def _as_csv(names: Sequence[str], rows: Iterable[Cells]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
