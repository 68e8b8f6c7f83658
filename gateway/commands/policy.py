"""``vanthu policy``: test the rules by examples of one's own, and see which versions were in force."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from gateway.commands.opened import store_of
from gateway.commands.say import say, shown
from gateway.config import load
from gateway.directory.files import load as load_directory
from gateway.errors import ConfigError
from gateway.policy import testing
from gateway.policy.explain import ACTIONS
from gateway.policy.facts import VIETNAM, local_day
from gateway.policy.rules import load as load_policy

_CONFIG = click.option(
    "--config", "config_file", type=click.Path(path_type=Path), required=True, help="The configuration file (TOML)."
)


@click.group()
def policy() -> None:
    """The rules: test them, and look at older versions."""


@policy.command("test")
@_CONFIG
@click.option("--policy", "policy_file", type=click.Path(path_type=Path), help="A changed policy; else the one in force.")
@click.argument("tests", type=click.Path(path_type=Path), required=False)
def run_tests(config_file: Path, policy_file: Path | None, tests: Path | None) -> None:
    """Run the [[test]] tables of TESTS (else the file beside the policy, policy.tests.toml).  Exit 1 when one fails."""
    settings = load(config_file)
    path = policy_file or settings.path(settings.policy.path)
    rules, directory = load_policy(path), load_directory(settings.path(settings.directory.path))
    file = tests or settings.path(settings.policy.path).with_suffix(".tests.toml")
    try:
        cases = testing.parse(file.read_bytes(), where=shown(file))
    except OSError as error:
        raise ConfigError(f"{shown(file)}: cannot be read: {error.strerror}") from error
    failed = testing.failures(cases, rules, directory, today=local_day(datetime.now(UTC)))
    for failure in failed:
        verdict = failure.verdict
        say(f"HỎNG: {failure.test}")
        say(f"  {failure.recipient}: cần {failure.expected}, được {verdict.action} theo quy tắc {verdict.rule}")
        say(f"  ({ACTIONS[verdict.action]}) {verdict.reason}")
    say(f"{shown(file)}: {len(cases)} kiểm thử, {len({failure.test for failure in failed})} hỏng")
    sys.exit(1 if failed else 0)


@policy.command("history")
@_CONFIG
def history(config_file: Path) -> None:
    """Which versions were in force, newest first."""
    with store_of(load(config_file)) as store:
        versions = store.archive.policies()
    if not versions:
        say("Chưa có phiên bản nào được ghi.")
    for each in versions:
        say(f"{each.version}  từ {each.at.astimezone(VIETNAM):%H:%M %d/%m/%Y}")


@policy.command("show")
@click.argument("version")
@_CONFIG
def show(version: str, config_file: Path) -> None:
    """Write the file of a version, as verdicts name it, to standard output."""
    with store_of(load(config_file)) as store:
        click.echo(store.archive.policy(version), nl=False)
