"""Which encoding a text is in when no font tells: the one in which its words become Vietnamese syllables.  Pure.

Only words with letters beyond ASCII speak (for VIQR: with its signs).  A candidate wins when most of them are no syllables as
they stand and are syllables once decoded; French, German and noise give a few by chance, never most.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from gateway.documents.encodings import tables
from gateway.documents.encodings.capitals import with_capitals
from gateway.documents.encodings.mojibake import as_utf8
from gateway.documents.encodings.viqr import from_viqr
from gateway.documents.syllables import is_bare_syllable, is_syllable
from gateway.documents.text import Line, Text
from gateway.documents.vietnamese import nfc

_DECODERS: dict[str, Callable[[str], str]] = {
    "UTF-8": as_utf8,
    "TCVN3": tables.tcvn3,
    "VNI": tables.vni,
    "windows-1258": tables.windows_1258,
    "VISCII": tables.viscii,
    "VPS": tables.vps,
}
# Letters that Vietnamese in Unicode does not have; every legacy text of a few words has one.
_TELLTALE = re.compile("[\x80-\x9f¡-\u00af±²µ-¿ÄÅÆËÎÏÑÖ×ØÛÜÞßäåæçëîïðñöøûüþÿ™š]")
_MODERN = re.compile("[\u1ea0-\u1ef9]")
# Possessive, and only from the start of a word: a line may be two megabytes of letters.
_FOREIGN = re.compile(
    "(?<![A-Za-z\x80-\U0010ffff])(?:[A-Za-z]++[\x80-\U0010ffff]|[\x80-\U0010ffff]++[A-Za-z])[A-Za-z\x80-\U0010ffff]*+"
)
_BULLET = re.compile(r"(?<!\S)·(?!\S)")  # a dot, where TCVN3 has the letter ã
_PLAIN_WORD = re.compile(r"(?<![\w\x80-\U0010ffff@.])[A-Za-z]?[a-z]{2,}(?![\w\x80-\U0010ffff@])")
_VIQR_HINT = re.compile(r"[aeoAEO]\^|[aA]\(|[uoUO][+*][^\s+=]|[dD][dD][a-zA-Z]")
_VIQR_WORD = re.compile(r"(?<![^\s(\"'/-])[A-Za-z][A-Za-z^(+*`'?~.\\]*[A-Za-z^(+*`'?~.]")
_VIQR_SIGN = re.compile(r"[aeiouyAEIOUY][\^(+*`'?~.]|dd|DD|Dd")
_SAMPLE, _MAX_WORDS = 8_000, 250
_ENOUGH = 12  # so many good words need no second opinion from the plain ones
_CERTAIN = 30  # and so many, nearly all good, need no comparison


class _Score(NamedTuple):
    """Of the words that a candidate touches: how many it makes syllables, spoils, leaves as nonsense."""

    good: int
    spoilt: int
    nonsense: int

    @property
    def value(self) -> float:
        return self.good - 2 * self.spoilt - self.nonsense

    @property
    def convinces(self) -> bool:
        return self.good >= 2 and self.good >= 3 * (self.spoilt + self.nonsense)


def detected(text: str | bytes) -> str:
    """ "TCVN3", "VNI", "VPS", "VISCII", "VIQR", "windows-1258", "UTF-8" (read as Latin-1), or "" for Unicode and the rest.

    Takes a text as some reader decoded it, or bytes.  Words of lines in Unicode speak only when they are none there, so
    pasted paragraphs are found too.  At most some 12,000 letters are looked at.
    """
    text = text.decode("latin-1") if isinstance(text, bytes) else text
    if not text.isascii() and _TELLTALE.search(text) and (name := _best(text)):
        return name
    return "VIQR" if _is_viqr(text) else ""


def modernised(text: Text) -> Text:
    """The same text in Unicode, and ``legacy`` set; a text that is in Unicode already comes back as it is.

    Line by line: files are mixed, with a letterhead in one encoding and pasted paragraphs in another.  What an OCR read is
    never decoded.
    """
    if text.scanned:
        return text
    lines, name = in_unicode([line.text for line in text.lines])
    if not name:
        return text
    return replace(text, lines=tuple(map(_with_text, text.lines, lines)), legacy=name)


def in_unicode(lines: Sequence[str]) -> tuple[list[str], str]:
    """The lines in Unicode, and the encoding that most of them were in; the same lines and "" when they need nothing."""
    name = detected("\n".join(lines))
    if not name:
        return list(lines), ""
    mixed = any(map(_MODERN.search, lines))
    return [_line(line, index, name, mixed=mixed) for index, line in enumerate(lines)], name


def _with_text(line: Line, text: str) -> Line:
    return line if line.text == text else replace(line, text=text)


def _line(line: str, index: int, name: str, *, mixed: bool) -> str:
    if _MODERN.search(line):
        return _strange_words(line, name)
    if name == "VIQR":
        return from_viqr(line)
    line = _BULLET.sub("•", line)
    decoded = _DECODERS[name](line)
    if mixed or not _reads_well(decoded):
        name = _better(line, name, mixed=mixed)
        decoded = _DECODERS.get(name, str)(line)
    return with_capitals(decoded, index) if name == "TCVN3" else decoded


def _reads_well(line: str) -> bool:
    words = _FOREIGN.findall(line)
    return 3 * sum(map(is_syllable, words)) >= 2 * len(words)


def _better(line: str, name: str, *, mixed: bool) -> str:
    """The encoding of a line that may be in another one than the rest; "" for Unicode."""
    words = _FOREIGN.findall(line)
    score = _score(words, _DECODERS[name])
    if words and (score.value < 0 or (mixed and not score.good)):
        return _best(line) or ("" if score.good <= score.spoilt else name)
    return name


def _strange_words(line: str, name: str) -> str:
    """A line in Unicode with pieces in a legacy encoding: the words that only it makes syllables."""
    words = [word for word in _FOREIGN.findall(line) if _is_strange(word)]
    if not words or name == "VIQR":
        return line
    if not _score(words, _DECODERS[name]).good:
        name = _best("\n".join(words)) or name
    decode = _DECODERS.get(name, str)

    def word(found: re.Match[str]) -> str:
        after = decode(found[0]) if found[0] in words else found[0]
        return after if is_syllable(after) else found[0]

    return _FOREIGN.sub(word, line)


def _words(text: str) -> list[str]:
    """Different words with letters beyond ASCII; of lines in Unicode only those that are no syllables there."""
    middle = len(text) // 2
    sample = text if len(text) <= 1.5 * _SAMPLE else text[:_SAMPLE] + "\n" + text[middle : middle + _SAMPLE // 2]
    words: dict[str, None] = {}
    for line in sample.split("\n"):
        found = _FOREIGN.findall(line)
        words.update(dict.fromkeys(filter(_is_strange, found) if found and _MODERN.search(line) else found))
    return list(words)[:_MAX_WORDS]


def _is_strange(word: str) -> bool:
    return not _MODERN.search(word) and not is_syllable(nfc(word))


def _best(text: str) -> str:
    """The candidate that convinces most; "" for none."""
    words = _words(text)
    name, score = "", _Score(0, 0, 0)
    for candidate, decode in _DECODERS.items():
        found = _score(words, decode)
        if found.value > score.value:
            name, score = candidate, found
        if found.good >= _CERTAIN and found.good >= 8 * (found.spoilt + found.nonsense):
            return candidate
    if not score.convinces or (score.good < _ENOUGH and not _plain_words_agree(text, score.good)):
        return ""
    return name


def _score(words: Sequence[str], decode: Callable[[str], str]) -> _Score:
    good = spoilt = nonsense = 0
    for before, after in zip(words, _decoded(words, decode), strict=True):
        if before == after and not _suspicious(before):
            continue
        was, becomes = is_syllable(nfc(before)), is_syllable(after)
        good += becomes and not was
        spoilt += was and not becomes
        nonsense += not was and not becomes and not _abbreviation(after)
    return _Score(good, spoilt, nonsense)


def _decoded(words: Sequence[str], decode: Callable[[str], str]) -> list[str]:
    after = decode("\n".join(words)).split("\n")
    return after if len(after) == len(words) else [decode(word) for word in words]


def _suspicious(word: str) -> bool:
    """A word that the candidate leaves alone although it is none."""
    return not is_syllable(nfc(word)) and any(letter.isalpha() for letter in word)


def _abbreviation(word: str) -> bool:
    """ "QĐ", "HĐND", and what one letter shows nothing about."""
    return len(word) == 1 or (len(word) <= 8 and word.isupper() and not word.isascii() and "Đ" in word)


def _plain_words_agree(text: str, good: int) -> bool:
    """Few good words: then most plain words beside them must be syllables without marks, and two words need such company."""
    plain = set(_PLAIN_WORD.findall(text))
    if len(plain) < 3:
        return good >= 3 or (good == 2 and all(map(is_bare_syllable, plain)))
    return sum(map(is_bare_syllable, plain)) >= 0.6 * len(plain)


def _is_viqr(text: str) -> bool:
    """Signs behind vowels all over, hats among them, and syllables once they are marks."""
    if not ("^" in text or "dd" in text or "DD" in text) or _MODERN.search(text):
        return False
    text = text[:_SAMPLE]
    words = [word for word in dict.fromkeys(_VIQR_WORD.findall(text)) if _VIQR_SIGN.search(word)][:_MAX_WORDS]
    decoded = [from_viqr(word).rstrip(".?'`~") for word in words]
    good = sum(is_syllable(word) and not word.isascii() for word in decoded)
    hats = sum(bool(_VIQR_HINT.search(word)) for word, after in zip(words, decoded, strict=True) if is_syllable(after))
    return good >= 3 and hats >= 2 and good >= 0.7 * len(words)
