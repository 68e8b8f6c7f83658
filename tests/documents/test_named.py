"""Scans whose number a pen wrote, in files that are named after the document."""

from __future__ import annotations

import pytest

from gateway.documents.named import number_in_name
from gateway.documents.signs import judge
from gateway.documents.text import Line, Mark, Text
from gateway.model import Box, Nature, Sign


@pytest.mark.parametrize(
    ("name", "symbol", "number"),
    [
        ("2231 SYT TCCB.pdf", "SYT-TCCB", "2231"),
        ("Nsh_2231 SYT TCCB.pdf", "SYT-TCCB", "2231"),
        ("22 gm syt(2).pdf", "GM-SYT", "22"),
        ("5_QD-SGDDT.pdf", "QĐ-SGDĐT", "05"),
        ("kho/409-SGD&ĐT-VP_signed.pdf", "SGD&ĐT-VP", "409"),
        ("2231 SYT.pdf", "SYT-TCCB", ""),  # not the whole ký hiệu
        ("phụ lục 12 SYT TCCB kèm 45 SYT TCCB.pdf", "SYT-TCCB", ""),  # two of them
        ("2231 SYT TCCBA.pdf", "SYT-TCCB", ""),
        ("z4567812.jpg", "SYT-TCCB", ""),
        ("05 TB.pdf", "TB", ""),
    ],
)
def test_the_name_is_believed_when_the_whole_symbol_follows_the_number(name: str, symbol: str, number: str) -> None:
    assert number_in_name(name, symbol) == number


def _written(slot: str) -> Text:
    """A scan without any seal, read several times: "…" is what a pen wrote, nothing is a blank."""
    words = (
        "UBND TỈNH LAM HÀ\tCỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "SỞ Y TẾ\tĐộc lập - Tự do - Hạnh phúc",
        f"Số: {slot}/SYT-TCCB\tLam Hà, ngày 05 tháng 12 năm 2026", "V/v xét tuyển viên chức", "Kính gửi: Các đơn vị",
    )  # fmt: skip
    lines = tuple(Line(text=text, place=place, page=1, agreed=True) for place, text in enumerate(words, 1))
    return Text(lines=lines, pages=1, scanned=True)


def test_something_written_where_the_number_stands_makes_the_paper_final() -> None:
    assert judge(_written("…"), file="scan.pdf").nature is Nature.ISSUED
    assert judge(_written(""), file="scan.pdf").nature is Nature.DRAFT


def test_a_number_from_the_name_is_shown_as_such() -> None:
    words = (
        "UBND TỈNH LAM HÀ\tCỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "SỞ Y TẾ\tĐộc lập - Tự do - Hạnh phúc",
        "Số: …/SYT-TCCB\tLam Hà, ngày … tháng 12 năm 2026", "V/v xét tuyển viên chức", "Kính gửi: Các đơn vị",
    )  # fmt: skip
    lines = tuple(Line(text=text, place=place, page=1, agreed=True) for place, text in enumerate(words, 1))
    seal = Mark(what="seal", page=1, box=Box(left=0.5, top=0.7, right=0.7, bottom=0.85))
    document = judge(Text(lines=lines, pages=1, scanned=True, marks=(seal,)), file="2231 SYT TCCB.pdf").document
    assert document is not None
    assert (document.nature, document.number_symbol) == (Nature.ISSUED, "2231/SYT-TCCB")
    number = next(each for each in document.evidence if each.sign is Sign.NUMBER)
    assert (number.words, number.confidence) == ("tên tệp: 2231 SYT TCCB.pdf", 0.7)
