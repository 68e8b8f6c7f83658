r"""The letters of an RTF file: bytes in the code page of their font, or in the encoding that the font is.  Pure.

[MS-RTF] 2.2: fonts (\fonttbl), \ansicpg, \'hh and \u with its fallback letters (\uc).
"""

from __future__ import annotations

from msgspec.structs import replace

from gateway.documents.encodings.fonts import encoding_of_font
from gateway.documents.reading.office_codepages import CHARSETS, decoded, latin
from gateway.documents.reading.office_lines import Paper
from gateway.model import Value

FONT_TABLE, UNSHOWN = "fonttbl", "sv"  # where the letters of a group go that are no words of the text
_MAX_FONTS = 4096


class State(Value):
    """What a group hands down to the groups in it."""

    destination: str = ""
    font: int = -1
    fallback_letters: int = 1  # \uc: so many letters behind \u are for readers that do not know Unicode
    unseen: bool = False
    capitals: bool = False
    aside: bool = False  # a text box or a page header begins with this group


class _Font(Value):
    page: int = 0  # its code page; 0 is the document's
    encoding: str = ""


_NO_FONT = _Font()


class Letters:
    """Takes bytes and letters in the current state, and writes them on the paper when the state is about to change."""

    def __init__(self) -> None:
        self.paper = Paper()
        self.state = State()
        self.page = 1252  # the document's code page
        self.default_font = 0
        self.to_skip = 0  # fallback letters still to come
        self._high = 0  # first half of a letter beyond 16 bits
        self._bytes = bytearray()  # not decoded yet, all in one font
        self._fonts: dict[int, _Font] = {}
        self._font_name = bytearray()
        self._font_number = self.charset = -1

    def add(self, data: bytes) -> None:
        """Bytes as they stand in the file, or as \'hh names them."""
        if self.to_skip:
            skipped = min(self.to_skip, len(data))
            self.to_skip -= skipped
            data = data[skipped:]
        if self.state.destination == FONT_TABLE:
            self._font_name += data
            if data.endswith(b";"):
                self.end_font()
        elif not self.state.destination:
            self._bytes += data

    def say(self, text: str) -> None:
        """Letters that need no decoding."""
        self.flush()
        if not self.state.destination and not self.state.unseen:
            self.paper.say(text, self._font.encoding, capitals=self.state.capitals)

    def say_unicode(self, value: int) -> None:
        r"""The letter of a \u, a signed number of 16 bits."""
        code = value & 0xFFFF
        self.flush()
        if 0xD800 <= code < 0xDC00:
            self._high = code
        elif 0xDC00 <= code < 0xE000:
            if self._high:
                self.say(chr(0x10000 + ((self._high - 0xD800) << 10) + code - 0xDC00))
            self._high = 0
        else:
            self.say(chr(code))
        self.to_skip = self.state.fallback_letters

    def flush(self) -> None:
        """Decode the bytes that came so far: the font is about to change, or a letter of another kind follows."""
        if not self._bytes:
            return
        data, self._bytes = bytes(self._bytes), bytearray()
        if not self.state.unseen:
            font = self._font
            # A font that is an encoding takes its bytes as they are, whatever character set it claims.
            text = latin(data) if font.encoding else decoded(data, font.page or self.page)
            self.paper.say(text, font.encoding, capitals=self.state.capitals)

    def use_font(self, number: int) -> None:
        r"""\f: of what follows, or the number of the next entry of the font table."""
        if self.state.destination == FONT_TABLE:
            self.end_font()
            self._font_number = number
        else:
            self.state = replace(self.state, font=number)

    def end_font(self) -> None:
        """An entry of the font table is complete."""
        name = latin(bytes(self._font_name)).strip(" ;")
        if name and len(self._fonts) < _MAX_FONTS:
            self._fonts[self._font_number] = _Font(page=CHARSETS.get(self.charset, 0), encoding=encoding_of_font(name))
        self._font_name = bytearray()
        self.charset = -1

    @property
    def _font(self) -> _Font:
        number = self.state.font if self.state.font >= 0 else self.default_font
        return self._fonts.get(number, _NO_FONT)
