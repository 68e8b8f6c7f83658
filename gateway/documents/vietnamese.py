"""Vietnamese text made comparable: NFC, tidy spaces, and folding of case, marks and đ.  Pure.

Real files write one word in many ways: NFC and NFD, "Đ" as U+0110 or U+00D0 (eth), no marks at all from telephones, and
words broken inside ("Ngh ị định") where a PDF font lacked Vietnamese letters.  Patterns are therefore matched on a
*squeezed* text: no spaces, no marks, lower case, with the way back to the original letters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice

from gateway.documents.mending import mended
from gateway.documents.syllables import is_bare_syllable, is_syllable, syllable_share

__all__ = [
    "Squeezed", "fold", "has_no_letters", "is_bare_syllable", "is_capitals", "is_syllable", "mended", "nfc", "one_line",
    "plain_symbol", "same_words", "squeeze", "squeezed", "syllable_share", "tidy",
]  # fmt: skip

# Spaces that are not " ", and letters that show nothing.  U+00AD stays: it is the letter ư of TCVN3 (see encodings.tables).
_SPACES = {
    ord(c): " " for c in "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\v\f"
}
_CONTROLS = "".join(chr(code) for code in range(32) if chr(code) not in "\t\n\r\v\f")
_NOTHING: dict[int, str | None] = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\ufffe\u200e\u200f" + _CONTROLS))
_TIDY: dict[int, str | None] = {**_SPACES, **_NOTHING}

_UNTIDY = re.compile("[" + re.escape("".join(map(chr, _TIDY))) + "]")

_DASHES = "‐‑‒–—―−﹣－"
# Cyrillic and Greek letters typed for Latin ones.
_LOOKALIKES = dict(zip("АВЕІКМНОРСТУХаеіорсухјѕΑΒΕΖΗΙΚΜΝΟΡΤΥΧοναι", "ABEIKMHOPCTYXaeiopcyxjsABEZHIKMNOPTYXovai", strict=True))
_TONE = "\u0300\u0301\u0303\u0309\u0323"
_TONES = re.compile(f"[{_TONE}]")
_MARK = re.compile("[\u0300-\u036f]")
_TONE_FIRST = re.compile(f"([{_TONE}])([\u0302\u0306\u031b]+)")
_SYMBOL = str.maketrans({**dict.fromkeys(_DASHES, "-"), **_LOOKALIKES, "Ð": "Đ", "ð": "đ", "⁄": "/", "∕": "/", "／": "/"})


class Squeezed:
    """A text without spaces: ``fold`` has neither case nor marks, ``raw`` keeps both, ``at`` leads back to the original.

    Of most lines nobody asks more than ``fold``: the other two are found when first asked for.
    """

    __slots__ = ("_at", "_raw", "_text", "fold")

    def __init__(self, text: str) -> None:
        """``text`` is in NFC."""
        self.fold = "".join(text.lower().split()) if text.isascii() else text.translate(_FOLDED_SEEN)
        self._text = text
        self._raw: str | None = None
        self._at: tuple[int, ...] | None = None

    @property
    def raw(self) -> str:
        """The text without spaces, as it was written."""
        if self._raw is None:
            self._raw = self._text.translate(_SEEN)
        return self._raw

    @property
    def at(self) -> tuple[int, ...]:
        """at[i] is the place of raw[i] in the text."""
        if self._at is None:
            self._at = tuple(self._places())
        return self._at

    def place(self, index: int, *, end: int) -> int:
        """Where ``index`` of the squeezed text lies in the original; ``end`` is what lies behind its last letter."""
        return next(islice(self._places(), index, None), end)

    def _places(self) -> Iterator[int]:
        return (i for i, letter in enumerate(self._text) if _SEEN[ord(letter)])


def nfc(text: str) -> str:
    """Composed form (NFC); what is composed already is returned as it is."""
    return text if text.isascii() or unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def tidy(text: str) -> str:
    """NFC, every odd space a plain one, invisible letters gone, marks in order.  Tabs and line ends stay."""
    text = nfc(text.translate(_TIDY) if _UNTIDY.search(text) else text)
    return text if text.isascii() or not _MARK.search(text) else _marks_in_order(text)


def _marks_in_order(text: str) -> str:
    """Typed tone first, "a\u0301\u0302" stays two letters in NFC: the hat belongs before the tone."""
    apart = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", _TONE_FIRST.sub(r"\2\1", apart))


def plain_symbol(text: str) -> str:
    """Dashes, slashes and lookalike letters of số/ký hiệu in their one usual form: "15∕QÐ–BNV" is "15/QĐ-BNV"."""
    return text.translate(_SYMBOL)


class _Learnt(dict[int, str]):
    """A table for ``str.translate`` that learns its letters: ten times as quick as a function for each of them."""

    def __init__(self, rule: Callable[[str], str]) -> None:
        self._rule = rule

    def __missing__(self, code: int) -> str:
        if len(self) > _MOST_LETTERS:
            self.clear()
        self[code] = found = self._rule(chr(code))
        return found


_MOST_LETTERS = 4096


def _folded_letter(letter: str) -> str:
    if letter in "đĐðÐ":
        return "d"
    if letter in _DASHES:
        return "-"
    base = _LOOKALIKES.get(letter) or unicodedata.normalize("NFD", letter)[0]
    base = base.lower()
    return base if len(base) == 1 else letter


_FOLDED = _Learnt(_folded_letter)
_SEEN = _Learnt(lambda letter: "" if letter == "\u00ad" or letter.isspace() or unicodedata.combining(letter) else letter)
_FOLDED_SEEN = _Learnt(lambda letter: _folded_letter(letter) if _SEEN[ord(letter)] else "")


_REMEMBERED = 512  # texts: one line is looked at by a dozen patterns one after the other; a child reads one file and ends
_FOLDS = 8192  # the rows of a table are gone through by several, one after the other


@lru_cache(maxsize=_FOLDS)
def fold(text: str) -> str:
    """Lower case without marks, đ as d, every dash as "-": one letter for one letter of the NFC text."""
    text = nfc(text)
    if text.isascii():
        return text.lower()
    if "\t" in text:  # the row of a table: most of its cells are figures
        return "\t".join([cell.lower() if cell.isascii() else cell.translate(_FOLDED) for cell in text.split("\t")])
    return text.translate(_FOLDED)


@lru_cache(maxsize=_REMEMBERED)
def squeeze(text: str) -> Squeezed:
    """The text without any space or soft hyphen, folded as well, and the way back."""
    return Squeezed(nfc(text))


@lru_cache(maxsize=_FOLDS)
def squeezed(text: str) -> str:
    """Folded and without spaces: for comparing alone."""
    return "".join(fold(text).split())


def same_words(one: str, other: str) -> bool:
    """The same words but for case, spaces and the place of a tone: "Hoà Bình" and "HÒA BÌNH", "thuỷ lợi" and "thủy lợi".

    Marks count ("Trường" is not "Trưởng"), unless one of the two has none at all, as typed on a telephone.
    """
    one, other = "".join(tidy(one).translate(_SYMBOL).split()), "".join(tidy(other).translate(_SYMBOL).split())
    if one.isascii() or other.isascii():
        return fold(one) == fold(other)
    return _letters_and_tones(one) == _letters_and_tones(other)


def _letters_and_tones(text: str) -> tuple[str, list[str]]:
    apart = unicodedata.normalize("NFD", text.lower())
    return _TONES.sub("", apart), _TONES.findall(apart)


def is_capitals(text: str) -> bool:
    """Has letters, and none of them is small.  "GDĐT&ĐT" is; "Sở GDĐT" is not."""
    return text.isupper()


def has_no_letters(text: str) -> bool:
    """Figures and signs alone."""
    return text.lower() == text.upper()


def one_line(text: str) -> str:
    """Runs of spaces, tabs and line ends as one space, none at the ends."""
    return " ".join(text.split())
