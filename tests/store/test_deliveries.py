"""Leases: what is due is claimed once, settled once by who has it, and taken over when he is gone."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.courier import Parcel
from gateway.errors import IllegalTransition, NotFound
from gateway.lifecycle import DeliveryEvent, DeliveryState
from gateway.model import Delivery, Event, Story
from gateway.store import Settlement, Store, claims
from tests.store.conftest import Open
from tests.store.letters import CLERK, LEASE, MINH, NOON, SECOND, TEACHER, captured, case, delivery, mail, passing


def claim(
    store: Store, *, couriers: tuple[str, ...] = ("relay",), limit: int = 50, after: timedelta = SECOND
) -> tuple[Parcel, ...]:
    return store.claim(couriers=couriers, limit=limit, now=NOON + after, lease=LEASE)


def queued(store: Store, raw: bytes = b"letter") -> Delivery:
    letter = mail(raw)
    store.accept_now([passing(letter, state=DeliveryState.QUEUED)])
    return delivery(letter)


def done(of: Delivery, event: DeliveryEvent = DeliveryEvent.DELIVERED, **other: object) -> Settlement:
    story = Story(at=NOON, event=Event.DELIVERED, mail_id=of.mail_id, detail={"delivery": of.id})
    fields: dict[str, object] = {
        "delivery_id": of.id,
        "event": event,
        "attempts": 1,
        "reply": "250 ok",
        "story": story,
        **other,
    }
    return Settlement(**fields)  # type: ignore[arg-type]  # names are checked by msgspec


def state(store: Store, of: Delivery) -> DeliveryState:
    return store.views.deliveries_of(mail_id=of.mail_id)[0].state


def test_what_is_queued_is_claimed_once_with_its_mail(store: Store) -> None:
    letter = mail(to=(CLERK, MINH))
    store.accept_now([passing(letter, state=DeliveryState.QUEUED)])
    (parcel,) = claim(store)
    assert parcel == Parcel(mail=letter, deliveries=(delivery(letter, 0), delivery(letter, 1)))
    assert claim(store) == ()


def test_what_was_accepted_as_sending_is_not_claimed_again(store: Store) -> None:
    store.accept_now([passing(mail())])
    assert claim(store) == ()


def test_a_settled_delivery_is_never_claimed_again(store: Store) -> None:
    this = queued(store)
    claim(store)
    store.settle([done(this, receipt=b"<receipt/>")])
    store.flush()
    (kept,) = store.views.deliveries_of(mail_id=this.mail_id)
    assert (kept.state, kept.attempts, kept.reply) == (DeliveryState.DELIVERED, 1, "250 ok")
    assert store.views.story(mail_id=this.mail_id)[-1].event is Event.DELIVERED
    assert claim(store, after=timedelta(days=365)) == ()


def test_a_deferred_delivery_is_claimed_when_its_time_has_come(store: Store) -> None:
    this = queued(store)
    claim(store)
    store.settle([done(this, DeliveryEvent.RETRY, next_at=NOON + 60 * SECOND, reply="451 later")])
    store.flush()
    assert claim(store, after=59 * SECOND) == ()
    (parcel,) = claim(store, after=60 * SECOND)
    assert (parcel.deliveries[0].attempts, parcel.deliveries[0].reply) == (1, "451 later")


@pytest.mark.parametrize(
    ("event", "ends"),
    [
        (DeliveryEvent.TAKEN, DeliveryState.PENDING),
        (DeliveryEvent.UNSURE, DeliveryState.UNCERTAIN),
        (DeliveryEvent.REFUSE, DeliveryState.REFUSED),
        (DeliveryEvent.GIVE_UP, DeliveryState.DEAD),
    ],
)
def test_what_waits_for_a_person_or_a_receipt_is_not_claimed(store: Store, event: DeliveryEvent, ends: DeliveryState) -> None:
    this = queued(store)
    claim(store)
    store.settle([done(this, event)])
    store.flush()
    assert state(store, this) is ends
    assert claim(store, after=timedelta(days=3650)) == ()


def test_an_event_that_sending_does_not_know_is_refused_at_once(store: Store) -> None:
    with pytest.raises(IllegalTransition):
        store.settle([done(queued(store), DeliveryEvent.CANCEL)])


def test_many_settlements_of_one_moment_are_all_written(store: Store) -> None:
    all_of_them = [queued(store) for _ in range(90)]
    claim(store, limit=100)
    for this in all_of_them:
        store.settle([done(this)])
    store.flush()
    assert {state(store, this) for this in all_of_them} == {DeliveryState.DELIVERED}


def test_two_nodes_never_claim_the_same(store: Store, open_store: Open) -> None:
    other = open_store()
    waiting = {queued(store, f"letter {n}".encode()).id for n in range(60)}
    found: list[str] = []

    def work(mine: Store) -> None:
        while parcels := claim(mine, limit=7):
            found.extend(parcel.deliveries[0].id for parcel in parcels)

    threads = [threading.Thread(target=work, args=(mine,)) for mine in (store, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted(waiting)


def test_when_a_lease_runs_out_another_node_takes_over_and_the_first_may_not_settle(
    store: Store, open_store: Open, caplog: pytest.LogCaptureFixture
) -> None:
    other = open_store()
    this, that = queued(store, b"one"), queued(store, b"two")
    assert len(claim(store)) == 2
    assert claim(other, after=LEASE) == ()
    assert len(claim(other, after=LEASE + 2 * SECOND)) == 2
    with caplog.at_level(logging.WARNING):
        store.settle([done(this, DeliveryEvent.GIVE_UP), done(that)])
        store.flush()
    assert "no longer ours" in caplog.text
    assert state(store, this) is DeliveryState.SENDING
    assert [story.event for story in store.views.story(mail_id=this.mail_id)] == [Event.ACCEPTED]
    other.settle([done(this), done(that)])
    other.flush()
    assert {state(store, this), state(store, that)} == {DeliveryState.DELIVERED}


def test_a_stale_settlement_does_not_stop_those_beside_it(store: Store, open_store: Open) -> None:
    other = open_store()
    lost = queued(store)
    claim(store)
    claim(other, after=LEASE + 2 * SECOND)
    mine = [queued(store, f"letter {n}".encode()) for n in range(5)]
    claim(store)
    for this in [*mine[:2], lost, *mine[2:]]:
        store.settle([done(this)])
    store.flush()
    assert {state(store, this) for this in mine} == {DeliveryState.DELIVERED}
    assert state(store, lost) is DeliveryState.SENDING


def test_a_renewed_lease_is_kept(store: Store, open_store: Open) -> None:
    other = open_store()
    this = queued(store)
    claim(store)
    store.renew([f"{n}" for n in range(1200)] + [this.id], until=NOON + 3 * LEASE)
    store.flush()
    assert claim(other, after=2 * LEASE) == ()
    assert len(claim(other, after=3 * LEASE + SECOND)) == 1


def test_an_earlier_life_of_this_node_gives_back_what_it_was_sending(open_store: Open) -> None:
    first = open_store(node="hue")
    fresh = mail()
    first.accept_now([passing(fresh)])
    this = queued(first)
    claim(first)
    first.close()
    second = open_store(node="hue")
    assert {parcel.mail.id for parcel in claim(second)} == {fresh.id, this.mail_id}


def test_another_node_keeps_what_it_is_sending(store: Store, open_store: Open) -> None:
    queued(store)
    claim(store)
    assert claim(open_store()) == ()


def test_parcels_share_mail_courier_and_envelope_sender(store: Store) -> None:
    letter = mail(to=(CLERK, MINH, "a@sgdhuonggiang.edu.vn"))
    acceptance = passing(letter, state=DeliveryState.QUEUED)
    own = delivery(letter, 2, state=DeliveryState.QUEUED, sender="srs0=x@sgdhuonggiang.edu.vn")
    from msgspec.structs import replace

    store.accept_now([replace(acceptance, deliveries=(*acceptance.deliveries[:2], own))])
    parcels = claim(store)
    assert sorted(tuple(d.target for d in parcel.deliveries) for parcel in parcels) == [
        ("a@sgdhuonggiang.edu.vn",),
        (CLERK, MINH),
    ]


def test_only_the_couriers_asked_for_are_claimed_and_offices_get_the_case(store: Store) -> None:
    letter = mail()
    opened = case(letter)
    store.accept_now([captured(letter, opened, hand_over=True), passing(mail(), state=DeliveryState.QUEUED)])
    (parcel,) = claim(store, couriers=("qlvb-tinh",))
    assert parcel.case == opened
    assert parcel.mail == letter
    (relayed,) = claim(store, couriers=("relay", "ioffice-nganh"))
    assert relayed.case is None


def test_no_more_is_claimed_than_fits_into_memory(open_store: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(inline_bytes=10)
    for n in range(4):
        queued(store, b"x" * (100 + n))
    monkeypatch.setattr(claims, "MOST_BYTES", 250)
    assert [len(claim(store)) for _ in range(3)] == [2, 2, 0]
    queued(store, b"x" * 1000)
    assert len(claim(store)) == 1


def test_large_mails_are_claimed_byte_for_byte(open_store: Open) -> None:
    store = open_store(inline_bytes=10)
    raw = bytes(range(256)) * 500
    queued(store, raw)
    assert claim(store)[0].mail.raw == raw


def test_a_mail_whose_bytes_are_damaged_waits_and_does_not_stop_the_others(
    open_store: Open, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = open_store(inline_bytes=10)
    broken, whole = queued(store, b"x" * 100), queued(store, b"y" * 100)
    (segment,) = (tmp_path / "blobs").iterdir()
    with segment.open("r+b") as file:
        file.write(b"?")
    assert [parcel.mail.id for parcel in claim(store)] == [whole.mail_id]
    assert broken.mail_id in caplog.text
    store.flush()
    (waiting,) = store.views.deliveries_of(mail_id=broken.mail_id)
    assert waiting.state is DeliveryState.DEFERRED
    assert waiting.next_at == NOON + SECOND + timedelta(hours=1)


def test_a_person_has_a_dead_delivery_tried_again_with_the_whole_schedule(store: Store) -> None:
    this = queued(store)
    claim(store)
    store.settle([done(this, DeliveryEvent.GIVE_UP, attempts=9)])
    store.flush()
    moved = store.move_delivery(this.id, DeliveryEvent.RETRY_NOW, by="minh", now=NOON + 9 * SECOND)
    assert (moved.state, moved.attempts) == (DeliveryState.QUEUED, 0)
    story = store.views.story(mail_id=this.mail_id)[-1]
    assert (story.actor, story.detail["from"], story.detail["to"]) == ("minh", "dead", "queued")
    assert len(claim(store, after=9 * SECOND)) == 1


def test_a_late_receipt_ends_what_was_pending(store: Store) -> None:
    this = queued(store)
    claim(store)
    store.settle([done(this, DeliveryEvent.TAKEN)])
    store.flush()
    assert store.move_delivery(this.id, DeliveryEvent.DELIVERED, by="", now=NOON).state is DeliveryState.DELIVERED
    assert store.views.story(mail_id=this.mail_id)[-1].event is Event.DELIVERED


def test_a_step_that_the_table_does_not_have_changes_nothing(store: Store) -> None:
    this = queued(store)
    with pytest.raises(IllegalTransition):
        store.move_delivery(this.id, DeliveryEvent.RETRY_NOW, by="minh", now=NOON)
    with pytest.raises(NotFound):
        store.move_delivery("no-such", DeliveryEvent.CANCEL, by="minh", now=NOON)
    assert len(store.views.story(mail_id=this.mail_id)) == 1
    assert store.move_delivery(this.id, DeliveryEvent.CANCEL, by="minh", now=NOON).state is DeliveryState.CANCELLED
    assert claim(store) == ()


def test_deliveries_are_listed_by_state_page_by_page(store: Store) -> None:
    everything = [queued(store, f"letter {n}".encode()) for n in range(7)]
    gone = everything.pop()
    store.move_delivery(gone.id, DeliveryEvent.CANCEL, by="minh", now=NOON)
    ids: list[str] = []
    after = ""
    while True:
        page = store.views.deliveries(states=(DeliveryState.QUEUED,), after=after, limit=4)
        ids += [row.id for row in page.rows]
        after = page.after
        if not after:
            break
    assert ids == sorted((this.id for this in everything), reverse=True)
    assert [row.id for row in store.views.deliveries(states=(DeliveryState.CANCELLED,)).rows] == [gone.id]
    assert len(store.views.deliveries(states=()).rows) == 7


def test_health_counts_what_waits(store: Store) -> None:
    assert store.views.health().oldest_queued_at is None
    for event in (
        DeliveryEvent.RETRY,
        DeliveryEvent.UNSURE,
        DeliveryEvent.REFUSE,
        DeliveryEvent.GIVE_UP,
        DeliveryEvent.GIVE_UP,
    ):
        this = queued(store)
        claim(store)
        store.settle([done(this, event, next_at=NOON + LEASE if event is DeliveryEvent.RETRY else None)])
        store.flush()
    store.accept_now([passing(mail(at=NOON - LEASE, sender=TEACHER), state=DeliveryState.QUEUED)])
    queued(store)
    health = store.views.health()
    assert (health.queued, health.deferred, health.uncertain, health.refused, health.dead) == (2, 1, 1, 1, 2)
    assert health.oldest_queued_at == NOON - LEASE
