"""The letters of each encoding: TCVN3 (ABC), VNI, VPS and VISCII to Unicode.  Pure.

These encodings are fonts rather than charsets: a file holds Latin-1 letters, and the font draws Vietnamese ones.  What a
reader gets depends on the code page it assumed, so letters are brought back to their one byte first (``as_bytes``).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from gateway.documents.encodings.capitals import in_words
from gateway.documents.vietnamese import nfc

_ROWS = "aăâeêioôơuưyđ"
_TONES = ("", "\u0300", "\u0301", "\u0309", "\u0303", "\u0323")  # none, huyền, sắc, hỏi, ngã, nặng

# TCVN 5712:1993, VN3: only small letters have tones; capitals were a second font (.VnTimeH) over the same codes.
# In the order of _ROWS, each letter without a tone and with the five of _TONES.
_TCVN3 = "aµ¸¶·¹ ¨»¾¼½Æ ©ÇÊÈÉË eÌÐÎÏÑ ªÒÕÓÔÖ i×ÝØÜÞ oßãáâä «åèæçé ¬êíëìî uïóñòô \u00adõøö÷ù yúýûüþ ®"
_TCVN3_CAPITALS = dict(zip("¡¢£¤¥¦§", "ĂÂÊÔƠƯĐ", strict=True))

# VPS (Vietnamese Professionals Society), small and capital; "·" stands for a capital that lies among the control codes.
_VPS = (
    "aàáäãå æ¢¡£¤¥ âÀÃÄÅÆ eèéÈëË ê\x8a\x89\x8bÍ\x8c iìíÌïÎ oòóÕõ\x86 ôÒÓ°\x87¶ Ö©§ª«® uùúûÛø ÜØÙº»¿ y\xff\x9a\x9bÏ\x9c Ç",
    "A\x80Á\x81\x82\x02 \x88\x8e\x8d\x8f\xf0\x04 Â\x84\x83\x85\x1c\x03 E×ÉÞþ\x05 Ê\x93\x90\x94\x95\x06 Iµ´·¸\x10"
    " O¼¹½¾\x11 Ô\x97\x96\x98\x99\x12 ÷\x9e\x9d\x9f¦\x13 U¨ÚÑ¬\x14 Ð¯\xad±\x1d\x15 Y²Ýý³\x19 ñ",
)
# VISCII 1.1 (RFC 1456): every letter has a code, six of them among the control codes.
_VISCII = (
    "aàáäãÕ å¢¡ÆÇ£ â¥¤¦ç§ eèéë¨© ê«ª¬\xad® iìíïî¸ oòóöõ÷ ô°¯±²µ ½¶¾·Þþ uùúüûø ß×ÑØæñ yÏýÖÛÜ ð",
    "AÀÁÄÃ\x80 Å\x82\x81\x02\x05\x83 Â\x85\x84\x86\x06\x87 EÈÉË\x88\x89 Ê\x8b\x8a\x8c\x8d\x8e IÌÍ\x9bÎ\x98"
    " OÒÓ\x99\xa0\x9a Ô\x90\x8f\x91\x92\x93 ´\x96\x95\x97³\x94 UÙÚ\x9c\x9d\x9e ¿»º¼ÿ¹ Y\x9fÝ\x14\x19\x1e Ð",
)

# VNI for Windows: a letter, then its marks as a second letter; a few letters have a code of their own.
_VNI_MARKS = dict(
    zip(
        "øùûõïâáàåãäêéèúüë",
        ["̀", "́", "̉", "̃", "̣", "̂", "̂́", "̂̀", "̂̉", "̂̃", "̣̂", "̆", "̆́", "̆̀", "̆̉", "̆̃", "̣̆"],
        strict=True,
    )
)  # fmt: skip
_VNI_SINGLE = dict(zip("ñÑôÔöÖæÆóÓòÒîÎ", "đĐơƠưƯỉỈĩĨịỊỵỴ", strict=True))
_VNI = re.compile(
    "([aA])([øùûõïâáàåãäêéèúüëØÙÛÕÏÂÁÀÅÃÄÊÉÈÚÜË])|([eoEO])([øùûõïâáàåãäØÙÛÕÏÂÁÀÅÃÄ])|([uyUY])([øùûõïØÙÛÕÏ])"
    "|([ôöÔÖ])([øùûõïØÙÛÕÏ])|([ñÑôÔöÖæÆóÓòÒîÎ])"
)

# What PDF and Word put in place of the soft hyphen, the middle dot and the micro sign of TCVN3.
_REPLACED = {"−": "\u00ad", "∙": "·", "\u03bc": "µ", "Ɖ": "Ð"}
_BEYOND = re.compile("[\u0100-\U0010ffff]")


def tcvn3(text: str) -> str:
    """Text in a font of small letters (.VnTime); what is no letter of TCVN3 stays."""
    return as_bytes(text).translate(_tcvn3_table())


def vni(text: str) -> str:
    """Text in VNI for Windows."""
    return nfc(_VNI.sub(_vni_letter, as_bytes(text)))


def vps(text: str) -> str:
    """Text in VPS.  Fonts draw a capital whose code is a control code as the small letter: among capitals it is one."""
    return in_words(as_bytes(text).translate(_table(_VPS)))


def windows_1258(text: str) -> str:
    """Windows-1258 that was read as windows-1252 or Latin-1: hats are ready-made, tones stand behind as marks."""
    codes = text.translate({ord(sign): code for sign, code in _SHOWN.items()})
    return nfc("".join(_of_1258(letter) for letter in codes))


@cache
def _of_1258(letter: str) -> str:
    return letter.encode("latin-1").decode("cp1258", "replace") if "\x7f" < letter <= "\xff" else letter


def viscii(text: str) -> str:
    """Text in VISCII (RFC 1456, section 2)."""
    return as_bytes(text).translate(_table(_VISCII))


def as_bytes(text: str) -> str:
    """Letters that windows-1258 has and Latin-1 has not as the Latin-1 letters of the same bytes; the rest stays.

    Reading windows-1258 makes marks of five codes, and NFC joins them with the letter before: they are parted again.
    """
    if _BEYOND.search(text) is None:
        return text
    # "ñ" and the mark of "ò": NFC puts the dot below first.
    text = text.replace("\u1e47\u0303", "ñ\u0323").replace("\u1e46\u0303", "Ñ\u0323")
    return _BEYOND.sub(lambda found: _byte_of(found[0]), text)


@cache
def _byte_of(letter: str) -> str:
    letter = _REPLACED.get(letter, letter)
    if letter <= "\xff" or letter in _SHOWN:
        return letter
    try:
        return letter.encode("cp1258").decode("latin-1")
    except UnicodeEncodeError:
        parts = unicodedata.normalize("NFD", letter)
    if len(parts) > 1 and letter not in _UNICODE_ALONE:
        return "".join(map(_byte_of, unicodedata.normalize("NFC", parts[:-1]) + parts[-1]))
    return letter


# How windows-1252 (and 1258) shows the codes 0x80 to 0x9f: "…", "“", "š"; five of them have no letter.
_SHOWN = {letter: chr(code) for code in range(0x80, 0xA0) if (letter := bytes([code]).decode("cp1252", "ignore"))}
_UNICODE_ALONE = frozenset(
    nfc(base + tone) for base in "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY" for tone in _TONES if nfc(base + tone) > "\u1e9f"
)


def _letters(row: str) -> list[str]:
    """The Vietnamese letters in the order of the tables."""
    return [nfc(base + tone) for base in row for tone in (_TONES if base not in "đĐ" else ("",))]


@cache
def _tcvn3_table() -> dict[int, str]:
    small = zip(_TCVN3.replace(" ", ""), _letters(_ROWS), strict=True)
    return {ord(code): letter for code, letter in (*small, *_TCVN3_CAPITALS.items())}


@cache
def _table(rows: tuple[str, str]) -> dict[int, str]:
    pairs = zip((rows[1] + rows[0]).replace(" ", ""), _letters(_ROWS.upper() + _ROWS), strict=True)
    letters = dict(pairs)
    shown = {sign: letters[code] for sign, code in _SHOWN.items() if code in letters}
    return {ord(code): letter for code, letter in (letters | shown).items()}


def _vni_letter(found: re.Match[str]) -> str:
    if single := found[7] or found[9]:
        return _VNI_SINGLE[single] + _VNI_MARKS.get((found[8] or "").lower(), "")
    base, mark = found[1] or found[3] or found[5], found[2] or found[4] or found[6]
    return base + _VNI_MARKS[mark.lower()]
