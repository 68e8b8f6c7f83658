"""Files for people to look at: one file out of a mail, whatever it lies in; and the words of a file as a text.  Pure.

Runs in a guarded child, as reading does: to take a file out of a mail is to parse what a stranger sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gateway.documents import media, mime
from gateway.documents.containers import EMBEDDED, UNPACKERS, Packed, Room
from gateway.documents.containers.mails import packed_of
from gateway.documents.encodings.charset import decoded
from gateway.documents.encodings.detect import modernised
from gateway.documents.reading import READERS, html, read
from gateway.documents.text import Unreadable
from gateway.documents.vietnamese import tidy
from gateway.model import digest_of

LONGEST_WORDS = 200_000  # letters that are shown
_UNSHOWN = (*media.PICTURES, media.PDF)  # these have page images


def taken_out(raw: bytes, way: Sequence[str]) -> bytes:
    """The file at the end of the way: SHA-256 of a part of the mail, of a file in it, and so on.  LookupError if it ends."""
    room = Room()
    lies_here: Iterable[Packed] = map(packed_of, mime.split(raw).parts)
    data = raw
    for digest in way:
        found = next((each for each in lies_here if each.data and digest_of(each.data) == digest), None)
        if found is None:
            raise LookupError(digest)
        data = found.data
        lies_here = _inside(data, room)
    return data


def _inside(data: bytes, room: Room) -> Iterator[Packed]:
    for kind in media.views_of(data):
        for unpackers in (UNPACKERS, EMBEDDED):
            if kind in unpackers:
                yield from unpackers[kind](data, room)


def shown_words(kind: str, data: bytes) -> str:
    """All words of a file of that media type, quoted mails too, columns apart.  Raises Unreadable."""
    if kind == media.PLAIN:
        lines = tidy(decoded(data).text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    elif kind == media.HTML:
        lines = html.all_lines(data)
    elif kind in READERS and kind not in _UNSHOWN:
        lines = [line.text for line in modernised(read(kind, data)).lines]
    else:
        raise Unreadable("format")
    return "\n".join(lines)[:LONGEST_WORDS].strip()
