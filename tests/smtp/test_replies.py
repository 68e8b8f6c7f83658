"""What the other side reads."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.model import Action, Evidence, Sign, Verdict
from gateway.smtp import replies

REFUSAL = Verdict(
    recipient="so@sgdhuonggiang.edu.vn",
    action=Action.REJECT,
    rule="issuance-by-others",
    clause="Thông báo ngày 05/11/2019, mục 2",
    reason="Chỉ tài khoản của văn thư được phát hành văn bản.",
    office="I-Office ngành giáo dục",
    evidence=(Evidence(sign=Sign.NUMBER, words="45/QĐ-THCSLL"),),
)


def refused(verdict: Verdict, phone: str = "0200 000 000") -> str:
    return replies.refused(verdict, "01J", help_url="https://vanthu.example/huong-dan", help_phone=phone)


@pytest.mark.parametrize(
    ("text", "ascii_text"),
    [
        ("Đã chuyển; đường Trần Hưng Đạo", "Da chuyen; duong Tran Hung Dao"),
        ("Số 45/QĐ-THCSLL", "So 45/QD-THCSLL"),
        ("e\u0302\u0301 dạng tổ hợp", "e dang to hop"),
        ("“trích yếu” – …", '"trich yeu" - ...'),
        ("a\r\n250 OK", "a  250 OK"),
        ("中文", "??"),
        ("", ""),
    ],
)
def test_vietnamese_is_folded_to_ascii(text: str, ascii_text: str) -> None:
    assert replies.fold_to_ascii(text) == ascii_text


def test_a_refusal_says_what_why_where_and_whom_to_ring() -> None:
    assert refused(REFUSAL).split("\r\n") == [
        "550-5.7.1 01J Thu nay da bi chan: van ban so 45/QD-THCSLL",
        "550-5.7.1 Ly do: Chi tai khoan cua van thu duoc phat hanh van ban.",
        "550-5.7.1 Can cu: Thong bao ngay 05/11/2019, muc 2",
        "550-5.7.1 Can lam: chuyen van ban da ky cho van thu don vi de phat hanh tren I-Office nganh giao duc; "
        "khong gui lai thu nay",
        "550-5.7.1 Can giup do: goi 0200 000 000",
        "550 5.7.1 Doc them: https://vanthu.example/huong-dan (ma thu 01J)",
    ]


def test_a_refusal_says_where_its_sender_sees_what_became_of_it_and_no_line_is_too_long() -> None:
    link = "https://cong.example/" + "x" * 700  # a line of a reply ends at 512 octets: a longer one goes on below
    said = replies.refused(REFUSAL, "01J", help_url="https://vanthu.example", help_phone="", status=link).split("\r\n")
    begin = next(n for n, line in enumerate(said) if "Xem thu nay da duoc xu ly the nao: " in line)
    assert "".join(line[10:] for line in said[begin:-1]).endswith(link)
    assert all(len(line) <= replies.LINE_OCTETS - 2 for line in said)


@pytest.mark.parametrize("printed", ["Số: 88/THCSLL", "SỐ : 88/THCSLL", "So 88/THCSLL", "88/THCSLL"])
def test_the_printed_word_before_a_number_is_not_said_twice(printed: str) -> None:
    verdict = replace(REFUSAL, evidence=(Evidence(sign=Sign.NUMBER, words=printed),))
    assert "bi chan: van ban so 88/THCSLL\r\n" in refused(verdict)


def test_a_refusal_without_facts_still_says_whom_to_ask() -> None:
    bare = Verdict(recipient="", action=Action.REJECT, rule="r", clause="", reason="")
    assert refused(bare, phone="").split("\r\n") == [
        "550-5.7.1 01J Thu nay da bi chan",
        "550-5.7.1 Can giup do: hoi van thu don vi",
        "550 5.7.1 Doc them: https://vanthu.example/huong-dan (ma thu 01J)",
    ]


def test_a_retired_address_refused_by_a_rule_names_the_new_one() -> None:
    verdict = Verdict(
        recipient="cu@moet.edu.vn", action=Action.REJECT, rule="r", clause="", reason="", target="moi@sgd.example"
    )
    assert "550-5.1.6 Dia chi moi: moi@sgd.example" in refused(verdict)


def test_a_refused_issuance_to_a_retired_address_is_not_sent_on_to_the_new_one() -> None:
    verdict = replace(REFUSAL, recipient="cu@moet.edu.vn", unit="THCSLL", target="moi@sgd.example")
    assert "5.1.6" not in refused(verdict)
    assert "moi@sgd.example" not in refused(verdict)


@given(reason=st.text(max_size=3000), words=st.text(max_size=600), target=st.text(max_size=20))
def test_whatever_a_verdict_says_the_reply_is_well_formed(reason: str, words: str, target: str) -> None:
    verdict = Verdict(
        recipient="", action=Action.REJECT, rule="r", clause="c", reason=reason, target=target,
        evidence=(Evidence(sign=Sign.NUMBER, words=words),),
    )  # fmt: skip
    *first, last = refused(verdict).split("\r\n")
    assert all(re.fullmatch(r"550-5\.\d\.\d [ -~]*", line) and len(line) <= 510 for line in first)
    assert re.fullmatch(r"550 5\.\d\.\d [ -~]*", last)


def test_an_address_in_a_reply_is_whole_or_left_out() -> None:
    assert "<cu@moet.edu.vn>" in replies.moved("cu@moet.edu.vn", "moi@sgd.example")
    assert "<moi@sgd.example>" in replies.moved("cu@moet.edu.vn", "moi@sgd.example")
    assert "<...>" in replies.relay_denied("thư@sở.example")


def test_a_long_address_breaks_the_line_not_the_limit() -> None:
    lines = replies.moved("a" * 600 + "@b.example", "c" * 600 + "@d.example").split("\r\n")
    assert len(lines) > 2
    assert all(len(line) <= 510 for line in lines)


def test_success_and_failure_carry_the_id() -> None:
    assert replies.accepted("01J").startswith("250 2.0.0 01J")
    assert re.fullmatch(r"451 4\.3\.0 .* 01J", replies.failure("01J"))
