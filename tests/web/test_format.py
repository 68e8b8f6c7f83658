"""Dates, sizes and places as Vietnamese readers write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from gateway.model import Evidence, Sign, TextSource
from web import format
from web.format import WORDS

NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)  # 08:30 in Việt Nam


def test_times_are_vietnamese() -> None:
    late = datetime(2026, 11, 22, 18, 5, 9, tzinfo=UTC)
    assert format.moment(late) == "01:05 23/11/2026"
    assert format.clock(late) == "01:05"
    assert format.seconds(late) == "01:05:09 23/11/2026"
    assert format.iso(late) == "2026-11-23T01:05:09+07:00"
    assert format.moment(None) == ""


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (timedelta(0), "Hôm nay, Thứ Hai 23/11/2026"),
        (timedelta(hours=9), "Hôm qua, Chủ nhật 22/11/2026"),
        (timedelta(days=2), "Thứ Bảy 21/11/2026"),
    ],
)
def test_lists_are_headed_by_the_vietnamese_day(ago: timedelta, said: str) -> None:
    assert format.heading(NOW - ago, now=NOW) == said


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(minutes=30), "còn 30 phút"),
        (timedelta(seconds=20), "còn chưa đầy một phút"),
        (timedelta(hours=-2, minutes=-5), "quá hạn 2 giờ"),
        (timedelta(days=-3), "quá hạn 3 ngày"),
    ],
)
def test_a_time_limit_says_what_is_left(left: timedelta, said: str) -> None:
    assert format.due(NOW + left, now=NOW) == said


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 byte"), (1023, "1023 byte"), (1024, "1 KB"), (1536, "1,5 KB"), (5 * 1024**2, "5 MB"), (3 * 1024**3, "3,0 GB")],
)
def test_sizes_have_a_decimal_comma(count: int, said: str) -> None:
    assert format.size(count) == said


@pytest.mark.parametrize(("count", "said"), [(7, "7"), (12345, "12.345"), (3.5, "3,5"), (1234.5, "1.234,5")])
def test_numbers_have_points_between_thousands(count: float, said: str) -> None:
    assert format.number(count) == said


def test_the_date_of_a_document_has_its_zeros() -> None:
    assert format.day(date(2026, 2, 5)) == "05/02/2026"
    assert format.day(None) == ""


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        (Evidence(sign=Sign.NUMBER, words="x", file="a.pdf", page=1, line=3), "trang 1, dòng 3"),
        (Evidence(sign=Sign.NUMBER, words="x", file="a.pdf", page=2, how=TextSource.OCR), "trang 2, đọc từ ảnh"),
        (Evidence(sign=Sign.NUMBER, words="x", line=4), "nội dung thư, dòng 4"),
        (Evidence(sign=Sign.NUMBER, words="x", file="a.docx"), "trong tệp"),
    ],
)
def test_a_place_is_said_in_words(evidence: Evidence, said: str) -> None:
    assert format.place(evidence) == said


def test_a_place_names_its_file_when_there_are_several() -> None:
    evidence = Evidence(sign=Sign.NUMBER, words="x", file="a.pdf", page=1, line=3)
    assert format.place(evidence, of_several=True) == "tệp a.pdf, trang 1, dòng 3"


def test_every_value_has_its_word() -> None:
    for kind, said in WORDS.items():
        assert set(said) == set(kind), kind
        assert all(said.values())


def test_an_address_breaks_at_its_sign_and_stays_escaped() -> None:
    assert format.breakable("a@b.vn") == "a@<wbr>b.vn"
    assert "<b>" not in format.breakable("<b>@x")
