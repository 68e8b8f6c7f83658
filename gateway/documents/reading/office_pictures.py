"""Pictures of whole pages within office files: a scan that somebody pasted into Word.  Pure.

DOCX and ODT keep them as parts of their package; DOC in its data stream or behind the text, as BLIPs ([MS-ODRAW] 2.2.23).
"""

from __future__ import annotations

import posixpath
import re
import struct
from collections.abc import Iterable

from gateway.documents import media
from gateway.documents.compound import Compound
from gateway.documents.picture_size import image_size
from gateway.documents.reading.office_zip import Package, opened
from gateway.documents.text import Unreadable

_LONG, _SHORT = 1000, 700  # pixels: less is no legible page
FEW_LETTERS = 40  # a file of so few, and with such pictures, is a scan in a wrapping
MANY_BYTES = 300_000  # and so is one of so many bytes, whatever kinds of pictures they are
_SMALL = 10_000  # bytes: less is no page either
_MOST = 100
_MAX_STREAM = 64 * 1024 * 1024
_PICTURE_NAME = re.compile(r"\.(?:jpe?g|jpe|jfif|png|tiff?|bmp|gif)$")
_EMBEDDED = re.compile(rb"\br:(?:embed|id|link)=\"([^\"]{1,80})\"")
_RELATION = re.compile(rb"<Relationship\b[^>]*>")
_ATTRIBUTE = re.compile(rb"\b(Id|Target)=\"([^\"]{1,400})\"")
_HREF = re.compile(rb"xlink:href=\"([^\"]{1,400})\"")
_BLIP = re.compile(rb"[\x1d\x1e\x1f\x29\x2a]\xf0(.{4})(.{16,34}?)(?=\xff\xd8\xff|\x89PNG|II\*\0|MM\0\*)", re.DOTALL)


def page_pictures(kind: str, data: bytes) -> tuple[bytes, ...]:
    """The pictures of a DOCX, ODT or DOC that are large enough to be a page, in the order of the document; never raises."""
    try:
        if kind == media.DOC:
            return in_word_file(data)
        with opened(data) as package:
            return in_text_package(package) if kind == media.ODT else in_word_package(package)
    except Unreadable:
        return ()


_MAIN_PART = re.compile(r"word/document\d*\.xml$")


def in_word_package(package: Package) -> tuple[bytes, ...]:
    """Those of a DOCX: in the order in which the text refers to them, then the others."""
    main = next((name for name in package.names if _MAIN_PART.match(name)), "")
    targets = _targets(package.part(f"word/_rels/{posixpath.basename(main)}.rels"))
    used = [targets.get(number, "") for number in _EMBEDDED.findall(package.part(main))]
    return _pages(package, used, "word/media/")


def in_text_package(package: Package) -> tuple[bytes, ...]:
    """Those of an ODT."""
    used = [name.decode("utf-8", "replace").lower() for name in _HREF.findall(package.part("content.xml"))]
    return _pages(package, used, "pictures/")


def _targets(relations: bytes) -> dict[bytes, str]:
    found = (dict(_ATTRIBUTE.findall(relation)) for relation in _RELATION.findall(relations))
    return {
        each[b"Id"]: posixpath.normpath(posixpath.join("word", each[b"Target"].decode("utf-8", "replace"))).lstrip("/").lower()
        for each in found
        if len(each) == 2
    }


def _pages(package: Package, used: Iterable[str], folder: str) -> tuple[bytes, ...]:
    others = sorted((name for name in package.names if name.startswith(folder)), key=lambda name: (len(name), name))
    found: list[bytes] = []
    for name in dict.fromkeys([*used, *others]):
        if len(found) < _MOST and _PICTURE_NAME.search(name) and package.size(name) >= _SMALL:
            picture = package.part(name)
            if _is_page(picture):
                found.append(picture)
    return tuple(found)


def in_word_file(data: bytes) -> tuple[bytes, ...]:
    """Those of a DOC, in the order in which they are stored."""
    found: dict[bytes, None] = {}
    try:
        with Compound(data) as container:
            for name in ("Data", "WordDocument"):
                if container.exists(name) and container.get_size(name) <= _MAX_STREAM:
                    found.update(dict.fromkeys(_blips(container.openstream(name).read())))
    except Exception:  # noqa: BLE001 - olefile raises whatever struct, io and its own checks raise; no pictures then
        return ()
    return tuple(found)[:_MOST]


def _blips(stream: bytes) -> list[bytes]:
    pictures: list[bytes] = []
    at = 0
    while (blip := _BLIP.search(stream, at)) is not None and len(pictures) < _MOST:
        end = blip.start() + 6 + struct.unpack("<I", blip[1])[0]
        picture = stream[blip.end() : end]
        at = blip.end()
        if _is_page(picture):
            pictures.append(picture)
            at = max(min(end, len(stream)), at)
    return pictures


def _is_page(picture: bytes) -> bool:
    width, height = image_size(picture)
    return len(picture) >= _SMALL and max(width, height) >= _LONG and min(width, height) >= _SHORT
