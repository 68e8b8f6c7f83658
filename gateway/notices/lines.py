"""Words and lines of letters: foreign words on one line, sentences with their stops, lines that fit.  Pure."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from datetime import datetime, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7))
_WIDTH = 76
_LONGEST_WORDS = 120  # characters of a subject or a piece of evidence
_LIST_ITEM = re.compile(r"\s*(?:\d+\.|-) ")


def one_line(text: str) -> str:
    """Foreign words on one line of bearable length, without control characters."""
    clean = " ".join("".join(c if unicodedata.category(c) != "Cc" else " " for c in text).split())
    return clean if len(clean) <= _LONGEST_WORDS else clean[: _LONGEST_WORDS - 1].rstrip() + "…"


def sentence(text: str) -> str:
    """With a full stop, unless it ends with one."""
    clean = " ".join(text.split())
    return clean if clean.endswith((".", "!", "?", "…", ".”")) else f"{clean}."


def wrapped(body: str) -> str:
    """Lines of at most _WIDTH characters; what belongs to an item of a list stays under it."""
    lines: list[str] = []
    for line in body.strip("\n").split("\n"):
        item = _LIST_ITEM.match(line)
        indent = " " * (item.end() if item else len(line) - len(line.lstrip()))
        wrapped = textwrap.wrap(line, _WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
        lines += wrapped or [""]
    return "\r\n".join(lines) + "\r\n"


def moment(at: datetime) -> str:
    """A time as Vietnamese readers write it."""
    return f"{at.astimezone(VIETNAM):%H:%M ngày %d/%m/%Y}"
