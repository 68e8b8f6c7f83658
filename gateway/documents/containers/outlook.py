"""Mails of Outlook (.msg): a compound file with one stream for each property.  Pure.  [MS-OXMSG].

A stream is called ``__substg1.0_`` + number of the property + its type: 001F is UTF-16, 001E a code page, 0102 bytes, 000D
a storage.  Attachments and mails within the mail are storages of the same form.
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.documents import media
from gateway.documents.compound import Compound
from gateway.documents.containers.compressed_rtf import decompressed
from gateway.documents.containers.names import from_bytes, shown_path
from gateway.documents.containers.room import Meter, Packed, Room

_BODY, _HTML, _RTF = "1000", "1013", "1009"
_DATA, _LONG_NAME, _SHORT_NAME, _SHOWN_NAME = "3701", "3707", "3704", "3001"
_ATTACHMENT = "__attach_version1.0_"
_OBJECT_STREAMS = ("CONTENTS", "Package", "\x01Ole10Native")

_Path = tuple[str, ...]


def unpack(data: bytes, room: Room) -> Iterator[Packed]:
    """The text of the mail, then its attachments, then those of the mails in it."""
    with Compound(data) as file:
        mail = _Mail(file, room, Meter(room, len(data)))
        yield from mail.parts(())


class _Mail:
    """One compound file; a mail in it is known by its path."""

    def __init__(self, file: Compound, room: Room, meter: Meter) -> None:
        self._file, self._room, self._meter = file, room, meter
        self._inside: dict[_Path, set[str]] = {}  # names in each storage
        for path in map(tuple, file.listdir(streams=True, storages=False)):
            for depth in range(len(path)):
                self._inside.setdefault(path[:depth], set()).add(path[depth])

    def parts(self, at: _Path) -> Iterator[Packed]:
        """The mail at a path."""
        yield from self._text(at)
        for name in sorted(self._inside.get(at, ())):
            if name.startswith(_ATTACHMENT):
                yield from self._attachment((*at, name))

    def _text(self, at: _Path) -> Iterator[Packed]:
        """The plain text, else the HTML, else the RTF: three spellings of one letter."""
        if plain := self._words(at, _BODY):
            yield Packed(name="", data=plain.encode(), is_body=True, declared=media.PLAIN, charset="utf-8", forwarded=bool(at))
        elif html := self._bytes(at, _HTML, "0102") or self._words(at, _HTML).encode():
            yield Packed(name="", data=html, is_body=True, declared=media.HTML, forwarded=bool(at))
        elif rtf := decompressed(self._bytes(at, _RTF, "0102")):
            yield Packed(name="", data=rtf, is_body=True, declared=media.RTF, forwarded=bool(at))

    def _attachment(self, at: _Path) -> Iterator[Packed]:
        name = shown_path(self._words(at, _LONG_NAME) or self._words(at, _SHORT_NAME) or self._words(at, _SHOWN_NAME))
        inner = (*at, f"__substg1.0_{_DATA}000D")
        if inner in self._inside:
            with self._room.deeper():
                for packed in self._inner(inner):
                    yield packed.within(name)
        elif data := self._bytes(at, _DATA, "0102"):
            yield Packed(name=name, data=data)

    def _inner(self, at: _Path) -> Iterator[Packed]:
        """A mail within the mail, or an object of OLE: a file that was dropped into the text."""
        for stream in _OBJECT_STREAMS:
            if content := self._stream(at, stream):
                yield Packed(name="", data=content)
                return
        yield from self.parts(at)

    def _words(self, at: _Path, number: str) -> str:
        if wide := self._bytes(at, number, "001F"):
            return wide.decode("utf-16-le", "replace").rstrip("\0")
        return from_bytes(self._bytes(at, number, "001E").rstrip(b"\0"))

    def _bytes(self, at: _Path, number: str, kind: str) -> bytes:
        return self._stream(at, f"__substg1.0_{number}{kind}")

    def _stream(self, at: _Path, name: str) -> bytes:
        if name not in self._inside.get(at, ()) or (*at, name) in self._inside:
            return b""
        content: bytes = self._file.openstream([*at, name]).read()
        self._meter.take(len(content))
        return content
