"""The tree of a mail's parts, and its layers for people.  Pure; runs in a guarded child.

The tree is the one that most readers see: the first cut, the first boundary, the first transfer encoding.  Whatever another
reader might see as well is in the readings of the mail (gateway.documents.mime), not here.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import nh3

from gateway.documents import mime
from gateway.documents.encodings.charset import as_letters, decoded
from gateway.documents.fields import Fields, cut_head, decoded_words, parse_fields
from gateway.documents.reading.html import all_lines
from gateway.documents.transfer import decode
from gateway.documents.vietnamese import tidy
from gateway.layers import Branch, Layers
from gateway.model import digest_of

LONGEST_TEXT = 200_000  # letters that are shown
_LONGEST_HTML = 2_000_000
_LONGEST_VALUE = 4_000
_MOST_HEADERS = 300
_MOST_LINKS = 100
_HTML = "text/html"
# What a letter looks like: no script, no form, nothing that is fetched, no style that could cover what is beside it.
_TAGS = frozenset(
    re.split(
        r"\s+",
        "a abbr b big blockquote br caption center code col colgroup dd del div dl dt em font h1 h2 h3 h4 h5 h6 hr i ins li"
        " ol p pre q s small span strike strong sub sup table tbody td tfoot th thead tr tt u ul",
    )
)
_CELL = {"colspan", "rowspan", "align"}
_ATTRIBUTES = {"td": _CELL, "th": _CELL, "p": {"align"}, "div": {"align"}}
_LED_TO = re.compile(r'href="([^"]*)"')
_FETCHED = re.compile(r'<img[^>]*\bsrc="https?:')


def layers_of(raw: bytes) -> Layers:
    """All layers.  Whatever comes in, Layers come out."""
    head, _ = cut_head(raw)
    fields = parse_fields(head)
    message = mime.split(raw)
    bodies = [part for part in message.parts if part.is_body and not part.forwarded]
    plain = next((part for part in bodies if part.declared != _HTML and part.data.strip()), None)
    rich = next((part for part in bodies if part.declared == _HTML), None)
    text, source = "", ""
    if plain is not None:
        text = tidy(decoded(plain.data, plain.charset).text.replace("\r\n", "\n").replace("\r", "\n"))
    if rich is not None:
        source = as_letters(rich.data, rich.charset)
        text = text or "\n".join(all_lines(rich.data))
    return Layers(
        headers=tuple((name, _value(value)) for name, value in fields.pairs[:_MOST_HEADERS]),
        text=text[:LONGEST_TEXT].strip(),
        html=_harmless(source[:_LONGEST_HTML]),
        links=_links(source[:_LONGEST_HTML]),
        pictures=_pictures(source[:_LONGEST_HTML]),
        tree=tuple(_tree(raw)),
        cut=len(text) > LONGEST_TEXT or len(source) > _LONGEST_HTML or len(fields.pairs) > _MOST_HEADERS,
    )


def _value(value: str) -> str:
    """A field's value as a person reads it: encoded words decoded, half letters replaced."""
    said = decoded_words(value[:_LONGEST_VALUE])
    return said.encode("utf-8", "replace").decode()


# --- HTML -------------------------------------------------------------------------------------------------------------


def _harmless(source: str) -> str:
    return nh3.clean(source, tags=set(_TAGS), attributes=_ATTRIBUTES, link_rel=None) if source else ""


def _links(source: str) -> tuple[str, ...]:
    """Where its links lead, each once: a reader compares them with what they say they are."""
    kept = nh3.clean(source, tags={"a"}, attributes={"a": {"href"}}, link_rel=None) if source else ""
    found = (html.unescape(address)[:500] for address in _LED_TO.findall(kept))
    return tuple(dict.fromkeys(address for address in found if not address.startswith("#")))[:_MOST_LINKS]


def _pictures(source: str) -> int:
    kept = nh3.clean(source, tags={"img"}, attributes={"img": {"src"}}, link_rel=None) if source else ""
    return len(_FETCHED.findall(kept))


# --- The tree ---------------------------------------------------------------------------------------------------------


def _tree(raw: bytes) -> Iterator[Branch]:
    left = [mime.MAX_PARTS]
    yield from _branches(raw, 0, left, part=False)


def _branches(raw: bytes, depth: int, left: list[int], *, part: bool) -> Iterator[Branch]:
    if left[0] <= 0 or depth > mime.MAX_DEPTH:
        return
    left[0] -= 1
    head, body = cut_head(raw, part=part)
    fields = parse_fields(head)
    kind, name = fields.types()[0], tidy(fields.file_name())
    if pieces := mime.pieces_of(fields, body):
        yield Branch(depth=depth, media=kind if kind.startswith("multipart/") else "multipart/mixed")
        for piece in pieces[1:]:
            if piece.strip():
                yield from _branches(piece, depth + 1, left, part=True)
    elif kind in mime.MAILS:
        yield Branch(depth=depth, media=kind, name=name)
        yield from _branches(_decoded(fields, body), depth + 1, left, part=False)
    else:
        data = _decoded(fields, body)
        is_body = kind.startswith("text/") and not name and "attachment" not in fields.dispositions()
        yield Branch(depth=depth, media=kind, name=name, size=len(data), digest=digest_of(data), is_body=is_body)


def _decoded(fields: Fields, body: bytes) -> bytes:
    return decode(body, (fields.encodings() or [""])[0])
