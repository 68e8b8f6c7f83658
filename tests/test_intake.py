"""The one way in, at the seams that a running gateway does not show: a store that fails, and what the reply is given."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.courier import Parcel
from gateway.errors import StoreUnavailable
from gateway.intake import Intake
from gateway.lifecycle import CaseEvent
from gateway.model import Action, Event, FileReading, Identity, Mail, Nature, Recipient, Recognition, new_id
from gateway.notices import Notices
from gateway.returning import Returns
from gateway.store import Acceptance, Exemption, Store
from tests.policy import desk
from tests.store import letters as stored
from tests.world import letters, reading
from tests.world.prepared import sqlite_in

LIBRARY = "lienhe@thuvien-huonggiang.example"


class Moody(Store):
    """A store whose disk is full at the writes that are told, counted from 0."""

    full_at: frozenset[int] = frozenset()
    writes = -1

    async def accept(self, acceptances: Sequence[Acceptance], *, told: Sequence[tuple[str, str, datetime]] = ()) -> None:
        self.writes += 1
        if self.writes in self.full_at:
            raise StoreUnavailable("the disk is full")
        await super().accept(acceptances, told=told)


class Reader:
    """Recognises what it was given."""

    def __init__(self, recognition: Recognition) -> None:
        self.recognition = recognition

    async def recognise(self, raw: bytes, *, within: float = 0.0) -> Recognition:
        """As the inspection would."""
        return self.recognition


class Way:
    """Remembers what was handed over."""

    def __init__(self) -> None:
        self.parcels: list[Parcel] = []

    def room_for(self, size: int) -> bool:
        """Always."""
        return True

    def hand_over(self, parcel: Parcel) -> None:
        """Keep it."""
        self.parcels.append(parcel)

    def poke(self) -> None:
        """Nothing is claimed here."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Moody]:
    moody = Moody(url=sqlite_in(tmp_path), blobs=tmp_path / "blobs", inline_bytes=16384, node="test")
    moody.open()
    yield moody
    moody.close()


class Office:
    """An office system that answers by mail; remembers what was heard."""

    def __init__(self, *, is_down: bool = False) -> None:
        self.heard: list[str] = []
        self.is_down = is_down

    def concerns(self, mail: Mail) -> str:
        """To the address that our letters come from."""
        return "ioffice-nganh" if mail.recipients[0].address == desk.DIVISION else ""

    async def hear(self, mail: Mail, office: str) -> None:
        """Remember it."""
        if self.is_down:
            raise StoreUnavailable("the disk is full")
        self.heard.append(mail.id)


def intake(
    store: Store, way: Way, recognition: Recognition, office: Office | None = None, returns: Returns | None = None
) -> Intake:
    return Intake(
        office_mail=office,
        store=store,
        recogniser=Reader(recognition),
        way_out=way,
        notices=Notices(hostname="cong.test", directory=desk.directory),
        policy=desk.policy,
        directory=desk.directory,
        clock=lambda: desk.NOW,
        hold_for=timedelta(hours=2),
        offices=("ioffice-nganh",),
        returns=returns,
    )


def a_mail(sender: str, to: str, raw: bytes) -> Mail:
    return replace(desk.mail(sender, to, identity=Identity.SPF), id=new_id(), raw=raw)


def allow(store: Store, digest: str) -> None:
    """A clerk lets the teacher send a file for a week."""
    opened = stored.case(letter := stored.mail())
    store.accept_now([stored.captured(letter, opened)])
    exemption = Exemption(sender=desk.TEACHER, digests=(digest,), until=desk.NOW + timedelta(days=7))
    store.move_case(opened.id, CaseEvent.RELEASE, by="vanthu", detail={}, exemption=exemption, now=desk.NOW)


def told(way: Way) -> list[str]:
    """Who got a letter of ours."""
    return [parcel.mail.recipients[0].address for parcel in way.parcels if not parcel.mail.sender]


def test_a_sender_whose_mail_was_not_accepted_is_told_when_it_comes_again(store: Moody) -> None:
    way = Way()
    door, raw = intake(store, way, Recognition()), letters.letter_to_a_retired_address()

    async def thrice() -> None:
        store.full_at = frozenset({0})
        with pytest.raises(StoreUnavailable):
            await door.accept(a_mail(LIBRARY, desk.RETIRED, raw))
        assert way.parcels == []
        await door.accept(a_mail(LIBRARY, desk.RETIRED, raw))
        await door.accept(a_mail(LIBRARY, desk.RETIRED, raw))

    asyncio.run(thrice())

    assert told(way) == [LIBRARY]
    assert [parcel.deliveries[0].target for parcel in way.parcels if parcel.mail.sender] == [desk.CLERK, desk.CLERK]


def test_a_mail_that_is_safe_is_accepted_whatever_becomes_of_the_courtesy(store: Moody) -> None:
    way = Way()
    door, raw = intake(store, way, Recognition()), letters.letter_to_a_retired_address()
    store.full_at = frozenset({1})
    answer = asyncio.run(door.accept(a_mail(LIBRARY, desk.RETIRED, raw)))

    assert answer.refused is None
    assert [parcel.mail.sender for parcel in way.parcels] == [LIBRARY]


def test_a_letter_that_cannot_be_written_costs_no_mail(store: Moody, monkeypatch: pytest.MonkeyPatch) -> None:
    """The words may be the officer's own, and fail on one mail in a thousand."""

    def broken(*_: object, **__: object) -> Mail:
        raise TypeError("'None' has no attribute")

    monkeypatch.setattr(Notices, "write", broken)
    way, mail = Way(), a_mail(LIBRARY, desk.RETIRED, letters.letter_to_a_retired_address())
    answer = asyncio.run(intake(store, way, Recognition()).accept(mail))
    assert answer.refused is None
    assert [parcel.mail.sender for parcel in way.parcels] == [LIBRARY]
    assert left_out(store, mail.id) == ["broken"]


def test_a_refusal_names_the_office_system_by_its_title_and_the_store_by_its_name(store: Moody) -> None:
    door = intake(store, Way(), desk.carrying(desk.issued("THCSLL")))
    raw = letters.letter_of_a_school(sender=letters.TEACHER)

    answer = asyncio.run(door.accept(mail := a_mail(desk.TEACHER, desk.DIVISION, raw)))

    assert answer.refused is not None
    assert answer.refused.office == "I-Office ngành giáo dục"
    assert [verdict.office for verdict in store.views.verdicts(mail.id)] == ["ioffice-nganh"]


def test_where_each_recipient_is_answered_the_refused_copies_leave_no_case_no_delivery_and_no_letter(store: Moody) -> None:
    way = Way()
    door = intake(store, way, desk.carrying(desk.issued("THCSLL")))
    mail = a_mail(desk.TEACHER, desk.DIVISION, letters.letter_of_a_school(sender=letters.TEACHER))
    both = (*mail.recipients, Recipient(address=desk.PRESS))
    mail = replace(mail, recipients=both, arrival=replace(mail.arrival, answers_each=True))

    answer = asyncio.run(door.accept(mail))

    assert answer.refused is None
    assert [(verdict.recipient, verdict.office) for verdict in answer.refusals] == [(desk.DIVISION, "I-Office ngành giáo dục")]
    assert [verdict.action for verdict in store.views.verdicts(mail.id)] == [Action.REJECT, Action.HOLD]
    (case,) = store.views.cases_of_mail(mail.id)
    assert case.recipients == (desk.PRESS,)
    assert [parcel for parcel in way.parcels if parcel.mail.sender] == []
    assert told(way) == [desk.TEACHER]  # about the copy that is held


class Rewriting:
    """Rewrites senders as SRS does."""

    def rewritten(self, mail_id: str, sender: str) -> str:
        """Names the mail."""
        return f"srs0={mail_id}@ve.example"

    def takes(self, address: str) -> bool:
        """Nothing comes back here."""
        return False

    def mail_of(self, address: str) -> str:
        """Nobody's."""
        return ""


def test_a_strangers_mail_is_forwarded_with_a_sender_of_ours_and_our_own_as_it_is(store: Moody) -> None:
    way = Way()
    door = intake(store, way, Recognition(), returns=Rewriting())
    stranger, own = (a_mail(who, desk.RETIRED, letters.letter_to_a_retired_address()) for who in (LIBRARY, desk.TEACHER))
    both = replace(stranger, id=new_id(), recipients=(*stranger.recipients, Recipient(address=desk.DIVISION)))
    for mail in (stranger, own, both):
        asyncio.run(door.accept(mail))

    senders = [(p.mail.id, [d.sender for d in p.deliveries]) for p in way.parcels if p.mail.sender]
    assert senders == [
        (stranger.id, [f"srs0={stranger.id}@ve.example"]),
        (own.id, [desk.TEACHER]),
        (both.id, [f"srs0={both.id}@ve.example"]),
        (both.id, [LIBRARY]),  # a transaction of its own
    ]
    assert len(told(way)) == 2


def left_out(store: Store, mail_id: str) -> list[str]:
    """Why letters about a mail did not go, as its story says."""
    story = store.views.story(mail_id=mail_id)
    return [str(each.detail["silence"]) for each in story if each.event is Event.NOTICE_LEFT_OUT]


def test_who_is_only_claimed_gets_no_letter_and_the_story_says_why(store: Moody) -> None:
    way = Way()
    door = intake(store, way, desk.carrying(desk.issued("THCSLL")))
    claimed = replace(desk.mail(desk.CLERK, desk.DIVISION), id=new_id(), raw=letters.letter_of_a_school())
    asyncio.run(door.accept(claimed))

    assert told(way) == []
    assert left_out(store, claimed.id) == ["unproved"]


def test_one_person_is_told_once_about_one_document_however_often_she_sends_it(store: Moody) -> None:
    way = Way()
    recognition = desk.carrying(desk.issued("THCSLL"))
    recognition = replace(recognition, files=tuple(replace(file, digest="d" * 64, size=9) for file in recognition.files))
    door = intake(store, way, recognition)
    mails = [a_mail(desk.CLERK, desk.DIVISION, letters.letter_of_a_school()) for _ in range(3)]

    async def thrice() -> None:
        for mail in mails:
            await door.accept(mail)

    asyncio.run(thrice())
    assert told(way) == [desk.CLERK]
    assert [left_out(store, mail.id) for mail in mails] == [[], ["told"], ["told"]]


def test_the_letter_about_a_redirected_document_says_until_when(store: Moody) -> None:
    way = Way()
    door = intake(store, way, desk.carrying(desk.issued("THCSLL")))

    asyncio.run(door.accept(a_mail(desk.CLERK, desk.DIVISION, letters.letter_of_a_school())))

    (letter,) = [parcel.mail for parcel in way.parcels if not parcel.mail.sender]
    text = reading.vietnamese(letter.raw)
    assert "Xin làm trước 17:00 ngày 23/11/2026." in text


def test_what_a_clerk_let_somebody_send_after_an_appeal_goes_through(store: Moody) -> None:
    recognition = desk.carrying(desk.issued("THCSLL"))
    recognition = replace(recognition, files=tuple(replace(file, digest="d" * 64) for file in recognition.files))
    door, raw = intake(store, Way(), recognition), letters.letter_of_a_school(sender=letters.TEACHER)
    assert asyncio.run(door.accept(a_mail(desk.TEACHER, desk.DIVISION, raw))).refused is not None

    allow(store, "d" * 64)
    answer = asyncio.run(door.accept(mail := a_mail(desk.TEACHER, desk.DIVISION, raw)))

    assert answer.refused is None
    (verdict,) = store.views.verdicts(mail.id)
    assert (verdict.action, verdict.would_have, verdict.rule) == (Action.DELIVER, Action.REJECT, "appeal")
    assert asyncio.run(door.accept(a_mail(desk.HEAD, desk.DIVISION, raw))).refused is not None


def test_a_second_file_that_was_not_allowed_stops_the_mail_again(store: Moody) -> None:
    recognition = desk.carrying(desk.issued("THCSLL"), desk.issued("THCSLL", number="88"))
    files = tuple(replace(file, digest=sign * 64) for file, sign in zip(recognition.files, "de", strict=True))
    allow(store, "d" * 64)
    door = intake(store, Way(), replace(recognition, files=files))
    assert asyncio.run(door.accept(a_mail(desk.TEACHER, desk.DIVISION, letters.letter_of_a_school()))).refused is not None


def test_a_link_beside_an_allowed_file_stops_the_mail_again(store: Moody) -> None:
    recognition = desk.carrying(desk.issued("THCSLL"))
    file = replace(recognition.files[0], digest="d" * 64)
    link = FileReading(name="drive.example/CV 123.pdf", digest="", size=0, nature=Nature.UNREADABLE, reason="link")
    allow(store, "d" * 64)
    door = intake(store, Way(), replace(recognition, files=(file, link)))
    assert asyncio.run(door.accept(a_mail(desk.TEACHER, desk.DIVISION, letters.letter_of_a_school()))).refused is not None


def test_an_answer_of_an_office_system_is_heard_and_goes_on_as_any_other_mail(store: Moody) -> None:
    office, way = Office(), Way()
    door = intake(store, way, desk.carrying(), office)
    mail, other = (
        a_mail(desk.HEAD, desk.DIVISION, b"Subject: a\r\n\r\nb\r\n"),
        a_mail(desk.HEAD, desk.TEACHER, b"a: b\r\n\r\nc\r\n"),
    )
    for each in (mail, other):
        assert asyncio.run(door.accept(each)).refused is None
    assert office.heard == [mail.id]
    assert {parcel.mail.id for parcel in way.parcels} == {mail.id, other.id}


def test_an_answer_that_could_not_be_kept_is_not_accepted(store: Moody) -> None:
    door = intake(store, Way(), desk.carrying(), Office(is_down=True))
    with pytest.raises(StoreUnavailable):
        asyncio.run(door.accept(a_mail(desk.HEAD, desk.DIVISION, b"Subject: a\r\n\r\nb\r\n")))
    assert store.views.mails().rows == ()
