"""Words that an OCR spelled badly, as the rest of the text and nearly every official text spell them."""

from __future__ import annotations

import pytest

from gateway.documents.respelling import Speller
from gateway.documents.text import Line


def _speller(*lines: str) -> Speller:
    return Speller([Line(text=text, place=place) for place, text in enumerate(lines, 1)])


@pytest.mark.parametrize(
    ("read", "right"),
    [
        ("thành lập Khu kinh tế cửa khẩu Lam Hà", "thành lập Khu kinh tế cửa khẩu Lam Hà"),  # "cửa" is a word, not "của"
        ("lãi suất vay vốn ngân hàn trong năm", "lãi suất vay vốn ngân hàng trong năm"),
        ("đẩy nhanh tiến độ gám sát", "đẩy nhanh tiến độ giám sát"),
        ("quyết định cùa Bộ", "quyết định của Bộ"),
        ("xã Ngân Hàn", "xã Ngân Hàn"),  # capitals: a name, which is left alone
    ],
)
def test_only_what_is_certain_is_put_right(read: str, right: str) -> None:
    assert _speller(read).respelled(read) == right
