"""Bytes of a text and the charset that was declared for them, to text: right even when the declaration lies.  Pure.

Mail programs say "us-ascii" over eight bits, "iso-8859-1" over UTF-8, and no MIME name exists for TCVN3 or VNI, so they come
under any.  The bytes are believed before their label.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from gateway.documents.encodings import fonts
from gateway.documents.encodings.detect import detected, in_unicode
from gateway.documents.words import decoded_bytes

_MAX_BYTES = 2 * 1024 * 1024  # a multiple of four: UTF-16 and UTF-32 are not cut in a letter
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
# Names that were used for Vietnamese encodings, and the font encoding that they mean.
_VIETNAMESE = {
    "x-viet-tcvn5712": "TCVN3", "x-viet-tcvn": "TCVN3", "tcvn": "TCVN3", "tcvn3": "TCVN3", "tcvn-5712": "TCVN3",
    "tcvn5712-1": "TCVN3", "x-viet-vni": "VNI", "x-viet-vps": "VPS", "vps": "VPS", "viscii": "VISCII", "viscii1.1-1": "VISCII",
    "csviscii": "VISCII", "viqr": "VIQR", "csviqr": "VIQR",
}  # fmt: skip
_WESTERN = frozenset(("", "us-ascii", "ascii", "iso-8859-1", "latin1", "iso8859-1", "iso-8859-15", "x-unknown", "unknown",
                      "unknown-8bit", "x-user-defined", "windows-1252", "cp1252", "ansi", "binary", "8bit"))  # fmt: skip
_SEVEN_BITS = re.compile(r"iso-2022|^hz|utf-?7$")  # charsets that hide letters in ASCII
_WINDOWS_1252 = {
    code: letter for code in range(0x80, 0xA0) if (letter := bytes([code]).decode("cp1252", "ignore"))
}  # fmt: skip
_HIDDEN = re.compile(rb"\x1b|~\{|\+[A-Za-z0-9/]+-?")
_SAMPLE = 1024


class Decoded(NamedTuple):
    """A text in Unicode, and the legacy encoding that it was in ("" for none), as `detect.detected` names it."""

    text: str
    legacy: str = ""


def decoded(data: bytes, charset: str = "") -> Decoded:
    """The text of a plain body or file in Unicode.  ``charset`` is what its mail part said, as it said it."""
    text, encoding = _letters(data, charset)
    lines, legacy = in_unicode(text.split("\n"))
    if encoding and not legacy:
        return Decoded(fonts.decode_run(text, encoding), encoding)
    return Decoded("\n".join(lines), legacy)


def as_letters(data: bytes, charset: str = "") -> str:
    """The text as it is written, with Vietnamese fonts still as Latin-1 letters: for HTML, where elements name their fonts.

    A byte order mark wins, then UTF-16 that shows itself by its zeros, then strict UTF-8, then a Vietnamese encoding found by
    its words, and only then the declaration.  What lies beyond two megabytes is not read.
    """
    return _letters(data, charset)[0]


def _letters(data: bytes, charset: str) -> tuple[str, str]:
    """The text, and the Vietnamese encoding that the charset names when the bytes leave it open."""
    charset = charset.strip().strip("\"'").lower().replace("_", "-")
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return data[len(mark) : _MAX_BYTES].decode(codec, "replace"), ""
    data = _cut(data)
    if wide := _wide(data):
        return data.decode(wide, "replace"), ""
    if data.isascii():
        return _from_ascii(data, charset)
    if (text := _utf8(data)) is not None:
        return text, ""
    if (encoding := _VIETNAMESE.get(charset, "")) or detected(data):
        return _by_line(data), encoding
    return _declared(data, charset), ""


def _cut(data: bytes) -> bytes:
    """No more than two megabytes, not within a word."""
    if len(data) <= _MAX_BYTES:
        return data
    return data[: max(data.rfind(b" ", 0, _MAX_BYTES), data.rfind(b"\n", 0, _MAX_BYTES), 0) or _MAX_BYTES]


def _wide(data: bytes) -> str:
    """UTF-16 without its mark: every second byte of Latin letters, digits and spaces is zero."""
    sample = data[:_SAMPLE]
    if len(sample) < 4 or b"\0" not in sample:
        return ""
    low, high = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if high > 0.4 * half and low < 0.05 * half:
        return "utf-16-le"
    return "utf-16-be" if low > 0.4 * half and high < 0.05 * half else ""


def _from_ascii(data: bytes, charset: str) -> tuple[str, str]:
    if _SEVEN_BITS.search(charset) and _HIDDEN.search(data):
        return decoded_bytes(data, charset), ""
    return data.decode("ascii"), _VIETNAMESE.get(charset, "")


def _utf8(data: bytes) -> str | None:
    """UTF-8, though a gateway may have broken a few letters of it."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    letters = sum(letter > "\x7f" for letter in text[:200_000]) - broken
    return text if broken <= 0.05 * letters else None


def _by_line(data: bytes) -> str:
    """Latin-1 letters, but lines that are UTF-8 as such: a list server added them below."""
    lines = []
    for raw in data.split(b"\n"):
        try:
            lines.append(raw.decode("utf-8"))
        except UnicodeDecodeError:
            lines.append(raw.decode("latin-1"))
    return "\n".join(lines)


def _declared(data: bytes, charset: str) -> str:
    if charset not in _WESTERN:
        return decoded_bytes(data, charset)
    # Encoding Standard, 4.2: all the Western labels mean windows-1252; its five holes are control codes.
    return data.decode("latin-1").translate(_WINDOWS_1252)
