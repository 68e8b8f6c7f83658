"""The marks on a page that are no words: seals, signatures, rectangular stamps.  Pure."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.documents.pictures.ink import Inks, inks_of
from gateway.documents.pictures.page import PageImage
from gateway.documents.pictures.seals import Seal, seals_of
from gateway.documents.pictures.strokes import Drawn, frames_of, signatures_of
from gateway.documents.text import Mark
from gateway.model import Box

MAX_MARKS = 12  # of each kind on a page


def marks_of(page: PageImage, words: Sequence[Box] = ()) -> tuple[Mark, ...]:
    """Seals, then signatures, then stamps; ``words`` are boxes of words that somebody read: a pen stroke is none of them.

    ``Mark.what`` is "seal" (round), "signature" or "stamp" (a frame such as KHẨN or SAO Y).
    """
    inks = inks_of(page)
    seals = seals_of(inks)
    signatures = [drawn for drawn in signatures_of(inks, seals) if not _is_word(_box(drawn, inks), words)]
    stamps = [drawn for drawn in frames_of(inks) if not any(_holds(drawn, seal) for seal in seals)]
    return (
        *(_seal_mark(seal, inks, page.number) for seal in seals[:MAX_MARKS]),
        *(_mark("signature", drawn, inks, page.number) for drawn in signatures[:MAX_MARKS]),
        *(_mark("stamp", drawn, inks, page.number) for drawn in stamps[:MAX_MARKS]),
    )


def _seal_mark(seal: Seal, inks: Inks, page: int) -> Mark:
    ring = seal.ring
    drawn = Drawn(
        left=ring.x - ring.radius,
        top=ring.y - ring.radius,
        right=ring.x + ring.radius,
        bottom=ring.y + ring.radius,
        colour=seal.colour,
        confidence=seal.confidence,
    )
    return _mark("seal", drawn, inks, page)


def _mark(what: str, drawn: Drawn, inks: Inks, page: int) -> Mark:
    return Mark(what=what, page=page, box=_box(drawn, inks), colour=drawn.colour, confidence=drawn.confidence)


def _box(drawn: Drawn, inks: Inks) -> Box:
    return Box(
        left=max(0.0, drawn.left / inks.width),
        top=max(0.0, drawn.top / inks.height),
        right=min(1.0, drawn.right / inks.width),
        bottom=min(1.0, drawn.bottom / inks.height),
    )


def _holds(drawn: Drawn, seal: Seal) -> bool:
    return drawn.left <= seal.ring.x <= drawn.right and drawn.top <= seal.ring.y <= drawn.bottom


def _is_word(box: Box, words: Sequence[Box]) -> bool:
    """Most of it was read as one word: large letters, not a pen."""
    area = (box.right - box.left) * (box.bottom - box.top)
    return any(_common(box, word) > 0.7 * area for word in words)


def _common(one: Box, other: Box) -> float:
    across = min(one.right, other.right) - max(one.left, other.left)
    down = min(one.bottom, other.bottom) - max(one.top, other.top)
    return max(0.0, across) * max(0.0, down)
