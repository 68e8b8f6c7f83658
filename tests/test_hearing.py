"""Whoever was stopped answers our letter: his words reach the clerk, and nothing ever goes in a circle."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.courier import Parcel
from gateway.documents.own_words import own_words
from gateway.errors import IllegalTransition, NotAllowed
from gateway.hearing import MOST, Hearing
from gateway.intake import Intake
from gateway.lifecycle import CaseState
from gateway.model import (
    Account,
    Action,
    Answer,
    Case,
    Door,
    Event,
    Identity,
    Mail,
    Nature,
    Recipient,
    Recognition,
    Role,
    digest_of,
    new_id,
)
from gateway.notices import Notices
from gateway.review import Review
from gateway.secret import Links
from gateway.store import Store
from tests.policy import desk
from tests.world import letters, reading
from tests.world.prepared import sqlite_in

BOX = "y-kien@sgdhuonggiang.edu.vn"
WORDS = "Đây là mẫu phiếu khảo sát, chưa ban hành."
SCHOOL_CLERK = Account(name="lien", full_name="Lê Thị Liên", role=Role.CLERK, units=("THCSLL", "THCSTHD", "SGDHG", "PGDCS"))


class House:
    """Intake, hearing and review over one real store; what is handed to the relay is kept."""

    def __init__(self, folder: Path) -> None:
        self.now = desk.NOW
        self.recognition = Recognition()
        self.parcels: list[Parcel] = []
        self.store = Store(url=sqlite_in(folder), blobs=folder / "blobs", inline_bytes=16384, node="test")
        self.links = Links(b"secret", "https://cong.example", reply_address=BOX, sender="postmaster@cong.test")
        notices = Notices(hostname="cong.test", directory=desk.directory, links=self.links)
        self.hearing = Hearing(
            store=self.store,
            directory=desk.directory,
            notices=notices,
            links=self.links,
            words=own_words,
            clock=lambda: self.now,
            poke=lambda: None,
        )
        self.review = Review(
            store=self.store,
            directory=desk.directory,
            offices=("ioffice-nganh",),
            notices=notices,
            clock=lambda: self.now,
            poke=lambda: None,
        )
        self.intake = Intake(
            store=self.store,
            recogniser=self,
            way_out=self,
            notices=notices,
            policy=desk.policy,
            directory=desk.directory,
            clock=lambda: self.now,
            hold_for=timedelta(hours=2),
            offices=("ioffice-nganh",),
            to_appeal=self.links.to_appeal,
            ears=self.hearing,
        )

    async def recognise(self, raw: bytes, *, within: float = 0.0) -> Recognition:
        """What the test says."""
        return self.recognition

    def room_for(self, size: int) -> bool:
        """Always."""
        return True

    def hand_over(self, parcel: Parcel) -> None:
        """Keep it."""
        self.parcels.append(parcel)

    def poke(self) -> None:
        """Nothing is claimed here."""

    def accept(self, mail: Mail) -> Answer:
        """As a door does."""
        return asyncio.run(self.intake.accept(mail))

    def send(self, sender: str, to: str, *, digest: str = "d" * 64, by: str = "THCSLL") -> Mail:
        """A mail with an issued document."""
        found = desk.carrying(desk.issued(by))
        self.recognition = replace(found, files=tuple(replace(file, digest=digest) for file in found.files))
        raw = letters.letter_of_a_school(sender=("", sender))
        mail = replace(desk.mail(sender, to, identity=Identity.SPF, at=self.now), id=new_id(), raw=raw, digest=digest_of(raw))
        self.accept(mail)
        return mail

    def reply(self, about: Mail, words: str = WORDS, *, to: str = "", sender: str = desk.TEACHER, head: str = "") -> Answer:
        """Somebody answers our letter about a mail."""
        return self.accept(answer(to or self.links.to_reply(about.id), words, sender=sender, head=head, at=self.now))

    def letter(self, to: str) -> EmailMessage:
        """The last letter that somebody got from us."""
        raw = [p.mail.raw for p in self.parcels if not p.mail.sender and p.mail.recipients[0].address == to][-1]
        return message_from_bytes(raw, EmailMessage, policy=policy.default)

    def cases(self, *states: CaseState) -> list[Case]:
        """Cases, oldest first."""
        return [self.store.views.case(row.id) for row in reversed(self.store.views.cases(units=None, states=states).rows)]

    def told(self) -> list[str]:
        """Names of our letters, by their subject."""
        ours = [row for row in self.store.views.mails(limit=100).rows if row.door is Door.OWN]
        return [f"{row.recipients[0]}: {row.subject}" for row in reversed(ours)]

    def heard(self, mail: Mail) -> list[str]:
        """The words about a mail that lie before the clerk."""
        return [str(s.detail["words"]) for s in self.store.views.story(mail_id=mail.id) if s.event is Event.APPEALED]


def answer(to: str, words: str = WORDS, *, sender: str = desk.TEACHER, head: str = "", at: datetime = desk.NOW) -> Mail:
    """A mail with words and what they answer."""
    text = f"From: <{sender}>\r\n{head}Subject: Re: =?utf-8?q?Th=C6=B0?=\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    raw = f"{text}{words}\r\n\r\nVào 10:00, 23/11/2026, Cổng thư đã viết:\r\n> Kính gửi Thầy/Cô,\r\n".encode()
    return replace(desk.mail(sender, to, at=at), id=new_id(), raw=raw, digest=digest_of(raw))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    made.store.open()
    yield made
    made.store.close()


def test_an_answer_to_our_letter_lies_before_the_clerk_with_both_reasons(house: House) -> None:
    mail = house.send(desk.HEAD, desk.DIVISION, by="THCSLL")
    assert house.reply(mail, sender=desk.HEAD).refused is None

    (case,) = house.cases(CaseState.WAITING)
    assert (case.alarm, case.action, case.unit) == (True, Action.HOLD, "THCSLL")
    assert "chỉ tài khoản văn thư" in case.reason
    (story,) = [s for s in house.store.views.story(case_id=case.id) if s.event is Event.APPEALED]
    assert (story.detail["words"], story.actor, story.detail["way"]) == (WORDS, desk.HEAD, "mail")


def test_the_whole_answer_is_kept_and_opens_from_the_case(house: House) -> None:
    mail = house.send(desk.TEACHER, desk.DIVISION)
    house.reply(mail)
    (case,) = house.cases(CaseState.WAITING)
    of_case = house.store.views.mails_of_case(case.id)
    assert of_case[0].id == mail.id
    assert WORDS.encode() in house.store.views.raw(of_case[1].id)
    assert house.store.views.deliveries_of(mail_id=of_case[1].id) == ()


def test_our_letter_says_where_an_answer_goes_and_which_mail_it_is_about(house: House) -> None:
    mail = house.send(desk.ADVISED_TEACHER, desk.DIVISION, by="THCSTHD")
    letter = house.letter(desk.ADVISED_TEACHER)
    assert letter["Reply-To"] == house.links.to_reply(mail.id)
    assert house.links.referred([letter["Message-ID"]]) == mail.id
    assert letter["Auto-Submitted"] == "auto-replied"
    assert len(house.links.to_reply(mail.id).partition("@")[0]) <= 64  # RFC 5321 section 4.5.3.1.1
    assert "trả lời thư này" in reading.vietnamese(letter.as_bytes())


def test_an_answer_to_the_sender_of_the_letter_is_known_by_what_it_refers_to(house: House) -> None:
    mail = house.send(desk.ADVISED_TEACHER, desk.DIVISION, by="THCSTHD")
    head = f"In-Reply-To: {house.letter(desk.ADVISED_TEACHER)['Message-ID']}\r\n"
    house.reply(mail, to="postmaster@cong.test", sender=desk.ADVISED_TEACHER, head=head)
    assert house.heard(mail) == [WORDS]


def test_a_mail_to_the_postmaster_that_answers_nothing_goes_on(house: House) -> None:
    house.recognition = Recognition()
    house.accept(answer("postmaster@cong.test", head="In-Reply-To: <01JDXV5KQ0ABCDEFGHJKMNPQRS@cong.test>\r\n"))
    assert [parcel.deliveries[0].target for parcel in house.parcels] == ["postmaster@cong.test"]


@pytest.mark.parametrize("token", ["", "+", "+x", "+01JDXV5KQ0ABCDEFGHJKMNPQRS.aaaaaaaaaaaaaaaaaaaa", "+%s.ký"])
def test_an_address_that_we_gave_to_nobody_is_refused_from_everywhere(house: House, token: str) -> None:
    address = BOX.replace("@", f"{token.replace('%s', new_id())}@")
    for identity in Identity:
        assert house.intake.admission(address, identity).is_unknown
    assert not house.intake.admission(house.links.to_reply(new_id()), Identity.CLAIMED).is_unknown


def test_a_server_that_writes_addresses_in_small_letters_does_no_harm(house: House) -> None:
    mail = house.send(desk.TEACHER, desk.DIVISION)
    house.reply(mail, to=house.links.to_reply(mail.id).lower())
    assert house.heard(mail) == [WORDS]


@pytest.mark.parametrize(
    ("sender", "head"),
    [
        ("", ""),
        (desk.TEACHER, "Auto-Submitted: auto-replied (vacation)\r\n"),
        (desk.TEACHER, "Auto-Submitted: auto-generated\r\n"),
        (desk.TEACHER, "Precedence: bulk\r\n"),
        (desk.TEACHER, "X-Auto-Response-Suppress: All\r\n"),
        (desk.TEACHER, "List-Id: <gv.sgdhuonggiang.edu.vn>\r\n"),
        ("mailer-daemon@sgdhuonggiang.edu.vn", ""),
        ("no-reply@sgdhuonggiang.edu.vn", ""),
    ],
)
def test_a_machine_that_answers_is_not_heard_and_gets_no_letter(house: House, sender: str, head: str) -> None:
    mail = house.send(desk.TEACHER, desk.DIVISION)
    before = house.told()
    assert house.reply(mail, sender=sender, head=head).refused is None
    assert house.heard(mail) == []
    assert house.cases() == []
    assert house.told() == before


def test_he_who_answers_is_thanked_once_however_often_he_writes(house: House) -> None:
    mail = house.send(desk.TEACHER, desk.DIVISION)
    for n in range(3):
        house.reply(mail, f"{WORDS} Lần {n}.")
    assert house.told() == [f"{desk.TEACHER}: Ý kiến của Thầy/Cô đã tới văn thư"]
    assert len(house.cases()) == 1
    assert len(house.heard(mail)) == 3


def test_the_same_words_again_are_taken_once(house: House) -> None:
    mail = house.send(desk.TEACHER, desk.DIVISION)
    for _ in range(3):
        assert house.reply(mail).refused is None
    assert house.heard(mail) == [WORDS]


def test_too_many_answers_are_refused_in_the_session(house: House) -> None:
    mail = house.send(desk.TEACHER, desk.DIVISION)
    for n in range(MOST):
        house.now += timedelta(minutes=1)
        assert house.reply(mail, f"{WORDS} Lần {n}.").refused is None
    refused = house.reply(mail, f"{WORDS} Lần nữa.").refused
    assert refused is not None
    assert f"Đã có {MOST} ý kiến" in refused.reason


@pytest.mark.parametrize("words", ["", "ok", "\r\n> Kính gửi Thầy/Cô, đây là thư của cổng\r\n"])
def test_an_answer_without_words_of_its_own_is_refused_with_what_to_do(house: House, words: str) -> None:
    mail = house.send(desk.TEACHER, desk.DIVISION)
    refused = house.reply(mail, words).refused
    assert refused is not None
    assert "Xin viết vài lời" in refused.reason
    assert house.cases() == []


def test_an_answer_after_a_month_is_refused(house: House) -> None:
    mail = house.send(desk.TEACHER, desk.DIVISION)
    house.now += timedelta(days=31)
    refused = house.reply(mail).refused
    assert refused is not None
    assert "quá 30 ngày" in refused.reason


def test_where_nobody_can_be_refused_the_answer_is_kept_with_the_reason(house: House) -> None:
    mail = house.send(desk.TEACHER, desk.DIVISION)
    late = replace(answer(house.links.to_reply(mail.id), "ok").arrival, door=Door.IMAP)
    written = replace(answer(house.links.to_reply(mail.id), "ok"), arrival=late)
    assert house.accept(written).refused is None
    assert "Xin viết vài lời" in house.store.views.verdicts(written.id)[0].reason


def test_a_mail_that_waits_gets_the_words_and_an_alarm(house: House) -> None:
    mail = house.send(desk.CLERK, desk.DIVISION)
    (case,) = house.cases(CaseState.WAITING)
    assert not case.alarm
    house.reply(mail, sender=desk.CLERK)
    (after,) = house.cases(CaseState.WAITING)
    assert (after.id, after.alarm) == (case.id, True)


def test_the_clerks_answer_lets_the_mail_go_to_its_recipients_alone(house: House) -> None:
    mail = house.send(desk.CLERK, desk.DIVISION)
    house.reply(mail, sender=desk.CLERK)
    (case,) = house.cases(CaseState.WAITING)
    house.review.release(case.id, SCHOOL_CLERK, "Đúng là phiếu khảo sát")
    assert [d.target for d in house.store.views.deliveries_of(case_id=case.id)] == [desk.DIVISION]


def test_after_the_document_went_to_the_office_system_the_clerk_is_asked_anew(house: House) -> None:
    mail = house.send(desk.CLERK, desk.DIVISION)
    (case,) = house.cases(CaseState.WAITING)
    house.review.approve(case.id, SCHOOL_CLERK)
    house.reply(mail, sender=desk.CLERK)
    (asked,) = house.cases(CaseState.WAITING)
    assert asked.id != case.id
    house.review.release(asked.id, SCHOOL_CLERK, "Đúng là phiếu khảo sát")
    assert [d.target for d in house.store.views.deliveries_of(case_id=asked.id)] == [desk.DIVISION]


@pytest.mark.parametrize(("act", "said"), [("release", "đã cho thư này qua"), ("give_back", "đã xem thư này và trả lại")])
def test_what_a_clerk_has_decided_is_not_asked_again(house: House, act: str, said: str) -> None:
    mail = house.send(desk.TEACHER, desk.DIVISION)
    house.reply(mail)
    (case,) = house.cases(CaseState.WAITING)
    getattr(house.review, act)(case.id, SCHOOL_CLERK, "Đã xem")
    refused = house.reply(mail, f"{WORDS} Xin xem lại.").refused
    assert refused is not None
    assert said in refused.reason
    assert house.heard(mail) == [WORDS]


def test_he_whose_unit_is_only_advised_is_heard_and_not_reminded_of_that_file_again(house: House) -> None:
    mail = house.send(desk.ADVISED_TEACHER, desk.DIVISION, by="THCSTHD")
    house.reply(mail, sender=desk.ADVISED_TEACHER)
    (case,) = house.cases(CaseState.WAITING)
    house.review.release(case.id, SCHOOL_CLERK, "Không phải văn bản phát hành")
    assert house.told()[-1] == f"{desk.ADVISED_TEACHER}: Ý kiến của Thầy/Cô đã được chấp nhận"
    told = len(house.told())
    again = house.send(desk.ADVISED_TEACHER, desk.DIVISION, by="THCSTHD")
    assert len(house.told()) == told
    assert house.store.views.verdicts(again.id)[0].rule == "appeal"


def test_when_two_clerks_decide_at_once_the_second_exempts_nothing(house: House) -> None:
    mail = house.send(desk.TEACHER, desk.DIVISION)
    house.reply(mail)
    (case,) = house.cases(CaseState.WAITING)
    house.review.give_back(case.id, SCHOOL_CLERK, "Đã có số và dấu")
    assert house.told()[-1] == f"{desk.TEACHER}: Văn thư trả lời ý kiến của Thầy/Cô"
    with pytest.raises(IllegalTransition):
        house.review.release(case.id, SCHOOL_CLERK, "Đúng là phiếu")
    assert house.store.archive.exempt_files(desk.TEACHER, ["d" * 64], now=house.now) == frozenset()


def test_many_who_are_heard_at_once_open_one_case(house: House) -> None:
    mail = house.send(desk.TEACHER, desk.DIVISION)
    with ThreadPoolExecutor(8) as threads:
        said = [threads.submit(partial(house.hearing.hear, mail.id, f"{WORDS} Số {n}.")) for n in range(4)]
        outcomes = [isinstance(each.exception(), NotAllowed | None) for each in said]
    assert outcomes == [True] * 4
    assert len(house.cases()) == 1
    assert len(house.heard(mail)) == len([each for each in said if each.exception() is None])


def test_an_answer_that_also_goes_to_a_colleague_reaches_him_as_it_is(house: House) -> None:
    mail = house.send(desk.TEACHER, desk.DIVISION)
    house.recognition = Recognition()
    written = answer(house.links.to_reply(mail.id))
    both = replace(written, recipients=(*written.recipients, Recipient(address=desk.SPECIALIST)))
    house.accept(both)
    assert house.heard(mail) == [WORDS]
    assert [d.target for d in house.store.views.deliveries_of(mail_id=both.id)] == [desk.SPECIALIST]
    assert house.store.views.raw(both.id) == both.raw


def test_a_document_cannot_be_issued_by_sending_it_to_the_address_for_answers(house: House) -> None:
    mail = house.send(desk.TEACHER, desk.DIVISION)
    house.recognition = desk.carrying(desk.issued("THCSLL"))
    written = desk.mail(desk.TEACHER, house.links.to_reply(mail.id), desk.DIVISION)
    assert house.accept(replace(written, id=new_id(), raw=letters.letter_of_a_school())).refused is not None


def test_a_colleague_to_whom_the_letter_was_forwarded_is_named_as_himself(house: House) -> None:
    mail = house.send(desk.TEACHER, desk.DIVISION)
    house.reply(mail, sender=desk.HEAD)
    (case,) = house.cases(CaseState.WAITING)
    assert [s.actor for s in house.store.views.story(case_id=case.id) if s.event is Event.APPEALED] == [desk.HEAD]
    house.review.release(case.id, SCHOOL_CLERK, "Đúng là phiếu khảo sát")
    may = house.store.archive.exempt_files
    assert may(desk.TEACHER, ["d" * 64], now=house.now) == {"d" * 64}
    assert may(desk.HEAD, ["d" * 64], now=house.now) == frozenset()


def test_what_was_sealed_cannot_be_argued_about(house: House) -> None:
    found = desk.carrying(desk.issued("THCSLL"))
    house.recognition = replace(found, files=tuple(replace(file, nature=Nature.SECRET, documents=()) for file in found.files))
    mail = replace(desk.mail(desk.TEACHER, desk.DIVISION), id=new_id(), raw=letters.letter_of_a_school())
    mail = replace(mail, digest=digest_of(mail.raw))
    house.accept(mail)
    refused = house.reply(mail).refused
    assert refused is not None
    assert "không bị chặn" in refused.reason
