"""Need a mail be looked at at all?  No parse, a few searches: most mails carry nothing that could be a document.  Pure."""

from __future__ import annotations

import binascii
import re

from gateway.documents.transfer import from_strict_base64, holds_hidden_base64

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
# Above these sizes others would have to wait too long for the look: tags cost ten times what words do.
_LARGEST = 8 << 20
_LARGEST_WITH_TAGS = SHORT = 1 << 20
_LOOKED_INTO = (b"text/plain", b"text/html", b"multipart/alternative")
_TEXT_ONLY = re.compile(rb"content-type\s*:\s*(?:multipart/alternative|text/plain|text/html)\s*(?:;|\r?\n)", re.IGNORECASE)


def may_carry_document(raw: bytes) -> bool:
    """False only when no part of the mail could carry an issued or secret document: then nothing else need be asked.

    Costs ≤ 20 µs for a plain mail of 2 KB: no parse, a few searches.  To be wrong with True costs a little time only.
    From SHORT on it takes some ms, 45 at most: then not on the loop.
    """
    end = raw.find(b"\r\n\r\n")
    if end < 0 or len(raw) > _LARGEST:
        return True
    head = raw[:end].lower()
    if _relates(raw, head):
        return True
    if not head.count(b"\n") == head.count(b"\r") == head.count(b"\r\n") or b"\0" in head:
        return True  # readers disagree about where the head ends
    where = _field(head, b"content-type:")
    value = head[where + 13 : where + 60].lstrip()
    if where >= 0 and not value.startswith(_LOOKED_INTO):
        return True  # nearly every mail with an attachment: its megabytes are not copied for this
    body = raw[end + 4 :]
    if where < 0:
        return b"content-" in head or (b"-" in body and b"\ncontent-" in body.lower()) or _text_may(body)
    if len(raw) > _LARGEST_WITH_TAGS and not value.startswith(b"text/plain"):
        return True
    if value.startswith(b"multipart/alternative") and head.count(b"content-type") == 1:
        return not _only_alternatives(raw) or _text_may(_without_tags(_decoded_in_place(body)))
    if not value.startswith((b"text/plain", b"text/html")) or _says_more(head, where):
        return True
    decoded = _decoded(head, body)
    return decoded is None or _text_may(_without_tags(decoded) if value.startswith(b"text/html") else decoded)


def _field(head: bytes, name: bytes) -> int:
    """Where a field begins, at the start of a line; -1 when there is none.  A subject may say "Content-Type:" too."""
    return 0 if head.startswith(name) else (head.find(b"\n" + name) + 1 or -1)


def _decoded(head: bytes, body: bytes) -> bytes | None:
    """The body by the one encoding that the head names; None when it is not that plain."""
    named = head.count(b"content-transfer-encoding")
    if not named:
        return body
    where = _field(head, b"content-transfer-encoding:")
    value = head[where + 26 : where + 60].partition(b"\n")[0].strip()
    if named > 1 or where < 0:
        return None
    if value == b"base64":
        return from_strict_base64(body)  # what is mended costs a hundred times as much: that is for a child
    if value == b"quoted-printable":
        return binascii.a2b_qp(body)
    return body if value in (b"8bit", b"7bit", b"binary") else None


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
    """Behind the last ">" no tag ends: there each "<" would be searched to the end of the mail, in vain."""
    end = body.rfind(b">") + 1
    return _ENTITY_SPACE.sub(b" ", _TAG.sub(b"", body[:end]) + body[end:])


# --- The subject may be the only sign: "Thu hồi công văn 123" -----------------------------------------------------------

# "thu hồi", "đính chính", "thay thế" in every encoding and with any marks (gateway.documents.relations reads them exactly).
_RELATION = re.compile(rb"thu h[^ ]{1,6}i|nh ch[^ ]{1,6}nh|thay th")
_ENCODED = re.compile(rb"=\?[^?\s]{1,40}\?([BbQq])\?([^?\s]*)\?=")


def _relates(raw: bytes, head: bytes) -> bool:
    """Whether the subject speaks of recalling, correcting or replacing; ``head`` is the lower-case head of ``raw``."""
    at = 0 if head.startswith(b"subject:") else head.find(b"\nsubject:") + 1
    if not (at or head.startswith(b"subject:")):
        return False
    ends = head.find(b"\n", at)
    while head.startswith((b" ", b"\t"), ends + 1) and ends > 0:
        ends = head.find(b"\n", ends + 1)
    subject = head[at:ends] if ends > 0 else head[at:]
    if b"=?" in subject:
        words = _ENCODED.findall(raw[at : at + len(subject)])
        subject = b"".join([_decoded_word(coding, letters) for coding, letters in words]).lower() + b" " + subject
    # Searches for plain bytes cost a tenth of a search for the words.
    near = b"thu h" in subject or b"nh ch" in subject or b"thay th" in subject
    return near and _RELATION.search(subject) is not None


def _decoded_word(coding: bytes, letters: bytes) -> bytes:
    """An encoded word of RFC 2047; what is no base64 is taken as it is."""
    if coding in b"Qq":
        return binascii.a2b_qp(letters, header=True)
    try:
        return binascii.a2b_base64(letters)
    except binascii.Error:
        return letters


_FILES = (
    b"%PDF",
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0",
    b"{\\rtf",
    b"Rar!",
    b"7z\xbc\xaf",
    b"\xff\xd8\xff",
    b"\x89PNG",
    b"II*\0",
    b"MM\0*",
)

_MOST_PLACES = 2000  # that are looked at here, where all senders wait; so many slashes in one text are for the children

_UU_OR_YENC = re.compile(rb"^(?:begin|=ybegin)", re.MULTILINE)
_STARTS = (*_FILES, b"begin")


def _text_may(body: bytes) -> bool:
    """Searches for single bytes first: they cost a tenth of searches for words."""
    if _holds_many(body, b"/") or _holds_many(body, b"M"):
        return True
    if _has_number(body) or (b"g" in body and b"begin" in body and _UU_OR_YENC.search(body)) or _holds_a_file(body):
        return True
    at = body.find(b"M")
    while at >= 0:
        if body.startswith(_STAMPS, at) or (body[at + 1 : at + 2] in (b" ", b"\t") and body[at + 2 : at + 3] in b"A\xe1\xc3"):
            return True
        at = body.find(b"M", at + 1)
    return False


def _holds_many(body: bytes, letter: bytes) -> bool:
    return len(body) > _MOST_PLACES and letter in body and body.count(letter) > _MOST_PLACES


def _holds_a_file(body: bytes) -> bool:
    """A text that is none: the bytes of a file, or its base64 somewhere below the first words."""
    return body[:64].lstrip().startswith(_STARTS) or (_has_long_word(body) and holds_hidden_base64(body))


_LONG = 150


def _has_long_word(body: bytes) -> bool:
    """So many letters without a space, over all line ends: no file in base64 is without, and few letters are with."""
    at = _LONG
    while at <= len(body):
        space = body.rfind(b" ", at - _LONG, at)
        if space < 0:
            return True
        at = space + 1 + _LONG
    return False


def _has_number(body: bytes) -> bool:
    at = body.find(b"/")
    while at >= 0:
        if _NUMBER.search(body, max(at - 24, 0), at + 16):
            return True
        at = body.find(b"/", at + 1)
    return (b"\xe2" in body or b"\xef" in body or b"&" in body) and any(slash in body.lower() for slash in _OTHER_SLASHES)
