"""The number of a document in the name of its file: "2231 SYT TCCB.pdf" is 2231/SYT-TCCB.  Pure.

Registries name scans after the document, and write its number on the paper by hand, where no OCR can read it.  The name is
believed only when the whole ký hiệu that is printed on the paper follows the number in it.
"""

from __future__ import annotations

import re

from gateway.documents.vietnamese import fold

_GAP = r"[ _.\-/&+]*"
_LEAST = 3  # letters of a ký hiệu: "05 TB" may be anything


_BETWEEN_GROUPS = re.compile(r"[^a-z0-9]+")


def number_in_name(name: str, symbol: str) -> str:
    """The number, with a zero before a single figure (Decree 30/2020, appendix I, II.3); "" when the name does not say it.

    ``symbol`` is the ký hiệu as printed, without the year: "SYT-TCCB".
    """
    groups = [group for group in _BETWEEN_GROUPS.split(fold(symbol)) if group]
    if sum(map(len, groups)) < _LEAST:
        return ""
    follows = _GAP.join(map(re.escape, groups))
    found = set(re.findall(rf"(?<![a-z0-9.])(\d{{1,5}})[ _.\-/]+{follows}(?![a-z0-9])", fold(name.rpartition("/")[2])))
    return found.pop().zfill(2) if len(found) == 1 else ""
