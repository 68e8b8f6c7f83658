"""A case becomes a package with the facts of its document, its files as they came, and the original mail."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from msgspec.structs import replace

from gateway.bridge.edxml import RECALL, REPLACEMENT, UPDATE, Answered, Replaced, package, parse
from gateway.bridge.handover import document_id_of, edxml_of
from gateway.bridge.sandbox.reading import seen
from gateway.directory.snapshot import Directory, RetiredAddress
from gateway.model import Case, Direction, Document, Mail, Nature, Relation, digest_of
from tests.bridge.conftest import SIGNED, TABLE


def carrying(mail: Mail, *files: tuple[str, bytes], body: str = "Xem tệp.") -> Mail:
    letter = EmailMessage(policy=SMTP)
    letter["Subject"] = "thư"
    letter.set_content(body)
    for name, data in files:
        letter.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    raw = letter.as_bytes()
    return replace(mail, raw=raw, digest=digest_of(raw))


def test_the_facts_of_the_document_are_the_facts_of_the_package(mail: Mail, case: Case, directory: Directory) -> None:
    made = edxml_of(mail, case, directory)
    assert (made.number, made.notation, made.issued_on, made.place) == ("87", "THCSLL", date(2025, 11, 16), "Cẩm Sơn")
    assert (made.type_code, made.type_name, made.priority) == ("18", "Công văn", 1)
    assert made.subject == made.content == "đề nghị bổ sung giáo viên năm học 2025-2026"
    assert (made.position, made.signer) == ("Hiệu trưởng", "Lê Văn Mẫu")
    assert made.document_id == "THCSLL,2025/11/16,87/THCSLL"


def test_an_outgoing_document_comes_from_its_unit_and_goes_to_the_units_addressed(
    mail: Mail, case: Case, directory: Directory
) -> None:
    made = edxml_of(mail, case, directory)
    assert (made.sender.organ_id, made.sender.name) == ("THCSLL", "Trường THCS Lê Lợi")
    assert made.sender.in_charge == "Phòng Giáo dục và Đào tạo Cẩm Sơn"
    assert [to.organ_id for to in made.receivers] == ["PGDCS"]
    assert made.to_places == ("Phòng Giáo dục và Đào tạo Cẩm Sơn", "bao@toasoan.example")
    assert made.business is not None
    assert made.business.staff.email == "vanthu.thcsll@sgdhuonggiang.edu.vn"


def test_a_retired_address_stands_for_the_unit_of_whoever_took_over(mail: Mail, case: Case, directory: Directory) -> None:
    old = RetiredAddress(address="pgdcs.huonggiang@moet.edu.vn", successor="vanthu.pgdcs@sgdhuonggiang.edu.vn")
    today = Directory(
        organisations=directory.organisation_rows,
        domains=directory.domains,
        mailboxes=directory.mailboxes,
        retired=[old],
    )
    made = edxml_of(mail, replace(case, recipients=(old.address.upper(), "bao@toasoan.example")), today)
    assert [to.organ_id for to in made.receivers] == ["PGDCS"]
    assert made.to_places == ("Phòng Giáo dục và Đào tạo Cẩm Sơn", "bao@toasoan.example")


def test_an_incoming_document_comes_from_its_issuer_and_goes_to_the_unit(mail: Mail, case: Case, directory: Directory) -> None:
    document = Document(
        nature=Nature.ISSUED,
        confidence=1.0,
        number_symbol="12/SGDĐT-VP",
        issuer="SỞ GIÁO DỤC VÀ ĐÀO TẠO TỈNH KHÁC",
        issued_on=date(2025, 11, 1),
    )
    incoming = replace(case, direction=Direction.INCOMING, unit="SGDHG", sender="vanthu@tinhkhac.example", document=document)
    made = edxml_of(mail, incoming, directory)
    assert (made.sender.name, made.sender.email) == ("SỞ GIÁO DỤC VÀ ĐÀO TẠO TỈNH KHÁC", "vanthu@tinhkhac.example")
    assert [to.organ_id for to in made.receivers] == ["SGDHG"]
    assert (made.number, made.notation) == ("12", "SGDĐT-VP")


def test_an_issuer_without_a_code_stands_by_name_under_the_code_of_the_unit_that_takes_it_in(
    mail: Mail, case: Case, directory: Directory
) -> None:
    document = Document(
        nature=Nature.ISSUED, confidence=1.0, number_symbol="12/CV", issuer="CÔNG TY MẪU", issued_on=date(2025, 11, 1)
    )
    incoming = replace(case, direction=Direction.INCOMING, unit="THCSLL", sender="lienhe@congty.example", document=document)
    made = edxml_of(mail, incoming, with_codes(directory))
    assert (made.sender.organ_id, made.sender.name, made.sender.email) == ("H98.20.07", "CÔNG TY MẪU", "lienhe@congty.example")
    strict = seen(package(made))  # as the practice office reads it: it refuses an empty OrganId
    assert (strict.organ_id, strict.organ_name) == ("H98.20.07", "CÔNG TY MẪU")


def test_two_strangers_with_one_number_on_one_day_are_two_documents(mail: Mail, case: Case, directory: Directory) -> None:
    document = Document(nature=Nature.ISSUED, confidence=1.0, number_symbol="12/CV", issued_on=date(2025, 11, 1))
    one = replace(case, direction=Direction.INCOMING, sender="a@mot.example", document=document)
    two = replace(one, id="01KACASE000000000000000TW0", sender="b@hai.example")
    assert document_id_of(one, directory) == f"THCSLL,2025/11/01,{case.id}"
    assert document_id_of(one, directory) != document_id_of(two, directory)


def test_a_document_without_a_number_is_known_by_its_case(mail: Mail, case: Case, directory: Directory) -> None:
    made = edxml_of(mail, replace(case, document=None), directory)
    assert made.document_id == f"THCSLL,2025/11/17,{case.id}"  # the day in Vietnam
    assert (made.number, made.notation, made.issued_on) == ("", "", None)
    assert made.subject == case.subject


def test_the_main_document_comes_first_and_the_original_mail_last(mail: Mail, case: Case, directory: Directory) -> None:
    made = edxml_of(mail, case, directory)
    assert [a.name for a in made.attachments] == ["Công văn 87.pdf", "số liệu.bin", f"{mail.id}.eml"]
    assert [a.data for a in made.attachments] == [SIGNED, TABLE, mail.raw]
    assert made.attachments[0].media == "application/pdf"  # by content, whatever the mail declared
    assert made.appendixes == ("số liệu.bin",)
    assert "01:30 17/11/2025" in made.attachments[-1].description


def test_files_with_one_name_are_told_apart_and_the_same_bytes_go_once(mail: Mail, case: Case, directory: Directory) -> None:
    twins = carrying(mail, ("a.pdf", b"%PDF-1"), ("a.pdf", b"%PDF-2"), ("b.pdf", b"%PDF-1"))
    assert [a.name for a in edxml_of(twins, case, directory).attachments[:-1]] == ["a.pdf", "a (2).pdf"]


def test_an_archive_with_another_name_is_not_called_an_archive(mail: Mail, case: Case, directory: Directory) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("ảnh.txt", "x")
    made = edxml_of(carrying(mail, ("bài.kmz", out.getvalue()), ("bài.zip", out.getvalue() + b"\0")), case, directory)
    assert [a.media for a in made.attachments[:-1]] == ["application/octet-stream", "application/zip"]


def test_a_document_typed_into_the_mail_goes_as_a_file(mail: Mail, case: Case, directory: Directory) -> None:
    made = edxml_of(carrying(mail, body="Số: 15/MNHS\r\n"), case, directory)
    assert made.attachments[0].name == "Nội dung thư.txt"
    assert b"15/MNHS" in made.attachments[0].data


def test_the_same_case_makes_the_same_bytes(mail: Mail, case: Case, directory: Directory) -> None:
    written = package(edxml_of(mail, case, directory))
    assert written == package(edxml_of(mail, case, directory))
    assert replace(parse(written), problems=()).attachments[-1].data == mail.raw


@pytest.mark.parametrize("code", ["", "KHONGCO"])
def test_a_unit_that_nobody_knows_does_not_stop_the_package(code: str, mail: Mail, case: Case) -> None:
    made = edxml_of(mail, replace(case, unit=code, opened_at=datetime(2025, 1, 1, tzinfo=UTC)), Directory())
    assert made.sender.organ_id == code


def with_codes(directory: Directory) -> Directory:
    codes = {"THCSLL": ("H98.20.07", "007.20.00.H98"), "PGDCS": ("H98.20.01",)}
    rows = [replace(row, codes=codes.get(row.code, ())) for row in directory.organisation_rows]
    return Directory(organisations=rows, domains=directory.domains, mailboxes=directory.mailboxes)


def test_organisations_go_under_the_code_that_they_have_on_the_axis_now(mail: Mail, case: Case, directory: Directory) -> None:
    made = edxml_of(mail, case, with_codes(directory))
    assert (made.sender.organ_id, [to.organ_id for to in made.receivers]) == ("H98.20.07", ["H98.20.01"])
    assert made.document_id == "H98.20.07,2025/11/16,87/THCSLL"


@pytest.mark.parametrize(
    ("relation", "kind"), [(Relation.RECALL, RECALL), (Relation.CORRECTION, UPDATE), (Relation.REPLACEMENT, REPLACEMENT)]
)
def test_what_changes_an_earlier_document_names_the_package_of_that_one(
    relation: Relation, kind: str, mail: Mail, case: Case, directory: Directory
) -> None:
    document = replace(case.document or Document(nature=Nature.ISSUED, confidence=1.0), relation=relation, concerns="80/THCSLL")
    later = replace(case, id="01KACASE0000000000000LATER", document=document)
    made = edxml_of(mail, later, directory, earlier=case)
    assert made.business is not None
    assert made.business.kind == kind
    assert made.answers == (Answered(code="80/THCSLL"),)
    named = made.business.document_id or made.business.replaced[0].document_id
    assert named == document_id_of(case, directory)
    if kind == REPLACEMENT:
        assert made.business.replaced == (Replaced(document_id=named, organ_ids=("PGDCS",)),)
    alone = edxml_of(mail, later, directory)  # nobody knows the earlier one: a new document that speaks of it
    assert (alone.business and alone.business.kind, alone.answers) == ("0", made.answers)
