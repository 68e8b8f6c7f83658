"""``vanthu replay``: what another policy or directory would have done to mail that is past; nothing is changed by it."""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

import click
from rich.console import Console
from rich.progress import Progress, track
from rich.table import Table
from rich.text import Text

from gateway.commands.opened import store_of
from gateway.commands.say import say
from gateway.commands.say import shown as shown_path
from gateway.config import Config, load
from gateway.directory.files import load as load_directory
from gateway.directory.snapshot import Directory
from gateway.policy.explain import ACTIONS
from gateway.policy.facts import VIETNAM, local_day
from gateway.policy.rules import Policy
from gateway.policy.rules import load as load_policy
from gateway.replay import Change, Counter, changes, recognised_again, stored
from gateway.store import Replayable

if TYPE_CHECKING:
    from gateway.inspection import Inspector

CHANGED = 3  # exit code: some verdicts would be others

_SHOWN = 40  # changes in the table; the CSV has all
_COLUMNS = (
    "time", "mail", "sender", "recipient", "subject", "action", "rule", "reason", "new_action", "new_rule", "new_reason",
)  # fmt: skip
_DAY = click.DateTime(["%Y-%m-%d", "%d/%m/%Y"])


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--config", "config_file", type=click.Path(path_type=Path), required=True, help="The configuration file (TOML).")
@click.option("--policy", "policy_file", type=click.Path(path_type=Path), help="The changed policy; else the one in force.")
@click.option("--directory", "folder", type=click.Path(path_type=Path), help="The changed directory; else the one in force.")
@click.option("--since", type=_DAY, help="First day, in Vietnam.  [default: 30 days ago]")
@click.option("--until", type=_DAY, help="Last day, in Vietnam.  [default: today]")
@click.option("--recognise", "is_read_anew", is_flag=True, help="Read kept bytes anew: what a new recogniser would change.")
@click.option("--csv", "csv_file", type=click.File("w", encoding="utf-8-sig", lazy=False), help="Write every change there.")
def replay(
    paths: tuple[Path, ...],
    config_file: Path,
    policy_file: Path | None,
    folder: Path | None,
    since: datetime | None,
    until: datetime | None,
    is_read_anew: bool,
    csv_file: IO[str] | None,
) -> None:
    """Decide past mail again by a changed policy, directory or recogniser, and show which verdicts would be others.

    Without PATHS the mail that this gateway remembers; with PATHS the mail in mbox files, Maildirs and folders of .eml
    files, compared with the policy in force.  Exit 0 when none would be others, 3 when some would be.
    """
    settings = load(config_file)
    today = local_day(datetime.now(UTC))
    first = _midnight(since.date() if since else today - timedelta(days=30))
    end = _midnight((until.date() if until else today) + timedelta(days=1))
    if end <= first:
        raise click.BadParameter("expected a day not before --since", param_hint="--until")
    started, counter = time.perf_counter(), Counter()
    wish = _Wish(settings, policy_file, folder, first, end, is_read_anew)
    rows = _Rows(csv_file) if csv_file is not None else None
    shown: list[Change] = []
    for change in _in_files(wish, paths, counter) if paths else _remembered(wish, counter):
        if rows is not None:
            rows.add(change)
        if len(shown) < _SHOWN:
            shown.append(change)
    if shown:
        Console().print(_table(shown))
    say(_summary(counter, time.perf_counter() - started))
    if paths:
        say("Kết luận theo bản đang thử: " + "; ".join(f"{action}: {n}" for action, n in sorted(counter.outcomes.items())))
    sys.exit(CHANGED if counter.changed else 0)


class _Wish(NamedTuple):
    """What the officer asked for."""

    settings: Config
    policy_file: Path | None
    folder: Path | None
    first: datetime
    end: datetime
    is_read_anew: bool

    def rules(self) -> tuple[Policy, Directory]:
        """What is tried."""
        settings = self.settings
        policy = load_policy(self.policy_file or settings.path(settings.policy.path))
        return policy, load_directory(self.folder or settings.path(settings.directory.path))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=VIETNAM)


def _remembered(wish: _Wish, counter: Counter) -> Iterator[Change]:
    """Of the mails in the store."""
    policy, directory = wish.rules()
    with ExitStack() as at_the_end:
        store = at_the_end.enter_context(store_of(wish.settings))
        total = store.archive.count_mails(since=wish.first, until=wish.end)
        mails: Iterable[Replayable] = stored(store.archive, since=wish.first, until=wish.end)
        if wish.is_read_anew:
            inspector = at_the_end.enter_context(_inspecting(wish.settings))
            mails = recognised_again(mails, store.views.raw, inspector.recognise_now, counter=counter)
        bar = Console(stderr=True)
        yield from changes(
            track(mails, total=total, description="xét lại", console=bar, transient=True), policy, directory, counter=counter
        )


def _in_files(wish: _Wish, paths: Sequence[Path], counter: Counter) -> Iterator[Change]:
    """Of the mails in folders and mbox files."""
    from gateway.backlog.replaying import mails_of, source_at

    settings = wish.settings
    policy, directory = wish.rules()
    in_force = _Wish(settings, None, None, wish.first, wish.end, False).rules()
    sources = [source_at(path, most=settings.smtp.max_message_bytes) for path in paths]
    with _inspecting(settings) as inspector, Progress(console=Console(stderr=True), transient=True) as bar:
        for path, source in zip(paths, sources, strict=True):
            task = bar.add_task(shown_path(path), total=source.extent() or None)
            mails = mails_of(
                source,
                inspector.recognise_now,
                *in_force,
                now=datetime.now(UTC),
                counter=counter,
                progress=lambda item, task=task: bar.update(task, completed=item.position),  # type: ignore[misc]
            )
            yield from changes(mails, policy, directory, counter=counter)


@contextmanager
def _inspecting(settings: Config) -> Iterator[Inspector]:
    from gateway.inspection import Inspector

    inspector = Inspector(settings.inspection)
    inspector.start()
    try:
        yield inspector
    finally:
        inspector.close()


class _Rows:
    """The CSV: one line for each change, as spreadsheets read it."""

    def __init__(self, file: IO[str]) -> None:
        self._writer = csv.writer(file)
        self._writer.writerow(_COLUMNS)

    def add(self, change: Change) -> None:
        """One line."""
        before, after = change.before, change.after
        at = f"{change.at.astimezone(VIETNAM):%Y-%m-%d %H:%M:%S}"
        cells = (
            at, change.mail_id, change.sender, change.recipient, change.subject, before.action, before.rule, before.reason,
            after.action, after.rule, after.reason,
        )  # fmt: skip
        self._writer.writerow([_harmless(str(cell)) for cell in cells])


def _harmless(cell: str) -> str:
    """A stranger's subject must not become a formula of a spreadsheet."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def _table(found: Sequence[Change]) -> Table:
    table = Table("Lúc", "Người gửi", "Người nhận", "Tiêu đề", "Đã xử lý", "Sẽ xử lý", "Vì sao")
    for change in found:
        before, after = change.before, change.after
        cells: Iterable[str] = (
            f"{change.at.astimezone(VIETNAM):%d/%m %H:%M}",
            change.sender,
            change.recipient,
            change.subject,
            f"{ACTIONS[before.action]} (quy tắc {before.rule})",
            f"{ACTIONS[after.action]} (quy tắc {after.rule})",
            after.reason,
        )
        table.add_row(*map(Text, cells))  # as Text: brackets in a stranger's subject are no markup
    return table


def _summary(counter: Counter, seconds: float) -> str:
    moves = "; ".join(f"{before} → {after}: {count}" for (before, after), count in sorted(counter.moves.items()))
    rate = counter.verdicts / max(seconds, 0.001)
    said = f"{counter.mails} thư, {counter.verdicts} kết luận xét lại trong {seconds:.1f} giây ({rate:.0f}/giây)"
    if counter.read_anew or counter.unreadable:
        unreadable = f", {counter.unreadable} thư không đọc được" if counter.unreadable else ""
        said += f"; {counter.read_anew} thư được đọc lại{unreadable}"
    return f"{said}: {counter.changed} kết luận sẽ khác" + (f" ({moves})" if moves else "")
