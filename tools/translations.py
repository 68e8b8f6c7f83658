"""Reads the texts of the console out of code and templates into the catalogue: `make translations`.

What is a message: in templates what stands in ``_('…')``, ``_n('…', n)`` and ``{% trans %}``; in web/*.py the first word of
gettext() and counted(), and every other Vietnamese string (tables are translated where they are shown); in gateway/ what
stands in phrase() and NotAllowed().  Messages that nobody says any more leave the catalogue; new ones stand there without
English until somebody writes it, and until then tests/web/test_translations.py fails.
"""

from __future__ import annotations

import ast
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "web" / "translations" / "en" / "LC_MESSAGES" / "messages.po"
VIETNAMESE = re.compile(r"[À-ỹĐđ]")
_JINJA = {"extensions": "jinja2.ext.i18n", "silent": "false", "newstyle_gettext": "true"}
_SAYING = ("phrase", "NotAllowed")
_WEB = ("gettext", "counted", "plural")


# No dates and names: two people who add a message each must not meet here.
_HEADER = """# English of the console; the ids are what it says in Vietnamese.  Written by `make translations`.
msgid ""
msgstr ""
"Language: en\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


class Found(NamedTuple):
    """One message where it stands; ``text`` is "" for a Vietnamese text that can be no message."""

    place: str
    text: str
    counts: bool = False  # of things: English has two forms of it
    problem: str = ""


def found() -> Iterator[Found]:
    """All messages of code and templates, in the order of the files."""
    for path in sorted((ROOT / "web" / "templates").rglob("*.html")):
        yield from in_template(path.read_text(encoding="utf-8"), _place(path))
    for path in sorted((ROOT / "web").rglob("*.py")):
        yield from in_web_code(path.read_text(encoding="utf-8"), _place(path))
    for path in sorted((ROOT / "gateway").rglob("*.py")):
        yield from in_gateway_code(path.read_text(encoding="utf-8"), _place(path))


def in_template(source: str, place: str) -> Iterator[Found]:
    """The messages of a template, and the Vietnamese that stands outside of them."""
    messages = babel_extract(io.BytesIO(source.encode()), ("_", "_n", "gettext", "ngettext"), (), _JINJA)
    for line, function, message, _ in messages:
        text = message if isinstance(message, str) else next((part for part in message or () if isinstance(part, str)), "")
        yield Found(f"{place}:{line}", text, counts=function in ("_n", "ngettext"))
    bare = re.sub(r"\{#.*?#\}|\{%-?\s*trans\b.*?endtrans\s*-?%\}", _blank, source, flags=re.S)
    bare = re.sub(r"\b_n?\(\s*('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")", _blank, bare)
    for number, text in enumerate(bare.splitlines(), 1):
        if VIETNAMESE.search(text):
            yield Found(f"{place}:{number}", "", problem=f"Vietnamese outside of _('…'): {text.strip()[:100]}")


def _blank(match: re.Match[str]) -> str:
    return "\n" * match[0].count("\n")


def in_web_code(source: str, place: str) -> Iterator[Found]:
    """The messages of a module of the console."""
    tree = ast.parse(source)
    named = {id(node.args[0]): ast.unparse(node.func) for node in _calls(tree, _WEB)}
    said = {id(part) for node in _calls(tree, _SAYING) for part in ast.walk(node)}
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        at = f"{place}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.JoinedStr) and VIETNAMESE.search(_constant_parts(node)):
            yield Found(at, "", problem=f"an f-string is no message, write gettext(…, name=…): {_constant_parts(node)[:100]}")
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in docs | inside:
            continue
        if id(node) in named or id(node) in said or VIETNAMESE.search(node.value):
            yield Found(at, node.value, counts=named.get(id(node)) == "counted" or "%(num)s" in node.value)


def in_gateway_code(source: str, place: str) -> Iterator[Found]:
    """What a module of the gateway says to people at the console."""
    if not any(name in source for name in _SAYING):
        return
    for node in _calls(ast.parse(source), _SAYING):
        first = node.args[0]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield Found(f"{place}:{node.lineno}", first.value)
        elif isinstance(first, ast.JoinedStr):
            yield Found(f"{place}:{node.lineno}", "", problem="an f-string is no message: write %(name)s and name=…")


def _calls(tree: ast.AST, names: tuple[str, ...]) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names and node.args:
            yield node


def _constant_parts(node: ast.JoinedStr) -> str:
    return "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))


def _place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def catalogue() -> Catalog:
    """The catalogue as it stands in the repository."""
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="en")


def renewed(old: Catalog) -> Catalog:
    """A catalogue of what code and templates say now, with the English that the old one has."""
    new = Catalog(locale="en")
    texts = [each for each in found() if each.text]
    counted = {each.text for each in texts if each.counts}
    for text in dict.fromkeys(each.text for each in texts):
        english = english_of(old, text)
        if text in counted:
            new.add((text, text), (english[0], english[-1]))
        else:
            new.add(text, english[0])
    return new


def english_of(of: Catalog, text: str) -> tuple[str, ...]:
    """What a catalogue has for a message: one form, or two for what is counted; ("",) when it has nothing."""
    known = of.get(text)
    found = known.string if known is not None and known.string else ""
    return (found,) if isinstance(found, str) else tuple(found)


def lacking(of: Catalog) -> list[str]:
    """The messages without English."""
    return [text for text in ids(of) if not all(english_of(of, text))]


def ids(of: Catalog) -> list[str]:
    """All messages of a catalogue."""
    return [each.id if isinstance(each.id, str) else each.id[0] for each in of if each.id]


def main() -> int:
    """Write the catalogue anew; says what is missing."""
    new = renewed(catalogue() if CATALOGUE.exists() else Catalog(locale="en"))
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    out = io.BytesIO()
    write_po(out, new, width=0, no_location=True, omit_header=True, sort_output=True)
    CATALOGUE.write_bytes(_HEADER.encode() + out.getvalue())
    problems = [f"{each.place}: {each.problem}" for each in found() if each.problem]
    problems += [f"no English: {text}" for text in lacking(new)]
    print("\n".join(problems) or f"{len(new)} messages, all in both languages")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
