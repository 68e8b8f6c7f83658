"""Word's binary files: which font, and which other properties that matter here, a run of letters has.  Pure.

[MS-DOC]: 2.6.1 and 2.6.2 (the properties' numbers), 2.2.5.1 (their lengths), 2.9.271 (style sheet), 2.9.284 (font table).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from functools import lru_cache

from msgspec.structs import replace

from gateway.documents.encodings.fonts import encoding_of_font
from gateway.documents.reading.office_codepages import latin
from gateway.documents.reading.office_word_file import FONTS, STYLES, WordFile
from gateway.model import Value

_MAX_STYLES = 4096
_MAX_FONTS = 4096
_MAX_BASES = 11  # Word's own limit for styles that are based on styles

# Single property modifiers: what is asked of a run of letters, and of a paragraph.
_DELETED, _VANISH, _CAPITALS, _PLAIN = 0x0800, 0x083C, 0x083B, 0x2A33
_FONT_LATIN, _FONT_OTHER, _FONT_DEFAULT, _STYLE = 0x4A4F, 0x4A51, 0x4A3D, 0x4A30
_JUSTIFIED, _JUSTIFIED_OLD, _IN_TABLE, _ROW_END = 0x2461, 0x2403, 0x2416, 0x2417
_CENTRE = 1
_LENGTHS = {0: 1, 1: 1, 2: 2, 3: 4, 4: 2, 5: 2, 7: 3}
_TABLE_DEFINITIONS = (0xD608, 0xD606)
_TABS = 0xC615

# Word 6 and 95: numbers of one byte ([Word 6 binary format]); the same names.
_OLD_LENGTHS = {
    2: 2, 16: 2, 17: 2, 18: 2, 19: 2, 20: 4, 21: 2, 22: 2, 26: 2, 27: 2, 28: 2, 30: 2, 38: 2, 39: 2, 40: 2, 41: 2, 42: 2, 43: 2,
    44: 2, 45: 2, 46: 2, 47: 2, 48: 2, 49: 2, 69: 2, 70: 4, 72: 2, 73: 3, 80: 2, 91: 2, 93: 2, 95: 3, 96: 2, 97: 2, 99: 2,
    101: 2, 105: 2, 107: 2, 109: 2, 110: 2,
}  # fmt: skip
_OLD_WITH_OWN_LENGTH = frozenset([3, 15, 23, 68, 74, 81, 83, 103, 108])
_OLD_NAMES = {65: _DELETED, 92: _VANISH, 90: _CAPITALS, 82: _PLAIN, 93: _FONT_OTHER, 80: _STYLE, 5: _JUSTIFIED,
              24: _IN_TABLE, 25: _ROW_END}  # fmt: skip


class Look(Value):
    """What a run of letters looks like; -1 is "as the style has it"."""

    latin: int = -1
    other: int = -1
    unseen: bool = False
    capitals: bool = False
    style: int = -1


_NO_LOOK = Look()


class Shape(Value):
    """What a paragraph looks like."""

    style: int = 0
    centred: bool | None = None
    in_table: bool = False
    row_end: bool = False


class _Style(Value):
    base: int
    look: Look
    centred: bool | None


class Styles:
    """The fonts and styles of one file: bytes of properties in, looks and shapes out."""

    def __init__(self, file: WordFile) -> None:
        self._old = file.is_old
        self.fonts = _fonts(file.stored(FONTS), old=file.is_old)
        self._encodings = [encoding_of_font(name) for name in self.fonts]
        self._default = -1
        self._styles: list[_Style | None] = []
        self._read_styles(file.stored(STYLES))
        self.look = lru_cache(maxsize=4096)(self._look)
        self.shape = lru_cache(maxsize=4096)(self._shape)
        self.encoding = lru_cache(maxsize=4096)(self._encoding)

    def _look(self, properties: bytes, before: Look = _NO_LOOK) -> Look:
        values = dict(_modifiers(properties, self._old))
        if _PLAIN in values:
            before = _NO_LOOK
        default = values.get(_FONT_DEFAULT, -1)
        return Look(
            latin=values.get(_FONT_LATIN, default if default >= 0 else before.latin),
            other=values.get(_FONT_OTHER, default if default >= 0 else before.other),
            unseen=values.get(_VANISH, before.unseen) in (1, 129) or values.get(_DELETED, 0) == 1,
            capitals=values.get(_CAPITALS, before.capitals) in (1, 129),
            style=values.get(_STYLE, before.style),
        )

    def _shape(self, properties: bytes) -> Shape:
        """Of a paragraph's properties: the number of its style comes first."""
        if len(properties) < (1 if self._old else 2):
            return Shape()
        style = properties[0] if self._old else struct.unpack_from("<H", properties)[0]
        values = dict(_modifiers(properties[7 if self._old else 2 :], self._old))
        return Shape(
            style=style,
            centred=_is_centred(values),
            in_table=values.get(_IN_TABLE, 0) == 1,
            row_end=values.get(_ROW_END, 0) == 1,
        )

    def is_centred(self, shape: Shape) -> bool:
        """By itself, or by its style."""
        if shape.centred is not None:
            return shape.centred
        return next((style.centred for style in self._bases(shape.style) if style.centred is not None), False) or False

    def _encoding(self, look: Look, paragraph_style: int) -> tuple[str, bool, bool]:
        """The encoding of the run's font; whether it is unseen; whether it is shown in capitals."""
        looks = [look, *(style.look for number in (look.style, paragraph_style) for style in self._bases(number))]
        other = next((each.other for each in looks if each.other >= 0), self._default)
        plain = next((each.latin for each in looks if each.latin >= 0), self._default)
        encoding = self._encoding_of(other) or self._encoding_of(plain)
        return encoding, any(each.unseen for each in looks), any(each.capitals for each in looks)

    def _encoding_of(self, font: int) -> str:
        return self._encodings[font] if 0 <= font < len(self._encodings) else ""

    def _bases(self, number: int) -> Iterator[_Style]:
        for _ in range(_MAX_BASES):
            style = self._styles[number] if 0 <= number < len(self._styles) else None
            if style is None:
                return
            yield style
            number = style.base

    # --- The style sheet ---

    def _read_styles(self, sheet: bytes) -> None:
        if len(sheet) < 20:
            return
        (header,) = struct.unpack_from("<H", sheet)
        base_size = struct.unpack_from("<H", sheet, 4)[0]
        self._default = struct.unpack_from("<H", sheet, 14)[0] if header >= 14 else -1
        at = 2 + header
        while at + 2 <= len(sheet) and len(self._styles) < _MAX_STYLES:
            (size,) = struct.unpack_from("<H", sheet, at)
            self._styles.append(self._style(sheet[at + 2 : at + 2 + size], base_size))
            at += 2 + size

    def _style(self, std: bytes, base_size: int) -> _Style | None:
        if len(std) < base_size + 2 or base_size < 6:
            return None
        kind_and_base, count = struct.unpack_from("<HH", std, 2)
        (letters,) = struct.unpack_from("<H", std, base_size)
        name_size = 2 + (letters & 0xFF) if self._old else 4 + 2 * letters  # with its length and the zero behind it
        stored = list(_style_properties(std, base_size + name_size, count & 15))
        kind = kind_and_base & 15
        style = _Style(base=kind_and_base >> 4, look=Look(), centred=None)
        if kind == 1 and len(stored) >= 2:
            paragraph, letters_look = stored[0], stored[1]
            centred = _is_centred(dict(_modifiers(paragraph[2:], self._old)))
            return replace(style, look=self._look(letters_look), centred=centred)
        return replace(style, look=self._look(stored[0])) if kind == 2 and stored else style


def _style_properties(std: bytes, at: int, count: int) -> Iterator[bytes]:
    for _ in range(count):
        at += at & 1
        if at + 2 > len(std):
            return
        (size,) = struct.unpack_from("<H", std, at)
        yield std[at + 2 : at + 2 + size]
        at += 2 + size


def _is_centred(values: Mapping[int, int]) -> bool | None:
    found = values.get(_JUSTIFIED, values.get(_JUSTIFIED_OLD))
    return None if found is None else found == _CENTRE


def _modifiers(properties: bytes, old: bool) -> Iterator[tuple[int, int]]:
    """Number and value (of its first two bytes at most) of each modifier."""
    at, end = 0, len(properties)
    while at + (1 if old else 2) <= end:
        if old:
            number = properties[at]
            at += 1
            length = _OLD_LENGTHS.get(number, 1)
            if number in _OLD_WITH_OWN_LENGTH:
                length = 1 + (properties[at] if at < end else 0)
            number = _OLD_NAMES.get(number, 0)
        else:
            (number,) = struct.unpack_from("<H", properties, at)
            at += 2
            length = _LENGTHS.get(number >> 13) or _own_length(properties, at, number)
        yield number, int.from_bytes(properties[at : at + min(length, 2)], "little")
        at += length


def _own_length(properties: bytes, at: int, number: int) -> int:
    if number in _TABLE_DEFINITIONS:
        return 1 + int.from_bytes(properties[at : at + 2], "little")
    length = properties[at] if at < len(properties) else 0
    if number == _TABS and length == 255:
        return len(properties)
    return 1 + length


# --- Fonts --------------------------------------------------------------------------------------------------------------


def _fonts(table: bytes, *, old: bool) -> list[str]:
    names: list[str] = []
    at = 2 if old else 4
    while at < len(table) and len(names) < _MAX_FONTS:
        size = table[at]
        entry = table[at + 1 : at + 1 + size]
        if old:
            names.append(latin(entry[5:].partition(b"\0")[0]))
        else:
            names.append(entry[39:].decode("utf-16-le", "ignore").partition("\0")[0])
        at += 1 + size
    return names
