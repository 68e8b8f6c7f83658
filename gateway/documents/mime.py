"""Bytes of a mail -> its parts: tolerant, with limits, never raises.  Pure.

The email package is not used: it takes seconds for hostile headers, recurses on nested parts and reads one view only
(docs: RFC 2045, 2046, 2047, 2183, 2231, 5322).  Where MIME is ambiguous, readers disagree, so every view is a part: what
stands before the first and behind the last boundary, parts under a boundary that the header does not name, a base64 text
that calls itself 7bit, a uuencoded file in the middle of a text.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

from gateway.documents.fields import Fields, cut_head, decoded_words, disposition_of, parse_fields, type_of
from gateway.documents.vietnamese import tidy
from gateway.model import Value

MAX_DEPTH = 12
MAX_PARTS = 400
MAX_DECODED = 96 * 1024 * 1024  # over all parts of one mail

TOO_DEEP = "too deep"
TOO_MANY = "too many parts"
TOO_LARGE = "too large"
FRAGMENT = "fragment"  # message/partial: the rest is in other mails


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


class Message(Value):
    """A mail: its subject, and its parts in order."""

    subject: str
    parts: tuple[Part, ...]


def split(raw: bytes) -> Message:
    """Split a mail.  Whatever comes in, a Message comes out."""
    head, body = cut_head(raw)
    fields = parse_fields(head)
    return Message(subject=decoded_words(fields.first("subject")), parts=tuple(_Splitter().parts(fields, body, 0, False)))


class _Splitter:
    """The limits of one mail, counted down while it is split."""

    def __init__(self) -> None:
        self.room = MAX_DECODED
        self.parts_left = MAX_PARTS

    def parts(self, fields: Fields, body: bytes, depth: int, forwarded: bool) -> Iterator[Part]:
        """The leaves below one head and its body."""
        declared, parameters = type_of(fields)
        if depth > MAX_DEPTH:
            yield _refused(declared, TOO_DEEP)
        elif self.parts_left <= 0:
            return
        elif declared.startswith("multipart/") or (
            depth == 0 and (parameters.get("boundary") or _is_broken_multipart(fields, body))
        ):
            yield from self._multipart(fields, declared, body, depth, forwarded)
        elif declared in ("message/rfc822", "message/global"):
            data = decode(body, fields.first("content-transfer-encoding"))
            head, inner = cut_head(data)
            yield from self.parts(parse_fields(head), inner, depth + 1, True)
        elif declared == "message/partial":
            yield _refused(declared, FRAGMENT)
        else:
            yield from self._leaf(fields, body, forwarded)

    def _multipart(self, fields: Fields, declared: str, body: bytes, depth: int, forwarded: bool) -> Iterator[Part]:
        pieces = _pieces(body, fields)
        if len(pieces) < 2:
            yield from self._leaf(fields.as_text(), body, forwarded)
            return
        preamble, *inner = pieces
        if len(preamble.strip()) > 200:  # "This is a multi-part message in MIME format." is shorter
            yield from self._leaf(fields.as_text(), preamble, forwarded)
        for piece in inner:
            if self.parts_left <= 0:
                yield _refused(declared, TOO_MANY)
                return
            head, content = cut_head(piece, part=True)
            child = parse_fields(head)
            if declared == "multipart/digest" and not child.first("content-type"):
                child = child.typed("message/rfc822")  # RFC 2046 section 5.1.5
            yield from self.parts(child, content, depth + 1, forwarded)

    def _leaf(self, fields: Fields, body: bytes, forwarded: bool) -> Iterator[Part]:
        self.parts_left -= 1
        declared, parameters = type_of(fields)
        disposition, name = disposition_of(fields, parameters)
        if len(body) > self.room:
            yield _refused(declared, TOO_LARGE, name)
            return
        data = decode(body, fields.first("content-transfer-encoding"))
        self.room -= len(data)
        is_text = declared in ("text/plain", "text/html", "text/enriched", "")
        part = Part(
            name=tidy(name),
            declared=declared,
            charset=parameters.get("charset", ""),
            data=data,
            is_body=is_text and disposition != "attachment" and not name,
            inline=disposition == "inline" or bool(fields.first("content-id") and disposition != "attachment"),
            forwarded=forwarded,
        )
        yield part
        if is_text and b"begin " in data:
            yield from _uuencoded(data)


def _refused(declared: str, limit: str, name: str = "") -> Part:
    return Part(name=name or "…", declared=declared, charset="", data=b"", limit=limit)


# --- Boundaries -------------------------------------------------------------------------------------------------------


def _pieces(body: bytes, fields: Fields) -> list[bytes]:
    """Preamble and parts.  What follows the closing boundary counts as parts too: some readers show it."""
    for boundary in fields.boundaries():
        if len(pieces := _between(body, boundary)) > 1:
            return pieces
    guessed = _guessed_boundary(body)
    return _between(body, guessed) if guessed else [body]


def _between(body: bytes, boundary: bytes) -> list[bytes]:
    pieces: list[bytes] = []
    delimiter = b"--" + boundary
    start = at = 0
    while (at := body.find(delimiter, at)) != -1 and len(pieces) <= 4 * MAX_PARTS:
        begins_line = at == 0 or body[at - 1] in b"\r\n"
        end = at + len(delimiter)
        if begins_line and (closing := _LINE_REST.match(body, end)):
            pieces.append(_without_line_end(body[start:at]))
            start = at = closing.end()
        else:
            at = end
    rest = body[start:]
    if not pieces or rest.strip():
        pieces.append(rest)
    return pieces


_LINE_REST = re.compile(rb"(?:--)?[ \t]*(?:\r\n|\n|\r|\Z)")
_DELIMITER_LIKE = re.compile(rb"^--([!-~](?:[ -~]{0,68}[!-~])?)[ \t]*\r?\n[Cc][Oo][Nn][Tt][Ee][Nn][Tt]-", re.MULTILINE)


def _guessed_boundary(body: bytes) -> bytes:
    """The header names no boundary, or a wrong one: a line "--x" with a Content- field below it is one."""
    found = _DELIMITER_LIKE.search(body, 0, 1 << 20)
    return found[1] if found else b""


def _is_broken_multipart(fields: Fields, body: bytes) -> bool:
    """Its Content-Type was lost on the way, but the parts are all there."""
    return not fields.first("content-type") and bool(_guessed_boundary(body))


def _without_line_end(piece: bytes) -> bytes:
    """The line end before a boundary belongs to the boundary (RFC 2046 section 5.1.1)."""
    if piece.endswith(b"\r\n"):
        return piece[:-2]
    return piece[:-1] if piece[-1:] in (b"\n", b"\r") else piece


# --- Transfer encodings -----------------------------------------------------------------------------------------------

_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")
_HIDDEN_BASE64 = (b"JVBERi0", b"UEsDB", b"0M8R4KGx", b"e1xydGY", b"UmFyI", b"N3q8ry")  # %PDF-, PK, OLE, {\rtf, Rar!, 7z


def decode(body: bytes, encoding: str) -> bytes:
    """Undo a Content-Transfer-Encoding, and what only looks like none.  Damage is passed over, as readers do."""
    encoding = encoding.lower()
    if "base64" in encoding:
        return from_base64(body)
    if "quoted-printable" in encoding:
        return binascii.a2b_qp(body)
    if "uu" in encoding:
        return next(_uu_files(body), ("", body))[1]
    if body.lstrip()[:8].startswith(_HIDDEN_BASE64):
        return from_base64(body)
    return body


def from_base64(body: bytes) -> bytes:
    """Base64 with strange letters, missing padding, or several padded pieces joined together."""
    try:
        return binascii.a2b_base64(body, strict_mode=True)
    except binascii.Error:
        letters = _NOT_BASE64.sub(b"", body)
    pieces = []
    for run in re.findall(rb"[^=]+", letters):
        run = run[: len(run) - 1] if len(run) % 4 == 1 else run
        pieces.append(binascii.a2b_base64(run + b"=" * (-len(run) % 4)))
    return b"".join(pieces)


def _uuencoded(data: bytes) -> Iterator[Part]:
    for name, content in _uu_files(data):
        yield Part(name=tidy(name) or "…", declared="application/octet-stream", charset="", data=content)


def _uu_files(data: bytes) -> Iterator[tuple[str, bytes]]:
    for found in re.finditer(rb"^begin [0-7]{3,4} ([^\r\n]{1,255})\r?\n((?:[ -`]{1,90}\r?\n)+?)(?:`|end)", data, re.MULTILINE):
        pieces = []
        for line in found[2].splitlines():
            try:
                pieces.append(binascii.a2b_uu(line))
            except binascii.Error:
                continue
        yield found[1].decode("utf-8", "replace"), b"".join(pieces)


# --- The quick look ---------------------------------------------------------------------------------------------------

# What a text must hold before it can be an issued or secret document: a number with its symbol ("45/BC-", "36-HD/VP",
# "3925 TM/VP"), where bytes above ASCII count as capitals because they may be Đ in any encoding; or a secrecy stamp.
_NUMBER = re.compile(
    rb"\d[A-Za-z]?\s*/\s*(?:[\d.]{2,6}\s*/\s*)?[A-Z\x80-\xff&]|\d\s*[-\xe2 ][^/]{0,16}[A-Z\x80-\xff]\s*/\s*[A-Z\x80-\xff&]"
)
_STAMPS = (
    b"M\xe1\xba\xac",
    b"MA\xcc",
    b"M\xc3\x82",
    b"MAT",
    b"M&",
    b"M\xa2",
    b"M\xcb",
)  # NFC, NFD, half composed, none, entity, legacy
_OTHER_SLASHES = (b"\xe2\x81\x84", b"\xe2\x88\x95", b"\xef\xbc\x8f", b"&#47;", b"&#x2f;", b"&sol;")
_TAG = re.compile(rb"<[^>]*>")
_ENTITY_SPACE = re.compile(rb"&(?:nbsp|#160|#xa0);", re.IGNORECASE)
_KNOWN_CHARSETS = (b"utf-8", b"us-ascii", b"iso-8859-1", b"windows-1252", b"windows-1258", b"utf8", b"ascii")
_TEXT_ONLY = re.compile(rb"content-type\s*:\s*(?:multipart/alternative|text/plain|text/html)\s*(?:;|\r?\n)", re.IGNORECASE)


def may_carry_document(raw: bytes) -> bool:
    """False only when no part of the mail could carry an issued or secret document: then nothing else need be asked.

    Costs ≤ 20 µs for a plain mail of 2 KB: no parse, a few searches.  To be wrong with True costs a little time only.
    """
    end = raw.find(b"\r\n\r\n")
    if end < 0 or len(raw) > 1 << 20:
        return True
    head, body = raw[:end].lower(), raw[end + 4 :]
    where = head.find(b"content-type:")
    if where < 0:
        return b"content-" in head or b"\ncontent-" in body.lower() or _text_may(body)
    value = head[where + 13 : where + 60].lstrip()
    if value.startswith(b"multipart/alternative") and head.count(b"content-type") == 1:
        return not _only_alternatives(raw) or _text_may(_without_tags(_decoded_in_place(body)))
    if not value.startswith((b"text/plain", b"text/html")) or _says_more(head, where):
        return True
    if b"base64" in head:
        body = from_base64(body)
    elif b"quoted-printable" in head:
        body = binascii.a2b_qp(body)
    return _text_may(_without_tags(body) if value.startswith(b"text/html") else body)


def _says_more(head: bytes, where: int) -> bool:
    """A file name, a second type, a boundary, a character set that hides letters: then the mail is parsed."""
    if (
        b"name" in head[where:]
        or b"content-disposition" in head
        or b"boundary" in head
        or head.find(b"content-type", where + 1) > 0
    ):
        return True
    return b"charset" in head and not any(name in head for name in _KNOWN_CHARSETS)


def _only_alternatives(raw: bytes) -> bool:
    """Text and HTML of the same letter and nothing else, by the count of Content-Type fields that say so."""
    lowered = raw.lower()
    hidden = b"base64" in lowered or b"name=" in lowered or b"name*" in lowered or b"utf-16" in lowered or b"utf-7" in lowered
    return not hidden and lowered.count(b"content-type") == len(_TEXT_ONLY.findall(raw))


def _decoded_in_place(body: bytes) -> bytes:
    return binascii.a2b_qp(body) if b"quoted-printable" in body.lower() else body


def _without_tags(body: bytes) -> bytes:
    return _ENTITY_SPACE.sub(b" ", _TAG.sub(b"", body))


def _text_may(body: bytes) -> bool:
    """Searches for single bytes first: they cost a tenth of searches for words."""
    if _has_number(body) or b"\nbegin " in body or body[:64].lstrip().startswith(_HIDDEN_BASE64):
        return True
    at = body.find(b"M")
    while at >= 0:
        if body.startswith(_STAMPS, at) or (body[at + 1 : at + 2] in (b" ", b"\t") and body[at + 2 : at + 3] in b"A\xe1\xc3"):
            return True
        at = body.find(b"M", at + 1)
    return False


def _has_number(body: bytes) -> bool:
    at = body.find(b"/")
    while at >= 0:
        if _NUMBER.search(body, max(at - 24, 0), at + 16):
            return True
        at = body.find(b"/", at + 1)
    return (b"\xe2" in body or b"\xef" in body or b"&" in body) and any(slash in body.lower() for slash in _OTHER_SLASHES)
