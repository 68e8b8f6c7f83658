"""The worker with a real store: what comes of parcels, whatever their courier does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.config import Worker as Settings
from gateway.courier import RELAY, Courier, Fate, Outcome, Parcel, Result
from gateway.errors import Misconfigured, PermanentFailure, TemporaryFailure, UncertainFailure
from gateway.lifecycle import CaseState, DeliveryState
from gateway.model import (
    Action,
    Arrival,
    Case,
    Delivery,
    Direction,
    Door,
    Event,
    Identity,
    Mail,
    Proof,
    Recipient,
    Story,
    digest_of,
    new_id,
)
from gateway.smtp import dsn
from gateway.store import Acceptance, Opening, Store
from gateway.worker import Worker, wait_after
from tests.world.prepared import sqlite_in

AT = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
LAN = "gv.lan.thcsll@sgdhuonggiang.edu.vn"
MINH = "cv.minh@sgdhuonggiang.edu.vn"
CLERK = "vanthu.pgdcs@sgdhuonggiang.edu.vn"
OFFICE = "ioffice-nganh"
RAW = b"Message-ID: <a1@thcsll>\r\nSubject: So lieu\r\n\r\nKinh gui Phong.\r\n"

Act = Callable[[Parcel], Awaitable[tuple[Result, ...]]]


class Clock:
    """Stands still until it is told to move."""

    def __init__(self) -> None:
        self.now = AT

    def __call__(self) -> datetime:
        return self.now

    def move(self, **step: float) -> None:
        self.now += timedelta(**step)


class FakeCourier:
    """Remembers what it was given; ``act`` says what comes of it."""

    def __init__(self, name: str, act: Act | None = None) -> None:
        self.name = name
        self.parcels: list[Parcel] = []
        self.act = act or says(Outcome.DELIVERED, "250 2.0.0 Ok")
        self.closed = False
        self.lanes = 1

    async def deliver(self, parcel: Parcel) -> tuple[Result, ...]:
        self.parcels.append(parcel)
        return await self.act(parcel)

    async def close(self) -> None:
        self.closed = True


def says(outcome: Outcome, reply: str = "", receipt: bytes = b"") -> Act:
    async def act(parcel: Parcel) -> tuple[Result, ...]:
        return tuple(Result(delivery_id=d.id, outcome=outcome, reply=reply, receipt=receipt) for d in parcel.deliveries)

    return act


def raises(error: Exception) -> Act:
    async def act(parcel: Parcel) -> tuple[Result, ...]:
        raise error

    return act


class House:
    """A store, couriers and a worker."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.folder = folder
        self.relay = FakeCourier(RELAY)
        self.office = FakeCourier(OFFICE)
        self.settings = Settings(retry_after_s=(60, 300))
        self.open()

    def open(self) -> None:
        self.store = Store(
            url=sqlite_in(self.folder),
            blobs=self.folder / "blobs",
            inline_bytes=16384,
            node="test",
            clock=self.clock,
        )
        self.store.open()

    def run(self, *steps: Callable[[Worker], Awaitable[object]], lanes: int = 2) -> Worker:
        """Let a worker run, do the steps, let it come to rest, stop it."""

        async def live() -> Worker:
            couriers: dict[str, Courier] = {RELAY: self.relay, OFFICE: self.office}
            worker = Worker(self.store, couriers, self.settings, self.report, clock=self.clock, lanes=lanes)
            running = asyncio.create_task(worker.run())
            for step in steps:
                await step(worker)
            await worker.stop()
            await running
            return worker

        worker = asyncio.run(live())
        self.store.flush()
        return worker

    def report(
        self, fate: Fate, parcel: Parcel, results: tuple[Result, ...], now: datetime, until: datetime | None
    ) -> tuple[Acceptance, ...]:
        return tuple(posted(mail) for mail in dsn.report(fate, parcel, results, hostname="cong.test", now=now, until=until))

    def state(self, delivery_id: str) -> DeliveryState:
        return self.delivery(delivery_id).state

    def delivery(self, delivery_id: str) -> Delivery:
        owner = delivery_id.rpartition("-")[0]
        of_mail = {
            d.id: d for d in (*self.store.views.deliveries_of(mail_id=owner), *self.store.views.deliveries_of(case_id=owner))
        }
        return of_mail[delivery_id]

    def stories(self, mail_id: str) -> list[Story]:
        return list(self.store.views.story(mail_id=mail_id))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.store.close()


def posted(
    mail: Mail, state: DeliveryState = DeliveryState.SENDING, options: tuple[str, ...] = (), courier: str = RELAY
) -> Acceptance:
    deliveries = tuple(
        Delivery(
            id=f"{mail.id}-{n}",
            mail_id=mail.id,
            courier=courier,
            target=recipient.address,
            state=state,
            sender=mail.sender,
            options=options,
        )
        for n, recipient in enumerate(mail.recipients, 1)
    )
    return Acceptance(mail=mail, deliveries=deliveries)


def a_mail(*to: str, sender: str = LAN, raw: bytes = RAW) -> Mail:
    return Mail(
        id=new_id(),
        sender=sender,
        recipients=tuple(Recipient(address=address) for address in to or (MINH,)),
        raw=raw,
        digest=digest_of(raw),
        arrival=Arrival(door=Door.SMTP, at=AT),
    )


def handed_over(house: House, acceptance: Acceptance) -> Callable[[Worker], Awaitable[None]]:
    """As the intake does it: durable first, then over to the worker."""

    async def step(worker: Worker) -> None:
        await house.store.accept((acceptance,))
        worker.hand_over(Parcel(mail=acceptance.mail, deliveries=acceptance.deliveries))

    return step


def until(condition: Callable[[], object]) -> Callable[[Worker], Awaitable[None]]:
    async def step(worker: Worker) -> None:
        async with asyncio.timeout(5):
            while not condition():  # noqa: ASYNC110 - what is waited for is in the store or in another thread
                await asyncio.sleep(0.005)

    return step


async def poked(worker: Worker) -> None:
    worker.poke()


def a_case(house: House, state: CaseState = CaseState.APPROVED) -> tuple[Case, Delivery]:
    """A captured document on its way to the office system."""
    mail = a_mail(CLERK)
    case = Case(
        id=new_id(),
        mail_id=mail.id,
        unit="PGDCS",
        office=OFFICE,
        direction=Direction.OUTGOING,
        action=Action.REDIRECT,
        state=state,
        opened_at=AT,
    )
    delivery = Delivery(id=f"{case.id}-1", mail_id=mail.id, courier=OFFICE, target="PGDCS", case_id=case.id)
    house.store.accept_now((Acceptance(mail=mail, openings=(Opening(case=case, hand_over=delivery),)),))
    return case, delivery


# --- in and out ---------------------------------------------------------------------------------------------------------


def test_a_fresh_mail_leaves_straight_from_its_commit(house: House) -> None:
    acceptance = posted(a_mail(MINH, CLERK))
    house.run(handed_over(house, acceptance), until(lambda: house.relay.parcels))
    [parcel] = house.relay.parcels
    assert parcel.mail == acceptance.mail
    assert [house.state(d.id) for d in acceptance.deliveries] == [DeliveryState.DELIVERED] * 2
    told = [story for story in house.stories(acceptance.mail.id) if story.event is Event.DELIVERED]
    assert told[0].detail == {
        "delivery": f"{acceptance.mail.id}-1",
        "target": MINH,
        "reply": "250 2.0.0 Ok",
        "attempts": 1,
        "state": "delivered",
    }


def test_what_is_queued_in_the_store_is_claimed_at_the_start(house: House) -> None:
    mails = [posted(a_mail(), DeliveryState.QUEUED) for _ in range(300)]
    house.store.accept_now(mails)
    house.run(until(lambda: len(house.relay.parcels) == 300))
    assert {house.state(f"{m.mail.id}-1") for m in mails} == {DeliveryState.DELIVERED}


def test_a_poke_finds_what_became_due_at_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.worker._POLL_S", 3600.0)

    async def accept(worker: Worker) -> None:
        await asyncio.sleep(0.05)  # the first look found nothing
        await asyncio.to_thread(house.store.accept_now, (posted(a_mail(), DeliveryState.QUEUED),))
        await asyncio.to_thread(worker.poke)  # as a page of the console does, from its thread

    house.run(accept, until(lambda: house.relay.parcels))
    assert len(house.relay.parcels) == 1


def test_a_next_hop_that_hangs_does_not_hold_up_the_office_systems(house: House) -> None:
    ends = asyncio.Event()

    async def hangs(parcel: Parcel) -> tuple[Result, ...]:
        await ends.wait()
        return await says(Outcome.DELIVERED)(parcel)

    async def approve(worker: Worker) -> None:
        await asyncio.to_thread(a_case, house)
        worker.poke()

    async def end(worker: Worker) -> None:
        ends.set()

    house.relay.act = hangs
    hung = [handed_over(house, posted(a_mail())) for _ in range(80)]
    house.run(*hung, approve, until(lambda: house.office.parcels), end)
    assert house.store.views.case_counts(None) == {CaseState.HANDED_OVER: 1}


def test_a_courier_gets_as_many_parcels_at_once_as_it_can_carry(house: House) -> None:
    ends = asyncio.Event()

    async def waits(parcel: Parcel) -> tuple[Result, ...]:
        await ends.wait()
        return await says(Outcome.DELIVERED)(parcel)

    async def end(worker: Worker) -> None:
        await asyncio.sleep(0.05)
        assert len(house.relay.parcels) == 40
        ends.set()

    house.relay.lanes, house.relay.act = 40, waits
    mails = [posted(a_mail()) for _ in range(50)]
    house.run(*(handed_over(house, mail) for mail in mails), until(lambda: len(house.relay.parcels) >= 40), end)


def test_there_is_room_until_memory_is_full(house: House) -> None:
    worker = Worker(house.store, {RELAY: house.relay}, house.settings, house.report, clock=house.clock)
    assert worker.room_for(100 * 1024 * 1024)
    big = posted(a_mail(raw=b"x" * 60 * 1024 * 1024))
    worker.hand_over(Parcel(mail=big.mail, deliveries=big.deliveries))
    assert not worker.room_for(100 * 1024 * 1024)
    assert worker.room_for(2000)


def test_room_comes_back_when_mails_have_left(house: House) -> None:
    acceptance = posted(a_mail(raw=b"x" * 60 * 1024 * 1024))

    async def room(worker: Worker) -> None:
        assert worker.room_for(100 * 1024 * 1024)

    house.run(
        handed_over(house, acceptance), until(lambda: house.state(f"{acceptance.mail.id}-1") is DeliveryState.DELIVERED), room
    )


def test_what_is_under_way_at_a_stop_arrives_and_the_rest_waits_for_the_next_life(house: House) -> None:
    async def slowly(parcel: Parcel) -> tuple[Result, ...]:
        await asyncio.sleep(0.2)
        return await says(Outcome.DELIVERED)(parcel)

    house.relay.act = slowly
    mails = [posted(a_mail()) for _ in range(5)]
    house.run(*(handed_over(house, mail) for mail in mails), until(lambda: house.relay.parcels), lanes=1)
    states = [house.state(f"{m.mail.id}-1") for m in mails]
    assert states == [DeliveryState.DELIVERED] + [DeliveryState.SENDING] * 4
    assert house.relay.closed
    house.store.close()
    house.open()
    house.run(until(lambda: len(house.relay.parcels) == 5))
    assert {house.state(f"{m.mail.id}-1") for m in mails} == {DeliveryState.DELIVERED}


def test_a_lease_is_kept_while_its_parcel_is_under_way(house: House) -> None:
    done = asyncio.Event()

    async def waits(parcel: Parcel) -> tuple[Result, ...]:
        await done.wait()
        return await says(Outcome.DELIVERED)(parcel)

    async def three_leases_later(worker: Worker) -> None:
        for _ in range(5):
            house.clock.move(seconds=house.settings.lease_s * 0.6)
            worker.poke()
            await asyncio.sleep(0.05)
        assert (
            await asyncio.to_thread(house.store.claim, couriers=[RELAY], limit=9, now=house.clock.now, lease=timedelta(1)) == ()
        )
        done.set()

    house.relay.act = waits
    acceptance = posted(a_mail())
    house.run(handed_over(house, acceptance), until(lambda: house.relay.parcels), three_leases_later)
    assert house.state(f"{acceptance.mail.id}-1") is DeliveryState.DELIVERED
    assert len(house.relay.parcels) == 1


# --- retry and failure ----------------------------------------------------------------------------------------------------


def test_a_deferred_mail_is_tried_again_later(house: House) -> None:
    house.relay.act = says(Outcome.RETRY, "451 4.3.0 later")
    acceptance = posted(a_mail())
    house.run(handed_over(house, acceptance), until(lambda: house.relay.parcels))
    deferred = house.delivery(f"{acceptance.mail.id}-1")
    assert (deferred.state, deferred.attempts, deferred.reply) == (DeliveryState.DEFERRED, 1, "451 4.3.0 later")
    assert deferred.next_at is not None
    assert timedelta(seconds=48) <= deferred.next_at - AT <= timedelta(seconds=72)

    house.relay.act = says(Outcome.DELIVERED)
    house.run(poked)
    assert len(house.relay.parcels) == 1  # not yet
    house.clock.move(seconds=73)
    house.run(poked, until(lambda: len(house.relay.parcels) == 2))
    assert house.delivery(deferred.id).attempts == 2
    assert house.state(deferred.id) is DeliveryState.DELIVERED


def test_when_the_schedule_is_used_up_the_sender_is_told(house: House) -> None:
    acceptance = posted(a_mail())
    house.relay.act = says(Outcome.RETRY, "451 4.3.0 later")
    house.run(handed_over(house, acceptance), until(lambda: house.relay.parcels))
    house.clock.move(hours=1)
    house.run(until(lambda: len(house.relay.parcels) == 2))
    house.clock.move(hours=1)
    house.run(until(lambda: len(house.relay.parcels) == 4))  # the last attempt, and the report
    assert house.state(f"{acceptance.mail.id}-1") is DeliveryState.DEAD
    report = house.relay.parcels[-1].mail
    assert (report.sender, [r.address for r in report.recipients]) == ("", [LAN])
    assert b"Status: 4.3.0" in report.raw


def test_a_mail_that_never_got_into_a_mailbox_is_reported_like_one_that_was_never_relayed(house: House) -> None:
    house.office.act = says(Outcome.RETRY, "over quota")  # a mail of no case: as the courier append:… carries it
    acceptance = posted(a_mail(), DeliveryState.QUEUED, courier=OFFICE)
    house.store.accept_now((acceptance,))
    for tries in (1, 2):
        house.run(poked, until(lambda tries=tries: len(house.office.parcels) == tries))  # type: ignore[misc]
        house.clock.move(hours=1)
    house.run(poked, until(lambda: house.relay.parcels))  # the third attempt, and the report
    assert house.state(f"{acceptance.mail.id}-1") is DeliveryState.DEAD
    assert len(house.office.parcels) == 3
    (report,) = house.relay.parcels
    assert b"over quota" in report.mail.raw


def test_a_refusal_of_the_next_hop_is_reported_and_the_others_arrive(house: House) -> None:
    async def knows_minh(parcel: Parcel) -> tuple[Result, ...]:
        return tuple(
            Result(delivery_id=d.id, outcome=Outcome.REFUSED, reply="550 5.1.1 nobody")
            if d.target == CLERK
            else Result(delivery_id=d.id, outcome=Outcome.DELIVERED)
            for d in parcel.deliveries
        )

    house.relay.act = knows_minh
    acceptance = posted(a_mail(MINH, CLERK))
    house.run(handed_over(house, acceptance), until(lambda: len(house.relay.parcels) == 2))
    assert [house.state(d.id) for d in acceptance.deliveries] == [DeliveryState.DELIVERED, DeliveryState.DEAD]
    report = house.relay.parcels[1]
    assert CLERK.encode() in report.mail.raw
    assert house.store.views.raw(report.mail.id) == report.mail.raw  # it is as durable as any mail
    assert house.state(report.deliveries[0].id) is DeliveryState.DELIVERED


@pytest.mark.parametrize(
    ("sender", "options"),
    [("", ()), (LAN, ("NOTIFY=NEVER",)), (LAN, ("NOTIFY=SUCCESS,DELAY",))],
    ids=["null", "never", "other"],
)
def test_who_wants_no_report_gets_none(house: House, sender: str, options: tuple[str, ...]) -> None:
    house.relay.act = says(Outcome.REFUSED, "550 5.1.1 nobody")
    acceptance = posted(a_mail(sender=sender), options=options)
    house.run(handed_over(house, acceptance), until(lambda: house.relay.parcels))
    assert house.state(f"{acceptance.mail.id}-1") is DeliveryState.DEAD
    assert len(house.relay.parcels) == 1


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (TemporaryFailure("later"), DeliveryState.DEFERRED),
        (PermanentFailure("no"), DeliveryState.REFUSED),
        (UncertainFailure("cut off"), DeliveryState.UNCERTAIN),
        (Misconfigured("no folder"), DeliveryState.DEFERRED),
        (RuntimeError("a bug"), DeliveryState.UNCERTAIN),
    ],
)
def test_what_an_office_courier_raises_becomes_a_state(
    house: House, error: Exception, state: DeliveryState, caplog: pytest.LogCaptureFixture
) -> None:
    house.office.act = raises(error)
    _, delivery = a_case(house)
    with caplog.at_level(logging.CRITICAL, logger="gateway.worker"):
        house.run(until(lambda: house.office.parcels))
    assert house.state(delivery.id) is state
    assert str(error) in house.delivery(delivery.id).reply


def test_a_bug_in_the_relay_is_logged_whole_and_the_mail_is_tried_again(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.relay.act = raises(KeyError("oops"))
    acceptance = posted(a_mail())
    house.run(handed_over(house, acceptance), until(lambda: house.relay.parcels))
    assert house.state(f"{acceptance.mail.id}-1") is DeliveryState.DEFERRED
    assert "Traceback" in caplog.text
    assert acceptance.mail.id in caplog.text


def test_a_courier_that_forgets_a_delivery_does_not_lose_it(house: House, caplog: pytest.LogCaptureFixture) -> None:
    async def forgets(parcel: Parcel) -> tuple[Result, ...]:
        return ()

    house.relay.act = house.office.act = forgets
    acceptance = posted(a_mail())
    _, delivery = a_case(house)
    house.run(handed_over(house, acceptance), until(lambda: house.relay.parcels and house.office.parcels))
    assert house.state(f"{acceptance.mail.id}-1") is DeliveryState.DEFERRED
    assert house.state(delivery.id) is DeliveryState.UNCERTAIN


# --- office systems -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", [Outcome.DELIVERED, Outcome.ALREADY])
def test_a_case_that_the_office_took_is_handed_over(house: House, outcome: Outcome) -> None:
    house.office.act = says(outcome, "đã nhận", b"<receipt/>")
    case, delivery = a_case(house)
    house.run(until(lambda: house.office.parcels))
    assert house.state(delivery.id) is DeliveryState.DELIVERED
    assert house.store.views.case(case.id).state is CaseState.HANDED_OVER
    assert house.office.parcels[0].case is not None
    assert house.office.parcels[0].case.id == case.id


def test_a_case_that_the_office_refused_comes_back_to_the_clerk(house: House) -> None:
    house.office.act = says(Outcome.REFUSED, "thiếu tệp")
    case, delivery = a_case(house)
    house.run(until(lambda: house.office.parcels))
    assert house.state(delivery.id) is DeliveryState.REFUSED
    assert house.store.views.case(case.id).state is CaseState.WAITING
    assert not house.relay.parcels  # no report to a stranger: the clerk sees it


def test_what_never_reached_its_office_waits_for_the_officer_and_keeps_its_approval(house: House) -> None:
    house.office.act = says(Outcome.RETRY, "không kết nối được")
    case, delivery = a_case(house)
    for n in range(1 + len(house.settings.retry_after_s)):
        house.run(poked, until(lambda n=n: len(house.office.parcels) > n))  # type: ignore[misc]  # n is bound on purpose
        house.clock.move(hours=1)
    assert house.state(delivery.id) is DeliveryState.DEAD
    assert house.store.views.case(case.id).state is CaseState.APPROVED


@pytest.mark.parametrize("outcome", [Outcome.PENDING, Outcome.UNCERTAIN, Outcome.RETRY])
def test_a_case_whose_answer_is_open_stays_approved(house: House, outcome: Outcome) -> None:
    house.office.act = says(outcome)
    case, _ = a_case(house)
    house.run(until(lambda: house.office.parcels))
    assert house.store.views.case(case.id).state is CaseState.APPROVED


# --- paused couriers ------------------------------------------------------------------------------------------------------


def test_a_misconfigured_courier_is_paused_and_its_queue_is_kept(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.office.act = says(Outcome.MISCONFIGURED, "không có thư mục")
    deliveries = [a_case(house)[1] for _ in range(5)]
    worker = house.run(until(lambda: house.office.parcels), lanes=1)
    assert worker.paused == {OFFICE: "không có thư mục"}
    assert "không có thư mục" in caplog.text
    assert len(house.office.parcels) == 1
    house.store.flush()
    waiting = [house.delivery(d.id) for d in deliveries]
    assert {d.attempts for d in waiting} == {0}
    assert {d.state for d in waiting} <= {DeliveryState.DEFERRED, DeliveryState.SENDING}


def test_a_repaired_courier_is_taken_up_again(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.office.act = says(Outcome.MISCONFIGURED, "không có thư mục")
    deliveries = [a_case(house)[1] for _ in range(5)]

    async def repair(worker: Worker) -> None:
        assert worker.paused
        house.office.act = says(Outcome.DELIVERED)
        house.clock.move(minutes=4)
        worker.poke()

    def all_arrived() -> bool:
        return {house.state(d.id) for d in deliveries} == {DeliveryState.DELIVERED}

    worker = house.run(
        until(lambda: {house.state(d.id) for d in deliveries} == {DeliveryState.DEFERRED}), repair, until(all_arrived)
    )
    assert worker.paused == {}


def test_a_paused_office_does_not_hold_up_the_mail(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.office.act = says(Outcome.MISCONFIGURED, "không có thư mục")
    for _ in range(20):
        a_case(house)
    acceptance = posted(a_mail())
    house.run(until(lambda: house.office.parcels), handed_over(house, acceptance), until(lambda: house.relay.parcels))
    assert house.state(f"{acceptance.mail.id}-1") is DeliveryState.DELIVERED


def test_what_a_person_paused_carries_nothing_until_a_person_resumes_it(house: House) -> None:
    _, delivery = a_case(house)

    async def much_later(worker: Worker) -> None:
        worker.pause(OFFICE, "bảo trì")
        house.clock.move(minutes=600)
        worker.poke()
        await asyncio.sleep(0.2)
        assert house.office.parcels == []
        worker.resume(OFFICE)

    worker = house.run(much_later, until(lambda: house.state(delivery.id) is DeliveryState.DELIVERED))
    assert worker.paused == {}


def test_what_waits_in_memory_when_a_person_pauses_is_carried_when_he_resumes(house: House) -> None:
    acceptance = posted(a_mail())

    async def paused_meanwhile(worker: Worker) -> None:
        worker.pause(RELAY, "bảo trì")
        await handed_over(house, acceptance)(worker)
        await until(lambda: house.state(acceptance.deliveries[0].id) is DeliveryState.DEFERRED)(worker)
        assert house.relay.parcels == []
        worker.resume(RELAY)

    house.run(paused_meanwhile, until(lambda: house.relay.parcels))
    assert house.state(acceptance.deliveries[0].id) is DeliveryState.DELIVERED


# --- the schedule ---------------------------------------------------------------------------------------------------------


def test_waits_follow_the_schedule() -> None:
    waits = [wait_after(attempts, (60, 300, 900)) for attempts in range(1, 5)]
    assert [wait and wait.total_seconds() for wait in waits] == [60, 300, 900, None]


def test_mails_come_back_one_by_one_but_the_copies_of_one_mail_together(house: House) -> None:
    house.relay.act = says(Outcome.RETRY, "451 4.3.0 later")
    mails = [posted(a_mail(MINH, CLERK)) for _ in range(20)]
    house.run(*(handed_over(house, each) for each in mails), until(lambda: len(house.relay.parcels) == 20))
    waits = [[house.delivery(f"{each.mail.id}-{n}").next_at for n in (1, 2)] for each in mails]
    assert all(one == two is not None and 48 <= (one - AT).total_seconds() <= 72 for one, two in waits if one)
    assert len({one for one, _ in waits}) > 15


def reports_about(house: House, acceptance: Acceptance) -> list[str]:
    """The reports to its sender, as they stand."""
    rows = [row for row in house.store.views.mails(limit=50).rows if row.recipients == (acceptance.mail.sender,)]
    return [house.store.views.raw(row.id).decode("latin-1") for row in rows]


def only(which: Callable[[Parcel], bool], outcome: Outcome, reply: str) -> Act:
    """This comes of some parcels; all others are delivered."""

    async def act(parcel: Parcel) -> tuple[Result, ...]:
        said = (outcome, reply) if which(parcel) else (Outcome.DELIVERED, "250 2.0.0 Ok")
        return tuple(Result(delivery_id=d.id, outcome=said[0], reply=said[1]) for d in parcel.deliveries)

    return act


def deferred_for(house: House, **time: float) -> None:
    """Another attempt, so much later."""
    house.clock.move(**time)
    tries = len(house.relay.parcels)
    house.run(poked, until(lambda: len(house.relay.parcels) > tries))


def test_a_mail_that_is_late_is_told_of_once(house: House) -> None:
    house.settings = Settings(retry_after_s=(60,) * 10, delay_report_after_h=4.0)
    house.relay.act = only(lambda parcel: parcel.mail.arrival.door is not Door.OWN, Outcome.RETRY, "451 4.3.0 later")
    acceptance = posted(a_mail())
    house.run(handed_over(house, acceptance), until(lambda: house.relay.parcels))
    deferred_for(house, hours=3)
    assert reports_about(house, acceptance) == []
    for _ in range(3):
        deferred_for(house, hours=1)
    [told] = reports_about(house, acceptance)
    assert "Action: delayed" in told
    assert "Will-Retry-Until: " in told


def test_the_sender_hears_after_four_hours_whenever_the_next_try_would_have_been(house: House) -> None:
    house.settings = Settings(retry_after_s=(60, 86400), delay_report_after_h=4.0)
    house.relay.act = only(lambda parcel: parcel.mail.arrival.door is not Door.OWN, Outcome.RETRY, "451 4.3.0 later")
    acceptance = posted(a_mail())
    house.run(handed_over(house, acceptance), until(lambda: house.relay.parcels))
    deferred_for(house, minutes=2)
    deferred_for(house, minutes=4 * 60 - 2)
    assert len(reports_about(house, acceptance)) == 1


def test_no_wait_is_so_long_that_a_mail_comes_a_day_after_its_next_hop() -> None:
    waits = Settings().retry_after_s
    assert max(waits) <= 3 * 3600
    assert 4 <= sum(waits) / 86400 <= 5  # RFC 5321 section 4.5.4.1


@pytest.mark.parametrize(
    ("outcome", "state"), [(Outcome.DELIVERED, DeliveryState.DELIVERED), (Outcome.REFUSED, DeliveryState.DEAD)]
)
def test_a_report_that_cannot_be_written_has_no_mail_carried_again(
    house: House, monkeypatch: pytest.MonkeyPatch, outcome: Outcome, state: DeliveryState
) -> None:
    def broken(*_: object, **__: object) -> tuple[Mail, ...]:
        raise UnicodeError("a mistake of ours")

    async def carried(parcel: Parcel) -> tuple[Result, ...]:
        announce = Fate.RELAYED if outcome is Outcome.DELIVERED else None
        return tuple(Result(delivery_id=d.id, outcome=outcome, announce=announce) for d in parcel.deliveries)

    monkeypatch.setattr(dsn, "report", broken)
    house.relay.act = carried
    acceptance = posted(a_mail())
    house.run(handed_over(house, acceptance), until(lambda: house.relay.parcels))
    assert house.state(acceptance.deliveries[0].id) is state


def disowned(mail: Mail, **words: str) -> Mail:
    proof = replace(Proof(identity=Identity.CLAIMED, spf="fail", dkim="none", dmarc="fail"), **words)
    return replace(mail, arrival=replace(mail.arrival, identity=Identity.CLAIMED, proof=proof))


@pytest.mark.parametrize("from_memory", [True, False])
def test_nobody_gets_a_report_about_a_mail_that_his_domain_disowns(house: House, *, from_memory: bool) -> None:
    house.relay.act = says(Outcome.REFUSED, "550 5.7.1 spam")
    if from_memory:
        acceptance = posted(disowned(a_mail()))
        house.run(handed_over(house, acceptance), until(lambda: house.relay.parcels))
    else:
        acceptance = posted(disowned(a_mail()), DeliveryState.QUEUED)
        house.store.accept_now((acceptance,))
        house.run(poked, until(lambda: house.relay.parcels))
    assert reports_about(house, acceptance) == []
    told = [story.detail["silence"] for story in house.stories(acceptance.mail.id) if story.event is Event.NOTICE_LEFT_OUT]
    assert told == ["forged"]
    assert house.state(acceptance.deliveries[0].id) is DeliveryState.DEAD


@pytest.mark.parametrize("words", [{"spf": "softfail"}, {"spf": "none"}, {"dmarc": "pass", "dkim": "pass"}])
def test_who_may_have_sent_a_mail_hears_that_it_failed(house: House, words: dict[str, str]) -> None:
    house.relay.act = only(lambda parcel: parcel.mail.arrival.door is not Door.OWN, Outcome.REFUSED, "550 5.1.1 nobody")
    acceptance = posted(disowned(a_mail(), **words))
    house.run(handed_over(house, acceptance), until(lambda: len(house.relay.parcels) == 2))
    assert len(reports_about(house, acceptance)) == 1


def test_success_is_told_once_also_when_the_same_mail_is_carried_again(house: House) -> None:
    async def told_by_us(parcel: Parcel) -> tuple[Result, ...]:
        fate = Fate.RELAYED if parcel.mail.arrival.door is not Door.OWN else None
        return tuple(
            Result(delivery_id=d.id, outcome=Outcome.DELIVERED, reply="250 ok", announce=fate) for d in parcel.deliveries
        )

    house.relay.act = told_by_us
    acceptance = posted(a_mail(), options=("NOTIFY=SUCCESS",))
    house.run(handed_over(house, acceptance), until(lambda: len(house.relay.parcels) == 2))
    [told] = reports_about(house, acceptance)
    assert "Action: relayed" in told
    again = Parcel(mail=acceptance.mail, deliveries=acceptance.deliveries)

    async def carried_again(worker: Worker) -> None:
        worker.hand_over(again)  # as after a crash before it was settled

    house.run(carried_again, until(lambda: len(house.relay.parcels) == 3))
    assert len(reports_about(house, acceptance)) == 1


def test_what_was_not_even_tried_uses_up_no_attempt(house: House) -> None:
    async def crowded(parcel: Parcel) -> tuple[Result, ...]:
        return tuple(Result(delivery_id=d.id, outcome=Outcome.RETRY, reply="too many", untried=True) for d in parcel.deliveries)

    house.relay.act = crowded
    acceptance = posted(a_mail())
    house.run(handed_over(house, acceptance), until(lambda: house.relay.parcels))
    delivery = house.delivery(f"{acceptance.mail.id}-1")
    assert (delivery.state, delivery.attempts) == (DeliveryState.DEFERRED, 0)
