"""Packages are written as the axis's kit writes them, and read as they are met in the field."""

from __future__ import annotations

import base64
import io
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from msgspec.structs import replace

from gateway.bridge.edxml import Agency, Answered, Attachment, Business, EdxmlPackage, Staff, Trace, document_id, package, parse
from gateway.errors import UnreadablePackage

HERE = Path(__file__).parent
CORPUS = HERE.parents[2] / "shared" / "corpus" / "edxml"
BROKEN = {"edoc.edxml": "not well-formed", "edoc_new.edxml": "begins with b'1212"}

DECISION = EdxmlPackage(
    document_id="000.20.07.H98,2025/11/05,89/QĐ-SGDĐT",
    sender=Agency(
        organ_id="000.20.07.H98",
        in_charge="UBND tỉnh Hương Giang",
        name="Sở Giáo dục và Đào tạo Hương Giang",
        address="01 đường Bờ Sông, thành phố Hương Giang",
        email="vanthu@sgdhuonggiang.edu.vn",
        telephone="0200 000 000",
    ),
    receivers=(
        Agency(organ_id="001.20.07.H98", name="Phòng Giáo dục và Đào tạo Cẩm Sơn"),
        Agency(organ_id="002.20.07.H98", name="Phòng Giáo dục và Đào tạo Thanh Bình"),
    ),
    number="89",
    notation="QĐ-SGDĐT",
    place="Hương Giang",
    issued_on=date(2025, 11, 5),
    type_code="2",
    type_detail="0",
    type_name="Quyết định",
    subject="Về việc ban hành Quy chế <văn thư> & lưu trữ",
    content="Về việc ban hành Quy chế <văn thư> & lưu trữ",
    competence="KT. GIÁM ĐỐC",
    position="Phó Giám đốc",
    signer="Nguyễn Thị Mẫu",
    due_on=date(2025, 11, 20),
    priority=1,
    copies=2,
    pages=3,
    appendixes=("Quy chế.docx",),
    answers=(Answered(organ_id="001.20.07.H98", code="12/TTr-PGDĐT", issued_on=date(2025, 10, 1)),),
    to_places=("Như trên", "Lưu: VT"),
    traces=(Trace(organ_id="000.20.07.H98", at=datetime(2025, 11, 5, 1, 30, tzinfo=UTC)),),
    business=Business(staff=Staff(department="Văn thư", email="vanthu@sgdhuonggiang.edu.vn")),
    attachments=(
        Attachment(name="89-QĐ-SGDĐT.pdf", data=b"%PDF-1.7\nmade up\n%%EOF\n", media="application/pdf", content_id="cid:1"),
        Attachment(name="Quy chế.docx", data=b"PK\x03\x04 made up", media="application/octet-stream", content_id="cid:2"),
    ),
)
BARE = EdxmlPackage(document_id="PGDCS,2025/11/05,01KAMXCASE", sender=Agency(organ_id="PGDCS"))


def zipped(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return out.getvalue()


def with_attachment(name: str, data: bytes, media: str) -> EdxmlPackage:
    return parse(package(replace(BARE, attachments=(Attachment(name=name, data=data, media=media),))))


@pytest.mark.parametrize(("name", "value"), [("decision", DECISION), ("bare", BARE)])
def test_a_package_is_the_golden_file_byte_for_byte(name: str, value: EdxmlPackage) -> None:
    assert package(value) == (HERE / "golden" / f"{name}.edxml").read_bytes()


def test_a_package_is_read_back_as_it_was_written() -> None:
    assert parse(package(DECISION)) == DECISION


def test_the_elements_stand_in_the_order_of_the_kit() -> None:
    root = etree.fromstring(package(DECISION))
    header = next(root.iter("{*}MessageHeader"))
    assert [etree.QName(e).localname for e in header] == [
        "From", "To", "To", "DocumentId", "Code", "PromulgationInfo", "DocumentType", "Subject", "Content", "SignerInfo",
        "DueDate", "OtherInfo", "ResponseFor", "SteeringType", "ToPlaces",
    ]  # fmt: skip


def test_attachments_are_siblings_of_the_envelope_without_a_prefix() -> None:
    root = etree.fromstring(package(DECISION))
    assert [(e.prefix, etree.QName(e).localname) for e in root] == [("edXML", "edXMLEnvelope"), (None, "AttachmentEncoded")]
    content = next(root.iter("{*}ContentTransferEncoded"))
    assert content.prefix == "edXML"
    assert base64.b64decode(content.text or "") == DECISION.attachments[0].data


def test_a_document_id_names_organisation_day_and_number() -> None:
    made = document_id(organ_id="000.20.07.H98", on=date(2025, 2, 3), number_symbol="05/SGDĐT-VP")
    assert made == "000.20.07.H98,2025/02/03,05/SGDĐT-VP"


def test_a_text_that_is_too_long_is_cut_visibly_and_kept_whole_in_the_content() -> None:
    subject, name = "Về việc " + "rất dài " * 80, "Trường " + "dài " * 60
    read = parse(package(replace(BARE, subject=subject.strip(), sender=Agency(name=name.strip()), number="123456789012")))
    assert (len(read.subject), len(read.sender.name), read.number) == (500, 200, "1234567890…")
    assert read.subject.endswith("…")
    for whole in (subject.strip(), name.strip(), "Số: 123456789012"):
        assert whole in read.content


def test_a_subject_that_the_content_repeats_is_not_added_to_it() -> None:
    subject = "x" * 600
    assert parse(package(replace(BARE, subject=subject, content=subject))).content == subject


def test_characters_that_xml_cannot_carry_are_replaced() -> None:
    assert parse(package(replace(BARE, subject="a\x00b\x1bc\ud800d\uffffe"))).subject == "a\ufffdb\ufffdc\ufffdd\ufffde"


@pytest.mark.parametrize(
    ("name", "sent", "expected"),
    [
        ("báo cáo.doc", zipped("a1b2.doc", b"\xd0\xcf\x11\xe0 doc"), b"\xd0\xcf\x11\xe0 doc"),
        ("công văn.pdf", zipped("a1b2.pdf", b"%PDF-1.4"), b"%PDF-1.4"),
    ],
)
@pytest.mark.parametrize("media", ["application/zip", "application/pdf", ""])
def test_a_file_that_the_sender_zipped_is_unpacked_whatever_its_type_says(
    name: str, sent: bytes, expected: bytes, media: str
) -> None:
    assert with_attachment(name, sent, media).attachments[0].data == expected


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("minh chứng.zip", zipped("a.pdf", b"%PDF-1.4")),
        ("mẫu.docx", zipped("[Content_Types].xml", b"<Types/>")),
        ("bảng.ods", zipped("mimetype", b"application/vnd.oasis.opendocument.spreadsheet")),
        ("hỏng.doc", b"PK\x03\x04 no archive at all"),
    ],
)
def test_an_archive_in_its_own_right_stays_whole(name: str, data: bytes) -> None:
    assert with_attachment(name, data, "application/zip").attachments[0].data == data


def test_an_attachment_that_went_through_a_text_decoder_is_called_damaged() -> None:
    mangled = b"%PDF-1.4 \xff\xfe\xfd \xfc\xfb\xfa\n".decode("utf-8", "replace").encode()
    assert "damaged" in with_attachment("a.pdf", mangled, "application/pdf").problems[0]


def test_an_attachment_that_is_not_base64_is_a_problem_and_the_rest_is_read() -> None:
    encoded = base64.b64encode(DECISION.attachments[0].data)
    read = parse(package(DECISION).replace(encoded, b"${__StringFromFile(test.txt,,,)}"))
    assert read.problems == ("attachment 1 (89-QĐ-SGDĐT.pdf): not base64",)
    assert read.attachments[1] == DECISION.attachments[1]


def test_elements_are_read_by_name_in_any_order_and_namespace() -> None:
    written = (
        '<e xmlns="http://www.e-doc.vn/Schema/"><MessageHeader><Subject>trích yếu</Subject>'
        "<PromulgationInfo><PromulgationDate>05/11/2025</PromulgationDate></PromulgationInfo>"
        "<Code><CodeNotation>QĐ</CodeNotation><CodeNumber>7</CodeNumber></Code><DocumentId>x</DocumentId></MessageHeader></e>"
    )
    read = parse(b"\xef\xbb\xbf" + written.encode())
    assert (read.document_id, read.number, read.notation, read.subject) == ("x", "7", "QĐ", "trích yếu")
    assert read.issued_on == date(2025, 11, 5)


def test_odd_dates_and_numbers_are_problems_not_failures() -> None:
    written = (
        package(DECISION).replace(b"2025/11/20", "ngày 20".encode()).replace(b"<edXML:PageAmount>3", b"<edXML:PageAmount>ba")
    )
    assert parse(written).problems == ("DueDate: not a date: 'ngày 20'", "PageAmount: not a number: 'ba'")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not xml at all",
        b"<edXML/>",
        b"<a><MessageHeader></a>",
        b"<MessageHeader><StatusCode>01</StatusCode></MessageHeader>",
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><MessageHeader><Subject>&x;</Subject></MessageHeader>',
        "<?xml version='1.0' encoding='utf-16'?><!DOCTYPE a><MessageHeader/>".encode("utf-16"),
        b"<?xml version='1.0' encoding='utf-7'?>+ADwAIQ-DOCTYPE a+AD4-<MessageHeader>&x;</MessageHeader>",
    ],
)
def test_what_is_no_package_is_refused_with_a_reason(data: bytes) -> None:
    with pytest.raises(UnreadablePackage):
        parse(data)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300) | st.text(alphabet="<>/MessageHdrTo&;!-'\" x", max_size=200).map(str.encode))
def test_whatever_comes_in_it_is_read_or_refused(data: bytes) -> None:
    try:
        parse(data)
    except UnreadablePackage as refused:
        assert str(refused)  # noqa: PT017 - both ends are right; never another exception


WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=60
).map(str.strip)


@settings(max_examples=100, deadline=None)
@given(subject=WORDS, name=WORDS, place=WORDS, data=st.binary(max_size=200), on=st.dates())
def test_whatever_is_written_is_read_back(subject: str, name: str, place: str, data: bytes, on: date) -> None:
    value = replace(
        BARE,
        subject=subject,
        issued_on=on,
        to_places=(place,) if place else (),
        sender=Agency(name=name),
        attachments=(Attachment(name="tệp.zip", data=data, content_id="cid:1"),),
    )
    assert replace(parse(package(value)), problems=()) == value


@pytest.mark.parametrize(
    "path", sorted(CORPUS.glob("edoc*.edxml")), ids=lambda path: f"needs ../shared/corpus/edxml: {path.name}"
)
def test_the_samples_of_the_axis_are_read_or_their_fault_is_named(path: Path) -> None:
    data = path.read_bytes()
    if path.name in BROKEN:
        with pytest.raises(UnreadablePackage, match=BROKEN[path.name]):
            parse(data)
        return
    read = parse(data)
    assert (read.number, read.type_name, len(read.receivers)) == ("7816", "Công văn", 3)
    assert read.attachments[0].data.startswith(b"<?xml ")  # the file itself, not the archive that the kit put around it
    assert not read.problems
