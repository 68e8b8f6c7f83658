"""What comes back by mail from an office system that is reached by mail."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from gateway.bridge.mailbox_answers import answers_in, delivery_meant
from gateway.courier import Answer, Level
from gateway.lifecycle import CaseState
from gateway.model import Arrival, Door, Mail, Recipient, digest_of, new_id
from gateway.office_mail import OfficeMail
from tests.bridge.test_rest_answers import STATUS
from tests.test_followup import OFFICE, House

SENDER, INTAKE = "cong@sgdhuonggiang.edu.vn", "vanban@ioffice.example"
NAMED = "01K9ZZZZZZZZZZZZZZZZZZZZZZ-1"
REPORT = """\
Content-Type: multipart/report; report-type=delivery-status; boundary=x

--x
Content-Type: text/plain

Thu khong den duoc.
--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; vanban@ioffice.example
Action: {action}
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such
 mailbox
--x
Content-Type: text/rfc822-headers

Message-ID: <{delivery}@sgdhuonggiang.edu.vn>
--x--
"""


def mail_of(text: str, *, reference: str = NAMED, to: str = SENDER) -> Mail:
    head = f"From: {INTAKE}\nTo: {to}\nSubject: Re: van ban\n"
    head += f"In-Reply-To: <{reference}@sgdhuonggiang.edu.vn>\n" if reference else ""
    raw = (head + text).replace("\n", "\r\n").encode()
    arrival = Arrival(door=Door.SMTP, at=datetime(2026, 11, 23, 5, tzinfo=UTC), peer="192.0.2.9")
    return Mail(
        id=new_id(), sender=INTAKE, recipients=(Recipient(address=to),), raw=raw, digest=digest_of(raw), arrival=arrival
    )


def words(text: str) -> str:
    return f"Content-Type: text/plain; charset=utf-8\n\n{text}\n"


def only(mail: Mail) -> Answer:
    (answer,) = answers_in(mail, delivery_meant(mail))
    return answer


@pytest.mark.parametrize(
    ("text", "number", "on"),
    [
        (words("Đã vào sổ.\nSố đến: 1204, ngày 16/11/2025\n\n> Số đến: 7"), "1204", date(2025, 11, 16)),
        (words("Số đến 88/VP"), "88/VP", None),
        ("Content-Type: text/html; charset=utf-8\n\n<p>Đ&atilde; nhận</p>\n<p>Số đến: 5</p>\n", "5", None),
    ],
)
def test_a_number_in_a_line_of_its_own_is_a_registration(text: str, number: str, on: date | None) -> None:
    answer = only(mail_of(text))
    assert (answer.level, answer.status, answer.register_number, answer.registered_on) == (Level.REGISTERED, "03", number, on)
    assert (answer.delivery_id, answer.actor) == (NAMED, INTAKE)


@pytest.mark.parametrize(
    "text",
    [
        words("Văn bản thiếu phụ lục, từ số đến 12 đều không đọc được."),
        words("Từ chối.\n\n----- Thư gốc -----"),
        words("Đã nhận.\n\nVào 16/11/2025, Cổng đã viết:\nSố đến: 9"),
        words("Đã nhận.\n> Số đến: 9"),
    ],
)
def test_other_words_are_kept_for_a_person_and_move_nothing(text: str) -> None:
    answer = only(mail_of(text))
    assert (answer.level, answer.status, answer.register_number) == (Level.STATUS, "", "")
    assert answer.reason.startswith("trả lời bằng thư: ")
    assert "9" not in answer.reason


def test_a_report_of_failure_is_a_no_with_the_servers_words() -> None:
    answer = only(mail_of(REPORT.format(action="failed", delivery=NAMED), reference=""))
    assert (answer.level, answer.delivery_id) == (Level.REJECTED, NAMED)
    assert answer.reason == "thư không đến được hộp thư nhận: 550 5.1.1 no such mailbox"
    assert answers_in(mail_of(REPORT.format(action="delayed", delivery=NAMED), reference=""), NAMED) == ()


def test_an_edxml_status_says_it_better_than_the_words() -> None:
    text = "Content-Type: multipart/mixed; boundary=x\n\n--x\n\nSố đến: 1\n"
    text += f'--x\nContent-Type: text/xml; name="a.edxml"\n\n{STATUS.decode()}\n--x--\n'
    answer = only(mail_of(text))
    assert (answer.level, answer.status, answer.document_id) == (Level.REGISTERED, "03", "THCSLL,2025/11/16,87/THCSLL")


@pytest.mark.parametrize("text", ["", words(""), words("x" * 9), "Content-Type: text/plain; charset=nosuch\n\nđã nhận\n"])
def test_whatever_comes_in_nothing_is_raised(text: str) -> None:
    answers_in(mail_of(text), NAMED)
    assert delivery_meant(mail_of(text, reference="")) == ""


def test_a_number_that_came_by_mail_registers_the_case_once(tmp_path: Path) -> None:
    house = House(tmp_path, answers=False)
    case, delivery = house.case()
    house.carry()
    heard = OfficeMail(
        store=house.store, answers=house.answers, senders={SENDER: OFFICE}, meant=delivery_meant, read=answers_in
    )
    mail = mail_of(words("Số đến: 41"), reference=delivery.id)
    assert heard.concerns(mail) == OFFICE
    assert heard.concerns(mail_of(words("Số đến: 41"), to="khac@sgdhuonggiang.edu.vn")) == ""
    for _ in range(2):
        asyncio.run(heard.hear(mail, OFFICE))
    asyncio.run(heard.hear(mail_of(words("Số đến: 42")), OFFICE))  # of a delivery that was never made
    found = house.store.views.case(case.id)
    assert (found.state, found.register_number) == (CaseState.REGISTERED, "41")
    assert len([r for r in house.store.receipts.of_case(case.id) if r.status == "03"]) == 1
    assert house.store.receipts.orphans() == ()
