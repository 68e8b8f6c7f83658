"""Content-Transfer-Encoding undone, as tolerant as the most tolerant reader; and files hidden in the middle of a text.  Pure.

RFC 2045 section 6; uuencode (POSIX) and yEnc, which have no place in MIME and are shown as files all the same.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice

from pybase64 import b64decode

HIDDEN_BASE64 = (b"JVBERi0", b"UEsDB", b"0M8R4KGx", b"e1xydGY", b"UmFyI", b"N3q8ry")  # %PDF-, PK, OLE, {\rtf, Rar!, 7z
_LETTERS_OF = tuple((word, tuple(bytes([code]) for code in dict.fromkeys(word))) for word in HIDDEN_BASE64)
_HIDDEN = re.compile(rb"^[ \t]*(?=" + b"|".join(HIDDEN_BASE64) + rb")", re.MULTILINE)
_COMMENT = re.compile(r"\([^()]*\)")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")
_URL_LETTERS = bytes.maketrans(b"-_", b"+/")
_LINE_ENDS = b"\r\n"
_BEHIND = 8  # so many line ends may stand behind the last letter
_IDENTITY = ("7bit", "8bit", "binary")

# Strict (RFC 4648 section 3.3).  The standard library takes fifty times as long: most of what it takes to split a mail.
_decoded: Callable[[bytes], bytes] = partial(b64decode, validate=True)


def holds_hidden_base64(body: bytes) -> bool:
    """The first letters of a file in base64 stand somewhere.  Every mail is asked.

    Letter by letter first: that takes a tenth of the time, and much that is no base64 is without some of them.
    """
    for word, letters in _LETTERS_OF:
        for letter in letters:
            if letter not in body:
                break
        else:
            if word in body:
                return True
    return False


def decodings(body: bytes, encodings: Sequence[str], *, is_text: bool) -> list[bytes]:
    """Every way in which a reader may decode a body, the likeliest first: one for each encoding that the head names, and one
    from the place where base64 of a file begins within what calls itself a text."""
    views = [decode(body, encoding) for encoding in (encodings or [""])]
    if views[0] is not body and holds_hidden_base64(body) and (begins := _HIDDEN.search(body)) and begins.start():
        views.append(from_base64(body[begins.start() :]))  # words stand before it, and were taken for base64 too
    if is_text and holds_hidden_base64(views[0]) and (begins := _HIDDEN.search(views[0])):
        views.append(from_base64(views[0][begins.start() :]))
    elif views[0] is not body and views[0][:64].lstrip().startswith(HIDDEN_BASE64):
        views.append(from_base64(views[0]))
    return views if len(views) == 1 else list(dict.fromkeys(views))


def decode(body: bytes, encoding: str) -> bytes:
    """Undo one encoding, and what only looks like none.  Damage is passed over, as readers do."""
    encoding = _COMMENT.sub("", encoding).strip(" \t\"';").lower()
    if "base64" in encoding:
        return from_base64(body)
    if "quoted-printable" in encoding:
        return from_quoted_printable(body)
    if "uu" in encoding:
        return next(uu_files(body), ("", body))[1]
    if encoding in ("x-yenc", "yenc"):
        return next(yenc_files(body), ("", body))[1]
    if body.lstrip()[:8].startswith(HIDDEN_BASE64):
        return from_base64(body)
    return body


def is_named(encoding: str) -> bool:
    """An encoding that says the body is not to be read as it stands."""
    return encoding.strip().lower() not in ("", *_IDENTITY)


_SPACE_BEHIND_SOFT_END = re.compile(rb"=[ \t]+(?=\r?\n)")


def from_quoted_printable(body: bytes) -> bytes:
    """Quoted-printable; spaces that a relay added behind a soft line end are dropped (RFC 2045 section 6.7, rule 3)."""
    return binascii.a2b_qp(_SPACE_BEHIND_SOFT_END.sub(b"=", body) if b"= " in body or b"=\t" in body else body)


def from_strict_base64(body: bytes) -> bytes | None:
    """Base64 as mailers write it (RFC 4648 section 4, in lines); None for anything else."""
    try:
        if size := _size_in_even_lines(body):
            # A third of the time that it takes without the line ends: what is no letter is passed over here, and the size
            # tells whether that was anything but those.
            decoded = b64decode(body)
            if len(decoded) == size:
                return decoded
        return _decoded(body.translate(None, _LINE_ENDS))
    except binascii.Error:
        return None


def _size_in_even_lines(body: bytes) -> int:
    """The bytes that letters in lines (CRLF) as long as the first, but for the last one, stand for.

    0 when the lines are not like that, or padding stands anywhere but at the end.
    """
    end = len(body) - len(body[-_BEHIND:]) + len(body[-_BEHIND:].rstrip(_LINE_ENDS))
    width, padded = body.find(b"\r\n"), body.find(b"=", 0, end)
    padding = end - padded if padded >= 0 else 0
    returns, feeds = body[width : end : width + 2], body[width + 1 : end : width + 2]
    is_even = width > 0 and len(returns) == len(feeds) and not returns.strip(b"\r") and not feeds.strip(b"\n")
    letters = end - 2 * len(feeds)
    if not is_even or letters % 4 or padding > 2 or body[end - padding : end].strip(b"="):
        return 0
    return letters // 4 * 3 - padding


_UNPADDED = re.compile(rb"[^=]+")


def from_base64(body: bytes) -> bytes:
    """Base64 with strange letters, missing padding, or several padded pieces joined together."""
    if (whole := from_strict_base64(body)) is not None:
        return whole  # a tenth of the time
    letters = body.translate(None, _LINE_ENDS)
    if b"_" in letters or b"-" in letters:
        letters = letters.translate(_URL_LETTERS)
    letters = _NOT_BASE64.sub(b"", letters)
    pieces = []
    for run in _UNPADDED.findall(letters):
        run = run[: len(run) - 1] if len(run) % 4 == 1 else run
        pieces.append(binascii.a2b_base64(run + b"=" * (-len(run) % 4)))
    return b"".join(pieces)


# --- Files in the middle of a text ------------------------------------------------------------------------------------

_UU = re.compile(rb"^begin [0-7]{3,4} ([^\r\n]{1,255})\r?\n((?:[ -`]{1,90}\r?\n)+?)(?:`|end)", re.MULTILINE)
_YENC_SHIFT = bytes((code - 42) % 256 for code in range(256))
_YENC_ESCAPE = re.compile(rb"=(.)", re.DOTALL)
_MOST_FILES = 100


def files_in_text(text: bytes) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of files that a text holds in uuencode or yEnc."""
    if b"begin" in text:
        yield from islice(uu_files(text), _MOST_FILES)
        yield from islice(yenc_files(text), _MOST_FILES)


def uu_files(text: bytes) -> Iterator[tuple[str, bytes]]:
    """Files between "begin 644 name" and "end"; also its later form in base64, which ends with four "="."""
    for found in _UU.finditer(text):
        yield found[1].decode("utf-8", "replace"), b"".join(map(_uu_line, found[2].splitlines()))
    for head, body in _between_marks(text, b"begin-base64 ", b"===="):
        yield head.partition(b" ")[2].decode("utf-8", "replace"), from_base64(body)


def _uu_line(line: bytes) -> bytes:
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        return b""


def yenc_files(text: bytes) -> Iterator[tuple[str, bytes]]:
    """Files between "=ybegin" and "=yend": each byte moved by 42, a few of them escaped."""
    for head, body in _between_marks(text, b"=ybegin ", b"=yend"):
        if body.startswith(b"=ypart "):
            body = body.partition(b"\n")[2]
        coded = body.replace(b"\r", b"").replace(b"\n", b"")
        plain = _YENC_ESCAPE.sub(lambda escape: bytes([(escape[1][0] - 64) % 256]), coded)
        yield head.partition(b"name=")[2].strip().decode("utf-8", "replace"), plain.translate(_YENC_SHIFT)


def _between_marks(text: bytes, begin: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The rest of the line behind a mark at the start of a line, and all up to the end mark.  One pass over the text."""
    at = 0 if text.startswith(begin) else text.find(b"\n" + begin) + 1 or -1
    while at >= 0:
        stop = text.find(end, at)
        if stop < 0:
            return
        head, _, body = text[at + len(begin) : stop].partition(b"\n")
        yield head.strip(), body
        at = text.find(b"\n" + begin, stop) + 1 or -1
