"""How số/ký hiệu, dates and names are written."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.documents.date_line import date_line
from gateway.documents.number_line import NumberLine, cited_numbers, own_number
from gateway.documents.persons import capacity_and_title, person_name
from gateway.documents.stamps import secrecy_stamp, urgency_stamp
from gateway.documents.vietnamese import squeeze
from gateway.model import Secrecy, Urgency


def _number(line: str) -> NumberLine | None:
    return own_number(line, squeeze(line))


@pytest.mark.parametrize(
    ("line", "number_symbol"),
    [
        ("Số: 45/BC-THCSLL", "45/BC-THCSLL"),
        ("Số  :  89 / QĐ - SGDĐT", "89/QĐ-SGDĐT"),
        ("Số: 89/QÐ–SGDĐT", "89/QĐ-SGDĐT"),
        ("S ố: 89/QĐ-SGDĐT", "89/QĐ-SGDĐT"),
        ("Sô: 12/BC-PGDĐT", "12/BC-PGDĐT"),
        ("Số 36-HD/VPTW", "36-HD/VPTW"),
        ("Số: 115/2004/QĐ-TTg", "115/2004/QĐ-TTg"),
        ("Luật số: 127/2025/QH15", "127/2025/QH15"),
        ("Số: 3123/SGDĐT-CTTT-KHCN", "3123/SGDĐT-CTTT-KHCN"),
        ("Số: 3929/ SGD&ĐT-GDTX-CN", "3929/SGD&ĐT-GDTX-CN"),
        ("Số: 88 /DHNCT", "88/DHNCT"),
        ("Số: 3925 TM/VP", "3925 TM/VP"),
        ("Số: 106/2011/N Đ-CP", "106/2011/NĐ-CP"),
        ("Số: 05/TTr-THKD Cẩm Sơn, ngày 05 tháng 11 năm 2026", "05/TTr-THKD"),
        ("Số: 211/TB-THPT.NH\tHương Giang, ngày 10 tháng 7 năm 2026", "211/TB-THPT.NH"),
        ("TRƯỜNG THCS LÊ LỢI   Số: 07/QĐ-THCSLL", "07/QĐ-THCSLL"),
        ("So: 12/BC-THCSLL", "12/BC-THCSLL"),
    ],
)
def test_the_own_number_is_read_in_every_spelling(line: str, number_symbol: str) -> None:
    number = _number(line)
    assert number is not None
    assert number.number_symbol == number_symbol


@pytest.mark.parametrize(
    "line",
    [
        "Căn cứ Công văn số 1109/SGDĐT-VP ngày 02 tháng 11 năm 2026",
        "số: 89/QĐ-SGDĐT ngày 12/02/2019",
        "BÃI BỎ QUYẾT ĐỊNH SỐ 03/2006/QĐ-NHNN",
        "Số lượng học sinh: 45/50",
        "Sở Giáo dục và Đào tạo",
        "SỐ LIỆU",
    ],
)
def test_numbers_within_a_text_are_not_the_own_one(line: str) -> None:
    assert _number(line) is None


@pytest.mark.parametrize(
    ("line", "symbol", "dotted"),
    [
        ("Số:      /SGDĐT-VP", "SGDĐT-VP", False),
        ("Số: …/KH-THCSLL", "KH-THCSLL", False),
        ("Số: ....../BC-...", "", True),
        ("Số: {{so_ky_hieu}}", "", True),
        ("Số:", "", False),
        ("Số:\t/KH-THPTNH", "KH-THPTNH", False),
    ],
)
def test_a_blank_number_is_seen(line: str, symbol: str, dotted: bool) -> None:
    number = _number(line)
    assert number is not None
    assert (number.number, number.symbol, number.dotted) == ("", symbol, dotted)


def test_cited_numbers_are_gathered_once_each() -> None:
    text = "Căn cứ Quyết định số 89/QĐ-SGDĐT; Công văn số 1109 /SGDĐT-VP và Quyết định số 89/QĐ-SGDĐT, tỷ lệ 45/50"
    assert cited_numbers(text) == ("89/QĐ-SGDĐT", "1109/SGDĐT-VP")


@pytest.mark.parametrize(
    ("line", "place", "on"),
    [
        ("Hương Giang, ngày 05 tháng 11 năm 2026", "Hương Giang", date(2026, 11, 5)),
        ("Hương Giang, ngày01 tháng10 năm2026", "Hương Giang", date(2026, 10, 1)),
        ("TP. Cẩm Sơn ngày 12 tháng 3 năm 2026.", "TP. Cẩm Sơn", date(2026, 3, 12)),
        ("Cẩm Sơn, ng ày 5 th áng 1 n ăm 2026", "Cẩm Sơn", date(2026, 1, 5)),
        ("Cẩm Sơn, 20/5/2026", "Cẩm Sơn", date(2026, 5, 20)),
    ],
)
def test_place_and_date_are_read(line: str, place: str, on: date) -> None:
    found = date_line(line, squeeze(line))
    assert found is not None
    assert (found.place, found.on, found.blank) == (place, on, False)


@pytest.mark.parametrize(
    "line", ["Cẩm Sơn, ngày     tháng 6 năm 2026", "Cẩm Sơn, ngày … tháng … năm 2026", "Cẩm Sơn, ngày 31 tháng   năm 2026"]
)
def test_a_blank_date_is_seen(line: str) -> None:
    found = date_line(line, squeeze(line))
    assert found is not None
    assert found.blank
    assert found.on is None


def test_an_impossible_date_is_none() -> None:
    line = "Cẩm Sơn, ngày 31 tháng 02 năm 2026"
    found = date_line(line, squeeze(line))
    assert found is not None
    assert found.on is None


@pytest.mark.parametrize(
    ("piece", "said"),
    [
        ("KT. GIÁM ĐỐC", ("KT.", "GIÁM ĐỐC")),
        ("K/T TRƯỞNG BAN", ("KT.", "TRƯỞNG BAN")),
        ("TM. ỦY BAN NHÂN DÂN", ("TM.", "ỦY BAN NHÂN DÂN")),
        ("TUQ. GIÁM ĐỐC", ("TUQ.", "GIÁM ĐỐC")),
        ("PHÓ HIỆU TRƯỞNG", ("", "PHÓ HIỆU TRƯỞNG")),
        ("Hiệu trưởng", ("", "Hiệu trưởng")),
        ("Kính mời quý thầy cô", None),
        ("Giám đốc Sở Giáo dục và Đào tạo đã chỉ đạo các đơn vị thực hiện", None),
    ],
)
def test_capacity_and_title(piece: str, said: tuple[str, str] | None) -> None:
    assert capacity_and_title(piece) == said


@pytest.mark.parametrize(
    ("piece", "name"),
    [
        ("Phan Thanh Tùng", "Phan Thanh Tùng"),
        ("ThS. Đặng Quốc Hưng", "Đặng Quốc Hưng"),
        ("Thượng tướng Võ An", "Võ An"),
        ("NGUYỄN VĂN MẪU", "NGUYỄN VĂN MẪU"),
        ("Nguyê\u0303n Thị Hoa", "Nguyễn Thị Hoa"),
        ("TRƯỜNG THCS LÊ LỢI", ""),
        ("Như trên", ""),
        ("Lưu: VT, GDTrH", ""),
        ("Sở Giáo dục", ""),
    ],
)
def test_names_of_persons(piece: str, name: str) -> None:
    from gateway.documents.vietnamese import tidy

    assert person_name(tidy(piece)) == name


@pytest.mark.parametrize(
    ("cell", "stamp"),
    [
        ("MẬT", Secrecy.CONFIDENTIAL),
        ("[ TỐI MẬT ]", Secrecy.SECRET),
        ("TUYỆT MẬT", Secrecy.TOP_SECRET),
        ("ĐỘ MẬT: MẬT", Secrecy.CONFIDENTIAL),
        ("ĐỘ MẬT: KHÔNG", Secrecy.NONE),
        ("bảo mật", Secrecy.NONE),
        ("Mật khẩu", Secrecy.NONE),
        ("MẬT ĐỘ", Secrecy.NONE),
        ("MẮT", Secrecy.NONE),
        ("MAT", Secrecy.NONE),
    ],
)
def test_secrecy_stamps_stand_alone_and_in_capitals(cell: str, stamp: Secrecy) -> None:
    assert secrecy_stamp(cell) is stamp


def test_in_a_text_without_marks_the_stamp_has_none_either() -> None:
    assert secrecy_stamp("MAT", bare=True) is Secrecy.CONFIDENTIAL


@pytest.mark.parametrize(
    ("cell", "stamp"),
    [
        ("KHẨN", Urgency.URGENT),
        ("THƯỢNG KHẨN", Urgency.VERY_URGENT),
        ("HOẢ TỐC", Urgency.FLASH),
        ("HỎA TỐC HẸN GIỜ", Urgency.FLASH),
        ("khẩn", Urgency.NORMAL),
        ("HỌP KHẨN CẤP", Urgency.NORMAL),
    ],
)
def test_urgency_stamps(cell: str, stamp: Urgency) -> None:
    assert urgency_stamp(cell) is stamp
