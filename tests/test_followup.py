"""After a hand-over: never twice, never lost, whatever the office system and its answers do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.answers import Answers
from gateway.config import Worker as Settings
from gateway.courier import Answer, FindingLevel, Level
from gateway.directory.snapshot import Directory, Domain, Organisation, OrganisationKind
from gateway.errors import Misconfigured, NotAllowed, StoreUnavailable
from gateway.followup import FollowUp
from gateway.lifecycle import CaseState, DeliveryState
from gateway.model import Account, Action, Case, Delivery, Direction, Door, Event, Identity, Role, new_id
from gateway.notices import Notices
from gateway.policy.sameness import Mark, MarkKind
from gateway.review import Review
from gateway.store import Acceptance, Opening, Store
from gateway.traffic import Traffic
from gateway.worker import Worker
from tests.store.letters import mail, verdict
from tests.world.prepared import sqlite_in
from tests.world.register import Fault, Register, registered

AT = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
OFFICE = "ioffice-nganh"
TEACHER = "gv.lan.thcsll@sgdhuonggiang.edu.vn"
CLERK = "vanthu.pgdcs@sgdhuonggiang.edu.vn"
ADMIN = Account(name="quantri", full_name="Quản trị", role=Role.OFFICER)
NGA = Account(name="nga", full_name="Nguyễn Thị Nga", role=Role.CLERK, units=("THCSLL",))
DIRECTORY = Directory(
    organisations=[
        Organisation(code="THCSLL", name="Trường THCS Lê Lợi", kind=OrganisationKind.SCHOOL, office=OFFICE, codes=("H59.1",))
    ],
    domains=[Domain(domain="sgdhuonggiang.edu.vn", organisation="THCSLL")],
)


_TO_COME = (DeliveryState.QUEUED, DeliveryState.DEFERRED, DeliveryState.SENDING)


class House:
    """A store, an office system, a worker with what follows it; a clock that stands still."""

    def __init__(
        self, folder: Path, fault: Fault = lambda delivery_id, tries: "", *, answers: bool = True, looks_up: bool = True
    ) -> None:
        self.folder, self.now = folder, AT
        self.office = Register(folder / "office", fault=fault, answers=answers, looks_up=looks_up)
        self.settings = Settings(retry_after_s=(60, 300), look_up_after_s=(30, 120), uncertain_for_h=24.0, poll_every_s=0.02)
        self.store = Store(url=sqlite_in(folder), blobs=folder / "blobs", inline_bytes=16384, node="t", clock=self.clock)
        self.store.open()
        self.worker, self.follow_up = self.parts()

    def clock(self) -> datetime:
        return self.now

    def parts(self) -> tuple[Worker, FollowUp]:
        worker = Worker(
            self.store, {OFFICE: self.office}, self.settings, lambda fate, parcel, results, now, until: (), clock=self.clock
        )
        notices = Notices(hostname="cong.example", directory=lambda: DIRECTORY)
        parts = {"store": self.store, "directory": lambda: DIRECTORY, "notices": notices, "clock": self.clock}
        self.answers = Answers(**parts, poke=worker.poke)  # type: ignore[arg-type]
        self.review = Review(**parts, offices={OFFICE}, poke=worker.poke)  # type: ignore[arg-type]
        follow_up = FollowUp(
            self.store, {OFFICE: self.office}, self.settings, worker=worker, answers=self.answers, clock=self.clock
        )
        self.traffic = Traffic(store=self.store, clock=self.clock, poke=worker.poke, resume=worker.resume)
        return worker, follow_up

    def carry(self) -> None:
        """Let the worker carry what is due now, and come to rest."""
        self.worker, self.follow_up = self.parts()

        async def live() -> None:
            running = asyncio.create_task(self.worker.run())
            async with asyncio.timeout(30):
                while self._under_way():  # noqa: ASYNC110 - what is waited for is in the store
                    await asyncio.sleep(0.02)
            await self.worker.stop()
            await running

        asyncio.run(live())
        self.store.flush()

    def _under_way(self) -> bool:
        """Whether the worker has something to do for the office system, or is at it."""
        waiting = self.store.views.deliveries(states=_TO_COME).rows
        return OFFICE not in self.worker.paused and any(
            each.courier == OFFICE
            and (each.state is DeliveryState.SENDING or each.next_at is None or each.next_at <= self.clock())
            for each in waiting
        )

    def follow(self) -> None:
        """Ask after what is due, fetch what came back, tell who is to be told: once."""

        async def once() -> None:
            await self.follow_up.look_up(self.office)
            await self.follow_up.fetch(self.office)
            await self.follow_up.tell(self.office)

        asyncio.run(once())

    def case(self, n: int = 0, *, identity: Identity = Identity.TRUSTED_NETWORK, **other: object) -> tuple[Case, Delivery]:
        """An approved case on its way."""
        of = mail(f"Subject: {n}\r\n\r\n".encode(), at=self.now, to=(CLERK,), sender=TEACHER)
        of = replace(of, arrival=replace(of.arrival, identity=identity))
        fields: dict[str, object] = {
            "id": new_id(),
            "mail_id": of.id,
            "unit": "THCSLL",
            "office": OFFICE,
            "direction": Direction.OUTGOING,
            "action": Action.REDIRECT,
            "state": CaseState.APPROVED,
            "opened_at": self.now,
            "sender": of.sender,
            **other,
        }
        opened = Case(**fields)  # type: ignore[arg-type]
        delivery = Delivery(id=f"{opened.id}-1", mail_id=of.id, courier=OFFICE, target="THCSLL", case_id=opened.id)
        marks = (Mark(kind=MarkKind.NUMBER, value=f"THCSLL|2026|{n}/cv"),)
        opening = Opening(case=opened, hand_over=delivery, marks=marks)
        redirected = verdict(CLERK, Action.REDIRECT, unit="THCSLL", direction=opened.direction)
        self.store.accept_now([Acceptance(mail=of, verdicts=(redirected,), openings=(opening,))])
        return opened, delivery

    def delivery(self, of: Delivery) -> Delivery:
        return next(each for each in self.store.views.deliveries_of(case_id=of.case_id) if each.id == of.id)

    def state(self, of: Case) -> CaseState:
        return self.store.views.case(of.id).state

    def letters(self) -> list[tuple[str, str]]:
        """Our own letters: to whom, and the kind."""
        rows = [row for row in self.store.views.mails(limit=200).rows if row.door is Door.OWN]
        return sorted((row.recipients[0], row.subject) for row in rows)

    def entries_of(self, of: Case) -> int:
        return sum(entry["case"] == of.id for entry in self.office.entries())


def first(fault: str) -> Fault:
    """The first try of each delivery fails like that."""
    return lambda delivery_id, tries: fault if tries == 1 else ""


def test_an_answer_that_was_lost_after_the_commit_is_found_and_nothing_is_sent_again(tmp_path: Path) -> None:
    house = House(tmp_path, first("lost-answer"))
    case, delivery = house.case()
    house.carry()
    assert house.delivery(delivery).state is DeliveryState.UNCERTAIN
    house.now += timedelta(hours=2)
    house.carry()  # no schedule of the worker sends it again
    house.follow()
    assert house.delivery(delivery).state is DeliveryState.DELIVERED
    assert house.entries_of(case) == 1
    assert house.store.receipts.of_case(case.id)[0].level is Level.STORED


def test_what_is_certainly_not_there_is_sent_again_once(tmp_path: Path) -> None:
    house = House(tmp_path, first("lost-before"), answers=False)
    case, delivery = house.case()
    house.carry()
    house.now += timedelta(minutes=1)
    house.follow()
    assert house.delivery(delivery).state is DeliveryState.DEFERRED
    house.now += timedelta(minutes=5)
    house.carry()
    assert (house.entries_of(case), house.state(case)) == (1, CaseState.HANDED_OVER)


def test_a_crash_of_the_courier_is_no_proof_that_nothing_left(tmp_path: Path) -> None:
    house = House(tmp_path, first("crash"), answers=False)
    case, _ = house.case()
    house.carry()
    house.now += timedelta(minutes=1)
    house.follow()
    assert (house.entries_of(case), house.state(case)) == (1, CaseState.HANDED_OVER)


def test_where_nobody_can_look_it_up_a_person_decides_after_the_deadline(tmp_path: Path) -> None:
    house = House(tmp_path, first("lost-answer"), answers=False, looks_up=False)
    case, delivery = house.case()
    house.carry()
    for hours in (1, 25):
        house.now = AT + timedelta(hours=hours)
        house.follow()
        house.carry()
    assert house.delivery(delivery).state is DeliveryState.UNCERTAIN
    assert house.store.lookups.due([OFFICE], limit=9, now=AT + timedelta(days=400), lease=timedelta(minutes=1)) == ()
    assert house.store.views.case(case.id).alarm
    with pytest.raises(NotAllowed):
        house.traffic.confirm(delivery.id, NGA, "đã hỏi")
    house.traffic.confirm(delivery.id, ADMIN, "đã gọi điện hỏi văn thư")
    assert (house.state(case), house.entries_of(case)) == (CaseState.HANDED_OVER, 1)


def test_what_an_officer_cancels_waits_for_the_clerk_again(tmp_path: Path) -> None:
    house = House(tmp_path, first("lost-before"), answers=False, looks_up=False)
    case, delivery = house.case()
    house.carry()
    house.traffic.cancel(delivery.id, ADMIN, "không có bên đó")
    assert house.state(case) is CaseState.WAITING
    assert house.delivery(delivery).state is DeliveryState.CANCELLED


def test_a_number_comes_back_and_everybody_hears_of_it_once(tmp_path: Path) -> None:
    house = House(tmp_path, first("later"))
    case, delivery = house.case()
    house.carry()
    assert (house.delivery(delivery).state, house.state(case)) == (DeliveryState.PENDING, CaseState.APPROVED)
    house.follow()
    found = house.store.views.case(case.id)
    assert (found.state, found.register_number, found.registered_on) == (CaseState.REGISTERED, "1", date(2026, 11, 23))
    assert house.delivery(delivery).state is DeliveryState.DELIVERED
    assert [to for to, _ in house.letters()] == [TEACHER, CLERK]

    house.office.extra = [registered(delivery.id, "1", event_id="again")]
    house.now += timedelta(days=30)
    house.follow()
    assert len(house.letters()) == 2
    assert [each.register_number for each in house.store.receipts.of_case(case.id)] == ["", "1", "1"]


def test_the_same_event_in_a_month_is_the_same_event(tmp_path: Path) -> None:
    house = House(tmp_path)
    case, delivery = house.case()
    house.carry()
    answer = registered(delivery.id, "7")
    assert asyncio.run(house.answers.take(OFFICE, answer))
    house.now += timedelta(days=30)
    assert not asyncio.run(house.answers.take(OFFICE, answer))
    assert sum(story.event is Event.ANSWERED for story in house.store.views.story(case_id=case.id)) == 1


def test_nobody_who_only_claims_to_be_the_sender_is_told(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.case(identity=Identity.CLAIMED)
    house.carry()
    house.follow()
    assert house.letters() == []


def test_receipts_are_kept_verbatim_with_their_check_sum(tmp_path: Path) -> None:
    house = House(tmp_path)
    case, delivery = house.case()
    house.carry()
    (receipt,) = house.store.receipts.of_case(case.id)
    assert house.store.receipts.raw(OFFICE, receipt.event_id) == f"receipt {delivery.id}".encode()
    assert len(receipt.digest) == 64


def test_an_answer_that_fits_nothing_is_kept_and_shown_as_an_orphan(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.office.extra = [
        registered("01KACASE0000000000000000A1-1", "9"),
        Answer(event_id="garbage", level=Level.UNREADABLE, reason="không phải XML", raw=b"<<<"),
    ]
    house.follow()
    assert [orphan.event_id for orphan in house.store.receipts.orphans()] != []
    assert len(house.store.receipts.orphans()) == 2
    assert asyncio.run(house.office.poll()) == ()


def test_an_answer_without_our_identity_is_matched_by_agency_number_and_year(tmp_path: Path) -> None:
    house = House(tmp_path, answers=False)
    case, _ = house.case(45)
    house.carry()
    answer = replace(registered("", "3"), organ_id="h59.1", number_symbol="45/CV", issued_on=date(2026, 11, 20))
    asyncio.run(house.answers.take(OFFICE, replace(answer, issued_on=date(2025, 11, 20), event_id="other year")))
    assert house.state(case) is CaseState.HANDED_OVER
    by_id = replace(answer, document_id="H59.1,2026/11/20,45/CV", organ_id="", number_symbol="", issued_on=None)
    asyncio.run(house.answers.take(OFFICE, by_id))
    assert house.store.views.case(case.id).register_number == "3"


def test_an_answer_that_names_the_case_in_the_document_id_alone_is_matched(tmp_path: Path) -> None:
    house = House(tmp_path, answers=False)
    case, _ = house.case(45)
    house.carry()
    answer = replace(registered("", "4"), organ_id="H59.1", number_symbol="12/CV", document_id=f"H59.1,2026/11/20,{case.id}")
    asyncio.run(house.answers.take(OFFICE, answer))
    assert house.store.views.case(case.id).register_number == "4"


def test_a_rejection_lays_the_case_before_the_clerk_again_with_the_reason(tmp_path: Path) -> None:
    house = House(tmp_path, answers=False)
    case, delivery = house.case()
    house.carry()
    no = Answer(event_id="no", level=Level.REJECTED, status="02", delivery_id=delivery.id, reason="Sai thể thức", raw=b"02")
    asyncio.run(house.answers.take(OFFICE, no))
    found = house.store.views.case(case.id)
    assert (found.state, found.alarm) == (CaseState.WAITING, True)
    assert house.store.receipts.of_case(case.id)[-1].reason == "Sai thể thức"

    house.review.approve(case.id, NGA)
    house.carry()
    asyncio.run(house.answers.take(OFFICE, replace(no, event_id="late copy")))
    assert house.state(case) is CaseState.HANDED_OVER  # what is said about the first delivery is not about the second


@pytest.mark.parametrize(
    ("status", "reason", "calls_the_clerk"),
    [("13", "xin lấy lại, gửi nhầm", True), ("15", "đồng ý lấy lại", False), ("16", "đã xử lý xong", True)],
)
def test_talk_about_taking_back_is_kept_and_moves_nothing(
    status: str, reason: str, calls_the_clerk: bool, tmp_path: Path
) -> None:
    house = House(tmp_path, answers=False)
    case, delivery = house.case()
    house.carry()
    words = Answer(event_id=status, level=Level.STATUS, status=status, delivery_id=delivery.id, reason=reason, raw=b"<x/>")
    assert [asyncio.run(house.answers.take(OFFICE, words)) for _ in range(2)] == [True, False]
    found = house.store.views.case(case.id)
    assert (found.state, found.alarm) == (CaseState.HANDED_OVER, calls_the_clerk)
    told = [each.detail["reason"] for each in house.store.views.story(case_id=case.id) if each.event is Event.ANSWERED]
    assert told == [reason]
    kept = house.store.receipts.of_case(case.id)[-1]
    assert (kept.status, kept.reason) == (status, reason)


def test_an_answer_that_overtakes_the_outcome_is_right_all_the_same(tmp_path: Path) -> None:
    house = House(tmp_path, answers=False)
    case, delivery = house.case()
    asyncio.run(house.answers.take(OFFICE, registered(delivery.id, "5")))
    assert (house.state(case), house.delivery(delivery).state) == (CaseState.REGISTERED, DeliveryState.DELIVERED)
    house.carry()
    assert house.entries_of(case) == 0  # it is there: nothing is sent


def test_a_receipt_proves_that_a_dead_delivery_arrived(tmp_path: Path) -> None:
    house = House(tmp_path, lambda delivery_id, tries: "refused-connection", answers=False)
    case, delivery = house.case()
    for _ in range(3):
        house.carry()
        house.now += timedelta(hours=1)
    assert (house.delivery(delivery).state, house.state(case)) == (DeliveryState.DEAD, CaseState.APPROVED)
    asyncio.run(house.answers.take(OFFICE, registered(delivery.id, "5")))
    assert (house.delivery(delivery).state, house.state(case)) == (DeliveryState.DELIVERED, CaseState.REGISTERED)


def test_dead_letters_of_one_cause_are_one_group_and_go_again_together(tmp_path: Path) -> None:
    house = House(tmp_path, lambda delivery_id, tries: "refused-connection", answers=False)
    cases = [house.case(n)[0] for n in range(4)]
    for _ in range(3):
        house.carry()
        house.now += timedelta(hours=1)
    (group,) = house.traffic.groups()
    assert (group.courier, group.state, len(group.deliveries)) == (OFFICE, DeliveryState.DEAD, 4)
    house.office.fault = lambda delivery_id, tries: ""
    assert house.traffic.retry_group(group.courier, group.state, group.cause, ADMIN).done == 4
    house.carry()
    assert [house.entries_of(case) for case in cases] == [1, 1, 1, 1]
    assert house.traffic.groups() == ()


def test_a_refusal_goes_back_to_the_clerk_and_the_officer_cannot_force_it(tmp_path: Path) -> None:
    house = House(tmp_path, first("no"), answers=False)
    case, delivery = house.case()
    house.carry()
    assert (house.delivery(delivery).state, house.state(case)) == (DeliveryState.REFUSED, CaseState.WAITING)
    (group,) = house.traffic.groups()
    tally = house.traffic.retry_group(group.courier, group.state, group.cause, ADMIN)
    assert (tally.done, tally.left) == (0, 1)


def test_a_courier_that_was_repaired_is_taken_up_by_itself(tmp_path: Path) -> None:
    house = House(tmp_path, lambda delivery_id, tries: "wrong-key", answers=False)
    case, delivery = house.case()
    bad = replace(house.office.findings[0], level=FindingLevel.BAD)
    house.office.findings = (bad,)
    house.carry()
    assert OFFICE in house.worker.paused
    assert house.delivery(delivery).attempts == 0
    asyncio.run(house.follow_up._resume(house.office))
    assert OFFICE in house.worker.paused
    house.office.findings = ()
    asyncio.run(house.follow_up._resume(house.office))
    assert OFFICE in house.worker.paused  # silence is no proof
    house.office.findings = (replace(bad, level=FindingLevel.GOOD),)
    asyncio.run(house.follow_up._resume(house.office))
    assert OFFICE not in house.worker.paused
    house.office.fault = lambda delivery_id, tries: ""
    house.now += timedelta(minutes=5)
    house.carry()
    assert house.state(case) is CaseState.HANDED_OVER


def test_what_a_person_paused_is_not_taken_up_because_nothing_is_wrong_with_it(tmp_path: Path) -> None:
    house = House(tmp_path)
    worker, follow_up = house.parts()
    worker.pause(OFFICE, "bảo trì")
    assert all(finding.level is FindingLevel.GOOD for finding in house.office.findings)
    asyncio.run(follow_up._resume(house.office))
    assert worker.paused == {OFFICE: "bảo trì"}
    house.traffic.resume(OFFICE, ADMIN)
    assert worker.paused == {}


def test_two_follow_ups_take_one_answer_once(tmp_path: Path) -> None:
    house = House(tmp_path)
    case, _ = house.case()
    house.carry()
    _, other = house.parts()

    async def both() -> None:
        await asyncio.gather(house.follow_up.fetch(house.office), other.fetch(house.office))

    asyncio.run(both())
    assert sum(story.event is Event.ANSWERED for story in house.store.views.story(case_id=case.id)) == 1
    assert len(house.letters()) == 2


def test_what_was_refused_late_does_not_leave_beside_the_one_approved_anew(tmp_path: Path) -> None:
    house = House(tmp_path, first("lost-before"), answers=False)
    case, delivery = house.case()
    house.carry()
    house.now += timedelta(minutes=1)
    house.follow()
    assert house.delivery(delivery).state is DeliveryState.DEFERRED  # the look-up says that it is not there
    no = Answer(event_id="no", level=Level.REJECTED, status="02", delivery_id=delivery.id, reason="Sai thể thức", raw=b"02")
    asyncio.run(house.answers.take(OFFICE, no))
    assert (house.state(case), house.delivery(delivery).state) == (CaseState.WAITING, DeliveryState.REFUSED)
    house.office.fault = lambda delivery_id, tries: ""
    house.review.approve(case.id, NGA)
    house.now += timedelta(hours=1)
    house.carry()
    assert house.entries_of(case) == 1


def killed_while_carrying(house: House, delivery: Delivery) -> None:
    """The body has left, and this life ends before it hears of it; the next one begins at once."""
    house.store.claim(couriers=[OFFICE], limit=9, now=house.now, lease=timedelta(minutes=1))
    asyncio.run(house.store.begin([delivery.id], house.now))
    house.store.close()
    house.store = Store(
        url=sqlite_in(house.folder), blobs=house.folder / "blobs", inline_bytes=16384, node="t", clock=house.clock
    )
    house.store.open()
    house.worker, house.follow_up = house.parts()


def test_after_a_crash_an_office_that_is_still_at_work_is_not_taken_at_its_word(tmp_path: Path) -> None:
    house = House(tmp_path, answers=False)
    case, delivery = house.case()
    house.now += timedelta(minutes=9)  # the transfer took long: what counts is when it broke off
    killed_while_carrying(house, delivery)
    house.now += timedelta(seconds=1)
    house.follow()  # "not listed yet"
    assert house.delivery(delivery).state is DeliveryState.UNCERTAIN
    house.office._take(delivery)  # now the slow office has finished
    house.now += timedelta(seconds=30)
    house.follow()
    house.now += timedelta(hours=1)
    house.carry()
    assert (house.entries_of(case), house.state(case)) == (1, CaseState.HANDED_OVER)


def test_what_kills_us_again_and_again_is_given_up_at_last(tmp_path: Path) -> None:
    house = House(tmp_path, answers=False)
    _, delivery = house.case()
    for _ in range(3):
        killed_while_carrying(house, delivery)
        house.now += timedelta(minutes=1)
        house.follow()
        house.now += timedelta(hours=1)
    assert house.delivery(delivery).state is DeliveryState.DEAD


@pytest.mark.parametrize("fails", ["take", "acknowledge"])
def test_one_answer_that_fails_keeps_none_behind_it_back(fails: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(tmp_path)
    (bad, bad_delivery), (case, _) = house.case(0), house.case(1)
    house.carry()
    whole: Callable[..., Awaitable[object]] = house.answers.take if fails == "take" else house.office.acknowledge

    async def failing(*given: object) -> object:
        if any(isinstance(each, Answer) and each.delivery_id == bad_delivery.id for each in given):
            raise Misconfigured("403") if fails == "acknowledge" else RecursionError
        return await whole(*given)

    monkeypatch.setattr(house.answers if fails == "take" else house.office, fails, failing)
    house.follow()
    assert house.state(case) is CaseState.REGISTERED
    monkeypatch.undo()
    house.follow()
    assert house.state(bad) is CaseState.REGISTERED
    assert asyncio.run(house.office.poll()) == ()


def test_an_officers_word_about_an_old_delivery_leaves_the_case_to_the_new_one(tmp_path: Path) -> None:
    house = House(tmp_path, lambda delivery_id, tries: "no" if delivery_id.endswith("-1") else "later", answers=False)
    case, delivery = house.case()
    house.carry()
    house.review.approve(case.id, NGA)
    house.traffic.cancel(delivery.id, ADMIN, "trang cũ")
    assert (house.delivery(delivery).state, house.state(case)) == (DeliveryState.CANCELLED, CaseState.APPROVED)
    house.carry()
    assert house.entries_of(case) == 1


def test_delivery_and_case_follow_an_officers_word_together_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(tmp_path, first("lost-before"), answers=False, looks_up=False)
    case, delivery = house.case()
    house.carry()

    def broken(*given: object, **named: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("gateway.store.moves.step_case", broken)
    with pytest.raises((OSError, StoreUnavailable)):
        house.traffic.cancel(delivery.id, ADMIN, "không có bên đó")
    assert (house.delivery(delivery).state, house.state(case)) == (DeliveryState.UNCERTAIN, CaseState.APPROVED)
    monkeypatch.undo()
    house.traffic.cancel(delivery.id, ADMIN, "không có bên đó")
    assert house.state(case) is CaseState.WAITING


def test_a_heap_of_answers_that_fail_keeps_no_later_one_from_being_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(tmp_path)
    take = house.answers.take

    async def failing(courier: str, answer: Answer) -> bool:
        if answer.event_id.startswith("poison"):
            raise RuntimeError("a bug of ours, each time")
        return await take(courier, answer)

    monkeypatch.setattr(house.answers, "take", failing)
    house.office.extra = [Answer(event_id=f"poison-{n}", level=Level.STATUS, status="05") for n in range(15)]
    house.office.extra.append(Answer(event_id="good", level=Level.UNREADABLE, raw=b"?"))
    house.follow()
    house.follow()
    assert [receipt.event_id for receipt in house.store.receipts.orphans()] == ["good"]
