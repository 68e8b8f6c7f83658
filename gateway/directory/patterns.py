"""Addresses that a ministry made by one rule for thousands of schools, as a pattern.  Pure.

The scheme of moet.edu.vn was ``c{0..3}<school>[.<district>].<province>``: kindergartens c0, primary c1, lower secondary c2,
upper secondary c3.  A pattern is written as people read it, not as a regular expression.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_PIECE = re.compile(r"\{(\d)(?:\.\.|-)(\d)\}|<(\w+)>|([\[\]])|([^{}<>\[\]]+)|(.)")
_NAME = r"[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?"


def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern, ready to be matched with an address in lower case.  ValueError says what is wrong with it."""
    out: list[str] = []
    depth = 0
    names: set[str] = set()
    for low, high, name, bracket, literal, stray in (found.groups() for found in _PIECE.finditer(pattern.lower())):
        if stray:
            raise ValueError('a pattern like "c{0-3}<school>.<district>.huonggiang@moet.edu.vn"')
        if low:
            out.append(f"[{low}-{high}]" if low <= high else "(?!)")
        elif name:
            out.append(f"(?P={name})" if name in names else f"(?P<{name}>{_NAME})")
            names.add(name)
        elif bracket:
            depth += 1 if bracket == "[" else -1
            out.append("(?:" if bracket == "[" else ")?")
        else:
            out.append(re.escape(literal))
        if depth not in (0, 1):
            raise ValueError("a pattern whose brackets [ ] stand in pairs, none inside another")
    if depth or pattern.count("@") != 1:
        raise ValueError("a pattern with one @ and brackets [ ] in pairs")
    return re.compile("".join(out))


def filled(template: str, names: Mapping[str, str | None]) -> str:
    """The successor for what the names were in an address; "" when it needs one that was not there."""
    out = template.lower()
    for name in set(re.findall(r"<(\w+)>", out)):
        value = names.get(name)
        if not value:
            return ""
        out = out.replace(f"<{name}>", value)
    return out
