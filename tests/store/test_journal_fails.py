"""When disk, kernel or database take nothing: nobody is promised what could be lost, and all is written afterwards."""

from __future__ import annotations

import asyncio
import errno
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import StoreUnavailable
from gateway.lifecycle import DeliveryState
from gateway.scribe.messages import Said
from gateway.store import Store, disk_sync, journal, lane
from gateway.store.blobs import Blobs
from gateway.store.disk_sync import DiskSync
from gateway.store.journal import File, Journal
from gateway.store.to_scribe import ToScribe
from gateway.store.writer import Writer
from tests.store.conftest import Open
from tests.store.lanes import all_of, arrived, letters, on_lane, state, until
from tests.store.letters import mail, passing

LARGE = 100_000


def failing(name: str, error: int, *, times: int) -> Callable[..., Any]:
    """A method of File that fails some times, and then works."""
    whole = getattr(File, name)
    left = times

    def method(self: File, *words: Any) -> Any:
        nonlocal left
        if left:
            left -= 1
            raise OSError(error, os.strerror(error))
        return whole(self, *words)

    return method


@pytest.mark.parametrize("name", ["append", "sync"])
def test_when_the_journal_fails_the_database_is_waited_for(
    open_store: Open, monkeypatch: pytest.MonkeyPatch, name: str, tmp_path: Path
) -> None:
    store = open_store(node="hue")
    first, second, third = letters(3)
    monkeypatch.setattr(File, name, failing(name, errno.EIO, times=1))

    async def work() -> None:
        await store.accept([passing(first)])
        assert store.views.raw(first.id) == first.raw  # on the loop, which does not wait
        await store.accept([passing(second)])
        await store.accept([passing(third)])

    on_lane(store, work)
    store.flush()
    assert {row.id for row in store.views.mails().rows} == {first.id, second.id, third.id}
    store.close()
    assert journal.left(tmp_path / "journal", "hue") == []


def test_without_a_journal_everything_waits_for_the_database(open_store: Open, tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("a file where the folder should be")
    store = open_store()
    many = letters(20)

    async def work() -> None:
        assert set(await all_of(store, [passing(letter) for letter in many])) == {None}
        assert len(store.views.mails().rows) == 20

    on_lane(store, work)


@pytest.fixture(params=[True, False], ids=["kernel", "thread"])
def who_syncs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Who waits for the disk when many do: the kernel, or a thread until that is loaded, or where there is no such thing."""
    monkeypatch.setattr(disk_sync, "_aio", None)
    if request.param:
        Store.all_is_loaded()
    return "kernel" if request.param else "thread"


def test_many_at_once_are_synced_beside_the_loop_and_one_alone_at_once(
    who_syncs: str, open_store: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store()
    begun: list[int] = []
    begin = DiskSync.begin

    def noted(self: DiskSync, *words: Any) -> None:
        begun.append(1)
        begin(self, *words)

    monkeypatch.setattr(DiskSync, "begin", noted)

    async def work() -> None:
        await store.accept([passing(mail())])
        assert begun == []
        assert set(await all_of(store, [passing(letter) for letter in letters(50)])) == {None}
        assert begun == [1]
        assert any(thread.name.startswith("disk-sync") for thread in threading.enumerate()) == (who_syncs == "thread")

    on_lane(store, work)
    store.flush()
    assert len(store.views.mails(limit=100).rows) == 51


def test_from_the_thread_to_the_kernel_while_mail_flows(open_store: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_sync, "_aio", None)
    monkeypatch.setattr(lane, "_QUICK_S", 0.0)
    store = open_store()
    many = letters(50)

    async def work() -> None:
        for n in range(0, 50, 10):
            assert set(await all_of(store, [passing(letter) for letter in many[n : n + 10]])) == {None}
            if n == 20:
                Store.all_is_loaded()

    on_lane(store, work)
    store.flush()
    assert {row.id for row in store.views.mails(limit=100).rows} == {letter.id for letter in many}


@pytest.mark.parametrize("result", [-errno.EIO, 2**64 - errno.EIO], ids=["as it is", "as caio 0.12 gives it"])
def test_a_failure_that_the_kernel_tells_is_a_failure(result: int) -> None:
    heard: list[OSError | None] = []
    disk_sync._tell(heard.append, result)
    disk_sync._tell(heard.append, 0)
    (failed, well) = heard
    assert isinstance(failed, OSError)
    assert (failed.errno, well) == (errno.EIO, None)


@pytest.mark.usefixtures("who_syncs")
def test_a_disk_that_fails_is_told() -> None:
    async def work() -> OSError | None:
        loop = asyncio.get_running_loop()
        sync, heard = DiskSync(loop), loop.create_future()
        reading, writing = os.pipe()
        sync.begin(writing, heard.set_result)  # a pipe cannot be synced
        try:
            return await heard  # type: ignore[no-any-return]
        finally:
            sync.close()
            os.close(reading)
            os.close(writing)

    assert isinstance(asyncio.run(work()), OSError)


def test_what_the_writer_has_written_is_counted_on_the_loop(open_store: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    counted_on: set[int] = set()
    written = lane.Lane.written

    def noted(self: lane.Lane, entry: Any) -> None:
        counted_on.add(threading.get_ident())
        written(self, entry)

    monkeypatch.setattr(lane.Lane, "written", noted)
    store = open_store()

    async def work() -> None:
        for some in range(0, 60, 20):
            await all_of(store, [passing(letter) for letter in letters(60)[some : some + 20]])
            await asyncio.to_thread(store.flush)
        await asyncio.sleep(0)
        assert store.behind == 0

    on_lane(store, work)
    assert counted_on <= {threading.get_ident()}  # the scribe tells the loop itself


class Broken:
    """A database that takes nothing for a while: the scribe refuses, and so does the writer's thread."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
        self.is_broken = True
        whole = Writer._commit

        def commit(writer: Any, *words: Any, **more: Any) -> None:
            if self.is_broken:
                raise error
            whole(writer, *words, **more)

        def refuse(scribe: Any, entries: Any) -> None:
            scribe._answered(entries, Said(sqlite3.OperationalError("full"), []))

        monkeypatch.setattr(Writer, "_commit", commit)
        monkeypatch.setattr(ToScribe, "ship", refuse)


@pytest.mark.parametrize(
    "error",
    [OSError(errno.EIO, "gone"), sqlite3.OperationalError("no such table: mails"), MemoryError(), RuntimeError("a mistake")],
    ids=["gone", "no table", "no memory", "a mistake"],
)
def test_while_the_database_takes_nothing_nothing_is_promised_and_all_is_written_afterwards(
    open_store: Open, monkeypatch: pytest.MonkeyPatch, error: Exception, tmp_path: Path
) -> None:
    store = open_store()
    first, later = letters(2)
    database = Broken(monkeypatch, error)

    async def work() -> None:
        await store.accept([passing(first)])
        await asyncio.to_thread(until, lambda: store._writer.is_behind)
        assert store.behind == 1
        with pytest.raises(StoreUnavailable, match="does not take what was promised"):
            await store.accept([passing(mail())])
        database.is_broken = False
        await asyncio.to_thread(until, lambda: store.behind == 0)
        await store.accept([passing(later)])

    on_lane(store, work)
    store.flush()
    assert {row.id for row in store.views.mails().rows} == {first.id, later.id}
    assert not (tmp_path / "journal" / "aside").exists()


def test_a_stop_while_the_database_takes_nothing_leaves_the_journal_to_the_next_life(
    open_store: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(node="hue")
    letter = mail()
    with monkeypatch.context() as patch:
        Broken(patch, RuntimeError("a mistake"))
        on_lane(store, lambda: store.accept([passing(letter)]))
        store.close()
    assert open_store(node="hue").views.raw(letter.id) == letter.raw


def test_large_bodies_are_not_written_again_and_again_while_the_database_takes_nothing(
    open_store: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("gateway.store.writer._RETRY_S", 0.01)
    store = open_store()
    large, other = letters(2, size=LARGE)
    database = Broken(monkeypatch, RuntimeError("a mistake"))

    async def work() -> None:
        await store.accept([passing(large)])
        store.settle([arrived(large)])  # not before the mail that it is about
        await asyncio.to_thread(until, lambda: store._writer.is_behind)
        await asyncio.sleep(0.3)
        assert sum(path.stat().st_size for path in (tmp_path / "blobs").iterdir()) == LARGE
        database.is_broken = False
        await asyncio.to_thread(until, lambda: store.behind == 0)
        await store.accept([passing(other)])

    on_lane(store, work)
    store.flush()
    assert store.views.raw(large.id) == large.raw
    assert state(store, large) is DeliveryState.DELIVERED


def test_what_came_of_a_mail_is_not_written_before_the_mail(
    open_store: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("gateway.store.writer._RETRY_S", 0.01)
    store = open_store()
    large = mail(b"x" * LARGE)
    is_full = True
    whole = Blobs.append

    def append(self: Blobs, bodies: Any) -> Any:
        if is_full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return whole(self, bodies)

    monkeypatch.setattr(Blobs, "append", append)
    Broken(monkeypatch, RuntimeError("a mistake")).is_broken = False  # only the scribe refuses

    async def work() -> None:
        nonlocal is_full
        await store.accept([passing(large)])
        await asyncio.to_thread(until, lambda: store._writer.is_behind)
        store.settle([arrived(large)])
        await asyncio.sleep(0.2)
        is_full = False
        await asyncio.to_thread(until, lambda: store.behind == 0)

    on_lane(store, work)
    store.flush()
    assert state(store, large) is DeliveryState.DELIVERED
    assert "no longer ours" not in caplog.text


def test_who_reads_waits_also_for_what_the_writer_has_to_write(open_store: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store()
    many = letters(5)
    whole = Writer._commit

    def slowly(self: Writer, *words: Any, **more: Any) -> None:
        time.sleep(0.1)
        whole(self, *words, **more)

    monkeypatch.setattr(Writer, "_commit", slowly)
    monkeypatch.setattr(ToScribe, "_message", failing_once(ToScribe._message))

    async def work() -> None:
        await all_of(store, [passing(letter) for letter in many])
        await asyncio.sleep(0.05)  # the scribe was not told, and the writer is at it
        assert len(await asyncio.to_thread(lambda: store.views.mails().rows)) == 5

    on_lane(store, work)


def failing_once(whole: Callable[..., Any]) -> Callable[..., Any]:
    """It fails the first time."""
    is_first = True

    def method(*words: Any) -> Any:
        nonlocal is_first
        if is_first:
            is_first = False
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return whole(*words)

    return method


def test_a_disk_that_can_begin_no_sync_stops_nobody(open_store: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store()
    monkeypatch.setattr(lane, "_QUICK_S", 0.0)
    monkeypatch.setattr(DiskSync, "begin", failing_once(DiskSync.begin))
    monkeypatch.setattr(Journal, "_turn", failing_once(Journal._turn))
    many = letters(20)
    assert set(on_lane(store, lambda: all_of(store, [passing(letter) for letter in many]))) == {None}
    store.flush()
    assert len(store.views.mails(limit=100).rows) == 20
