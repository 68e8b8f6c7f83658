"""The main job, end to end: real SMTP in, real SMTP out, a real folder for the office system.

One gateway does it for all of these tests, as it does for all the mails of a morning: no two send the same document.
"""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default

import pytest

from tests.world import letters, reading
from tests.world.client import id_in, send
from tests.world.gateway import Gateway
from tests.world.sink import Sink

CLERK = letters.SCHOOL_CLERK[1]
TEACHER = letters.TEACHER[1]
DIVISION = letters.DIVISION_CLERK[1]
DEPARTMENT = letters.DEPARTMENT_CLERK[1]
NURSERY = letters.NURSERY[1]


@pytest.fixture(scope="module")
def next_hop() -> Iterator[Sink]:
    with Sink() as server:
        yield server


@pytest.fixture(scope="module")
def house(next_hop: Sink, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    gateway = Gateway(tmp_path_factory.mktemp("job") / "house", next_hop=next_hop.address).start()
    yield gateway
    gateway.kill()


@pytest.fixture
def sink(next_hop: Sink) -> Sink:
    """The next hop, with nothing of the tests before."""
    next_hop.forget()
    return next_hop


def text_of(raw: bytes) -> str:
    """The text of one of our letters."""
    return reading.vietnamese(raw)


def test_a_report_goes_through_byte_for_byte(house: Gateway, sink: Sink) -> None:
    report = letters.figures_of_a_school()

    reply = send(house.smtp_port, TEACHER, [DIVISION], report)

    (mail,) = sink.wait_for(1)
    assert reply.startswith(f"250 2.0.0 {id_in(reply)}")
    assert mail.raw.endswith(report)
    assert mail.raw.startswith(b"Received: from ")
    assert (mail.sender, mail.recipients) == (TEACHER, (DIVISION,))


def test_a_clerks_document_waits_in_her_office_system_and_not_in_the_mail(house: Gateway, sink: Sink) -> None:
    raw = letters.letter_of_a_school()

    reply = send(house.smtp_port, CLERK, [DIVISION], raw)

    package = house.office("ioffice-nganh").wait_for_number("87")
    assert reply.startswith("250 2.0.0 ")
    assert (package.notation, package.kind) == ("THCSLL", "Công văn")
    assert raw in package.attachments.values()
    (notice,) = sink.wait_for(1)
    assert (notice.sender, notice.recipients) == ("", (CLERK,))


def test_a_teachers_document_is_refused_in_the_session_and_says_what_to_do(house: Gateway, sink: Sink) -> None:
    reply = send(house.smtp_port, TEACHER, [DIVISION], letters.letter_of_a_school(sender=letters.TEACHER, number="86"))

    assert reply.startswith("550")
    assert "5.7.1" in reply
    assert id_in(reply)
    assert reply.isascii()
    assert "van thu" in reply.lower()
    assert sink.mails == []
    assert "86" not in [package.number for package in house.office("ioffice-nganh").packages()]


def test_mail_to_a_retired_address_reaches_its_successor_and_the_sender_is_told(house: Gateway, sink: Sink) -> None:
    raw = letters.letter_to_a_retired_address()

    send(house.smtp_port, "lienhe@thuvien-huonggiang.example", [letters.RETIRED_SCHOOL[1]], raw)

    mails = {mail.recipients[0]: mail for mail in sink.wait_for(2)}
    assert mails[CLERK].raw.endswith(raw)
    assert mails["lienhe@thuvien-huonggiang.example"].sender == ""
    assert CLERK in text_of(mails["lienhe@thuvien-huonggiang.example"].raw)


def test_the_sender_to_a_retired_address_is_told_once_a_week(house: Gateway, sink: Sink) -> None:
    for _ in range(3):
        raw = letters.letter_to_a_retired_address()
        send(house.smtp_port, "thungan@thuvien-huonggiang.example", [letters.RETIRED_SCHOOL[1]], raw)

    mails = sink.wait_for(4)
    assert [mail.recipients[0] for mail in mails].count("thungan@thuvien-huonggiang.example") == 1
    assert [mail.recipients[0] for mail in mails].count(CLERK) == 3


def test_a_unit_without_a_clerk_gets_its_mail_delivered_and_captured(house: Gateway, sink: Sink) -> None:
    raw = letters.letter_of_a_nursery()

    send(house.smtp_port, NURSERY, [DIVISION], raw)

    (mail,) = sink.wait_for(1)
    assert mail.raw.endswith(raw)


def test_a_secret_document_goes_nowhere(house: Gateway, sink: Sink) -> None:
    reply = send(house.smtp_port, letters.SPECIALIST[1], [DEPARTMENT], letters.secret_document())
    send(house.smtp_port, TEACHER, [DIVISION], letters.plain_question())

    came = {mail.recipients[0]: mail for mail in sink.wait_for(2)}
    assert reply.startswith("250")
    assert set(came) == {letters.SPECIALIST[1], DIVISION}  # the letter about the first mail, and the second mail
    assert "niêm phong" in text_of(came[letters.SPECIALIST[1]].raw)
    assert "Báo cáo công tác" not in text_of(came[letters.SPECIALIST[1]].raw)
    assert house.office("qlvb-tinh").packages() == []


def test_drafts_forms_threads_and_passed_on_documents_are_left_alone(house: Gateway, sink: Sink) -> None:
    harmless = [
        letters.summary_of_a_division(),
        letters.draft_for_comments(),
        letters.form_to_fill_in(),
        letters.thread_with_a_quotation(),
        letters.guidance_passed_on_for_information(),
        letters.plain_question(),
    ]
    for raw in harmless:
        assert send(house.smtp_port, CLERK, [DIVISION], raw).startswith("250"), raw[:300]

    assert sorted(mail.raw[-200:] for mail in sink.wait_for(len(harmless))) == sorted(raw[-200:] for raw in harmless)


def test_she_answers_our_letter_by_mail_and_is_thanked_once(house: Gateway, sink: Sink) -> None:
    send(house.smtp_port, CLERK, [DIVISION], letters.letter_of_a_school(number="88"))
    (notice,) = sink.wait_for(1)
    address = str(message_from_bytes(notice.raw, policy=default)["Reply-To"])
    page = b"<p>Kh&ocirc;ng ph&#7843;i v&#259;n b&#7843;n ph&aacute;t h&agrave;nh.</p><blockquote type=cite>x</blockquote>"
    answer = b"Subject: Re: van ban\r\nContent-Type: text/html; charset=us-ascii\r\n\r\n" + page + b"\r\n"

    assert send(house.smtp_port, CLERK, [address], answer).startswith("250")
    thanks = sink.wait_for(2)[1]
    assert "đã được đặt trước văn thư" in text_of(thanks.raw)
    assert send(house.smtp_port, CLERK, [address], answer).startswith("250")
    assert send(house.smtp_port, CLERK, [address], answer.replace(page, b"<p>ok</p>")).startswith("550")
    assert "5.1.1" in send(house.smtp_port, CLERK, [address.replace(".", "0.", 1)], answer)
    assert len(sink.mails) == 2
