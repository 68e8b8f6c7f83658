"""Whose document is it?  Letterheads as people write them, against the sample directory."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.directory.snapshot import Directory, Organisation, OrganisationKind
from gateway.model import Document, Evidence, Nature, Sign
from gateway.policy.issuance import Settings, weigh
from gateway.policy.issuer import Issuers, comparable, issuers_of, symbols_in
from tests.policy.desk import carrying, directory, issued

UBND = "UBND TỈNH HƯƠNG GIANG"


def head(issuer: str, superior: str = "", place: str = "", symbol: str = "") -> Document:
    return Document(
        nature=Nature.ISSUED, confidence=0.9, issuer=issuer, superior=superior, place=place, symbol=symbol,
        number_symbol=f"12/{symbol}",
    )  # fmt: skip


def owner(document: Document) -> str:
    """The unit of the sample that owns the document, asked from both sides."""
    issuers = issuers_of(directory())
    owners = [row.code for row in directory().organisations.values() if issuers.is_by(document, row)]
    assert len(owners) <= 1, owners
    assert issuers.unit_of(document) == (owners[0] if owners else "")
    return owners[0] if owners else ""


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (head("SỞ GIÁO DỤC VÀ ĐÀO TẠO", UBND, "Hương Giang", "SGDĐT-VP"), "SGDHG"),
        (head("SỞ GIÁO DỤC VÀ ĐÀO TẠO HƯƠNG GIANG"), "SGDHG"),
        (head("SỞ GD&ĐT HƯƠNG GIANG", symbol="QĐ-SGD&ĐT"), "SGDHG"),
        (head("UBND TỈNH HƯƠNG GIANG SỞ GIÁO DỤC VÀ ĐÀO TẠO HƯƠNG GIANG", symbol="SGDĐT"), "SGDHG"),
        (head("SỞ GIÁO DỤC VÀ ĐÀO TẠO", "", "Hương Giang", "SGDĐT"), "SGDHG"),
        (head("SỞ GIÁO DỤC VÀ ĐÀO TẠO", symbol="SGDĐT"), "SGDHG"),
        (head("", UBND, "Hương Giang", "SGDĐT-VP"), "SGDHG"),
        (head("PHÒNG GIÁO DỤC VÀ ĐÀO TẠO", "UBND HUYỆN CẨM SƠN", "Cẩm Sơn", "PGDĐT"), "PGDCS"),
        (head("PHÒNG GIÁO DỤC VÀ ĐÀO TẠO", "UBND THỊ XÃ THANH BÌNH", "Thanh Bình", "PGDĐT"), "PGDTB"),
        (head("PHÒNG GD-ĐT CẨM SƠN", "UBND HUYỆN CẨM SƠN"), "PGDCS"),
        (head("TRƯỜNG THCS LÊ LỢI", "PHÒNG GDĐT CẨM SƠN", "Cẩm Sơn", "THCSLL"), "THCSLL"),
        (head("TRƯỜNG TRUNG HỌC CƠ SỞ LÊ LỢI", symbol="KH-THCSLL"), "THCSLL"),
        (head("Trường THCS Lê Lợi - huyện Cẩm Sơn", symbol="THCSLL"), "THCSLL"),
        (head("TRƯỜNG THCS LÊ L ỢI", symbol="THCSLL"), "THCSLL"),
        (head("TRUONG THCS LE LOI", symbol="THCSLL"), "THCSLL"),
        (head("TRƯỜNG TH KIM ĐỒNG", symbol="THKÐ"), "THKD"),
        (head("", "", "Cẩm Sơn", "BC-THCSLL"), "THCSLL"),
        (head("SỞ GIÁO DỤC VÀ ĐÀO TẠO", "UBND TỈNH LAM HÀ", "Lam Hà", "SGDĐT-VP"), ""),
        (head("SỞ GIÁO DỤC VÀ ĐÀO TẠO LAM HÀ", "UBND TỈNH LAM HÀ", "Lam Hà", "SGDĐT-VP"), ""),
        (head("", "", "Lam Hà", "SGDĐT-VP"), ""),
        (head("SỞ Y TẾ", UBND, "Hương Giang", "SYT-NVY"), ""),
        (head("BỘ GIÁO DỤC VÀ ĐÀO TẠO", "", "Hà Nội", "BGDĐT-GDTrH"), ""),
        (head("ỦY BAN NHÂN DÂN TỈNH HƯƠNG GIANG", "", "Hương Giang", "UBND-VX"), ""),
        (head("CÔNG ĐOÀN TRƯỜNG THCS LÊ LỢI", "CÔNG ĐOÀN NGÀNH", "Cẩm Sơn", "CĐ-THCSLL"), ""),
        (head("TỔ TOÁN", "TRƯỜNG THCS LÊ LỢI", "Cẩm Sơn", "KH-TCM"), ""),
        (head("TRƯỜNG THCS", symbol=""), ""),
        (head("CÔNG TY TNHH THIẾT BỊ", symbol="HĐKT"), ""),
        (head(""), ""),
    ],
    ids=lambda value: value.issuer or value.symbol or "nothing" if isinstance(value, Document) else value,
)
def test_a_letterhead_names_its_unit(document: Document, code: str) -> None:
    assert owner(document) == code


def test_two_schools_of_one_name_are_told_apart_by_the_letterhead_above() -> None:
    rows = [
        Organisation(code=f"P{place}", name=f"Phòng Giáo dục và Đào tạo {place}", kind=OrganisationKind.DIVISION)
        for place in ("Cẩm Sơn", "Thanh Bình")
    ]
    schools = [
        Organisation(code=f"T{row.code}", name="Trường THCS Lê Lợi", kind=OrganisationKind.SCHOOL, superior=row.code)
        for row in rows
    ]
    issuers = Issuers(Directory(organisations=[*rows, *schools]))

    document = head("TRƯỜNG THCS LÊ LỢI", "PHÒNG GD&ĐT THANH BÌNH")

    assert [issuers.is_by(document, school) for school in schools] == [False, True]
    assert issuers.unit_of(document) == schools[1].code


def test_an_old_symbol_belongs_to_the_unit_that_succeeded() -> None:
    merged = directory().unit("THTB1", date(2026, 11, 23))
    assert merged is not None
    assert merged.code == "THLVT"
    assert issuers_of(directory()).is_by(head("TRƯỜNG TIỂU HỌC THANH BÌNH 1", symbol="QĐ-THTB1"), merged)


def test_a_copy_belongs_to_whoever_made_it() -> None:
    issuers, school = issuers_of(directory()), directory().organisations["THCSLL"]
    by_number = issued("SGDHG", nature=Nature.COPY, symbol="SY-THCSLL")
    block = Evidence(sign=Sign.COPY, words="TRƯỜNG THCS LÊ LỢI Số: 05/SY SAO Y")
    by_block = issued("SGDHG", nature=Nature.COPY, symbol="SGDĐT-VP", evidence=(block,))

    assert issuers.is_by(by_number, school)
    assert issuers.is_by(by_block, school)
    assert not issuers.is_by(issued("SGDHG", nature=Nature.COPY), school)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Phòng GD&ĐT Cẩm Sơn", "phong giao duc dao tao cam son"),
        ("PHÒNG GIÁO DỤC VÀ ĐÀO TẠO\nCẨM SƠN", "phong giao duc dao tao cam son"),
        ("PGD-ĐT Cẩm Sơn", "phong giao duc dao tao cam son"),
        ("Trường PTDTNT THCS", "truong pho thong dan toc noi tru trung hoc co so"),
        ("", ""),
    ],
)
def test_names_are_made_comparable(written: str, said: str) -> None:
    assert comparable(written) == said


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("409/SGDĐT-VP", {"sgddt", "vp"}),
        ("89 / QÐ – SGD&ĐT", {"qd", "sgddt"}),
        ("3123/SGDĐT-CTTT-KHCN", {"sgddt", "cttt", "khcn"}),
        ("28/2018/QĐ-TTg", {"qd", "ttg"}),
        ("", set()),
    ],
)
def test_symbols_are_taken_apart(written: str, found: set[str]) -> None:
    assert symbols_in(written) == found


def test_what_one_policy_leaves_out_another_does_not() -> None:
    document, on = issued("ELSEWHERE", issuer="HỘI KHUYẾN HỌC TỈNH"), date(2026, 11, 16)
    narrow, wide = Settings(other_bodies=("Hội Khuyến học",)), Settings(other_bodies=("Hội Chữ thập đỏ",))
    table = issuers_of(directory())
    counts = [bool(weigh(settings, table, None, carrying(document), on).carries) for settings in (narrow, wide, narrow)]
    assert counts == [False, True, False]
