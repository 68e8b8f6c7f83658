"""The fast lane: what the scribe takes is as safe as what the writer takes, and what it cannot do the writer does."""

from __future__ import annotations

import asyncio
import logging
import os
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import NullPool, create_engine, text

from gateway.errors import StoreUnavailable
from gateway.lifecycle import CaseState, DeliveryState
from gateway.model import Event, Mail
from gateway.store import Settlement, Store, batch, blobs, journal
from tests.store.lanes import (
    NewLoop,
    all_of,
    arrived,
    delivered,
    each_loop,
    events,
    holding_its_breath,
    letters,
    limited,
    on_lane,
    scribe_of,
    scribes_of,
    state,
    until,
)
from tests.store.letters import LEASE, NOON, captured, case, delivery, mail, passing

INLINE = 16 * 1024


def told(url: str) -> list[str]:
    """Ids of mails in the order of their stories."""
    with create_engine(url.replace("postgresql:", "postgresql+psycopg:"), poolclass=NullPool).connect() as connection:
        return list(connection.scalars(text("SELECT mail_id FROM stories ORDER BY id")))


# --- what goes well -----------------------------------------------------------------------------------------------------


@each_loop
def test_what_was_accepted_is_there_for_all_to_see(store: Store, loop: NewLoop) -> None:
    letter = mail()

    async def work() -> None:
        await store.accept([passing(letter)])
        await asyncio.to_thread(look)

    def look() -> None:
        assert store.views.raw(letter.id) == letter.raw
        assert len(store.views.verdicts(letter.id)) == 1
        assert store.views.verdicts(letter.id)[0].passed_over[0].because == "Không có dấu mật."
        assert events(store, letter) == [Event.ACCEPTED]
        assert store.views.deliveries_of(mail_id=letter.id) == (delivery(letter),)

    on_lane(store, work, loop=loop)


def test_plain_mail_goes_to_the_scribe_and_the_rest_does_not_wait_for_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, large, other = mail(), mail(b"l" * (INLINE + 1)), mail(b"QD")
    opened = case(other)
    monkeypatch.setattr(batch, "LARGEST_ON_THE_LANE", INLINE)

    async def work() -> None:
        with holding_its_breath(scribe_of(os.getpid())):
            await store.accept([passing(plain)])  # the journal has it
            await store.accept([passing(large)])
            await store.accept([captured(other, opened)])
            assert {row.id for row in store.views.mails().rows} == {large.id, other.id}

    on_lane(store, work)
    assert store.views.raw(plain.id) == plain.raw
    assert store.views.raw(large.id) == large.raw
    assert store.views.case(opened.id).state is CaseState.WAITING


def test_large_mails_and_cases_get_their_turn_while_the_lane_is_busy(store: Store) -> None:
    kept: list[Mail] = []

    async def session(number: int) -> None:
        for n in range(40):
            letter = mail(f"{number}/{n}".encode() * 100)
            await store.accept([passing(letter)])
            kept.append(letter)

    async def others() -> None:
        for n in range(8):
            large, with_case = mail(f"{n}".encode() * (INLINE + 1)), mail(f"case {n}".encode())
            await store.accept([passing(large)])
            await store.accept([captured(with_case, case(with_case, key=f"{n}/QĐ-SGDĐT"))])
            kept.extend((large, with_case))

    async def work() -> None:
        await asyncio.gather(others(), *(session(number) for number in range(20)))

    on_lane(store, work)
    assert len(kept) == 816
    assert all(store.views.raw(letter.id) == letter.raw for letter in kept)
    assert len(store.views.cases(units=None, states=(CaseState.WAITING,)).rows) == 8


def test_large_bodies_are_put_into_files_by_the_scribe_many_at_once(store: Store, tmp_path: Path) -> None:
    many = letters(40, size=INLINE + 1)

    async def work() -> None:
        with holding_its_breath(scribe_of(os.getpid())):
            assert await all_of(store, [passing(letter) for letter in many]) == [None] * 40
            assert list((tmp_path / "blobs").iterdir()) == []

    on_lane(store, work)
    assert all(store.views.raw(letter.id) == letter.raw for letter in many)
    assert [path.stat().st_size for path in (tmp_path / "blobs").glob("*-lane-passing-*")] == [40 * (INLINE + 1)]


def test_a_full_segment_is_followed_by_a_new_one(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blobs, "SEGMENT_BYTES", 2 * INLINE)
    many = letters(6, size=INLINE + 1)

    async def work() -> None:
        for letter in many:
            await store.accept([passing(letter)])
            await asyncio.to_thread(store.flush)  # those of one transaction stay together

    on_lane(store, work)
    assert all(store.views.raw(letter.id) == letter.raw for letter in many)
    assert len(list((tmp_path / "blobs").iterdir())) == 3


def test_the_order_in_which_mails_came_is_kept(store: Store, url: str) -> None:
    many = letters(1200)  # in more than one transaction
    on_lane(store, lambda: all_of(store, [passing(letter) for letter in many]))
    assert told(url) == [letter.id for letter in many]


@each_loop
def test_more_than_a_socket_holds_arrives_whole(store: Store, loop: NewLoop) -> None:
    many = letters(512, size=INLINE)
    assert set(on_lane(store, lambda: all_of(store, [passing(letter) for letter in many]), loop=loop)) == {None}
    assert all(store.views.raw(letter.id) == letter.raw for letter in many)


@each_loop
def test_settlements_that_nobody_waits_for_are_written_within_a_moment(store: Store, loop: NewLoop) -> None:
    letter = mail()

    async def work() -> None:
        await store.accept([passing(letter)])
        store.settle([delivered(letter)])
        await asyncio.to_thread(until, lambda: state(store, letter) is DeliveryState.DELIVERED)
        assert events(store, letter) == [Event.ACCEPTED, Event.DELIVERED]

    on_lane(store, work, loop=loop)


def test_settlements_go_along_with_the_next_mail(store: Store) -> None:
    first, second = letters(2)

    async def work() -> None:
        await store.accept([passing(first)])
        store.settle([delivered(first)])
        await store.accept([passing(second)])
        assert await asyncio.to_thread(state, store, first) is DeliveryState.DELIVERED

    on_lane(store, work)


@pytest.mark.parametrize("before", [True, False], ids=["with its mail", "later"])
def test_what_has_simply_arrived_is_settled_by_the_scribe(store: Store, before: bool, caplog: pytest.LogCaptureFixture) -> None:
    letter = mail()

    async def work() -> None:
        await store.accept([passing(letter)])
        if not before:
            await asyncio.to_thread(store.flush)
        store.settle([arrived(letter)])
        await asyncio.to_thread(store.flush)
        (found,) = store.views.deliveries_of(mail_id=letter.id)
        assert (found.state, found.attempts, found.reply) == (DeliveryState.DELIVERED, 1, "250 ok")

    with caplog.at_level(logging.INFO, logger="gateway.store"):
        on_lane(store, work)
    assert caplog.records == []  # nobody had to do it again
    assert store.claim(couriers=["relay"], limit=9, now=NOON + 9 * LEASE, lease=LEASE) == ()


def test_flush_waits_for_the_lane(store: Store) -> None:
    letter = mail()

    async def work() -> None:
        await store.accept([passing(letter)])
        with holding_its_breath(scribe_of(os.getpid())):
            store.settle([delivered(letter)])
            flushed = asyncio.create_task(asyncio.to_thread(store.flush))
            await asyncio.sleep(0.05)
            assert not flushed.done()
        await flushed
        assert state(store, letter) is DeliveryState.DELIVERED

    on_lane(store, work)


@each_loop
def test_detaching_writes_what_is_on_the_lane_and_lets_the_scribe_go(store: Store, loop: NewLoop) -> None:
    before, many = mail(), letters(700)

    async def work() -> None:
        await store.accept([passing(before)])
        waiting = [asyncio.create_task(store.accept([passing(letter)])) for letter in many]
        await asyncio.sleep(0)
        store.settle([delivered(before)])
        await store.detach()
        await asyncio.gather(*waiting)
        assert state(store, before) is DeliveryState.DELIVERED
        assert scribes_of(os.getpid()) == []

    on_lane(store, work, loop=loop)
    assert len(store.views.mails(limit=1000).rows) == 701


def test_after_detaching_the_writer_does_it_all(store: Store) -> None:
    letter = mail()

    async def work() -> None:
        await store.detach()
        await store.accept([passing(letter)])
        store.settle([delivered(letter)])

    on_lane(store, work)
    store.flush()
    assert state(store, letter) is DeliveryState.DELIVERED


def test_threads_and_the_lane_write_side_by_side(store: Store) -> None:
    ours, theirs = letters(300), letters(100)

    def thread() -> None:
        for letter in theirs:
            store.accept_now([passing(letter)])
            store.settle([delivered(letter)])

    async def work() -> None:
        beside = asyncio.create_task(asyncio.to_thread(thread))
        for letter in ours:
            await store.accept([passing(letter)])
            store.settle([delivered(letter)])
        await beside
        await asyncio.to_thread(store.flush)

    on_lane(store, work)
    assert {state(store, letter) for letter in [*ours, *theirs]} == {DeliveryState.DELIVERED}


# --- what the scribe cannot do ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("came", [delivered, arrived])
def test_of_settlements_only_those_of_this_life_count(
    store: Store, open_store: Any, caplog: pytest.LogCaptureFixture, came: Callable[[Mail], Settlement]
) -> None:
    other: Store = open_store()
    ours, theirs, next_one = letters(3)
    other.accept_now([passing(theirs)])

    async def work() -> None:
        await store.accept([passing(ours)])
        store.settle([came(theirs)])
        store.settle([came(ours)])
        await store.accept([passing(next_one)])  # in the same transaction
        assert await asyncio.to_thread(state, store, ours) is DeliveryState.DELIVERED

    with caplog.at_level(logging.WARNING, logger="gateway.store"):
        on_lane(store, work)
    assert state(store, theirs) is DeliveryState.SENDING
    assert events(store, theirs) == [Event.ACCEPTED]
    assert store.views.raw(next_one.id) == next_one.raw
    assert [record.getMessage() for record in caplog.records] == [
        f"delivery {theirs.id}-0: no longer ours, delivered is left out"
    ]


def test_a_promised_mail_that_breaks_a_rule_is_set_aside_alone(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first, again, *good = letters(6)
    again = replace(again, id=first.id)

    async def work() -> None:
        await store.accept([passing(first)])
        store.settle([delivered(first)])
        assert set(await all_of(store, [passing(again), *map(passing, good)])) == {None}
        await store.accept([passing(mail())])

    on_lane(store, work)
    store.flush()
    assert store.views.raw(first.id) == first.raw
    assert state(store, first) is DeliveryState.DELIVERED
    assert all(store.views.raw(letter.id) == letter.raw for letter in good)
    (aside,) = (tmp_path / "journal" / "aside").iterdir()
    (record,) = journal.records([aside])
    assert record.kept.rows["mails"][0][-1] == again.raw
    assert str(aside) in caplog.text
    store.close()
    assert list((tmp_path / "journal").glob("*.journal")) == []  # it holds up nothing


@pytest.mark.parametrize("attempts", [2**80, 2**63], ids=["not for the journal", "not for the database"])
def test_a_value_that_cannot_be_written_fails_alone(store: Store, attempts: int, tmp_path: Path) -> None:
    bad, good, later = letters(3)
    wrong = replace(passing(bad), deliveries=(delivery(bad, attempts=attempts),))

    async def work() -> None:
        outcome, fine = await all_of(store, [wrong, passing(good)])
        assert isinstance(outcome, StoreUnavailable) or outcome is None
        assert fine is None
        refused.append(outcome is not None)
        await store.accept([passing(later)])

    refused: list[bool] = []
    on_lane(store, work)
    store.flush()
    assert {row.id for row in store.views.mails().rows} == {good.id, later.id}
    is_aside = (tmp_path / "journal" / "aside" / f"{bad.id}.journal").exists()
    assert refused == [not is_aside]  # it was refused, or it is kept


class Odd(str):
    """A text that cannot be sent to another process as it is."""

    __slots__ = ()


def test_what_cannot_be_told_to_the_scribe_the_writer_does(store: Store) -> None:
    odd, good, later = letters(3)
    odd = replace(odd, id=Odd(odd.id))

    async def work() -> None:
        assert await all_of(store, [passing(odd), passing(good)]) == [None, None]
        await store.accept([passing(later)])

    on_lane(store, work)
    assert {row.id for row in store.views.mails().rows} == {str(odd.id), good.id, later.id}


@pytest.mark.parametrize("size", [3000, INLINE * 4], ids=["in rows", "in files"])
def test_on_a_full_disk_mail_is_not_taken_and_afterwards_it_is(store: Store, url: str, size: int) -> None:
    goes_on = url.startswith("postgresql") and size <= INLINE  # the server has a disk of its own
    taken: list[Mail] = []
    refused: list[Mail] = []

    async def fill() -> None:
        for letter in letters(500, size=size):
            try:
                await store.accept([passing(letter)])
            except StoreUnavailable:
                refused.append(letter)
                return
            taken.append(letter)

    async def work() -> None:
        scribe = scribe_of(os.getpid())
        with limited(resource.RLIMIT_FSIZE, 1_000_000, [os.getpid(), scribe]):
            await fill()
            store.settle([delivered(taken[0])])
        later = mail()
        await store.accept([passing(later)])
        taken.append(later)
        assert scribe_of(os.getpid()) == scribe
        await asyncio.to_thread(store.flush)

    on_lane(store, work)
    until(lambda: state(store, taken[0]) is DeliveryState.DELIVERED)
    assert (len(taken) > 5, len(refused)) == (True, 0 if goes_on else 1)
    assert {row.id for row in store.views.mails(limit=1000).rows} == {letter.id for letter in taken}
    assert all(store.views.raw(letter.id) == letter.raw for letter in taken)
