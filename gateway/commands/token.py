"""``vanthu token``: tokens of programs that use the API, made and ended from the command line."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from gateway import tokens
from gateway.commands.opened import store_of
from gateway.commands.say import say
from gateway.config import load
from gateway.directory.files import load as load_directory
from gateway.errors import ConfigError, NotFound
from gateway.tokens import ApiToken, Scope

_CONFIG = click.option(
    "--config", "config_file", type=click.Path(path_type=Path), required=True, help="The configuration file (TOML)."
)


@click.group()
def token() -> None:
    """Tokens of programs that use the API."""


@token.command("make")
@_CONFIG
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, required=True, type=click.Choice([each.value for each in Scope]))
@click.option("--unit", "units", multiple=True, help="Whose cases: codes of units, for read and decide.")
@click.option("--office", default="", help="For pull: the [[office]] whose approved cases are fetched.")
@click.option("--days", type=click.IntRange(min=1), help="How long it is good; without it for ever.")
def make(config_file: Path, name: str, scopes: tuple[str, ...], units: tuple[str, ...], office: str, days: int | None) -> None:
    """Make a token for the program NAME and print it: it is told this once."""
    settings = load(config_file)
    known = load_directory(settings.path(settings.directory.path)).organisations
    if unknown := [code for code in units if code not in known]:
        raise ConfigError(f"--unit: the directory has no unit {', '.join(unknown)}")
    wanted = tuple(map(Scope, scopes))
    if {Scope.READ, Scope.DECIDE} & set(wanted) and not units:
        raise ConfigError("--unit: expected the code of a unit for the scopes read and decide")
    if Scope.PULL in wanted and office not in {each.name for each in settings.office if each.courier == "pull"}:
        raise ConfigError('--office: expected the name of an [[office]] with courier = "pull"')
    now = datetime.now(UTC)
    ends_at = now + timedelta(days=days) if days else None
    made, text = tokens.made(name, wanted, by=_who(), now=now, units=units, office=office, ends_at=ends_at)
    with store_of(settings) as store:
        store.tokens.put(made)
    say(text)


@token.command("list")
@_CONFIG
def list_tokens(config_file: Path) -> None:
    """All tokens: id, name, scopes, units, office, last use, and whether it is over."""
    with store_of(load(config_file)) as store:
        for each in store.tokens.all():
            say("\t".join(_line(each)))


@token.command("end")
@_CONFIG
@click.argument("token_id")
def end(config_file: Path, token_id: str) -> None:
    """End a token at once."""
    with store_of(load(config_file)) as store:
        try:
            store.tokens.end(token_id, by=_who(), now=datetime.now(UTC))
        except NotFound as error:
            raise ConfigError(str(error)) from error
    say(f"token {token_id} ended")


def _line(each: ApiToken) -> tuple[str, ...]:
    state = "good" if each.is_good(datetime.now(UTC)) else "over"
    used = each.used_at.isoformat(timespec="minutes") if each.used_at is not None else "never used"
    return (each.id, each.name, ",".join(each.scopes), ",".join(each.units), each.office, used, state)


def _who() -> str:
    return f"{getpass.getuser()} (vanthu token)"
