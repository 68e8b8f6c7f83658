"""What a life promised and the database had not got yet: the next life finds it in the journal."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from gateway.errors import ConfigError
from gateway.lifecycle import DeliveryEvent, DeliveryState
from gateway.store import Store, journal
from tests.store.conftest import Open
from tests.store.lanes import letters, on_lane, state
from tests.store.letters import NOON, mail, passing

LARGE = 100_000


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
