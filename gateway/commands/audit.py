"""``vanthu verify-audit`` and ``vanthu export-audit``: whether what is remembered is as it was sealed."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.commands.opened import store_of
from gateway.commands.say import say, shown
from gateway.config import Config, load

if TYPE_CHECKING:
    from gateway.store.chain_looks import Report

_CONFIG = click.option("--config", "config_file", type=click.Path(path_type=Path), help="The configuration file (TOML).")


@click.command("verify-audit")
@click.argument("file", required=False, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@_CONFIG
@click.option("--key", "public", default="", help="Public key to believe (64 hexadecimal digits) instead of the one in FILE.")
@click.option(
    "--heads", "head_files", multiple=True, type=click.Path(path_type=Path, exists=True), help="Heads kept elsewhere, or a log."
)
def verify_audit(file: Path | None, config_file: Path | None, public: str, head_files: tuple[Path, ...]) -> None:
    """Say whether the audit is intact, or which entry is the first that is not.  Exit 1 when it is not.

    With --config the database with all its rows; with FILE, offline, an exported chain or the proof of a case (ZIP).
    """
    from gateway.proof import verify_proof
    from gateway.verifying import verify_export

    if (file is None) is (config_file is None):
        raise click.UsageError("give either FILE, or --config FILE for the database")
    if public and (len(public) != 64 or set(public) - set("0123456789abcdef")):
        raise click.BadParameter("expected 64 hexadecimal digits", param_hint="--key")
    report: Report
    if config_file is not None:
        report = _verify_database(load(config_file), head_files)
    else:
        assert file is not None  # noqa: S101 - for the type checker
        report = (verify_proof if zipfile.is_zipfile(file) else verify_export)(file, public=public)
    for note in report.notes:
        say(f"lưu ý: {note}")
    said = f"{report.links} mắt xích, {report.stories} dòng diễn biến, {report.mails} thư, {report.heads} đầu chuỗi đã ký"
    if report.broken:
        say(f"KHÔNG NGUYÊN VẸN: {report.broken} (đã kiểm tra {said})")
        sys.exit(1)
    say(f"nguyên vẹn: {said}")


@click.command("export-audit")
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--config", "config_file", type=click.Path(path_type=Path), required=True, help="The configuration file (TOML).")
def export_audit(out: Path, config_file: Path) -> None:
    """Write the audit's whole chain into OUT (JSON lines): `vanthu verify-audit OUT` checks it anywhere."""
    from gateway.signing import signer_of
    from gateway.verifying import export

    settings = load(config_file)
    public = signer_of(settings.path(settings.audit.key_file)).public
    with store_of(settings) as store, out.open("xb") as stream:
        links = export(store, public, stream.write)
    say(f"{shown(out)}: {links} mắt xích; khóa công khai {public}")


def _verify_database(settings: Config, head_files: Iterable[Path]) -> Report:
    from gateway.sealing import heads_in
    from gateway.signing import signer_of
    from gateway.verifying import verify_store

    files = list(head_files)
    own = settings.path(settings.audit.head_file) if settings.audit.head_file else None
    if own is not None and own.exists():
        files.append(own)
    written = [head for each in files for head in heads_in(each.read_text(encoding="utf-8", errors="replace"))]
    signer = signer_of(settings.path(settings.audit.key_file))
    with store_of(settings) as store:
        return verify_store(store, written, signer.public)


__all__ = ["export_audit", "verify_audit"]
