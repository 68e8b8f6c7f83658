"""Capitals that only a font showed: TCVN3 wrote them in small letters, VPS has no code for some.  Pure."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W\d_]+")
_GAP = re.compile(r"(\t+| {3,})")
_PLAIN = re.compile("(?=(?:[^A-Z]*[A-Z]){4})[^a-z0-9]*$", re.DOTALL)  # typed with caps lock: marked letters stayed small
_TITLE_LIKE = re.compile(
    r"^(?:[kt]/?[tml]|tuq|q)\s*\.|^(?:phó |quyền )?(?:giám đốc|hiệu trưởng|chủ tịch|bộ trưởng|thứ trưởng|thủ tướng|thống đốc)"
)
_HEAD_LINES = 14


def with_capitals(text: str, index: int) -> str:
    """A decoded line of TCVN3: words whose plain letters are all capitals become capitals, and whole cells by their place.

    ``index`` is the line's place in the file from 0: a short line of small letters among the first is a heading.
    """
    return "".join(_cell(cell, index) for cell in _GAP.split(text))


_FIGURE = re.compile(r"\d")


def _cell(text: str, index: int) -> str:
    if _PLAIN.match(text):
        return text.upper()
    words = in_words(text)
    parts = _WORD.findall(words)
    could_be = all(word.isupper() or _plain_capitals(word) or len(word) == 1 for word in parts)
    if could_be and sum(word.isupper() for word in parts) >= 2 and not _FIGURE.search(words):
        return words.upper()
    in_place = index < _HEAD_LINES or _TITLE_LIKE.match(words.strip())
    whole = words.islower() and len(parts) > 1 and len(words) < 70 and not words.rstrip().endswith((",", ";", ".")) and in_place
    return words.upper() if whole else words


def in_words(text: str) -> str:
    """Words with two plain capitals and no plain small letter, as capitals: "CủA" is "CỦA", "Bộ" and "Tài" stay."""
    return _WORD.sub(lambda found: found[0].upper() if _plain_capitals(found[0]) >= 2 else found[0], text)


def _plain_capitals(word: str) -> int:
    """How many plain letters the word has, when all of them are capitals; "CủA" has two, "Bộ" one, "Tài" none."""
    plain = [letter for letter in word if letter.isascii()]
    return len(plain) if plain and all(letter.isupper() for letter in plain) else 0
