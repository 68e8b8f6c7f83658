"""The scribe on PostgreSQL: a server that goes away costs nothing that was promised, and nobody reads its password."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from gateway.scribe.client import Scribe
from gateway.scribe.messages import Failed, NotAllChanged, Place
from tests.store.lanes import scribe_of, until
from tests.world.postgres import Postgres

INSERT = b"INSERT INTO words (id, word) VALUES ($1, $2)"
UPDATE = b"UPDATE words SET word = $1 WHERE word = $2"


@pytest.fixture
def server(postgres: Postgres) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection of somebody else's to a database that has a table of words."""
    url = postgres.new_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT NOT NULL)")
        yield connection
    postgres.drop_database(url)


def place_of(server: psycopg.Connection[tuple[object, ...]], *, node: str = "hue") -> Place:
    return Place(False, f"{server.info.dsn} password=mat-khau-9", (), b"", (), node)


@pytest.fixture
def scribe(server: psycopg.Connection[tuple[object, ...]]) -> Iterator[Scribe]:
    scribe = Scribe(place_of(server))
    yield scribe
    scribe.close()


def answer(scribe: Scribe) -> Exception | None:
    """What it says; ConnectionResetError when it has ended."""
    scribe.socket.settimeout(20)
    while data := scribe.socket.recv(4096):
        for said in scribe.came(data):
            return said.failure
    raise ConnectionResetError


def write(scribe: Scribe, number: int, *more: tuple[bytes, list[object], int]) -> Exception | None:
    scribe.socket.sendall(scribe.message([(INSERT, [number, "chữ"], -1), *more], durable=True))
    return answer(scribe)


def words(server: psycopg.Connection[tuple[object, ...]]) -> list[object]:
    return [number for (number,) in server.execute("SELECT id FROM words ORDER BY id")]


def backend_of(server: psycopg.Connection[tuple[object, ...]]) -> int:
    """The process of the server that serves the scribe."""
    others = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    ((number,),) = server.execute(others)
    assert isinstance(number, int)
    return number


def test_a_transaction_is_whole_or_not_at_all(scribe: Scribe, server: psycopg.Connection[tuple[object, ...]]) -> None:
    assert write(scribe, 1) is None
    again = write(scribe, 2, (INSERT, [1, "chữ"], -1))
    assert isinstance(again, Failed)
    assert (again.kind, again.code) == ("UniqueViolation", "23505")
    assert isinstance(write(scribe, 3, (UPDATE, ["mới", "cũ"], 1)), NotAllChanged)
    assert write(scribe, 4, (UPDATE, ["mới", "chữ"], 2)) is None
    assert words(server) == [1, 4]


def test_a_connection_that_was_lost_is_made_anew(scribe: Scribe, server: psycopg.Connection[tuple[object, ...]]) -> None:
    assert write(scribe, 1) is None
    process = scribe_of(os.getpid())
    server.execute("SELECT pg_terminate_backend(%s)", [backend_of(server)])
    lost = write(scribe, 2)
    assert isinstance(lost, Failed)  # for sure not written: it was not even begun
    assert write(scribe, 3) is None
    assert words(server) == [1, 3]
    assert scribe_of(os.getpid()) == process


def test_a_commit_that_nobody_saw_the_end_of_is_no_answer(
    scribe: Scribe, server: psycopg.Connection[tuple[object, ...]]
) -> None:
    server.execute(
        "CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NULL; END'"
    )
    server.execute(
        "CREATE CONSTRAINT TRIGGER lingers AFTER INSERT ON words DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION linger()"
    )
    scribe.socket.sendall(scribe.message([(INSERT, [1, "chữ"], -1)], durable=True))
    until(is_committing(server), within_s=20)
    server.execute("SELECT pg_terminate_backend(%s)", [backend_of(server)])
    with pytest.raises(ConnectionResetError):
        answer(scribe)


def is_committing(server: psycopg.Connection[tuple[object, ...]]) -> Callable[[], bool]:
    asked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query = 'COMMIT'"
    return lambda: server.execute(asked).fetchone() == (1,)


def test_only_one_scribe_of_a_node_writes(scribe: Scribe, server: psycopg.Connection[tuple[object, ...]]) -> None:
    assert write(scribe, 1) is None
    second, of_another_node = Scribe(place_of(server)), Scribe(place_of(server, node="vinh"))
    assert "another scribe of hue writes into this database" in str(write(second, 2))
    assert write(of_another_node, 3) is None
    assert words(server) == [1, 3]
    for each in (second, of_another_node):
        each.close()


def test_its_password_does_not_stand_among_its_arguments(scribe: Scribe) -> None:
    assert write(scribe, 1) is None
    process = Path(f"/proc/{scribe_of(os.getpid())}")
    assert b"mat-khau-9" not in (process / "cmdline").read_bytes() + (process / "environ").read_bytes()


def test_while_there_is_no_server_it_says_so() -> None:
    scribe = Scribe(Place(False, "host=127.0.0.1 port=1 connect_timeout=2", (), b"", ()))
    for number in (1, 2):
        failure = write(scribe, number)
        assert isinstance(failure, Failed)
        assert failure.kind == "OperationalError"
    scribe.close()
