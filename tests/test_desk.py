"""What clerks do with cases beside deciding on the document, and who may, in the real store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.desk import Desk
from gateway.directory.snapshot import Directory, Mailbox, MailboxRole, Organisation, OrganisationKind
from gateway.errors import IllegalTransition, NotAllowed
from gateway.lifecycle import CaseState
from gateway.model import Account, Action, Case, Direction, Document, Door, Nature, Relation, Role
from gateway.notices import Notices
from gateway.policy.sameness import Mark, MarkKind
from gateway.review import Review
from gateway.rights import acting
from gateway.store import Opening, Store
from tests.store.letters import captured, case, mail
from tests.world.prepared import sqlite_in

NOW = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
OFFICE = "ioffice-nganh"
NGA = Account(name="nga", full_name="Nguyễn Thị Nga", role=Role.CLERK, units=("THCSLL",))
CUC = Account(name="cuc", full_name="Nguyễn Thị Cúc", role=Role.CLERK, units=("PGDCS",))
PHUC = Account(name="phuc", full_name="Trương Văn Phúc", role=Role.LEADER, units=("THCSLL",))
ADMIN = Account(name="quantri", full_name="Quản trị", role=Role.OFFICER)

DIRECTORY = Directory(
    organisations=[
        Organisation(code="THCSLL", name="Trường THCS Lê Lợi", kind=OrganisationKind.SCHOOL, office=OFFICE),
        Organisation(code="PGDCS", name="Phòng GDĐT Cẩm Sơn", kind=OrganisationKind.DIVISION, office=OFFICE),
        Organisation(code="MNHS", name="Trường Mầm non Hoa Sen", kind=OrganisationKind.SCHOOL),
    ],
    mailboxes=[
        Mailbox(address="vanthu.thcsll@sgd.example", organisation="THCSLL", role=MailboxRole.CLERK),
        Mailbox(address="vanthu.pgdcs@sgd.example", organisation="PGDCS", role=MailboxRole.CLERK),
    ],
)


class House:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = NOW
        notices = Notices(hostname="cong.example", directory=lambda: DIRECTORY)
        parts = {"store": store, "directory": lambda: DIRECTORY, "notices": notices}
        self.desk = Desk(**parts, clock=lambda: self.clock, poke=lambda: None)  # type: ignore[arg-type]
        self.review = Review(**parts, offices={OFFICE}, clock=lambda: self.clock, poke=lambda: None)  # type: ignore[arg-type]

    def case(self, n: int = 0, *, marks: tuple[Mark, ...] = (), **other: object) -> Case:
        of = mail(f"Subject: {n}\r\n\r\n".encode(), at=NOW + timedelta(seconds=n))
        fields = {"unit": "THCSLL", "office": OFFICE, "key": f"k{n}", **other}
        opened = case(of, **fields)
        acceptance = captured(of, opened)
        verdicts = tuple(
            replace(verdict, action=Action.REDIRECT, direction=Direction.OUTGOING) for verdict in acceptance.verdicts
        )
        self.store.accept_now([replace(acceptance, verdicts=verdicts, openings=(Opening(case=opened, marks=marks),))])
        return opened


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    store = Store(url=sqlite_in(tmp_path), blobs=tmp_path / "blobs", inline_bytes=16384, node="test")
    store.open()
    for account in (NGA, CUC, PHUC, ADMIN):
        store.put_account(account)
    yield House(store)
    store.close()


SAME = (Mark(kind=MarkKind.NUMBER, value="THCSLL|2026|45/qd-sgddt"),)


def test_only_a_clerk_of_the_unit_says_what_is_the_same(house: House) -> None:
    first, second = house.case(marks=SAME), house.case(1, marks=SAME)
    with pytest.raises(NotAllowed, match="Chỉ văn thư"):
        house.desk.judge(second.id, first.id, CUC, same=True)
    with pytest.raises(NotAllowed, match="Chỉ văn thư"):
        house.desk.judge(second.id, first.id, PHUC, same=True)
    house.desk.judge(second.id, first.id, NGA, same=True)
    assert house.store.views.case(second.id).state is CaseState.MERGED
    house.desk.take_back(second.id, first.id, NGA)
    assert house.store.views.case(second.id).state is CaseState.WAITING


def test_what_may_be_in_the_office_system_already_is_not_handed_over_without_a_second_look(house: House) -> None:
    first, second = house.case(marks=SAME), house.case(1, marks=SAME)
    house.review.approve(first.id, NGA)
    with pytest.raises(NotAllowed, match="có thể đã được bàn giao"):
        house.review.approve(second.id, NGA)
    assert house.store.views.case(second.id).state is CaseState.WAITING
    house.desk.judge(second.id, first.id, NGA, same=False)
    assert house.review.approve(second.id, NGA).state is CaseState.APPROVED


def test_a_recalled_document_is_not_handed_over_without_a_second_look(house: House) -> None:
    named = (Mark(kind=MarkKind.NAME, value="THCSLL|45/qd"),)
    meant = (Mark(kind=MarkKind.CONCERNS, value="THCSLL|45/qd"),)
    first = house.case(marks=named)
    recall = Document(nature=Nature.ISSUED, confidence=1.0, relation=Relation.RECALL, concerns="45/QĐ")
    later = house.case(1, marks=meant, document=recall)
    with pytest.raises(NotAllowed, match="thu hồi văn bản này"):
        house.review.approve(first.id, NGA)
    house.review.give_back(later.id, NGA, "thu hồi nhầm")
    assert house.review.approve(first.id, NGA).state is CaseState.APPROVED


def test_a_case_is_given_to_a_clerk_of_its_unit_only(house: House) -> None:
    opened = house.case()
    with pytest.raises(NotAllowed, match="Chỉ giao được"):
        house.desk.assign(opened.id, "cuc", NGA)
    with pytest.raises(NotAllowed):
        house.desk.assign(opened.id, "nga", CUC)
    house.desk.assign(opened.id, "nga", PHUC)
    assert house.store.views.case(opened.id).assignee == "nga"
    house.desk.assign(opened.id, "", NGA)
    assert house.store.views.case(opened.id).assignee == ""


def test_a_case_of_another_unit_goes_there_and_its_clerk_is_told_why(house: House) -> None:
    opened = house.case()
    with pytest.raises(NotAllowed, match="chưa có văn thư"):
        house.desk.transfer(opened.id, "MNHS", NGA, "nhầm")
    with pytest.raises(NotAllowed, match="lý do"):
        house.desk.transfer(opened.id, "PGDCS", NGA, "  ")
    moved = house.desk.transfer(opened.id, "PGDCS", NGA, "Văn bản thuộc Phòng")
    assert (moved.unit, moved.state) == ("PGDCS", CaseState.WAITING)
    (parcel,) = house.store.claim(couriers=["relay"], limit=9, now=NOW, lease=timedelta(minutes=1))
    assert parcel.deliveries[0].target == "vanthu.pgdcs@sgd.example"
    with pytest.raises(NotAllowed, match="Chỉ văn thư Phòng"):
        house.review.approve(opened.id, NGA)
    with pytest.raises(NotAllowed, match="đang ở đơn vị đó"):
        house.desk.transfer(opened.id, "PGDCS", CUC, "nhầm")


def test_the_new_unit_releases_what_was_held_back_for_the_old_one(house: House) -> None:
    opened = house.case()
    house.desk.transfer(opened.id, "PGDCS", NGA, "Văn bản thuộc Phòng")
    house.review.release(opened.id, CUC, "không phải văn bản phát hành")
    parcels = house.store.claim(couriers=["relay"], limit=9, now=NOW, lease=timedelta(minutes=1))
    mails = [parcel for parcel in parcels if parcel.mail.arrival.door is not Door.OWN]
    assert [parcel.deliveries[0].target for parcel in mails] == ["vanthu@sgdhuonggiang.edu.vn"]


def test_what_was_approved_does_not_change_hands_any_more(house: House) -> None:
    opened = house.case()
    house.review.approve(opened.id, NGA)
    with pytest.raises(IllegalTransition):
        house.desk.transfer(opened.id, "PGDCS", NGA, "nhầm")


def test_a_stand_in_has_the_units_of_who_is_absent_while_she_is(house: House) -> None:
    with pytest.raises(NotAllowed, match="chính văn thư"):
        house.desk.stand_in("nga", "cuc", CUC, since=NOW, until=NOW + timedelta(days=3))
    with pytest.raises(NotAllowed, match="khác"):
        house.desk.stand_in("nga", "phuc", NGA, since=NOW, until=NOW + timedelta(days=3))
    with pytest.raises(NotAllowed, match="Ngày cuối"):
        house.desk.stand_in("nga", "cuc", NGA, since=NOW, until=NOW)
    house.desk.stand_in("nga", "cuc", NGA, since=NOW, until=NOW + timedelta(days=3))
    assert acting(house.store, CUC, NOW).units == ("PGDCS", "THCSLL")
    assert acting(house.store, CUC, NOW + timedelta(days=3)).units == ("PGDCS",)
    opened = house.case()
    house.desk.assign(opened.id, "cuc", NGA)
    house.desk.stand_in("nga", "", ADMIN, since=NOW, until=NOW)
    assert acting(house.store, CUC, NOW) == CUC
