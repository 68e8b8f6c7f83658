"""A mail that comes in counted chunks (BDAT, RFC 3030): no dots, no end to look for.  Pure."""

from __future__ import annotations

import re

from gateway.smtp import replies
from gateway.smtp.grammar import CommandError
from gateway.smtp.pieces import Pieces

_CHUNK = re.compile(r"([0-9]{1,20})(?: +(LAST))?", re.IGNORECASE)


def chunk_of(argument: str) -> tuple[int, bool]:
    """Read "size [LAST]".  Raises CommandError, a last word: nobody knows where the octets end that come behind it."""
    found = _CHUNK.fullmatch(argument)
    if found is None:
        raise CommandError(replies.BAD_CHUNK)
    return int(found[1]), found[2] is not None


class ChunkReader:
    """Collects the chunks of one mail; has the face of data.DataReader."""

    def __init__(self) -> None:
        self._kept = Pieces()
        self._keeps = True
        self._left = 0  # octets of the chunk that are still to come
        self.size = 0  # octets of the mail so far
        self.announced = 0  # octets of the chunk that came last
        self.is_last = False
        self.objection = ""  # why this mail is not taken any more: every further chunk is read and refused

    def expect(self, size: int, *, is_last: bool) -> None:
        """A chunk is announced."""
        self._left = self.announced = size
        self.is_last = is_last

    def refuse(self, objection: str) -> None:
        """Keep nothing of this mail from now on."""
        self.objection = self.objection or objection
        self.drop()

    def feed(self, data: bytes) -> bytes | None:
        """Take some bytes.  Returns what follows the end of the chunk, or None as long as the end has not come."""
        here = data if len(data) <= self._left else data[: self._left]
        self._left -= len(here)
        self.size += len(here)
        if self._keeps:
            self._kept.add(here)
        return None if self._left else data[len(here) :]

    def drop(self) -> None:
        """Keep nothing from now on."""
        self._keeps = False
        self._kept = Pieces()

    def wire(self) -> bytes:
        """All chunks so far.  Empties the reader."""
        return self._kept.whole()
