"""The words of a reason: every cause that a reader can give for not reading a file has its Vietnamese."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.documents import mime
from gateway.policy.reasons import WHY_UNREADABLE, why_unreadable

HOUSE = Path(__file__).parents[2] / "gateway"
READERS = [*sorted((HOUSE / "documents").rglob("*.py")), *sorted(HOUSE.glob("inspection*.py"))]


def _strings(node: ast.AST) -> Iterator[str]:
    """The texts that an expression can give; the tests in it ("a if b == c else d") give none."""
    if isinstance(node, ast.IfExp):
        yield from _strings(node.body)
        yield from _strings(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def _is_reason(node: ast.expr) -> bool:
    return (isinstance(node, ast.Name) and node.id == "reason") or (isinstance(node, ast.Attribute) and node.attr == "reason")


def _given(tree: ast.AST) -> Iterator[str]:
    """What stands in ``Unreadable("…")``, ``_unreadable(…, "…")``, ``reason="…"`` and ``reason = "…"``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            arguments = node.args if name in ("Unreadable", "_unreadable") else []
            for value in [*arguments, *(keyword.value for keyword in node.keywords if keyword.arg == "reason")]:
                yield from _strings(value)
        elif isinstance(node, ast.Assign) and any(map(_is_reason, node.targets)):
            yield from _strings(node.value)


REASONS = {reason for path in READERS for reason in _given(ast.parse(path.read_text(encoding="utf-8"))) if reason} | {
    mime.TOO_DEEP,
    mime.TOO_MANY,
    mime.TOO_LARGE,
    mime.FRAGMENT,
}


def test_the_readers_were_searched() -> None:
    assert {"password", "damaged", "garbled text", "encrypted", "format", "no text layer"} <= REASONS
    assert {"time limit", "memory limit", "crashed", "too deep"} <= REASONS


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_every_reason_has_its_vietnamese(reason: str) -> None:
    assert reason in WHY_UNREADABLE
    assert not WHY_UNREADABLE[reason].isascii()


def test_a_reason_that_nobody_knows_is_not_shown_in_english() -> None:
    assert why_unreadable("out of paper") == "không rõ nguyên nhân"
