"""``vanthu migrate``: a whole mailbox to another server, with a proof."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from gateway.commands.say import say, shown
from gateway.config import load
from gateway.errors import ConfigError, MailboxUnreachable, SignInRefused

if TYPE_CHECKING:
    from gateway.config import Config, Mailbox
    from gateway.imap.migration import Step
    from gateway.imap.proof import FolderProof

_CONFIG = click.option(
    "--config", "config_file", type=click.Path(path_type=Path), required=True, help="The configuration file (TOML)."
)


@click.command()
@click.argument("old")
@click.argument("new")
@_CONFIG
@click.option("--folders", multiple=True, metavar="PATTERN", help="Only these folders (may be repeated).")
@click.option("--below", default="", metavar="FOLDER", help="Put the old folders below this one of the new mailbox.")
@click.option("--dry-run", is_flag=True, help="Only say how many messages there are.")
@click.option("--verify", is_flag=True, help="Only compare: every message of both sides is read anew.")
@click.option("--proof", "proof_file", type=click.Path(path_type=Path), help="Where the proof is written (text).")
def migrate(
    old: str,
    new: str,
    config_file: Path,
    folders: tuple[str, ...],
    below: str,
    dry_run: bool,
    verify: bool,
    proof_file: Path | None,
) -> None:
    """Copy the [[mailbox]] OLD into the [[mailbox]] NEW: folders, bytes, flags and dates; and prove that nothing is missing.

    Nothing is changed or deleted in OLD.  A run that was stopped goes on with the same command.  Exit 1 when something differs.
    """
    from gateway.imap.access import mailbox_of
    from gateway.imap.migration import Mode

    settings = load(config_file)
    here, there = mailbox_of(settings, old), mailbox_of(settings, new)
    if here == there:
        raise click.BadParameter("expected two different mailboxes", param_hint="NEW")
    mode = Mode.COUNT if dry_run else Mode.VERIFY if verify else Mode.COPY
    proof_file = proof_file or Path(f"doi-chieu-{old}-{new}.txt")
    try:
        proofs = _proofs(settings, here, there, mode, folders, below)
    except (SignInRefused, MailboxUnreachable) as error:
        raise click.ClickException(f"{error}; chạy lại đúng lệnh này để tiếp tục") from error
    for proof in proofs:
        state = "" if dry_run else ("đủ" if proof.is_whole else f"CHƯA ĐỦ, {len(proof.differences)} khác biệt")
        say(f"{proof.folder} -> {proof.new_folder}: {proof.messages} thư, bên mới {proof.new_messages} {state}".rstrip())
    if dry_run:
        return
    _write(proofs, proof_file, here, there)
    sys.exit(0 if all(proof.is_whole for proof in proofs) else 1)


def _proofs(
    settings: Config, here: Mailbox, there: Mailbox, mode: str, folders: tuple[str, ...], below: str
) -> list[FolderProof]:
    from gateway.imap.access import open_session
    from gateway.imap.history import Link
    from gateway.imap.migration import Migration, Mode
    from gateway.imap.standing import Memory, Side

    memory = Memory(_memory_file(settings, here, there) if mode == Mode.COPY else None)
    old = Side("old", Link(lambda: open_session(settings, here)), memory)
    new = Side("new", Link(lambda: open_session(settings, there)), memory)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("còn"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("")

        def step(at: Step) -> None:
            bar.update(task, description=at.folder, completed=at.done, total=at.total)

        try:
            return list(Migration(old, new, patterns=folders, below=below, step=step).run(Mode(mode)))
        finally:
            old.link.close()
            new.link.close()
            memory.close()


def _memory_file(settings: Config, here: Mailbox, there: Mailbox) -> Path:
    folder = settings.path(settings.imap.migrations)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / f"{here.name}-{there.name}.tsv"


def _write(proofs: list[FolderProof], file: Path, here: Mailbox, there: Mailbox) -> None:
    from gateway.imap.proof_page import page

    text = page(
        proofs,
        old=f"{here.user} @ {here.host}:{here.at_port} ([[mailbox]] {here.name})",
        new=f"{there.user} @ {there.host}:{there.at_port} ([[mailbox]] {there.name})",
        at=datetime.now(UTC),
    )
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{shown(file)}: cannot be written: {error.strerror}") from error
    say(f"Đã ghi biên bản đối chiếu: {shown(file)}")
