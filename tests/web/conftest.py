"""A console over a real store, and visitors who click as a browser would: with the token of the form they saw."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache
from PIL import Image
from playwright.sync_api import Browser, sync_playwright
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from gateway.directory.sheets import rows_in
from gateway.documents.outline import layers_of
from gateway.documents.showing import shown_words, taken_out
from gateway.documents.text import Unreadable
from gateway.errors import NotFound, VanthuError
from gateway.layers import Layers
from gateway.model import Account, Case
from gateway.store import Acceptance
from tests.web import sample
from tests.web.sample import House
from tests.web.seat import SIZES, Seat
from web import create_app
from web.context import PageDrawer
from web.server import serve


class Compiled(BytecodeCache):
    """Templates that were compiled once, for all the apps of these tests: to compile them costs more than to show them."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """What is known of it; a changed source is found by its checksum."""
        if bucket.key in self._known:
            bucket.bytecode_from_string(self._known[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it."""
        self._known[bucket.key] = bucket.bytecode_to_string()


Flask.jinja_options = {"bytecode_cache": Compiled()}


class Builders:
    """What builds the addresses of two hundred routes, compiled once in the same way: each app took a tenth of a second."""

    def __init__(self, build: Callable[..., Callable[..., tuple[str, str]]]) -> None:
        self._build = build
        self._known: dict[tuple[str, str, str, bool], Callable[..., tuple[str, str]]] = {}

    def of(self, rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        """The builder of a rule."""
        key = (rule.rule, str(rule._trace), str(rule.defaults), append_unknown)
        if key not in self._known:
            self._known[key] = self._build(rule, append_unknown)
        return self._known[key]


_builders = Builders(Rule._compile_builder)
Rule._compile_builder = lambda rule, append_unknown=True: _builders.of(rule, append_unknown)  # type: ignore[assignment, method-assign]


class TwoPages:
    """Draws blank pages: every PDF has two.  Remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[bytes, int]] = []

    def page_image(self, data: bytes, page: int, width_px: int) -> bytes:
        """A white page of the wanted width."""
        self.asked.append((data, page))
        if page > 2:
            raise NotFound(f"no page {page}")
        out = io.BytesIO()
        Image.new("L", (width_px, width_px * 297 // 210), 255).save(out, "PNG")
        return out.getvalue()

    def file_in(self, raw: bytes, way: Sequence[str]) -> bytes:
        """What the children do, without children."""
        try:
            return taken_out(raw, way)
        except LookupError as error:
            raise NotFound("no such file") from error

    def rows_of(self, data: bytes, sheet: str = "") -> list[list[str]]:
        """The same."""
        return rows_in(data, sheet=sheet)

    def layers_of(self, raw: bytes) -> Layers:
        """The same."""
        return layers_of(raw)

    def words_of(self, data: bytes, media: str) -> str:
        """The same."""
        try:
            return shown_words(media, data)
        except Unreadable as problem:
            raise VanthuError(problem.reason) from problem


class Visitor:
    """Somebody with a browser."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self._page = ""

    def get(self, address: str) -> TestResponse:
        """Open a page."""
        response = self.client.get(address, buffered=True)
        if response.mimetype == "text/html":
            self._page = response.text
        return response

    def press(self, address: str, **fields: str | list[str]) -> TestResponse:
        """Send a form of the page that is open."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self._page)
        assert token, "the open page has no form"
        return self.client.post(address, data={"csrf_token": token[1], **fields})

    def sign_in(self, name: str, password: str = sample.PASSWORD, *, then: str = "") -> TestResponse:
        """Sign in by the form."""
        self.get("/sign-in")
        return self.press("/sign-in" + (f"?next={then}" if then else ""), name=name, password=password)


@pytest.fixture
def drawer() -> TwoPages:
    """Stands for the inspector's children."""
    return TwoPages()


@pytest.fixture(scope="session")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its tables and people, made once: each test gets a copy."""
    folder = tmp_path_factory.mktemp("new")
    house = House(folder, TwoPages())
    house.store.open()
    sample.people(house.store)
    house.store.close()
    return folder / sample.DATABASE


@pytest.fixture
def house(tmp_path: Path, drawer: PageDrawer, new_database: Path) -> Iterator[House]:
    """A gateway with its people and an empty store."""
    shutil.copy(new_database, tmp_path / sample.DATABASE)
    house = House(tmp_path, drawer)
    house.store.open()
    yield house
    house.store.close()


@pytest.fixture
def app(house: House) -> Flask:
    """The console of the house."""
    return create_app(house)


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    """Somebody who has not signed in."""
    return Visitor(app.test_client())


@pytest.fixture
def as_person(app: Flask) -> Callable[[Account], Visitor]:
    """Somebody who has signed in: ``as_person(CLERK)``."""

    def sign_in(account: Account) -> Visitor:
        visitor = Visitor(app.test_client())
        assert visitor.sign_in(account.name).status_code == 302
        return visitor

    return sign_in


@pytest.fixture
def now() -> datetime:
    """This moment."""
    return datetime.now(UTC)


@pytest.fixture
def remember(house: House) -> Callable[..., Case]:
    """Put a mail with its case into the store: ``remember(sample.decision_case)``."""

    def put(make: Callable[[datetime], Acceptance], *, ago: timedelta = timedelta(minutes=10)) -> Case:
        acceptance = make(datetime.now(UTC) - ago)
        house.store.accept_now([acceptance])
        return sample.case_of(acceptance)

    return put


# --- in a browser -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield browser
        browser.close()


@pytest.fixture
def console(app: Flask) -> Iterator[str]:
    """The address of the running console."""
    running = serve(app, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{running.port}"
    running.close()


@pytest.fixture(params=SIZES)
def seat(request: pytest.FixtureRequest, chromium: Browser, console: str) -> Iterator[Seat]:
    """A person at a desk, and one with a phone."""
    width, height = SIZES[request.param]
    context = chromium.new_context(viewport={"width": width, "height": height}, locale="vi-VN")
    seat = Seat(context.new_page(), console, request.param)
    yield seat
    context.close()
    assert seat.complaints == []  # also of what came after the last look
