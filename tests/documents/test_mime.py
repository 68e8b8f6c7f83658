"""Bytes of a mail, taken apart."""

from __future__ import annotations

import base64
import json
import unicodedata
from email.header import Header
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.documents import mime
from gateway.documents.parameters import parameters_of
from gateway.documents.transfer import from_strict_base64
from gateway.documents.vietnamese import fold
from gateway.documents.words import decoded_words

PDF = b"%PDF-1.4 not really"
_LINES = base64.encodebytes(bytes(range(250)) * 4).replace(b"\n", b"\r\n")
CORPUS = Path(__file__).resolve().parents[2] / "../shared/corpus/mail/imap_tools/tests"


def _mail(body: bytes, *fields: str) -> bytes:
    return "\r\n".join((*fields, "", "")).encode() + body


def _two_parts(second_head: str, second_body: bytes, *, boundary: str = "x", head: str = "") -> bytes:
    head = head or f"Content-Type: multipart/mixed; boundary={boundary}"
    start = f"{head}\r\n\r\n--{boundary}\r\nContent-Type: text/plain\r\n\r\nxin chào\r\n--{boundary}\r\n{second_head}\r\n\r\n"
    return start.encode() + second_body + f"\r\n--{boundary}--\r\n".encode()


def test_a_plain_mail_is_one_body() -> None:
    message = mime.split(_mail(b"xin ch\xc3\xa0o", "Subject: =?utf-8?q?B=C3=A1o?= =?utf-8?b?IGPDoW8=?="))
    assert message.subject == "Báo cáo"
    assert [(part.is_body, part.data) for part in message.parts] == [(True, b"xin ch\xc3\xa0o")]


def test_an_attachment_is_decoded_and_named() -> None:
    head = (
        "Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=a.pdf"
    )
    message = mime.split(_two_parts(head, base64.encodebytes(PDF)))
    assert [(part.name, part.data) for part in message.parts] == [("", b"xin ch\xc3\xa0o"), ("a.pdf", PDF)]


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ('attachment; filename="=?utf-8?B?QsOhbyBjw6FvLnBkZg==?="', "Báo cáo.pdf"),
        ("attachment; filename*=utf-8''B%C3%A1o%20c%C3%A1o.pdf", "Báo cáo.pdf"),
        ("attachment; filename*0*=utf-8''B%C3%A1o; filename*1=\" c\"; filename*2*=%C3%A1o.pdf", "Báo cáo.pdf"),
        ('attachment; filename="Báo cáo.pdf"', "Báo cáo.pdf"),
        ("attachment; filename=Ba\u0301o ca\u0301o.pdf", "Báo cáo.pdf"),
        ('attachment; filename="..\\\\..\\\\B\\u00e1o.pdf"', "Bu00e1o.pdf"),
        ("attachment; filename*0*=utf-8''%3D%3Futf-8%3FB%3FQsOhbyBjw6FvLnBkZg%3D%3D%3F%3D", "Báo cáo.pdf"),
    ],
)
def test_file_names_in_every_spelling(value: str, name: str) -> None:
    head = f"Content-Type: application/pdf\r\nContent-Disposition: {value}"
    assert mime.split(_two_parts(head, PDF)).parts[1].name == name


def test_letters_cut_in_two_between_encoded_words_come_together() -> None:
    raw = "Nghị định".encode()
    cut = raw.index("ị".encode()) + 1
    words = " ".join(f"=?utf-8?B?{base64.b64encode(piece).decode()}?=" for piece in (raw[:cut], raw[cut:]))
    assert decoded_words(words) == "Nghị định"


def test_a_mail_within_a_mail_within_a_mail_gives_up_its_file() -> None:
    inner = _two_parts('Content-Type: application/pdf; name="cv.pdf"', PDF)
    for depth in range(3):
        inner = _two_parts("Content-Type: message/rfc822", inner, boundary=f"b{depth}")
    found = [part for part in mime.split(inner).parts if part.name == "cv.pdf"]
    assert [(part.data, part.forwarded) for part in found] == [(PDF, True)]


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(
            _two_parts("Content-Type: application/pdf", PDF, head="Content-Type: multipart/mixed"), id="no boundary named"
        ),
        pytest.param(
            _two_parts("Content-Type: application/pdf", PDF, head="Content-Type: multipart/mixed; boundary=y"),
            id="wrong boundary",
        ),
        pytest.param(_two_parts("Content-Type: application/pdf", PDF, head="Subject: x"), id="type lost"),
        pytest.param(_two_parts("Content-Type: application/pdf", PDF).replace(b"\r\n", b"\n"), id="bare LF"),
        pytest.param(_two_parts("Content-Type: application/pdf", PDF).replace(b"\r\n--x--\r\n", b""), id="no closing boundary"),
        pytest.param(_two_parts("Content-Type: application/pdf", base64.b64encode(b"%PDF-1.4 not really")), id="base64 unsaid"),
        pytest.param(
            _two_parts("Content-Type: text/plain", b"a") + b"--x\r\nContent-Type: application/pdf\r\n\r\n" + PDF,
            id="behind the closing boundary",
        ),
    ],
)
def test_ambiguous_mails_hide_no_file(raw: bytes) -> None:
    assert PDF in [part.data.strip() for part in mime.split(raw).parts]


def test_a_uuencoded_file_in_a_text_is_a_file() -> None:
    import binascii

    body = b"gui kem\r\nbegin 644 cv.pdf\r\n" + binascii.b2a_uu(PDF).replace(b"\n", b"\r\n") + b"`\r\nend\r\n"
    assert ("cv.pdf", PDF) in [(part.name, part.data) for part in mime.split(_mail(body, "Subject: x")).parts]


@pytest.mark.parametrize("damaged", [b"JVBERi0x\r\n!!LjQg bm90", b"JVBERi0xLjQg=bm90", b"JVBERi0xLjQgb", b"===", b""])
def test_damaged_base64_gives_what_there_is(damaged: bytes) -> None:
    assert mime.from_base64(damaged)[:5] in (b"%PDF-", b"")


def test_nesting_beyond_the_limit_is_a_part_that_says_so() -> None:
    raw = b"x"
    for depth in range(40):
        raw = _two_parts("Content-Type: message/rfc822", raw, boundary=f"b{depth}")
    assert mime.TOO_DEEP in [part.limit for part in mime.split(raw).parts]


def test_too_many_parts_are_a_part_that_says_so() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n\r\n\r\n" * 5000
    parts = mime.split(raw).parts
    assert len(parts) <= mime.MAX_PARTS + 1
    assert parts[-1].limit == mime.TOO_MANY


@given(st.binary(max_size=400))
def test_any_bytes_can_be_split(raw: bytes) -> None:
    for mail in (raw, b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n" + raw):
        assert all(isinstance(part, mime.Part) for part in mime.split(mail).parts)
        assert mime.may_carry_document(mail) in (True, False)


_PIECES = [
    b"--x",
    b"\r\n",
    b"\n",
    b"--",
    b"Content-Type: ",
    b"multipart/mixed; boundary=x",
    b"message/rfc822",
    b"text/plain",
    b"base64",
]
_PIECES += [
    b"Content-Transfer-Encoding: ",
    b"=?utf-8?q?=C3?=",
    b"; filename*0*=utf-8''%C3",
    b'name="',
    b"begin 644 a\n",
    b"`\nend\n",
    b"\xff",
]


@settings(max_examples=150)
@given(st.lists(st.sampled_from(_PIECES), max_size=30))
def test_any_heap_of_mime_can_be_split(pieces: list[bytes]) -> None:
    message = mime.split(b"".join(pieces))
    assert all(isinstance(part, mime.Part) for part in message.parts)


@given(st.text(max_size=200))
def test_any_parameters_can_be_read(value: str) -> None:
    assert all(isinstance(text, str) for texts in parameters_of("attachment; " + value).values() for text in texts)
    assert "\n" not in decoded_words(value)


# --- The quick look ---


@pytest.mark.parametrize(
    "body",
    [
        "Số: 45/BC-THCSLL",
        "Số 36-HD/VPTW",
        "So: 12/BC-THCS",
        "Số: 3925 TM/VP",
        "Số: 88 / ĐHNCT",
        "Số: 115/2004/QĐ-TTg",
        "MẬT",
        "TUYỆT MẬT",
        "begin 644 a.pdf",
    ],
)
def test_a_text_that_could_be_a_document_is_looked_at(body: str) -> None:
    text = f"CỘNG HÒA XÃ HỘI\r\n\r\n{body}\r\n"
    for encoding, coded in (
        ("8bit", text.encode()),
        ("base64", base64.encodebytes(text.encode())),
        ("quoted-printable", _quoted(text)),
    ):
        raw = _mail(coded, "Subject: x", "Content-Type: text/plain; charset=utf-8", f"Content-Transfer-Encoding: {encoding}")
        assert mime.may_carry_document(raw), encoding


def _quoted(text: str) -> bytes:
    import quopri

    return quopri.encodestring(text.encode())


@pytest.mark.parametrize(
    "subject", ["Thu hồi công văn 123", "THU HỒI công văn", "Đính chính kế hoạch 12", "Thay thế văn bản cũ"]
)
@pytest.mark.parametrize("charset", ["utf-8", "windows-1258", "raw", "no marks"])
def test_a_subject_that_recalls_or_corrects_is_looked_at(subject: str, charset: str) -> None:
    bare = fold(subject)
    if charset == "raw":
        line = b"Subject: " + subject.encode()
    elif charset == "no marks":
        line = b"Subject: " + bare.encode()
    elif charset == "utf-8":
        line = f"Subject: {Header(subject, charset).encode()}".encode()
    else:
        apart = unicodedata.normalize("NFD", subject).replace("o\u0302", "ô").replace("e\u0302", "ê")
        letters = apart.replace("Đ", "\u0110").encode(charset, "ignore")
        line = b"Subject: =?windows-1258?B?" + base64.b64encode(letters) + b"?="
    raw = line + b"\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nxin thu lai\r\n"
    assert mime.may_carry_document(raw)


def test_a_word_of_the_next_field_is_not_the_subject() -> None:
    raw = b"Subject: chao\r\n co\r\nX-Note: thu hoi\r\nContent-Type: text/plain\r\n\r\nHello\r\n"
    assert not mime.may_carry_document(raw)


def test_a_number_in_html_is_seen_through_tags_and_entities() -> None:
    body = b"<p>S&#7889;: <b>45</b>&nbsp;/<i>BC</i>-THCSLL</p>"
    assert mime.may_carry_document(_mail(body, "Content-Type: text/html; charset=utf-8"))


@pytest.mark.parametrize(
    "raw",
    [
        _mail("Em gửi thầy số liệu tháng 11, xem tại https://sgdhuonggiang.edu.vn/tin-tuc ạ.".encode(), "Subject: x"),
        _mail(b"Hello, see you at 3 pm.", "Content-Type: text/plain; charset=us-ascii"),
        _mail("<p>Kính gửi <b>thầy</b></p>".encode(), "Content-Type: text/html; charset=utf-8"),
        b"Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nok\r\n--x\r\n"
        b"Content-Type: text/html\r\n\r\n<p>ok</p>\r\n--x--\r\n",
    ],
)
def test_a_mail_without_any_document_is_not_looked_at(raw: bytes) -> None:
    assert not mime.may_carry_document(raw)


@pytest.mark.parametrize(
    "raw",
    [
        _two_parts("Content-Type: application/pdf", PDF),
        _mail(PDF, "Content-Type: application/octet-stream"),
        _mail(b"x", "Content-Type: text/plain; name=a.pdf"),
        _mail(b"x", "Content-Type: text/plain; charset=utf-16"),
        _mail(b"x", "Content-Type: text/plain", "Content-Type: multipart/mixed; boundary=x"),
        b"no header at all",
    ],
)
def test_everything_else_is_looked_at(raw: bytes) -> None:
    assert mime.may_carry_document(raw)


@pytest.mark.parametrize(
    "expected", sorted(CORPUS.glob("messages_data/**/*.json")), ids=lambda path: f"shared-corpus-{path.stem}"
)
def test_files_of_real_mails_are_found(expected: Path) -> None:
    raw = (CORPUS / "messages" / expected.relative_to(CORPUS / "messages_data")).with_suffix(".eml")
    wanted = json.loads(expected.read_text(encoding="utf-8"))["attachments"]
    found = [part.data for part in mime.split(raw.read_bytes()).parts]
    for attachment in wanted:
        payload = base64.b64decode(attachment["payload"]["bytes_base64"])
        if payload and not attachment["content_type"].startswith(("message/", "text/", "multipart/")):
            assert payload in found, attachment["filename"]


@pytest.mark.parametrize(
    "head",
    [
        b"Subject: Content-Type: text/html; charset=utf-8; base64\r\n",
        b"Subject: base64\r\nContent-Type: text/plain; charset=utf-8\r\n",
        b"Subject: base64\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n",
        b"Subject: Content-Transfer-Encoding: base64\r\nContent-Type: text/plain; charset=utf-8\r\n",
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding:\r\n base64\r\n",
    ],
)
def test_words_of_the_head_hide_no_document_from_the_quick_look(head: bytes) -> None:
    """Found by fuzzing: what a subject says is no field."""
    text = "Số: 87/THCSLL\r\nHương Giang, ngày 18 tháng 11 năm 2026\r\n".encode()
    assert mime.may_carry_document(head + b"\r\n" + text)


@pytest.mark.parametrize(
    "body",
    [b"!" + _LINES, _LINES[:40] + b"!" + _LINES[41:], _LINES[:-2] + b"\r\n==", _LINES.replace(b"\r\n", b"!\n", 1), _LINES[:-1]],
    ids=["a letter more", "a letter changed", "padding in a line of its own", "another line end", "one letter less"],
)
def test_base64_in_even_lines_is_as_strict_as_without_its_line_ends(body: bytes) -> None:
    try:
        strict = base64.b64decode(body.replace(b"\r", b"").replace(b"\n", b""), validate=True)
    except ValueError:
        strict = None
    assert from_strict_base64(body) == strict
    assert from_strict_base64(_LINES) == bytes(range(250)) * 4
