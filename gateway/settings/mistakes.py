"""What is wrong in a configuration file, in words: the place as it stands in the file, and what was expected there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, get_args

import msgspec

from gateway.model import Value

_LISTS = {
    "route": "route",
    "office": "office system",
    "mailbox": "mailbox",
    "provider": "provider of tokens",
    "listener": "way in",
}  # tables that stand there many times, in double brackets
_TYPES = {
    "str": "a text in quotes",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list in [brackets]",
    "object": "a table",
}


def in_words(error: msgspec.ValidationError, table: dict[str, Any], root: type[Value]) -> str:
    """The error about a file whose tables are ``root``'s.

    msgspec says "Expected `str`, got `int` - at `$.smtp.listen`": the place first, as it stands in the file.
    """
    said, _, place = str(error).partition(" - at `$.")
    words = re.findall(r"\w+", place)
    unknown = re.search(r"unknown field `(.+)`", said)
    if unknown:
        return _unknown(unknown[1], words, root)
    missing = re.search(r"required field `(\w+)`", said)
    if missing:
        return f"{_place(words, root)}: {missing[1]}: expected this setting"
    wanted = re.fullmatch(r"Expected `(\w+)`(?: of length)?( [<>]=? [\d.]+)?(?:, got `(\w+)`)?", said)
    if wanted is None:
        return f"{_place(words, root)}: {said}"
    if words[-1] in _LISTS and wanted[1] == "array":
        return f"[[{'.'.join(words)}]]: expected a table in double brackets for each {_LISTS[words[-1]]}"
    what, bound, got = wanted.groups()
    expected = f"{_TYPES.get(what, what)}{_bound(bound, what)}"
    return f"{_place(words, root)}: expected {expected}, got {_TYPES.get(got, got) if got else _value(table, words)}"


def _unknown(key: str, words: list[str], root: type[Value]) -> str:
    if words:
        settings = _table_at(words, root).__struct_fields__
        return f"{_place(words, root)} {key}: no such setting; expected one of {', '.join(settings)}"
    expected = tuple(name for name in root.__struct_fields__ if name != "base")
    return f"[{key}]: no such table; expected one of {', '.join(expected)}"


def _place(words: list[str], root: type[Value]) -> str:
    """["smtp", "listen"] -> "[smtp] listen"; ["office", "1", "rest", "send"] -> "[office.rest] send"."""
    names = [word for word in words if not word.isdigit()]
    if names[0] not in root.__struct_fields__ or (len(names) == 1 and _table_of(root, names[0]) is None):
        return names[0]
    depth = 1
    while depth < len(names) and _table_of(_table_at(names[:depth], root), names[depth]) is not None:
        depth += 1
    table = f"[{'.'.join(names[:depth])}]"
    return " ".join([f"[{table}]" if names[depth - 1] in _LISTS else table, *names[depth:]])


def _table_at(words: Iterable[str], root: type[Value]) -> type[Value]:
    """The class of the table at a place: the innermost one that the words lead to."""
    table = root
    for word in words:
        table = _table_of(table, word) or table
    return table


def _table_of(table: type[Value], name: str) -> type[Value] | None:
    """The class of a table in a table, also where it may stand there many times; None for a plain setting."""
    kind = next((field.type for field in msgspec.structs.fields(table) if field.name == name), None)
    inner = (kind, *get_args(kind))
    return next((each for each in inner if isinstance(each, type) and issubclass(each, Value)), None)


def _bound(bound: str | None, what: str) -> str:
    """What follows the kind of a value: " >= 1" in words."""
    if not bound:
        return ""
    sign, number = bound.split()
    number = number.removesuffix(".0")
    if what == "array":
        return f" with at least {number} in it"
    return {">=": f", at least {number}", ">": f" above {number}", "<=": f", at most {number}"}.get(sign, bound)


def _value(table: dict[str, Any], words: Iterable[str]) -> object:
    """What stands in the file at a place."""
    found: Any = table
    for word in words:
        found = found[int(word)] if isinstance(found, list) else found[word]
    return found
