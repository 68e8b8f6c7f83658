"""What stands on the paper and is none of the document's own words: the receiver's stamps, what a signature shows.  Pure.

The stamp "CÔNG VĂN ĐẾN / Số: … / Ngày: … / Chuyển: …" (Decree 30/2020/NĐ-CP, article 22) bears number and date of
whoever received the paper; a scan mixes its lines with those of the letterhead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from gateway.documents.text import Line, cells
from gateway.documents.vietnamese import has_no_letters, squeezed
from gateway.model import Value

_STAMP_BEGINS = re.compile(
    r"^\W*\w?\W*(?:c[oôốo6]ngvanden|vanbanden|(?:cong|van|[cg]ong)?thongtindientu(?:chinhphu)?|congthongtindientu\w{0,12}|"
    r"den(?:so|ngay|gio)?|vanthu\w{0,12}den|phongvanthu|tiepnhan)[\W\d_]*$"
)
_STAMP_GOES_ON = re.compile(
    r"^\W*(?:den\b|den[:.]|s[o6e][\W\d_a-z]{0,14}$|ngay.{0,28}$|gio[:.]|k[il]nhchuyen|chuyen[:.]?|luuhoso|kyhieuhoso|"
    r"noinhan:?chuyen|phongxuly|yk[il]en)"
)
_SYMBOL = re.compile(r"\d/[a-z]{2}")  # "1711/CT-STTTT" is the document's own; a receiver only counts
_STAMP_LINES = 6
_SHOWN = re.compile(
    r"^\W*(?:nguoiky|kyboi|coquan|thoigianky|ngayky|kyten|signedby|digitallysigned|chukysotu|emai?l|tochuc|chucvu):"
    r"|^\W*(?:chukysohople|signaturevalid|signatureisvalid)"
)


class Cleared(Value):
    """The lines of the document itself, and whether a receiver's stamp was among the others."""

    lines: tuple[Line, ...]
    received: bool = False


# Editions of law databases have the name of the database above the document.
_EDITION = re.compile(r"cosodulieu(?:quocgia|luat|vanban)|lawdata|thuvienphapluat")


def without_furniture(lines: Sequence[Line], searched: int = 60) -> Cleared:
    """The lines without stamps and what signatures show; only the first ``searched`` lines are looked at."""
    kept: list[Line] = []
    stamp = 0  # lines that may still belong to the stamp
    received = False
    for index, line in enumerate(lines):
        if index >= searched:
            kept.append(line)
            continue
        if len(line.text) < 120 and _EDITION.search(squeezed(line.text)):
            continue
        left = []
        for cell in _cells(line.text):
            if not stamp and has_no_letters(cell):
                left.append(cell)
                continue
            flat = squeezed(cell)
            if _begins_stamp(cell, flat):
                stamp, received = _STAMP_LINES, True
            elif not (stamp and _STAMP_GOES_ON.match(flat) and not _SYMBOL.search(flat)) and not _SHOWN.match(flat):
                left.append(cell)
        stamp = max(stamp - 1, 0)
        if left:
            kept.append(line if len(left) == len(list(_cells(line.text))) else changed(line, "\t".join(left)))
    return Cleared(lines=tuple(kept), received=received)


def changed(line: Line, text: str) -> Line:
    """The same line with other words."""
    return replace(line, text=text)


def _cells(text: str) -> Iterator[str]:
    return cells(text) if "\t" in text or "|" in text or "   " in text else iter((text,))


def _begins_stamp(cell: str, flat: str) -> bool:
    if len(flat) < 26 and flat.endswith("den") and cell.split()[-1].strip(".:").isupper():
        return True  # "CÔNG VĂN ĐẾN" with its beginning read badly
    return (
        len(flat) < 50
        and bool(_STAMP_BEGINS.match(flat))
        and (_mostly_capitals(cell) or flat.startswith(("congvanden", "den")))
    )


def _mostly_capitals(text: str) -> bool:
    letters = [letter for letter in text if letter.isalpha()]
    return bool(letters) and sum(letter.isupper() for letter in letters) > 0.7 * len(letters)
