"""What a start loads: the door of mail opens before all that can wait (docs/decisions/0043)."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import sys
from pathlib import Path

import click
import pytest

from gateway import sample, serving
from gateway.app import Gateway
from gateway.cli import main
from gateway.commands.group import Commands
from gateway.config import load
from gateway.errors import VanthuError
from gateway.inspection import Inspector
from gateway.store import Store
from tests.world.gateway import with_setting

# Each takes its hundredths of a second, or is large.
_CAN_WAIT = (
    "PIL", "aiohttp", "authlib", "caio", "dkim", "dns", "flask", "gateway.documents.recognise", "imapclient", "jinja2",
    "joserfc", "lxml", "numpy", "openpyxl", "pyhanko", "pypdfium2", "requests", "rich", "spf", "sqlalchemy.dialects.postgresql",
    "urllib.request", "web", "werkzeug",
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


def test_readers_that_cannot_be_had_end_the_gateway_with_their_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: Inspector) -> None:
        raise VanthuError("the inspection cannot start: no reason")

    monkeypatch.setattr(Inspector, "start", refused)
    said: list[str] = []
    _serve(tmp_path, "the inspection cannot start: no reason", said)
    (door,) = said
    port = int(re.fullmatch(r"ready smtp 127\.0\.0\.1:(\d+)", door)[1])  # type: ignore[index]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=10)


def test_what_goes_on_by_itself_begins_when_all_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    for owner, name in ((Gateway, "carry"), (Inspector, "start"), (Store, "all_is_loaded"), (serving, "_settle_memory")):
        monkeypatch.setattr(owner, name, lambda *_, name=name: steps.append(name))

    def work(_: Gateway) -> None:
        raise VanthuError("enough is seen")

    monkeypatch.setattr(Gateway, "work", work)
    _serve(tmp_path, "enough is seen", steps)
    carry, door, *others = steps
    assert door.startswith("ready smtp")
    assert [carry, *others] == ["carry", "start", "all_is_loaded", "_settle_memory"]


def _serve(folder: Path, reason: str, said: list[str]) -> None:
    """Run a gateway that ends for this reason; ``said`` gets what it announces."""
    sample.write(folder / "house")
    file = folder / "house" / "vanthu.toml"
    text = file.read_text(encoding="utf-8")
    for key in ("[smtp] listen", "[web] listen"):
        text = with_setting(text, key, '"127.0.0.1:0"')
    file.write_text(text, encoding="utf-8")
    with pytest.raises(VanthuError, match=reason):
        asyncio.run(serving.serve(load(file), start_console=lambda *_: _Console(), announce=said.append))


class _Console:
    port = 1

    def close(self) -> None:
        """Nothing runs."""
