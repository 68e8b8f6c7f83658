"""The documentation agrees with the code, and its links lead somewhere."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import click
import msgspec
import pytest

from gateway.cli import main
from gateway.config import Config
from tools.write_docs import DOCS, states_page, with_calls, with_lists

ROOT = DOCS.parent
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])


def _text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def test_the_page_of_states_is_what_the_tables_say() -> None:
    assert _text("states.md") == states_page(), "run: make docs"


def test_the_lists_of_the_glossary_are_what_the_code_says() -> None:
    assert _text("glossary.md") == with_lists(_text("glossary.md")), "run: make docs"


def test_the_calls_of_the_api_are_those_of_the_code() -> None:
    assert _text("api.md") == with_calls(_text("api.md")), "run: make docs"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_within_the_repository_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    lost = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    names = re.findall(r"`((?:gateway|web|tests|tools|docs|bench)/[\w./-]+)`", page.read_text(encoding="utf-8"))
    assert [name for name in names if not (ROOT / name).exists()] == []


def test_every_module_of_the_flow_is_named_in_the_page_of_the_flow() -> None:
    doors_and_stations = (
        "intake",
        "worker",
        "review",
        "smtp/server",
        "smtp/handler",
        "smtp/replies",
        "smtp/relay",
        "bridge/folder",
    )
    assert [name for name in doors_and_stations if f"gateway/{name}.py" not in _text("flow.md")] == []


def test_the_read_me_names_every_command() -> None:
    commands = set(main.list_commands(click.Context(main)))
    named = set(re.findall(r"^\| `vanthu ([a-z-]+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE))
    assert named == commands


def test_every_make_target_has_a_sentence() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = {"help", "demo", "test", "check", "bench", "docs"}
    assert targets <= set(re.findall(r"^([a-z]+):[^#\n]* ## \S.*\.$", makefile, re.MULTILINE))


def test_every_decision_has_a_number_of_its_own() -> None:
    numbers = [path.name[:4] for path in sorted((DOCS / "decisions").glob("*.md"))]
    assert len(numbers) == len(set(numbers))  # gaps are numbers that somebody is still writing under


def test_the_settings_in_the_pages_of_deployment_exist() -> None:
    pages = [DOCS / "deployment.md", *sorted((DOCS / "deployment").glob("*.md"))]
    blocks = [block for page in pages for block in re.findall(r"```toml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)]
    assert len(blocks) > len(pages)
    for block in blocks:
        table = tomllib.loads(block)
        assert set(table) <= set(Config.__struct_fields__)
        msgspec.convert(table, Config)
