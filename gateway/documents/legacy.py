"""Legacy Vietnamese encodings to Unicode: TCVN3 (ABC, fonts .VnTime) and VNI.  Pure.

Both wrote Vietnamese with Latin-1 letters, so every pattern in Unicode misses them.  Capitals of TCVN3 were a second font
(.VnTimeH) over the same codes: which lines were in it is guessed from their place, because text alone no longer tells.
"""

from __future__ import annotations

import re

from gateway.documents.text import Line, Text
from gateway.documents.vietnamese import nfc

# TCVN 5712:1993, VN3.  The right half holds what PDFs put in place of the soft hyphen, the middle dot and the micro sign.
_TCVN3 = dict(
    zip(
        "µ¶·¸¹¨»¼½¾Æ©ÇÈÉÊË®ÌÎÏÐÑªÒÓÔÕÖ×ØÜÝÞßáâãä«åæçèé¬êëìíîïñòóô\u00adõö÷øùúûüýþ¡¢£¤¥¦§" + "−∙\u03bc",
        "àảãáạăằẳẵắặâầẩẫấậđèẻẽéẹêềểễếệìỉĩíịòỏõóọôồổỗốộơờởỡớợùủũúụưừửữứựỳỷỹýỵĂÂÊÔƠƯĐ" + "ưãà",
        strict=True,
    )
)
_TCVN3_TABLE = str.maketrans(_TCVN3)

# VNI: a letter, then its marks as a second letter; a few letters have a code of their own.
_VNI_MARKS = dict(zip("øùûõïâáàåãäêéèúüë", ["̀", "́", "̉", "̃", "̣", "̂", "̂́", "̂̀", "̂̉", "̂̃", "̣̂", "̆", "̆́", "̆̀", "̆̉", "̆̃", "̣̆"], strict=True))
_VNI_SINGLE = dict(zip("ñÑôÔöÖæÆóÓòÒîÎ", "đĐơƠưƯỉỈĩĨịỊỵỴ", strict=True))
_VNI = re.compile(r"([aeouyAEOUY])([øùûõïâáàåãäêéèúüëØÙÛÕÏÂÁÀÅÃÄÊÉÈÚÜË])|([ôöÔÖ])([øùûõïØÙÛÕÏ])|([ñÑôÔöÖæÆóÓòÒîÎ])")

# Words of a letterhead and of every text as they look unconverted: "Cộng hòa", "Độc lập", "Số:", "Căn cứ", "tháng 6".
_MARKS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "TCVN3",
        re.compile(r"c[éẻ]ng h(?:ßa|oµ|ßµ)|§éc lËp|\bsè\s*:|c¨n cø|®iÒu \d|quyÕt ®Þnh|th¸ng \d|n¨m \d|kÝnh göi", re.IGNORECASE),
    ),
    (
        "VNI",
        re.compile(
            r"coäng ho(?:øa|aø)|ñoäc laäp|\bsoá\s*:|caên cöù|ñieàu \d|quyeát ñònh|thaùng \d|naêm \d|kính göûi", re.IGNORECASE
        ),
    ),
)
_MODERN = re.compile("[\u1ea0-\u1ef9ăđơưĂĐƠƯ]")
_TITLE_LIKE = re.compile(
    r"^(?:[kt]/?[tml]|tuq|q)\s*\.|^(?:phó |quyền )?(?:giám đốc|hiệu trưởng|chủ tịch|bộ trưởng|thứ trưởng|thủ tướng|thống đốc)"
)
_HEAD_LINES = 14


def legacy_encoding(text: str) -> str:
    """ "TCVN3", "VNI", or "" when two words or more do not speak for one of them."""
    return next((name for name, marks in _MARKS if len(marks.findall(text)) >= 2), "")


def modernised(text: Text) -> Text:
    """The same text in Unicode, and ``legacy`` set; a text that is in Unicode already comes back as it is.

    Line by line: files are mixed, with a letterhead in one encoding and pasted paragraphs in another.
    """
    encoding = legacy_encoding("\n".join(line.text for line in text.lines[:120]))
    if not encoding:
        return text
    lines = tuple(_line_in_unicode(line, index, encoding) for index, line in enumerate(text.lines))
    return Text(
        lines=lines,
        pages=text.pages,
        signatures=text.signatures,
        stamped_boxes=text.stamped_boxes,
        scanned=text.scanned,
        legacy=encoding,
    )


def _line_in_unicode(line: Line, index: int, encoding: str) -> Line:
    if _MODERN.search(line.text):
        return line
    text = _from_vni(line.text) if encoding == "VNI" else _with_capitals(line.text.translate(_TCVN3_TABLE), index)
    return Line(text=text, place=line.place, page=line.page, centred=line.centred)


def _from_vni(text: str) -> str:
    def letter(found: re.Match[str]) -> str:
        base = found[1] or _VNI_SINGLE.get(found[3] or found[5] or "", "")
        mark = (found[2] or found[4] or "").lower()
        return base + _VNI_MARKS.get(mark, "")

    return nfc(_VNI.sub(letter, text))


def _with_capitals(text: str, index: int) -> str:
    """Capitals that a font of capitals showed: words whose plain letters are all capitals, and whole lines by their place."""
    words = re.sub(r"[^\W\d_]+", lambda found: found[0].upper() if _plain_capitals(found[0]) >= 2 else found[0], text)
    parts = re.findall(r"[^\W\d_]+", words)
    could_be = all(word.isupper() or _plain_capitals(word) or len(word) == 1 for word in parts)
    if could_be and sum(word.isupper() for word in parts) >= 2 and not re.search(r"\d", words):
        return words.upper()
    in_place = index < _HEAD_LINES or _TITLE_LIKE.match(words.strip())
    whole = words.islower() and len(words) < 70 and not words.rstrip().endswith((",", ";", ".")) and in_place
    return words.upper() if whole else words


def _plain_capitals(word: str) -> int:
    """How many plain letters the word has, when all of them are capitals; "CủA" has two, "Bộ" one, "Tài" none."""
    plain = [letter for letter in word if letter.isascii()]
    return len(plain) if plain and all(letter.isupper() for letter in plain) else 0


def from_bytes(data: bytes) -> str:
    """Bytes that are no UTF-8 as Latin-1 text, when that looks like a legacy encoding; "" otherwise."""
    text = data.decode("latin-1")
    return text if legacy_encoding(text[:20_000]) else ""
