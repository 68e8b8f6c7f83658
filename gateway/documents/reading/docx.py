"""DOCX, DOCM and DOTX: paragraphs, tables, text boxes and page headers, by zip and lxml, with limits against bombs.  Pure.

Ten times faster than python-docx, and it sees what that library leaves out: text boxes (numbers and stamps sit in them), the
watermark "DỰ THẢO", and fonts that are encodings.  ECMA-376 part 1, section 17; part 2 for the package.
"""

from __future__ import annotations

import re

from gateway.documents.reading.office_lines import Paper
from gateway.documents.reading.office_pictures import FEW_LETTERS, MANY_BYTES, in_word_package
from gateway.documents.reading.office_word_xml import Walk
from gateway.documents.reading.office_word_xml_styles import Styles, namespace_of
from gateway.documents.reading.office_zip import Package, opened, parsed
from gateway.documents.text import Text, Unreadable

_MAIN = re.compile(r"word/document\d*\.xml$")
_MAIN_OVERRIDE = re.compile(
    rb"<Override[^>]*?(?:PartName=\"/?([^\"]+)\"[^>]*?document\.main\+xml|(?:document|template)\.main\+xml\"[^>]*?PartName=\"/?([^\"]+)\")"
)
_STYLE_ENDS = b"</w:style>"
_HEADER = re.compile(r"word/header\d*\.xml$")


def read(data: bytes) -> Text:
    """The text of a DOCX.  Raises Unreadable: "damaged", "password", "too large", "no text layer" (page pictures alone)."""
    with opened(data) as package:
        return _read(package)


def _read(package: Package) -> Text:
    names = package.names
    main = package.part(_main_name(package))
    if not main:
        raise Unreadable("damaged")
    paper = Paper()
    styles = _styles(package)
    paper.page = 0
    for name in sorted(filter(_HEADER.match, names))[:3]:
        _add(paper, styles, package.part(name))
    paper.page = 1
    _add(paper, styles, main)
    signatures = sum(1 for name in names if name.startswith("_xmlsignatures/sig"))
    text = paper.done(pages=paper.page, signatures=signatures)
    if sum(len(line.text) for line in text.lines) < FEW_LETTERS:
        pictures = in_word_package(package)
        if pictures or sum(package.size(name) for name in names if name.startswith("word/media/")) > MANY_BYTES:
            raise Unreadable("no text layer", pages=len(pictures), signatures=signatures)
    return text


def _styles(package: Package) -> Styles:
    """Without what no paragraph or run names: four hundred names in a list, and styles of tables, nine tenths of it."""
    content = package.part("word/styles.xml")
    before, begins, rest = content.partition(b"<w:latentStyles")
    _, ends, behind = rest.partition(b"</w:latentStyles>")
    used = before + behind if begins and ends else content
    used = _STYLE_ENDS.join(piece for piece in used.split(_STYLE_ENDS) if not _is_of_table(piece))
    return Styles(parsed(used) if used else None)


def _is_of_table(style: bytes) -> bool:
    tag, _, _ = style.lstrip().partition(b">")
    return tag.startswith(b"<w:style ") and b' w:type="table"' in tag and not tag.endswith(b"/")


def _main_name(package: Package) -> str:
    usual = next(filter(_MAIN.match, package.names), "")
    if usual:
        return usual
    found = _MAIN_OVERRIDE.search(package.part("[Content_Types].xml"))
    return (found[1] or found[2]).decode("utf-8", "replace") if found else ""


def _add(paper: Paper, styles: Styles, content: bytes) -> None:
    root = parsed(content)
    rendered = b"lastRenderedPageBreak" in content
    Walk(paper, styles, namespace_of(root), rendered=rendered).over(root)
    paper.end_row()
