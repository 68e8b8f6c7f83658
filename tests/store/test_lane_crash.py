"""When the scribe or all of the gateway is killed: what was acknowledged over the lane is there, and nothing is half there."""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import NotFound, StoreUnavailable
from gateway.lifecycle import DeliveryState
from gateway.model import Event, Mail
from gateway.scribe import client
from gateway.store import Store
from tests.store.lanes import (
    NewLoop,
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
    state_of,
    until,
)
from tests.store.letters import NOON, mail, passing

# --- the scribe dies ----------------------------------------------------------------------------------------------------


@each_loop
def test_when_the_scribe_is_killed_who_waits_is_told_and_the_next_one_takes_over(store: Store, loop: NewLoop) -> None:
    before, pending, later = letters(3)

    async def work() -> None:
        await store.accept([passing(before)])
        await asyncio.to_thread(store.flush)
        first = scribe_of(os.getpid())
        with holding_its_breath(first):
            told_of = asyncio.ensure_future(store.begin([f"{before.id}-0"], NOON))  # it needs the database
            store.settle([delivered(before)])
            await asyncio.sleep(0.05)  # that much is with the scribe
            waits = asyncio.ensure_future(store.begin([f"{before.id}-0"], NOON))
            await store.accept([passing(pending)])
            os.kill(first, signal.SIGKILL)
            with pytest.raises(StoreUnavailable, match="not known to be written"):
                await told_of
        await waits
        await store.accept([passing(later)])
        await asyncio.to_thread(store.flush)
        assert scribe_of(os.getpid()) != first

    on_lane(store, work, loop=loop)
    assert {row.id for row in store.views.mails().rows} == {before.id, pending.id, later.id}
    assert state(store, before) is DeliveryState.DELIVERED


@pytest.mark.parametrize("size", [10, 100_000], ids=["in rows", "in files"])
@each_loop
def test_what_was_promised_is_written_once_whatever_the_scribe_had_done(store: Store, loop: NewLoop, size: int) -> None:
    before, promised, later = letters(3, size=size)

    async def work() -> None:
        await store.accept([passing(before)])
        await asyncio.to_thread(store.flush)
        first = scribe_of(os.getpid())
        with holding_its_breath(first):
            await store.accept([passing(promised)])
            store.settle([arrived(promised)])
            await asyncio.sleep(0.05)  # it is with the scribe
            os.kill(first, signal.SIGKILL)
        await store.accept([passing(later)])
        await asyncio.to_thread(store.flush)

    on_lane(store, work, loop=loop)
    store.flush()
    assert [store.views.raw(letter.id) for letter in (before, promised, later)] == [before.raw, promised.raw, later.raw]
    assert state(store, promised) is DeliveryState.DELIVERED
    assert events(store, promised) == [Event.ACCEPTED, Event.DELIVERED]


@each_loop
def test_a_scribe_that_dies_while_nobody_needs_it_costs_nothing(store: Store, loop: NewLoop) -> None:
    letter = mail()

    async def work() -> None:
        first = scribe_of(os.getpid())
        os.kill(first, signal.SIGKILL)
        async with asyncio.timeout(20):
            while state_of(first) != "":  # noqa: ASYNC110 - not even a zombie; nobody tells
                await asyncio.sleep(0.01)
        await store.accept([passing(letter)])

    on_lane(store, work, loop=loop)
    assert store.views.raw(letter.id) == letter.raw


def test_when_no_new_scribe_can_be_had_the_writer_takes_the_mail(store: Store) -> None:
    letter, later = letters(2)

    async def work() -> None:
        os.kill(scribe_of(os.getpid()), signal.SIGKILL)
        await asyncio.sleep(0.05)
        with limited(resource.RLIMIT_NOFILE, 3, [os.getpid()]):  # the open ones stay open
            await store.accept([passing(letter)])
            await asyncio.to_thread(store.flush)
        await store.accept([passing(later)])
        await asyncio.to_thread(store.flush)
        assert len(scribes_of(os.getpid())) == 1

    on_lane(store, work)
    assert {row.id for row in store.views.mails().rows} == {letter.id, later.id}


def test_a_scribe_that_never_begins_has_done_nothing_and_the_writer_does_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = mail()
    monkeypatch.setattr(client, "PROGRAM", "import time; time.sleep(0.3)")

    async def work() -> None:
        await store.accept([passing(letter)])
        await store.begin([f"{letter.id}-0"], NOON)  # it needs the database
        await asyncio.to_thread(store.flush)

    on_lane(store, work)
    assert store.views.raw(letter.id) == letter.raw


def test_who_looks_after_a_scribe_was_killed_sees_what_was_promised(store: Store) -> None:
    letter = mail()

    async def work() -> None:
        with holding_its_breath(process := scribe_of(os.getpid())):
            await store.accept([passing(letter)])
            seen = asyncio.create_task(asyncio.to_thread(store.views.raw, letter.id))
            await asyncio.sleep(0.1)
            os.kill(process, signal.SIGKILL)
        assert await seen == letter.raw

    on_lane(store, work)


def test_whenever_the_scribe_is_killed_no_mail_is_half_there(store: Store) -> None:
    taken: list[Mail] = []
    lost: list[Mail] = []
    going = True

    async def session(number: int) -> None:
        n = 0
        while going:
            n += 1
            letter = mail(f"{number}/{n}".encode() * 300)
            try:
                await store.accept([passing(letter)])
            except StoreUnavailable:
                lost.append(letter)
            else:
                taken.append(letter)
                store.settle([delivered(letter)])

    async def work() -> None:
        nonlocal going
        sessions = [asyncio.create_task(session(number)) for number in range(20)]
        for _ in range(4):
            await asyncio.sleep(0.1 + random.random() * 0.05)  # noqa: S311 - when to kill
            for scribe in scribes_of(os.getpid()):
                os.kill(scribe, signal.SIGKILL)
        await asyncio.sleep(0.1)
        going = False
        await asyncio.gather(*sessions)
        await asyncio.to_thread(store.flush)

    on_lane(store, work)
    assert len(taken) > 10
    for letter in taken:
        assert store.views.raw(letter.id) == letter.raw
        assert events(store, letter) == [Event.ACCEPTED, Event.DELIVERED]
    # Written or not, nobody knew; but never a part of it.
    assert {parts(store, letter) for letter in lost} <= {(1, 1, 1, 1), (0, 0, 0, 0)}


def parts(store: Store, of: Mail) -> tuple[int, int, int, int]:
    """How many rows there are of a mail: bytes as they were, verdicts, deliveries, stories."""
    try:
        bytes_there = int(store.views.raw(of.id) == of.raw)
    except NotFound:
        bytes_there = 0
    rows = (store.views.verdicts(of.id), store.views.deliveries_of(mail_id=of.id), store.views.story(mail_id=of.id))
    return (bytes_there, *map(len, rows))  # type: ignore[return-value]  # there are three


# --- the whole gateway dies ---------------------------------------------------------------------------------------------

# Twenty sessions accept mails over the lane, and print the id only when accept() has returned; SIGINT and SIGTERM end it in
# order, as the gateway does.
CHILD = """
import asyncio, hashlib, signal, sys
from pathlib import Path
import uvloop
from gateway.store import Store
from tests.store.letters import NOON, mail, passing

url, blobs, life = sys.argv[1:]
store = Store(url=url, blobs=Path(blobs), inline_bytes=2000, node="hue")
store.open()
going = True

def stop():
    global going
    going = False

async def session(number):
    n = 0
    while going:
        n += 1
        raw = hashlib.sha256(f"{life}/{number}/{n}".encode()).digest() * (30 + n % 4 * 12)
        letter = mail(raw)
        await store.accept([passing(letter)])
        print(letter.id, letter.digest, flush=True)

async def main():
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    store.attach()
    await asyncio.gather(*(session(number) for number in range(20)))
    await store.detach()
    store.close()

with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(main())
"""


def live(url: str, blobs: Path, life: str, *, end_with: signal.Signals, to_all: bool = False) -> tuple[dict[str, str], int]:
    """Let the child live for a moment; what it acknowledged (digests by id), and how it ended."""
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, url, str(blobs), life],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
        start_new_session=True,
    ) as child:
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(1 + random.randrange(400))]  # noqa: S311 - when to kill
        scribe = scribe_of(child.pid)
        if to_all:
            os.killpg(child.pid, end_with)
        else:
            child.send_signal(end_with)
        lines += child.stdout.readlines()  # up to where the last one that has the pipe, the scribe, ends
        until(lambda: state_of(scribe) in ("", "Z"))
        ended = child.wait()
    return dict(line.split() for line in lines if line.endswith("\n")), ended


def assert_all_are_there(store: Store, acknowledged: dict[str, str]) -> None:
    assert len(acknowledged) > 0
    for mail_id, digest in acknowledged.items():
        assert hashlib.sha256(store.views.raw(mail_id)).hexdigest() == digest


def test_whatever_was_acknowledged_over_the_lane_survives_kill_9(url: str, open_store: Any, tmp_path: Path) -> None:
    acknowledged: dict[str, str] = {}
    for life in range(3):
        answered, ended = live(url, tmp_path / "blobs", str(life), end_with=signal.SIGKILL)
        assert ended == -signal.SIGKILL
        acknowledged |= answered
    store: Store = open_store(node="hue", inline_bytes=2000)
    assert_all_are_there(store, acknowledged)
    assert store.views.health().queued >= len(acknowledged)  # what a life was sending is sent again


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_when_the_whole_process_group_is_stopped_it_still_ends_in_order(
    url: str, open_store: Any, tmp_path: Path, number: signal.Signals
) -> None:
    acknowledged, ended = live(url, tmp_path / "blobs", "1", end_with=number, to_all=True)
    assert ended == 0
    store: Store = open_store(node="hue", inline_bytes=2000)
    assert_all_are_there(store, acknowledged)
    assert len(store.views.mails(limit=100_000).rows) == len(acknowledged)  # all that came in was answered, none was lost
