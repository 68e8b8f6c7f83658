"""Folding and squeezing."""

from __future__ import annotations

import unicodedata

import pytest

from gateway.documents import vietnamese


@pytest.mark.parametrize("text", ["Nghị định", "SỞ GIÁO DỤC VÀ ĐÀO TẠO", "Trường Mầm non Hoa Sen", "Kế hoạch số 12"])
def test_composed_and_decomposed_text_is_the_same_text(text: str) -> None:
    assert vietnamese.tidy(unicodedata.normalize("NFD", text)) == vietnamese.tidy(text) == text


@pytest.mark.parametrize("variant", ["Nghị định", "NGHỊ ĐỊNH", "Ngh ị định", "nghi dinh", "NGHỊ ÐỊNH", "Nghi\u0323 đi\u0323nh"])
def test_words_are_compared_without_case_marks_and_broken_spaces(variant: str) -> None:
    assert vietnamese.squeezed(variant) == "nghidinh"


def test_a_place_in_the_squeezed_text_leads_back_to_the_printed_one() -> None:
    printed = "Căn c ứ Ngh ị định"
    flat = vietnamese.squeeze(printed)
    start = flat.fold.index("nghidinh")
    assert printed[flat.at[start] :] == "Ngh ị định"
    assert flat.place(len(flat.raw), end=len(printed)) == len(printed)


def test_odd_spaces_and_invisible_letters_go() -> None:
    assert vietnamese.tidy("Số:\u00a045\u200b/BC\u2011X\x00") == "Số: 45/BC\u2011X"


@pytest.mark.parametrize("written", ["15/QÐ\u2013BNV", "15∕QĐ-BNV", "15/QĐ\u2011BNV"])
def test_a_symbol_has_one_usual_form(written: str) -> None:
    assert vietnamese.plain_symbol(written) == "15/QĐ-BNV"


@pytest.mark.parametrize(
    ("broken", "whole"),
    [
        ("Căn c ứ Ngh ị định s ố 106/2011 của Chính ph ủ", "Căn cứ Nghị định số 106/2011 của Chính phủ"),
        ("c ủa đ ơn v ị", "của đơn vị"), ("QU YẾT ĐỊNH", "QUYẾT ĐỊNH"), ("Quy ết định thu ộc", "Quyết định thuộc"),
        ("Tr ườ ng Ti ểu h ọc", "Trường Tiểu học"), ("ĐỊ NH h ướng d ẫn", "ĐỊNH hướng dẫn"),
        ("Q U Y Ế T  Đ Ị N H", "QUYẾT ĐỊNH"), ("Q U Y Ế T Đ Ị N H", "QUYẾT ĐỊNH"),
        ("T H Ô N G  B Á O về việc", "THÔNG BÁO về việc"),
    ],
)  # fmt: skip
def test_broken_words_are_joined(broken: str, whole: str) -> None:
    assert vietnamese.mended(broken) == whole


@pytest.mark.parametrize(
    "text",
    ["Kính gửi các đơn vị ở tỉnh", "Phương án c ở mục b", "giao cho ông A ở xã B", "lớp 5 A ở trường", "a b c d e", "A B C D",
     "The quick brown fox", "I am a b c", "y tế và ông ấy", ""],
)  # fmt: skip
def test_whole_words_stay_apart(text: str) -> None:
    assert vietnamese.mended(text) == text


def test_words_are_the_same_wherever_the_tone_stands() -> None:
    assert vietnamese.same_words("Hoà Bình", "HÒA  BÌNH")
    assert vietnamese.same_words("thuỷ lợi", "thủy lợi")
    assert vietnamese.same_words("truong", "Trưởng")
    assert vietnamese.same_words("Ðộc lập", "Đ\u1ed9c lập")
    assert not vietnamese.same_words("Trường", "Trưởng")


def test_marks_in_the_wrong_order_and_letters_of_other_scripts() -> None:
    assert vietnamese.tidy("a\u0301\u0302 tie\u0301\u0302ng") == "ấ tiếng"
    assert vietnamese.fold("\u0421ỘNG \u041d\u039f\u00c0") == "cong hoa"
    assert vietnamese.plain_symbol("15/Q\u0110-\u0412\u039dV") == "15/QĐ-BNV"
    assert vietnamese.squeeze("Quyết\u00ad định").fold == "quyetdinh"


@pytest.mark.parametrize("word", ["nghiêng", "Quyết", "GIỮA", "gì", "giếng", "hoà", "hòa", "khuỷu", "uỷ", "ý", "xoong", "thuở"])
def test_syllables(word: str) -> None:
    assert vietnamese.is_syllable(word)


@pytest.mark.parametrize(
    "word", ["ngiêng", "kà", "ghà", "été", "quac\u0300", "thác\u0301", "bàt", "wô", "strong", "", "đđ", "Céng"]
)
def test_no_syllables(word: str) -> None:
    assert not vietnamese.is_syllable(word)


def test_the_share_of_syllables_tells_the_language() -> None:
    assert vietnamese.syllable_share("Căn cứ Nghị định của Chính phủ") == 1
    assert vietnamese.syllable_share("Can cu Nghi dinh cua Chinh phu") == 1
    assert vietnamese.syllable_share("The committee decided yesterday about further improvements") < 0.3
    assert vietnamese.syllable_share("12/2024") == 0
