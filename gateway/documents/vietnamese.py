"""Vietnamese text made comparable: NFC, tidy spaces, and folding of case, marks and đ.  Pure.

Real files write one word in many ways: NFC and NFD, "Đ" as U+0110 or U+00D0 (eth), no marks at all from telephones, and
words broken inside ("Ngh ị định") where a PDF font lacked Vietnamese letters.  Patterns are therefore matched on a
*squeezed* text: no spaces, no marks, lower case, with the way back to the original letters.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from gateway.model import Value

# Spaces that are not " ", and letters that show nothing.  U+00AD stays: it is the letter ư of TCVN3 (see legacy.py).
_SPACES = {
    ord(c): " " for c in "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\v\f"
}
_CONTROLS = "".join(chr(code) for code in range(32) if chr(code) not in "\t\n\r\v\f")
_NOTHING: dict[int, str | None] = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\ufffe\u200e\u200f" + _CONTROLS))
_TIDY: dict[int, str | None] = {**_SPACES, **_NOTHING}

_UNTIDY = re.compile("[" + re.escape("".join(map(chr, _TIDY))) + "]")

_DASHES = "‐‑‒–—―−﹣－"
_LOOKALIKES = dict(zip("АВЕІКМНОРСТУХаеорсух", "ABEIKMHOPCTYXaeopcyx", strict=True))  # Cyrillic letters typed for Latin ones
_SYMBOL = str.maketrans({**dict.fromkeys(_DASHES, "-"), **_LOOKALIKES, "Ð": "Đ", "ð": "đ", "⁄": "/", "∕": "/", "／": "/"})


class Squeezed(Value):
    """A text without spaces: ``raw`` keeps case and marks, ``fold`` has neither, ``at`` leads back to the original."""

    raw: str
    fold: str
    at: tuple[int, ...]  # at[i] is the place of raw[i] in the text that was squeezed

    def place(self, index: int, *, end: int) -> int:
        """Where ``index`` of the squeezed text lies in the original; ``end`` is what lies behind its last letter."""
        return self.at[index] if index < len(self.at) else end


def nfc(text: str) -> str:
    """Composed form (NFC); what is composed already is returned as it is."""
    return text if text.isascii() or unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def tidy(text: str) -> str:
    """NFC, every odd space a plain one, invisible letters gone.  Tabs and line ends stay."""
    return nfc(text.translate(_TIDY) if _UNTIDY.search(text) else text)


def plain_symbol(text: str) -> str:
    """Dashes, slashes and lookalike letters of số/ký hiệu in their one usual form: "15∕QÐ–BNV" is "15/QĐ-BNV"."""
    return text.translate(_SYMBOL)


@lru_cache(maxsize=4096)
def _folded_letter(letter: str) -> str:
    if letter in "đĐðÐ":
        return "d"
    if letter in _DASHES:
        return "-"
    base = unicodedata.normalize("NFD", letter)[0].lower()
    return base if len(base) == 1 else letter


def fold(text: str) -> str:
    """Lower case without marks, đ as d, every dash as "-": one letter for one letter of the NFC text."""
    text = nfc(text)
    if text.isascii():
        return text.lower()
    return "".join(map(_folded_letter, text))


def squeeze(text: str) -> Squeezed:
    """The text without any space, folded as well, and the way back."""
    text = nfc(text)
    at = tuple(i for i, letter in enumerate(text) if not letter.isspace() and not unicodedata.combining(letter))
    raw = "".join([text[i] for i in at])
    return Squeezed(raw=raw, fold=fold(raw), at=at)


def squeezed(text: str) -> str:
    """Folded and without spaces: for comparing alone."""
    return "".join(fold(text).split())


def is_capitals(text: str) -> bool:
    """Has letters, and none of them is small.  "GDĐT&ĐT" is; "Sở GDĐT" is not."""
    return text.isupper()


def one_line(text: str) -> str:
    """Runs of spaces, tabs and line ends as one space, none at the ends."""
    return " ".join(text.split())
