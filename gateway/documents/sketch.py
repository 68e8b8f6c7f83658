"""A sketch of a text: enough to say how much two texts have in common, and nothing of what they say.  Pure.

The smallest of the check sums of all runs of three words ("bottom-k sketch"; Broder 1997): of two texts about as large a share
of the smallest sums is common as of the runs themselves.  Words are folded, so that a scan and its Word twin are alike in spite
of marks that the OCR lost.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable, Sequence
from zlib import crc32

from gateway.documents.vietnamese import fold

SIZE = 64  # sums in a sketch: the share is right within about 0.06
FEWEST = 24  # runs of words: shorter texts are alike by chance (a letterhead and a greeting)
_RUN = 3
_MOST_LETTERS = 200_000
_WORDS = re.compile(r"[a-z0-9]+")


def sketch_of(lines: Iterable[str]) -> tuple[int, ...]:
    """The sketch of a text, in ascending order; () for one that is too short to be compared."""
    words = _WORDS.findall(fold(" ".join(lines)[:_MOST_LETTERS]))
    runs = {crc32(" ".join(words[at : at + _RUN]).encode()) for at in range(len(words) - _RUN + 1)}
    return tuple(heapq.nsmallest(SIZE, runs)) if len(runs) >= FEWEST else ()


def likeness(one: Sequence[int], other: Sequence[int]) -> float:
    """The share of runs of words that two texts have in common, 0 to 1, as their sketches tell it."""
    if not one or not other:
        return 0.0
    both = {*one, *other}
    smallest = sorted(both)[:SIZE] if len(both) > SIZE else both
    return len({*one}.intersection(other).intersection(smallest)) / len(smallest)
