"""Attempts at an office system are begun and settled many at once: on the lane (SQLite) and by the writer's thread."""

from __future__ import annotations

import asyncio
import logging

import pytest
from msgspec.structs import replace

from gateway.courier import Level, Parcel
from gateway.lifecycle import CaseEvent, CaseState, DeliveryEvent, DeliveryState
from gateway.model import Event
from gateway.store import Settlement, Store
from gateway.store.batch import Entry
from gateway.store.settling import settled
from tests.store.conftest import Open
from tests.store.lanes import on_lane
from tests.store.letters import LEASE, NOON, captured, case, mail

OFFICE = "qlvb-tinh"


def approved(store: Store, count: int) -> tuple[Parcel, ...]:
    """Cases that are on their way to the office system, and leased."""
    for n in range(count):
        letter = mail(f"letter {n}".encode())
        opened = case(letter, state=CaseState.APPROVED, key=f"{n}/QĐ-SGDĐT")
        store.accept_now([captured(letter, opened, hand_over=True)])
    return store.claim(couriers=[OFFICE], limit=count, now=NOON, lease=LEASE)


def arrived(parcel: Parcel, *, event: DeliveryEvent = DeliveryEvent.DELIVERED) -> Settlement:
    delivery = parcel.deliveries[0]
    return Settlement(
        delivery_id=delivery.id,
        event=event,
        attempts=1,
        delivered_at=NOON if event is DeliveryEvent.DELIVERED else None,
        sent="5e" * 32 if event is DeliveryEvent.DELIVERED else "",
        next_at=None if event is DeliveryEvent.DELIVERED else NOON + LEASE,
        case_id=delivery.case_id,
        case_event=CaseEvent.HAND_OVER if event is DeliveryEvent.DELIVERED else None,
        courier=OFFICE,
        receipt=b'{"DocId": 4711}',
        level=Level.STORED,
    )


def begun_then_settled(store: Store, parcels: tuple[Parcel, ...], settlements: list[Settlement], *, lane: bool) -> None:
    async def work() -> None:
        await asyncio.gather(*(store.begin([parcel.deliveries[0].id], NOON) for parcel in parcels))
        for settlement in settlements:
            store.settle([settlement])

    if lane:
        on_lane(store, work)
    else:
        asyncio.run(work())
    store.flush()


@pytest.mark.parametrize("lane", [False, True], ids=["writer", "lane"])
def test_a_batch_moves_every_case_with_its_receipt_and_its_story(store: Store, lane: bool) -> None:
    parcels = approved(store, 20)
    begun_then_settled(store, parcels, [arrived(parcel) for parcel in parcels], lane=lane)
    for parcel in parcels:
        (delivery,) = parcel.deliveries
        assert store.views.case(delivery.case_id).state is CaseState.HANDED_OVER
        (done,) = store.views.deliveries_of(case_id=delivery.case_id)
        assert (done.state, done.sent) == (DeliveryState.DELIVERED, "5e" * 32)
        (receipt,) = store.receipts.of_case(delivery.case_id)
        assert (receipt.level, receipt.acknowledged_at is not None) == (Level.STORED, True)
        assert store.receipts.raw(OFFICE, receipt.event_id) == b'{"DocId": 4711}'
        step = store.views.story(case_id=delivery.case_id)[-1]
        assert (step.event, step.mail_id) == (Event.CASE_MOVED, delivery.mail_id)
        assert step.detail == {"from": "approved", "to": "handed-over", "event": "hand-over", "delivery": delivery.id}
    assert store.lookups.told([parcel.deliveries[0].id for parcel in parcels]) == {}


@pytest.mark.parametrize("lane", [False, True], ids=["writer", "lane"])
def test_one_case_that_went_elsewhere_does_not_keep_the_others_of_its_batch(
    store: Store, lane: bool, caplog: pytest.LogCaptureFixture
) -> None:
    parcels = approved(store, 5)
    gone = parcels[2].case
    assert gone is not None
    store.move_case(gone.id, CaseEvent.REGISTER, by="", detail={}, now=NOON)
    with caplog.at_level(logging.WARNING):
        begun_then_settled(store, parcels, [arrived(parcel) for parcel in parcels], lane=lane)
    states = [store.views.case(parcel.deliveries[0].case_id).state for parcel in parcels]
    assert states == [*[CaseState.HANDED_OVER] * 2, CaseState.REGISTERED, *[CaseState.HANDED_OVER] * 2]
    assert "its case stays" in caplog.text
    assert {store.views.deliveries_of(case_id=p.deliveries[0].case_id)[0].state for p in parcels} == {DeliveryState.DELIVERED}


@pytest.mark.parametrize("lane", [False, True], ids=["writer", "lane"])
def test_an_attempt_that_began_is_durable_counts_and_stays_known_while_its_outcome_is_not(store: Store, lane: bool) -> None:
    (parcel,) = approved(store, 1)
    begun_then_settled(store, (parcel,), [], lane=lane)
    (delivery,) = store.views.deliveries_of(case_id=parcel.deliveries[0].case_id)
    assert delivery.attempts == 1
    assert delivery.id in store.lookups.told([delivery.id])
    begun_then_settled(store, (), [arrived(parcel, event=DeliveryEvent.UNSURE)], lane=lane)
    assert delivery.id in store.lookups.told([delivery.id])
    (due,) = store.lookups.due([OFFICE], limit=5, now=NOON + 2 * LEASE, lease=LEASE)
    assert (due.delivery.state, due.is_begun) == (DeliveryState.UNCERTAIN, True)


def test_a_receipt_of_many_megabytes_is_kept_without_holding_the_lane(open_store: Open) -> None:
    store = open_store()
    (parcel,) = approved(store, 1)
    large = b"x" * (3 << 20)
    begun_then_settled(store, (parcel,), [replace(arrived(parcel), receipt=large)], lane=True)
    (receipt,) = store.receipts.of_case(parcel.deliveries[0].case_id)
    assert store.receipts.raw(OFFICE, receipt.event_id) == large
    assert not Entry(settlements=[settled(replace(arrived(parcel), receipt=large), "life", NOON)]).is_plain
    assert Entry(settlements=[settled(arrived(parcel), "life", NOON)]).is_plain
