"""The Vietnamese font encoding at a place of an HTML page, by ``<font face>``, ``style`` and simple rules of its CSS.  Pure."""

from __future__ import annotations

import re
from itertools import islice

from lxml import etree

from gateway.documents.encodings.fonts import encoding_of_font

_FAMILY = re.compile(r"font(?:-family)?\s*:\s*([^;}]{1,300})", re.IGNORECASE)
_RULE = re.compile(r"([^{}]{1,200})\{([^{}]{0,2000})\}")
_SIMPLE = re.compile(r"^(?:[a-z][a-z0-9]*)?(?:\.[\w-]+)?$", re.IGNORECASE)
_SIZE = re.compile(r"^(?:[\w.%/-]+ )*(?=[\"'.A-Z])")  # the shorthand: font: bold 14.0pt ".VnTime"
_MAX_RULES = 2_000


class Fonts:
    """Follows a walk through the page: ``encoding`` is that of the text at this place, "" for Unicode fonts."""

    def __init__(self, root: etree._Element) -> None:
        self._rules = _rules(root)
        self._open: list[tuple[etree._Element, str]] = []

    @property
    def encoding(self) -> str:
        """As `encoding_of_font` names it."""
        return self._open[-1][1] if self._open else ""

    def enter(self, node: etree._Element) -> None:
        """The walk goes into an element."""
        if (family := self._family(node)) is not None:
            self._open.append((node, _encoding(family)))

    def leave(self, node: etree._Element) -> None:
        """The walk goes out of an element that it had entered."""
        if self._open and self._open[-1][0] is node:
            self._open.pop()

    def _family(self, node: etree._Element) -> str | None:
        if found := _FAMILY.search(node.get("style") or ""):
            return found[1]
        if node.tag == "font" and (face := node.get("face")):
            return face
        if not self._rules:
            return None
        tag, classes = str(node.tag).lower(), (node.get("class") or "").lower().split()
        keys = [key for name in classes for key in (f"{tag}.{name}", f".{name}")]
        return next((self._rules[key] for key in (*keys, tag) if key in self._rules), None)


def _rules(root: etree._Element) -> dict[str, str]:
    """Fonts by simple selectors ("p.msonormal", ".a", "td") of the page's style sheets; none when no font is legacy."""
    rules: dict[str, str] = {}
    for style in islice(root.iter("style"), 20):
        for selectors, body in _RULE.findall((style.text or "")[:50_000])[:_MAX_RULES]:
            if family := _FAMILY.search(body):
                names = (selector.strip().lower() for selector in selectors.split(","))
                rules.update({name: family[1] for name in names if name and _SIMPLE.match(name)})
    return rules if any(map(_encoding, rules.values())) else {}


def _encoding(family: str) -> str:
    """The encoding of the first font of a list."""
    first = _SIZE.sub("", family.split(",")[0].strip())
    return encoding_of_font(first)
