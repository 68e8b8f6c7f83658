"""Words that an OCR has read, compared and put right in spite of its confusions: marks, I/l/1, O/0, rn/m.  Pure."""

from __future__ import annotations

import re
from functools import lru_cache

from gateway.documents.administrative import PHRASES
from gateway.documents.vietnamese import Squeezed, same_words, squeeze

_CONFUSED = str.maketrans({**dict.fromkeys("1l|!", "i"), **dict.fromkeys("06", "o"), "5": "s", "8": "b", "9": "g", "$": "s"})
_WORD = re.compile(r"[^\W_]+(?:[|!][^\W_]*)?")
_GAP = re.compile(r"^[ \t\-–—]{1,4}$")
_LONGEST = max(len(phrase.split()) for phrase in PHRASES)
_LONGEST_LINE = 1_000  # letters; no heading and no subject has more
_SLACK = 0.1  # share of a phrase's letters that may be wrong beside its marks
_LONG = 12  # letters of a phrase that may have wrong ones at all
_SHORT = 7  # so few letters may be other words in small type: "để ăn" is no "Đề án"


def skeleton(text: str) -> str:
    """What an OCR does not confuse: no marks, no spaces, no signs, one letter for I/l/1, O/0/6, S/5, B/8, m for rn."""
    return _bones(squeeze(text).fold)


def close_to(text: str, phrase: str, *, tolerance: float) -> bool:
    """True when the whole text is the phrase, but for ``tolerance`` (share of the phrase's letters, 0 to 1) of other letters.

    Marks, case, spaces, signs and the letters that an OCR confuses don't count: "S6 :" is "Số", "VIÊT NAM" is "Việt Nam".
    """
    pattern, letters = skeleton(phrase), skeleton(text)
    allowed = int(len(pattern) * tolerance)
    if letters == pattern:
        return bool(pattern)
    return abs(len(letters) - len(pattern)) <= allowed and _distance(pattern, letters) <= allowed


def find_close(text: str, phrase: str, *, tolerance: float) -> tuple[int, int] | None:
    """Where in the text something close to the phrase stands first, as (start, end) of the text as given; None if nowhere."""
    flat = squeeze(text)
    letters, at = _bones_and_places(flat)
    pattern = skeleton(phrase)
    allowed = int(len(pattern) * tolerance)
    last = _first_end(pattern, letters, allowed)
    if last is None:
        return None
    back = _best_end(pattern[::-1], letters[last::-1][: len(pattern) + allowed], allowed)
    return at[last - back], at[last] + 1


def corrected_capitals(line: str) -> str:
    """The line with the wrong marks of frequent words of headings put right: "SO GIÁO DUC VÀ ĐAO TAO", "QUYÉT ĐINH".

    Only phrases of the administrative vocabulary are touched (offices, schools, provinces after "tỉnh", kinds of documents,
    motto, titles), word for word in the case that was read; names of people and places stay as they were read.
    """
    if len(line) > _LONGEST_LINE:
        return line
    words = list(_WORD.finditer(line))
    out, end, index = [], 0, 0
    while index < len(words):
        size, phrase = _phrase_at(line, words, index)
        if size:
            start, stop = words[index].start(), words[index + size - 1].end()
            out += [line[end:start], _in_place(line[start:stop], phrase)]
            end = stop
        index += size or 1
    return "".join(out) + line[end:]


def _phrase_at(line: str, words: list[re.Match[str]], index: int) -> tuple[int, str]:
    """The longest phrase that begins with this word, and over how many words it goes; 0 for none."""
    best = 1
    while best < _LONGEST + 2 and index + best < len(words):
        if not _GAP.match(line[words[index + best - 1].end() : words[index + best].start()]):
            break
        best += 1
    for size in range(best, 0, -1):
        read = line[words[index].start() : words[index + size - 1].end()]
        letters = skeleton(read)
        if len(letters) <= _SHORT and not read.isupper():
            continue
        if phrase := _known(letters, size):
            return size, phrase
    return 0, ""


@lru_cache(maxsize=8192)
def _known(letters: str, size: int) -> str:
    """The phrase with these letters, or but a few others; "" for none.  One word alone must fit exactly."""
    if (exact := _by_skeleton().get(letters)) is not None:
        return exact
    if size < 2 or len(letters) < _LONG:
        return ""
    for bones, phrase in _by_skeleton().items():
        allowed = int(len(bones) * _SLACK)
        if allowed and abs(len(bones) - len(letters)) <= allowed and _distance(bones, letters) <= allowed:
            return phrase
    return ""


@lru_cache(maxsize=1)
def _by_skeleton() -> dict[str, str]:
    """Phrases by skeleton; those that an OCR confuses with each other ("Thủ trưởng", "Thứ trưởng") are left out."""
    found: dict[str, str] = {}
    for phrase in PHRASES:
        bones = skeleton(phrase)
        found[bones] = phrase if found.get(bones, phrase) == phrase else ""
    return {bones: phrase for bones, phrase in found.items() if phrase}


def _in_place(read: str, phrase: str) -> str:
    """The phrase in the case and with the gaps of what was read; what is right but for the place of a tone stays."""
    if same_words(read, phrase) and not read.isascii():
        return read
    words = _WORD.findall(read)
    right = phrase.split()
    if len(words) != len(right):
        return phrase.upper() if read.isupper() else phrase
    pairs = iter([_cased(new, old) for new, old in zip(right, words, strict=True)])
    return _WORD.sub(lambda _: next(pairs), read)


def _cased(right: str, read: str) -> str:
    letters = [letter for letter in read if letter.isalpha()]
    if len(letters) > 1 and sum(map(str.isupper, letters)) * 2 > len(letters):
        return right.upper()
    return right[0].upper() + right[1:] if letters and letters[0].isupper() else right.lower()


def _bones(fold: str) -> str:
    letters = "".join(filter(str.isalnum, fold.translate(_CONFUSED)))
    return letters.replace("rn", "m")


def _bones_and_places(flat: Squeezed) -> tuple[str, list[int]]:
    """The same, with the place of each letter in the original."""
    letters: list[str] = []
    at: list[int] = []
    for letter, place in zip(flat.fold.translate(_CONFUSED), flat.at, strict=True):
        if letter == "n" and letters and letters[-1] == "r":
            letters[-1] = "m"
        elif letter.isalnum():
            letters.append(letter)
            at.append(place)
    return "".join(letters), at


def _distance(pattern: str, text: str) -> int:
    """Edit distance (Levenshtein), by G. Myers' bit vectors (J. ACM 46, 1999): one step a letter of the text."""
    *_, last = _distances(pattern, text, anywhere=False) if text else [len(pattern)]
    return last


def _first_end(pattern: str, text: str, allowed: int) -> int | None:
    """Index of the last letter of the first good match anywhere in the text: the best within the slack after the first hit."""
    if not pattern or not text:
        return None
    found = _distances(pattern, text, anywhere=True)
    first = next((index for index, distance in enumerate(found) if distance <= allowed), None)
    if first is None:
        return None
    window = range(first, min(first + allowed + 1, len(text)))
    return min(window, key=lambda index: (found[index], index))


def _best_end(pattern: str, text: str, allowed: int) -> int:
    found = _distances(pattern, text, anywhere=False)
    return min(range(len(found)), key=lambda index: (found[index], abs(index + 1 - len(pattern)))) if found else allowed


def _distances(pattern: str, text: str, *, anywhere: bool) -> list[int]:
    """For each letter of the text: the distance of the pattern to what ends there, from the text's start or from anywhere."""
    masks: dict[str, int] = {}
    for bit, letter in enumerate(pattern):
        masks[letter] = masks.get(letter, 0) | 1 << bit
    full, high = (1 << len(pattern)) - 1, 1 << len(pattern) - 1
    plus, minus, score, first = full, 0, len(pattern), 0 if anywhere else 1
    out = []
    for letter in text:
        equal = masks.get(letter, 0)
        vertical = equal | minus
        horizontal = (((equal & plus) + plus) ^ plus) | equal
        up, down = minus | ~(horizontal | plus) & full, plus & horizontal
        score += (up & high != 0) - (down & high != 0)
        up, down = (up << 1 | first) & full, (down << 1) & full
        plus, minus = down | ~(vertical | up) & full, up & vertical
        out.append(score)
    return out
