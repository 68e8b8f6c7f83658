"""XML from strangers as a small tree of names and texts; the contents of attachments are decoded on the way.  Pure.

Expat reads block by block and keeps nothing: a package of 50 MB costs its own bytes and those of its files, not five times as
much.  Names are local names: what prefix or namespace a sender uses is not asked.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from xml.parsers import expat

from gateway.errors import UnreadablePackage

MAX_PACKAGE_BYTES = 200 * 1024 * 1024
_MAX_TEXT = 8 * 1024 * 1024  # of all elements but the contents of attachments
_MAX_ELEMENTS = 100_000
_MAX_DEPTH = 64
_BLOCK = 64 * 1024
_CONTENT = "ContentTransferEncoded"
_SIGNATURE = "Signature"
_BOM = b"\xef\xbb\xbf"
_SPACE = re.compile(r"\s+")


class Node:
    """One element: its local name, its own text, its children."""

    __slots__ = ("children", "content", "name", "texts")

    def __init__(self, name: str) -> None:
        self.name = name
        self.texts: list[str] = []
        self.children: list[Node] = []
        self.content: Base64 | None = None  # of an attachment

    def all(self, name: str) -> Iterator[Node]:
        """This element and all below it that have this name, in order."""
        if self.name == name:
            yield self
        for child in self.children:
            yield from child.all(name)

    def children_named(self, name: str) -> Iterator[Node]:
        """The children of this name."""
        return (child for child in self.children if child.name == name)

    def child(self, name: str) -> Node | None:
        """The first child of this name."""
        return next(self.children_named(name), None)

    def whole(self) -> str:
        """All text in it, without the space around it."""
        inner = [child.whole() for child in self.children]
        return "".join([*self.texts, *inner]).strip()


class Base64:
    """Decodes base64 as it comes in; the alphabet is checked: a forgotten place-holder must not be taken for a file."""

    __slots__ = ("_carry", "_data", "is_bad")

    def __init__(self) -> None:
        self._data = bytearray()
        self._carry = ""
        self.is_bad = False

    def feed(self, text: str) -> None:
        """Take the next piece of text."""
        text = self._carry + _SPACE.sub("", text)
        ready = len(text) - len(text) % 4
        self._carry = text[ready:]
        if ready and not self.is_bad:
            self._decode(text[:ready])

    def close(self) -> None:
        """There is no more: half a group is no base64."""
        if self._carry:
            self.is_bad = True

    def taken(self) -> bytes:
        """The bytes, once; empty when it was no base64."""
        data, self._data = self._data, bytearray()
        return b"" if self.is_bad else bytes(data)

    def _decode(self, text: str) -> None:
        try:
            decoded = binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
        except (binascii.Error, UnicodeEncodeError):
            self.is_bad = True
            self._data.clear()
            return
        if self._data and len(self._data) % 3:  # something follows the padding
            self.is_bad = True
        self._data += decoded


class Tree:
    """The root of a package, and its signature as it stood there."""

    def __init__(self, data: bytes) -> None:
        """Read; raises UnreadablePackage, with what is wrong and where."""
        if len(data) > MAX_PACKAGE_BYTES:
            raise UnreadablePackage(f"{len(data)} bytes, more than {MAX_PACKAGE_BYTES}")
        self.signature = b""
        self._data = data
        self._start = len(_BOM) if data.startswith(_BOM) else 0
        self._stack: list[Node] = [Node("")]
        self._elements = self._text = 0
        self._signature_at = -1
        self._parser = self._hardened()
        self._parse()
        self._parser = None
        self.root = self._stack[0].children[0]

    def _hardened(self) -> expat.XMLParserType | None:
        # The encoding is fixed, so that no document type declaration can hide in another one.
        parser = expat.ParserCreate("utf-8", "}")
        parser.buffer_text = True
        parser.buffer_size = _BLOCK
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._open
        parser.EndElementHandler = self._close
        parser.CharacterDataHandler = self._characters
        return parser

    def _parse(self) -> None:
        parser = self._parser
        assert parser is not None  # noqa: S101 - for the type checker
        view = memoryview(self._data)
        try:
            for at in range(self._start, len(view), _BLOCK):
                parser.Parse(view[at : at + _BLOCK], False)
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            said = f"not well-formed: {error}; begins with {self._data[:16]!r}"
            raise UnreadablePackage(said) from error

    def _doctype(self, *_: object) -> None:
        # No declaration is ever needed, and it is what attacks on XML readers are made of.
        raise UnreadablePackage("carries a document type declaration")

    def _open(self, name: str, _: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > _MAX_ELEMENTS or len(self._stack) > _MAX_DEPTH:
            raise UnreadablePackage(f"more than {_MAX_ELEMENTS} elements, or nested deeper than {_MAX_DEPTH}")
        node = Node(name.rpartition("}")[2])
        if node.name == _CONTENT:
            node.content = Base64()
        elif node.name == _SIGNATURE and self._signature_at < 0:
            self._signature_at = self._here()
        self._stack[-1].children.append(node)
        self._stack.append(node)

    def _close(self, _: str) -> None:
        node = self._stack.pop()
        if node.content is not None:
            node.content.close()
        if node.name == _SIGNATURE and not self.signature:
            end = self._data.find(b">", self._here()) + 1
            self.signature = self._data[self._signature_at : end]

    def _characters(self, text: str) -> None:
        node = self._stack[-1]
        if node.content is not None:
            node.content.feed(text)
            return
        self._text += len(text)
        if self._text > _MAX_TEXT:
            raise UnreadablePackage(f"more than {_MAX_TEXT} characters of text")
        node.texts.append(text)

    def _here(self) -> int:
        assert self._parser is not None  # noqa: S101 - for the type checker
        return self._start + self._parser.CurrentByteIndex
