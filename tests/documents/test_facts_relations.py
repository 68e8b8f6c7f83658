"""Recall, correction, replacement; and under whose rules of form a document is made."""

from __future__ import annotations

import pytest

from gateway.documents.regimes import regime_of
from gateway.documents.relations import relation_of
from gateway.model import Regime, Relation


@pytest.mark.parametrize(
    ("subject", "relation", "concerns"),
    [
        ("thu hồi Công văn số 695/THPTKĐ-VP ngày 05 tháng 10 năm 2026", Relation.RECALL, "695/THPTKĐ-VP"),
        ("V/v đính chính Quyết định số 12/QĐ-SGDĐT", Relation.CORRECTION, "12/QĐ-SGDĐT"),
        ("thu hồi và thay thế Kế hoạch số 7/KH-PGDĐT", Relation.RECALL, "7/KH-PGDĐT"),
        ("Thay thế một số nội dung văn bản", Relation.REPLACEMENT, ""),
        ("Về việc đính chính các văn bản số 1/A-B và số 2/C-D", Relation.CORRECTION, "1/A-B"),
        ("thu hồi đất để xây dựng trường học", Relation.NONE, ""),
        ("thay thế thành viên Hội đồng trường", Relation.NONE, ""),
        ("thực hiện Công văn số 12/SGDĐT", Relation.NONE, ""),
        ("", Relation.NONE, ""),
    ],
)
def test_the_subject_says_what_a_document_does_to_another(subject: str, relation: Relation, concerns: str) -> None:
    found = relation_of(subject)
    assert (found.relation, found.concerns) == (relation, concerns)


def test_its_own_number_is_not_the_one_that_is_meant() -> None:
    assert relation_of("đính chính Công văn số 9/A-B", "9/A-B").concerns == ""


@pytest.mark.parametrize(
    ("agencies", "regime"),
    [
        (["TỈNH ỦY HƯƠNG GIANG", "ĐẢNG ỦY KHỐI CÁC CƠ QUAN"], Regime.PARTY),
        (["ĐẢNG BỘ HUYỆN CẨM SƠN", "CHI BỘ TRƯỜNG THCS LÊ LỢI"], Regime.PARTY),
        (["LIÊN ĐOÀN LAO ĐỘNG TỈNH", "CÔNG ĐOÀN NGÀNH GIÁO DỤC"], Regime.UNION),
        (["BCH CÔNG ĐOÀN TRƯỜNG"], Regime.UNION),
        (["ĐOÀN TNCS HỒ CHÍ MINH", "ĐOÀN TRƯỜNG THPT NGUYỄN HUỆ"], Regime.YOUTH),
        (["CÔNG TY CỔ PHẦN SÁCH VÀ THIẾT BỊ"], Regime.COMPANY),
        (["UBND TỈNH HƯƠNG GIANG", "SỞ GIÁO DỤC VÀ ĐÀO TẠO"], Regime.STATE),
        (["HUYỆN CẨM SƠN"], Regime.STATE),
        ([], Regime.STATE),
    ],
)
def test_the_issuer_says_whose_rules_of_form_hold(agencies: list[str], regime: Regime) -> None:
    assert regime_of(agencies) is regime


def test_the_partys_words_instead_of_the_motto_decide() -> None:
    assert regime_of(["SỞ GIÁO DỤC VÀ ĐÀO TẠO"], party_head=True) is Regime.PARTY
