"""The quick no for lines that name no title never hides one that would be found."""

from __future__ import annotations

import pytest

from gateway.documents.ending import _pieces
from gateway.documents.persons import capacity_and_title, may_say_who

LINES = [
    "KT. GIÁM ĐỐC", "K/T GIÁM ĐỐC", "T/M BAN GIÁM HIỆU", "T/U/Q CHỦ TỊCH", "TUQ. BỘ TRƯỞNG",
    "Q. HIỆU TRƯỞNG", "tl. Trưởng phòng",
    "HIỆU TRƯỞNG", "Phó Hiệu trưởng", "QUYỀN GIÁM ĐỐC", "Nơi nhận:\tNGƯỜI KÝ", "- Các trường (để báo cáo); HIỆU TRƯỞNG",
    "Hi ệu trư ởng", "TRƯỞNG\u00a0PHÒNG", "1\t2\tTM. HỘI ĐỒNG",
]  # fmt: skip


@pytest.mark.parametrize("line", LINES)
def test_a_line_in_which_a_title_is_found_is_looked_at(line: str) -> None:
    assert any(capacity_and_title(piece) for piece in _pieces(line))
    assert may_say_who(line)


@pytest.mark.parametrize("line", ["Trường THCS\t0.25\t17", "Lớp 6A\t40 học sinh", "Kính gửi quý thầy cô"])
def test_most_rows_of_a_table_are_not(line: str) -> None:
    assert not may_say_who(line)
