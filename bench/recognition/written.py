"""How number and date came onto the paper, as somebody saw with his own eyes: written.jsonl, one JSON object for each file.

Print and numbering stamps can be read; what was written by hand mostly cannot, and is told apart.  A file is known by its
SHA-256, so that nothing of a document stands here.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from gateway.model import Value

PRINTED, BY_HAND = "printed", "by hand"


class Written(Value):
    """Each "printed", "stamped", "hand", or "" where nothing is known."""

    number: str = ""
    day: str = ""
    month: str = ""

    def how(self, fact: str, text_layer: str) -> str:
        """PRINTED, BY_HAND or "" (nobody looked): stamps count as print, letters that are in the file are print."""
        seen = {"number+symbol": (self.number,), "date": (self.day, self.month)}.get(fact)
        if seen is None:
            return ""
        if "hand" in seen:
            return BY_HAND
        return PRINTED if all(seen) or text_layer == "text" else ""


@lru_cache(maxsize=1)
def table() -> dict[str, Written]:
    """What is known, by SHA-256 of the file."""
    rows = map(json.loads, Path(__file__).with_suffix(".jsonl").read_text(encoding="ascii").splitlines())
    return {row.pop("digest"): Written(**row) for row in rows}


def written(digest: str) -> Written:
    """How number and date of this file were written."""
    return table().get(digest, Written())
