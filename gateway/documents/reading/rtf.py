r"""RTF: its words with the fonts they are in, by an own tolerant reader.  Pure.

Rich Text Format 1.9.1 ([MS-RTF]).  Libraries give the words without the fonts, and the fonts of old Vietnamese files are
the encoding: the same byte is another letter in .VnTime, VNI-Times and Times New Roman.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec.structs import replace

from gateway.documents.reading.office_pictures import FEW_LETTERS
from gateway.documents.reading.office_rtf_letters import FONT_TABLE, UNSHOWN, Letters, State
from gateway.documents.text import Text, Unreadable

_TOKEN = re.compile(
    rb"[\r\n\x00]+|([^\\{}\r\n\x00]+)|\\([A-Za-z]{1,40})(-?\d{1,10})? ?|\\'([0-9A-Fa-f]{2})|([{}])|\\([^A-Za-z])", re.DOTALL
)
_BRACE = re.compile(rb"\\bin(\d{1,9}) ?|\\[\\{}]|[{}]")
_MAX_TOKENS = 4_000_000
_MAX_DEPTH = 2000
_LARGE_PICTURE = 60_000  # bytes as they stand in the file: two hexadecimal digits for one

_SKIPPED = frozenset([
    "annotation", "atnauthor", "atnid", "author", "background", "bkmkend", "bkmkstart", "buptim", "category",
    "colorschememapping", "colortbl", "comment", "company", "creatim", "datafield", "datastore", "doccomm", "falt", "filetbl",
    "fldinst", "footer", "footerf", "footerl", "footerr", "footnote", "formfield", "ftncn", "ftnsep", "ftnsepc", "generator",
    "info", "keywords", "latentstyles", "listoverridetable", "listtable", "manager", "mmathPr", "nextfile", "nonshppict",
    "objdata", "operator", "panose", "pict", "printim", "private", "revtbl", "revtim", "rsidtbl", "rxe", "shprslt", "sn",
    "stylesheet", "subject", "tc", "template", "themedata", "title", "txe", "userprops", "xe", "xmlnstbl",
])  # fmt: skip
_SEEN_THOUGH_STARRED = frozenset(["shpinst", "do"])
_ASIDE = frozenset(["shptxt", "dptxbxtext", "header", "headerf", "headerl", "headerr"])  # stand beside the paragraph
_LETTERS = {
    "tab": "\t", "line": "\n", "lbr": "\n", "softline": "\n", "emdash": "—", "endash": "–", "bullet": "•", "lquote": "‘",
    "rquote": "’", "ldblquote": "“", "rdblquote": "”", "emspace": " ", "enspace": " ", "qmspace": " ",
}  # fmt: skip
_SYMBOLS = {b"~": "\u00a0", b"_": "-", b"\t": "\t", b"\\": "\\", b"{": "{", b"}": "}"}


def read(data: bytes) -> Text:
    """The text of an RTF file.  Raises Unreadable: "damaged", "too deep", "no text layer" (pictures alone)."""
    start = data.find(b"{\\rtf", 0, 1024)
    if start < 0:
        raise Unreadable("damaged")
    return _Reader(data, start).read()


class _Reader:
    def __init__(self, data: bytes, start: int) -> None:
        self.data = data
        self.at = start
        self.letters = Letters()
        self.paper = self.letters.paper
        self.stack: list[State] = []
        self.starred = False
        self.centred = self.in_table = False
        self.largest_picture = 0

    def read(self) -> Text:
        match, end = _TOKEN.match, len(self.data)
        for _ in range(_MAX_TOKENS):
            token = match(self.data, self.at) if self.at < end else None
            if token is None or self.paper.full:
                break
            self.at = token.end()
            if token.lastindex:
                self.take(token, token.lastindex)
                if not self.stack:
                    break
        return self.done()

    def take(self, token: re.Match[bytes], kind: int) -> None:
        if kind == 1:
            self.letters.add(token[1])
        elif kind in (2, 3):
            self.word(token[2].decode("ascii"), None if token[3] is None else int(token[3]))
        elif kind == 4:
            self.letters.add(bytes([int(token[4], 16)]))
        elif kind == 6:
            self.symbol(token[6])
        elif token[5] == b"{":
            self.open_group()
        else:
            self.close_group()

    def done(self) -> Text:
        self.letters.flush()
        text = self.paper.done(pages=self.paper.page)
        if self.largest_picture > _LARGE_PICTURE and sum(len(line.text) for line in text.lines) < FEW_LETTERS:
            raise Unreadable("no text layer")
        return text

    # --- Groups -------------------------------------------------------------------------------------------------------

    def open_group(self) -> None:
        self.letters.flush()
        if len(self.stack) >= _MAX_DEPTH:
            raise Unreadable("too deep")
        self.stack.append(self.letters.state)
        if self.letters.state.aside:
            self.set_state(aside=False)
        self.letters.to_skip = 0

    def close_group(self) -> None:
        self.letters.flush()
        if self.letters.state.aside:
            self.paper.end_aside()
        if self.letters.state.destination == FONT_TABLE:
            self.letters.end_font()
        self.letters.state = self.stack.pop()
        self.letters.to_skip, self.starred = 0, False

    def skip_group(self, word: str) -> None:
        """Go to the brace that ends this group; pictures are megabytes of digits."""
        begin, depth = self.at, 1
        while depth:
            found = _BRACE.search(self.data, self.at)
            if found is None:
                self.at = len(self.data)
                break
            self.at = found.end() + int(found[1] or 0)
            depth += {b"{": 1, b"}": -1}.get(found[0], 0)
        else:
            self.at -= 1
        if word == "pict":
            self.largest_picture = max(self.largest_picture, self.at - begin)

    # --- Words --------------------------------------------------------------------------------------------------------

    def word(self, name: str, value: int | None) -> None:
        if name in _SKIPPED or (self.starred and name not in _SEEN_THOUGH_STARRED):
            self.starred = False
            self.skip_group(name)
            return
        self.starred = False
        if name in _LETTERS:
            self.letters.say(_LETTERS[name])
        elif name in _ASIDE:
            self.letters.flush()
            self.paper.begin_aside(page=0 if name.startswith("header") else None)
            self.set_state(aside=True)
        elif (effect := _EFFECTS.get(name)) is not None:
            self.letters.flush()
            effect(self, 1 if value is None else value)

    def symbol(self, sign: bytes) -> None:
        if sign == b"*":
            self.starred = True
        elif sign in b"\r\n":
            self.letters.flush()
            self.end_paragraph(1)
        elif sign in _SYMBOLS:
            self.letters.say(_SYMBOLS[sign])

    def set_state(self, **changes: str | int) -> None:
        self.letters.state = replace(self.letters.state, **changes)

    def end_paragraph(self, _: int) -> None:
        self.paper.end_paragraph(centred=self.centred, in_table=self.in_table)

    def break_page(self, _: int) -> None:
        self.paper.end_paragraph(centred=self.centred)
        self.paper.break_page()

    def plain_paragraph(self, _: int) -> None:
        self.centred = self.in_table = False

    def align(self, centred: bool) -> None:
        self.centred = centred

    def into_table(self, _: int) -> None:
        self.in_table = True

    def skip_bytes(self, count: int) -> None:
        self.at += max(count, 0)

    def use(self, name: str, number: int) -> None:
        setattr(self.letters, name, number)


_Effect = Callable[[_Reader, int], None]
_EFFECTS: dict[str, _Effect] = {
    "ansicpg": lambda reader, page: reader.use("page", page),
    "deff": lambda reader, number: reader.use("default_font", number),
    "fcharset": lambda reader, charset: reader.use("charset", charset),
    "fonttbl": lambda reader, _: reader.set_state(destination=FONT_TABLE),
    "sv": lambda reader, _: reader.set_state(destination=UNSHOWN),  # the value of a drawing's property
    "f": lambda reader, number: reader.letters.use_font(number),
    "u": lambda reader, value: reader.letters.say_unicode(value),
    "uc": lambda reader, count: reader.set_state(fallback_letters=min(max(count, 0), 16)),
    "plain": lambda reader, _: reader.set_state(font=-1, unseen=False, capitals=False),
    "v": lambda reader, value: reader.set_state(unseen=value != 0),
    "deleted": lambda reader, value: reader.set_state(unseen=value != 0),
    "caps": lambda reader, value: reader.set_state(capitals=value != 0),
    "qc": lambda reader, _: reader.align(True),
    "ql": lambda reader, _: reader.align(False),
    "qr": lambda reader, _: reader.align(False),
    "qj": lambda reader, _: reader.align(False),
    "pard": _Reader.plain_paragraph,
    "intbl": _Reader.into_table,
    "par": _Reader.end_paragraph,
    "nestcell": _Reader.end_paragraph,
    "cell": lambda reader, _: reader.paper.end_cell(centred=reader.centred),
    "row": lambda reader, _: reader.paper.end_row(),
    "page": _Reader.break_page,
    "sect": _Reader.break_page,
    "bin": _Reader.skip_bytes,
}
