"""Packages are written as the axis's kit writes them, and read as they are met in the field."""

from __future__ import annotations

import base64
import io
import tracemalloc
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from msgspec.structs import replace

from gateway.bridge.edxml import (
    RECALL,
    REPLACEMENT,
    STATUSES,
    UPDATE,
    Agency,
    Answered,
    Attachment,
    Business,
    EdxmlPackage,
    Replaced,
    Staff,
    StatusMessage,
    Trace,
    document_id,
    package,
    parse,
    parse_status,
    pieces,
    read,
    status_message,
)
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
CLERK = Staff(department="Văn thư", name="Trần Thị Mẫu", email="vanthu.pgdcs@sgdhuonggiang.edu.vn", mobile="0200 000 001")
REFUSED = StatusMessage(
    code="02",
    sender=Agency(organ_id="H98.20.01", name="Phòng Giáo dục và Đào tạo Cẩm Sơn"),
    about=Answered(
        organ_id="000.20.07.H98",
        code="89/QĐ-SGDĐT",
        document_id="000.20.07.H98,2025/11/05,89/QĐ-SGDĐT",
        issued_on=date(2025, 11, 5),
    ),
    staff=CLERK,
    description="Văn thư: Từ chối tiếp nhận: thiếu phụ lục <1> & 2",
    at=datetime(2025, 11, 6, 1, 15, 9, tzinfo=UTC),
)
EARLIER = "000.20.07.H98,2025/10/01,71/QĐ-SGDĐT"
BUSINESSES = {
    "recall": Business(kind=RECALL, reason="Thu hồi văn bản điện tử", document_id=EARLIER, staff=CLERK),
    "update": Business(
        kind=UPDATE,
        reason="Cập nhật văn bản điện tử",
        document_id=EARLIER,
        document_info="1",
        document_receiver="1",
        receivers=(("001.20.07.H98", "0"), ("002.20.07.H98", "1")),
        staff=CLERK,
    ),
    "replacement": Business(
        kind=REPLACEMENT,
        reason="Văn bản thay thế",
        replaced=(Replaced(document_id=EARLIER, organ_ids=("001.20.07.H98", "002.20.07.H98")),),
        staff=CLERK,
    ),
}
BARE = EdxmlPackage(document_id="PGDCS,2025/11/05,01KAMXCASE", sender=Agency(organ_id="PGDCS"))


def zipped(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return out.getvalue()


def with_attachment(name: str, data: bytes, media: str) -> EdxmlPackage:
    return parse(package(replace(BARE, attachments=(Attachment(name=name, data=data, media=media),))))


@pytest.mark.parametrize(
    ("name", "value"),
    [("decision", DECISION), ("bare", BARE), *((name, replace(BARE, business=each)) for name, each in BUSINESSES.items())],
)
def test_a_package_is_the_golden_file_byte_for_byte(name: str, value: EdxmlPackage) -> None:
    assert package(value) == (HERE / "golden" / f"{name}.edxml").read_bytes()


def test_a_package_is_read_back_as_it_was_written() -> None:
    assert parse(package(DECISION)) == DECISION


@pytest.mark.parametrize("name", BUSINESSES)
def test_recall_update_and_replacement_are_read_back(name: str) -> None:
    value = replace(BARE, business=BUSINESSES[name])
    assert parse(package(value)) == value


def test_a_status_message_is_the_golden_file_byte_for_byte() -> None:
    assert status_message(REFUSED) == (HERE / "golden" / "status_02.edxml").read_bytes()


@pytest.mark.parametrize("code", STATUSES)
def test_every_status_is_read_back(code: str) -> None:
    value = replace(REFUSED, code=code)
    assert read(status_message(value)) == parse_status(status_message(value)) == value


def test_a_status_about_nothing_is_a_problem() -> None:
    assert "ResponseFor" in parse_status(status_message(replace(REFUSED, about=Answered()))).problems[0]


def test_a_long_reason_is_cut_visibly() -> None:
    said = parse_status(status_message(replace(REFUSED, description="lý do " * 200))).description
    assert (len(said), said[-1]) == (500, "…")


def test_a_document_is_no_status_and_a_status_no_document() -> None:
    with pytest.raises(UnreadablePackage, match="a document"):
        parse_status(package(BARE))
    with pytest.raises(UnreadablePackage, match="a status message"):
        parse(status_message(REFUSED))


def test_a_signature_is_kept_as_it_stood_there() -> None:
    signature = b'<Signature xmlns="http://www.w3.org/2000/09/xmldsig#">\n  <SignedInfo><X/></SignedInfo >\n</Signature >'
    value = replace(DECISION, signature=signature)
    assert parse(package(value)) == value


def test_what_is_packed_as_the_kit_does_comes_out_as_it_was() -> None:
    files = (*DECISION.attachments, Attachment(name="minh chứng.zip", data=zipped("a.pdf", b"%PDF"), content_id="cid:3"))
    read_back = parse(package(replace(DECISION, attachments=files), packed=True))
    assert [(a.name, a.data) for a in read_back.attachments] == [(a.name, a.data) for a in files]
    assert [a.media for a in read_back.attachments] == ["application/zip", "application/zip", "application/octet-stream"]
    assert package(DECISION, packed=True) == package(DECISION, packed=True)


def test_a_large_file_is_written_and_read_in_bounded_memory() -> None:
    data = bytes(range(256)) * 4 * 1024 * 20  # 20 MB
    value = replace(BARE, attachments=(Attachment(name="a.bin", data=data, content_id="cid:1"),))
    tracemalloc.start()
    try:
        size = sum(len(piece) for piece in pieces(value))
        _, writing = tracemalloc.get_traced_memory()
        written = package(value)
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        assert parse(written).attachments[0].data == data
        _, reading = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size == len(written)
    assert writing < 1_000_000  # a block, never the file
    assert reading - before < 2.5 * len(data)  # the file, and once more while it is handed over


@pytest.mark.parametrize(
    "data",
    [
        b"<a>" * 1000,
        b"<MessageHeader>" + b"<a/>" * 200_000 + b"</MessageHeader>",
        b"<MessageHeader><Subject>" + b"x" * 9_000_000 + b"</Subject></MessageHeader>",
    ],
    ids=["deep", "many", "long"],
)
def test_a_package_made_to_exhaust_its_reader_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadablePackage, match="more than"):
        parse(data)


@pytest.mark.parametrize("text", ["QQ==QQ==", "QUJD=", "QUJ", "Q U\nJ D!", "ĐĐĐĐ"])
def test_half_a_group_or_something_behind_the_padding_is_not_base64(text: str) -> None:
    written = package(replace(BARE, attachments=(Attachment(name="a", data=b"ABC"),)))
    assert "not base64" in parse(written.replace(b">QUJD<", f">{text}<".encode())).problems[0]


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
    got = parse(package(replace(BARE, subject=subject.strip(), sender=Agency(name=name.strip()), number="123456789012")))
    assert (len(got.subject), len(got.sender.name), got.number) == (500, 200, "1234567890…")
    assert got.subject.endswith("…")
    for whole in (subject.strip(), name.strip(), "Số: 123456789012"):
        assert whole in got.content


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
    got = parse(package(DECISION).replace(encoded, b"${__StringFromFile(test.txt,,,)}"))
    assert got.problems == ("attachment 1 (89-QĐ-SGDĐT.pdf): not base64",)
    assert got.attachments[1] == DECISION.attachments[1]


def test_elements_are_read_by_name_in_any_order_and_namespace() -> None:
    written = (
        '<e xmlns="http://www.e-doc.vn/Schema/"><MessageHeader><Subject>trích yếu</Subject>'
        "<PromulgationInfo><PromulgationDate>05/11/2025</PromulgationDate></PromulgationInfo>"
        "<Code><CodeNotation>QĐ</CodeNotation><CodeNumber>7</CodeNumber></Code><DocumentId>x</DocumentId></MessageHeader></e>"
    )
    got = parse(b"\xef\xbb\xbf" + written.encode())
    assert (got.document_id, got.number, got.notation, got.subject) == ("x", "7", "QĐ", "trích yếu")
    assert got.issued_on == date(2025, 11, 5)


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
    sample = parse(data)
    assert (sample.number, sample.type_name, len(sample.receivers)) == ("7816", "Công văn", 3)
    assert sample.attachments[0].data.startswith(b"<?xml ")  # the file itself, not the archive that the kit put around it
    assert not sample.problems
    assert sample.signature.startswith(b"<Signature>")
    assert sample.signature.endswith(b"</Signature>")


@pytest.mark.parametrize(
    "path", sorted(CORPUS.glob("status*.edxml")), ids=lambda path: f"needs ../shared/corpus/edxml: {path.name}"
)
def test_the_status_samples_of_the_axis_are_read(path: Path) -> None:
    status = parse_status(path.read_bytes())
    assert path.stem in ("status", f"status_{path.stem.split('_')[1]}_{status.code}" if "_" in path.stem else "")
    assert status.about.document_id == "000.00.00.G22,2015/09/30,7816/VPCP-TTĐT"
    assert status.about.code == "7816/VPCP-TTĐT"
    assert status.about.organ_id
    assert status.description
    assert status.at is not None
    assert not status.problems


@pytest.mark.parametrize(
    ("name", "kind", "replaced"), [("revocation", RECALL, 0), ("update", UPDATE, 0), ("replacement", REPLACEMENT, 2)]
)
def test_the_business_of_the_samples_is_read(name: str, kind: str, replaced: int) -> None:
    path = CORPUS / f"edoc_{name}.edxml"
    if not path.exists():
        pytest.skip("needs ../shared/corpus/edxml")
    business = parse(path.read_bytes()).business
    assert business is not None
    assert (business.kind, len(business.replaced)) == (kind, replaced)
    assert business.receivers == ((("000.00.00.H41", "0"), ("000.00.00.H14", "1")) if kind == UPDATE else ())
