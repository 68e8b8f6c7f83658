"""The pages in English, all of them: what is left in Vietnamese on them is data (names, documents, reasons of rules)."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from html import unescape
from pathlib import Path

import msgspec
import pytest
from flask import Flask

from tests.web import sample
from tests.web.conftest import TwoPages, Visitor
from tests.web.sample import DIRECTORY, House
from tools import picture_console
from tools.picture_console import SHOTS, Shot
from web import create_app
from web.remembered import COOKIES

_SHOWN_ATTRIBUTES = re.compile(r'\s(?:title|alt|placeholder|aria-label|data-label)="([^"]*)"')
# Neighbouring words with Vietnamese letters in them; texts of the console have those in every few words.
_VIETNAMESE = re.compile(r"[\w-]*[À-ỹĐđ][\w-]*(?: [\w-]*[À-ỹĐđ][\w-]*)*")
_LANGUAGE_SWITCH = "Tiếng Việt"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The house of the pictures, without children that draw."""
    made = House(tmp_path_factory.mktemp("house"), TwoPages())
    made.store.open()
    sample.people(made.store)
    yield made
    made.store.close()


@pytest.fixture(scope="module")
def ids(house: House) -> dict[str, str]:
    """Its cases."""
    return picture_console.fill(house)


@pytest.fixture(scope="module")
def app(house: House) -> Flask:
    """Its console."""
    return create_app(house)


@pytest.fixture(scope="module")
def data(house: House, ids: dict[str, str]) -> str:
    """All that stands in store, directory and policy."""
    with closing(sqlite3.connect(Path(house.settings.base) / sample.DATABASE)) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = [str(row) for table in tables for row in database.execute(f'SELECT * FROM "{table}"')]  # noqa: S608 - our own names
    about = msgspec.json.encode((msgspec.to_builtins(DIRECTORY.organisation_rows), DIRECTORY.offices, house.policy().rules))
    cases = [msgspec.json.encode(house.store.views.case(case_id)).decode() for name, case_id in ids.items() if name != "mail"]
    text = "\n".join([*rows, *cases, about.decode()])
    return " ".join(re.sub(r"\\+n|,", " ", text).lower().split())


def _shown(page: str) -> Iterator[str]:
    """The texts of a page that people read or hear, but not what is written in files."""
    page = re.sub(r"<(script|style|pre|textarea)\b.*?</\1>", " ", page, flags=re.S)
    yield from (unescape(text) for text in _SHOWN_ATTRIBUTES.findall(page))
    yield from (" ".join(unescape(text).split()) for text in re.split(r"<[^>]*>", page))


@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.name)
def test_a_page_in_english_has_vietnamese_in_its_data_alone(app: Flask, ids: dict[str, str], data: str, shot: Shot) -> None:
    visitor = Visitor(app.test_client())
    visitor.client.set_cookie(COOKIES["language"], "en")
    if shot.account is not None:
        visitor.sign_in(shot.account.name)
    answer = visitor.get(shot.path.format(**ids))
    assert answer.status_code == 200
    left = {found for text in _shown(answer.text) for found in _VIETNAMESE.findall(text) if found.lower() not in data}
    assert left <= {_LANGUAGE_SWITCH}
