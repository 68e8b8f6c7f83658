"""Opening: the schema, the node's name, and what a wrong setting is told."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from gateway.courier import Parcel
from gateway.errors import ConfigError, StoreUnavailable
from gateway.lifecycle import CaseEvent, CaseState, DeliveryState
from gateway.model import Case
from gateway.store import Store, migrations
from gateway.store.tables import SCHEMA, metadata
from tests.store.conftest import Open
from tests.store.letters import LEASE, NOON, captured, case, mail, passing
from tests.world.postgres import Postgres


def driver(url: str) -> str:
    """The URL as SQLAlchemy reads it without our help."""
    return url.replace("postgresql://", "postgresql+psycopg://")


def _known(name: str | None, kind: str, parent: object) -> bool:
    """All but the full text: how it is kept is another matter on each database (gateway.store.search_tables)."""
    return not (kind in ("table", "index") and re.match("(case|mail)_words|ix_(case|mail)_search_words", name or ""))


def test_the_migrations_make_exactly_the_tables(store: Store, url: str) -> None:
    engine = create_engine(driver(url))
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True, "include_name": _known}
        )
        assert compare_metadata(context, metadata) == []
    engine.dispose()
    assert store.views.mails().rows == ()


def test_the_schema_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_heads() == [SCHEMA]


def test_opening_again_keeps_everything(open_store: Open) -> None:
    first = open_store()
    letter = mail()
    first.accept_now([passing(letter)])
    first.close()
    assert open_store().views.raw(letter.id) == letter.raw


def test_a_schema_of_a_newer_program_is_refused_in_plain_words(open_store: Open, url: str) -> None:
    open_store().close()
    engine = create_engine(driver(url))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(ConfigError, match=r"'9999'.*newer"):
        open_store()


def test_two_gateways_of_one_name_are_refused_until_the_first_has_ended(open_store: Open) -> None:
    first = open_store(node="hue")
    with pytest.raises(ConfigError, match=r"'hue'.*already running"):
        open_store(node="hue")
    letter = mail()
    first.accept_now([passing(letter)])
    first.close()
    assert open_store(node="hue").views.raw(letter.id) == letter.raw


def test_the_name_of_a_node_may_be_anything(open_store: Open) -> None:
    store = open_store(node="../Sở GDĐT/1", inline_bytes=1)
    letter = mail()
    store.accept_now([passing(letter)])
    assert store.views.raw(letter.id) == letter.raw


@pytest.mark.parametrize("url", ["", "vanthu.sqlite3", "mysql://localhost/x", "sqlite://", "sqlite:///:memory:", "nosuch://x"])
def test_a_url_that_makes_no_sense_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\[store\] url"):
        Store(url=url, blobs=tmp_path / "blobs", inline_bytes=1, node="hue")


def test_a_database_that_does_not_answer_is_said_so(tmp_path: Path) -> None:
    store = Store(url=f"postgresql://postgres@/x?host={tmp_path}", blobs=tmp_path / "blobs", inline_bytes=1, node="hue")
    with pytest.raises(StoreUnavailable, match="cannot be opened"):
        store.open()


def test_a_folder_that_does_not_exist_yet_is_made(tmp_path: Path) -> None:
    store = Store(url=f"sqlite:///{tmp_path}/a/b/v.sqlite3", blobs=tmp_path / "c" / "d", inline_bytes=1, node="hue")
    store.open()
    store.accept_now([passing(mail())])
    store.close()
    assert (tmp_path / "a" / "b" / "v.sqlite3").exists()


def test_an_empty_database_gets_its_tables(postgres: Postgres, tmp_path: Path) -> None:
    store = Store(url=postgres.new_database(), blobs=tmp_path / "blobs", inline_bytes=1000, node="hue")
    store.open()
    letter = mail()
    store.accept_now([passing(letter)])
    assert store.views.raw(letter.id) == letter.raw
    store.close()


def test_when_another_file_lies_in_its_place_nothing_is_promised_until_the_right_one_is_back(tmp_path: Path) -> None:
    file, away = tmp_path / "v.sqlite3", tmp_path / "v.away"
    store = Store(url=f"sqlite:///{file}", blobs=tmp_path / "blobs", inline_bytes=1000, node="hue")
    store.open()
    store.accept_now([passing(mail())])
    file.rename(away)
    file.touch()
    time.sleep(0.3)
    with pytest.raises(StoreUnavailable, match="not the file that was opened"):
        store.accept_now([passing(mail())])
    away.replace(file)
    time.sleep(0.3)
    store.accept_now([passing(mail())])
    assert len(store.views.mails().rows) == 2
    store.close()


def test_when_another_file_lies_in_its_place_no_clerk_decides_and_no_delivery_is_claimed_or_begun(tmp_path: Path) -> None:
    file, away = tmp_path / "v.sqlite3", tmp_path / "v.away"
    store = Store(url=f"sqlite:///{file}", blobs=tmp_path / "blobs", inline_bytes=1000, node="hue")
    store.open()
    letter, through = mail(), mail()
    opened = case(letter)
    store.accept_now([captured(letter, opened), passing(through, state=DeliveryState.QUEUED)])
    file.rename(away)
    file.touch()
    time.sleep(0.3)

    def approve() -> Case:
        return store.move_case(opened.id, CaseEvent.APPROVE, by="hoa", detail={}, now=NOON)

    def claim() -> tuple[Parcel, ...]:
        return store.claim(couriers=["relay"], limit=9, now=NOON + LEASE, lease=LEASE)

    def begin() -> None:
        asyncio.run(store.begin(["x"], NOON))

    for act in (approve, claim, begin):
        with pytest.raises(StoreUnavailable, match="not the file that was opened"):
            act()
    away.replace(file)
    time.sleep(0.3)
    assert store.views.case(opened.id).state is CaseState.WAITING
    assert approve().state is CaseState.APPROVED
    assert [parcel.mail.id for parcel in claim()] == [through.id]
    store.close()


def test_a_start_leaves_the_full_log_of_a_killed_life_to_a_later_commit(open_store: Open) -> None:
    database = open_store()._database
    if not database.is_sqlite:
        return
    with database._writer.connect() as connection:
        pages = "PRAGMA wal_autocheckpoint"
        before = connection.exec_driver_sql(pages).scalar_one()
        with contextlib.suppress(OSError), database.opening(connection):
            during = connection.exec_driver_sql(pages).scalar_one()
            raise OSError
        assert during > before == connection.exec_driver_sql(pages).scalar_one()
