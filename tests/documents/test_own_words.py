"""What somebody wrote himself in a mail."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.documents.own_words import own_words


def a_mail(body: str, *, kind: str = "text/plain", more: str = "") -> bytes:
    return f"Subject: Re: x\r\nContent-Type: {kind}; charset=utf-8\r\n{more}\r\n{body}".encode()


@pytest.mark.parametrize(
    "raw",
    [
        a_mail("Đây là báo cáo.\r\n\r\nVào 10:00, 23/11/2026, Cổng thư đã viết:\r\n> Kính gửi\r\n"),
        a_mail("Đây là báo cáo.\r\n> Kính gửi Thầy/Cô\r\n> Thư của Thầy/Cô\r\n"),
        a_mail("Đây là báo cáo.\r\n\r\n-----Original Message-----\r\nFrom: Cổng\r\n"),
        a_mail("<p>Đây là báo cáo.</p><div class=gmail_quote>On Mon wrote: Kính gửi</div>", kind="text/html"),
        a_mail("xJDDonkgbMOgIGLDoW8gY8Ohby4=", more="Content-Transfer-Encoding: base64\r\n"),
    ],
)
def test_quoted_mail_is_left_out(raw: bytes) -> None:
    assert own_words(raw).strip() in ("Đây là báo cáo.", "Đây là báo cáo.")


def test_of_two_texts_that_say_the_same_the_plain_one_is_read() -> None:
    parts = "".join(
        f"--b\r\nContent-Type: text/{kind}; charset=utf-8\r\n\r\n{text}\r\n"
        for kind, text in (("html", "<p>Bản HTML</p>"), ("plain", "Bản chữ"))
    )
    raw = f'Content-Type: multipart/alternative; boundary="b"\r\n\r\n{parts}--b--\r\n'.encode()
    assert own_words(raw) == "Bản chữ"


def test_the_words_of_an_attached_mail_are_not_his_own() -> None:
    inner = "--b\r\nContent-Type: message/rfc822\r\n\r\nContent-Type: text/plain\r\n\r\nLoi nguoi khac\r\n--b--\r\n"
    assert own_words(f'Content-Type: multipart/mixed; boundary="b"\r\n\r\n{inner}'.encode()) == ""


@given(st.binary(max_size=400))
def test_whatever_comes_in_words_or_none_come_out(raw: bytes) -> None:
    assert isinstance(own_words(b"Content-Type: text/html\r\n\r\n" + raw), str)
