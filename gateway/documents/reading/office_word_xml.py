"""The XML of Word, in all its namespaces: paragraphs, runs, tables, text boxes and revisions, written on the paper.  Pure.

ECMA-376 part 1: 17.3 (paragraphs and runs), 17.4 (tables), 17.13.5 (revisions).
"""

from __future__ import annotations

from collections.abc import Callable

from lxml import etree

from gateway.documents.reading.office_lines import Paper
from gateway.documents.reading.office_word_xml_styles import Styles, is_centred, look_of, over, value_of

_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_TEXT_PATH = "{urn:schemas-microsoft-com:vml}textpath"
_DELETION = "{http://schemas.microsoft.com/aml/2001/core}annotation"


class Walk:
    """Goes through one part and fills the paper.  ``rendered`` when the part tells where pages ended as it was last shown."""

    def __init__(self, paper: Paper, styles: Styles, space: str, *, rendered: bool = False) -> None:
        self._paper, self._styles, self._space, self._rendered = paper, styles, space, rendered
        self._actions = {space + name: action for name, action in _ACTIONS.items()} | _OTHER_ACTIONS
        self._letters = {space + name: letter for name, letter in _LETTERS.items()}
        self._base = styles.paragraph  # of the paragraph that is being read
        self._tables = 0
        self._behind: list[etree._Element] = []  # text boxes and watermarks of this paragraph
        self._words = False
        self._breaks = 0

    def over(self, node: etree._Element) -> None:
        """All that lies in an element."""
        for child in node:
            if (action := self._actions.get(child.tag)) is not None:
                action(self, child)
            elif len(child):
                self.over(child)
            if self._paper.full:
                return

    def paragraph(self, node: etree._Element) -> None:
        """One paragraph, then what stands in its text boxes."""
        space, before = self._space, (self._base, self._behind)
        properties = node.find(space + "pPr")
        self._base, self._behind = self._styles.paragraph, []
        if properties is not None and (name := value_of(properties.find(space + "pStyle"), space)):
            self._base = over(self._styles.named(name), self._styles.default)
        centred = is_centred(properties, space)
        centred = bool(self._base.centred if centred is None else centred)
        self._words = False
        self.over(node)
        self._paper.end_paragraph(centred=centred, in_table=self._tables > 0)
        self._turn_pages()
        (self._base, behind_of_outer), behind = before, self._behind
        for box in behind:
            self._behind = []
            if box.tag == _TEXT_PATH:
                self._paper.say(box.get("string") or "")
                self._paper.end_paragraph(in_table=self._tables > 0)
            else:
                self.over(box)
        self._behind = behind_of_outer

    def run(self, node: etree._Element) -> None:
        """One run of letters of one look."""
        space, look = self._space, self._base
        properties = node.find(space + "rPr")
        if properties is not None and len(properties):
            if (style := properties.find(space + "rStyle")) is not None:
                look = over(self._styles.named(value_of(style, space)), look)
            look = over(look_of(properties, space), look)
        if look.unseen:
            return
        encoding, capitals = look.encoding or "", bool(look.capitals)
        text = space + "t"
        for child in node:
            if child.tag == text:
                if child.text:
                    self._paper.say(child.text, encoding, capitals=capitals)
                    self._words = True
            elif (letter := self._letters.get(child.tag)) is not None:
                self._paper.say(letter)
            elif (action := self._actions.get(child.tag)) is not None:
                action(self, child)
            elif len(child):
                self.over(child)

    def line_break(self, node: etree._Element) -> None:
        """w:br: of a line, of a column or of a page."""
        if node.get(self._space + "type") != "page":
            self._paper.say("\n")
        elif not self._rendered:
            self.break_page()

    def break_page(self) -> None:
        """A page ends here: at once when the paragraph has no words yet, else behind it."""
        self._breaks += 1
        if not self._words:
            self._turn_pages()

    def rendered_break(self, _: etree._Element) -> None:
        """Here a page ended when the file was last shown."""
        if self._rendered:
            self.break_page()

    def _turn_pages(self) -> None:
        if self._paper.page:
            for _ in range(self._breaks):
                self._paper.break_page()
        self._breaks = 0

    def behind(self, node: etree._Element) -> None:
        """A text box or watermark: its words come when the paragraph is over."""
        self._behind.append(node)

    def table(self, node: etree._Element) -> None:
        """A table; one in a cell of another is part of that cell."""
        self._tables += 1
        self.over(node)
        self._tables -= 1
        if not self._tables:
            self._paper.end_row()

    def cell(self, node: etree._Element) -> None:
        """A cell."""
        self.over(node)
        if self._tables == 1:
            self._paper.end_cell()

    def row(self, node: etree._Element) -> None:
        """A row."""
        self.over(node)
        if self._tables == 1:
            self._paper.end_row()

    def page_header(self, node: etree._Element) -> None:
        """w:hdr within a part: so Word 2003 keeps them."""
        before, self._paper.page = self._paper.page, 0
        self.over(node)
        self._paper.page = before

    def annotation(self, node: etree._Element) -> None:
        """A revision of Word 2003; deleted words are gone."""
        if not any(str(value).endswith("Deletion") for value in node.attrib.values()):
            self.over(node)

    def skip(self, node: etree._Element) -> None:
        """Nothing of this is to be read."""


_Action = Callable[[Walk, etree._Element], None]
_ACTIONS: dict[str, _Action] = {
    "p": Walk.paragraph,
    "r": Walk.run,
    "br": Walk.line_break,
    "lastRenderedPageBreak": Walk.rendered_break,
    "txbxContent": Walk.behind,
    "tbl": Walk.table,
    "tr": Walk.row,
    "tc": Walk.cell,
    "hdr": Walk.page_header,
    "t": Walk.skip,
    **dict.fromkeys(("rPr", "pPr", "del", "moveFrom", "ftr", "instrText", "delText", "binData", "tblPr", "tcPr"), Walk.skip),
}
_OTHER_ACTIONS: dict[str, _Action] = {_FALLBACK: Walk.skip, _TEXT_PATH: Walk.behind, _DELETION: Walk.annotation}
_LETTERS = {"tab": "\t", "ptab": "\t", "noBreakHyphen": "-", "cr": "\n"}
