"""The signer's name under seal and signature, which Tesseract takes for a drawing when it reads the whole page.  Pure.

The block around a seal, or on the right of "Nơi nhận", is read once more as scattered words: 50 ms a cut, and two names of
three that the page did not give are found.  Taking the red or blue ink away first finds fewer: names are stamped in red, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from gateway.documents.ocr.engine import Mode, read_region
from gateway.documents.ocr.layout import lines_of
from gateway.documents.pictures.page import PageImage
from gateway.documents.text import Line, Mark
from gateway.documents.vietnamese import squeezed
from gateway.model import Box

_MOST_BLOCKS = 6  # joint circulars have three signers
_SURE = 0.5  # confidence of a line that is worth keeping
_LOWER = 0.3  # a seal higher than this share of the page is a stamp of arrival


def with_signers(lines: Sequence[Line], marks: Sequence[Mark], page: PageImage) -> list[Line]:
    """The lines of a page with those that were missing around its signatures, put in by their height."""
    kept = list(lines)
    blocks = list(_blocks(lines, marks))[:_MOST_BLOCKS]
    found = [line for block in blocks for line in map(_trimmed, lines_of(read_region(page, block, mode=Mode.SPARSE), page))]
    for line in sorted(filter(_is_worth, found), key=lambda each: -each.confidence):
        if not any(_covers(other, line) for other in kept):
            kept.insert(_place_of(line, kept), line)
    return kept


def _blocks(lines: Sequence[Line], marks: Sequence[Mark]) -> Iterator[Box]:
    seals = [mark.box for mark in marks if mark.what == "seal" and mark.box.top > _LOWER]
    for box in seals:
        height = box.bottom - box.top
        for above in (0.2, -0.3):  # what a stroke hides depends on where the block is cut: two cuts find more than one
            yield Box(
                left=max(box.left - 0.1, 0.0),
                top=box.top - above * height,
                right=0.98,
                bottom=min(box.bottom + 0.7 * height, 1.0),
            )
    if seals:
        return
    for line in lines:
        if line.box and squeezed(line.text).startswith("noinhan"):
            yield Box(left=0.4, top=line.box.top, right=0.98, bottom=min(line.box.top + 0.28, 1.0))


def _trimmed(line: Line) -> Line:
    """Without what a stroke across the beginning or the end was read as."""
    return replace(line, text=line.text.strip(" \t.,;:'\"“”‘’`´*~^-_|()[]{}°"))


def _is_worth(line: Line) -> bool:
    """Words, not what a ring and a pen stroke look like."""
    words = line.text.split()
    letters = sum(letter.isalpha() for letter in line.text)
    return (
        line.confidence >= _SURE
        and len(words) > 1
        and letters >= 6
        and letters >= 0.75 * sum(map(len, words))
        and sum(1 for word in words if len(word) > 1) >= 0.6 * len(words)
        and line.text[:1].isupper()
    )


def _covers(line: Line, other: Line) -> bool:
    one, two = line.box, other.box
    if one is None or two is None:
        return False
    across = min(one.right, two.right) - max(one.left, two.left)
    down = min(one.bottom, two.bottom) - max(one.top, two.top)
    return across > 0.3 * (two.right - two.left) and down > 0.4 * (two.bottom - two.top)


def _place_of(line: Line, lines: Sequence[Line]) -> int:
    """Behind the last line that stands higher."""
    top = line.box.top if line.box else 1.0
    return max((index for index, other in enumerate(lines, 1) if other.box and other.box.top <= top), default=0)
