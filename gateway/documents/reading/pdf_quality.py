"""Is the text layer of a page what the page shows?  Measured by the syllables of Vietnamese, without a dictionary.  Pure.

Scanners put the words of their own OCR behind the picture, often of one that knew no Vietnamese ("CQNG HOA xA HQI"); fonts
without a table of letters (ToUnicode) give nonsense.  Both are worse than reading the picture of the page again.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from gateway.documents.vietnamese import fold
from gateway.model import Value

_SAMPLE = 6_000  # letters
_WORD = re.compile(r"[^\W\d_]+")
_FIRST = r"(?:ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdghklmnpqrstvx])?"
_MIDDLE = (
    r"(?:uye|uya|uyu|oai|oay|oeo|oao|uay|uau|uoi|uou|ieu|yeu|"
    r"ai|ao|au|ay|eo|eu|ia|ie|iu|oa|oe|oi|oo|ua|ue|ui|uo|uu|uy|ye|[aeiouy])"
)
_LAST = r"(?:ch|ng|nh|[cmnpt])?"
_SYLLABLE = re.compile(_FIRST + _MIDDLE + _LAST)
_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
_ENGLISH = frozenset(
    {"the", "of", "and", "to", "in", "for", "is", "on", "that", "with", "by", "as", "at", "from", "are", "this", "or"}
)
_NO_LETTER = re.compile("[\ue000-\uf8ff\ufffd\ufffe\U000f0000-\U000ffffd]|\\(cid:\\d+\\)")


class Quality(Value):
    """What share of the words could be Vietnamese, what share carries marks, and what share of the letters is none."""

    words: int
    syllables: float  # words that are syllables of Vietnamese, marks aside
    marked: float  # words with a mark, or đ
    english: float  # words that are the commonest of English
    strange: float  # private letters, "(cid:12)"


def quality_of(texts: Iterable[str]) -> Quality:
    """Judge the words of a page."""
    text = "\n".join(texts)[:_SAMPLE]
    words = [word for word in _WORD.findall(text) if not (word.isupper() and len(word) < 5)]  # "UBND", "QĐ" are no syllables
    letters = max(sum(map(len, words)), 1)
    count = max(len(words), 1)
    return Quality(
        words=len(words),
        syllables=sum(1 for word in words if _is_syllable(word)) / count,
        marked=sum(1 for word in words if not word.isascii()) / count,
        english=sum(1 for word in words if word.lower() in _ENGLISH) / count,
        strange=sum(len(found) for found in _NO_LETTER.findall(text)) / letters,
    )


def is_garbled(quality: Quality) -> bool:
    """Nonsense, whatever the page looks like: letters without a table, or hardly a syllable of any language we know."""
    if quality.strange > 0.1:
        return True
    return quality.words > 30 and quality.syllables < 0.3 and quality.english < 0.05


def is_poor_layer(quality: Quality) -> bool:
    """Words behind a picture that somebody's OCR put there, and that ours will better: marks lost, syllables broken."""
    return is_garbled(quality) or quality.marked < 0.5 or quality.syllables < 0.8


def _is_syllable(word: str) -> bool:
    if not _SYLLABLE.fullmatch(fold(word)):
        return False
    return word.isascii() or sum(1 for letter in unicodedata.normalize("NFD", word) if letter in _TONES) <= 1
