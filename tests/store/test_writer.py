"""When the disk is full or the database is gone: nothing is promised, nothing promised is lost, and it goes on afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.errors import StoreUnavailable
from gateway.lifecycle import DeliveryEvent, DeliveryState
from gateway.model import Mail
from gateway.store import Settlement, Store
from tests.store.letters import LEASE, NOON, mail, passing
from tests.world.postgres import Postgres
from tests.world.prepared import sqlite_in


@contextlib.contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file may grow beyond this: what a full disk is to whoever writes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[Store]:
    store = Store(url=sqlite_in(tmp_path), blobs=tmp_path / "blobs", inline_bytes=1000, node="hue")
    store.open()
    yield store
    store.close()


def fill(store: Store, *, size: int, most: int) -> list[Mail]:
    """Accept mails until the store says that it cannot; gives those that it took."""
    taken: list[Mail] = []
    for n in range(most):
        letter = mail(f"{n}".encode() * size)
        try:
            store.accept_now([passing(letter)])
        except StoreUnavailable:
            return taken
        taken.append(letter)
    raise AssertionError("the disk never got full")


def test_on_a_full_disk_mail_is_not_taken_and_afterwards_it_is(on_sqlite: Store) -> None:
    with largest_file(1_000_000):
        taken = fill(on_sqlite, size=300, most=2000)
        with pytest.raises(StoreUnavailable):
            on_sqlite.accept_now([passing(mail(b"x" * 900))])
    assert len(taken) > 5
    letter = mail()
    on_sqlite.accept_now([passing(letter)])
    for kept in [*taken, letter]:
        assert on_sqlite.views.raw(kept.id) == kept.raw
    assert len(on_sqlite.views.mails(limit=5000).rows) == len(taken) + 1


def test_when_only_large_mails_have_no_room_small_ones_are_taken_still(on_sqlite: Store) -> None:
    large = mail(b"l" * 2_000_000)
    letter = mail()

    async def together() -> tuple[BaseException | None, BaseException | None]:
        return await asyncio.gather(
            on_sqlite.accept([passing(large)]), on_sqlite.accept([passing(letter)]), return_exceptions=True
        )

    with largest_file(1_000_000):
        failed, fine = asyncio.run(together())
    assert isinstance(failed, StoreUnavailable)
    assert fine is None
    on_sqlite.accept_now([passing(large)])
    assert on_sqlite.views.raw(large.id) == large.raw


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A server that the test may stop."""
    server = Postgres().start()
    yield server
    server.remove()


def test_when_postgresql_is_restarted_the_store_goes_on(own_postgres: Postgres, tmp_path: Path) -> None:
    store = Store(url=own_postgres.new_database(), blobs=tmp_path / "blobs", inline_bytes=1000, node="hue")
    store.open()
    before, lost, after = mail(b"before"), mail(b"lost"), mail(b"after")
    store.accept_now([passing(before)])

    own_postgres.stop()
    with pytest.raises(StoreUnavailable):
        store.accept_now([passing(lost)])
    with pytest.raises(StoreUnavailable):
        store.views.raw(before.id)
    # What came of a delivery meanwhile is kept until the database is back.
    settlement = Settlement(delivery_id=f"{before.id}-0", event=DeliveryEvent.DELIVERED, attempts=1)
    store.settle([settlement])
    with pytest.raises(StoreUnavailable):
        store.flush()

    own_postgres.start()
    store.accept_now([passing(after)])
    assert store.views.raw(before.id) == b"before"
    assert {row.id for row in store.views.mails().rows} == {before.id, after.id}
    deadline = time.monotonic() + 5
    while store.views.deliveries_of(mail_id=before.id)[0].state is not DeliveryState.DELIVERED:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert store.claim(couriers=["relay"], limit=5, now=NOON + LEASE, lease=LEASE) == ()
    store.close()


def test_settlements_that_wait_are_written_without_anything_else_coming_in(own_postgres: Postgres, tmp_path: Path) -> None:
    store = Store(url=own_postgres.new_database(), blobs=tmp_path / "blobs", inline_bytes=1000, node="hue")
    store.open()
    letters = [mail(f"{n}".encode()) for n in range(3)]
    store.accept_now([passing(letter) for letter in letters])
    own_postgres.stop()
    for letter in letters:
        store.settle([Settlement(delivery_id=f"{letter.id}-0", event=DeliveryEvent.DELIVERED, attempts=1)])
    time.sleep(0.1)
    own_postgres.start()
    deadline = time.monotonic() + 5
    while {store.views.deliveries_of(mail_id=letter.id)[0].state for letter in letters} != {DeliveryState.DELIVERED}:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    store.close()
