"""Slides: PPTX, ODP and the binary PPT.  Pure.

A presentation is hardly ever an issuance, but it cites many, and a page of a document is pasted into it now and then.
ECMA-376 part 1, sections 19 and 21; ODF 1.3 part 3, section 10; [MS-PPT] 2.3 and 2.9.
"""

from __future__ import annotations

import posixpath
import re
import struct
from collections.abc import Iterator

from lxml import etree

from gateway.documents.compound import Compound
from gateway.documents.encodings.fonts import encoding_of_font
from gateway.documents.reading import odt
from gateway.documents.reading.office_codepages import latin
from gateway.documents.reading.office_lines import Paper
from gateway.documents.reading.office_odf import OFFICE, Styles, Walk
from gateway.documents.reading.office_zip import Package, opened
from gateway.documents.text import Text, Unreadable

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_A_STRICT = "{http://purl.oclc.org/ooxml/drawingml/main}"
_SLIDE = re.compile(r"ppt/slides/slide(\d+)\.xml$")
_RELATION = re.compile(rb"<Relationship\b[^>]*>")
_ATTRIBUTE = re.compile(rb"\b(Id|Target)=\"([^\"]{1,400})\"")
_IN_ORDER = re.compile(rb"<[^<>]*\bsldId\b[^>]*?\br:id=\"([^\"]{1,80})\"")
_MAX_SLIDES = 400


def read(data: bytes) -> Text:
    """The text of slides.  Raises Unreadable: "damaged", "password", "too large"."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        return _read_ppt(data)
    with opened(data) as package:
        return _read_odp(package) if "content.xml" in package.names else _read_pptx(package)


def _read_odp(package: Package) -> Text:
    content, styles = odt.parts(package)
    body = content.find(f"{OFFICE}body/{OFFICE}presentation")
    if body is None:
        raise Unreadable("damaged")
    paper = Paper()
    Walk(paper, Styles(styles, content)).over(body)
    return paper.done(pages=paper.page)


# --- PPTX -------------------------------------------------------------------------------------------------------------


def _read_pptx(package: Package) -> Text:
    slides = _slides(package)
    if not slides:
        raise Unreadable("damaged")
    paper = Paper()
    for number, name in enumerate(slides[:_MAX_SLIDES], 1):
        root = package.tree(name)
        paper.page = number
        if root is not None and root.get("show") not in ("0", "false") and not paper.full:
            for paragraph in root.iter(_A + "p", _A_STRICT + "p"):
                _add(paper, paragraph, _A if paragraph.tag.startswith(_A) else _A_STRICT)
    signatures = sum(1 for name in package.names if name.startswith("_xmlsignatures/sig"))
    return paper.done(pages=len(slides), signatures=signatures)


def _slides(package: Package) -> list[str]:
    """The names of the slides in the order in which they are shown; by their numbers when that is not told."""
    found = (dict(_ATTRIBUTE.findall(each)) for each in _RELATION.findall(package.part("ppt/_rels/presentation.xml.rels")))
    targets = {each[b"Id"]: each[b"Target"].decode("utf-8", "replace") for each in found if len(each) == 2}
    order = [targets.get(number, "") for number in _IN_ORDER.findall(package.part("ppt/presentation.xml"))]
    names = [posixpath.normpath(posixpath.join("/ppt", target)).lstrip("/").lower() for target in order]
    known = set(package.names)
    numbered = sorted((int(match[1]), name) for name in known if (match := _SLIDE.match(name)))
    return [name for name in names if name in known] or [name for _, name in numbered]


def _add(paper: Paper, paragraph: etree._Element, space: str) -> None:
    for run in paragraph.iterchildren(space + "r", space + "fld", space + "br"):
        if run.tag == space + "br":
            paper.say("\n")
            continue
        look = run.find(space + "rPr")
        font = None if look is None else look.find(space + "latin")
        encoding = "" if font is None else encoding_of_font(font.get("typeface") or "")
        capitals = look is not None and look.get("cap") == "all"
        paper.say(run.findtext(space + "t") or "", encoding, capitals=capitals)
    shape = paragraph.find(space + "pPr")
    paper.end_paragraph(centred=shape is not None and shape.get("algn") == "ctr")


# --- PPT --------------------------------------------------------------------------------------------------------------

_WIDE_TEXT, _NARROW_TEXT, _SLIDE_RECORD = 4000, 4008, 1006
_NOT_SHOWN = frozenset([1008, 1016, 4041, 0x0FC9])  # notes, masters, handouts
_CRYPTED, _TOKEN_OF_CRYPTED = 0x2F14, b"\xdf\xc4\xd1\xf3"
_MAX_STREAM = 64 * 1024 * 1024
_MAX_RECORDS = 500_000


def _read_ppt(data: bytes) -> Text:
    try:
        with Compound(data) as container:
            user: bytes = container.openstream("Current User").read() if container.exists("Current User") else b""
            if container.get_size("PowerPoint Document") > _MAX_STREAM:
                raise Unreadable("too large")
            stream: bytes = container.openstream("PowerPoint Document").read()
    except Unreadable:
        raise
    except Exception as error:  # olefile raises whatever struct, io and its own checks raise
        raise Unreadable("damaged") from error
    if user[12:16] == _TOKEN_OF_CRYPTED:
        raise Unreadable("password")
    paper = Paper()
    slides, seen = 0, set()
    for kind, content in _records(stream):
        if kind == _CRYPTED:
            raise Unreadable("password")
        if kind == _SLIDE_RECORD:
            slides += 1
            paper.page = slides
        elif kind in (_WIDE_TEXT, _NARROW_TEXT) and content not in seen and not paper.full:
            seen.add(content)  # outline and slide both hold a title; each way of saving leaves older copies
            text = content.decode("utf-16-le", "replace") if kind == _WIDE_TEXT else latin(content)
            for piece in text.replace("\v", "\n").split("\r"):
                paper.say(piece)
                paper.end_paragraph()
    return paper.done(pages=slides)


def _records(stream: bytes) -> Iterator[tuple[int, bytes]]:
    """[MS-PPT] 2.3.1: atoms with their bytes; containers are entered, so their content comes next."""
    at = 0
    for _ in range(_MAX_RECORDS):
        if at + 8 > len(stream):
            return
        version, kind, length = struct.unpack_from("<HHI", stream, at)
        at += 8
        if version & 15 == 15 and kind not in _NOT_SHOWN:
            yield kind, b""
            continue
        yield kind, stream[at : at + length] if kind in (_WIDE_TEXT, _NARROW_TEXT) else b""
        at += length
