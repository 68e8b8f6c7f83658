"""Words as an OCR reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.documents.ocr_words import close_to, corrected_capitals, find_close, skeleton

NATION = "Cộng hòa xã hội chủ nghĩa Việt Nam"


@pytest.mark.parametrize(
    ("read", "right"),
    [
        ("CỌNG HOÀ XÃ HÔI CHỦ NGHĨA VIÊT NAM", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
        ("Độc lâp - Tư do - Hanh phúc", "Độc lập - Tự do - Hạnh phúc"),
        ("QUYÉT ĐINH", "QUYẾT ĐỊNH"),
        ("SO GIÁO DUC VÀ ĐAO TAO TỈNH TRA VINH", "SỞ GIÁO DỤC VÀ ĐÀO TẠO TỈNH TRÀ VINH"),
        ("TRUỞNG THPT HOA SEN", "TRƯỜNG THPT HOA SEN"),
        ("UY BAN NHAN DAN HUYÊN CHÂU A", "ỦY BAN NHÂN DÂN HUYỆN CHÂU A"),
        ("PHÒNG GIÁ0 DỤC VÀ ĐÀO TẠO", "PHÒNG GIÁO DỤC VÀ ĐÀO TẠO"),
        ("Bộ Giáo duc và Đào tao", "Bộ Giáo dục và Đào tạo"),
        ("KT. GIAM ĐỐC", "KT. GIÁM ĐỐC"),
    ],
)
def test_frequent_words_of_a_heading_get_their_marks_back(read: str, right: str) -> None:
    assert corrected_capitals(read) == right


@pytest.mark.parametrize(
    "line",
    ["Uỷ ban nhân dân tỉnh Hoà Bình", "Kính gửi: Các trường mầm non", "Thủ trưởng các đơn vị", "Thứ trưởng", "mua để ăn", "",
     "45", "TRƯỜNG THPT HOA SEN", "Nguyễn Văn Giao"],
)  # fmt: skip
def test_what_is_right_or_unknown_stays(line: str) -> None:
    assert corrected_capitals(line) == line


def test_confused_letters_don_t_count() -> None:
    assert close_to("S6 :", "Số", tolerance=0)
    assert close_to("C0NG HOA XA HÔl CHU NGHIA VlET NAM", NATION, tolerance=0)
    assert skeleton("Trurng") == skeleton("Trumg")


def test_other_words_are_not_close() -> None:
    assert not close_to("Quy định", "Quyết định", tolerance=0.15)
    assert not close_to("", "Số", tolerance=0.5)
    assert not close_to(NATION + " Độc lập Tự do", NATION, tolerance=0.2)


@pytest.mark.parametrize("anchor", ["CQNG HOA XÃ HỘ1 CHỦ NGHĨA VIỆTNAM", "CỘNG HÒA XÃ HỘI CHU NGHIA VIET NAM"])
def test_an_anchor_is_found_within_a_line(anchor: str) -> None:
    line = f"SỞ Y TẾ   {anchor} trang 1"
    found = find_close(line, NATION, tolerance=0.15)
    assert found is not None
    assert line[slice(*found)] == anchor
    assert find_close("SỞ Y TẾ", NATION, tolerance=0.15) is None


@given(st.text(max_size=40), st.text(max_size=40))
def test_distances_agree_with_the_plain_way(one: str, other: str) -> None:
    a, b = skeleton(one), skeleton(other)
    size = max(len(a), 1)
    assert close_to(one, other, tolerance=0.5) == (bool(b) and _plain(a, b) <= int(len(b) * 0.5)) or not size
    assert isinstance(corrected_capitals(one), str)
    found = find_close(one, other, tolerance=0.3)
    assert found is None or 0 <= found[0] < found[1] <= len(one) + 3


def _plain(a: str, b: str) -> int:
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        row, before = [i], row
        for j, right in enumerate(b, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (left != right)))
    return row[-1]
