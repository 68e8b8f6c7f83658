"""``vanthu explain``: what would happen to a mail, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from gateway.commands.say import say, shown
from gateway.config import load
from gateway.model import FileReading, Mail

if TYPE_CHECKING:
    from gateway.directory.snapshot import Directory
    from gateway.rehearsal import Rehearsal


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--config", "config_file", type=click.Path(path_type=Path), required=True, help="The configuration file (TOML).")
@click.option("--sender", help="Envelope sender ('<>' is none); else Return-Path, else From.")
@click.option("--to", "recipients", multiple=True, help="Envelope recipient (may be repeated); else Delivered-To, To and Cc.")
@click.option("--peer", default="127.0.0.1", show_default=True, help="Address of the client that would bring the mail.")
@click.option("--json", "as_json", is_flag=True, help="The verdicts as JSON.")
def explain(file: Path, config_file: Path, sender: str | None, recipients: tuple[str, ...], peer: str, as_json: bool) -> None:
    """Say what would happen to each recipient's copy of FILE (.eml), and why: the same code as live."""
    from gateway.directory.files import load as load_directory
    from gateway.rehearsal import mail_from_file, rehearse
    from gateway.smtp.identity import TrustedNetworks

    settings, now = load(config_file), datetime.now(UTC)
    identity = TrustedNetworks(settings.smtp.trusted_networks).identity_of(peer)
    mail = mail_from_file(file.read_bytes(), sender=sender, recipients=recipients, peer=peer, identity=identity, now=now)
    found = rehearse(mail, settings, now)
    names = load_directory(settings.path(settings.directory.path))
    if as_json:
        say(msgspec.json.encode(list(_as_data(mail, found, names))).decode())
        return
    for line in (*_prints(mail, found.files), "", *_said(found, names)):
        say(line)


def _as_data(mail: Mail, found: Rehearsal, names: Directory) -> Iterator[dict[str, object]]:
    """The contract of ``explain --json``: for each recipient the verdict in words and fields, what came, and its files."""
    from gateway.policy.explain import explained

    what_came = {"mail": {"sha256": mail.digest, "size": len(mail.raw)}, "files": [_file(each) for each in found.files]}
    for verdict in found.verdicts:
        yield explained(verdict, names) | what_came


def _file(reading: FileReading) -> dict[str, object]:
    """A file by its bytes, as the console and the register of mails have it; ``inner`` are those in an archive or mail."""
    inner = [_file(each) for each in reading.inner]
    return {"name": reading.name, "sha256": reading.digest, "size": reading.size, "media": reading.media, "inner": inner}


def _prints(mail: Mail, files: Iterable[FileReading]) -> Iterator[str]:
    """By what one finds the mail and its files again: lines for people."""
    yield f"SHA-256 của thư: {mail.digest}"
    for each in files:
        yield from _print_of(each, 1)


def _print_of(file: FileReading, depth: int) -> Iterator[str]:
    yield f"{'  ' * depth}{shown(file.name) or f'(không tên, {file.media})'}: {file.digest}"
    for each in file.inner:
        yield from _print_of(each, depth + 1)


def _said(found: Rehearsal, names: Directory) -> Iterator[str]:
    from gateway.policy.explain import sentences
    from gateway.rehearsal import DOOR

    for verdict in found.verdicts:
        at_the_door = verdict.rule == DOOR
        yield (f"{verdict.recipient}: {verdict.reason}" if at_the_door else sentences(verdict, names)) + "\n"
