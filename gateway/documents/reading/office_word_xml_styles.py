"""The styles of Word's XML: what a run looks like by itself, by its styles and by default.  Pure.

ECMA-376 part 1: 17.3.2 (run properties), 17.7 (styles).  The XML of Word 2003 has other names for a few attributes.
"""

from __future__ import annotations

from itertools import islice

from lxml import etree

from gateway.documents.encodings.fonts import encoding_of_font
from gateway.model import Value

NAMESPACES = (
    "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}",
    "{http://purl.oclc.org/ooxml/wordprocessingml/main}",
    "{http://schemas.microsoft.com/office/word/2003/wordml}",
)
_MAX_BASES = 11
_OFF = frozenset(["0", "false", "off", "none"])


class Look(Value):
    """What a run says of itself, or what a style says of its runs and paragraphs; None is "as whatever is below"."""

    encoding: str | None = None
    unseen: bool | None = None
    capitals: bool | None = None
    centred: bool | None = None


_PLAIN = Look(encoding="", unseen=False, capitals=False, centred=False)
_NOTHING = Look()


class Styles:
    """The styles of a document, each with what it takes over from those it is based on.

    Word writes some hundred and fifty, and a letter uses three: each is read when it is first asked for.
    """

    def __init__(self, root: etree._Element | None = None) -> None:
        self._looks: dict[str, Look] = {}
        self._styles: dict[str, etree._Element] = {}
        self._space = ""
        self.default = _PLAIN
        self.paragraph = _PLAIN  # of a paragraph that names no style
        if root is None:
            return
        self._space = space = namespace_of(root)
        defaults = root.find(f"{space}docDefaults/{space}rPrDefault/{space}rPr")
        self.default = over(look_of(defaults, space), _PLAIN)
        name = ""
        for style in root.iterchildren(space + "style"):
            key = style.get(space + "styleId") or ""
            self._styles[key] = style
            if (style.get(space + "default") or "0") not in _OFF and style.get(space + "type") == "paragraph":
                name = key
        self.paragraph = over(self.named(name), self.default)

    def named(self, name: str) -> Look:
        """The look of a style; nothing when there is none of that name."""
        if name not in self._styles:
            return _NOTHING
        if name not in self._looks:
            self._looks[name] = self._resolved(name)
        return self._looks[name]

    def _resolved(self, name: str) -> Look:
        look, space = _NOTHING, self._space
        for _ in range(_MAX_BASES):  # a style may be based on itself
            style = self._styles.get(name)
            if style is None:
                break
            look = over(look, over(look_of(style.find(space + "rPr"), space), _shape(style, space)))
            name = value_of(style.find(space + "basedOn"), space)
        return look


def namespace_of(root: etree._Element) -> str:
    """The namespace of Word that a part is written in, in braces."""
    names = [root.tag, *(child.tag for child in islice(root, 8))]
    return next((space for space in NAMESPACES if any(str(name).startswith(space) for name in names)), NAMESPACES[0])


def over(upper: Look, lower: Look) -> Look:
    """What the upper says, and the lower where it says nothing."""
    if upper == _NOTHING:
        return lower
    return Look(
        encoding=lower.encoding if upper.encoding is None else upper.encoding,
        unseen=lower.unseen if upper.unseen is None else upper.unseen,
        capitals=lower.capitals if upper.capitals is None else upper.capitals,
        centred=lower.centred if upper.centred is None else upper.centred,
    )


def look_of(properties: etree._Element | None, space: str) -> Look:
    """What w:rPr says."""
    if properties is None or not len(properties):
        return _NOTHING
    encoding: str | None = None
    unseen = capitals = None
    for each in properties:
        if each.tag == space + "rFonts":
            encoding = _encoding(each, space)
        elif each.tag == space + "vanish":
            unseen = _is_on(each, space)
        elif each.tag == space + "caps":
            capitals = _is_on(each, space)
    if encoding is None and unseen is None and capitals is None:
        return _NOTHING
    return Look(encoding=encoding, unseen=unseen, capitals=capitals)


def _encoding(fonts: etree._Element, space: str) -> str | None:
    """Of the font for letters beyond ASCII, else of the font for ASCII."""
    other = fonts.get(space + "hAnsi") or fonts.get(space + "h-ansi") or ""
    plain = fonts.get(space + "ascii") or ""
    if not other and not plain:
        return None if fonts.get(space + "hAnsiTheme") is None else ""
    return encoding_of_font(other) or encoding_of_font(plain)


def _shape(style: etree._Element, space: str) -> Look:
    return Look(centred=is_centred(style.find(space + "pPr"), space))


def is_centred(properties: etree._Element | None, space: str) -> bool | None:
    """What w:pPr says of it; None when it says nothing."""
    found = None if properties is None else properties.find(space + "jc")
    return None if found is None else found.get(space + "val") == "center"


def _is_on(switch: etree._Element, space: str) -> bool:
    return (switch.get(space + "val") or "1") not in _OFF


def value_of(element: etree._Element | None, space: str) -> str:
    """The w:val of an element, "" without one."""
    return "" if element is None else element.get(space + "val") or ""
