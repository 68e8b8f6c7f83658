"""XML of Word in a single file: that of Word 2003, and "flat OPC", a whole package written into one document.  Pure.

Office systems that fill in forms write them, and call them .doc; inside is the same XML as in a DOCX.
"""

from __future__ import annotations

from lxml import etree

from gateway.documents.reading.office_lines import Paper
from gateway.documents.reading.office_pictures import FEW_LETTERS, MANY_BYTES
from gateway.documents.reading.office_word_xml import Walk
from gateway.documents.reading.office_word_xml_styles import NAMESPACES, Styles, namespace_of
from gateway.documents.reading.office_zip import MAX_PART, parsed
from gateway.documents.text import Text, Unreadable

_PKG = "{http://schemas.microsoft.com/office/2006/xmlPackage}"


def read(data: bytes) -> Text:
    """The text of such a file.  Raises Unreadable: "damaged", "too large", "no text layer" (pictures alone)."""
    if len(data) > MAX_PART:
        raise Unreadable("too large")
    try:
        root = parsed(data[max(data.find(b"<"), 0) :] if not data.startswith((b"\xff\xfe", b"\xfe\xff")) else data)
    except (etree.LxmlError, ValueError, LookupError) as error:
        raise Unreadable("damaged") from error
    paper = Paper()
    if root.tag == _PKG + "package":
        _read_package(paper, root)
    else:
        _read_2003(paper, root)
    text = paper.done(pages=paper.page)
    if sum(len(line.text) for line in text.lines) < FEW_LETTERS and len(data) > MANY_BYTES:
        raise Unreadable("no text layer")
    return text


def _read_2003(paper: Paper, root: etree._Element) -> None:
    space = namespace_of(root)
    body = root.find(space + "body")
    if body is None:
        raise Unreadable("damaged")
    Walk(paper, Styles(root.find(space + "styles")), space).over(body)
    paper.end_row()


def _read_package(paper: Paper, root: etree._Element) -> None:
    parts = {str(part.get(_PKG + "name")): part for part in root.iterchildren(_PKG + "part")}
    main = next((part for name, part in parts.items() if name.startswith("/word/document")), None)
    if main is None:
        raise Unreadable("damaged")
    styles = Styles(_content(parts.get("/word/styles.xml")))
    paper.page = 0
    for name in sorted(name for name in parts if name.startswith("/word/header"))[:3]:
        _add(paper, styles, _content(parts[name]))
    paper.page = 1
    _add(paper, styles, _content(main))


def _content(part: etree._Element | None) -> etree._Element | None:
    data = None if part is None else part.find(_PKG + "xmlData")
    return data[0] if data is not None and len(data) else None


def _add(paper: Paper, styles: Styles, root: etree._Element | None) -> None:
    if root is not None:
        rendered = any(next(root.iter(space + "lastRenderedPageBreak"), None) is not None for space in NAMESPACES)
        Walk(paper, styles, namespace_of(root), rendered=rendered).over(root)
        paper.end_row()
