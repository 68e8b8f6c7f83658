"""The layers of a mail for people: harmless HTML, the tree of the parts, and no bytes that make it stumble."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.documents.outline import layers_of
from gateway.layers import Branch, Layers
from gateway.model import digest_of

_EVIL = """<p onclick="a()" style="position:fixed">Kính gửi <b>Sở</b></p><script>alert(1)</script><img src="https://x.example/p.gif">
<img src=x onerror=alert(1)><a href="https://bank.example/?a=1&amp;b=2">ngân hàng</a><a href="javascript:a()">b</a>
<iframe src="https://x.example"></iframe><form action="https://x.example"><input></form><svg onload=a()></svg>
<base href="https://x.example/"><meta http-equiv="refresh" content="0;url=https://x.example"><style>*{color:red}</style>"""


def html_mail(body: str) -> bytes:
    return b"From: a@x.example\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + body.encode()


def test_html_has_words_and_nothing_that_acts_or_fetches() -> None:
    seen = layers_of(html_mail(_EVIL))
    assert "Kính gửi <b>Sở</b>" in seen.html
    for trace in ("script", "alert", "onclick", "style", "src", "href", "http", "form", "svg", "iframe", "meta", "base"):
        assert trace not in seen.html
    assert seen.pictures == 1
    assert seen.links == ("https://bank.example/?a=1&b=2",)
    assert "Kính gửi Sở" in seen.text


def test_words_are_read_in_their_own_encoding() -> None:
    raw = "Content-Type: text/plain; charset=us-ascii\r\n\r\nKính gửi Sở Giáo dục và Đào tạo".encode()
    assert layers_of(raw).text == "Kính gửi Sở Giáo dục và Đào tạo"


def test_the_tree_is_what_most_readers_see() -> None:
    raw = (
        b"Subject: =?utf-8?q?B=C3=A1o_c=C3=A1o?=\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        b'--b\r\n\r\nloi thu\r\n--b\r\nContent-Type: application/pdf; name="cv.pdf"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\nJVBERg==\r\n"
        b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: trong\r\n\r\nben trong\r\n--b--\r\n"
    )
    seen = layers_of(raw)
    assert seen.headers[0] == ("subject", "Báo cáo")
    assert seen.tree == (
        Branch(depth=0, media="multipart/mixed"),
        Branch(depth=1, media="text/plain", size=7, digest=digest_of(b"loi thu"), is_body=True),
        Branch(depth=1, media="application/pdf", name="cv.pdf", size=4, digest=digest_of(b"%PDF")),
        Branch(depth=1, media="message/rfc822"),
        Branch(depth=2, media="text/plain", size=9, digest=digest_of(b"ben trong"), is_body=True),
    )
    assert seen.text == "loi thu"


def test_a_mail_that_is_nested_without_end_ends() -> None:
    raw = b"x"
    for n in range(200):
        raw = f"Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n".encode() + raw + f"\r\n--b{n}--\r\n".encode()
    assert 2 < len(layers_of(raw).tree) < 30


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=600), st.sampled_from([b"text/html", b"multipart/mixed; boundary=b", b"message/rfc822", b"text/plain"])
)
def test_whatever_comes_in_layers_come_out(body: bytes, kind: bytes) -> None:
    layers_of(b"Content-Type: " + kind + b"\r\n\r\n--b\r\n" + body)
    assert isinstance(layers_of(body), Layers)
