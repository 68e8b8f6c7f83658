"""The files of the journal: what was written is read again, up to where a power cut tore it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gateway.store import journal
from gateway.store.journal import Journal, Kept

COLUMNS = {"mails": ["id", "digest"]}


def new_journal(folder: Path, name: str = "hue") -> Journal:
    made = Journal(folder, name=name, database="sqlite:///hue.sqlite3", columns=COLUMNS)
    made.open()
    return made


def kept(word: str) -> Kept:
    return Kept({"mails": [(word, "")]})


def words(folder: Path, name: str = "hue") -> list[str]:
    return [record.kept.rows["mails"][0][0] for record in journal.records(journal.left(folder, name))]


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
