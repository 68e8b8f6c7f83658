"""Under whose rules of form a document is made: the State's, the Party's, a union's, the Youth's, or nobody's.  Pure.

Decree 30/2020/NĐ-CP, article 2.2: political and socio-political bodies only apply it as fits; the Party has Guidance
36-HD/VPTW.  Their documents go through channels of their own.  Companies and persons issue nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from gateway.documents.vietnamese import fold, one_line
from gateway.model import Regime

_COMMITTEE = "(?:bch |ban chap hanh |ban thuong vu )?"
# How the names of their bodies begin, folded.
_BODIES: Mapping[Regime, tuple[str, ...]] = {
    Regime.PARTY: (
        "dang bo", "dang uy", "dang cong san", "chi bo", "tinh uy", "huyen uy", "thi uy", "thanh uy", "quan uy",
        "trung uong dang",
    ),
    Regime.UNION: ("cong doan", "cdcs", "lien doan lao dong", "tong lien doan"),
    Regime.YOUTH: (
        "doan tncs", "doan thanh nien", "doan truong", "doan xa", "doan phuong", "tinh doan", "huyen doan", "thanh doan",
        "thi doan", "hoi dong doi", "lien doi", "doi thieu nien",
    ),
    Regime.COMPANY: (
        "cong ty", "tong cong ty", "tap doan", "hop tac xa", "doanh nghiep", "ngan hang(?! nha nuoc)", "cua hang",
        "ho kinh doanh",
    ),
}  # fmt: skip
_PATTERNS = {regime: re.compile(rf"{_COMMITTEE}(?:{'|'.join(names)})\b") for regime, names in _BODIES.items()}


def regime_of(agencies: Sequence[str], *, party_head: bool = False) -> Regime:
    """By the issuer, the last of the agencies of a letterhead; ``party_head``: it has the Party's words, not the motto."""
    if party_head:
        return Regime.PARTY
    issuer = one_line(fold(agencies[-1])) if agencies else ""
    return next((regime for regime, pattern in _PATTERNS.items() if pattern.match(issuer)), Regime.STATE)
