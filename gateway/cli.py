"""The command line: ``vanthu serve | init | check-config | inspect | explain | policy | replay | purge | …``."""

from __future__ import annotations

import gc
import importlib
import logging
import secrets
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

import gateway
from gateway import maillog
from gateway.commands.group import Commands
from gateway.commands.opened import store_of
from gateway.commands.say import say, shown
from gateway.config import Config, load
from gateway.model import Account, Role

if TYPE_CHECKING:
    from gateway.app import Gateway
    from gateway.serving import Console as ConsoleServer

_CONFIG = click.option(
    "--config", "config_file", type=click.Path(path_type=Path), required=True, help="The configuration file (TOML)."
)


@click.group(cls=Commands)
@click.version_option(gateway.__version__, prog_name="vanthu")
def main() -> None:
    """Vanthu: official documents go to the office system, reports go on by e-mail."""


@main.command()
@_CONFIG
def serve(config_file: Path) -> None:
    """Run the gateway: SMTP listener, relay, couriers and console, until SIGTERM."""
    gc.disable()  # until all is loaded: nothing of it is rubbish, and looking for some takes a tenth of the start
    settings = _settings(config_file)
    from gateway import serving

    serving.run(settings, start_console=_start_console, announce=say)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--accounts", "with_accounts", is_flag=True, help="Also two accounts of the console, to try it out.")
def init(folder: Path, with_accounts: bool) -> None:
    """Write a ready configuration with a made-up department into FOLDER; the first visit to the console makes the officer."""
    from gateway import sample

    for written in sample.write(folder):
        say(f"written {written}")
    config_file = folder / "vanthu.toml"
    if with_accounts:
        _make_accounts(config_file)
    say(f"next: vanthu serve --config {config_file}")


def _make_accounts(config_file: Path) -> None:
    password = secrets.token_urlsafe(12)
    clerk = Account(name="vanthu", full_name="Văn thư Sở", role=Role.CLERK, units=_units(load(config_file)))
    officer = Account(name="quantri", full_name="Quản trị hệ thống", role=Role.OFFICER)
    for person in (clerk, officer):
        _put_account(load(config_file), person, password)
    say(f"accounts of the console: vanthu (registry clerk), quantri (IT officer); password of both: {password}")


@main.command("check-config")
@click.argument("config_file", type=click.Path(path_type=Path))
def check_config(config_file: Path) -> None:
    """Read configuration, directory and policy, and say what is wrong or strange.  Exit 1 on an error."""
    from gateway.commands.protection import check_protection
    from gateway.directory.check import check, check_surroundings
    from gateway.directory.files import load as load_directory
    from gateway.inspection import models_of
    from gateway.notices import Notices
    from gateway.policy.facts import local_day
    from gateway.policy.rules import load as load_policy

    settings, now = load(config_file), datetime.now(UTC)
    models_of(settings.inspection)
    if settings.notices.templates:
        Notices(hostname="cong.invalid", templates=settings.path(settings.notices.templates)).check(now)
    known = load_directory(settings.path(settings.directory.path))
    load_policy(settings.path(settings.policy.path))
    couriers = {office.name for office in settings.office}
    findings = (
        *check(known, on=local_day(datetime.now(UTC)), couriers=couriers),
        *check_surroundings(
            config_file.name,
            hostname=settings.smtp.hostname or socket.gethostname(),
            missing={o.name: str(path) for o in settings.office if o.folder and not (path := settings.path(o.folder)).is_dir()},
        ),
    )
    findings += check_protection(settings, config_file.name, datetime.now(UTC))
    for finding in findings:
        say(str(finding))
    errors = sum(finding.is_error for finding in findings)
    say(f"{shown(config_file)}: {errors} lỗi, {len(findings) - errors} lưu ý")
    sys.exit(1 if errors else 0)


@main.command()
@click.option("--once", is_flag=True, help="End by itself; exit 0 only if every letter met its fate.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("demo-run"), show_default=True, help="Made anew.")
def demo(once: bool, folder: Path) -> None:
    """Start everything on free ports, send a dozen letters through real SMTP, and show what became of each."""
    from gateway import demo as show

    sys.exit(show.run(folder, once=once, start_console=_start_console))


def _settings(config_file: Path) -> Config:
    settings = load(config_file)
    level = logging.getLevelNamesMapping()[settings.log.level.upper()]
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)
    maillog.enable(level <= logging.INFO)
    maillog.write_as(settings.log.format)
    return settings


def _start_console(house: Gateway, listener: socket.socket) -> ConsoleServer:
    """Start the console.  It stands above the gateway and is found by its name: gateway never imports web."""
    app = importlib.import_module("web").create_app(house)
    started: ConsoleServer = importlib.import_module("web.server").Console(app, listener)
    return started


def _units(settings: Config) -> tuple[str, ...]:
    from gateway.directory.files import load as load_directory

    return tuple(load_directory(settings.path(settings.directory.path)).organisations)


def _put_account(settings: Config, account: Account, password: str) -> None:
    from gateway import passwords

    with store_of(settings) as store:
        store.put_account(msgspec.structs.replace(account, password_hash=passwords.kept(password), must_change=True))
