"""Hard cases from registries and mailboxes: issuance or everyday exchange?  Each in the words of whoever met it."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.model import Identity, Mail, Nature, Recognition, Secrecy, Sign, Urgency
from tests.policy.desk import (
    CLERK,
    DEPARTMENT,
    DIVISION,
    HEAD,
    KINDERGARTEN,
    NOTIFIER,
    OUTSIDE,
    PRESS,
    REPORTS,
    SPECIALIST,
    TEACHER,
    UNION,
    carrying,
    decided,
    issued,
    mail,
    unreadable,
    with_file,
)

PRIVATE = "thayhieutruong@thu-rieng.example"
REPORT = issued("THCSLL", kind="Báo cáo", symbol="BC-THCSLL")
BLANK = issued("SGDHG", nature=Nature.DRAFT, number="", on=None)
INVITATION = issued("PGDCS", kind="Giấy mời", symbol="GM-PGDĐT", urgency=Urgency.URGENT)
IN_ROUND = issued("THCSLL", number="", signs=(Sign.AGENCY, Sign.DATE, Sign.SIGNATURE, Sign.ADDRESSEE))
OLD = [issued("THCSLL", kind="Báo cáo", number=str(n), on=date(2019, 5, n)) for n in range(1, 9)]
PARTY = issued("THCSLL", issuer="ĐẢNG BỘ HUYỆN CẨM SƠN", superior="", symbol="KH/ĐU", kind="Kế hoạch")

CASES: list[tuple[str, Mail, Recognition, str]] = [
    ("a signed công văn of the sender's own agency", mail(DEPARTMENT, DIVISION), carrying(issued("SGDHG")), "redirect"),
    ("a scan without text, named like a document", mail(CLERK, DIVISION), unreadable("87 THCSLL TCCB.pdf"), "hold"),
    ("a draft with blank number, for comments", mail(SPECIALIST, DIVISION, CLERK), carrying(BLANK), "deliver deliver"),
    ("an Excel form, answering a công văn", mail(TEACHER, SPECIALIST), with_file("bieu mau.xlsx", subject="CV 123"), "deliver"),
    ("a numbered and sealed report to a specialist", mail(TEACHER, SPECIALIST), carrying(REPORT), "reject"),
    ("the same where a guiding document asks for it", mail(TEACHER, REPORTS), carrying(REPORT), "deliver"),
    ("a circular of the Ministry, passed on to read", mail(CLERK, DIVISION), carrying(issued("MINISTRY")), "deliver"),
    ("a division passes on what the Department wrote", mail(DIVISION, CLERK, KINDERGARTEN), carrying(issued("SGDHG")),
     "deliver deliver"),
    ("SAO Y with a number of the school's own", mail(CLERK, DIVISION),
     carrying(issued("SGDHG", nature=Nature.COPY, symbol="SY-THCSLL")), "redirect"),
    ("công văn typed into the mail body", mail(TEACHER, DIVISION),
     carrying(issued("THCSLL", signs=(Sign.AGENCY, Sign.NUMBER, Sign.DATE, Sign.SIGNATURE))), "reject"),
    ("a page that looks official, without number", mail(SPECIALIST, DIVISION), with_file("", nature=Nature.OTHER), "deliver"),
    ("PDF, Word and Excel twins in one mail", mail(CLERK, DIVISION),
     carrying(issued("THCSLL"), issued("THCSLL", nature=Nature.DRAFT, number="")), "redirect"),
    ("an urgent invitation", mail(DIVISION, CLERK, KINDERGARTEN), carrying(INVITATION), "redirect redirect"),
    ("a secrecy stamp", mail(SPECIALIST, DEPARTMENT), carrying(issued("SGDHG", secrecy=Secrecy.CONFIDENTIAL)), "quarantine"),
    ("an exam in a locked archive", mail(TEACHER, SPECIALIST),
     unreadable("HSG.zip", reason="password", subject="Đề thi HSG lớp 9"), "hold"),
    ("a document of a party cell", mail(CLERK, DIVISION), carrying(PARTY), "deliver"),
    ("a document of the union", mail(UNION, CLERK), carrying(issued("THCSLL", issuer="CÔNG ĐOÀN NGÀNH", symbol="CĐN")),
     "deliver"),
    ("a headmaster writes from his own mailbox", mail(PRIVATE, DIVISION), carrying(issued("THCSLL")), "copy"),
    ("a locked archive that says what it is", mail(TEACHER, DIVISION),
     unreadable("tailieu.rar", reason="password", subject="Công văn gửi Phòng"), "hold"),
    ("lesson plans, photos, lists", mail(TEACHER, SPECIALIST), with_file("giao an tuan 12.docx"), "deliver"),
    ("a form full of dots", mail(SPECIALIST, CLERK), carrying(issued("SGDHG", nature=Nature.TEMPLATE)), "deliver"),
    ("minutes of a meeting", mail(TEACHER, SPECIALIST), carrying(issued("THCSLL", kind="Biên bản")), "deliver"),
    ("a contract of a company", mail(OUTSIDE, CLERK), carrying(issued("MINISTRY", kind="Hợp đồng", issuer="CÔNG TY A")),
     "deliver"),
    ("a công văn of another province", mail(OUTSIDE, DEPARTMENT), carrying(issued("ELSEWHERE")), "copy"),
    ("a citizen's complaint", mail(OUTSIDE, DEPARTMENT), with_file("don khieu nai.pdf"), "deliver"),
    ("the Department, schools and the press in one mail", mail(CLERK, DEPARTMENT, DIVISION, PRESS), carrying(issued("THCSLL")),
     "redirect redirect hold"),
    ("a notification of the office system with a PDF", mail(NOTIFIER, CLERK, identity=Identity.TRUSTED_NETWORK),
     carrying(issued("SGDHG")), "deliver"),
    ("years of reports as evidence for an accreditation", mail(TEACHER, SPECIALIST), carrying(*OLD), "deliver"),
    ("signed by the head, no number yet", mail(HEAD, DIVISION), carrying(IN_ROUND), "deliver"),
    ("leave slips and letters of introduction", mail(TEACHER, SPECIALIST),
     carrying(issued("THCSLL", kind="Giấy nghỉ phép", symbol="GNP-THCSLL")), "deliver"),
    ("a plan of a subject group", mail(TEACHER, SPECIALIST),
     carrying(issued("THCSLL", kind="Kế hoạch", issuer="TỔ TOÁN", superior="TRƯỜNG THCS LÊ LỢI", symbol="KH-TCM")), "deliver"),
    ("a personal decision for a colleague of the same school", mail(CLERK, TEACHER), carrying(issued("THCSLL")), "deliver"),
    ("a nursery without clerk account", mail(KINDERGARTEN, DEPARTMENT), carrying(issued("MNHS")), "copy"),
    ("a file named like a document that is none", mail(TEACHER, SPECIALIST), with_file("CV 123 SGD.pdf"), "deliver"),
]  # fmt: skip


@pytest.mark.parametrize(("letter", "carried", "actions"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_hard_case_has_the_right_outcome(letter: Mail, carried: Recognition, actions: str) -> None:
    assert [found.action.value for found in decided(letter, carried)] == actions.split()
