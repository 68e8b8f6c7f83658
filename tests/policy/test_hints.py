"""File names and subjects that look like official documents, from real registries and real mailboxes."""

from __future__ import annotations

import pytest

from gateway.policy.hints import find, find_words
from gateway.policy.issuer import issuers_of
from tests.policy.desk import directory

SCHOOL = directory().organisations["THCSLL"]
DEPARTMENT = directory().organisations["SGDHG"]


def hint(file: str, subject: str = "") -> str:
    return find(file, subject, issuers_of(directory()), None)


@pytest.mark.parametrize(
    "file",
    [
        "409 sgddt vp.pdf", "2231 SGDDT TCCB.pdf", "22 gm syt(2).pdf", "2268 bc syt.pdf", "2637-BGDDT-VP.pdf",
        "89_QD-SGDDT.pdf", "45_BC-THCSLL.pdf", "45.BC.THCS LL.pdf", "1109-SGD&ĐT-VP.signed.pdf", "12 UBND-VX.pdf",
        "CV 123.pdf", "CV123.pdf", "CV so 7.pdf", "Công văn số 5 về thiết bị.pdf", "QĐ so 5.pdf", "Quyet dinh 17.pdf",
        "GM 22.pdf", "TB số 9.pdf", "KH 292.pdf", "Báo cáo số 45.pdf", "Thông báo 118 nghỉ lễ.pdf",
    ],
)  # fmt: skip
def test_names_of_documents_are_hints(file: str) -> None:
    assert hint(file) == file.rpartition(".")[0].strip()


@pytest.mark.parametrize(
    "file",
    [
        "scan001.pdf", "IMG_20261123_0812.jpg", "z4567891234567.jpg", "so lieu thang 10.pdf", "BC thang 10.pdf",
        "BC 10.2026.pdf",
        "KH 10.pdf", "KH nam hoc 2026-2027.pdf", "Bao cao 2026.pdf", "Giao an tuan 12.pdf", "De thi toan 9.pdf",
        "danh sach lop 9A1.pdf",
        "Bao cao theo CV 123.pdf", "So lieu kem CV 409 SGDDT.pdf", "Tra loi cong van 12.pdf", "TKB.pdf", "", "123.pdf",
        "QD.pdf",
        "Bài 5.pdf", "CCCD 079123456789.pdf", "2912bc34.pdf",
    ],
)  # fmt: skip
def test_names_of_ordinary_files_are_none(file: str) -> None:
    assert hint(file) == ""


@pytest.mark.parametrize(
    ("subject", "is_hint"),
    [
        ("CV 123 về thiết bị", True),
        ("Công văn số 91", True),
        ("409/SGDĐT-VP", True),
        ("Báo cáo theo CV 123", False),
        ("V/v nộp số liệu theo công văn số 123", False),
        ("Re: CV 123 về thiết bị", False),
        ("Fwd: CV 123 về thiết bị", False),
        ("Nộp báo cáo kết quả 312", False),
        ("", False),
    ],
)
def test_a_subject_counts_only_when_it_begins_so(subject: str, is_hint: bool) -> None:
    assert bool(hint("scan.pdf", subject)) is is_hint


def test_a_scan_that_names_another_agency_is_passed_on_not_issued() -> None:
    issuers = issuers_of(directory())

    assert find("409 sgddt vp.pdf", "", issuers, DEPARTMENT)
    assert find("409 sgddt vp.pdf", "", issuers, SCHOOL) == ""
    assert find("87 THCSLL.pdf", "", issuers, SCHOOL)


@pytest.mark.parametrize(
    ("texts", "word"),
    [
        (("tailieu.zip", "Gửi QUYẾT ĐỊNH bổ nhiệm"), "quyết định"),
        (("quyet_dinh_bo_nhiem.rar", ""), "quyết định"),
        (("anh.zip", "Ảnh hội trại"), ""),
        (("quyetdinhluong.zip", ""), ""),
    ],
)
def test_words_are_found_in_file_names_and_subjects(texts: tuple[str, str], word: str) -> None:
    assert find_words(("công văn", "quyết định"), *texts) == word
