"""Mails that readers take apart differently: whatever file one of them would show is found, and by its name."""

from __future__ import annotations

import base64
import binascii
import quopri

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.documents import mime
from gateway.documents.recognise import recognise
from gateway.documents.transfer import HIDDEN_BASE64, holds_hidden_base64
from gateway.model import Recognition

PDF = b"%PDF-1.4 not really a document, but long enough to be one, with an obj in it" * 3
B64 = base64.encodebytes(PDF).replace(b"\n", b"\r\n")
AS_PDF = b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n"
NAMED = b"Content-Disposition: attachment; filename=cv.pdf\r\n"


def _mixed(
    value: bytes, *, boundary: bytes = b"x", head: bytes = AS_PDF, body: bytes = B64, separator: bytes = b"\r\n"
) -> bytes:
    """A mail of a text and a file; ``value`` is its Content-Type, ``head`` and ``body`` make the second part."""
    return (
        b"MIME-Version: 1.0\r\nSubject: x\r\nContent-Type: " + value + b"\r\n\r\n"
        b"--" + boundary + b"\r\nContent-Type: text/plain\r\n\r\nxin chao\r\n"
        b"--" + boundary + b"\r\n" + head + separator + body + b"\r\n--" + boundary + b"--\r\n"
    )  # fmt: skip


def _single(head: bytes, body: bytes = B64) -> bytes:
    return b"Subject: x\r\n" + head + b"\r\n" + body


def _uu(data: bytes) -> bytes:
    lines = b"".join(binascii.b2a_uu(data[at : at + 45]) for at in range(0, len(data), 45))
    return b"begin 644 cv.pdf\r\n" + lines.replace(b"\n", b"\r\n") + b"`\r\nend\r\n"


def _yenc(data: bytes) -> bytes:
    coded = bytearray()
    for byte in data:
        moved = (byte + 42) % 256
        coded += bytes([61, (moved + 64) % 256]) if moved in (0, 10, 13, 61) else bytes([moved])
    return b"=ybegin line=999 size=%d name=cv.pdf\r\n" % len(data) + bytes(coded) + b"\r\n=yend size=%d\r\n" % len(data)


MIXED = b'multipart/mixed; boundary="x"'

VIEWS = {
    # --- one field, twice ---
    "two content types, text first": _mixed(b"text/plain\r\nContent-Type: " + MIXED),
    "two content types, text last": _mixed(MIXED + b"\r\nContent-Type: text/plain"),
    "two multiparts with different boundaries": _mixed(b"multipart/mixed; boundary=y\r\nContent-Type: " + MIXED),
    "two boundaries in one field, wrong one first": _mixed(b"multipart/mixed; boundary=y; boundary=x"),
    "two boundaries in one field, wrong one last": _mixed(b"multipart/mixed; boundary=x; boundary=y"),
    "two boundaries that both divide": _mixed(b"multipart/mixed; boundary=y; boundary=x", boundary=b"x").replace(
        b"\r\n\r\n--x", b"\r\n\r\n--y\r\n\r\nmoi nhu\r\n--y--\r\n--x", 1
    ),
    "two transfer encodings, identity first": _mixed(MIXED, head=b"Content-Transfer-Encoding: 7bit\r\n" + AS_PDF),
    "two transfer encodings, base64 first": _mixed(MIXED, head=AS_PDF + b"Content-Transfer-Encoding: 7bit\r\n"),
    "two transfer encodings, quoted-printable first": _mixed(
        MIXED, head=b"Content-Transfer-Encoding: quoted-printable\r\n" + AS_PDF
    ),
    "two dispositions": _mixed(MIXED, head=AS_PDF + b"Content-Disposition: inline\r\n" + NAMED),
    # --- boundaries ---
    "boundary without quotes": _mixed(b"multipart/mixed; boundary=x"),
    "boundary in single quotes": _mixed(b"multipart/mixed; boundary='x'"),
    "boundary in other case": _mixed(b"multipart/mixed; boundary=XyZ", boundary=b"xYz"),
    "boundary with spaces at its end": _mixed(b'multipart/mixed; boundary="x  "'),
    "boundary with spaces around the sign": _mixed(b"multipart/mixed; boundary = x"),
    "boundary with a space in it, cut by some": _mixed(b'multipart/mixed; boundary="x y"'),
    "boundary without quotes and with a space": _mixed(b"multipart/mixed; boundary=x y"),
    "boundary in pieces": _mixed(b'multipart/mixed; boundary*0="ab"; boundary*1="cd"', boundary=b"abcd"),
    "boundary in pieces, one of them twice": _mixed(b"multipart/mixed; boundary*0=ab; boundary*0=cd", boundary=b"cd"),
    "boundary in pieces, beside a whole one": _mixed(b"multipart/mixed; boundary*0=ab; boundary*1=cd; boundary=x"),
    "boundary with a character set": _mixed(b"multipart/mixed; boundary*=utf-8''%61%62", boundary=b"ab"),
    "boundary as an encoded word": _mixed(b'multipart/mixed; boundary="=?us-ascii?Q?ab?="', boundary=b"ab"),
    "boundary that looks like an encoded word": _mixed(
        b'multipart/mixed; boundary="=?us-ascii?Q?ab?="', boundary=b"=?us-ascii?Q?ab?="
    ),
    "boundary with a backslash": _mixed(b'multipart/mixed; boundary="a\\b"', boundary=b"a\\b"),
    "boundary with a backslash that escapes": _mixed(b'multipart/mixed; boundary="a\\b"', boundary=b"ab"),
    "boundary without a semicolon before it": _mixed(b"multipart/mixed boundary=x"),
    "boundary behind a comma": _mixed(b"multipart/mixed, boundary=x"),
    "boundary behind a broken parameter": _mixed(b'multipart/mixed; a="b; boundary=x'),
    "boundary behind an empty parameter": _mixed(b"multipart/mixed; ; =; boundary=x"),
    "boundary with a comment in its name": _mixed(b"multipart/mixed; boundary(c)=x"),
    "boundary with nested comments": _mixed(b"multipart/mixed; (a (b) c) boundary(\\))=(d)x(e)"),
    "comments within the type": _mixed(b"(a) multipart (b) / (c) mixed (d); boundary=x"),
    "type in capitals, folded": _mixed(b"\r\n MULTIPART/MIXED;\r\n\tBOUNDARY=x"),
    "words behind the delimiter": _mixed(MIXED).replace(b"--x\r\nContent-Type: app", b"--x (phan hai)\r\nContent-Type: app"),
    "the same boundary inside": _mixed(
        MIXED, head=b"Content-Type: multipart/mixed; boundary=x\r\n", body=b"--x\r\n" + AS_PDF + b"\r\n" + B64 + b"\r\n--x--"
    ),
    "a boundary that begins another": _mixed(
        MIXED, head=b"Content-Type: multipart/mixed; boundary=xy\r\n", body=b"--xy\r\n" + AS_PDF + b"\r\n" + B64 + b"\r\n--xy--"
    ),
    "no closing delimiter": _mixed(MIXED).replace(b"\r\n--x--\r\n", b""),
    "behind the closing delimiter": _mixed(MIXED, head=b"\r\n", body=b"moi") + b"--x\r\n" + AS_PDF + b"\r\n" + B64,
    "a multipart in base64": _single(
        b"Content-Type: multipart/mixed; boundary=x\r\nContent-Transfer-Encoding: base64\r\n",
        base64.encodebytes(b"--x\r\n" + AS_PDF + b"\r\n" + B64 + b"\r\n--x--\r\n"),
    ),
    # --- where the head ends ---
    "bare LF everywhere": _mixed(MIXED).replace(b"\r\n", b"\n"),
    "bare CR everywhere": _mixed(MIXED).replace(b"\r\n", b"\r"),
    "LF before CRLF": _mixed(MIXED).replace(b'x"\r\n\r\n', b'x"\n\r\n'),
    "CRLF before LF": _mixed(MIXED).replace(b'x"\r\n\r\n', b'x"\r\n\n'),
    "a line of spaces ends the head of the part": _mixed(MIXED, separator=b" \r\n"),
    "a line of spaces is folded away": _mixed(
        MIXED, head=b"Content-Type: application/pdf\r\n \r\nContent-Transfer-Encoding: base64\r\n"
    ),
    "no empty line before the body of the part": _mixed(MIXED, separator=b""),
    "a line without a colon in the head": _mixed(MIXED, head=b"khong phai truong\r\n" + AS_PDF),
    "NUL in the name of a field": _mixed(MIXED).replace(b"Content-Type: multi", b"Content\0-Type: multi"),
    "space before the colon": _mixed(MIXED, head=b"Content-Type : application/pdf\r\nContent-Transfer-Encoding\t: base64\r\n"),
    "type behind two thousand fields": b"".join(b"X-%d: a\r\n" % n for n in range(2000)) + _mixed(MIXED),
    "type behind 300 KB of head": b"X-Long: " + b"a" * 300_000 + b"\r\n" + _mixed(MIXED),
    # --- transfer encodings ---
    "encoding with a comment": _mixed(
        MIXED, head=b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64 (a)\r\n"
    ),
    "encoding in quotes": _mixed(MIXED, head=b'Content-Type: application/pdf\r\nContent-Transfer-Encoding: "base64"\r\n'),
    "encoding of one's own": _mixed(MIXED, head=b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: x-base64;\r\n"),
    "no encoding named": _mixed(MIXED, head=b"Content-Type: application/pdf\r\n"),
    "junk within base64": _mixed(MIXED, body=B64.replace(b"\r\n", b"\r\n!*,. ")),
    "padding in the middle": _mixed(MIXED, body=base64.b64encode(PDF[:10]) + b"\r\n" + base64.b64encode(PDF[10:])),
    "padding missing": _mixed(MIXED, body=base64.b64encode(PDF).rstrip(b"=")),
    "base64 with the letters of addresses": _mixed(MIXED, body=base64.urlsafe_b64encode(PDF)),
    "words before base64": _mixed(MIXED, body=b"Xin gui kem tep, xem ben duoi:\r\n\r\n" + B64),
    "base64 below the words of a text": _single(b"Content-Type: text/plain\r\n", b"Kinh gui\r\n\r\n" + B64),
    "quoted-printable with soft ends": _mixed(
        MIXED,
        head=b"Content-Transfer-Encoding: quoted-printable\r\n",
        body=quopri.encodestring(PDF).replace(b" ", b"= \r\n=20"),
    ),
    "quoted-printable of base64": _mixed(
        MIXED, head=b"Content-Transfer-Encoding: quoted-printable\r\n", body=base64.b64encode(PDF).replace(b"=", b"=3D")
    ),
    "uuencode": _mixed(MIXED, head=b"Content-Transfer-Encoding: x-uuencode\r\n", body=_uu(PDF)),
    "uuencode in a text": _single(b"", b"kinh gui\r\n" + _uu(PDF)),
    "uuencode in base64": _single(b"", b"begin-base64 644 cv.pdf\r\n" + B64 + b"====\r\n"),
    "yEnc": _mixed(MIXED, head=b"Content-Transfer-Encoding: x-yenc\r\n", body=_yenc(PDF)),
    "yEnc in a text": _single(b"Content-Type: text/plain\r\n", b"kinh gui\r\n" + _yenc(PDF)),
    # --- what the part says it is ---
    "base64 that calls itself a text": _single(b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n"),
    "bytes that call themselves a text": _single(b"Content-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\n", PDF),
    "a page that is none": _mixed(MIXED, head=b"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n"),
    "no type at all": _mixed(MIXED, head=b"Content-Transfer-Encoding: base64\r\n"),
    "a type that is no type": _mixed(MIXED, head=b"Content-Type: ;;\r\nContent-Transfer-Encoding: base64\r\n"),
    "the type of a mail": _mixed(MIXED, head=b"Content-Type: message/rfc822\r\n", body=AS_PDF + b"\r\n" + B64),
    "a mail in base64": _mixed(
        MIXED,
        head=b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n",
        body=base64.encodebytes(_mixed(MIXED)),
    ),
    "a part of a digest": _mixed(b"multipart/digest; boundary=x", head=b"\r\n", body=AS_PDF + b"\r\n" + B64),
    "Apple's double": _mixed(
        MIXED,
        head=b"Content-Type: multipart/appledouble; boundary=y\r\n",
        body=b"--y\r\nContent-Type: application/applefile\r\n\r\n\0\5\x16\7\r\n--y\r\n" + AS_PDF + b"\r\n" + B64 + b"\r\n--y--",
    ),
    "the second of two alternatives": _mixed(b"multipart/alternative; boundary=x"),
    "within related": _mixed(b"multipart/related; boundary=x; type=text/html", head=AS_PDF + b"Content-ID: <a>\r\n"),
    "signed": _mixed(b'multipart/signed; protocol="application/pkcs7-signature"; boundary=x'),
}


@pytest.mark.parametrize("name", VIEWS)
def test_a_file_that_some_reader_shows_is_found(name: str) -> None:
    files = [part for part in mime.split(VIEWS[name]).parts if part.data.strip().startswith(PDF)]
    assert files
    assert not any(part.is_body for part in files)
    assert mime.may_carry_document(VIEWS[name])


NAMES = {
    "RFC 2231": b"filename*=utf-8''B%C3%A1o%20c%C3%A1o.pdf",
    "RFC 2231 in windows-1258": b"filename*=windows-1258''B%E1o%20c%E1o.pdf",
    "RFC 2231 in pieces": b"filename*0*=utf-8''B%C3; filename*1*=%A1o%20; filename*2=\"c\"; filename*3*=%C3%A1o.pdf",
    "RFC 2231 in pieces out of order": b"filename*1*=%20c%C3%A1o.pdf; filename*0*=utf-8''B%C3%A1o",
    "RFC 2047 in quotes": b'filename="=?utf-8?B?QsOhbyBjw6FvLnBkZg==?="',
    "RFC 2047 without quotes": b"filename==?utf-8?Q?B=C3=A1o_c=C3=A1o.pdf?=",
    "RFC 2047 in two words": b'filename="=?utf-8?Q?B=C3=A1o_?=\r\n =?utf-8?Q?c=C3=A1o.pdf?="',
    "both at once, the same": b"filename=\"=?utf-8?B?QsOhbyBjw6FvLnBkZg==?=\"; filename*=utf-8''B%C3%A1o%20c%C3%A1o.pdf",
    "both at once, the plain one says document": b"filename=\"B\xc3\xa1o c\xc3\xa1o.pdf\"; filename*=utf-8''anh.xyz",
    "both at once, the other one says document": b"filename=\"anh.xyz\"; filename*=utf-8''B%C3%A1o%20c%C3%A1o.pdf",
    "given twice": b'filename="anh.xyz"; filename="B\xc3\xa1o c\xc3\xa1o.pdf"',
    "raw UTF-8": b'filename="B\xc3\xa1o c\xc3\xa1o.pdf"',
    "raw UTF-8, decomposed": 'filename="Ba\u0301o ca\u0301o.pdf"'.encode(),
    "raw windows-1258": b'filename="B\xe1o c\xe1o.pdf"',
    "raw TCVN3": b'filename="B\xb8o c\xb8o.pdf"',
    "without quotes": b"filename=B\xc3\xa1o c\xc3\xa1o.pdf",
    "with a comment": b'filename(ten)=(tep)"B\xc3\xa1o c\xc3\xa1o.pdf"',
    "with folders": b'filename="C:\\\\a\\\\..\\\\B\xc3\xa1o c\xc3\xa1o.pdf"',
    "called name": b'name="B\xc3\xa1o c\xc3\xa1o.pdf"',
}


@pytest.mark.parametrize("spelling", NAMES)
@pytest.mark.parametrize("field", [b"Content-Disposition: attachment; ", b"Content-Disposition: "], ids=["attached", "bare"])
def test_a_file_name_is_read_in_every_spelling(spelling: str, field: bytes) -> None:
    raw = _mixed(MIXED, head=AS_PDF + field + NAMES[spelling] + b"\r\n")
    assert [part.name for part in mime.split(raw).parts if part.data == PDF] == ["Báo cáo.pdf"]


def test_a_name_in_the_type_counts_when_the_disposition_has_none_that_says_document() -> None:
    raw = _mixed(MIXED, head=b'Content-Type: application/pdf; name="cv.pdf"\r\nContent-Disposition: inline; filename=anh\r\n')
    assert [part.name for part in mime.split(raw).parts if part.data == PDF] == ["cv.pdf"]


def test_a_text_that_is_declared_in_two_ways_is_read_in_both() -> None:
    raw = b"Content-Type: text/plain; charset=utf-7; charset=utf-8\r\nContent-Type: text/html\r\n\r\n<b>So: 45/BC-THCS</b>"
    spellings = [(part.declared, part.charset) for part in mime.split(raw).parts]
    assert spellings == [("text/plain", "utf-7"), ("text/plain", "utf-8"), ("text/html", "utf-7"), ("text/html", "utf-8")]


def test_a_fragment_of_a_mail_is_named() -> None:
    raw = _single(b"Content-Type: message/partial; id=a; number=1; total=2\r\n")
    assert [part.limit for part in mime.split(raw).parts] == [mime.FRAGMENT]


def test_a_binhex_file_is_unreadable_by_name() -> None:
    body = b"(This file must be converted with BinHex 4.0)\r\n\r\n:$8jabc:"
    raw = _mixed(MIXED, head=b"Content-Type: application/mac-binhex40; name=cv.hqx\r\n", body=body)
    assert [(file.name, file.reason) for file in recognise(raw).files if file.reason] == [("cv.hqx", "format")]


def test_two_views_of_one_file_are_one_file() -> None:
    raw = _mixed(b"multipart/mixed; boundary=x; boundary=X")
    assert len([part for part in mime.split(raw).parts if part.data == PDF]) == 1


def test_an_honest_mail_has_one_view() -> None:
    parts = mime.split(_mixed(MIXED, head=AS_PDF + NAMED)).parts
    assert [(part.name, part.is_body) for part in parts] == [("", True), ("cv.pdf", False)]


# --- Limits ---


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n\r\na\r\n" * 10_000, id="10,000 parts"),
        pytest.param(b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n" * 3000, id="3,000 nests with one boundary"),
        pytest.param(
            b"".join(b"Content-Type: multipart/mixed; boundary=x%d\r\n\r\n--x%d\r\n" % (n, n) for n in range(3000)),
            id="3,000 nests",
        ),
        pytest.param(b"Content-Type: message/rfc822\r\n\r\n" * 5000, id="5,000 mails in mails"),
        pytest.param(
            b"Content-Type: multipart/mixed; " + b"(" * 15_000 + b"boundary=x\r\n\r\n--x\r\n\r\na", id="unclosed comments"
        ),
        pytest.param(b"Content-Type: " + b"multipart/mixed; boundary=a" * 500 + b"\r\n\r\n--a\r\n\r\nb", id="500 boundaries"),
        pytest.param(b"Content-Type: multipart/mixed; boundary=x\r\n" * 1000 + b"\r\n--x\r\n\r\na\r\n" * 500, id="1,000 types"),
        pytest.param(
            b"Content-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: 7bit\r\n" * 400 + b"\r\n" + B64,
            id="800 encodings",
        ),
        pytest.param(
            b"Content-Disposition: attachment; " + b"filename*%d*=a;" * 2000 + b"\r\n\r\na", id="2,000 pieces of a name"
        ),
        pytest.param(b"begin 644 a\r\n" * 20_000, id="files that never begin"),
        pytest.param(b"=ybegin name=a\r\n" * 20_000, id="yEnc that never ends"),
        pytest.param(b"A" * 5_000_000, id="one line"),
        pytest.param(b"\r\n \r\n" * 200_000, id="lines of spaces"),
        pytest.param(b"a:\r\n " * 200_000, id="folds"),
    ],
)
def test_hostile_mails_are_split_in_time(raw: bytes) -> None:
    parts = mime.split(raw).parts
    assert len(parts) <= 4 * mime.MAX_PARTS
    assert mime.may_carry_document(raw) in (True, False)


_PIECES = [
    b"--x",
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b" ",
    b"--",
    b"Content-Type: ",
    b"multipart/mixed; boundary=x",
    b"message/rfc822",
    b"(",
    b"text/plain",
    b"base64",
    b"Content-Transfer-Encoding: ",
    b"; filename*0*=utf-8''%C3",
    b'name="',
    b"begin 644 a\n",
    b"\xff",
    b"boundary=",
    b"=ybegin name=a\n",
    b"=yend",
    B64,
    b"UEsDBA",
]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=40))
def test_any_heap_of_mime_is_read(pieces: list[bytes]) -> None:
    raw = b"".join(pieces)
    assert isinstance(recognise(raw), Recognition)
    if any(b"PDF" in part.data for part in mime.split(raw).parts):
        assert mime.may_carry_document(raw)


@pytest.mark.parametrize("word", HIDDEN_BASE64)
def test_the_beginning_of_every_kind_of_file_is_seen_in_a_text(word: bytes) -> None:
    assert holds_hidden_base64(b"xin gui\r\n" + word + b"\r\n")
    assert not holds_hidden_base64(b"xin gui\r\n" + word[:-1] + b"\r\n")
    assert not holds_hidden_base64(b"xin gui\r\n" + bytes(reversed(word)) + b"\r\n")
