"""``vanthu replay``: what another policy or directory would have done to mail that is past; nothing is changed by it."""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import IO

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text

from gateway.commands.opened import store_of
from gateway.commands.say import say
from gateway.config import Config, load
from gateway.directory.files import load as load_directory
from gateway.policy.explain import ACTIONS
from gateway.policy.facts import VIETNAM, local_day
from gateway.policy.rules import load as load_policy
from gateway.replay import Change, Counter, changes, stored

CHANGED = 3  # exit code: some verdicts would be others

_SHOWN = 40  # changes in the table; the CSV has all
_COLUMNS = (
    "time", "mail", "sender", "recipient", "subject", "action", "rule", "reason", "new_action", "new_rule", "new_reason",
)  # fmt: skip
_DAY = click.DateTime(["%Y-%m-%d", "%d/%m/%Y"])


@click.command()
@click.option("--config", "config_file", type=click.Path(path_type=Path), required=True, help="The configuration file (TOML).")
@click.option("--policy", "policy_file", type=click.Path(path_type=Path), help="The changed policy; else the one in force.")
@click.option("--directory", "folder", type=click.Path(path_type=Path), help="The changed directory; else the one in force.")
@click.option("--since", type=_DAY, help="First day, in Vietnam.  [default: 30 days ago]")
@click.option("--until", type=_DAY, help="Last day, in Vietnam.  [default: today]")
@click.option("--csv", "csv_file", type=click.File("w", encoding="utf-8-sig", lazy=False), help="Write every change there.")
def replay(
    config_file: Path,
    policy_file: Path | None,
    folder: Path | None,
    since: datetime | None,
    until: datetime | None,
    csv_file: IO[str] | None,
) -> None:
    """Decide past mail again by a changed policy or directory, and show which verdicts would be others.

    Exit 0 when none would be, 3 when some would be.
    """
    settings = load(config_file)
    today = local_day(datetime.now(UTC))
    first = _midnight(since.date() if since else today - timedelta(days=30))
    end = _midnight((until.date() if until else today) + timedelta(days=1))
    if end <= first:
        raise click.BadParameter("expected a day not before --since", param_hint="--until")
    started, counter = time.perf_counter(), Counter()
    shown: list[Change] = []
    for change in _replayed(settings, policy_file, folder, first, end, counter, _writer(csv_file)):
        if len(shown) < _SHOWN:
            shown.append(change)
    if shown:
        Console().print(_table(shown))
    say(_summary(counter, time.perf_counter() - started))
    sys.exit(CHANGED if counter.changed else 0)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=VIETNAM)


def _replayed(
    settings: Config,
    policy_file: Path | None,
    folder: Path | None,
    first: datetime,
    end: datetime,
    counter: Counter,
    rows: _Rows | None,
) -> Iterator[Change]:
    policy = load_policy(policy_file or settings.path(settings.policy.path))
    directory = load_directory(folder or settings.path(settings.directory.path))
    with store_of(settings) as store:
        total = store.archive.count_mails(since=first, until=end)
        bar = Console(stderr=True)
        mails = track(
            stored(store.archive, since=first, until=end), total=total, description="replaying", console=bar, transient=True
        )
        for change in changes(mails, policy, directory, counter=counter):
            if rows is not None:
                rows.add(change)
            yield change


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


def _writer(file: IO[str] | None) -> _Rows | None:
    return _Rows(file) if file is not None else None


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
    return f"{said}: {counter.changed} kết luận sẽ khác" + (f" ({moves})" if moves else "")
