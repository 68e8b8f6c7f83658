"""A verdict in words that a teacher, a clerk and an auditor understand."""

from __future__ import annotations

import pytest

from gateway.model import Nature, Secrecy, Verdict
from gateway.policy.explain import sentences, what_would_change_it
from tests.policy.desk import (
    ADVISED_TEACHER,
    CLERK,
    CLOSED,
    DIVISION,
    KINDERGARTEN,
    OBSERVED_TEACHER,
    OUTSIDE,
    PRESS,
    RETIRED,
    SPECIALIST,
    TEACHER,
    carrying,
    decided,
    directory,
    issued,
    mail,
    unreadable,
    verdict,
)

CARRIED = carrying(issued("THCSLL"))
SECRET = carrying(issued("THCSLL", nature=Nature.SECRET, secrecy=Secrecy.TOP_SECRET))


def test_a_refusal_is_explained_from_the_reason_to_the_rules_passed_over() -> None:
    told = sentences(verdict(mail(TEACHER, DIVISION), CARRIED), directory()).splitlines()

    assert told[0] == f"{DIVISION}: từ chối ngay khi gửi."
    assert told[1].startswith("  Lý do: Công văn số 87/THCSLL ngày 16/11/2026 là văn bản phát hành của Trường THCS Lê Lợi")
    assert told[2].startswith("  Căn cứ: quy tắc 5, Thông báo của Sở")
    assert "  Dấu hiệu: số, ký hiệu: “(number)” (tệp vb.pdf, trang 1)" in told
    assert any(line.startswith("  Nếu gửi bằng tài khoản văn thư của đơn vị") for line in told)
    assert f"  Bỏ qua quy tắc 4: Người gửi không dùng tài khoản văn thư của đơn vị ({CLERK})." in told


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (verdict(mail(CLERK, DIVISION), CARRIED), "(Trường THCS Lê Lợi: chờ phát hành, trên I-Office ngành giáo dục)"),
        (verdict(mail(OUTSIDE, SPECIALIST), carrying(issued("MINISTRY"))),
         "(Sở Giáo dục và Đào tạo Hương Giang: văn bản đến, trên"),
        (verdict(mail(KINDERGARTEN, DIVISION), carrying(issued("MNHS"))),
         "văn thư nhận một bản (Phòng Giáo dục và Đào tạo Cẩm Sơn: văn bản đến"),
        (verdict(mail(OUTSIDE, RETIRED)), f"chuyển tiếp tới địa chỉ mới {CLERK}."),
        (verdict(mail(OUTSIDE, CLOSED)), "Nếu gửi thẳng tới vanthu.thptnh@sgdhuonggiang.edu.vn thì thư đến nơi ngay."),
        (verdict(mail(TEACHER, DIVISION), unreadable("CV 9.pdf")), "Nếu gửi tệp không đặt mật khẩu, có lớp chữ đọc được"),
        (decided(mail(CLERK, DIVISION, PRESS), CARRIED)[1], "Văn thư quyết định gửi cho người nhận này"),
        (verdict(mail(TEACHER, DIVISION), SECRET), "niêm phong, không ai đọc (văn thư Trường THCS Lê Lợi)."),
        (verdict(mail(TEACHER, DIVISION), unreadable("CV 9.pdf")), "giữ lại chờ người xem (văn thư Trường THCS Lê Lợi)."),
        (verdict(mail(OUTSIDE, SPECIALIST), carrying(issued("ELSEWHERE"))),
         "của SỞ GIÁO DỤC VÀ ĐÀO TẠO (UBND TỈNH LAM HÀ) gửi đến"),
        (verdict(mail(OBSERVED_TEACHER, DIVISION), carrying(issued("THCSNT"))),
         "Đơn vị đang ở giai đoạn theo dõi; khi áp dụng, thư này sẽ được xử lý: từ chối ngay khi gửi."),
        (verdict(mail(ADVISED_TEACHER, DIVISION), carrying(issued("THCSTHD"))), "Đơn vị đang ở giai đoạn nhắc nhở"),
        (verdict(mail(TEACHER, DIVISION)), "Thư không mang tệp nào có thể là văn bản hành chính; thư được chuyển nguyên vẹn."),
    ],
)  # fmt: skip
def test_every_outcome_has_its_words(found: Verdict, said: str) -> None:
    assert said in sentences(found, directory())


def test_what_is_delivered_needs_no_change() -> None:
    assert what_would_change_it(verdict(mail(TEACHER, DIVISION))) == ()
    assert what_would_change_it(verdict(mail(KINDERGARTEN, DIVISION), carrying(issued("MNHS")))) == ()


def test_a_watched_sender_reads_what_to_change_before_it_is_enforced() -> None:
    found = verdict(mail(OBSERVED_TEACHER, DIVISION), carrying(issued("THCSNT")))
    assert any("tài khoản văn thư" in change for change in what_would_change_it(found))


def test_a_reason_stays_one_line_whatever_a_stranger_names_his_file() -> None:
    found = verdict(mail(OUTSIDE, SPECIALIST), unreadable("CV 123\r\nBcc: all@so.example\u202e" + "a" * 500 + ".pdf"))

    assert found.rule == "8"
    assert found.reason.isprintable()
    assert len(found.reason) < 800
