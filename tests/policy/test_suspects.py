"""Files that decide nothing by their words: what is held, what is told, and what is left alone."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from gateway.model import DigitalSignature, FileReading, Nature, Recognition, Regime, Relation, Sign, SignatureLevel
from tests.policy.desk import (
    CLERK,
    DIVISION,
    HEAD,
    OUTSIDE,
    SPECIALIST,
    TEACHER,
    carrying,
    issued,
    mail,
    unreadable,
    verdict,
    with_file,
)

SCHOOL = DigitalSignature(level=SignatureLevel.INTACT, signer="Trường THCS Lê Lợi")
PERSON = DigitalSignature(level=SignatureLevel.UNTRUSTED, signer="Trương Văn Phúc")
FIELD = DigitalSignature(level=SignatureLevel.NONE)


def _file(*signatures: DigitalSignature, nature: Nature = Nature.OTHER) -> Recognition:
    return Recognition(files=(FileReading(name="pl.pdf", digest="", size=1, nature=nature, signatures=signatures),))


@pytest.mark.parametrize(
    ("signature", "action"), [(SCHOOL, "hold"), (PERSON, "deliver"), (FIELD, "deliver")], ids=["agency", "person", "field"]
)
def test_a_file_without_number_is_held_when_the_agency_signed_it(signature: DigitalSignature, action: str) -> None:
    assert verdict(mail(CLERK, DIVISION), _file(signature)).action == action


def test_a_signed_text_without_number_is_held_when_it_leaves_the_unit() -> None:
    draft = issued("THCSLL", nature=Nature.DRAFT, number="", on=None)
    carried = Recognition(files=(replace(carrying(draft).files[0], signatures=(PERSON,)),))

    assert verdict(mail(HEAD, DIVISION), carried).rule == "8b"
    assert verdict(mail(HEAD, TEACHER), carried).action == "deliver"


def test_an_unreadable_file_in_an_archive_is_found() -> None:
    inner = FileReading(name="a.zip/87 THCSLL.pdf", digest="", size=1, nature=Nature.UNREADABLE, reason="damaged")
    outer = FileReading(name="a.zip", digest="", size=1, nature=Nature.UNREADABLE, inner=(inner,))
    found = verdict(mail(CLERK, DIVISION), Recognition(files=(outer,)))

    assert (found.rule, found.evidence[0].file) == ("8", inner.name)


@pytest.mark.parametrize("reason", ["encrypted", "encoding"])
def test_what_is_hidden_from_everybody_is_held(reason: str) -> None:
    assert verdict(mail(CLERK, DIVISION), unreadable("smime.p7m", reason=reason)).rule == "8"


@pytest.mark.parametrize("reason", ["crashed", "memory limit", "time limit"])
@pytest.mark.parametrize("name", ["", "…", "anh hoi thao.pdf"], ids=["the mail", "the rest of it", "a file"])
def test_what_stops_its_reader_is_held_whatever_it_is_called(name: str, reason: str) -> None:
    """A hostile file would pass else; and of a mail that could not be taken apart nobody knows what is in it."""
    found = verdict(mail(CLERK, DIVISION), unreadable(name, reason=reason))
    assert (found.rule, found.action) == ("8", "hold")
    assert "chưa rõ trong đó có văn bản phát hành hay không: thư được giữ" in found.reason


def test_a_bomb_is_held_and_the_rest_of_a_large_album_is_not() -> None:
    def album(reason: str) -> Recognition:
        rest = FileReading(name="anh.zip/…", digest="", size=0, nature=Nature.UNREADABLE, reason=reason)
        return Recognition(files=(FileReading(name="anh.zip", digest="", size=1, nature=Nature.UNREADABLE, inner=(rest,)),))

    assert verdict(mail(CLERK, DIVISION), album("ratio")).rule == "8"
    assert verdict(mail(CLERK, DIVISION), album("time limit")).action == "deliver"


@pytest.mark.parametrize("subject", ["Thu hồi công văn số 123/THCSLL", "Đính chính CV 12", "thay thế QĐ số 5"])
def test_a_recall_in_the_subject_alarms_the_clerk_of_the_recipient(subject: str) -> None:
    found = verdict(mail(CLERK, DIVISION), with_file("ghi chu.docx", subject=subject))
    assert (found.rule, found.action, found.alarm, found.unit) == ("10c", "copy", True, "PGDCS")


@pytest.mark.parametrize("subject", ["Thu hồi nợ đợt 2", "Thay thế thiết bị", "Re: gửi CV 123"])
def test_other_subjects_recall_nothing(subject: str) -> None:
    assert verdict(mail(CLERK, DIVISION), with_file("ghi chu.docx", subject=subject)).rule == "11"


def test_a_recall_in_due_form_is_an_issuance() -> None:
    recall = issued("THCSLL", relation=Relation.RECALL, concerns="12/THCSLL")
    assert verdict(mail(CLERK, DIVISION), carrying(recall)).rule == "4"


@pytest.mark.parametrize("regime", [Regime.PARTY, Regime.UNION, Regime.YOUTH, Regime.COMPANY])
def test_forms_of_others_are_out_of_scope_and_said_so(regime: Regime) -> None:
    found = verdict(mail(CLERK, DIVISION), carrying(issued("THCSLL", regime=regime)))
    assert found.action == "deliver"
    assert "ngoài phạm vi" in found.reason


def test_a_copy_is_whose_seal_is_on_it() -> None:
    by_school = issued("SGDHG", nature=Nature.COPY, copy_number="05/SY-THCSLL", copied_by="TRƯỜNG THCS LÊ LỢI")
    by_division = issued("THCSLL", nature=Nature.COPY, copy_number="05/SY-PGDĐT", copied_by="PHÒNG GDĐT CẨM SƠN")

    assert verdict(mail(CLERK, DIVISION), carrying(by_school)).rule == "4"
    assert verdict(mail(CLERK, SPECIALIST), carrying(by_division)).action == "deliver"


def test_a_personal_decision_goes_to_colleagues_and_is_held_for_others() -> None:
    decision = issued("THCSLL", kind="Quyết định", subject="Về việc điều động viên chức")
    letter = mail(CLERK, TEACHER, SPECIALIST)

    assert verdict(mail(CLERK, SPECIALIST), carrying(decision)).rule == "3c"
    assert verdict(replace(letter, recipients=letter.recipients[:1]), carrying(decision)).rule == "3b"


def test_a_broken_signature_is_told_and_does_not_excuse() -> None:
    carried = carrying(issued("THCSLL"))
    broken = replace(carried.files[0], signatures=(DigitalSignature(level=SignatureLevel.BROKEN, signer="Trường THCS Lê Lợi"),))
    found = verdict(mail(CLERK, DIVISION), replace(carried, files=(broken,)))

    assert found.action == "redirect"
    assert "không còn toàn vẹn" in found.reason


def test_an_invitation_alarms_without_a_stamp() -> None:
    assert verdict(mail(CLERK, DIVISION), carrying(issued("THCSLL", kind="Giấy mời", symbol="GM-THCSLL"))).alarm


def test_a_sealed_scan_whose_number_nobody_can_read_is_an_issuance() -> None:
    signs = (Sign.AGENCY, Sign.DATE, Sign.SIGNATURE, Sign.SEAL, Sign.ADDRESSEE)
    by_hand = issued("THCSLL", number="", signs=signs)
    assert verdict(mail(CLERK, DIVISION), carrying(by_hand)).rule == "4"


def test_a_text_that_reads_like_a_document_is_delivered_with_a_word() -> None:
    doubtful = Recognition(files=(FileReading(name="", digest="", size=1, nature=Nature.OTHER, confidence=0.7),))
    assert "giống văn bản hành chính" in verdict(mail(OUTSIDE, CLERK), doubtful).reason
