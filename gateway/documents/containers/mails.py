"""A mail in a file (.eml, .mht, the inner mail of a signed one).  Pure."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.documents import mime
from gateway.documents.containers.names import shown_path
from gateway.documents.containers.room import Meter, Packed, Room
from gateway.documents.mime import Part


def unpack(data: bytes, room: Room) -> Iterator[Packed]:
    """The parts of a mail: its texts as bodies, its attachments by name."""
    meter = Meter(room, len(data))
    for part in mime.split(data).parts:
        meter.take(len(part.data))
        yield packed_of(part)


def packed_of(part: Part) -> Packed:
    """A part of a mail as a packed file."""
    return Packed(
        name="" if part.is_body and not part.limit else shown_path(part.name.replace("/", "_")),
        data=part.data,
        limit=part.limit,
        is_body=part.is_body,
        declared=part.declared,
        charset=part.charset,
        forwarded=part.forwarded,
        inline=part.inline,
        signed=part.signed,
    )
