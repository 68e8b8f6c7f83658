"""Which documents a file or a mail carries: the hard cases, and whatever comes in."""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.documents.recognise import STRENGTH, recognise, recognise_file
from gateway.documents.regimes import regime_of
from gateway.model import (
    DigitalSignature,
    Document,
    FileReading,
    Nature,
    Recognition,
    Regime,
    Secrecy,
    Sign,
    TextSource,
    Urgency,
)
from tests.world import archives, files, official, pdf

Maker = Callable[[official.Official], bytes]

REPORT = """PHÒNG GDĐT CẨM SƠN                CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
TRƯỜNG THCS LÊ LỢI                 Độc lập - Tự do - Hạnh phúc
Số: 45/BC-THCSLL                 Cẩm Sơn, ngày 05 tháng 11 năm 2026
                          BÁO CÁO
            Kết quả tự đánh giá chất lượng giáo dục
                       năm học 2025-2026
Kính gửi: Phòng Giáo dục và Đào tạo Cẩm Sơn.
Thực hiện Công văn số 1109/SGDĐT-VP ngày 02 tháng 11 năm 2026 của Sở Giáo dục và Đào tạo Hương Giang về việc tự đánh giá.
Trường THCS Lê Lợi báo cáo như sau: nhà trường đạt mức độ 2./.
Nơi nhận:
- Như trên;
- Lưu: VT.
                                        KT. HIỆU TRƯỞNG
                                        PHÓ HIỆU TRƯỞNG

                                        Trần Thị Bích Ngọc
"""


def _of(text: str) -> FileReading:
    return recognise_file("thu.txt", text.encode())


def _document(reading: FileReading) -> Document:
    assert len(reading.documents) == 1
    return reading.documents[0]


def _mail(*attachments: tuple[str, bytes], text: str = "Em gửi thầy ạ.") -> bytes:
    message = EmailMessage()
    message["Subject"] = "Gửi văn bản"
    message.set_content(text)
    for name, data in attachments:
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def test_an_empty_file_has_no_text() -> None:
    reading = recognise_file("empty.pdf", b"")

    assert reading.text_source is TextSource.NONE
    assert reading.documents == ()


# --- An issued document, whole ---


def test_every_field_of_an_issued_document_is_read() -> None:
    reading = _of(REPORT)
    document = _document(reading)
    assert reading.nature is Nature.ISSUED
    assert reading.text_source is TextSource.TEXT
    assert (document.number, document.symbol, document.number_symbol) == ("45", "BC-THCSLL", "45/BC-THCSLL")
    assert document.kind == "Báo cáo"
    assert (document.superior, document.issuer) == ("PHÒNG GDĐT CẨM SƠN", "TRƯỜNG THCS LÊ LỢI")
    assert (document.place, document.issued_on) == ("Cẩm Sơn", date(2026, 11, 5))
    assert document.subject == "Kết quả tự đánh giá chất lượng giáo dục năm học 2025-2026"
    assert (document.capacity, document.signer_title, document.signer) == ("KT.", "PHÓ HIỆU TRƯỞNG", "Trần Thị Bích Ngọc")
    assert document.addressees == ("Phòng Giáo dục và Đào tạo Cẩm Sơn",)
    assert document.cited == ("1109/SGDĐT-VP",)


def test_each_sign_shows_its_words_and_its_place() -> None:
    evidence = {each.sign: each for each in _document(_of(REPORT)).evidence}
    assert evidence[Sign.NUMBER].words == "Số: 45/BC-THCSLL"
    assert (evidence[Sign.NUMBER].file, evidence[Sign.NUMBER].line) == ("thu.txt", 3)
    assert evidence[Sign.SIGNATURE].words == "Trần Thị Bích Ngọc"
    assert evidence[Sign.ADDRESSEE].words.startswith("Kính gửi")


def test_decomposed_and_composed_twins_are_one_document() -> None:
    one, other = _document(_of(REPORT)), _document(_of(unicodedata.normalize("NFD", REPORT)))
    assert one == other


def test_a_text_without_marks_is_recognised_with_less_confidence() -> None:
    bare = unicodedata.normalize("NFD", REPORT.replace("Đ", "D").replace("đ", "d")).encode("ascii", "ignore").decode()
    reading = _of(bare)
    assert reading.nature is Nature.ISSUED
    assert _document(reading).number_symbol == "45/BC-THCSLL"
    assert reading.confidence < _of(REPORT).confidence


LETTERS = {
    "school": official.school_letter(),
    "decision": official.decision(),
    "guidance": official.guidance(),
    "invitation": official.invitation(),
    "report": official.self_assessment(),
}


@pytest.mark.parametrize("name", LETTERS)
@pytest.mark.parametrize("form", [files.word, pdf.pdf])
def test_word_and_pdf_say_what_was_put_on_paper(name: str, form: Maker) -> None:
    letter = LETTERS[name]
    document = _document(recognise_file("a", form(letter)))
    assert document.nature is Nature.ISSUED
    assert document.number_symbol == f"{letter.number}/{letter.symbol}"
    assert document.issued_on == letter.issued_on
    assert document.kind == (letter.kind or "Công văn")
    assert document.issuer == letter.issuer[-1]
    assert document.superior == letter.superior[-1]
    assert document.subject == letter.subject
    assert document.signer == letter.signer


def test_a_digital_signature_is_evidence_of_a_seal() -> None:
    signed = pdf.signed_pdf(official.decision(), agency="Sở Giáo dục và Đào tạo", at=datetime(2026, 11, 18, 8, 0, tzinfo=UTC))
    document = _document(recognise_file("518.pdf", signed))
    assert Sign.SEAL in document.signs()
    assert [each.page for each in document.evidence if each.sign is Sign.SEAL] == [1]


# --- The hard cases ---


def test_an_urgent_invitation_is_urgent() -> None:
    assert _document(recognise_file("a", pdf.pdf(official.invitation()))).urgency is Urgency.URGENT


@pytest.mark.parametrize("form", [files.word, pdf.pdf])
def test_of_a_secret_document_nothing_is_told_but_the_stamp(form: Maker) -> None:
    reading = recognise_file("a", form(official.secret_report()))
    document = _document(reading)
    assert (reading.nature, document.secrecy) == (Nature.SECRET, Secrecy.CONFIDENTIAL)
    assert [(each.sign, each.words) for each in document.evidence] == [(Sign.SECRECY, "MẬT")]
    stripped = Document(
        nature=Nature.SECRET, confidence=document.confidence, secrecy=document.secrecy, evidence=document.evidence
    )
    assert document == stripped


def test_beside_a_secret_file_nothing_is_told_of_the_mail() -> None:
    raw = _mail(("cv.docx", files.word(official.school_letter())), ("mat.docx", files.word(official.secret_report())))
    recognition = recognise(raw)
    assert recognition.subject == ""
    assert [reading.nature for reading in recognition.files] == [Nature.OTHER, Nature.OTHER, Nature.SECRET]
    assert len(recognition.documents()) == 1


@pytest.mark.parametrize(
    "changed",
    [
        ("Số: 45/BC-THCSLL", "Số:      /BC-THCSLL"),
        ("Số: 45/BC-THCSLL", "Số: …/BC-THCSLL"),
        ("ngày 05 tháng 11", "ngày     tháng 11"),
        ("PHÒNG GDĐT CẨM SƠN ", "DỰ THẢO LẦN 2\nPHÒNG GDĐT CẨM SƠN "),
    ],
)
def test_a_blank_number_or_date_or_the_word_makes_a_draft(changed: tuple[str, str]) -> None:
    assert _of(REPORT.replace(*changed)).nature is Nature.DRAFT


def test_a_letter_about_a_draft_is_none() -> None:
    text = REPORT.replace("Kết quả tự đánh giá chất lượng giáo dục", "Kết quả lấy ý kiến góp ý dự thảo Luật Nhà giáo")
    assert _of(text).nature is Nature.ISSUED


@pytest.mark.parametrize("form", [files.word, pdf.pdf])
def test_a_form_to_fill_in_is_a_template(form: Maker) -> None:
    assert recognise_file("mau", form(official.template())).nature is Nature.TEMPLATE


def test_placeholders_of_a_program_make_a_template() -> None:
    text = REPORT.replace("Số: 45/BC-THCSLL", "Số: {{so_ky_hieu}}").replace("Trần Thị Bích Ngọc", "{{nguoi_ky}}")
    assert _of(text).nature is Nature.TEMPLATE


def test_blank_forms_behind_an_issued_document_do_not_change_it() -> None:
    form = "\nMẫu số 01\nSố: ....../BC-...\n..........., ngày .... tháng .... năm ....\nHọ và tên: .............\n" * 3
    assert _of(REPORT + form).nature is Nature.ISSUED


def test_a_copy_in_due_form_is_a_copy() -> None:
    block = (
        "\nPHÒNG GIÁO DỤC VÀ ĐÀO TẠO\nSố: 05/SY-PGDĐT\nSAO Y\nCẩm Sơn, ngày 09 tháng 11 năm 2026\nTRƯỞNG PHÒNG\nHồ Ngọc Diệp\n"
    )
    reading = _of(REPORT + block)
    assert reading.nature is Nature.COPY
    assert _document(reading).number_symbol == "45/BC-THCSLL"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(REPORT.replace("Số: 45/BC-THCSLL ", ""), id="a report without a number"),
        pytest.param("Căn cứ Công văn số 1109/SGDĐT-VP ngày 02/11/2026, trường gửi số liệu.", id="a number that is cited"),
        pytest.param("".join(f"> {line}\n" for line in REPORT.splitlines()), id="a thread"),
        pytest.param("Em chuyển ạ.\n---------- Forwarded message ----------\n" + REPORT, id="a forwarded letter"),
        pytest.param(
            "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc\nĐƠN XIN NGHỈ PHÉP\nKính gửi: Hiệu trưởng.",
            id="a personal paper with the motto",
        ),
        pytest.param(
            REPORT.replace("TRƯỜNG THCS LÊ LỢI  ", "TỔ KHOA HỌC TỰ NHIÊN").replace("45/BC-THCSLL", "01/KH-TCM"),
            id="a subject group",
        ),
        pytest.param(
            "Thông tư số 12/2026/TT-BGDĐT\nSố hiệu: 12/2026/TT-BGDĐT\nLoại văn bản: Thông tư\nNgày ban hành: 05/11/2026",
            id="a page about one",
        ),
        pytest.param("Chiều nay 8/10, Giám đốc Sở đã ký văn bản hỏa tốc số 2020/SGDĐT-VP cho học sinh nghỉ học.", id="news"),
        pytest.param(
            "TÀI LIỆU TẬP HUẤN\nBảo vệ bí mật nhà nước\nDấu độ mật gồm:\nMẬT\nTỐI MẬT\nTUYỆT MẬT", id="slides about stamps"
        ),
        pytest.param("Mật khẩu tệp là 1234. Đề nghị bảo mật thông tin.", id="words with mật in them"),
        pytest.param(REPORT.replace("45/BC-THCSLL", "12/BC-XYZ"), id="an example with a made-up symbol"),
    ],
)
def test_what_only_looks_official_is_something_else(text: str) -> None:
    reading = _of(text)
    assert reading.nature is Nature.OTHER
    assert reading.documents == ()


def test_a_document_typed_into_the_body_is_found() -> None:
    recognition = recognise(_mail(text=REPORT))
    assert [(reading.name, reading.nature) for reading in recognition.files] == [("", Nature.ISSUED)]


def test_a_document_in_an_html_body_is_found() -> None:
    html = "".join(f"<p>{line.replace('      ', '&nbsp;' * 6)}</p>" for line in REPORT.splitlines() if line)
    raw = b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(
        html.encode()
    )
    assert [document.number_symbol for document in recognise(raw).documents()] == ["45/BC-THCSLL"]


def test_a_file_in_a_mail_that_was_attached_to_a_mail_is_found() -> None:
    raw = _mail(("chuyen-tiep.eml", _mail(("cv.docx", files.word(official.school_letter())))))
    assert [document.number_symbol for document in recognise(raw).documents()] == ["87/THCSLL"]


def test_a_whole_mail_as_a_file_is_as_strong_as_its_strongest_part() -> None:
    reading = recognise_file("thu.eml", _mail(("so-lieu.csv", b"a,b"), ("cv.docx", files.word(official.school_letter()))))
    assert (reading.nature, reading.media, reading.name) == (Nature.ISSUED, "message/rfc822", "thu.eml")


# --- What cannot be read ---


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("2231 SGDDT TCCB.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"), "damaged"),
        ("cv.rar", b"Rar!\x1a\x07\x00", "damaged"),
        ("cv.pdf", b"\x00\x01\x02\x03" * 100, "damaged"),
        ("cv.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "password"),
        ("winmail.dat", b"\x78\x9f\x3e\x22", "damaged"),
        ("cv.djvu", b"AT&TFORM", "format"),
    ],
)
def test_what_could_be_a_document_and_cannot_be_read_says_why(name: str, data: bytes, reason: str) -> None:
    reading = recognise_file(name, data)
    assert (reading.nature, reading.reason) == (Nature.UNREADABLE, reason)


def test_a_locked_zip_needs_its_password() -> None:
    reading = recognise_file("91.zip", files.locked_zip("cv.pdf", b"x", password="1"))  # noqa: S106 - a made-up one
    assert (reading.nature, reading.reason) == (Nature.UNREADABLE, "password")


def test_a_scan_named_like_a_number_is_likelier_an_issuance_than_a_photo() -> None:
    photo = (
        b"\xff\xd8\xff\xe0\x00\x10"
        + b"\0" * 14
        + b"\xff\xc0\x00\x11\x08"
        + (3000).to_bytes(2, "big")
        + (4000).to_bytes(2, "big")
    )
    scan = recognise_file("2231 SGDDT TCCB.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"))
    assert scan.confidence > recognise_file("IMG_2034.jpg", photo).confidence


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("so-lieu.xlsx", files.excel("Số liệu", [["Lớp", "Sĩ số"], ["9A", 40]])),
        ("lich.ics", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"),
        ("logo.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (120).to_bytes(4, "big") * 2),
        ("du-lieu.csv", b"a,b\r\n1,2\r\n"),
        ("rong.txt", b""),
    ],
)
def test_data_calendars_and_logos_are_something_else(name: str, data: bytes) -> None:
    assert recognise_file(name, data).nature is Nature.OTHER


# --- Whatever comes in ---


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_whatever_bytes_come_in_there_is_an_answer(raw: bytes) -> None:
    assert isinstance(recognise(raw), Recognition)
    for start in (b"", b"PK\x03\x04", b"{\\rtf", b"<html>", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\xff\xd8\xff"):
        assert recognise_file("a.pdf", start + raw).nature in STRENGTH


_WORDS = [
    *REPORT.split(),
    "\n",
    "\t",
    "     ",
    "Số:",
    "/",
    "-",
    "…",
    "{{x}}",
    "MẬT",
    "KHẨN",
    "SAO Y",
    "V/v",
    "ngày tháng năm 2026",
    "Điều 1.",
]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(_WORDS), max_size=80))
def test_whatever_words_come_in_there_is_an_answer(words: list[str]) -> None:
    reading = _of(" ".join(words))
    assert 0.0 <= reading.confidence <= 1.0
    assert recognise(_mail(text=" ".join(words))).files


# --- Files in files, signatures, pictures ---


def test_a_signature_is_told_with_the_file_that_bears_it() -> None:
    signed = pdf.signed_pdf(official.decision(), agency="Sở Giáo dục và Đào tạo", at=datetime(2026, 11, 18, 8, 0, tzinfo=UTC))
    zipped = archives.zipped(("518.pdf", signed))
    reading = recognise_file("a.zip", zipped)
    assert reading.signatures == ()
    assert [each.organisation for each in reading.inner[0].signatures] == [each.organisation for each in _signatures(signed)]


def _signatures(signed: bytes) -> tuple[DigitalSignature, ...]:
    found = recognise_file("518.pdf", signed).signatures
    assert found
    return found


def test_of_a_secret_file_not_even_the_signature_is_told() -> None:
    signed = pdf.signed_pdf(official.secret_report(), agency="Sở Nội vụ", at=datetime(2026, 11, 18, 8, 0, tzinfo=UTC))
    for name, data in (("a.pdf", signed), ("a.zip", archives.zipped(("a.pdf", signed)))):
        reading = recognise_file(name, data)
        assert reading.nature is Nature.SECRET
        assert [each.signatures for each in reading.walk()] == [()] * len(list(reading.walk()))


def test_a_logo_is_not_decoded() -> None:
    page = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (1240).to_bytes(4, "big") + (1754).to_bytes(4, "big") + bytes(300)
    message = EmailMessage()
    message["Subject"] = "x"
    message.set_content("<img src=cid:a>", subtype="html")
    message.add_related(page, maintype="image", subtype="png", cid="<a>", disposition="inline", filename="chu-ky.png")
    assert [reading.nature for reading in recognise(message.as_bytes()).files] == [Nature.OTHER, Nature.OTHER]
    assert recognise_file("scan.png", page).nature is Nature.UNREADABLE


def test_a_law_database_above_a_document_is_not_its_agency() -> None:
    lines = (
        "VĂN PHÒNG LAM HÀ\tCƠ SỞ DỮ LIỆU LUẬT LAM HÀ", "QUYẾT ĐỊNH", "CỦA BỘ TRƯỞNG BỘ TÀI CHÍNH SỐ 1141/2003/QĐ-BTC",
        "NGÀY 01 THÁNG 11 NĂM 2003 VỀ VIỆC BAN HÀNH CHẾ ĐỘ KẾ TOÁN", "Căn cứ Luật Kế toán;", "QUYẾT ĐỊNH",
        "Điều 1. Ban hành chế độ kế toán.", "KT. BỘ TRƯỞNG", "THỨ TRƯỞNG", "Lý Thị Mai",
    )  # fmt: skip
    document = recognise_file("vb.txt", "\n".join(lines).encode()).documents[0]
    assert (document.issuer, document.number_symbol) == ("BỘ TÀI CHÍNH", "1141/2003/QĐ-BTC")


def test_the_english_lines_of_a_letterhead_are_not_part_of_the_agency() -> None:
    lines = (
        "ĐẠI HỌC LAM HÀ", "LAM HA UNIVERSITY", "TRƯỜNG NGOẠI NGỮ", "SCHOOL OF FOREIGN LANGUAGES",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "Số/No: 45/TB-NN",
        "Lam Hà, ngày 05 tháng 11 năm 2026", "THÔNG BÁO", "Về việc nghỉ học ngày 20/11", "Trường thông báo lịch nghỉ./.",
        "HIỆU TRƯỞNG", "Lý Thị Mai",
    )  # fmt: skip
    document = recognise_file("vb.txt", "\n".join(lines).encode()).documents[0]
    assert (document.superior, document.issuer, document.number_symbol) == ("ĐẠI HỌC LAM HÀ", "TRƯỜNG NGOẠI NGỮ", "45/TB-NN")


def test_the_state_bank_is_no_company() -> None:
    assert regime_of(["NGÂN HÀNG NHÀ NƯỚC VIỆT NAM"]) is Regime.STATE
    assert regime_of(["NGÂN HÀNG LAM HÀ"]) is Regime.COMPANY
