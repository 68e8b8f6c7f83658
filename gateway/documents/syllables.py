"""Which words can be Vietnamese: the grammar of the written syllable (onset, rhyme, tone) instead of a dictionary.  Pure.

Every Vietnamese syllable is written as a word, and only about one in a thousand strings of letters is one: a text in the
right encoding is full of syllables, and in the wrong one has next to none.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# A rhyme is what follows the onset, without its tone.
_ALL_RHYMES = """
    a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây e ec em en eng eo ep et
    ê êch êm ên êng ênh êp êt êu i ia ich im in inh ip it iu iêc iêm iên iêng iêp iêt iêu o oa oac oach oai oam oan oang oanh
    oao oap oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on ong ooc oong op ot ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp
    ơt u ua uc ui um un ung up ut uôc uôi uôm uôn uông uôt uơ uy uya uych uyên uyêt uynh uyn uyp uyt uyu uân uâng uât uây uê
    uêch uênh uên ư ưa ưc ưi ưm ưn ưng ưt ưu ươc ươi ươm ươn ương ươp ươt ươu y yêm yên yêng yêt yêu
"""
# "qu" has taken the u of the rhyme: quan, quyên, quốc.
_ALL_AFTER_QU = """
    a ac ach ai an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc ân âng ât âu ây e en eo et ê êch ên ênh êt êu i in it ich
    y ych yên yêt ynh yt ôc ơ ơi ơt
"""
_ALL_ONSETS = "b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x"
_RHYMES = frozenset(_ALL_RHYMES.split())
_AFTER_QU = frozenset(_ALL_AFTER_QU.split())
_ONSETS = ("", *_ALL_ONSETS.split())
_BEFORE_FRONT = frozenset(("k", "gh", "ngh"))  # before i, e, ê, y; their twins before the other vowels
_BEFORE_BACK = frozenset(("c", "g", "ng"))
_ONSET = re.compile("(?:ngh|ch|gh|gi|kh|ng|nh|ph|qu|th|tr|[bcdđghklmnprstvx])?")
_TONES = "\u0300\u0301\u0303\u0309\u0323"
_ONLY_SHARP = frozenset("\u0301\u0323")  # a syllable that ends in a stop is sắc or nặng
_WORD = re.compile(r"[^\W\d_]+")


@lru_cache(maxsize=16384)
def is_syllable(word: str) -> bool:
    """True for a word that is a whole Vietnamese syllable with its marks, in any case: "Nghị", "QUYẾT", "hoà" and "hòa"."""
    if not 0 < len(word) <= 8:
        return False
    letters, tone = _toneless(word.lower())
    if not 0 <= len(tone) <= 1:
        return False
    rhymes = _rhymes_of(letters)
    return any((rhyme[-1] not in "cpt" and not rhyme.endswith("ch")) or tone in _ONLY_SHARP for rhyme in rhymes)


@lru_cache(maxsize=16384)
def is_bare_syllable(word: str) -> bool:
    """True for plain ASCII letters that are a syllable without its marks: "nghi", "quyet", "truong"."""
    return word.isascii() and word.lower() in _bare()


def syllable_share(text: str) -> float:
    """Which share of the words (0 to 1) are Vietnamese syllables, with marks or typed without any; 0 for no words.

    Prose in Vietnamese gives 0.85 and more, in English or French 0.3 to 0.5 (short words look alike), broken words or a wrong
    encoding less.  Judge only texts of ten words and more by it.
    """
    words = _WORD.findall(unicodedata.normalize("NFC", text))
    return sum(is_syllable(word) or is_bare_syllable(word) for word in words) / len(words) if words else 0.0


def _toneless(word: str) -> tuple[str, str]:
    """The word with its hats and without its tones, and the tones."""
    if word.isascii():
        return word, ""
    apart = unicodedata.normalize("NFD", word)
    tones = "".join(mark for mark in apart if mark in _TONES)
    return unicodedata.normalize("NFC", "".join(letter for letter in apart if letter not in _TONES)), tones


def _rhymes_of(letters: str) -> list[str]:
    """The ways to read the letters as onset and rhyme, as rhymes; none when they are no syllable."""
    found = []
    onset = _ONSET.match(letters)
    for start in {onset[0] if onset else "", "g" if letters.startswith("gi") else ""} - {""} or {""}:
        rhyme = letters[len(start) :]
        if rhyme and _fits(start, rhyme):
            found.append(rhyme)
    return found


def _fits(onset: str, rhyme: str) -> bool:
    if onset == "qu":
        return rhyme in _AFTER_QU
    if rhyme not in _RHYMES or (onset == "gi" and rhyme[0] in "iy"):
        return False
    front = rhyme[0] in "ieêy"
    if onset in _BEFORE_FRONT:
        return front
    return not (onset in _BEFORE_BACK and front) or (onset == "g" and rhyme[0] == "i")


@lru_cache(maxsize=1)
def _bare() -> frozenset[str]:
    pairs = [(onset, rhyme) for onset in _ONSETS for rhyme in (_AFTER_QU if onset == "qu" else _RHYMES) if _fits(onset, rhyme)]
    return frozenset("".join(unicodedata.normalize("NFD", letter)[0] for letter in onset + rhyme).replace("đ", "d")
                     for onset, rhyme in pairs)  # fmt: skip
