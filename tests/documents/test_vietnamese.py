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
