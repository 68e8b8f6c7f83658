"""What tells that a part of a page was read well: the fixed words of a letterhead and of a signature block.  Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gateway.documents.text import Line
from gateway.documents.vietnamese import squeezed

_ANCHORS = (
    re.compile(r"conghoaxa|xahoichu|nghiavietnam|dangcongsan"),  # Quốc hiệu, or the Party's
    re.compile(r"doclap|tudo[^a-z]*hanh|hanhphuc"),  # Tiêu ngữ
    re.compile(r"(?:^|\t)s[o0óqé]?:|/[a-z]{2,5}-[a-z]{2}|^so\d"),  # Số:
    re.compile(r"ngay.{0,9}thang.{0,6}nam.{0,3}(?:19|20)\d\d|thang.{0,6}nam(?:19|20)\d\d"),
)
_SIGNED = re.compile(r"(?:^|\t)(?:noinhan|n[oơ]inhan)|(?:^|\t)(?:tm|kt|tl|tuq|t/m|k/t|q)\.[a-z]{3}")
_TITLES = re.compile(
    r"(?:^|\t)(?:pho)?(?:giamdoc|hieutruong|chutich|bothutruong|thutuong|botruong|thutruong|truongphong|chanhvanphong|vutruong"
    r"|cuctruong|truongban|truongkhoa|vientruong|bithu|tonggiamdoc)(?:\t|$)"
)


def anchors_in(lines: Sequence[Line]) -> int:
    """How many of the four fixed pieces of a letterhead are there: Quốc hiệu, Tiêu ngữ, Số, place with date."""
    flat = [_flat(line.text) for line in lines]
    return sum(1 for anchor in _ANCHORS if any(anchor.search(text) for text in flat))


def is_signed(lines: Sequence[Line]) -> bool:
    """Whether the end of a document stands here: "Nơi nhận", a capacity, or the bare title of a head."""
    return any(_SIGNED.search(flat) or _TITLES.search(flat) for flat in (_flat(line.text) for line in lines))


def confidence_of(lines: Sequence[Line]) -> float:
    """Mean over the letters; 0 for nothing."""
    letters = sum(len(line.text) for line in lines)
    return sum(line.confidence * len(line.text) for line in lines) / letters if letters else 0.0


def _flat(text: str) -> str:
    return "\t".join(squeezed(cell) for cell in text.split("\t"))
