"""ODT, the text format of LibreOffice, packed and flat (.fodt).  Pure.

OASIS ODF 1.3: part 2 for the package and its encryption, part 3 for the text.
"""

from __future__ import annotations

from lxml import etree

from gateway.documents.reading.office_lines import Paper
from gateway.documents.reading.office_odf import OFFICE, STYLE, TEXT, Styles, Walk
from gateway.documents.reading.office_pictures import FEW_LETTERS, MANY_BYTES, in_text_package
from gateway.documents.reading.office_zip import MAX_PART, Package, opened, parsed
from gateway.documents.text import Text, Unreadable


def read(data: bytes) -> Text:
    """The text of an ODT.  Raises Unreadable: "damaged", "password", "too large", "no text layer" (page pictures alone)."""
    if not data.startswith(b"PK"):
        return _read_flat(data)
    with opened(data) as package:
        content, styles = parts(package)
        signatures = package.part("META-INF/documentsignatures.xml").count(b":Signature ")
        text = _read(content, styles, signatures)
        if _hardly_any(text) and (pictures := in_text_package(package)):
            raise Unreadable("no text layer", pages=len(pictures), signatures=signatures)
        return text


def parts(package: Package) -> tuple[etree._Element, etree._Element | None]:
    """Content and styles of an OpenDocument package.  Raises Unreadable: "password", "damaged"."""
    if b"encryption-data" in package.part("META-INF/manifest.xml"):
        raise Unreadable("password")
    content = package.tree("content.xml")
    if content is None:
        raise Unreadable("damaged")
    return content, package.tree("styles.xml")


def _read_flat(data: bytes) -> Text:
    if len(data) > MAX_PART:
        raise Unreadable("too large")
    try:
        root = parsed(data)
    except (etree.LxmlError, ValueError, LookupError) as error:
        raise Unreadable("damaged") from error
    text = _read(root, root, 0)
    if _hardly_any(text) and len(data) > MANY_BYTES:
        raise Unreadable("no text layer")
    return text


def _hardly_any(text: Text) -> bool:
    return sum(len(line.text) for line in text.lines) < FEW_LETTERS


def _read(content: etree._Element, styles: etree._Element | None, signatures: int) -> Text:
    body = content.find(f"{OFFICE}body/{OFFICE}text")
    if body is None:
        raise Unreadable("damaged")
    paper = Paper()
    looks = Styles(styles, *(() if content is styles else (content,)))
    rendered = next(body.iter(TEXT + "soft-page-break"), None) is not None
    walk = Walk(paper, looks, rendered=rendered)
    paper.page = 0
    master = None if styles is None else styles.find(f"{OFFICE}master-styles")
    for header in () if master is None else master.iter(STYLE + "header", STYLE + "header-first"):
        walk.over(header)
    paper.page = 1
    walk.over(body)
    return paper.done(pages=paper.page, signatures=signatures)
