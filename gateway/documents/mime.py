"""Bytes of a mail -> its parts: tolerant, with limits, never raises.  Pure.

The email package is not used: it takes seconds for hostile headers, recurses on nested parts and reads one view only
(docs: RFC 2045, 2046, 2047, 2183, 2231, 5322).  Where MIME is ambiguous, readers disagree, and whatever one of them would
show as a file is a part here (draft-chen-email-mime-ambiguity-defense: "union scanning"): what stands before the first and
behind the last boundary, parts under every boundary that the head may mean, every decoding that it names, a base64 text that
calls itself 7bit, a uuencoded file in the middle of a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from gateway.documents import media
from gateway.documents.fields import Fields, cuts_of, parse_fields, subject_of
from gateway.documents.quick_look import may_carry_document
from gateway.documents.suffixes import signed_name
from gateway.documents.transfer import decode, decodings, files_in_text, from_base64, is_named
from gateway.documents.vietnamese import tidy
from gateway.model import Value

__all__ = [
    "FRAGMENT",
    "MAILS",
    "MAX_DECODED",
    "MAX_DEPTH",
    "MAX_PARTS",
    "TOO_DEEP",
    "TOO_LARGE",
    "TOO_MANY",
    "Message",
    "Part",
    "from_base64",
    "may_carry_document",
    "pieces_of",
    "split",
]  # fmt: skip

MAX_DEPTH = 12
MAX_PARTS = 400
MAX_DECODED = 96 * 1024 * 1024  # over all parts of one mail
_MAX_VIEWS = 6  # boundaries of one head that are tried

TOO_DEEP = "too deep"
TOO_MANY = "too many parts"
TOO_LARGE = "too large"
FRAGMENT = "fragment"  # message/partial: the rest is in other mails

_TEXTS = ("text/plain", "text/html", "text/enriched", "text")
MAILS = ("message/rfc822", "message/global")


class Part(Value):
    """One leaf of a mail, decoded.

    ``name`` is the file name ("" for a text that is shown as the body); ``limit`` is set, and ``data`` empty, when the part
    was not decoded: one of the reasons above.  ``forwarded`` is true inside a message/rfc822.
    """

    name: str
    declared: str  # media type as declared, lower case
    charset: str
    data: bytes
    is_body: bool = False
    inline: bool = False  # shown within the text: a logo, most of the time
    forwarded: bool = False
    limit: str = ""
    signed: bytes = b""  # what a signature is over that lies beside it: the first part of a multipart/signed, or a file


class Message(Value):
    """A mail: its subject, and its parts in order."""

    subject: str
    parts: tuple[Part, ...]


def split(raw: bytes) -> Message:
    """Split a mail.  Whatever comes in, a Message comes out."""
    parts = tuple(_Splitter().entity(raw, 0, False, part=False))
    files = {part.name: part.data for part in parts if part.name}
    return Message(subject=subject_of(raw), parts=tuple(_with_signed(part, files) for part in parts))


def _with_signed(part: Part, files: Mapping[str, bytes]) -> Part:
    """ "cv.pdf.p7s" is over "cv.pdf"."""
    over = files.get(signed_name(part.name), b"") if not part.signed else b""
    return replace(part, signed=over) if over else part


class _Splitter:
    """The limits of one mail, counted down while it is split."""

    def __init__(self) -> None:
        self.room = MAX_DECODED
        self.parts_left = MAX_PARTS

    def entity(self, raw: bytes, depth: int, forwarded: bool, *, part: bool, in_digest: bool = False) -> Iterator[Part]:
        """The leaves of a mail or a part: those of the usual cut between head and body, and files that another cut shows."""
        return _united(
            self._parts(_typed_for_digest(parse_fields(head)) if in_digest else parse_fields(head), body, depth, forwarded)
            for head, body in cuts_of(raw, part=part)
        )

    def _parts(self, fields: Fields, body: bytes, depth: int, forwarded: bool) -> Iterator[Part]:
        types = fields.types()
        if depth > MAX_DEPTH:
            yield _refused(types[0], TOO_DEEP)
        elif self.parts_left <= 0:
            return
        elif _is_multipart(fields, types) or (depth == 0 and _is_broken_multipart(fields, body)):
            yield from self._multipart(fields, types, body, depth, forwarded)
        elif any(kind in MAILS for kind in types):
            inner = (decode(body, encoding) for encoding in fields.encodings() or [""])
            yield from _united(self.entity(data, depth + 1, True, part=False) for data in inner)
        elif "message/partial" in types:
            yield _refused(types[0], FRAGMENT)
        else:
            yield from self._leaf(fields, body, forwarded)

    def _multipart(self, fields: Fields, types: list[str], body: bytes, depth: int, forwarded: bool) -> Iterator[Part]:
        views = _views(body, fields)
        if not views:
            is_multipart = any(kind.startswith("multipart/") for kind in types)
            yield from self._leaf(fields.as_text() if is_multipart else fields, body, forwarded)
            return
        yield from _united(self._pieces(fields, types, pieces, depth, forwarded) for pieces in views)

    def _pieces(self, fields: Fields, types: list[str], pieces: list[bytes], depth: int, forwarded: bool) -> Iterator[Part]:
        preamble, *inner = pieces
        if len(preamble.strip()) > 200:  # "This is a multi-part message in MIME format." is shorter
            yield from self._leaf(fields.as_text(), preamble, forwarded)
        for piece in inner:
            if self.parts_left <= 0:
                yield _refused(types[0], TOO_MANY)
                return
            found = self.entity(piece, depth + 1, forwarded, part=True, in_digest="multipart/digest" in types)
            if "multipart/signed" in types and piece is not inner[0]:  # RFC 1847 section 2.1: the second is over the first
                yield from (replace(each, signed=inner[0]) for each in found)
            else:
                yield from found

    def _leaf(self, fields: Fields, body: bytes, forwarded: bool) -> Iterator[Part]:
        self.parts_left -= 1
        types, name = fields.types(), fields.file_name()
        dispositions = fields.dispositions()
        if len(body) > self.room:
            yield _refused(types[0], TOO_LARGE, name)
            return
        is_text = all(kind in _TEXTS for kind in types)
        for data in decodings(body, fields.encodings(), is_text=is_text):
            self.room -= len(data)
            is_body = is_text and "attachment" not in dispositions and not name and not media.starts_as_file(data)
            for declared, charset in _spellings(types, fields.charsets()) if is_body else [(types[0], fields.charsets()[0])]:
                yield Part(
                    name=tidy(name),
                    declared=declared,
                    charset=charset,
                    data=data,
                    is_body=is_body,
                    inline="inline" in dispositions or bool(fields.first("content-id") and "attachment" not in dispositions),
                    forwarded=forwarded,
                )
            if is_text:
                yield from _in_text(data)


def _in_text(data: bytes) -> Iterator[Part]:
    for name, content in files_in_text(data):
        yield Part(name=tidy(name) or "…", declared=media.UNKNOWN, charset="", data=content)


def _spellings(types: list[str], charsets: list[str]) -> list[tuple[str, str]]:
    """A text that is declared in several ways is read in each of them."""
    return [(kind, charset) for kind in types[:2] for charset in charsets[:2]]


def _refused(declared: str, limit: str, name: str = "") -> Part:
    return Part(name=name or "…", declared=declared, charset="", data=b"", limit=limit)


def _united(views: Iterable[Iterator[Part]]) -> Iterator[Part]:
    """All parts of the first view; of the others the files that were not seen yet.  Their texts are the first one's again,
    with heads and boundaries between the lines."""
    seen: set[bytes] = set()
    for number, view in enumerate(views):
        for part in view:
            if number and (part.is_body or part.data in seen or (part.limit and part.limit != TOO_DEEP)):
                continue
            if not part.is_body:
                seen.add(part.data)
            yield part


def _typed_for_digest(fields: Fields) -> Fields:
    """RFC 2046 section 5.1.5: parts of a digest are mails unless they say otherwise."""
    return fields if fields.first("content-type") else fields.typed("message/rfc822")


def pieces_of(fields: Fields, body: bytes) -> list[bytes]:
    """Preamble and parts as most readers cut them; [] when it is no multipart."""
    if not _is_multipart(fields, fields.types()):
        return []
    views = _views(body, fields)
    return views[0] if views else []


# --- Boundaries -------------------------------------------------------------------------------------------------------


def _is_multipart(fields: Fields, types: list[str]) -> bool:
    return any(kind.startswith("multipart/") for kind in types) or bool(fields.boundaries())


def _is_broken_multipart(fields: Fields, body: bytes) -> bool:
    """Its Content-Type was lost on the way, but the parts are all there."""
    return not fields.first("content-type") and bool(_guessed_boundary(body))


def _views(body: bytes, fields: Fields) -> list[list[bytes]]:
    """Preamble and parts, for each boundary that divides the body; [] when none does.

    What follows the closing boundary counts as parts too: some readers show it.
    """
    boundaries = fields.boundaries()[:_MAX_VIEWS]
    bodies = [body, *(decode(body, each) for each in fields.encodings() if is_named(each))]
    for each in bodies:
        if views := [pieces for boundary in boundaries if len(pieces := _between(each, boundary)) > 1]:
            return views
    for each in bodies:
        lowered = each.lower()
        if views := [pieces for name in boundaries if len(pieces := _between(each, name.lower(), lowered)) > 1]:
            return views
        if guessed := _guessed_boundary(each):
            return [_between(each, guessed)]
    return []


def _between(body: bytes, boundary: bytes, searched: bytes = b"") -> list[bytes]:
    """The body cut at its delimiter lines; they are searched in ``searched``, where it is given."""
    pieces: list[bytes] = []
    searched = searched or body
    delimiter = b"--" + boundary
    start = at = 0
    while (at := searched.find(delimiter, at)) != -1 and len(pieces) <= 4 * MAX_PARTS:
        begins_line = at == 0 or searched[at - 1] in b"\r\n"
        end = at + len(delimiter)
        if begins_line and (closing := _LINE_REST.match(searched, end)):
            pieces.append(body[start : _without_line_end(body, at)])
            start = at = closing.end()
        else:
            at = end
    rest = body[start:]
    if not pieces or rest.strip():
        pieces.append(rest)
    return pieces


_LINE_REST = re.compile(rb"(?:--)?(?:[ \t][^\r\n]{0,200})?(?:\r\n|\n|\r|\Z)")
_DELIMITER_LIKE = re.compile(rb"^--([!-~](?:[ -~]{0,68}[!-~])?)[ \t]*\r?\n[Cc][Oo][Nn][Tt][Ee][Nn][Tt]-", re.MULTILINE)


def _guessed_boundary(body: bytes) -> bytes:
    """The header names no boundary, or a wrong one: a line "--x" with a Content- field below it is one."""
    found = _DELIMITER_LIKE.search(body, 0, 1 << 20)
    return found[1] if found else b""


def _without_line_end(body: bytes, at: int) -> int:
    """The line end before a boundary belongs to the boundary (RFC 2046 section 5.1.1): where what stands before it ends."""
    if body.endswith(b"\r\n", 0, at):
        return at - 2
    return at - 1 if body.endswith((b"\n", b"\r"), 0, at) else at
