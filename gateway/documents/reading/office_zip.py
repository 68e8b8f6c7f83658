"""The ZIP packages of office formats, opened within limits: entries, size, ratio, no passwords; parts as bytes or XML.  Pure.

A part of a few kilobytes can unpack to gigabytes, and a few lines of XML to billions of laughs.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lxml import etree

from gateway.documents.text import Unreadable

MAX_PART = 64 * 1024 * 1024  # one part, unpacked
_MAX_ALL = 192 * 1024 * 1024  # all parts that are looked at
_MAX_ENTRIES = 5000
_MAX_RATIO = 250  # unpacked to packed, above a megabyte
_LOCKED = 0x1
_PIECE = 64 * 1024  # that is unpacked at a time
_XML = etree.XMLParser  # made anew for each part: a parser that has failed keeps what it failed with


class Package:
    """An open package.  Names are compared as Windows does: without case, and with either slash."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        infos = archive.infolist()
        if len(infos) > _MAX_ENTRIES:
            raise Unreadable("too large")
        if any(info.flag_bits & _LOCKED for info in infos):
            raise Unreadable("password")
        self._archive = archive
        self._infos = {info.filename.replace("\\", "/").lstrip("/").lower(): info for info in infos}
        self._left = _MAX_ALL

    @property
    def names(self) -> list[str]:
        """The names of all parts, in small letters."""
        return list(self._infos)

    def size(self, name: str) -> int:
        """Bytes of a part as the directory has it; 0 when there is no such part."""
        info = self._infos.get(name.lower())
        return info.file_size if info else 0

    def written(self, name: str) -> str:
        """The name of a part as the package has it."""
        return self._infos[name.lower()].filename

    def beginning(self, name: str, most: int, enough: Callable[[bytes], bool]) -> bytes:
        """So much of a part that there is enough of it, ``most`` bytes at most: no more is unpacked.  Raises Unreadable."""
        info = self._checked(name)
        if info is None:
            return b""
        content, most = b"", min(most, self._left)
        with self._archive.open(info) as entry:
            while len(content) < most and not enough(content) and (piece := entry.read(_PIECE)):
                content += piece
        self._left -= len(content)
        return content

    def part(self, name: str) -> bytes:
        """The bytes of a part; b"" when there is no such part.  Raises Unreadable ("too large")."""
        info = self._checked(name)
        if info is None:
            return b""
        most = min(MAX_PART, self._left)
        with self._archive.open(info) as entry:
            content = entry.read(most + 1)  # the size in the directory may lie
        if len(content) > most:
            raise Unreadable("too large")
        self._left -= len(content)
        return content

    def _checked(self, name: str) -> zipfile.ZipInfo | None:
        info = self._infos.get(name.lower())
        if info is not None:
            packed = max(info.compress_size, 1)
            if info.file_size > MAX_PART or (info.file_size > 1 << 20 and info.file_size > _MAX_RATIO * packed):
                raise Unreadable("too large")
        return info

    def tree(self, name: str) -> etree._Element | None:
        """A part as XML; None when there is no such part."""
        content = self.part(name)
        return parsed(content) if content else None


@contextmanager
def opened(data: bytes) -> Iterator[Package]:
    """The package, for a "with"; whatever zipfile or lxml raise in it becomes Unreadable ("damaged")."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield Package(archive)
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        etree.LxmlError,
        ValueError,
        OSError,
        EOFError,
        NotImplementedError,
        RuntimeError,
        LookupError,
    ) as error:
        raise Unreadable("damaged") from error


def parsed(content: bytes) -> etree._Element:
    """XML without entities, files or network.  Raises etree.LxmlError, and Unreadable ("damaged") for nothing at all."""
    parser = _XML(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, remove_comments=True, remove_pis=True
    )
    root = etree.fromstring(content, parser=parser)
    if root is None:
        raise Unreadable("damaged")
    return root
