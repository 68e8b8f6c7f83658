"""Facts with their sources, and the six signs."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from gateway.model import SIX_SIGNS, Sign
from tests.web import sample
from web import evidence

NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)


def test_each_fact_carries_the_evidence_of_its_sign() -> None:
    facts = {fact.label: fact for fact in evidence.facts(sample.case_of(sample.decision_case(NOW)))}
    assert facts["Số, ký hiệu"].value == "518/QĐ-SGDĐT"
    assert [source.words for source in facts["Số, ký hiệu"].sources] == ["Số: 518/QĐ-SGDĐT"]
    assert facts["Ngày ban hành"].value == "18/11/2026"
    assert facts["Độ khẩn"].value == ""


def test_the_six_signs_are_always_six() -> None:
    found = evidence.six_signs(sample.case_of(sample.urgent_case(NOW)))
    assert tuple(each.sign for each in found) == SIX_SIGNS
    assert [each.sign for each in found if not each.evidence] == [Sign.DATE, Sign.SEAL, Sign.ADDRESSEE]


def test_other_signs_hold_what_is_shown_nowhere_else() -> None:
    assert [e.words for e in evidence.other_signs(sample.case_of(sample.decision_case(NOW)))] == ["77/KH-SGDĐT"]


def test_a_case_without_a_document_has_no_facts() -> None:
    case = sample.case_of(sample.held_case(NOW))
    assert (evidence.facts(case), evidence.six_signs(case), evidence.other_signs(case)) == ((), (), ())


def test_a_case_is_called_by_its_number_else_by_what_is_known() -> None:
    case = sample.case_of(sample.decision_case(NOW))
    assert evidence.title(case) == "Quyết định 518/QĐ-SGDĐT"
    assert evidence.title(msgspec.structs.replace(case, document=None)) == case.subject
    assert evidence.title(msgspec.structs.replace(case, document=None, subject="")) == "văn bản chưa có số"
