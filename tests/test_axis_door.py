"""A document of the axis becomes an incoming case of its addressee, joins the mail that brought it, and is answered."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.answers import Answers
from gateway.axis_door import AxisDoor
from gateway.courier import Answer, CarriedFile, Incoming, Level, Outcome, Result
from gateway.directory.snapshot import Directory, Mailbox, MailboxRole, Organisation, OrganisationKind
from gateway.documents.mime import split
from gateway.errors import NotAllowed
from gateway.lifecycle import CaseEvent, CaseState
from gateway.model import (
    Account,
    Action,
    Case,
    Delivery,
    Direction,
    Document,
    FileReading,
    Nature,
    Recognition,
    Relation,
    Role,
    digest_of,
    new_id,
)
from gateway.notices import Notices
from gateway.policy.sameness import Layer, agency_of, marks_of
from gateway.reception import Reception
from gateway.store import Opening, Store
from tests.store.letters import captured, mail
from tests.world.prepared import sqlite_in

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
PAPER = b"%PDF-1.4 the paper"
NGA = Account(name="nga", full_name="Nguyễn Thị Nga", role=Role.CLERK, units=("THCSLL",))
OTHER = Account(name="cuc", full_name="Nguyễn Thị Cúc", role=Role.CLERK, units=("PGDCS",))
DIRECTORY = Directory(
    organisations=[
        Organisation(
            code="THCSLL", name="Trường THCS Lê Lợi", kind=OrganisationKind.SCHOOL, office="ioffice", codes=("H59.1", "000.1")
        )
    ],
    mailboxes=[Mailbox(address="vanthu@ll.example", organisation="THCSLL", role=MailboxRole.CLERK)],
)
DOCUMENT = Document(
    nature=Nature.ISSUED,
    confidence=1.0,
    number="12",
    symbol="UBND-VX",
    number_symbol="12/UBND-VX",
    issuer="Ủy ban nhân dân xã Bình Phú",
    issued_on=date(2026, 11, 20),
    subject="Phòng chống bão",
)


class Reader:
    """Reads every attachment as an issued document."""

    async def recognise(self, raw: bytes, *, within: float = 0.0) -> Recognition:
        files = [
            FileReading(name=part.name, digest=digest_of(part.data), size=len(part.data), nature=Nature.ISSUED)
            for part in split(raw).parts
            if not part.is_body
        ]
        return Recognition(files=tuple(files))


class House:
    def __init__(self, folder: Path, directory: Directory = DIRECTORY) -> None:
        self.store = Store(url=sqlite_in(folder), blobs=folder / "blobs", inline_bytes=16384, node="t")
        self.store.open()
        self.door = AxisDoor(store=self.store, recogniser=Reader(), directory=lambda: directory, clock=lambda: NOW)
        self.reception = Reception(store=self.store, directory=lambda: directory, clock=lambda: NOW, poke=lambda: None)
        notices = Notices(hostname="cong.example", directory=lambda: directory)
        self.answers = Answers(
            store=self.store, directory=lambda: directory, notices=notices, clock=lambda: NOW, poke=lambda: None
        )

    def take(self, answer: Answer) -> bool:
        return asyncio.run(self.door.take("truc", answer))

    def cases(self) -> list[Case]:
        rows = self.store.views.cases(units=None, states=tuple(CaseState)).rows
        return [self.store.views.case(row.id) for row in rows]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def document(
    event_id: str = "e1",
    *,
    receivers: tuple[str, ...] = ("000.1",),
    data: bytes = PAPER,
    business: str = "0",
    earlier: tuple[str, ...] = (),
) -> Answer:
    incoming = Incoming(
        document=DOCUMENT,
        sender="H59.9",
        sender_name="UBND xã Bình Phú",
        receivers=receivers,
        business=business,
        earlier=earlier,
        files=(CarriedFile(name="12-UBND.pdf", data=data),),
    )
    return Answer(
        event_id=event_id, level=Level.DOCUMENT, document_id="H59.9,2026/11/20,12/UBND-VX", raw=b"<edXML/>", incoming=incoming
    )


def test_a_document_for_one_of_our_units_waits_for_its_clerk_with_its_facts_and_files(house: House) -> None:
    assert house.take(document())
    (case,) = house.cases()
    assert (case.unit, case.direction, case.state) == ("THCSLL", Direction.INCOMING, CaseState.WAITING)
    assert case.document is not None
    assert case.document.number_symbol == "12/UBND-VX"
    parts = split(house.store.views.raw(case.mail_id)).parts
    assert [part.data for part in parts if part.name] == [PAPER]
    assert house.store.receipts.raw("truc", "e1") == b"<edXML/>"


def test_a_secret_document_does_not_lie_a_second_time_with_its_receipt(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    class Secret(Reader):
        async def recognise(self, raw: bytes, *, within: float = 0.0) -> Recognition:
            read = await super().recognise(raw)
            return replace(read, files=tuple(replace(each, nature=Nature.SECRET) for each in read.files))

    house.door = AxisDoor(store=house.store, recogniser=Secret(), directory=lambda: DIRECTORY, clock=lambda: NOW)
    house.take(document())
    (case,) = house.cases()
    assert case.state is CaseState.SEALED
    (receipt,) = house.store.receipts.of_case(case.id)
    assert (house.store.receipts.raw("truc", "e1"), receipt.digest) == (b"", digest_of(b"<edXML/>"))
    assert [found.id for found in house.store.receipts.about("truc", "e1")] == [case.id]


def test_the_same_document_again_is_nothing_new(house: House) -> None:
    house.take(document())
    assert not house.take(document())
    assert len(house.cases()) == 1


def test_a_document_for_none_of_our_units_is_kept_and_shown(house: House) -> None:
    house.take(document(receivers=("H1.1",)))
    assert house.cases() == []
    assert [orphan.level for orphan in house.store.receipts.orphans()] == [Level.DOCUMENT]


def test_it_joins_the_mail_that_brought_the_same_bytes(house: House) -> None:
    by_mail = brought_by_mail(house, digest_of(PAPER))
    house.take(document())
    assert [case.id for case in house.cases()] == [by_mail.id]
    assert len(house.store.views.mails_of_case(by_mail.id)) == 2
    assert len(house.store.receipts.origins(by_mail.id)) == 1


def test_the_same_number_in_a_mail_is_proposed(house: House) -> None:
    brought_by_mail(house, "ff" * 32)
    house.take(document())
    case = next(case for case in house.cases() if case.rule == "axis")
    assert [each.layer for each in house.store.casework.proposals(case.id)] == [Layer.NUMBER]


def brought_by_mail(house: House, digest: str) -> Case:
    of = mail(b"Subject: x\r\n\r\n", at=NOW - timedelta(hours=1))
    case = Case(
        id=new_id(), mail_id=of.id, unit="THCSLL", office="ioffice", direction=Direction.INCOMING, action=Action.COPY,
        state=CaseState.WAITING, opened_at=NOW - timedelta(hours=1), key=digest, document=DOCUMENT,
    )  # fmt: skip
    marks = marks_of(case, of, agency=agency_of(DIRECTORY, DOCUMENT))
    house.store.accept_now([replace(captured(of, case), openings=(Opening(case=case, marks=marks),))])
    return case


def test_a_recall_over_the_axis_finds_what_it_recalls(house: House) -> None:
    house.take(document())
    recall = document("e2", data=b"%PDF recall", business="1", earlier=("H59.9,2026/11/20,12/UBND-VX",))
    house.take(replace(recall, document_id="H59.9,2026/11/21,13/UBND-VX"))
    first = next(case for case in house.cases() if case.document and case.document.relation is Relation.NONE)
    assert [tie.relation for tie in house.store.casework.ties(first.id)] == [Relation.RECALL]
    assert house.store.views.case(first.id).alarm


def owed(house: House) -> list[tuple[str, str]]:
    due = house.store.statuses.due("truc", limit=9, now=NOW, lease=timedelta(minutes=1))
    for each in due:
        result = Result(delivery_id=each.status.id, outcome=Outcome.DELIVERED, reply="OK")
        house.store.statuses.settle(each, result, next_at=None, now=NOW)
    return [(each.status.code, each.status.description) for each in due]


def test_its_issuer_hears_that_it_arrived_and_that_it_was_taken_in(house: House) -> None:
    house.take(document())
    (case,) = house.cases()
    assert [code for code, _ in owed(house)] == ["01"]
    with pytest.raises(NotAllowed):
        house.reception.receive(case.id, OTHER, "45")
    received = house.reception.receive(case.id, NGA, "45", NOW.date())
    assert (received.state, received.register_number) == (CaseState.REGISTERED, "45")
    assert owed(house) == [("03", "Đã tiếp nhận, vào sổ văn bản đến số 45")]
    assert owed(house) == []


def test_its_issuer_hears_why_it_was_refused(house: House) -> None:
    house.take(document())
    (case,) = house.cases()
    owed(house)
    with pytest.raises(NotAllowed):
        house.reception.refuse(case.id, NGA, " ")
    assert house.reception.refuse(case.id, NGA, "Gửi nhầm nơi nhận").state is CaseState.RETURNED
    assert owed(house) == [("02", "Gửi nhầm nơi nhận")]


# --- several units, transfers, and a document that we had already -----------------------------------------------------

THIRD = Account(name="thu", full_name="Trần Thị Thu", role=Role.CLERK, units=("THCSNT",))
THREE = Directory(
    organisations=[
        Organisation(code=code, name=f"Trường {code}", kind=OrganisationKind.SCHOOL, office="ioffice", codes=(f"H59.{n}",))
        for n, code in enumerate(("THCSLL", "PGDCS", "THCSNT"), 1)
    ]
)


def moved(house: House, case: Case, to: str) -> None:
    house.store.casework.transfer(case.id, to_unit=to, office="ioffice", due_at=None, reason="nhầm", by="nga", now=NOW)


def told_about(house: House) -> list[tuple[str, str, str]]:
    """Code, our unit in whose name, and the case; of all that is owed now."""
    due = house.store.statuses.due("truc", limit=9, now=NOW, lease=timedelta(minutes=1))
    for each in due:
        result = Result(delivery_id=each.status.id, outcome=Outcome.DELIVERED, reply="OK")
        house.store.statuses.settle(each, result, next_at=None, now=NOW)
    return sorted((each.status.code, each.status.sender, each.case_id) for each in due)


@pytest.mark.parametrize(("to", "by"), [("THCSNT", THIRD), ("PGDCS", OTHER)])
def test_a_case_that_was_transferred_answers_for_the_unit_that_was_addressed(tmp_path: Path, to: str, by: Account) -> None:
    house = House(tmp_path, THREE)
    house.take(document(receivers=("H59.1", "H59.2")))
    told_about(house)
    case = next(case for case in house.cases() if case.unit == "THCSLL")
    moved(house, case, to)
    house.reception.receive(case.id, by, "45")
    assert told_about(house) == [("03", "H59.1", case.id)]


def handed_over(house: House) -> Case:
    """A mail brought the same bytes, and its case is at the office system."""
    case = brought_by_mail(house, digest_of(PAPER))
    delivery = Delivery(id=f"{case.id}-1", mail_id=case.mail_id, courier="ioffice", target=case.unit, case_id=case.id)
    house.store.move_case(case.id, CaseEvent.APPROVE, by="nga", detail={}, deliveries=(delivery,), now=NOW)
    house.store.move_case(case.id, CaseEvent.HAND_OVER, by="", detail={}, now=NOW)
    return case


def number_of(case: Case) -> Answer:
    return Answer(event_id="n", level=Level.REGISTERED, status="03", delivery_id=f"{case.id}-1", register_number="45", raw=b"3")


@pytest.mark.parametrize("first", ["the document", "the number"])
def test_the_issuer_of_what_a_mail_brought_before_hears_that_it_is_registered(house: House, first: str) -> None:
    case = handed_over(house)
    if first == "the document":
        house.take(document())
        assert told_about(house) == [("01", "000.1", case.id)]
        house.answers.keep("ioffice", number_of(case))
        assert told_about(house) == [("03", "000.1", case.id)]
    else:
        house.answers.keep("ioffice", number_of(case))
        house.take(document())
        assert told_about(house) == [("01", "000.1", case.id), ("03", "000.1", case.id)]
    assert [receipt.event_id for receipt in house.store.receipts.of_case(case.id) if receipt.courier == "truc"] == ["e1"]
