"""What one test did to its database of PostgreSQL, the next one that gets it does not see."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from gateway.store import Store
from tests.store.letters import mail, passing
from tests.world.postgres import Postgres


def test_a_database_that_was_used_is_empty_for_the_next_test(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.prepared_database()
    store = Store(url=url, blobs=tmp_path / "blobs", inline_bytes=1000, node="hue")
    store.open()
    store.accept_now([passing(mail())])
    store.close()
    with closing(psycopg.connect(url)) as forgotten:
        forgotten.execute("SELECT 1 FROM mails")
        postgres.give_back(url)
    assert postgres.prepared_database() == url
    with psycopg.connect(url) as connection:
        tables = [name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        rows = {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone() for name in tables}  # noqa: S608
        (numbers,) = connection.execute("SELECT count(last_value) FROM pg_sequences").fetchone() or (None,)
    assert {name for name, count in rows.items() if count != (0,)} == {"alembic_version"}
    assert numbers == 0


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE mails ADD COLUMN x integer",
        "CREATE TABLE x (id integer)",
        "DROP INDEX {index}",
        "UPDATE alembic_version SET version_num = '9999'",
    ],
)
def test_a_database_whose_tables_were_changed_is_given_to_nobody(postgres: Postgres, change: str) -> None:
    url = postgres.prepared_database()
    with psycopg.connect(url) as connection:
        (index,) = connection.execute(
            "SELECT min(indexname) FROM pg_indexes WHERE schemaname = 'public' AND indexname LIKE 'ix%'"
        ).fetchone() or ("",)
        connection.execute(change.format(index=index))
    postgres.give_back(url)
    assert postgres.prepared_database() != url
