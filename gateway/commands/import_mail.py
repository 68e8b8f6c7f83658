"""``vanthu import``: years of old mail, from mailboxes and files, into the archive."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from gateway.commands.opened import store_of
from gateway.commands.say import say, shown
from gateway.config import Config, load
from gateway.errors import ConfigError
from gateway.model import Value

if TYPE_CHECKING:
    from gateway.backlog.report import Counts
    from gateway.backlog.source import Item, Source
    from gateway.backlog.tally import Tally
    from gateway.directory.snapshot import Directory
    from gateway.store import Store

_CONFIG = click.option(
    "--config", "config_file", type=click.Path(path_type=Path), required=True, help="The configuration file (TOML)."
)
_DAY = click.DateTime(["%Y-%m-%d", "%d/%m/%Y"])
_LINE_EVERY_S = 10.0  # where nobody sees a bar


class Wish(Value):
    """What the officer asked for, whatever the source."""

    config_file: Path
    since: date | None
    until: date | None
    folders: tuple[str, ...]
    of: str
    jobs: int
    dry_run: bool
    report: Path | None


@click.group("import")
def import_mail() -> None:
    """Old mail: put the documents of the past into the archive, and report.

    Nothing is issued, delivered or told because of it.  A run that was stopped, or killed, goes on with the same command.
    """


def _wished(command: Callable[..., None]) -> Callable[..., None]:
    """The options that all sources have."""

    def run(**given: Any) -> None:
        names = Wish.__struct_fields__
        wish = Wish(**{name: _plain(given.pop(name)) for name in names})
        command(wish, **given)

    run.__name__, run.__doc__ = command.__name__, command.__doc__
    options = (
        _CONFIG,
        click.option("--since", type=_DAY, help="Only mails from this day on, in Vietnam."),
        click.option("--until", type=_DAY, help="Only mails up to this day, in Vietnam."),
        click.option("--folders", multiple=True, metavar="PATTERN", help="Only these folders (may be repeated): 'Đã gửi*'."),
        click.option("--of", default="", metavar="ADDRESS|UNIT", help="Whose mail it is; else the mails themselves tell."),
        click.option("--jobs", type=click.IntRange(1, 64), default=os.cpu_count() or 1, show_default=True, help="At a time."),
        click.option("--dry-run", is_flag=True, help="Only look and report; nothing is kept."),
        click.option("--report", type=click.Path(path_type=Path), help="Write the report of this run (.xlsx, or a folder)."),
    )
    for option in reversed(options):
        run = option(run)
    return run


def _plain(value: Any) -> Any:
    return value.date() if isinstance(value, datetime) else value


@import_mail.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dialect", default="auto", show_default=True, help="auto, mboxo, mboxrd, mboxcl or mboxcl2.")
@_wished
def mbox(wish: Wish, file: Path, dialect: str) -> None:
    """An mbox FILE, or a folder with many of them."""
    from gateway.backlog.mbox import Dialect, Mbox

    if dialect not in list(Dialect):
        raise click.BadParameter(f"expected one of {', '.join(Dialect)}", param_hint="--dialect")
    run(wish, lambda settings: Mbox(file, most=settings.smtp.max_message_bytes, folders=wish.folders, dialect=Dialect(dialect)))


@import_mail.command()
@click.argument("folder", type=click.Path(path_type=Path))
@_wished
def maildir(wish: Wish, folder: Path) -> None:
    """A Maildir FOLDER with its subfolders."""
    from gateway.backlog.maildir import Maildir

    run(wish, lambda settings: Maildir(folder, most=settings.smtp.max_message_bytes, folders=wish.folders))


@import_mail.command("eml-folder")
@click.argument("folder", type=click.Path(path_type=Path))
@_wished
def eml_folder(wish: Wish, folder: Path) -> None:
    """A FOLDER with .eml, .emlx and .msg files, read to the bottom."""
    from gateway.backlog.folder import EmlFolder

    run(wish, lambda settings: EmlFolder(folder, most=settings.smtp.max_message_bytes, folders=wish.folders))


@import_mail.command("mailbox")
@click.argument("name")
@_wished
def mailbox(wish: Wish, name: str) -> None:
    """The [[mailbox]] NAME of the configuration, by IMAP.  Nothing is changed there."""
    from gateway.imap.access import mailbox_of, open_session
    from gateway.imap.history import Link, MailboxSource

    chosen = mailbox_of(load(wish.config_file), name)

    def source(settings: Config) -> MailboxSource:
        link = Link(lambda: open_session(settings, chosen))
        most = settings.imap.max_message_bytes
        return MailboxSource(name, link, most=most, folders=wish.folders, since=wish.since)

    run(wish, source, receiver=chosen.recipient)


@import_mail.command("report")
@_CONFIG
@click.option("--source", default="", help="Only this import, as `vanthu import list` names it; else all.")
@click.argument("file", type=click.Path(path_type=Path))
def write_report(config_file: Path, source: str, file: Path) -> None:
    """Write what was imported into FILE: a workbook (.xlsx), or CSV files in a folder."""
    settings = load(config_file)
    with store_of(settings) as store:
        found = {row.name: row.id for row in store.past.views.imports()}
        if source and source not in found:
            raise ConfigError(f"{source}: no such import; expected one of {', '.join(found) or '(none yet)'}")
        _write(_Stored(store, found.get(source, "")), file, _directory(settings))


@import_mail.command("list")
@_CONFIG
def list_imports(config_file: Path) -> None:
    """Every import: how far it is, and what it found."""
    from gateway.backlog.report import OUTCOMES

    with store_of(load(config_file)) as store:
        for row in store.past.views.imports():
            state = f"xong {row.finished_at:%d/%m/%Y}" if row.finished_at is not None else "chưa xong"
            counts = "; ".join(f"{OUTCOMES[outcome]}: {number}" for outcome, number in sorted(row.outcomes.items()))
            say(f"{row.name}\t{state}\t{counts}")


# --- One run ----------------------------------------------------------------------------------------------------------


def run(wish: Wish, open_source: Callable[[Config], Source], *, receiver: str = "") -> None:
    """Import from a source, with a bar, and say what came of it.  Exit 1 when some mails failed."""
    from gateway.backlog.importer import Importer, Span
    from gateway.backlog.rules import History, Rules
    from gateway.inspection import Inspector
    from gateway.policy.rules import load as load_policy

    settings = load(wish.config_file)
    span = Span(since=wish.since, until=wish.until)
    if span.since and span.until and span.until < span.since:
        raise click.BadParameter("expected a day not before --since", param_hint="--until")
    if wish.report is not None:
        _is_workbook(wish.report)  # said before hours of work, not after
    directory = _directory(settings)
    owner, address = _owner(wish.of, directory) if wish.of else _owner_if_known(receiver, directory)
    source = open_source(settings)
    inspector = Inspector(_with_jobs(settings.inspection, wish.jobs))
    # A name of its own: other commands go on meanwhile, and so do imports of other sources, but not a second one of this.
    node = f"{settings.node}-import-{blake2b(source.name.encode(), digest_size=6).hexdigest()}"
    with store_of(settings, node=node) as store:
        today = Rules(load_policy(settings.path(settings.policy.path)), directory)
        importer = Importer(
            past=store.past,
            history=History(store, today),
            recogniser=inspector,
            jobs=wish.jobs,
            span=span,
            owner=owner,
            receiver=address,
            clock=lambda: datetime.now(UTC),
        )
        inspector.start()
        try:
            with _bar(source.extent()) as progress:
                tally = importer.run(source, progress=progress, keep=not wish.dry_run)
        except KeyboardInterrupt:
            say("Đã dừng. Chạy lại đúng lệnh này để tiếp tục từ chỗ dừng.")
            sys.exit(130)
        finally:
            inspector.close()
            source.close()
    _say_result(tally, wish)
    if wish.report is not None:
        _write(tally, wish.report, directory)
    sys.exit(1 if tally.outcomes[_failed()] else 0)


def _with_jobs(settings: Any, jobs: int) -> Any:
    import msgspec

    return msgspec.structs.replace(settings, processes=jobs)


def _failed() -> Any:
    from gateway.store import Outcome

    return Outcome.FAILED


def _directory(settings: Config) -> Directory:
    from gateway.directory.files import load as load_directory

    return load_directory(settings.path(settings.directory.path))


def _owner(of: str, directory: Directory) -> tuple[str, str]:
    """Unit and address of whoever's mail it is."""
    from gateway.policy.facts import local_day

    if not of:
        return "", ""
    if of in directory.organisations:
        return of, ""
    mailbox = directory.mailbox(of, local_day(datetime.now(UTC)))
    if mailbox is None:
        raise click.BadParameter(f"{of}: expected a unit or a mailbox of the directory", param_hint="--of")
    return mailbox.organisation, mailbox.address


def _owner_if_known(address: str, directory: Directory) -> tuple[str, str]:
    """The same for the address of a mailbox; nobody's when the directory does not have it."""
    try:
        return _owner(address, directory)
    except click.BadParameter:
        return "", address


class _Stored:
    """The numbers of one import, or of all, out of the store."""

    def __init__(self, store: Store, import_id: str) -> None:
        views = store.past.views
        self.document_counts = lambda: views.document_counts(import_id)
        self.mail_counts = lambda: views.mail_counts(import_id)
        self.troubles = lambda: views.troubles(import_id)


def _write(counts: Counts, file: Path, directory: Directory) -> None:
    from gateway.backlog import report

    def name_of(code: str) -> str:
        unit = directory.organisation(code)
        return unit.name if unit is not None else code

    if _is_workbook(file):
        report.write_workbook(counts, file, name_of=name_of)
        say(f"Đã ghi báo cáo: {shown(file)}")
    else:
        for path in report.write_csv(counts, file, name_of=name_of):
            say(f"Đã ghi báo cáo: {shown(path)}")


def _is_workbook(file: Path) -> bool:
    if file.suffix and file.suffix.lower() != ".xlsx":
        raise click.BadParameter(f"{shown(file)}: expected a name ending in .xlsx, or a folder for CSV files")
    return bool(file.suffix)


def _say_result(tally: Tally, wish: Wish) -> None:
    from gateway.backlog.report import OUTCOMES

    say("Chạy thử, chưa lưu gì:" if wish.dry_run else "Kết quả:")
    say(f"  {tally.mails} thư, {tally.documents} văn bản")
    for outcome, number in sorted(tally.outcomes.items()):
        say(f"  {OUTCOMES[outcome]}: {number} thư")
    for text, number in (
        ("văn bản trùng từng byte với văn bản đã lưu", tally.joined),
        ("văn bản có thể trùng số, ký hiệu, cơ quan, năm", tally.twins),
        ("thư đã nhập từ lần trước", tally.known),
        ("thư ngoài khoảng ngày", tally.outside),
    ):
        if number:
            say(f"  {text}: {number}")


# --- The bar ----------------------------------------------------------------------------------------------------------


class _Rate(ProgressColumn):
    """Mails a second, those of earlier runs left out."""

    def render(self, task: Task) -> Text:
        elapsed = task.elapsed or 0.0
        return Text(f"{task.fields['mails'] / elapsed:.1f} thư/giây" if elapsed else "")


@contextmanager
def _bar(extent: int) -> Iterator[Callable[[Item, Tally], None]]:
    """Shows how far it is; a line every ten seconds where the output is no terminal."""
    console = Console(stderr=True)
    columns = (
        TextColumn("nhập thư cũ"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[mails]} thư, {task.fields[documents]} văn bản"),
        _Rate(),
        TimeElapsedColumn(),
        TextColumn("còn"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=extent or None, mails=0, documents=0)
        lines = _Lines(console, extent)

        def progress(item: Item, tally: Tally) -> None:
            if console.is_terminal:
                bar.update(task, completed=item.position, mails=tally.mails, documents=tally.documents)
            else:
                lines.show(item, tally)

        yield progress


class _Lines:
    """For logs: a line now and then."""

    def __init__(self, console: Console, extent: int) -> None:
        import time

        self._clock = time.monotonic
        self._console = console
        self._extent = extent
        self._started = self._last = self._clock()

    def show(self, item: Item, tally: Tally) -> None:
        now = self._clock()
        if now - self._last < _LINE_EVERY_S:
            return
        self._last = now
        rate = tally.mails / (now - self._started)
        done = f"{item.position / self._extent:.0%}" if self._extent else "?"
        self._console.print(f"{done}: {tally.mails} thư, {tally.documents} văn bản, {rate:.1f} thư/giây", highlight=False)
