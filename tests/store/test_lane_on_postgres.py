"""The lane with PostgreSQL: what the scribe of an earlier life, another node or a lost connection may do to a promise."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from msgspec.structs import replace

from gateway.model import Mail, PassedOver
from gateway.scribe.messages import SCRIBE_LOCK
from gateway.store import Acceptance, Store
from tests.store.lanes import letters, on_lane, scribe_of, until
from tests.store.letters import NOON, passing
from tests.world.postgres import Postgres


@pytest.fixture
def url(postgres: Postgres) -> Iterator[str]:
    database = postgres.new_database()
    yield database
    postgres.drop_database(database)


@pytest.fixture
def server(url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection of somebody else's."""
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def commits_wait(server: psycopg.Connection[Any]) -> Iterator[Callable[[bool], None]]:
    """Commits wait for a second server, which there is not; until they need not."""

    def wait(they_do: bool) -> None:
        name = "nobody" if they_do else ""
        server.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'")
        server.execute("SELECT pg_reload_conf()")
        until(lambda: server.execute("SHOW synchronous_standby_names").fetchone() == (name,))

    yield wait
    wait(False)


def test_bytes_stay_when_a_commit_is_seen_only_after_its_scribe_died(
    store: Store, open_store: Callable[[], Store], server: psycopg.Connection[Any], commits_wait: Callable[[bool], None]
) -> None:
    other = open_store()
    (letter,) = letters(1, size=100_000)

    async def work() -> None:
        commits_wait(True)
        await store.accept([passing(letter)])
        await asyncio.to_thread(until, is_committing, within_s=20)
        os.kill(scribe_of(os.getpid()), signal.SIGKILL)
        await asyncio.sleep(0.2)
        await asyncio.to_thread(other.purge, NOON, keep_passed=timedelta(days=1))
        commits_wait(False)
        await asyncio.to_thread(store.flush)

    def is_committing() -> bool:
        return server.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'").fetchone() != (0,)

    on_lane(store, work)
    store.flush()
    assert other.views.raw(letter.id) == letter.raw


def test_a_gateway_opens_when_the_scribe_of_an_earlier_life_is_gone(
    open_store: Callable[..., Store], server: psycopg.Connection[Any]
) -> None:
    server.execute("SELECT pg_advisory_lock(%s, hashtext('hue'))", [SCRIBE_LOCK])
    opening = threading.Thread(target=open_store, kwargs={"node": "hue"})
    opening.start()
    opening.join(0.5)
    assert opening.is_alive()
    server.execute("SELECT pg_advisory_unlock(%s, hashtext('hue'))", [SCRIBE_LOCK])
    opening.join(30)
    assert not opening.is_alive()


def test_two_nodes_write_the_same_reasons_in_one_order(
    store: Store, open_store: Callable[[], Store], server: psycopg.Connection[Any]
) -> None:
    other = open_store()
    server.execute("CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.1); RETURN NEW; END'")
    server.execute("CREATE TRIGGER slows AFTER INSERT ON passed_over FOR EACH ROW EXECUTE FUNCTION slow()")
    first, second, third, fourth = letters(4)

    async def work() -> None:
        other.attach()
        try:
            for these in ([(store, first, "x"), (other, third, "y")], [(store, second, "y"), (other, fourth, "x")]):
                await asyncio.gather(*(where.accept([because(of, why)]) for where, of, why in these))
            await asyncio.gather(asyncio.to_thread(store.flush), asyncio.to_thread(other.flush))
        finally:
            await other.detach()

    on_lane(store, work)
    assert len(store.views.mails().rows) == 4
    server.execute("SELECT pg_stat_force_next_flush()")
    deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    assert server.execute(deadlocks).fetchone() == (0,)


def because(letter: Mail, why: str) -> Acceptance:
    """A mail whose verdict passed a rule over for this reason."""
    taken = passing(letter)
    reasons = (PassedOver(rule="1-mat", because=why),)
    return replace(taken, verdicts=tuple(replace(each, passed_over=reasons) for each in taken.verdicts))
