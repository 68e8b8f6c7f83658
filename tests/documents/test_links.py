"""A document behind a link is named; forms and cited numbers are everyday exchange."""

from __future__ import annotations

import pytest

from gateway.documents.links import linked_document
from gateway.documents.recognise import recognise_file
from gateway.documents.text import Line
from gateway.model import Nature

HEAD = b"From: a@vi-du.example\r\nSubject: a\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"


def _lines(text: str) -> tuple[Line, ...]:
    return tuple(Line(text=each, place=number) for number, each in enumerate(text.split("\n"), 1))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("CV 123 và phụ lục tại https://drive.google.com/file/d/1x", "cv 123 drive.google.com"),
        ("Quyết định số 45/QĐ-X\ntải tại http://www.fshare.vn/file/9", "quyet dinh so 45/qd-x fshare.vn"),
        ("Ảnh hoạt động ở https://drive.google.com/drive/9", ""),
        ("CV 123: thầy cô điền https://docs.google.com/forms/d/1", ""),
        ("Thực hiện Công văn số 123, trường gửi số liệu https://drive.google.com/x", ""),
        ("CV 123 xem trang https://sgd.example/cv123", ""),
    ],
)
def test_a_document_is_named_only_beside_a_store_of_files(text: str, named: str) -> None:
    assert linked_document(_lines(text), text.encode()) == named


def test_a_link_in_html_stands_in_an_attribute() -> None:
    page = b'<p>C\xc3\xb4ng v\xc4\x83n 123 <a href="https://1drv.ms/b/s">t\xe1\xba\xa1i \xc4\x91\xc3\xa2y</a></p>'
    assert linked_document(_lines("Công văn 123 tại đây"), page) == "cong van 123 1drv.ms"


def test_a_mail_with_such_a_link_says_that_something_was_not_read() -> None:
    reading = recognise_file("thu.eml", HEAD + b"Gui CV 123 va phu luc: https://drive.google.com/file/d/1x\r\n")
    assert (reading.nature, {each.reason for each in reading.walk()}) == (Nature.UNREADABLE, {"link"})
