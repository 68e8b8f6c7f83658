"""``vanthu user …``: accounts of the console, for whoever has the machine: the first officer, and a last way in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.commands.opened import store_of
from gateway.commands.say import say
from gateway.config import load
from gateway.errors import NotFound
from gateway.model import Account, Role

if TYPE_CHECKING:
    from gateway.accounts import Accounts

_CONFIG = click.option(
    "--config", "config_file", type=click.Path(path_type=Path), required=True, help="The configuration file (TOML)."
)
_ROLE = click.Choice([role.value for role in Role])
# Whoever may start this command may do all that an officer may; the story says that it was here.
_AT_THE_MACHINE = Account(name="vanthu user", full_name="", role=Role.OFFICER)


@click.group()
def user() -> None:
    """Accounts of the console."""


@user.command("add")
@click.argument("name")
@_CONFIG
@click.option("--full-name", required=True, help="As shown in the console.")
@click.option("--role", type=_ROLE, required=True)
@click.option("--unit", "units", multiple=True, help="Code of an organisation (may be repeated).")
@click.option("--password", default="", help="The first password; made up and shown when not given.")
def add(name: str, config_file: Path, full_name: str, role: str, units: tuple[str, ...], password: str) -> None:
    """Make an account; its first sign-in changes the password."""
    _check_password(password, name)
    with _accounts(config_file) as accounts:
        new = Account(name=name, full_name=full_name, role=Role(role), units=units)
        first = accounts.make(new, _AT_THE_MACHINE, password=password)
    say(f"user {name} made; first password: {first if not password else 'as given'}")


@user.command("change")
@click.argument("name")
@_CONFIG
@click.option("--full-name", help="As shown in the console.")
@click.option("--role", type=_ROLE)
@click.option("--unit", "units", multiple=True, help="Code of an organisation (may be repeated); replaces those of before.")
@click.option("--subject", help="Who this is at the sign-in service.")
def change(
    name: str, config_file: Path, full_name: str | None, role: str | None, units: tuple[str, ...], subject: str | None
) -> None:
    """Change what is given, and nothing else."""
    _change(config_file, name, full_name=full_name, role=Role(role) if role else None, units=units or None, subject=subject)
    say(f"user {name} changed")


@user.command("close")
@click.argument("name")
@_CONFIG
def close(name: str, config_file: Path) -> None:
    """Close an account: it signs in no more, its sessions end, what it did stays."""
    _change(config_file, name, active=False)
    say(f"user {name} closed")


@user.command("open")
@click.argument("name")
@_CONFIG
def reopen(name: str, config_file: Path) -> None:
    """Open a closed account again."""
    _change(config_file, name, active=True)
    say(f"user {name} open")


@user.command("reset-password")
@click.argument("name")
@_CONFIG
@click.option("--password", default="", help="The new first password; made up and shown when not given.")
@click.option("--drop-second-factor", is_flag=True, help="Also for whoever lost his telephone and his codes.")
def reset_password(name: str, config_file: Path, password: str, drop_second_factor: bool) -> None:
    """Give an account a new first password; its sessions end."""
    _check_password(password, name)
    with _accounts(config_file) as accounts:
        first = accounts.reset_password(name, _AT_THE_MACHINE, password=password)
        if drop_second_factor:
            accounts.drop_factor(name, _AT_THE_MACHINE)
    say(f"user {name}; first password: {first if not password else 'as given'}")


@user.command("list")
@_CONFIG
def list_all(config_file: Path) -> None:
    """List the accounts: name, role, units, open or closed, last sign-in, full name."""
    with store_of(load(config_file)) as store:
        for each in store.accounts():
            last = f"{each.last_sign_in_at:%Y-%m-%d}" if each.last_sign_in_at else "never"
            state = "open" if each.active else "closed"
            say("\t".join((each.name, each.role, ",".join(each.units), state, last, each.full_name)))


def _check_password(password: str, name: str) -> None:
    from gateway import passwords

    if password and (problem := passwords.wrong_with(password, name=name)):
        raise click.BadParameter(problem, param_hint="--password")


def _change(config_file: Path, name: str, **fields: object) -> None:
    with _accounts(config_file) as accounts:
        now = accounts.account(name)
        kept = {field: getattr(now, field) for field in ("full_name", "role", "units", "active", "subject")}
        accounts.change(name, _AT_THE_MACHINE, **kept | {key: value for key, value in fields.items() if value is not None})


@contextmanager
def _accounts(config_file: Path) -> Iterator[Accounts]:
    from gateway.accounts import Accounts
    from gateway.directory.files import load as load_directory

    settings = load(config_file)
    known = load_directory(settings.path(settings.directory.path))
    with store_of(settings) as store:
        try:
            yield Accounts(store, lambda: known, lambda: datetime.now(UTC))
        except NotFound as error:
            raise click.ClickException(str(error)) from error
