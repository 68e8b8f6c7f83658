"""`vanthu token`: made, listed and ended from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway import tokens
from gateway.cli import main
from gateway.commands.opened import store_of
from gateway.config import load


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A ready configuration."""
    with pytest.raises(SystemExit):
        main(["init", str(tmp_path / "v")])
    return tmp_path / "v" / "vanthu.toml"


def test_a_token_is_made_listed_and_ended(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    unit = next(iter(_units(config)))
    capsys.readouterr()
    _run("token", "make", "Kho số liệu", "--config", str(config), "--scope", "read", "--unit", unit)
    text = capsys.readouterr().out.strip()
    id_, secret = tokens.parts(text)
    with store_of(load(config)) as store:
        kept = store.tokens.find(id_)
    assert kept is not None
    assert tokens.is_of(kept, secret)
    _run("token", "end", id_, "--config", str(config))
    _run("token", "list", "--config", str(config))
    assert capsys.readouterr().out.strip().endswith("over")


def test_a_token_without_its_units_or_office_is_not_made(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("token", "make", "X", "--config", str(config), "--scope", "read") != 0
    assert _run("token", "make", "X", "--config", str(config), "--scope", "pull", "--office", "khong-co") != 0
    assert "--unit" in capsys.readouterr().err


def _run(*words: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(list(words))
    return int(end.value.code or 0)


def _units(config: Path) -> tuple[str, ...]:
    from gateway.directory.files import load as load_directory

    settings = load(config)
    return tuple(load_directory(settings.path(settings.directory.path)).organisations)
