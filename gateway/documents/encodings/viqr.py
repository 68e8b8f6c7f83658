"""VIQR: Vietnamese marks typed as ASCII signs behind the letter (RFC 1456, section 3).  Pure."""

from __future__ import annotations

import re

from gateway.documents.syllables import is_syllable
from gateway.documents.vietnamese import nfc

_HATS = {"^": "\u0302", "(": "\u0306", "+": "\u031b", "*": "\u031b"}  # RFC 1456: "*" is another way to write the horn
_TONES = {"`": "\u0300", "'": "\u0301", "?": "\u0309", "~": "\u0303", ".": "\u0323"}
_SIGNS = re.compile(
    r"\\(?P<kept>.)"
    r"|(?P<base>[aA])(?P<hat>[\^(]?)(?P<tone>[`'?~.]?)"
    r"|(?P<base2>[eE])(?P<hat2>\^?)(?P<tone2>[`'?~.]?)"
    r"|(?P<base3>[oO])(?P<hat3>[\^+*]?)(?P<tone3>[`'?~.]?)"
    r"|(?P<base4>[uU])(?P<hat4>[+*]?)(?P<tone4>[`'?~.]?)"
    r"|(?P<base5>[iIyY])(?P<tone5>[`'?~.]?)"
    r"|(?P<d>dd|DD|Dd|dD)",
    re.DOTALL,
)
_WORD = re.compile(r"\S+")
_ADDRESS = re.compile(r"://|@|www\.|\.(?:vn|com|net|org|html?|docx?|pdf|xlsx?|zip|rar)\b", re.IGNORECASE)
_LONGEST = 200  # longer ones are no words: signatures, keys, tables of dots
_STOP = re.compile(r"(?<=[\w^(+*`'?~])[.?'`~][.,;:?!'\")\]]*$")
_LETTERS = re.compile(r"[^\W\d_]+")


def from_viqr(text: str) -> str:
    """VIQR text in Unicode.  ``\\.`` is a full stop (3.2, literal state by escape); addresses and file names stay.

    A sign that makes no syllable is a sign.  So is a full stop at the end of a line: people do not escape it there, though
    the standard asks for it.
    """
    return nfc(_WORD.sub(_word, text))


def _word(found: re.Match[str]) -> str:
    word = found[0]
    if len(word) > _LONGEST or (_ADDRESS.search(word) and "\\" not in word):
        return word
    ends_line = found.string[found.end() : found.end() + 1] in ("", "\n", "\r")
    if end := _STOP.search(word):
        without = _SIGNS.sub(_letter, word[: end.start()])
        whole = nfc(_SIGNS.sub(_letter, word[: end.start() + 1]))
        if (ends_line and end[0][0] == "." and len(whole) > 1) or (len(whole) > 1 and not is_syllable(_last_word(whole))):
            return without + end[0]
    return _SIGNS.sub(_letter, word)


def _last_word(text: str) -> str:
    words = _LETTERS.findall(text)
    return words[-1] if words else ""


def _letter(found: re.Match[str]) -> str:
    if found["kept"]:
        return found["kept"]
    if found["d"]:
        return "đ" if found["d"][0] == "d" else "Đ"
    for suffix in ("", "2", "3", "4"):
        if base := found["base" + suffix]:
            return base + _HATS.get(found["hat" + suffix], "") + _TONES.get(found["tone" + suffix], "")
    return found["base5"] + _TONES.get(found["tone5"], "")
