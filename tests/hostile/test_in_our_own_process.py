"""What is done with a stranger's bytes where all senders wait, before any child: searches whose time no bytes can stretch.

The limit of each test is a hundred times what it takes; a search in the square of the length takes minutes.
"""

from __future__ import annotations

import base64
import subprocess
import sys

import pytest

from gateway.documents.copies_of_a_mail import lasting_digest
from gateway.documents.fields import cut_head, decoded_words, parse_fields, subject_of
from gateway.documents.quick_look import may_carry_document

_LONG = 1_000_000
_HTML = b"Subject: a\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
_PLAIN = b"Subject: a\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
_BOTH = b"Subject: a\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
_PATTERNS = (
    *(
        b"<",
        b"/",
        b"M",
        b"M ",
        b"1 / ",
        b"1-\xe2\xe2/",
        b"begin",
        b"=ybegin ",
        b"&nbsp",
        b"&#160",
        b"content-type:",
        b"content-type: ",
    ),
    *(
        b"Content-Type: text/plain ",
        b"=\r\n",
        b"= ",
        b"=?",
        b"=?utf-8?q?",
        b"?= ",
        b"\r\n ",
        b"\r\r",
        b"\n",
        b" ",
        b"\t\r\n",
        b"(",
    ),
    *(b";a=", b'"', b"UmFyI", b"--b\r\n", b":", b"a:", b"a: \r\n ", b"\xe1\xba\xac", b"\0"),
)
MAILS = {
    f"{start[:34].decode()[12:] or 'head'} {pattern!r}": start + (pattern * (_LONG // len(pattern) + 1))[:_LONG]
    for start in (b"Subject: a", b"Subject: a\r\n", _HTML, _PLAIN, _BOTH)
    for pattern in _PATTERNS
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("end", [b"", b">\r\n", b"\r\n\r\nx"], ids=["cut", "tag", "blank line"])
def test_no_bytes_keep_the_quick_look_or_a_head_busy(end: bytes) -> None:
    for raw in MAILS.values():
        assert may_carry_document(raw[: _LONG - len(end)] + end) in (True, False)
        assert isinstance(subject_of(raw + end), str)
        assert lasting_digest(b"X-A: b\r\n" + raw + end)
        assert isinstance(decoded_words(parse_fields(cut_head(raw + end)[0]).first("subject")), str)


def test_behind_the_last_tag_the_words_still_count() -> None:
    assert may_carry_document(_HTML + b"<p>S\xe1\xbb\x91: 12</p>/SG<b>D</b> < and <")
    assert may_carry_document(_HTML + b"<p>a</p> 12/SGD")
    assert not may_carry_document(_HTML + b"<p>a</p> a < b")


def test_a_text_full_of_slashes_is_looked_at_by_a_child() -> None:
    assert may_carry_document(_PLAIN + b"a/b " * 5000)


def test_a_long_text_is_looked_at_here_and_a_long_page_with_tags_by_a_child() -> None:
    words = "Kính gửi các thầy cô\r\n".encode() * 60_000
    assert not may_carry_document(_PLAIN + words)
    assert may_carry_document(_PLAIN + words + "Số: 45/BC-THCSLL".encode())
    assert may_carry_document(_HTML + words)
    assert may_carry_document(_PLAIN + words * 6)  # more than the loop has time for


_LOADED = """
import sys
import gateway.smtp.handler, gateway.smtp.server, gateway.smtp.relay
import gateway.intake, gateway.inspection, gateway.worker, gateway.review
print(*(name for name in sys.modules if name.startswith("gateway.documents.") or name.partition(".")[0] in sys.argv[1:]))
"""
# Searches for bytes, header fields, letters: what the tests above hold to a time.
_HARMLESS = {
    "fields",
    "parameters",
    "words",
    "suffixes",
    "quick_look",
    "transfer",
    "text",
    "vietnamese",
    "mending",
    "syllables",
}
_HARMLESS |= {"encodings", "gathering", "sketch", "copies_of_a_mail"}
_PARSERS = ("pypdfium2", "PIL", "pillow_heif", "lxml", "olefile", "libarchive", "tesserocr", "pyhanko", "asn1crypto", "numpy")


def test_no_parser_is_loaded_where_mails_come_in() -> None:
    command = [sys.executable, "-c", _LOADED, *_PARSERS, "openpyxl", "python_calamine"]
    loaded = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert {name.split(".")[2] if name.startswith("gateway") else name for name in loaded} <= _HARMLESS


def test_base64_that_has_to_be_mended_is_mended_in_a_child() -> None:
    head = b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    assert may_carry_document(head + b"A=!" * 400)
    assert not may_carry_document(head + base64.encodebytes("Xin gửi báo cáo\r\n".encode() * 400).replace(b"\n", b"\r\n"))
