"""Do the sectors of a compound file follow each other to an end?  Asked before a library walks them without looking.  Pure.

[MS-CFB] 2.3, 2.4, 2.5.  python-calamine makes room for a chain that bites its own tail until the process aborts.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from gateway.documents.compound import Compound
from gateway.documents.text import Unreadable

_LAST_SECTOR = 0xFFFFFFFA  # larger numbers say "end", "free" and the like


def check_chains(container: Compound, data: bytes) -> None:
    """Of both tables of sectors, and of the list of the parts of the first.  Raises Unreadable ("damaged")."""
    container.loadminifat()
    if _has_ring(container.fat) or _has_ring(container.minifat or ()) or _lists_ring(container, data):
        raise Unreadable("damaged")


def _has_ring(following: Sequence[int]) -> bool:
    """Each place holds the number of the next one; every place is visited once."""
    seen = [0] * len(following)
    for walk in range(1, len(following) + 1):
        at = walk - 1
        while at < len(following) and not seen[at]:
            seen[at] = walk
            at = following[at]
        if at < len(following) and seen[at] == walk:
            return True
    return False


def _lists_ring(container: Compound, data: bytes) -> bool:
    """The last number of each sector of the list is the next sector of it."""
    size, at, seen = container.sector_size, container.first_difat_sector, set[int]()
    while at < _LAST_SECTOR and (end := (at + 2) * size) <= len(data):
        if at in seen:
            return True
        seen.add(at)
        (at,) = struct.unpack_from("<I", data, end - 4)
    return False
