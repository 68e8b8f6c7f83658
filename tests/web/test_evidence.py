"""Facts with their sources, and the six signs."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from gateway.model import SIX_SIGNS, DigitalSignature, FileReading, Regime, Relation, Sign, SignatureLevel
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


def test_what_a_document_does_to_another_is_a_fact() -> None:
    document = msgspec.structs.replace(sample.decision(), relation=Relation.RECALL, concerns="12/QĐ-SGDĐT")
    case = msgspec.structs.replace(sample.case_of(sample.decision_case(NOW)), document=document)
    assert ("Đối với văn bản khác", "Thu hồi 12/QĐ-SGDĐT") in [(fact.label, fact.value) for fact in evidence.facts(case)]


def test_a_copy_says_in_which_form_with_which_number_and_by_whom() -> None:
    document = msgspec.structs.replace(
        sample.decision(), copy_form="Sao y", copy_number="05/SY-THCSLL", copied_by="Trường THCS Lê Lợi"
    )
    case = msgspec.structs.replace(sample.case_of(sample.decision_case(NOW)), document=document)
    assert ("Bản sao", "Sao y 05/SY-THCSLL, Trường THCS Lê Lợi sao") in [(f.label, f.value) for f in evidence.facts(case)]


def test_a_document_of_the_party_is_called_so() -> None:
    document = msgspec.structs.replace(sample.decision(), regime=Regime.PARTY)
    case = msgspec.structs.replace(sample.case_of(sample.decision_case(NOW)), document=document)
    assert ("Thể thức", "Văn bản của Đảng") in [(fact.label, fact.value) for fact in evidence.facts(case)]


@pytest.mark.parametrize(
    ("signature", "label", "value"),
    [
        (
            DigitalSignature(
                level=SignatureLevel.INTACT,
                signer="Nguyễn Văn Mẫu",
                organisation="Sở Giáo dục và Đào tạo Hương Giang",
                issuer="CA mẫu",
                signed_at=NOW,
                covers_all=True,
            ),
            "Hợp lệ",
            "Nguyễn Văn Mẫu, Sở Giáo dục và Đào tạo Hương Giang; ký lúc 08:30 23/11/2026; chứng thư do CA mẫu cấp",
        ),
        (
            DigitalSignature(level=SignatureLevel.UNTRUSTED, signer="A", organisation="A"),
            "Còn nguyên vẹn, chưa rõ nơi cấp chứng thư",
            "A; tệp được bổ sung sau khi ký",
        ),
        (DigitalSignature(level=SignatureLevel.BROKEN), "Không còn nguyên vẹn", "không rõ người ký"),
        (DigitalSignature(level=SignatureLevel.NONE, page=2), "Ô ký còn để trống", "trang 2"),
    ],
)
def test_a_digital_signature_says_what_it_is_worth(signature: DigitalSignature, label: str, value: str) -> None:
    file = FileReading(name="a.pdf", digest="", size=1, signatures=(signature,))
    assert [(fact.label, fact.value) for fact in evidence.signatures(file)] == [(label, value)]
