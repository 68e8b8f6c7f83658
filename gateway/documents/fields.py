"""Header fields of mails and parts: read without the email package, capped, never raising.  Pure.

RFC 5322 (folding), 2045 (Content-Type), 2183 (Content-Disposition), 2047 (encoded words, also where they are forbidden:
inside quoted file names), 2231 (parameters in pieces and in other character sets), and raw 8-bit names.
"""

from __future__ import annotations

import binascii
import codecs
import re
from urllib.parse import unquote_to_bytes

from gateway.documents.vietnamese import one_line, tidy
from gateway.model import Value

_MAX_HEAD = 256 * 1024
_MAX_FIELD = 16 * 1024
_END_OF_HEAD = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_FIELD = re.compile(rb"^([!-9;-~]{1,76})[ \t]*:[ \t]*((?:[^\r\n]|(?:\r\n|\n|\r)(?=[ \t]))*)", re.MULTILINE)


class Fields(Value):
    """The fields of one head: lower-case names and undecoded values, in order."""

    pairs: tuple[tuple[str, str], ...] = ()

    def first(self, name: str) -> str:
        """The first value of a field, "" when there is none."""
        return next((value for key, value in self.pairs if key == name), "")

    def boundaries(self) -> list[bytes]:
        """The boundary of every Content-Type field, the first one first."""
        found = [parameters_of(value).get("boundary", "") for key, value in self.pairs if key == "content-type"]
        return [boundary.encode("utf-8", "surrogateescape") for boundary in found if boundary]

    def typed(self, media: str) -> Fields:
        """The same with another Content-Type."""
        return Fields(pairs=(("content-type", media), *(pair for pair in self.pairs if pair[0] != "content-type")))

    def as_text(self) -> Fields:
        """The head of a multipart whose boundary never comes: what is left is a text."""
        return Fields(
            pairs=tuple(p for p in self.typed("text/plain").pairs if p[0] in ("content-type", "content-transfer-encoding"))
        )


def cut_head(raw: bytes, *, part: bool = False) -> tuple[bytes, bytes]:
    """Head and body.  A part may have no head at all: it then begins with an empty line."""
    if part and raw[:1] in (b"\n", b"\r"):
        return b"", raw.lstrip(b"\r\n")
    end = _END_OF_HEAD.search(raw, 0, _MAX_HEAD)
    if end:
        return raw[: end.start()], raw[end.end() :]
    if _FIELD.match(raw):
        return raw[:_MAX_HEAD], raw[_MAX_HEAD:]
    return b"", raw


def parse_fields(head: bytes) -> Fields:
    """All fields of a head; lines that are none are passed over."""
    pairs = []
    for found in _FIELD.finditer(head, 0, _MAX_HEAD):
        value = found[2][:_MAX_FIELD].decode("utf-8", "surrogateescape")
        pairs.append((found[1].decode("ascii").lower(), re.sub(r"[\r\n]+[ \t]+", " ", value).strip()))
        if len(pairs) >= 1000:
            break
    return Fields(pairs=tuple(pairs))


def type_of(fields: Fields) -> tuple[str, dict[str, str]]:
    """The media type, lower case, and its parameters.  Without one it is text/plain (RFC 2045 section 5.2)."""
    value = fields.first("content-type")
    media = re.sub(r"\s|\([^)]*\)", "", value.partition(";")[0]).lower()
    return media or "text/plain", parameters_of(value)


def disposition_of(fields: Fields, type_parameters: dict[str, str]) -> tuple[str, str]:
    """("attachment" | "inline" | "", file name); the name falls back to the one of the Content-Type."""
    value = fields.first("content-disposition")
    disposition = value.partition(";")[0].strip().lower()
    name = parameters_of(value).get("filename") or type_parameters.get("name", "")
    return disposition, name.replace("\\", "/").rpartition("/")[2].strip()


_PARAMETER = re.compile(r';\s*([^\s=;]{1,60})\s*=\s*(?:"((?:[^"\\]|\\.){0,8000})"?|([^;]{0,8000}))', re.DOTALL)


def parameters_of(value: str) -> dict[str, str]:
    """Parameters by lower-case name, decoded: RFC 2231 pieces joined, RFC 2047 words undone, odd bytes guessed."""
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[bool, str]]] = {}
    for count, found in enumerate(_PARAMETER.finditer(value)):
        if count > 200:
            break
        name, text = found[1].lower(), found[2] if found[2] is not None else found[3].strip()
        text = re.sub(r"\\(.)", r"\1", text) if found[2] is not None else text
        base, star, rest = name.partition("*")
        if not star:
            plain.setdefault(base, text)
            continue
        number = rest.rstrip("*")
        pieces.setdefault(base, {})[int(number) if number.isdecimal() and len(number) < 4 else 0] = (name.endswith("*"), text)
    decoded = {name: text if name == "boundary" else decoded_words(text) for name, text in plain.items()}
    return decoded | {name: _joined(parts) for name, parts in pieces.items()}


def _joined(parts: dict[int, tuple[bool, str]]) -> str:
    """RFC 2231 section 4.1: charset'language'percent-encoded, in numbered pieces, each encoded or not."""
    charset, raw = "", b""
    for number in sorted(parts):
        encoded, text = parts[number]
        if encoded and not raw and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        piece = text.encode("utf-8", "surrogateescape")
        raw += unquote_to_bytes(piece) if encoded else piece
    text = decoded_bytes(raw, charset)
    return decoded_words(text) if "=?" in text else tidy(text)  # an encoded word inside RFC 2231: seen in the wild


_WORD = re.compile(r"=\?([\w.:-]{1,40})(?:\*[\w-]{0,20})?\?([bBqQ])\?([^?]{0,4000})\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)\s+(?==\?)")


def decoded_words(value: str) -> str:
    """A field value with its encoded words undone (RFC 2047), raw 8-bit guessed, NFC, on one line."""
    if "=?" in value:
        value = _undo_words(_BETWEEN_WORDS.sub(r"\1", value[:_MAX_FIELD]))
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


def _word_bytes(encoding: str, text: str) -> bytes:
    raw = text.encode("ascii", "ignore")
    if encoding in "qQ":
        return binascii.a2b_qp(raw, header=True)
    raw = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
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


_SUBJECT = re.compile(rb"(?:^|[\r\n])subject[ \t]*:[ \t]*((?:[^\r\n]|(?:\r\n|\n|\r)(?=[ \t]))*)", re.IGNORECASE)


def subject_of(raw: bytes) -> str:
    """The Subject field of a mail, decoded, NFC, without looking at anything else; "" when there is none."""
    end = _END_OF_HEAD.search(raw, 0, _MAX_HEAD)
    found = _SUBJECT.search(raw, 0, end.start() if end else min(len(raw), _MAX_HEAD))
    if found is None:
        return ""
    return decoded_words(found[1][:_MAX_FIELD].decode("utf-8", "surrogateescape"))
