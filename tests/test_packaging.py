"""What is imported is declared: a fresh environment has all that it needs, and no more."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OURS = {"gateway", "web", "tests", "tools", "bench"}

# Used by its name or by another package, not by an import of ours.
TOOLS = {
    "pymap",  # started as a program
    "hypothesis",
    "import-linter",
    "mypy",
    "pytest",
    "pytest-timeout",
    "pytest-xdist",
    "ruff",
    "playwright",
}
PLUGINS = {"psycopg", "pillow"}  # SQLAlchemy's driver by URL; pypdfium2's pictures
STUBS = re.compile(r"types-.*|.*-stubs")


def _name(requirement: str) -> str:
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert match, requirement
    return match[0].lower().replace("_", "-")


@cache
def _imported(*folders: str) -> set[str]:
    """Names of the distributions that the modules in these folders import."""
    modules = set()
    for path in (path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                modules |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules.add(node.module.partition(".")[0])
    found = packages_distributions()
    foreign = modules - OURS - set(sys.stdlib_module_names)
    return {found[module][0].lower().replace("_", "-") if module in found else module for module in foreign}


@pytest.mark.parametrize(
    ("folders", "declared"),
    [
        (["gateway", "web"], PROJECT["dependencies"] + PROJECT["optional-dependencies"]["keyring"]),
        (["tests", "tools", "bench"], PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]),
    ],
    ids=["to run", "to test"],
)
def test_every_import_is_declared(folders: list[str], declared: list[str]) -> None:
    # What a declared package is made of may be imported beside it: werkzeug and jinja2 are Flask's own.
    parts = {"flask": {"werkzeug", "jinja2", "markupsafe"}, "pyhanko": {"pyhanko-certvalidator", "asn1crypto", "cryptography"}}
    names = {_name(requirement) for requirement in declared}
    assert _imported(*folders) - names - {part for name in names for part in parts.get(name, ())} == set()


def test_every_dependency_is_used() -> None:
    declared = {_name(requirement) for requirement in PROJECT["dependencies"]}
    assert declared - _imported("gateway", "web") - PLUGINS == set()


def test_every_test_dependency_is_used() -> None:
    declared = {_name(r) for r in PROJECT["optional-dependencies"]["dev"] if not STUBS.fullmatch(_name(r))}
    assert declared - _imported("tests", "tools", "bench") - TOOLS == set()
