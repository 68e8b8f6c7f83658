"""What a start loads: the door of mail opens before all that can wait (docs/decisions/0043)."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from gateway.cli import main
from gateway.commands.group import Commands

# Each takes its hundredths of a second, or is large.
_CAN_WAIT = (
    "PIL", "aiohttp", "authlib", "dkim", "dns", "flask", "gateway.documents.recognise", "imapclient", "jinja2", "joserfc",
    "lxml", "numpy", "openpyxl", "pyhanko", "pypdfium2", "requests", "rich", "spf", "web", "werkzeug",
)  # fmt: skip


def test_mail_comes_in_before_what_can_wait_is_loaded() -> None:
    found = _loaded_by("gateway.cli, gateway.serving")
    assert "gateway.smtp.server" in found
    assert sorted(found & set(_CAN_WAIT)) == []


def test_a_command_loads_no_other_command() -> None:
    found = _loaded_by("gateway.cli")
    assert sorted(found & {*_CAN_WAIT, "sqlalchemy", "asyncio"}) == []


def _loaded_by(modules: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, {modules}; print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("name", main.list_commands(click.Context(main)))
def test_every_command_is_there_under_its_name(name: str) -> None:
    assert isinstance(main, Commands)
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.name == name
