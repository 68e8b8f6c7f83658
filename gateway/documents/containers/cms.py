"""Signed and encrypted mails and files: S/MIME, .p7m, .p7s, .p7b (CMS, RFC 5652; S/MIME, RFC 8551).  Pure."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

from asn1crypto import cms, pem

from gateway.documents import mime
from gateway.documents.containers.mails import packed_of
from gateway.documents.containers.room import MAX_FILE_BYTES, Meter, Packed, Room
from gateway.documents.fields import cut_head, parse_fields

_COMPRESSED = "compressed_data"
_SIGNED = "signed_data"


def unpack(data: bytes, room: Room) -> Iterator[Packed]:
    """What was signed, as a mail or as a file; nothing for a signature beside its file or a bag of certificates."""
    meter = Meter(room, len(data))
    content = cms.ContentInfo.load(_der(data))
    kind = content["content_type"].native
    if kind == _SIGNED:
        inner = content["content"]["encap_content_info"]["content"]
        signed = inner.contents if inner.native is not None and not isinstance(inner.native, bytes) else inner.native
        yield from _opened(signed or b"", meter)
    elif kind == _COMPRESSED:
        yield from _opened(_inflated(content["content"]["encap_content_info"]["content"].native or b"", meter), meter)
    elif kind != "data":
        yield Packed(name="…", limit="encrypted")


def locked(data: bytes, room: Room) -> Iterator[Packed]:
    """Enveloped data: only the addressee's key opens it."""
    del data, room
    yield Packed(name="…", limit="encrypted")


_SPACE = re.compile(rb"\s")


def _der(data: bytes) -> bytes:
    """The object itself, out of its base64 with or without armour lines."""
    if data.lstrip()[:5] == b"-----":
        return bytes(pem.unarmor(data.lstrip())[2])
    return data if data[:1] == b"0" else mime.from_base64(_SPACE.sub(b"", data))


def _opened(signed: bytes, meter: Meter) -> Iterator[Packed]:
    """An entity of MIME is what mail programs sign; other programs sign the file as it is."""
    if not signed:
        return
    meter.take(len(signed))
    head, _ = cut_head(signed)
    if parse_fields(head).first("content-type"):
        yield from (packed_of(part) for part in mime.split(signed).parts)
    else:
        yield Packed(name="", data=signed)


def _inflated(packed: bytes, meter: Meter) -> bytes:
    """Compressed data (RFC 3274)."""
    out = zlib.decompressobj().decompress(packed, MAX_FILE_BYTES)
    meter.take(len(out))
    return out
