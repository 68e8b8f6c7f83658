"""winmail.dat: how Outlook and Exchange wrap attachments for each other (TNEF).  Pure.  [MS-OXTNEF].

Read here and not by tnefparse: that takes counts from the file as they stand, so that 40 bytes keep it busy for hours.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from gateway.documents import media
from gateway.documents.containers.compressed_rtf import decompressed
from gateway.documents.containers.names import from_bytes, shown_path
from gateway.documents.containers.room import Meter, Packed, Room

# Attributes (section 2.1.3): of the message, and of the attachment that the last "rendering data" began.
_RENDERING, _TITLE, _DATA, _PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005
_MAIL_BODY, _MAIL_PROPERTIES = 0x800C, 0x9003

# Properties ([MS-OXPROPS]) in them.
_BODY, _HTML, _RTF = 0x1000, 0x1013, 0x1009
_OBJECT, _LONG_NAME, _SHORT_NAME, _SHOWN_NAME = 0x3701, 0x3707, 0x3704, 0x3001

_FIXED = {2: 4, 3: 4, 4: 4, 0xA: 4, 0xB: 4, 5: 8, 6: 8, 7: 8, 0x14: 8, 0x40: 8, 0x48: 16}
_WIDE, _WORDS, _BYTES, _INNER = 0x1F, 0x1E, 0x102, 0x0D
_VARIABLE = (_WIDE, _WORDS, _BYTES, _INNER)
_SHORTEST = 17  # a head, and one attribute without a value
_MULTIPLE = 0x1000
_NAMED = 0x8000
_IMESSAGE = bytes.fromhex("0703020000000000c000000000000046")  # before a message within the message

_Properties = dict[int, bytes]


class _Attachment:
    """What the attributes of one attachment say, gathered."""

    def __init__(self) -> None:
        self.title = b""
        self.data = b""
        self.properties: _Properties = {}

    def packed(self) -> Packed:
        data = self.data or self.properties.get(_OBJECT, b"").removeprefix(_IMESSAGE)
        names = (self.properties.get(key, b"") for key in (_LONG_NAME, _SHORT_NAME))
        name = next(filter(None, names), b"") or self.title or self.properties.get(_SHOWN_NAME, b"")
        return Packed(name=shown_path(from_bytes(name.rstrip(b"\0"))), data=data)


def unpack(data: bytes, room: Room) -> Iterator[Packed]:
    """The text of the message, then its attachments; a message within the message comes as a TNEF of its own."""
    if len(data) < _SHORTEST:
        raise ValueError("no attribute")
    meter = Meter(room, len(data))
    mail: _Properties = {}
    attachments: list[_Attachment] = []
    for name, value in _attributes(data):
        meter.take(len(value))
        if name == _MAIL_BODY:
            mail.setdefault(_BODY, value)
        elif name == _MAIL_PROPERTIES:
            mail.update(_properties(value))
        elif name == _RENDERING or (name in (_TITLE, _DATA, _PROPERTIES) and not attachments):
            room.another_file()
            attachments.append(_Attachment())
        if attachments:
            _add(attachments[-1], name, value)
    yield from _text(mail)
    yield from (attachment.packed() for attachment in attachments)


def _add(attachment: _Attachment, name: int, value: bytes) -> None:
    if name == _TITLE:
        attachment.title = value
    elif name == _DATA:
        attachment.data = value
    elif name == _PROPERTIES:
        attachment.properties.update(_properties(value))


def _text(mail: _Properties) -> Iterator[Packed]:
    """The plain text, else the HTML, else the RTF: three spellings of one letter."""
    if plain := mail.get(_BODY, b"").rstrip(b"\0"):
        yield Packed(name="", data=plain, is_body=True, declared=media.PLAIN)
    elif html := mail.get(_HTML, b""):
        yield Packed(name="", data=html, is_body=True, declared=media.HTML)
    elif rtf := decompressed(mail.get(_RTF, b"")):
        yield Packed(name="", data=rtf, is_body=True, declared=media.RTF)


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Section 2.1.3: level, identity, type, length, value, checksum; the checksum is nobody's business here."""
    at = 6
    while at + 9 <= len(data):
        name, _, size = struct.unpack("<HHI", data[at + 1 : at + 9])
        yield name, data[at + 9 : at + 9 + size]
        at += 11 + size


def _properties(value: bytes) -> _Properties:
    """Section 2.1.3.4: a count, then properties; ends at the first one that cannot be followed."""
    found: _Properties = {}
    try:
        for number, content in _walked(value):
            found.setdefault(number, content)
    except struct.error:
        pass  # a count or length beyond the bytes: what was read stands
    return found


def _walked(value: bytes) -> Iterator[tuple[int, bytes]]:
    (count,) = struct.unpack_from("<I", value)
    at = 4
    for _ in range(count):
        kind, number = struct.unpack_from("<HH", value, at)
        at = _after_name(value, at + 4) if number >= _NAMED else at + 4
        base = kind & ~_MULTIPLE
        if base in _VARIABLE:
            (parts,) = struct.unpack_from("<I", value, at)
            at += 4
            for _ in range(parts):
                (size,) = struct.unpack_from("<I", value, at)
                content = value[at + 4 : at + 4 + size]
                at += 4 + -(-size // 4) * 4
                yield number, content.decode("utf-16-le", "replace").encode() if base == _WIDE else content
        elif base in _FIXED:
            (parts,) = struct.unpack_from("<I", value, at) if kind & _MULTIPLE else (1,)
            at += _FIXED[base] * parts + (4 if kind & _MULTIPLE else 0)
        else:
            return


def _after_name(value: bytes, at: int) -> int:
    """Behind the name of a named property: a set of names, and a number or words in it."""
    (kind,) = struct.unpack_from("<I", value, at + 16)
    if kind == 0:
        return at + 24
    (size,) = struct.unpack_from("<I", value, at + 20)
    return at + 24 + int(-(-size // 4) * 4)
