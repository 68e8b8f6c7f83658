"""Parameters of Content-Type and Content-Disposition, with every value that some reader takes for one.  Pure.

RFC 2045 section 5.1, 2231 (pieces and character sets) and 2047 (where it is forbidden: inside quoted file names).  A
parameter may be there twice, in both spellings, with comments between, without its semicolon: readers differ, so all
values are kept, in the order in which they are found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from gateway.documents.vietnamese import one_line, tidy
from gateway.documents.words import decoded_bytes, decoded_words

_MOST = 200
_PARAMETER = re.compile(r';\s*([^\s=;]{1,60})\s*=\s*(?:"((?:[^"\\]|\\.){0,8000})"?|([^;]{0,8000}))', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_BOUNDARY = re.compile(r"boundary\s*=\s*(?:\"([^\"]{0,300})\"?|'([^']{1,300})'|([^\s;,\"]{1,300}))", re.IGNORECASE)


class Parameters(dict[str, list[str]]):
    """Decoded values by lower-case name."""

    def one(self, name: str) -> str:
        """The value that most readers take: the one of RFC 2231, else the first; "" when there is none."""
        return self.get(name, [""])[0]


@lru_cache(maxsize=256)
def parameters_of(value: str) -> Parameters:
    """All parameters of a field: as they stand, then as they stand without comments where that makes a difference.

    Asked several times for each part; nobody changes what comes back.
    """
    found = _parsed(value)
    if "(" in value:
        for name, values in _parsed(_without_comments(value)).items():
            kept = found.setdefault(name, [])
            kept += [each for each in values if each not in kept]
    return found


@lru_cache(maxsize=256)
def boundaries_of(value: str) -> tuple[str, ...]:
    """Every boundary that a reader may see in a Content-Type field, likely ones first, each once."""
    if "boundary" not in value.lower():
        return ()
    parsed = parameters_of(value)
    spelled = [*parsed.get("boundary", ()), *_raw_boundaries(value), *_raw_boundaries(_without_comments(value))]
    decoded = [decoded_words(boundary) for boundary in spelled if "=?" in boundary]
    spelled += [boundary.split()[0] for boundary in spelled if boundary.split()[1:]] + decoded
    return tuple(boundary for boundary in dict.fromkeys(each.rstrip() for each in spelled) if boundary)


def _raw_boundaries(value: str) -> Iterator[str]:
    for found in _BOUNDARY.finditer(value):
        raw = next(group for group in found.groups(default="") if group or group is found[3])
        yield raw
        if "\\" in raw:
            yield _ESCAPED.sub(r"\1", raw)


def _parsed(value: str) -> Parameters:
    plain: dict[str, list[str]] = {}
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for count, found in enumerate(_PARAMETER.finditer(";" + value)):
        if count > _MOST:
            break
        name, text = found[1].lower(), found[2] if found[2] is not None else found[3].strip()
        text = _ESCAPED.sub(r"\1", text) if found[2] is not None else text
        base, star, rest = name.partition("*")
        if not star:
            plain.setdefault(base, []).append(text)
            continue
        number = rest.rstrip("*")
        place = int(number) if number.isdecimal() and len(number) < 4 else 0
        pieces.setdefault(base, []).append((place, name.endswith("*"), text))
    decoded = Parameters()
    for name, parts in pieces.items():
        decoded[name] = _joined(parts)
    for name, texts in plain.items():
        decoded.setdefault(name, []).extend(text if name == "boundary" else _in_words(text) for text in texts)
    return decoded


_RAW_BYTES = re.compile("[\udc80-\udcff]")


def _in_words(text: str) -> str:
    """Encoded words undone; raw 8-bit in whatever Vietnamese encoding it is."""
    if "=?" in text or not _RAW_BYTES.search(text):
        return decoded_words(text)
    from gateway.documents.encodings import charset  # its tables: only who writes names so needs them

    return one_line(tidy(charset.decoded(text.encode("utf-8", "surrogateescape")).text))


def _joined(parts: list[tuple[int, bool, str]]) -> list[str]:
    """RFC 2231 section 4.1: charset'language'percent-encoded, in numbered pieces, each encoded or not.

    A number that comes twice is two values: one with the first of each number, one with the last.
    """
    first: dict[int, tuple[bool, str]] = {}
    last: dict[int, tuple[bool, str]] = {}
    for number, encoded, text in parts:
        first.setdefault(number, (encoded, text))
        last[number] = (encoded, text)
    return list(dict.fromkeys([_bound(first), _bound(last)]))


def _bound(parts: dict[int, tuple[bool, str]]) -> str:
    declared, raw = "", b""
    for number in sorted(parts):
        encoded, text = parts[number]
        if encoded and not raw and text.count("'") >= 2:
            declared, _, text = text.split("'", 2)
        piece = text.encode("utf-8", "surrogateescape")
        raw += unquote_to_bytes(piece) if encoded else piece
    text = decoded_bytes(raw, declared)
    return decoded_words(text) if "=?" in text else tidy(text)  # an encoded word inside RFC 2231: seen in the wild


def _without_comments(value: str) -> str:
    """RFC 5322 section 3.2.2: comments nest, and quoted words have none.  One pass, whatever the nesting."""
    out: list[str] = []
    depth, quoted, escaped = 0, False, False
    for letter in value:
        if escaped:
            escaped = False
        elif letter == "\\":
            escaped = True
        elif letter == '"' and not depth:
            quoted = not quoted
        elif letter == "(" and not quoted:
            depth += 1
            continue
        elif letter == ")" and depth:
            depth -= 1
            continue
        if not depth:
            out.append(letter)
    return "".join(out)


_SPACE_OR_COMMENT = re.compile(r"\s|\([^)]*\)")
_SPACE_OR_QUOTE = re.compile(r"[\s\"]")
_NEXT_PARAMETER = re.compile(r"boundary=|name=|charset=|,")


@lru_cache(maxsize=256)
def media_types_of(value: str) -> tuple[str, ...]:
    """The media type, lower case, as it stands and without comments; () when the field is empty."""
    spelled = (
        _SPACE_OR_COMMENT.sub("", value.partition(";")[0]),
        _SPACE_OR_QUOTE.sub("", _without_comments(value).partition(";")[0]),
    )
    cut = (_NEXT_PARAMETER.split(each.lower())[0] for each in spelled)
    return tuple(each for each in dict.fromkeys(cut) if each)
