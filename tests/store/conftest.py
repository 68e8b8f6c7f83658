"""A store on each of the two databases, and the letters that the tests put into it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.store import Store
from tests.world.postgres import Postgres
from tests.world.prepared import sqlite_in


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL for all tests of this worker."""
    server = Postgres().start()
    yield server
    server.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of each kind, with nothing in its tables."""
    if request.param == "sqlite":
        yield sqlite_in(tmp_path)
        return
    server: Postgres = request.getfixturevalue("postgres")
    database = server.prepared_database()
    yield database
    server.give_back(database)


Open = Callable[..., Store]


@pytest.fixture
def open_store(url: str, tmp_path: Path) -> Iterator[Open]:
    """Open a store on the test's database, each time as another node unless a name is given; all are closed afterwards."""
    opened: list[Store] = []
    names = (f"node-{n}" for n in itertools.count(1))

    def open_one(*, node: str = "", inline_bytes: int = 16 * 1024) -> Store:
        store = Store(url=url, blobs=tmp_path / "blobs", inline_bytes=inline_bytes, node=node or next(names))
        store.open()
        opened.append(store)
        return store

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Open) -> Store:
    """An open store."""
    return open_store()
