"""Kinds of document and their abbreviations, by decree and date: a table that grows, never code.  Pure.

Sources: Decree 30/2020/NĐ-CP article 7 and appendix III.I (29 kinds, since 5 March 2020); Circular 01/2011/TT-BNV (32
kinds, until then; its abbreviations where they differ are from common knowledge, so both sets are always accepted);
normative documents by the Law on the promulgation of legal documents; Party documents by Guidance 36-HD/VPTW (2018).
"""

from __future__ import annotations

import re
from datetime import date
from types import MappingProxyType

from gateway.documents.vietnamese import plain_symbol, squeezed
from gateway.model import Value

DECREE_30 = "Nghị định 30/2020/NĐ-CP, phụ lục III"
CIRCULAR_01 = "Thông tư 01/2011/TT-BNV, phụ lục I"
NORMATIVE = "Luật Ban hành văn bản quy phạm pháp luật"
PARTY = "Hướng dẫn 36-HD/VPTW"
OTHER_BODIES = "thông lệ"

LETTER = "Công văn"  # the kind without an abbreviation and without a title


class Kind(Value):
    """One kind of document, as one regulation names it."""

    name: str
    abbreviation: str  # "" for công văn and thư công
    source: str
    since: date
    until: date | None = None  # the last day; None is still in force


_DECREE_30 = date(2020, 3, 5)
_CIRCULAR_01 = date(2011, 3, 5)
_EVER = date(1945, 9, 2)


def _table(source: str, since: date, until: date | None, rows: str) -> tuple[Kind, ...]:
    """Rows are "Name ABBR" separated by ";"; "-" is no abbreviation."""
    kinds = []
    for row in rows.split(";"):
        name, _, abbreviation = row.strip().rpartition(" ")
        kinds.append(Kind(name=name, abbreviation=abbreviation.replace("-", ""), source=source, since=since, until=until))
    return tuple(kinds)


KINDS: tuple[Kind, ...] = (
    *_table(
        DECREE_30,
        _DECREE_30,
        None,
        "Nghị quyết NQ; Quyết định QĐ; Chỉ thị CT; Quy chế QC; Quy định QyĐ; Thông cáo TC; Thông báo TB; Hướng dẫn HD; "
        "Chương trình CTr; Kế hoạch KH; Phương án PA; Đề án ĐA; Dự án DA; Báo cáo BC; Biên bản BB; Tờ trình TTr; Hợp đồng HĐ; "
        "Công văn -; Công điện CĐ; Bản ghi nhớ BGN; Bản thỏa thuận BTT; Giấy ủy quyền GUQ; Giấy mời GM; Giấy giới thiệu GGT; "
        "Giấy nghỉ phép GNP; Phiếu gửi PG; Phiếu chuyển PC; Phiếu báo PB; Thư công -",
    ),
    *_table(
        CIRCULAR_01,
        _CIRCULAR_01,
        _DECREE_30,
        "Nghị quyết NQ; Quyết định QĐ; Chỉ thị CT; Quy chế QC; Quy định QyĐ; Thông cáo TC; Thông báo TB; Hướng dẫn HD; "
        "Chương trình CTr; Kế hoạch KH; Phương án PA; Đề án ĐA; Dự án DA; Báo cáo BC; Biên bản BB; Tờ trình TTr; Hợp đồng HĐ; "
        "Công văn -; Công điện CĐ; Bản ghi nhớ GN; Bản cam kết CK; Bản thỏa thuận TTh; Giấy chứng nhận CN; Giấy ủy quyền UQ; "
        "Giấy mời GM; Giấy giới thiệu GT; Giấy nghỉ phép NP; Giấy đi đường ĐĐ; Giấy biên nhận hồ sơ BN; Phiếu gửi PG; "
        "Phiếu chuyển PC; Thư công -",
    ),
    *_table(
        NORMATIVE,
        _EVER,
        None,
        "Luật L; Bộ luật BL; Pháp lệnh PL; Lệnh LCTN; Nghị định NĐ; Thông tư TT; Thông tư liên tịch TTLT; "
        "Nghị quyết liên tịch NQLT; Văn bản hợp nhất VBHN",
    ),
    *_table(PARTY, _EVER, None, "Kết luận KL; Quy định QĐi; Chương trình hành động CTHĐ; Thông tri TT"),
    *_table(OTHER_BODIES, _EVER, None, "Giấy xác nhận GXN; Giấy khen GK; Điều lệ ĐL; Thư mời TM"),
)

# Copies made in due form have numbers of their own (Decree 30/2020 article 25; before 2020 "TS" for trích sao).
COPY_ABBREVIATIONS = frozenset({"SY", "TrS", "SL", "TS", "SYBC"})

_BY_TITLE: dict[str, str] = {squeezed(kind.name): kind.name for kind in reversed(KINDS)}
_BY_TITLE |= {"giayuyquyen": "Giấy ủy quyền", "banthoathuan": "Bản thỏa thuận", "quyetnghi": "Nghị quyết"}
_START = 3  # letters; no title is shorter
_BY_START = {
    start: tuple(sorted((title for title in _BY_TITLE if title.startswith(start)), key=len, reverse=True))
    for start in {title[:_START] for title in _BY_TITLE}
}

TITLES = MappingProxyType(_BY_TITLE)  # squeezed and folded title -> name of the kind
ABBREVIATIONS = frozenset(kind.abbreviation for kind in KINDS if kind.abbreviation)

# "1141-TC/QĐ/CĐKT": old symbols name the kind in a later group.  Only these few stand there.
_OLD_LATER_GROUP = frozenset({"QĐ", "NĐ", "TT", "CT", "NQ", "TTLT", "TB"})


_BETWEEN_GROUPS = re.compile(r"[-/.]")


def kind_by_symbol(symbol: str, on: date | None = None) -> str:
    """The kind that a ký hiệu such as "QĐ-SGDĐT" names, "" when its first group names none (a công văn).

    With ``on`` the regulation in force on that day is asked first.
    """
    groups = [group for group in _BETWEEN_GROUPS.split(plain_symbol(symbol)) if group]
    if not groups:
        return ""
    if name := _kind_by_abbreviation(groups[0], on):
        return name
    later = next((group for group in groups[1:] if "/" in symbol and group in _OLD_LATER_GROUP), "")
    return _kind_by_abbreviation(later, on) if later else ""


_OF_THE_ASSEMBLY = re.compile(r"\bQH\d|UBTVQH")


def kinds_in_symbol(symbol: str) -> frozenset[str]:
    """Every kind that a group of the ký hiệu could name: "TC/QĐ/CĐKT" has Thông cáo and Quyết định, one of them by chance."""
    groups = _BETWEEN_GROUPS.split(plain_symbol(symbol))
    return frozenset(kind.name for kind in KINDS if kind.abbreviation and kind.abbreviation in groups) | (
        {"Luật", "Nghị quyết", "Pháp lệnh", "Bộ luật"} if _OF_THE_ASSEMBLY.search(symbol) else frozenset()
    )


def _kind_by_abbreviation(abbreviation: str, on: date | None) -> str:
    candidates = [kind for kind in KINDS if kind.abbreviation == abbreviation]
    in_force = [kind for kind in candidates if on and kind.since <= on and (kind.until is None or on <= kind.until)]
    found = in_force or candidates
    return found[0].name if found else ""


def kind_by_title(line: str) -> tuple[str, str]:
    """The kind that a title line begins with, and what is left of the line, squeezed and folded; ("", "") for none."""
    flat = squeezed(line).strip("*-_.:“”\"'()")
    for title in _BY_START.get(flat[:_START], ()):
        if flat.startswith(title):
            return _BY_TITLE[title], flat[len(title) :].strip(":.-")
    return "", ""
