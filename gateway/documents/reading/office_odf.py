"""OpenDocument XML: paragraphs and spans with fonts and styles, tables, frames.  Pure.

OASIS ODF 1.3 part 3: 5 (paragraphs), 6.1 (white space), 9 (tables), 16 (styles), 19 (attributes).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import chain

from lxml import etree

from gateway.documents.encodings.fonts import encoding_of_font
from gateway.documents.reading.office_lines import Paper
from gateway.model import Value

_ODF = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
OFFICE, TEXT, TABLE, STYLE, DRAW = (_ODF % name for name in ("office", "text", "table", "style", "drawing"))
PRESENTATION = _ODF % "presentation"
_FO, _SVG = _ODF % "xsl-fo-compatible", _ODF % "svg-compatible"
_MAX_BASES = 11
_MAX_REPEATED = 64  # a cell or row that is repeated more often is empty paper
_WHITE = re.compile(r"[ \t\r\n]+")


class Look(Value):
    """What a style says; None is "as its parent has it"."""

    encoding: str | None = None
    unseen: bool | None = None
    capitals: bool | None = None
    centred: bool | None = None
    new_page: bool = False
    parent: tuple[str, str] = ("", "")


class Styles:
    """The styles of a document, from its parts in the order in which they are given."""

    def __init__(self, *roots: etree._Element | None) -> None:
        fonts: dict[str, str] = {}
        self._own: dict[tuple[str, str], Look] = {}
        self._whole: dict[tuple[str, str], Look] = {}
        for root in roots:
            for face in () if root is None else root.iter(STYLE + "font-face"):
                fonts[face.get(STYLE + "name") or ""] = face.get(_SVG + "font-family") or ""
        for root in roots:
            for style in () if root is None else root.iter(STYLE + "style", STYLE + "default-style"):
                key = style.get(STYLE + "family") or "", style.get(STYLE + "name") or ""
                self._own[key] = _look(style, fonts)

    def named(self, family: str, name: str) -> Look:
        """The look of a style with what it takes over from its parents and from the default of its family."""
        key = family, name
        if key not in self._whole:
            look, at = Look(), key
            for _ in range(_MAX_BASES):
                below = self._own.get(at) or self._own.get((family, ""), Look())
                look = over(look, below)
                if at not in self._own or not at[1]:
                    break
                at = below.parent
            self._whole[key] = look
        return self._whole[key]


def over(upper: Look, lower: Look) -> Look:
    """What the upper says, and the lower where it says nothing."""
    return Look(
        encoding=lower.encoding if upper.encoding is None else upper.encoding,
        unseen=lower.unseen if upper.unseen is None else upper.unseen,
        capitals=lower.capitals if upper.capitals is None else upper.capitals,
        centred=lower.centred if upper.centred is None else upper.centred,
        new_page=upper.new_page or lower.new_page,
    )


def _look(style: etree._Element, fonts: dict[str, str]) -> Look:
    letters, shape = style.find(STYLE + "text-properties"), style.find(STYLE + "paragraph-properties")
    encoding = unseen = capitals = None
    if letters is not None:
        name = letters.get(STYLE + "font-name") or ""
        font = letters.get(_FO + "font-family") or fonts.get(name, name)
        encoding = encoding_of_font(font) if font else None
        unseen = {"none": True, "true": False}.get(letters.get(TEXT + "display") or "")
        transform = letters.get(_FO + "text-transform")
        capitals = None if transform is None else transform == "uppercase"
    align = None if shape is None else shape.get(_FO + "text-align")
    return Look(
        encoding=encoding,
        unseen=unseen,
        capitals=capitals,
        centred=None if align is None else align == "center",
        new_page=shape is not None and shape.get(_FO + "break-before") == "page",
        parent=(style.get(STYLE + "family") or "", style.get(STYLE + "parent-style-name") or ""),
    )


class Walk:
    """Goes through a text, a presentation or a spreadsheet and fills the paper."""

    def __init__(self, paper: Paper, styles: Styles, *, rendered: bool = False) -> None:
        self._paper, self._styles, self._rendered = paper, styles, rendered
        self._tables = 0
        self._behind: list[etree._Element] = []

    def over(self, node: etree._Element) -> None:
        """All blocks in an element."""
        for child in node:
            if self._paper.full:
                return
            if (action := _BLOCKS.get(child.tag)) is not None:
                action(self, child)
            elif len(child):
                self.over(child)

    def paragraph(self, node: etree._Element) -> None:
        """One paragraph or heading, then what stands in its frames."""
        look = self._styles.named("paragraph", node.get(TEXT + "style-name") or "")
        if look.new_page and not self._rendered and self._paper.page and self._paper.has_lines:
            self._paper.break_page()
        before, self._behind = self._behind, []
        self._inline(node, look)
        self._paper.end_paragraph(centred=bool(look.centred), in_table=self._tables > 0)
        behind, self._behind = self._behind, before
        for frame in behind:
            self.over(frame)

    def _inline(self, node: etree._Element, look: Look) -> None:
        self._say(node.text, look)
        for child in node:
            tag = child.tag
            if tag == TEXT + "span":
                self._inline(child, over(self._styles.named("text", child.get(TEXT + "style-name") or ""), look))
            elif tag == TEXT + "s":
                count = child.get(TEXT + "c") or "1"
                self._say("\u00a0" * min(int(count), 200) if count.isdecimal() else " ", look)
            elif tag in _LETTERS:
                self._say(_LETTERS[tag], look, plain=True)
            elif tag.startswith(DRAW):
                self._behind.append(child)
            elif tag == TEXT + "soft-page-break":
                self.soft_break(child)
            elif tag not in _UNSEEN:
                self._inline(child, look)
            self._say(child.tail, look)

    def _say(self, text: str | None, look: Look, *, plain: bool = False) -> None:
        if text and not look.unseen:
            self._paper.say(text if plain else _WHITE.sub(" ", text), look.encoding or "", capitals=bool(look.capitals))

    def soft_break(self, _: etree._Element) -> None:
        """Here a page ended when the file was last shown."""
        if self._rendered and self._paper.page:
            self._paper.break_page()

    def table(self, node: etree._Element) -> None:
        """A table; one in a cell of another is part of that cell."""
        self._tables += 1
        self.over(node)
        self._tables -= 1
        if not self._tables:
            self._paper.end_row()

    def row(self, node: etree._Element) -> None:
        """A row."""
        self.over(node)
        if self._tables == 1:
            self._paper.end_row()

    def cell(self, node: etree._Element) -> None:
        """A cell, with its words repeated as often as the file says."""
        repeated = node.get(TABLE + "number-columns-repeated") or "1"
        count = int(repeated) if repeated.isdecimal() and len(node) and len(repeated) < 5 else 1
        for _ in range(count if count <= _MAX_REPEATED else 1):
            self.over(node)
            if self._tables == 1:
                self._paper.end_cell()

    def page(self, node: etree._Element) -> None:
        """A slide of a presentation."""
        if self._paper.has_lines:
            self._paper.break_page()
        self.over(node)

    def skip(self, node: etree._Element) -> None:
        """Nothing of this is to be read."""


_UNSEEN = frozenset(
    chain(
        (OFFICE + name for name in ("annotation", "annotation-end", "event-listeners", "forms")),
        (TEXT + name for name in ("note", "tracked-changes", "hidden-text", "hidden-paragraph", "ruby-text", "sequence-decls")),
        (TEXT + name for name in ("alphabetical-index-mark-start", "user-field-decls", "variable-decls")),
        (_SVG + "title", _SVG + "desc", PRESENTATION + "notes", TABLE + "shapes"),
    )
)
_LETTERS = {TEXT + "tab": "\t", TEXT + "line-break": "\n"}
_BLOCKS: dict[str, Callable[[Walk, etree._Element], None]] = {
    TEXT + "p": Walk.paragraph,
    TEXT + "h": Walk.paragraph,
    TEXT + "soft-page-break": Walk.soft_break,
    TABLE + "table": Walk.table,
    TABLE + "table-row": Walk.row,
    TABLE + "table-cell": Walk.cell,
    TABLE + "covered-table-cell": Walk.skip,
    DRAW + "page": Walk.page,
    **dict.fromkeys(_UNSEEN, Walk.skip),
}
