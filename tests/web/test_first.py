"""The form of the first officer, and the page of what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.model import Account, Role
from tests.web.conftest import TwoPages, Visitor
from tests.web.sample import CLERK, OFFICER, House
from web import create_app

PASSWORD = "một câu dài dễ nhớ"  # noqa: S105 - of a made-up person


@pytest.fixture
def new_house(tmp_path: Path) -> Iterator[House]:
    """One without people."""
    made = House(tmp_path, TwoPages())
    made.store.open()
    yield made
    made.store.close()


def _try(visitor: Visitor, **fields: str) -> int:
    visitor.get("/first")
    given = {"name": "it.officer", "full_name": "Ngô Văn Minh", "password": PASSWORD, "again": PASSWORD, **fields}
    return visitor.press("/first", **given).status_code


def test_only_the_code_makes_the_first_officer_and_only_once(new_house: House) -> None:
    code, visitor = new_house.first_visit.open(), Visitor(create_app(new_house).test_client())
    assert _try(visitor, code="wrong") == 422
    assert _try(visitor, code=code, again="anders") == 422
    assert _try(visitor, code=code, **dict.fromkeys(("password", "again"), "short")) == 422
    assert _try(visitor, code=code, name="Không Được") == 422
    assert new_house.store.accounts() == ()
    assert _try(visitor, code=code.upper()) == 302
    (account,) = new_house.store.accounts()
    assert (account.role, account.must_change) == (Role.OFFICER, False)
    assert visitor.get("/start").status_code == 200
    stranger = Visitor(create_app(new_house).test_client())
    assert stranger.get(f"/first?code={code}").status_code == 302
    assert new_house.first_visit.open() == ""


def test_where_somebody_runs_the_gateway_there_is_no_first_visit(house: House, visitor: Visitor) -> None:
    assert house.first_visit.open() == ""
    assert visitor.get("/first").headers["Location"] == "/sign-in"


def test_the_start_page_says_what_is_missing_and_is_the_officers(as_person: Callable[[Account], Visitor]) -> None:
    page = as_person(OFFICER).get("/start").text
    assert "Máy chủ thư kế tiếp" in page
    assert "Danh bạ còn là đơn vị mẫu" not in page
    assert as_person(CLERK).get("/start").status_code == 403


def test_a_test_mail_without_addresses_or_a_door_is_not_sent(as_person: Callable[[Account], Visitor], house: House) -> None:
    officer = as_person(OFFICER)
    officer.get("/start")
    assert officer.press("/start/test", sender="x", to="y").status_code == 422
    house.door = ("127.0.0.1", 1)
    assert "Kết nối với cổng nhận thư" in officer.press("/start/test", sender="a@b.example", to="c@d.example").text
