"""``vanthu account set | remove | list``: who may sign in at the SMTP door, in the file of [smtp.auth]."""

from __future__ import annotations

from pathlib import Path

import click

from gateway.commands.say import say
from gateway.config import load
from gateway.smtp.accounts import Accounts

_CONFIG = click.option(
    "--config", "config_file", type=click.Path(path_type=Path), required=True, help="The configuration file (TOML)."
)
_PASSWORD = range(10, 201)  # characters, as in the console


@click.group()
def account() -> None:
    """Accounts of mail programs that send through the gateway ([smtp.auth] check = "accounts")."""


@account.command("set")
@click.argument("address")
@_CONFIG
@click.password_option(help="Asked for when not given.")
def account_set(address: str, config_file: Path, password: str) -> None:
    """Add an account, or give it another password; in force at once, without a restart."""
    if len(password) not in _PASSWORD:
        raise click.BadParameter(f"expected {_PASSWORD[0]} to {_PASSWORD[-1]} characters", param_hint="--password")
    _accounts(config_file).put(address, password)
    say(f"account {address} written")


@account.command("remove")
@click.argument("address")
@_CONFIG
def account_remove(address: str, config_file: Path) -> None:
    """Take an account away; in force at once."""
    _accounts(config_file).remove(address)
    say(f"account {address} removed")


@account.command("list")
@_CONFIG
def account_list(config_file: Path) -> None:
    """List the accounts."""
    for name in _accounts(config_file).names():
        say(name)


def _accounts(config_file: Path) -> Accounts:
    settings = load(config_file)
    return Accounts(settings.path(settings.smtp.auth.accounts))
