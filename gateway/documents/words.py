"""Words in header fields: encoded (RFC 2047), raw in 8 bits, or in a named character set; always text in the end.  Pure."""

from __future__ import annotations

import binascii
import codecs
import re

from gateway.documents.vietnamese import one_line, tidy

MAX_FIELD = 16 * 1024

_WORD = re.compile(r"=\?([\w.:-]{1,40})(?:\*[\w-]{0,20})?\?([bBqQ])\?([^?]{0,4000})\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)\s+(?==\?)")


def decoded_words(value: str) -> str:
    """A field value with its encoded words undone (RFC 2047), raw 8-bit guessed, NFC, on one line."""
    if "=?" in value:
        value = _undo_words(_BETWEEN_WORDS.sub(r"\1", value[:MAX_FIELD]))
    if any("\udc80" <= letter <= "\udcff" for letter in value):
        value = decoded_bytes(value.encode("utf-8", "surrogateescape"), "")
    return one_line(tidy(value))


def _undo_words(value: str) -> str:
    """Neighbours of one character set are joined before decoding: writers cut letters in two between words."""
    out: list[str] = []
    pending, charset, end = b"", "", 0
    for found in _WORD.finditer(value):
        if found.start() != end or found[1].lower() != charset:
            out.append(decoded_bytes(pending, charset))
            out.append(value[end : found.start()])
            pending, charset = b"", found[1].lower()
        pending += _word_bytes(found[2], found[3])
        end = found.end()
    return "".join(out) + decoded_bytes(pending, charset) + value[end:]


_NO_LETTERS = re.compile(rb"[^A-Za-z0-9+/]")


def _word_bytes(encoding: str, text: str) -> bytes:
    raw = text.encode("ascii", "ignore")
    if encoding in "qQ":
        return binascii.a2b_qp(raw, header=True)
    raw = _NO_LETTERS.sub(b"", raw)
    raw = raw[:-1] if len(raw) % 4 == 1 else raw
    return binascii.a2b_base64(raw + b"=" * (-len(raw) % 4))


_LONE_SURROGATE = re.compile("[\ud800-\udfff]")  # UTF-7 can hold some; nothing can write them down again


def decoded_bytes(raw: bytes, charset: str) -> str:
    """Bytes as text: the named character set, else UTF-8, else what Vietnamese Windows wrote (cp1258), else Latin-1."""
    for name in (charset, "utf-8", "cp1258"):
        if codec := _text_codec(name):
            try:
                return _LONE_SURROGATE.sub("\ufffd", codec.decode(raw)[0])
            except (UnicodeError, ValueError):
                continue
    return raw.decode("latin-1")


def _text_codec(name: str) -> codecs.CodecInfo | None:
    name = name.strip().lower()
    if not name or len(name) > 40:
        return None
    try:
        codec = codecs.lookup({"us-ascii": "utf-8", "unicode-1-1-utf-7": "utf-7", "x-unknown": "utf-8"}.get(name, name))
    except (LookupError, ValueError, UnicodeError):
        return None
    # "base64", "zip", "rot13" are codecs of Python too, but none of texts; "idna" and "punycode" are slow on long texts.
    is_text = getattr(codec, "_is_text_encoding", True) and codec.name not in ("idna", "punycode")
    return codec if is_text else None
