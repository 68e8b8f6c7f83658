"""Words of a letterhead that an OCR spelled badly, as the rest of the text spells them.  Pure.

A scan names its agency and its subject several times, and an OCR seldom makes the same mistake twice.  Marks are what it
gets wrong first, so words are compared without them, two at a time: "SỞ Y TE" is "SỞ Y TẾ" where the text says "Sở Y tế".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from gateway.documents.common_pairs import COMMON_PAIRS
from gateway.documents.grammar import begins_agency
from gateway.documents.likeness import distance
from gateway.documents.syllables import is_syllable
from gateway.documents.text import Line
from gateway.documents.vietnamese import fold

_SEARCHED = 400  # lines
_WORD = re.compile(r"[^\W_]+")

# What an OCR makes of the three commonest words; "cửa", "vã" and "cắc" are words of their own.
_SMALL_WORDS = {
    **dict.fromkeys(("vả", "vâ", "vằ", "vạ"), "và"),
    **dict.fromkeys(("cùa", "cũa", "cuả", "cúa", "cuà", "cúà"), "của"),
    **dict.fromkeys(("cảc", "cãc", "cạc", "câc", "cấc"), "các"),
}
_COMMON_VOTES = 50  # an OCR makes some mistakes every time ("chỉ tiết"): the list is believed more than the text
_OWN_VOTES = 1  # a letterhead is read several times, the text below it once
_LOOSE_DASH = re.compile(r"(?<=[A-ZĐ])\s?-\s(?=[A-ZĐ]{2})")  # "NĐ- CP"
_LOOSE_QUOTE = re.compile(r"(?<!\w)['`´‘](?=[^\W\d])")
Pairs = dict[tuple[str, str], Counter[tuple[str, str]]]


class Speller:
    """How a text spells pairs of neighbouring words."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._pairs: Pairs = {pair: Counter(spelled) for pair, spelled in _common().items()}
        words = [word for line in lines[:_SEARCHED] for word in _WORD.findall(line.text)]
        for one, other in pairwise(words):
            spelled = (one.lower(), other.lower())
            self._pairs.setdefault((fold(one), fold(other)), Counter())[spelled] += 1
        self._single: dict[str, Counter[str]] = {}
        for pair in self._pairs.values():
            for spelled, count in pair.items():
                for word in filter(is_syllable, spelled):
                    self._single.setdefault(fold(word), Counter())[word] += count

    def respelled(self, text: str) -> str:
        """The text, its words with the marks that most places of the whole text give them; what was read counts as well."""
        text = _LOOSE_QUOTE.sub("", _LOOSE_DASH.sub("-", text))
        found = list(_WORD.finditer(text))
        votes: list[Counter[str]] = [Counter() for _ in found]
        for at in range(len(found) - 1):
            pair = self._pair(found[at][0], found[at + 1][0])
            for (one, other), count in pair.items():
                votes[at][one] += count
                votes[at + 1][other] += count
        out, end = [], 0
        for word, vote in zip(found, votes, strict=True):
            out += [text[end : word.start()], self._alone(_voted(word[0], vote))]
            end = word.end()
        return "".join(out) + text[end:]

    def _pair(self, one: str, other: str) -> Counter[tuple[str, str]]:
        """How often the pair is spelled how; one that stands nowhere else may be a common one that lost a letter."""
        spelled = self._pairs.get((fold(one), fold(other)), Counter())
        return spelled if spelled.total() > 1 else _near(one, other) or spelled

    def _alone(self, word: str) -> str:
        """A word that can be none as the one that it looks like; "vả" nobody writes."""
        if (small := word.lower()) in _SMALL_WORDS:
            return _in_the_case_of(word, _SMALL_WORDS[small])
        flat = fold(word)
        if word.isascii() or not word.isalpha() or is_syllable(word) or flat not in self._single:
            return word
        return _in_the_case_of(word, self._single[flat].most_common(1)[0][0])

    def agency(self, name: str) -> str:
        """The name of an agency; one that begins with no word of an agency may have one wrong letter there."""
        spelled = self.respelled(name)
        words = spelled.split()
        if len(words) < 2 or begins_agency(spelled):
            return spelled
        first, second = fold(words[0]), fold(words[1])
        near = [one for one, other in self._pairs if other == second and distance(one, first, 1) == 1 and begins_agency(one)]
        best = max(near, key=lambda one: self._pairs[(one, second)].total(), default="")
        if not best:
            return spelled
        word = self._pairs[(best, second)].most_common(1)[0][0][0]
        return " ".join([word.upper() if words[0].isupper() else word.capitalize(), *words[1:]])


def _near(one: str, other: str) -> Counter[tuple[str, str]]:
    """A pair that nearly every text has, when one letter of this one was lost: "ngân hàn", "gám sát".  Names are left alone."""
    if not (one.islower() and other.islower()) or len(one) < 3 or len(other) < 3:
        return Counter()
    flat = fold(one), fold(other)
    near = [
        pair
        for pair in _common()
        if (pair[0] == flat[0] and _lost_one(flat[1], pair[1])) or (pair[1] == flat[1] and _lost_one(flat[0], pair[0]))
    ]
    return _common()[near[0]] if len(near) == 1 else Counter()


def _lost_one(read: str, whole: str) -> bool:
    return len(whole) == len(read) + 1 and distance(read, whole, 1) == 1


@lru_cache(maxsize=1)
def _common() -> Pairs:
    pairs = (tuple(pair.split()) for pair in COMMON_PAIRS.split(";"))
    return {(fold(one), fold(other)): Counter({(one, other): _COMMON_VOTES}) for one, other in pairs}


def _voted(word: str, votes: Counter[str]) -> str:
    own = votes[word.lower()] + _OWN_VOTES
    best = max(votes, key=lambda each: votes[each], default="")
    if not best or best == word.lower() or votes[best] <= own:
        return word
    return _in_the_case_of(word, best) if len(best) == len(word) else best if word.islower() else word


def _in_the_case_of(word: str, spelled: str) -> str:
    return "".join(theirs.upper() if mine.isupper() else theirs for mine, theirs in zip(word, spelled, strict=True))
