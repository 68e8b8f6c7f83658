"""Runs of letters and the encoding that their font means: the words of one paragraph, decoded run by run.  Pure.

Before Unicode a Vietnamese font *was* the encoding: .VnTime shows the letters of TCVN3, .VnTimeH their capitals, VNI-Times
those of VNI, all over the codes of Latin-1.  Only the name of the font tells, so text that lost it can merely be guessed.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import groupby

from gateway.documents.encodings.fonts import decode_run
from gateway.documents.reading.office_codepages import LATIN
from gateway.documents.vietnamese import tidy

# Letters that only Unicode has: somebody converted the text and left the font's name as it was.
_MODERN = re.compile("[ĂăĐđĨĩŨũƠơƯư\u1ea0-\u1ef9\u0300-\u0323]")
_IN_SYMBOL_RANGE = re.compile("[\uf020-\uf0ff]")  # where Word keeps the letters of fonts that call themselves symbols
_SYMBOL_RANGE = {code: code - 0xF000 for code in range(0xF020, 0xF100)}
_FROM_LATIN = re.compile("[^\x00-\x7f]")


Run = tuple[str, str, bool]  # letters, encoding of their font, shown as capitals


class Runs:
    """The runs of one paragraph after another; ``legacy`` counts the letters that each encoding gave."""

    def __init__(self) -> None:
        self._runs: list[Run] = []
        self.legacy: Counter[str] = Counter()

    def add(self, text: str, encoding: str = "", *, capitals: bool = False) -> None:
        """Words in one font; ``capitals`` when the format shows them so."""
        if text:
            self._runs.append((text, encoding, capitals))

    def put_away(self) -> list[Run]:
        """The runs so far, for take_back; nothing is left."""
        runs, self._runs = self._runs, []
        return runs

    def take_back(self, runs: list[Run]) -> None:
        """Go on after runs that were put away."""
        self._runs = runs

    def taken(self) -> str:
        """The words so far, tidy; nothing is left."""
        if not self._runs:
            return ""
        runs = self.put_away()
        if len(runs) == 1 and not runs[0][1] and not runs[0][2]:
            return tidy(runs[0][0])
        modern = {encoding for text, encoding, _ in runs if encoding and _MODERN.search(text)}
        return tidy("".join(self._decoded(text, "" if e in modern else e, capitals) for text, e, capitals in _joined(runs)))

    def _decoded(self, text: str, encoding: str, capitals: bool) -> str:
        if encoding:
            if _IN_SYMBOL_RANGE.search(text):
                text = text.translate(_SYMBOL_RANGE)
            self.legacy[encoding.removesuffix("H")] += len(_FROM_LATIN.findall(text))
            text = decode_run(text, encoding).translate(LATIN)
        return text.upper() if capitals else text

    @property
    def encoding(self) -> str:
        """The legacy encoding that most letters were in; "" for Unicode."""
        name, count = next(iter(self.legacy.most_common(1)), ("", 0))
        return name if count else ""


def _joined(runs: list[Run]) -> list[Run]:
    """Neighbours of one encoding as one run: a letter of VNI may have its mark in the next."""
    return [("".join(run[0] for run in same), *key) for key, same in groupby(runs, key=lambda run: run[1:])]
