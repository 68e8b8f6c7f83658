"""Kinds of document by decree and date."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.documents.kinds import CIRCULAR_01, DECREE_30, KINDS, kind_by_symbol, kind_by_title


def test_the_tables_are_complete() -> None:
    assert sum(kind.source == DECREE_30 for kind in KINDS) == 29
    assert sum(kind.source == CIRCULAR_01 for kind in KINDS) == 32


@pytest.mark.parametrize(
    ("symbol", "kind"),
    [
        ("QĐ-SGDĐT", "Quyết định"),
        ("QÐ-SGDĐT", "Quyết định"),
        ("BC-THCSLL", "Báo cáo"),
        ("TTr-UBND", "Tờ trình"),
        ("GM-SGDĐT", "Giấy mời"),
        ("NĐ-CP", "Nghị định"),
        ("TT-BGDĐT", "Thông tư"),
        ("HD/BTCTU", "Hướng dẫn"),
        ("TC/QĐ/CĐKT", "Thông cáo"),
        ("SGDĐT-VP", ""),
        ("THCSLL", ""),
        ("", ""),
    ],
)
def test_a_symbol_names_its_kind(symbol: str, kind: str) -> None:
    assert kind_by_symbol(symbol) == kind


def test_the_regulation_in_force_on_the_day_is_asked_first() -> None:
    assert kind_by_symbol("GM-THCSLL", date(2015, 1, 5)) == "Giấy mời"
    assert kind_by_symbol("TT-TU", date(2026, 1, 5)) == "Thông tư"


@pytest.mark.parametrize(
    ("line", "kind", "rest"),
    [
        ("QUYẾT ĐỊNH", "Quyết định", ""),
        ("QUY ẾT Đ ỊNH:", "Quyết định", ""),
        ("BÁO CÁO TỔNG KẾT NĂM HỌC", "Báo cáo", "tongketnamhoc"),
        ("Thông tư liên tịch", "Thông tư liên tịch", ""),
        ("GIẤY UỶ QUYỀN", "Giấy ủy quyền", ""),
        ("DANH SÁCH", "", ""),
    ],
)
def test_a_title_names_its_kind(line: str, kind: str, rest: str) -> None:
    assert kind_by_title(line) == (kind, rest)
