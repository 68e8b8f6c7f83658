"""Broken words made whole: "Ngh ị định", "c ủa", "QU YẾT ĐỊNH", "Q U Y Ế T  Đ Ị N H".  Pure.

PDF fonts that lack Vietnamese letters break words at each of them; typists space out a heading's letters.  Words are joined
only where a piece cannot stand alone and the whole is a syllable.
"""

from __future__ import annotations

import re
import unicodedata

from gateway.documents.syllables import is_syllable

_SPACED = re.compile(r"(?<!\S)[^\W\d_](?: [^\W\d_](?!\S)| {2,5}[^\W\d_](?= [^\W\d_](?!\S))){3,}")
_PIECES = re.compile(r"[^\W\d_]+(?: [^\W\d_]+)+")
_LONGEST = 120  # letters and spaces of a spaced-out heading
_MAX_PIECES = 4  # "Ng u y ễn"
# Syllables without an onset that are words; any other one ("ịnh", "ết", "ộc") is the rest of a broken word.
_ALL_STANDING = """
    a á à ả ác ách ai ái ải am ám an án ang áng anh ánh ảnh ao áo ào ảo áp át áy ăn ẵm ắp ắt âm ấm ẩm ân ấn ẩn ấp ập âu ấu
    ẩu ấy em én éo ép ê ế ếch êm ì ỉ ích im ỉm in ít o ó oa oai oan oán oang oanh oách oát óc oi ói om ong óng ót ô ồ ổ ố
    ôi ối ổi ôm ốm ôn ồn ổn ông ống ổng ốp ốt ơ ờ ớ ở ợ ơi ơn ớn ớt u ù ủ ú ua úa úc ục ui ủi um úm un ủn ung ùng ủng úng
    úp út uốn uổng uống ươm ươn ương ướp ướt ước ức ưa ứ ừ ưng ứng ửng ưu uy úy ủy uỷ uý uyên uyển y ý ỷ yểm yên yến yêu
    yếu yết
"""
_STANDING = frozenset(_ALL_STANDING.split())


_WORD = re.compile(r"[^\W\d_]+")


def mended(text: str) -> str:
    """The text with broken words joined; NFC.  Costs nothing where no piece of a word stands alone.

    Words that could stand alone are joined only beside others that could not ("c ở" stays when it is the only such pair).
    """
    text = unicodedata.normalize("NFC", text)
    text = _SPACED.sub(lambda found: _together(found[0]), text)
    weak = not any(_is_rest(word) or (_is_onset(word) and len(word) > 1) for word in _WORD.findall(text))
    return text if weak else _PIECES.sub(lambda found: _joined(found[0].split(" ")), text)


_WIDE_SPACE = re.compile(" {2,}")


def _together(spaced: str) -> str:
    """Spaced-out letters as words: parted at wider gaps, else where syllables end."""
    groups = [group.replace(" ", "") for group in _WIDE_SPACE.split(spaced)]
    if len(spaced) > _LONGEST or not all(any(_parts(group)) for group in groups):
        return spaced
    return " ".join(word for group in groups for word in _parts(group))


def _parts(letters: str) -> list[str]:
    """The letters as the fewest syllables; [] when they are none.  Capitals and small letters are not mixed in a word."""
    best: list[list[str] | None] = [[], *([None] * len(letters))]
    for end in range(1, len(letters) + 1):
        for start in range(max(0, end - 7), end):
            before, word = best[start], letters[start:end]
            if before is None or not is_syllable(word):
                continue
            known = best[end]
            if known is None or len(before) + 1 < len(known):
                best[end] = [*before, word]
    return best[-1] or []


def _joined(words: list[str]) -> str:
    out: list[str] = []
    index = 0
    while index < len(words):
        size = _pieces_of_one(words, index)
        out.append("".join(words[index : index + size]))
        index += size
    return " ".join(out)


def _pieces_of_one(words: list[str], index: int) -> int:
    """How many words from here on are pieces of one; 1 for a word that is whole."""
    first = words[index]
    for size in range(2, _MAX_PIECES + 1):
        pieces = words[index : index + size]
        if len(pieces) < size or len("".join(pieces)) > 7:
            break
        broken = _is_onset(first) or any(_is_rest(piece) for piece in pieces[1:])
        whole = broken and is_syllable("".join(pieces)) and not _is_rest("".join(pieces))
        if whole and not (size < len(words) - index and _is_coda(words[index + size], pieces)):
            return size
    return 1


def _is_onset(word: str) -> bool:
    """Letters before the vowel, without it: "Ngh", "đ", "QU"."""
    return (not is_syllable(word) and is_syllable(word + "a")) or word.lower() in ("gi", "qu", "k", "gh", "ngh", "q")


def _is_rest(word: str) -> bool:
    """What cannot stand alone but ends a word: "ịnh", "ườ", "ng"; a single plain letter may be a label."""
    low = word.lower()
    if low in ("ng", "nh", "ch"):
        return True
    if low.isascii() or low in _STANDING or len(low) > 5:
        return False
    return unicodedata.normalize("NFD", low)[0] in "aeiouy"


def _is_coda(word: str, before: list[str]) -> bool:
    """The next piece belongs here as well: "Tr ườ ng", "ph ươ ng", "họ c"."""
    return word.lower() in ("c", "ch", "m", "n", "ng", "nh", "p", "t", "i", "u", "y", "o") and is_syllable(
        "".join(before) + word
    )
