"""The journal: what is promised survives whatever happens before the database has it."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from gateway.errors import ConfigError, StoreUnavailable
from gateway.lifecycle import DeliveryEvent, DeliveryState
from gateway.scribe.messages import Said
from gateway.store import Store, disk_sync, journal, lane
from gateway.store.blobs import Blobs
from gateway.store.disk_sync import DiskSync
from gateway.store.journal import File, Journal, Kept
from gateway.store.to_scribe import ToScribe
from gateway.store.writer import Writer
from tests.store.conftest import Open
from tests.store.lanes import all_of, arrived, letters, on_lane, state, until
from tests.store.letters import NOON, mail, passing

COLUMNS = {"mails": ["id", "digest"]}
LARGE = 100_000


def new_journal(folder: Path, name: str = "hue") -> Journal:
    made = Journal(folder, name=name, database="sqlite:///hue.sqlite3", columns=COLUMNS)
    made.open()
    return made


def kept(word: str) -> Kept:
    return Kept({"mails": [(word, "")]})


def words(folder: Path, name: str = "hue") -> list[str]:
    return [record.kept.rows["mails"][0][0] for record in journal.records(journal.left(folder, name))]


# --- the files ------------------------------------------------------------------------------------------------------------


def test_what_was_written_is_read_in_order_with_its_large_bodies(tmp_path: Path) -> None:
    ours = new_journal(tmp_path)
    ours.append([(kept("một"), ()), (Kept({"mails": [("hai", "")]}, bodies=[("passing", 0, 5)]), [b"large"])])
    ours.append([(Kept({}, settled=[("một-1", "delivered")]), ())])
    ours.close(finished=False)
    first, second, third = journal.records(journal.left(tmp_path, "hue"))
    assert (first.kept, second.bodies) == (kept("một"), [b"large"])
    assert third.kept.settled == [("một-1", "delivered")]
    assert first.heading.columns == COLUMNS


def test_a_finished_journal_leaves_nothing(tmp_path: Path) -> None:
    ours = new_journal(tmp_path)
    ours.append([(kept("một"), ())])
    ours.close(finished=True)
    assert journal.left(tmp_path, "hue") == []


def test_each_node_has_its_own(tmp_path: Path) -> None:
    for name in ("hue", "hue-command"):
        made = new_journal(tmp_path, name)
        made.append([(kept(name), ())])
        made.close(finished=False)
    assert (words(tmp_path), words(tmp_path, "hue-command")) == (["hue"], ["hue-command"])


@pytest.mark.parametrize("at", range(40))
def test_it_ends_where_a_record_is_torn(tmp_path: Path, at: int) -> None:
    ours = new_journal(tmp_path)
    ours.append([(kept("một"), ())])
    (place,) = ours.append([(kept("hai"), ())])
    ours.append([(kept("ba"), ())])
    ours.close(finished=False)
    (path,) = journal.left(tmp_path, "hue")
    data = bytearray(path.read_bytes())
    position = place.start + at % (place.end - place.start)
    data[position] ^= 0x55
    path.write_bytes(data)
    assert words(tmp_path) == ["một"]


def test_records_of_an_earlier_turn_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "TURN_BYTES", 8192)
    ours = new_journal(tmp_path)
    for n in range(300):
        (place,) = ours.append([(kept(f"{n:03}" * 20), ())])
        if n < 290:
            ours.release(place)
    ours.close(finished=False)
    assert len(journal.left(tmp_path, "hue")) == 2
    found = [word[:3] for word in words(tmp_path)]
    assert found == sorted(found)
    assert found[-10:] == [f"{n}" for n in range(290, 300)]
    assert len(found) < 200
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 4 * 1024 * 1024


def test_a_file_that_is_still_needed_is_not_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "TURN_BYTES", 8192)
    ours = new_journal(tmp_path)
    for n in range(1000):
        ours.append([(kept(f"{n:04}" * 20), ())])
    ours.close(finished=False)
    assert len(words(tmp_path)) == 1000


def test_there_is_no_room_when_the_database_is_too_far_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "TURN_BYTES", 8192)
    monkeypatch.setattr(journal, "MOST_BYTES", 16384)
    ours = new_journal(tmp_path)
    places = []
    while ours.has_room():
        places += ours.append([(kept("x" * 1000), ())])
    assert not ours.has_room()
    for place in places:
        ours.release(place)
    assert ours.has_room()


def test_after_two_failed_syncs_nothing_is_written_where_no_replay_looks(tmp_path: Path) -> None:
    ours = new_journal(tmp_path)
    (first,) = ours.append([(kept("một"), ())])
    ours.leave()
    (second,) = ours.append([(kept("hai"), ())])
    ours.leave()  # while the first is still needed
    assert not ours.has_room()
    with pytest.raises(OSError, match="waits for the database"):
        ours.append([(kept("ba"), ())])
    ours.release(first)
    assert ours.has_room()
    ours.append([(kept("bốn"), ())])
    ours.release(second)
    ours.close(finished=False)
    assert words(tmp_path) == ["hai", "bốn"]


def test_after_a_failed_sync_it_goes_on_in_the_other_file(tmp_path: Path) -> None:
    ours = new_journal(tmp_path)
    (before,) = ours.append([(kept("một"), ())])
    ours.leave()
    (after,) = ours.append([(kept("hai"), ())])
    assert after.file is not before.file
    ours.close(finished=False)
    assert words(tmp_path) == ["một", "hai"]


@pytest.mark.parametrize("content", [b"", b"VANTHUJ1", b"\0" * 8192, os.urandom(8192)], ids=["nothing", "short", "0", "noise"])
def test_a_file_that_is_no_journal_has_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "hue.0.journal").write_bytes(content)
    assert words(tmp_path) == []


# --- a life that ended, and the next one ----------------------------------------------------------------------------------

# Accepts mails that the database never hears of: all transactions are held back.  Then it is gone.
CHILD = """
import asyncio, os, sys
from pathlib import Path
import uvloop
from gateway.store import Store, lane
from tests.store.lanes import arrived, letters
from tests.store.letters import passing

url, folder, size = sys.argv[1:]
lane._PATIENCE_S, lane._MANY = 3600.0, 10**6
store = Store(url=url, blobs=Path(folder) / "blobs", inline_bytes=16384, node="hue")
store.open()

async def main():
    store.attach()
    for n, letter in enumerate(letters(20, size=int(size))):
        await store.accept([passing(letter)])
        if n % 2:
            store.settle([arrived(letter)])
        print(letter.id, flush=True)
    await asyncio.sleep(0.05)
    os._exit(9)

uvloop.run(main())
"""


def lived(url: str, folder: Path, *, size: int = 100) -> list[str]:
    """The ids of twenty mails that were promised by a life that ended before the database had any."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, url, str(folder), str(size)],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert done.returncode == 9
    ids = done.stdout.split()
    assert len(ids) == 20
    return ids


@pytest.mark.parametrize("size", [100, LARGE], ids=["in rows", "in files"])
def test_the_next_life_finds_all_that_was_promised(url: str, open_store: Open, tmp_path: Path, size: int) -> None:
    ids = lived(url, tmp_path, size=size)
    store = open_store(node="hue")
    assert sorted(row.id for row in store.views.mails().rows) == sorted(ids)
    assert {store.views.raw(mail_id) for mail_id in ids} == {letter.raw for letter in letters(20, size=size)}
    states = [store.views.deliveries_of(mail_id=mail_id)[0].state for mail_id in ids]
    assert states == [DeliveryState.QUEUED, DeliveryState.DELIVERED] * 10  # what had arrived is not sent again
    assert store.views.verdicts(ids[0])[0].passed_over[0].because == "Không có dấu mật."
    assert journal.left(tmp_path / "journal", "hue") == []


def test_bytes_whose_file_a_purge_took_away_come_from_the_journal(url: str, open_store: Open, tmp_path: Path) -> None:
    ids = lived(url, tmp_path, size=LARGE)
    shutil.copytree(tmp_path / "journal", tmp_path / "kept")
    open_store(node="hue").close()
    shutil.copytree(tmp_path / "kept", tmp_path / "journal", dirs_exist_ok=True)  # the database has all of it by now
    for segment in (tmp_path / "blobs").iterdir():
        segment.unlink()
    store = open_store(node="hue")
    assert {store.views.raw(mail_id) for mail_id in ids} == {letter.raw for letter in letters(20, size=LARGE)}


def test_a_replay_that_dies_in_the_middle_begins_again(url: str, open_store: Open, tmp_path: Path, monkeypatch: Any) -> None:
    ids = lived(url, tmp_path)
    monkeypatch.setattr("gateway.store.replay._AT_ONCE", 8)
    monkeypatch.setattr("gateway.store.replay._settle", Dying(after=1))
    with pytest.raises(KeyboardInterrupt):
        open_store(node="hue")
    monkeypatch.undo()
    store = open_store(node="hue")
    assert sorted(row.id for row in store.views.mails().rows) == sorted(ids)
    assert all(len(store.views.verdicts(mail_id)) == 1 for mail_id in ids)


class Dying:
    """Does nothing for some times, and is then interrupted."""

    def __init__(self, *, after: int) -> None:
        self._left = after

    def __call__(self, *words: object) -> None:
        if not self._left:
            raise KeyboardInterrupt
        self._left -= 1


def test_the_journal_of_another_database_stops_the_start(url: str, tmp_path: Path) -> None:
    lived(url, tmp_path)
    other = Store(url=f"sqlite:///{tmp_path}/other.sqlite3", blobs=tmp_path / "blobs", inline_bytes=16384, node="hue")
    with pytest.raises(ConfigError, match=r"belongs to .*start once with that"):
        other.open()
    assert journal.left(tmp_path / "journal", "hue") != []


def test_what_the_database_does_not_take_is_set_aside_and_holds_up_nothing(url: str, open_store: Open, tmp_path: Path) -> None:
    first, *others = lived(url, tmp_path)
    twin = replace(mail(b"another"), id=first)  # that cannot be, and must not stop the others
    open_store().accept_now([passing(twin)])
    store = open_store(node="hue")
    assert {row.id for row in store.views.mails().rows} == {first, *others}
    (aside,) = (tmp_path / "journal" / "aside").iterdir()
    (record,) = journal.records([aside])
    assert record.kept.rows["mails"][0][0] == first
    assert store.views.raw(first) == twin.raw


def test_a_mail_that_is_promised_is_seen_by_whoever_looks(open_store: Open) -> None:
    """Also when the database is slow to get it: who reads waits."""
    store = open_store()
    many = letters(30)

    async def work() -> None:
        for letter in many:
            await store.accept([passing(letter)])
            assert await asyncio.to_thread(store.views.raw, letter.id) == letter.raw

    on_lane(store, work)


def test_a_person_can_do_something_about_a_mail_that_has_just_come(open_store: Open) -> None:
    store = open_store()
    plain = mail()

    async def work() -> None:
        await store.accept([passing(plain)])
        give_up = partial(store.move_delivery, f"{plain.id}-0", DeliveryEvent.GIVE_UP, by="thu.hang", now=NOON)
        await asyncio.to_thread(give_up)

    on_lane(store, work)
    assert state(store, plain) is DeliveryState.DEAD


# --- when the disk fails --------------------------------------------------------------------------------------------------


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


# --- what lies beside -----------------------------------------------------------------------------------------------------


def test_nobody_else_takes_a_journal_that_is_in_use(tmp_path: Path, open_store: Open) -> None:
    open_store(node="hue")
    (tmp_path / "other").mkdir()
    other = Store(
        url=f"sqlite:///{tmp_path}/other/vanthu.sqlite3",
        blobs=tmp_path / "other",
        journal=tmp_path / "journal",
        inline_bytes=16384,
        node="hue",
    )
    with pytest.raises(ConfigError, match="another gateway of this name has"):
        other.open()


def test_what_was_set_aside_is_tried_again_at_each_start(url: str, open_store: Open, tmp_path: Path) -> None:
    first, *_ = ids = lived(url, tmp_path)
    folder = tmp_path / "journal"
    (folder / "aside").mkdir()
    (folder / "hue.0.journal").rename(folder / "aside" / f"{first}.journal")
    store = open_store(node="hue")
    assert {row.id for row in store.views.mails().rows} == set(ids)
    assert journal.aside(folder) == []


def test_a_journal_that_cannot_be_read_is_kept(open_store: Open, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / "hue.0.journal").write_bytes(os.urandom(8192))
    open_store(node="hue")
    (kept_as,) = (tmp_path / "journal").glob("*.damaged")
    assert kept_as.stat().st_size == 8192
    assert str(kept_as) in caplog.text
