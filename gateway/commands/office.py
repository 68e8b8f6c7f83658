"""``vanthu office check`` and ``vanthu office-sandbox``: how the office systems are, and one to practise on."""

from __future__ import annotations

import asyncio
import secrets
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.commands.say import say
from gateway.config import Config, load
from gateway.courier import Finding, FindingLevel
from gateway.errors import ConfigError
from gateway.settings.addresses import host_and_port

if TYPE_CHECKING:
    from gateway.bridge.sandbox.server import Sandbox

_MARKS = {FindingLevel.GOOD: "tốt", FindingLevel.WARNING: "lưu ý", FindingLevel.BAD: "LỖI"}


@click.group()
def office() -> None:
    """Office systems and the couriers that reach them."""


@office.command("check")
@click.option("--config", "config_file", type=click.Path(path_type=Path), required=True, help="The configuration file (TOML).")
@click.argument("names", nargs=-1)
def check(config_file: Path, names: tuple[str, ...]) -> None:
    """Ask every office system (or those NAMES) how it is: login, certificate, clock, codes, folder.  Exit 1 on an error."""
    settings = load(config_file)
    known = {each.name for each in settings.office}
    if unknown := [name for name in names if name not in known]:
        raise click.BadParameter(f"no office system {', '.join(unknown)} in {config_file}", param_hint="NAMES")
    bad = 0
    for name, findings in asyncio.run(_asked(settings, names)):
        for finding in findings:
            say(f"{name}: {_MARKS[finding.level]}: {finding.text}")
            bad += finding.level is FindingLevel.BAD
    say(f"{bad} lỗi")
    sys.exit(1 if bad else 0)


async def _asked(settings: Config, names: tuple[str, ...]) -> list[tuple[str, tuple[Finding, ...]]]:
    from gateway.bridge.couriers import courier_of
    from gateway.directory.files import load as load_directory

    directory = load_directory(settings.path(settings.directory.path))
    found = []
    for each in settings.office:
        if names and each.name not in names:
            continue
        courier = courier_of(each, settings, lambda: directory)
        try:
            found.append((each.name, await courier.check()))
        finally:
            await courier.close()
    return found


@click.command("office-sandbox")
@click.option("--listen", default="127.0.0.1:8090", show_default=True, help="host:port of VXP, LGSP and the page; port 0: any.")
@click.option(
    "--register", "register_file", type=click.Path(path_type=Path), default=Path("sandbox.sqlite3"), show_default=True
)
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False, exists=True), help="A folder to watch.")
@click.option("--system-id", default="vanthu", show_default=True)
@click.option("--secret-file", type=click.Path(path_type=Path, dir_okay=False), help="File with the key; made if missing.")
@click.option("--agency", "agencies", multiple=True, help="A code that it knows (may be repeated); without any it knows all.")
@click.option(
    "--fault", "faults", multiple=True, help='"refuse=0.1" or "all=0.1" (may be repeated); see docs/office-systems.md.'
)
@click.option("--seed", default=0, show_default=True, help="The same seed, the same faults.")
@click.option("--hold-s", default=30.0, show_default=True, help="How long the timeout fault keeps a connection.")
@click.option("--slow-s", default=1.0, show_default=True, help="How long the slow fault takes.")
@click.option("--naive", is_flag=True, help="Enters everything that comes, also the same package twice.")
@click.option(
    "--manual", is_flag=True, help="A person registers or rejects on the page; else everything is registered at once."
)
def office_sandbox(
    listen: str,
    register_file: Path,
    folder: Path | None,
    system_id: str,
    secret_file: Path | None,
    agencies: tuple[str, ...],
    faults: tuple[str, ...],
    seed: int,
    hold_s: float,
    slow_s: float,
    naive: bool,
    manual: bool,
) -> None:
    """Run an office system to practise on: VXP, LGSP and a watched folder, with a fault dial.  Not for real documents."""
    from gateway.bridge.sandbox.faults import Dial, chances_of
    from gateway.bridge.sandbox.register import Register
    from gateway.bridge.sandbox.server import Sandbox, Setup

    host, port = host_and_port(listen, where="--listen")
    try:
        dial = Dial(chances_of(faults), seed=seed)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--fault") from error
    setup = Setup(system_id=system_id, key=_key(secret_file), folder=folder, agencies=agencies, hold_s=hold_s, slow_s=slow_s)
    register = Register(register_file, naive=naive, manual=manual)
    try:
        asyncio.run(_run(Sandbox(setup, register, dial), host, port))
    finally:
        register.close()


async def _run(sandbox: Sandbox, host: str, port: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        started = await sandbox.start(host, port)
    except OSError as error:
        raise ConfigError(f'--listen "{host}:{port}": cannot listen there: {error.strerror or error}') from error
    say(f"ready office-sandbox http://{host}:{started}")
    await stop.wait()
    await sandbox.stop()


def _key(secret_file: Path | None) -> str:
    """The key of the practice system; made when it is missing, so that both sides read one file."""
    if secret_file is None:
        return "khoa-tap-duot"
    if not secret_file.exists():
        secret_file.parent.mkdir(parents=True, exist_ok=True)
        secret_file.touch(mode=0o600)
        secret_file.write_text(secrets.token_urlsafe(24) + "\n", encoding="utf-8")
    return secret_file.read_text(encoding="utf-8").partition("\n")[0].strip()
