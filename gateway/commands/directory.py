"""``vanthu directory``: take the lists that a department keeps, see what they change, and what was changed before."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway.commands.opened import store_of
from gateway.commands.say import say, shown
from gateway.config import Config, load
from gateway.directory import export as exporting
from gateway.directory import importing, writing
from gateway.directory.changes import Preview
from gateway.directory.check import appearing
from gateway.directory.files import contents, version_of
from gateway.directory.files import load as load_directory
from gateway.directory.headings import in_words
from gateway.directory.history import changes
from gateway.errors import ConfigError, VanthuError
from gateway.policy.facts import VIETNAM, local_day

_SHOWN = 40  # lines of a kind
_CONFIG = click.option(
    "--config", "config_file", type=click.Path(path_type=Path), required=True, help="The configuration file (TOML)."
)


@click.group()
def directory() -> None:
    """Organisations, mailboxes and addresses: import lists, export, history."""


@directory.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@_CONFIG
@click.option("--table", default="", help="Which of our tables it is; else its headings tell.")
@click.option("--sheet", default="", help="Which sheet of a workbook; else the first.")
@click.option("--replace", is_flag=True, help="Take out rows that the list does not have.")
@click.option("--apply", "is_applied", is_flag=True, help="Write it; without, only what would change is shown.")
def import_list(file: Path, config_file: Path, table: str, sheet: str, replace: bool, is_applied: bool) -> None:
    """Take a list (CSV, XLSX, XLS, ODS) into the directory.  Exit 1 when a cell of it cannot be taken.

    A gateway that is running takes the change when it gets SIGHUP.
    """
    settings = load(config_file)
    folder = settings.path(settings.directory.path)
    plan = importing.preview_rows(file, _rows(settings, file, sheet), folder, table=table, replace=replace)
    _show(plan)
    if not plan.is_good:
        say(f"{plan.file}: {len(plan.errors)} ô cần sửa; chưa ghi gì.")
        sys.exit(1)
    couriers = {office.name for office in settings.office}
    findings = appearing(
        load_directory(folder), writing.after(plan, folder), on=local_day(datetime.now(UTC)), couriers=couriers
    )
    _lines("Sau khi ghi, sẽ cần xem lại", [str(finding) for finding in findings])
    if not is_applied:
        say("Đây là bản xem trước; thêm --apply để ghi.")
        return
    writing.apply(plan, folder)
    _remember(settings, folder)
    say(f"{plan.file}: đã ghi. Gửi tín hiệu SIGHUP cho cổng đang chạy để dùng danh bạ mới.")


@directory.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@_CONFIG
def export(file: Path, config_file: Path) -> None:
    """Write the whole directory into a workbook (.xlsx), a sheet for each table."""
    settings = load(config_file)
    folder = settings.path(settings.directory.path)
    load_directory(folder)  # says what is wrong, before anything is written
    sheets = exporting.write(contents(folder), file)
    say(f"{shown(file)}: {', '.join(f'{name} ({rows})' for name, rows in sheets.items())}")


@directory.command("history")
@_CONFIG
@click.option("--limit", type=click.IntRange(1), default=10, show_default=True, help="How many states to look back.")
def history(config_file: Path, limit: int) -> None:
    """What was changed in the directory, when and by whom, newest first."""
    settings = load(config_file)
    with store_of(settings) as store:
        versions = store.archive.directories()
        if not versions:
            say("Chưa có lần thay đổi nào được ghi.")
        for newer, older in zip(versions[:limit], (*versions[1:], None), strict=False):
            by = newer.actor or "sửa tệp trực tiếp"
            say(f"{newer.at.astimezone(VIETNAM):%H:%M %d/%m/%Y} · bản {newer.version} · {by}")
            before = store.archive.directory(older.version) if older is not None else {}
            for each in changes(before, store.archive.directory(newer.version)) if older is not None else ():
                say(f"  {each.file}: {in_words(each.change, each.file)}")


def _rows(settings: Config, file: Path, sheet: str) -> list[list[str]]:
    """The rows of a list, read in a guarded child: a workbook with one cell very far away asks for all the memory there is."""
    from gateway.inspection import Inspector

    try:
        data = file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from error
    inspector = Inspector(settings.inspection)
    inspector.start()
    try:
        return inspector.rows_of(data, sheet)
    except VanthuError as error:
        raise ConfigError(f"{file}: {error}") from error
    finally:
        inspector.close()


def _remember(settings: Config, folder: Path) -> None:
    """Keep the new state with the name of who made it."""
    files = contents(folder)
    with store_of(settings) as store:
        store.put_directory(version_of(files), files, actor=_me(), now=datetime.now(UTC))


def _me() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without a name for its user
        return f"uid {os.getuid()}"


def _show(plan: Preview) -> None:
    say(
        f"{plan.file}: {plan.rows} dòng: {len(plan.added)} mới, {len(plan.changed)} thay đổi, {plan.unchanged} như cũ, "
        f"{len(plan.removed)} bị bỏ, {len(plan.errors)} lỗi"
    )
    if plan.ignored:
        say(f"Cột không dùng đến: {', '.join(plan.ignored)}")
    _lines("Lỗi", [str(error) for error in plan.errors])
    _lines("Mới", [in_words(change, plan.file) for change in plan.added])
    _lines("Thay đổi", [in_words(change, plan.file) for change in plan.changed])
    _lines("Bị bỏ", [in_words(change, plan.file) for change in plan.removed])


def _lines(title: str, lines: Sequence[str]) -> None:
    if not lines:
        return
    table = Table(title, show_header=True)
    for line in lines[:_SHOWN]:
        table.add_row(Text(line))
    if len(lines) > _SHOWN:
        table.add_row(f"… và {len(lines) - _SHOWN} dòng nữa")
    Console(width=max(Console().width, 100)).print(table)
