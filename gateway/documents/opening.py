"""One file -> its reading, and those of all that lies in it, within the room of one mail.  Pure; never raises."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from msgspec.structs import replace

from gateway.documents import media
from gateway.documents.containers import EMBEDDED, UNPACKERS, Exhausted, Packed, Room, Unpacker, joined
from gateway.documents.containers.room import TIME
from gateway.documents.encodings.detect import modernised
from gateway.documents.gathering import gathered, plain_reading, without_twins
from gateway.documents.likelihood import likelihood
from gateway.documents.links import linked_document
from gateway.documents.picture_size import image_size, page_like
from gateway.documents.reading import READERS, Text, Unreadable, beginning, body, html, read
from gateway.documents.reading.pictured import read_pictured
from gateway.documents.several import pieces_of
from gateway.documents.signatures import signatures_of
from gateway.documents.signs import Judgement, judge
from gateway.documents.sketch import sketch_of
from gateway.documents.suffixes import is_volume, signed_name, suffix_says_document
from gateway.model import FileReading, Nature, TextSource, digest_of

_SMALL_INLINE = 60_000  # bytes: a picture within the text that is smaller is a logo


class Opener:
    """Reads files and what lies in them; all of it is paid from one room."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def open(self, packed: Packed, *, within: str = "", digest: str = "") -> FileReading:
        """The reading of one file or body; ``within`` is the shown path of the container, ``digest`` that of the data."""
        name = joined(within, packed.name)
        started = time.perf_counter()
        reading = self._looked_at(packed, name)
        elapsed = round((time.perf_counter() - started) * 1000, 2)
        size = packed.size or len(packed.data)
        return replace(reading, name=name, digest=digest or digest_of(packed.data), size=size, elapsed_ms=elapsed)

    def _looked_at(self, packed: Packed, name: str) -> FileReading:
        if packed.limit:
            return _unreadable(packed.declared, packed.limit, likelihood(name, packed.declared, b""))
        if packed.skipped:
            return plain_reading(packed.skipped, Nature.OTHER, 0.95)
        if packed.is_body:
            return self._body(packed, name)
        if self._room.late:
            return _unreadable(packed.declared, TIME, likelihood(name, "", b""))
        return self._file(packed, name)

    def _body(self, packed: Packed, name: str) -> FileReading:
        """The words that the sender wrote himself; those of a mail that he forwards are not his."""
        if packed.forwarded:
            return plain_reading(media.PLAIN, Nature.OTHER, 0.9)
        if packed.declared == media.HTML:
            return _text(media.HTML, name, lambda: html.read(packed.data, packed.charset), body_of=packed)
        if packed.declared == media.RTF and media.RTF in READERS:
            return _text(media.RTF, name, lambda: read(media.RTF, packed.data), body_of=packed)
        return _text(media.PLAIN, name, lambda: body.read(packed.data, packed.charset), body_of=packed)

    def _file(self, packed: Packed, name: str) -> FileReading:
        views = media.views_of(packed.data)
        first = self._view(views[0], packed, name)
        if len(views) == 1 or first.nature is Nature.SECRET:
            return first
        others = (replace(self._view(kind, packed, name), name=name) for kind in views[1:])
        readings = without_twins([first, *others])
        return readings[0] if len(readings) == 1 else gathered(first.media, readings[0], readings[1:])

    def _view(self, kind: str, packed: Packed, name: str) -> FileReading:
        """The file, taken to be of that kind."""
        data = packed.data
        if kind in UNPACKERS:
            return self._container(kind, packed, name)
        if _is_logo(kind, packed):
            return plain_reading(kind, Nature.OTHER, 0.95)
        if kind in READERS:
            return self._document(kind, data, name)
        if kind == media.ENCRYPTED_OFFICE:
            return _unreadable(kind, "password", likelihood(name, kind, data))
        if kind == media.UNKNOWN and is_volume(name):
            return _unreadable(kind, "fragment", likelihood(name, kind, data))
        if kind == media.UNKNOWN and suffix_says_document(name):
            return _unreadable(kind, "damaged", likelihood(name, kind, data))
        if kind in media.COULD_BE_DOCUMENTS:
            return _unreadable(kind, "format", likelihood(name, kind, data))
        return plain_reading(kind, Nature.OTHER, 0.95)

    def _document(self, kind: str, data: bytes, name: str) -> FileReading:
        """Its own words, then its signatures and the files in it."""
        own = _at_first_sight(kind, name, data) or _text(kind, name, lambda: _read(kind, data))
        if own.nature is Nature.SECRET:
            return own
        own = replace(own, signatures=signatures_of(kind, data))
        if kind not in EMBEDDED or own.reason == "password":
            return own
        inner = [each for each in self._inside(EMBEDDED, kind, data, name) if each.reason != "damaged" or each.size]
        return gathered(kind, own, inner) if inner else own

    def _container(self, kind: str, packed: Packed, name: str) -> FileReading:
        data = packed.data
        inner = self._inside(UNPACKERS, kind, data, name)
        reading = gathered(kind, None, inner)
        if reading.nature is Nature.UNREADABLE:
            reason = "fragment" if reading.reason == "damaged" and is_volume(name) else reading.reason
            reading = replace(reading, reason=reason, confidence=max(reading.confidence, likelihood(name, kind, b"")))
        if reading.nature is Nature.SECRET:
            return reading
        return replace(reading, signatures=signatures_of(kind, data, packed.signed))

    def _inside(self, unpackers: Mapping[str, Unpacker], kind: str, data: bytes, name: str) -> list[FileReading]:
        """The readings of what lies inside; ends after a secret one."""
        readings: list[FileReading] = []
        before = Packed(name="")
        try:
            for packed in unpackers[kind](data, self._room):
                if (over := signed_name(packed.name)) and over == before.name:  # archives are sorted by name
                    packed = replace(packed, signed=before.data)
                before = packed
                with self._room.deeper():
                    readings.append(self.open(_named(packed, name), within=name))
                if readings[-1].nature is Nature.SECRET:
                    break
        except Exhausted as limit:
            readings.append(replace(_unreadable("", limit.reason, likelihood(name, kind, b"")), name=joined(name, "…")))
        return readings


_PACKED_TARS = ("tgz", "tbz", "tbz2", "txz")


def _named(packed: Packed, outer: str) -> Packed:
    """A stream does not always know the name of its file: "a.pdf.gz" holds "a.pdf"."""
    if packed.name or packed.is_body:
        return packed
    stem, _, suffix = outer.rpartition("/")[2].rpartition(".")
    return replace(packed, name=f"{stem}.tar" if stem and suffix.lower() in _PACKED_TARS else stem or "…")


# --- Words ------------------------------------------------------------------------------------------------------------


_PICTURED = (media.DOCX, media.DOC, media.ODT)


def _at_first_sight(kind: str, name: str, data: bytes) -> FileReading | None:
    """The reading of a long file that begins like no document at all; None when all of it must be read."""
    try:
        text = beginning(kind, data)
    except Unreadable:
        return None  # the whole may be readable
    if text is None:
        return None
    judgement = judge(modernised(text), file=name)
    if judgement.nature is not Nature.OTHER or judgement.has_head:
        return None
    return replace(plain_reading(kind, Nature.OTHER, judgement.confidence), text_source=_source(text))


def _read(kind: str, data: bytes) -> Text:
    try:
        return read(kind, data)
    except Unreadable as problem:
        if problem.reason != "no text layer" or kind not in _PICTURED:
            raise
        return read_pictured(kind, data)


def _text(kind: str, name: str, reader: Callable[[], Text], *, body_of: Packed | None = None) -> FileReading:
    try:
        text = modernised(reader())
    except Unreadable as problem:
        likely = problem.likely
        if likely is None:
            likely = likelihood(name, kind, b"", pages=problem.pages, signatures=problem.signatures)
        return _unreadable(kind, problem.reason, likely)
    judgements = _judgements(text, name, is_body=body_of is not None)
    judgement = judgements[0]
    link = linked_document(text.lines, body_of.data) if body_of is not None and judgement.nature is Nature.OTHER else ""
    reading = FileReading(
        name=name,
        digest="",
        size=0,
        media=kind,
        nature=judgement.nature,
        confidence=judgement.confidence,
        documents=tuple(each.document for each in judgements if each.document),
        text_source=_source(text),
        reason=judgement.reason,
        sketch=()
        if judgement.document is None or judgement.nature is Nature.SECRET
        else sketch_of(line.text for line in text.lines),
    )
    return gathered(kind, reading, [replace(_unreadable("", "link", 0.3), name=link)]) if link else reading


def _judgements(text: Text, name: str, *, is_body: bool) -> list[Judgement]:
    """Of each document in the file that was issued, or of the file as it is, in their order; the strongest nature leads.

    A secret one stands alone: nothing is told of the others.
    """
    found = [judge(piece, file=name, is_body=is_body) for piece in ((text,) if is_body else pieces_of(text))]
    if secret := [each for each in found if each.nature is Nature.SECRET]:
        return secret[:1]
    issued = [each for each in found if each.nature in (Nature.ISSUED, Nature.COPY)]
    return issued or found[:1]


def _source(text: Text) -> TextSource:
    if not text.lines:
        return TextSource.NONE
    return TextSource.OCR if text.scanned else TextSource.TEXT


def _unreadable(kind: str, reason: str, likely: float) -> FileReading:
    return plain_reading(kind, Nature.UNREADABLE, likely, reason=reason)


def _is_logo(kind: str, packed: Packed) -> bool:
    """A logo in a signature, an icon, a thumbnail: too small for a page, or shown within the text."""
    if not kind.startswith("image/"):
        return False
    return not page_like(*image_size(packed.data)) or (packed.inline and len(packed.data) < _SMALL_INLINE)
