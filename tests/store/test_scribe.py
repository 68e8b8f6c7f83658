"""The scribe: a process that does a transaction whole or not at all, and lives as long as its writer."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.scribe.client import Scribe
from gateway.scribe.messages import Failed, NotAllChanged, Place
from tests.store.lanes import holding_its_breath, scribe_of, scribes_of, state_of, until

INSERT = "INSERT INTO words (id, word) VALUES (?, ?)"
UPDATE = "UPDATE words SET word = ? WHERE word = ?"

Step = tuple[str, list[Any], int]


def place_of(database: Path) -> Place:
    return Place(is_sqlite=True, database=str(database), tables=(), settle="", delivery=())


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "words.sqlite3"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT NOT NULL)")
    return path


@pytest.fixture
def scribe(database: Path) -> Iterator[Scribe]:
    scribe = Scribe(place_of(database))
    yield scribe
    scribe.close()


def words(database: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return [word for (word,) in connection.execute("SELECT word FROM words ORDER BY id")]


def word(number: int, text: str = "chữ") -> Step:
    return (INSERT, [number, text], -1)


def answer(scribe: Scribe) -> Exception | None:
    scribe.socket.settimeout(10)
    while True:
        data = scribe.socket.recv(1)  # in the smallest pieces
        assert data, "the scribe is gone"
        for said in scribe.came(data):
            return said.failure


def write(scribe: Scribe, *steps: Step) -> Exception | None:
    scribe.socket.sendall(scribe.message(steps, durable=True))
    return answer(scribe)


def test_a_transaction_is_there_when_the_answer_comes(scribe: Scribe, database: Path) -> None:
    assert write(scribe, word(1, "công"), word(2, "văn")) is None
    assert words(database) == ["công", "văn"]


@pytest.mark.root  # strace may not look at a process that is not its child otherwise
@pytest.mark.parametrize("durable", [True, False])
def test_the_sync_waits_for_the_disk_only_when_asked(scribe: Scribe, database: Path, durable: bool) -> None:
    write(scribe, word(1))  # it is awake
    with subprocess.Popen(
        ["strace", "-f", "-e", "trace=fsync,fdatasync", "-p", str(scribe_of(os.getpid()))], stderr=subprocess.PIPE, text=True
    ) as strace:
        assert strace.stderr is not None
        assert "attached" in strace.stderr.readline()
        scribe.socket.sendall(scribe.message([word(2)], durable=durable))
        assert answer(scribe) is None
        strace.send_signal(signal.SIGINT)
        assert ("sync(" in strace.stderr.read()) is durable
    assert len(words(database)) == 2


def test_a_text_travels_once(scribe: Scribe, database: Path) -> None:
    first, second = (scribe.message([word(n)], durable=True) for n in (1, 2))
    assert INSERT.encode() in first
    assert INSERT.encode() not in second
    scribe.socket.sendall(first + second)
    assert (answer(scribe), answer(scribe)) == (None, None)
    assert len(words(database)) == 2


def test_when_too_few_rows_change_nothing_is_done(scribe: Scribe, database: Path) -> None:
    write(scribe, word(1, "cũ"), word(2, "cũ"))
    failure = write(scribe, word(3, "mới"), (UPDATE, ["mới", "cũ"], 3), word(4))
    assert isinstance(failure, NotAllChanged)
    assert words(database) == ["cũ", "cũ"]
    assert write(scribe, (UPDATE, ["mới", "cũ"], 2)) is None
    assert words(database) == ["mới", "mới"]


def test_a_broken_rule_comes_back_as_sqlite_says_it_and_nothing_is_done(scribe: Scribe, database: Path) -> None:
    write(scribe, word(1))
    failure = write(scribe, word(2), word(1))
    assert isinstance(failure, Failed)
    assert str(failure) == "IntegrityError: UNIQUE constraint failed: words.id"
    assert (failure.kind, failure.code) == ("IntegrityError", "SQLITE_CONSTRAINT_PRIMARYKEY")
    assert len(words(database)) == 1
    assert write(scribe, word(2)) is None


@pytest.mark.parametrize("value", [2**80, "nửa \ud800 chữ"], ids=["a number too large", "half a pair"])
def test_a_value_that_no_database_takes_is_answered_and_the_scribe_goes_on(
    scribe: Scribe, database: Path, value: object
) -> None:
    failure = write(scribe, word(1), (INSERT, [2, value], -1))
    assert failure is not None
    assert words(database) == []
    assert write(scribe, word(1)) is None


def test_what_was_sent_is_done_even_when_the_writer_goes_at_once(database: Path) -> None:
    scribe = Scribe(place_of(database))
    scribe.socket.sendall(scribe.message([word(n) for n in range(1000)], durable=True))
    scribe.close()
    assert len(words(database)) == 1000
    assert scribes_of(os.getpid()) == []


def test_half_a_message_is_nothing(database: Path) -> None:
    scribe = Scribe(place_of(database))
    whole = scribe.message([word(1), word(2)], durable=True)
    scribe.socket.sendall(whole[:-1])
    scribe.close()
    assert words(database) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_stops_the_gateway_does_not_stop_the_scribe(scribe: Scribe, database: Path, number: signal.Signals) -> None:
    write(scribe, word(1))
    os.kill(scribe_of(os.getpid()), number)
    assert write(scribe, word(2)) is None
    assert len(words(database)) == 2


def test_a_scribe_that_is_killed_is_a_connection_that_ends(database: Path) -> None:
    scribe = Scribe(place_of(database))
    write(scribe, word(1))
    process = scribe_of(os.getpid())
    with holding_its_breath(process):
        scribe.socket.sendall(scribe.message([word(2)], durable=True))
        os.kill(process, signal.SIGKILL)
        with pytest.raises(ConnectionError):
            ended(scribe.socket)
    scribe.close()
    assert len(words(database)) == 1


def ended(connection: socket.socket) -> None:
    connection.settimeout(10)
    if not connection.recv(1):
        raise ConnectionResetError


WRITER = """
import sys, time
from gateway.scribe.client import Scribe
from gateway.scribe.messages import Place

scribe = Scribe(Place(True, sys.argv[1], (), "", ()))
print("ready", flush=True)
time.sleep(60)
"""


def test_when_its_writer_is_killed_the_scribe_ends(database: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(database)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        process = scribe_of(writer.pid)
        writer.kill()
        until(lambda: state_of(process) in ("", "Z"))
