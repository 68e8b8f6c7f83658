"""Vietnamese as it was typed before Unicode, written from the standards and not from our own decoder.

TCVN3 is TCVN 5712:1993 VN3 (fonts .VnTime; capitals with marks need the font .VnTimeH); VNI is VNI-Windows; VIQR is RFC 1456.
"""

from __future__ import annotations

import unicodedata

_TONES = ("", "̀", "̉", "̃", "́", "̣")
_TCVN3_ROWS = {
    "a": "aµ¶·¸¹", "ă": "¨»¼½¾Æ", "â": "©ÇÈÉÊË", "e": "eÌÎÏÐÑ", "ê": "ªÒÓÔÕÖ", "i": "i×ØÜÝÞ", "o": "oßáâãä", "ô": "«åæçèé",
    "ơ": "¬êëìíî", "u": "uïñòóô", "ư": "\xadõö÷øù", "y": "yúûüýþ", "đ": "®",
}  # fmt: skip
_TCVN3 = {
    unicodedata.normalize("NFC", base + tone): code
    for base, row in _TCVN3_ROWS.items()
    for tone, code in zip(_TONES, row, strict=False)
}
_TCVN3_CAPITALS = dict(zip("ĂÂÊÔƠƯĐ", "¡¢£¤¥¦§", strict=True))
_VNI_TONES = {"": "", "̀": "ø", "̉": "û", "̃": "õ", "́": "ù", "̣": "ï"}
_VNI_HATS = {
    "̂": {"": "â", "̀": "à", "̉": "å", "̃": "ã", "́": "á", "̣": "ä"},
    "̆": {"": "ê", "̀": "è", "̉": "ú", "̃": "ü", "́": "é", "̣": "ë"},
}
_VNI_SINGLE = {"đ": "ñ", "í": "í", "ì": "ì", "ỉ": "æ", "ĩ": "ó", "ị": "ò", "ỵ": "î"}
_VIQR = {"̂": "^", "̆": "(", "̛": "+", "̀": "`", "̉": "?", "̃": "~", "́": "'", "̣": "."}


def tcvn3(text: str) -> str:
    """As .VnTime shows it, in Latin-1 letters.  A capital with a tone has no code: it becomes the small letter's."""
    return "".join(
        letter if letter.isascii() else _TCVN3_CAPITALS.get(letter) or _TCVN3.get(letter.lower(), letter)
        for letter in _nfc(text)
    )


def tcvn3_capitals(text: str) -> str:
    """As the font of capitals .VnTimeH shows it: all typed in small letters."""
    return "".join(_TCVN3.get(letter, letter) for letter in _nfc(text).lower())


def vni(text: str) -> str:
    """VNI-Windows in Latin-1 letters; every letter has its capital."""
    return "".join(_vni_letter(letter) for letter in _nfc(text))


def _vni_letter(letter: str) -> str:
    small = letter.lower()
    found = _VNI_SINGLE.get(small) or _vni_marked(small)
    return found if letter == small else found.upper()


def _vni_marked(small: str) -> str:
    base, marks = _taken_apart(small)
    tone = next((mark for mark in marks if mark in _VNI_TONES), "")
    hat = next((mark for mark in marks if mark in _VNI_HATS), "")
    if hat:
        return base + _VNI_HATS[hat][tone]
    horned = {"o": "ô", "u": "ö"}[base] if "̛" in marks else base
    return horned + _VNI_TONES[tone]


def viqr(text: str) -> str:
    """RFC 1456: marks as ASCII behind the letter; a sign after a word that would be read as a mark gets a backslash."""
    found: list[str] = []
    for letter in _nfc(text):
        if letter in "đĐ":
            if found and found[-1] in ("d", "D"):
                found[-1] = f"\\{found[-1]}"  # "GDĐT": else the D in front would be half of a đ
            found.append("dd" if letter == "đ" else "DD")
            continue
        base, marks = _taken_apart(letter)
        found.append(base + "".join(_VIQR[mark] for mark in sorted(marks, key=lambda mark: mark not in "̛̂̆")))
    return "".join(found)


def bare(text: str) -> str:
    """Without any marks, as typed on a telephone."""
    text = unicodedata.normalize("NFD", text).replace("đ", "d").replace("Đ", "D")
    return "".join(letter for letter in text if not unicodedata.combining(letter))


def windows_1258(text: str) -> bytes:
    """The code page: letters with hats ready-made, tones as combining marks behind them."""
    out = bytearray()
    for letter in _nfc(text):
        try:
            out += letter.encode("cp1258")
        except UnicodeEncodeError:
            whole = unicodedata.normalize("NFD", letter)
            tones = [mark for mark in whole if mark in _TONES and mark]
            base = unicodedata.normalize("NFC", "".join(mark for mark in whole if mark not in _TONES))
            out += (base + "".join(tones)).encode("cp1258", "replace")
    return bytes(out)


def _taken_apart(letter: str) -> tuple[str, str]:
    whole = unicodedata.normalize("NFD", letter)
    return whole[0], "".join(mark for mark in whole[1:] if unicodedata.combining(mark))


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)
