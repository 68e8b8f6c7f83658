"""When is a fact right?  One rule for each, in the docstring of its function; "close" is told beside it, for scans.

All compare in NFC, without regard to white space, case, the kind of dash or quote, Ð for Đ, and the old or new place of a
tone ("hoà" is "hòa").  Marks count: "thong bao" is not "thông báo".  Close means that about one letter is wrong.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from gateway.model import Document, Value

_TONES = "\u0300\u0301\u0303\u0309\u0323"
_PLAIN = str.maketrans({**dict.fromkeys("‐‑‒–—―−", "-"), **dict.fromkeys("“”„«»″", '"'), "Ð": "Đ", "ð": "đ", "…": "..."})


class Comparison(Value):
    """What was said beside what is true."""

    said: str
    true: str
    is_right: bool
    is_close: bool  # right, or about one letter wrong


@lru_cache(maxsize=8192)
def folded(text: str) -> str:
    """The form in which texts are compared."""
    text = unicodedata.normalize("NFC", text.translate(_PLAIN)).casefold()
    return "".join(_tone_last(word) for word in text.split())


def _tone_last(word: str) -> str:
    """A syllable has one tone: which of its vowels carries it is a matter of taste ("thuỷ", "thủy")."""
    return re.sub(r"[^\W\d_]+", lambda found: _moved(found[0]), word)


def _moved(syllable: str) -> str:
    letters = unicodedata.normalize("NFD", syllable)
    tones = "".join(letter for letter in letters if letter in _TONES)
    return unicodedata.normalize("NFC", "".join(letter for letter in letters if letter not in _TONES)) + tones


def number_symbol(said: str, true: str) -> bool:
    """Equal, zeros in front of the number included; a full stop or colon at either end does not count."""
    return folded(said).strip(".:,") == folded(true).strip(".:,")


def symbol(said: str, true: str) -> bool:
    """Equal, with or without the year that some labels and readers count to the number ("2010/TT-BTC", "TT-BTC")."""
    return _without_year(said) == _without_year(true)


def _without_year(text: str) -> str:
    return re.sub(r"^\d{4}/", "", folded(text).strip(".:,/-"))


def date(said: str, true: str) -> bool:
    """Equal as ISO dates."""
    return said == true


def kind(said: str, true: str) -> bool:
    """Equal."""
    return folded(said) == folded(true)


def issuer(said: str, true: str) -> bool:
    """Equal with abbreviations written out (UBND, GD&ĐT, THCS …), or one is the other with more around it.

    The label often adds the body above or the province, which stand in other lines; the print often shortens.
    """
    mine, theirs = _written_out(said), _written_out(true)
    return bool(mine and theirs) and (mine == theirs or f"·{mine}·" in f"·{theirs}·" or f"·{theirs}·" in f"·{mine}·")


def issuer_strictly(said: str, true: str) -> bool:
    """Equal with abbreviations written out."""
    return _written_out(said) == _written_out(true)


def subject(said: str, true: str) -> bool:
    """Equal without "V/v" or "Về việc" in front and without punctuation at the ends."""
    return _subject(said) == _subject(true)


def signer(said: str, true: str) -> bool:
    """Equal without titles in front (TS., PGS. …)."""
    return _name(said) == _name(true)


_SHORT = (
    (r"\bubnd\b", "ủy ban nhân dân"),
    (r"\bhđnd\b", "hội đồng nhân dân"),
    (r"\bgd\s*(?:&|-|và)?\s*đt\b", "giáo dục và đào tạo"),
    (r"\bsgdđt\b", "sở giáo dục và đào tạo"),
    (r"\bthpt\b", "trung học phổ thông"),
    (r"\bthcs\b", "trung học cơ sở"),
    (r"\btphcm\b|\btp\.?\s*hcm\b", "thành phố hồ chí minh"),
    (r"\btp\.?\s", "thành phố "),
    (r"\bđh\b", "đại học"),
    (r"\bcđ\b", "cao đẳng"),
    (r"\btt\b", "trung tâm"),
    (r"[,.;:()*/]|\s-\s", " "),
)


@lru_cache(maxsize=8192)
def _written_out(name: str) -> str:
    """A name as its syllables, parted by points, so that a part of it is made of whole syllables."""
    text = " ".join(unicodedata.normalize("NFC", name.translate(_PLAIN)).casefold().split())
    for pattern, words in _SHORT:
        text = re.sub(pattern, words, text)
    return "·".join(_tone_last(word) for word in text.split())


def _subject(text: str) -> str:
    text = re.sub(r"^\W*(?:v\s*/\s*v|vv|về\s+việc)(?!\w)\s*:?\s*", "", unicodedata.normalize("NFC", text), flags=re.IGNORECASE)
    return folded(text).strip(" .;:,\"'-/()")


_TITLES = re.compile(r"^(?:(?:gs|pgs|ts|ths|tskh|bs|cn|ks|nguts)\s*\.?\s*)+(?=\S)", re.IGNORECASE)


def _name(text: str) -> str:
    return folded(_TITLES.sub("", unicodedata.normalize("NFC", text)) if "." in text else text).strip(".,;:")


class Fact(Value):
    """One fact: its field in the label, its value in a document, and its rule."""

    name: str
    field: str
    of: Callable[[Document], str]
    same: Callable[[str, str], bool]
    form: Callable[[str], str] = folded  # what "close" measures


FACTS = (
    Fact(name="number+symbol", field="number_symbol", of=lambda document: document.number_symbol, same=number_symbol),
    Fact(name="symbol", field="symbol", of=lambda document: document.symbol, same=symbol),
    Fact(
        name="date",
        field="date",
        of=lambda document: document.issued_on.isoformat() if document.issued_on else "",
        same=date,
    ),
    Fact(name="kind", field="type", of=lambda document: document.kind, same=kind),
    Fact(name="issuer", field="agency", of=lambda document: document.issuer, same=issuer, form=_written_out),
    Fact(name="issuer, strictly", field="agency", of=lambda document: document.issuer, same=issuer_strictly, form=_written_out),
    Fact(name="subject", field="subject", of=lambda document: document.subject, same=subject, form=_subject),
    Fact(name="signer", field="signer", of=lambda document: document.signer, same=signer, form=_name),
)


def compared(fact: Fact, document: Document | None, true: str) -> Comparison:
    """What a document says of a fact; without a document nothing is right."""
    said = fact.of(document) if document is not None else ""
    right = bool(said) and fact.same(said, true)
    return Comparison(said=said, true=true, is_right=right, is_close=right or _is_close(fact.form(said), fact.form(true)))


def _is_close(one: str, other: str) -> bool:
    """At most one letter wrong in forty, counting a mark as part of its letter; in short texts one letter."""
    if not one or not other:
        return False
    return _distance(one, other, most=1 + len(other) // 40) <= 1 + len(other) // 40


def _distance(one: str, other: str, *, most: int) -> int:
    """How many letters must be changed, put in or left out (Levenshtein); more than ``most`` is ``most + 1``."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, 1):
        above, row[0] = row[0], number
        for at, theirs in enumerate(other, 1):
            above, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, above + (letter != theirs))
        if min(row) > most:
            return most + 1
    return row[-1]
