"""Several readings of one line: print agrees, a pen does not."""

from __future__ import annotations

import pytest

from gateway.documents.agreement import Reading, date_is_settled, date_of, number_is_settled, number_of, words_of


def _read(text: str, sure: float = 0.9) -> Reading:
    words = tuple(text.split(" "))
    return Reading(words=words, sure=(sure,) * len(words))


@pytest.mark.parametrize(
    ("readings", "right"),
    [
        (["Số: 29/QĐ-TTg", "Số: 29/QĐÐ-TTg", "Số: 29/QĐ-TTg"], "Số: 29/QĐ-TTg"),
        (["Số: 22 /QĐ - TIg", "Số: 22 /QÐ - TTg", "Số: 22 /QÐ - TTg"], "Số: 22/QĐ-TTg"),
        (["Số:911 /TB-ĐHAN", "Số:911 /TB-ĐHAN", "Số:911 /TB-ĐHAN"], "Số: 911/TB-ĐHAN"),
        (["Số: 44Ÿ /QĐ-BTP", "Số: 44Š /QĐ-BTP", "Số: 44 /QĐ-BTP"], "Số: …/QĐ-BTP"),
        (["Số: 53 /TB-SYT", "Số: 52 /TB-SYT", "Số: 53 /TB-SYT", "Số: 59 /TB-SYT"], "Số: …/TB-SYT"),
        (["Số: /SGDĐT-VP", "Số: /SGDĐT-VP"], "Số: /SGDĐT-VP"),
        (["Số: ..... /SGDĐT-VP", "Số: …. /SGDĐT-VP"], "Số: /SGDĐT-VP"),
        (["Số: 2l/KH-AB", "Số: 21/KH-AB", "Số: 2l/KH-AB"], "Số: 21/KH-AB"),
        (["Số: 12a/KH-AB"] * 3, "Số: 12a/KH-AB"),
        (["Số: 1074/KTKĐ-KĐĐH"] * 3, "Số: 1074/KTKĐ-KĐĐH"),
        (["Số 36-HD/VPTW", "Số 36-HD/VPTW", "Số 36 - HD/VPTW"], "Số 36-HD/VPTW"),
    ],
)
def test_a_number_is_believed_when_three_readings_agree(readings: list[str], right: str) -> None:
    assert number_of([_read(text) for text in readings]) == right


def test_readings_that_agree_without_confidence_are_not_believed() -> None:
    """A pen's "02" was read as 22 three times, with a third of the confidence that print has."""
    assert number_of([_read("Số: 22/2010/TT-AB", 0.33)] * 4) == "Số: …/2010/TT-AB"


@pytest.mark.parametrize(
    ("readings", "right"),
    [
        (["ngày 8 tháng 01 năm 2017", "ngày ð tháng 01 năm 2017", "ngày 8 tháng 01 năm 2017", "ngày 8 tháng 01 năm 2017"],
         "ngày 8 tháng 01 năm 2017"),
        (["ngày 1Ì tháng 12 năm 2017", "ngày 11 tháng 12 năm 2017", "ngày I1 tháng l2 năm 2017"], "ngày 11 tháng 12 năm 2017"),
        (["ngày A2 tháng 12 năm 2017", "ngày À2 tháng 12 năm 2017", "ngày A9 tháng 12 năm 2017"], "ngày … tháng 12 năm 2017"),
        (["ngày tháng 11 năm 2026", "ngày tháng 11 năm 2026", "ngày tháng 11 năm 2026"], "ngày  tháng 11 năm 2026"),
    ],
)  # fmt: skip
def test_a_day_is_believed_when_three_readings_agree(readings: list[str], right: str) -> None:
    assert date_of([_read(f"Lam Hà, {text}") for text in readings]) == f"Lam Hà, {right}"


def test_reading_ends_when_all_agree_or_never_will() -> None:
    assert number_is_settled([_read("Số: 29/QĐ-TTg")] * 3)
    assert not number_is_settled([_read("Số: 29/QĐ-TTg")] * 2)
    assert number_is_settled([_read("Số: ếf /QĐ-AB")] * 2)
    assert date_is_settled([_read("ngày 05 tháng 11 năm 2026")] * 3)
    assert not date_is_settled([_read("ngày 05 tháng 11 năm 2026"), _read("ngày 06 tháng 11 năm 2026")])


def test_a_doubtful_word_is_put_right_by_readings_that_are_surer() -> None:
    first = Reading(words=("gói", "thâu", "cung", "ứng"), sure=(0.97, 0.9, 0.96, 0.93))
    assert words_of(first, [_read("gói thầu cung ứng", 0.95)] * 2) == "gói thầu cung ứng"
    assert words_of(first, [_read("gói thầu cung ứng", 0.95), _read("gói thẫu cung ứng", 0.95)]) == "gói thâu cung ứng"
    assert words_of(first, [_read("gói thầu cung", 0.99)] * 2) == "gói thâu cung ứng"
    parted = Reading(words=("SỢ", "VTE"), sure=(0.6, 0.6))
    assert words_of(parted, [_read("SỞ Y TẾ", 0.9), _read("SỞ Y TÉ", 0.8)]) == "SỞ Y TẾ"
