"""Signing in and out, passwords, throttle, and what each role may see."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from gateway.model import Account, Case, Event
from tests.web import sample
from tests.web.conftest import Visitor
from tests.web.sample import AUDITOR, CLERK, LEADER, OFFICER, SCHOOL_CLERK, House
from web.auth import possible_acts
from web.paths import local_path

AsPerson = Callable[[Account], Visitor]


@pytest.mark.parametrize("address", ["/", "/cases", "/mails", "/deliveries", "/password", "/case/01ARZ3NDEKTSV4RRFFQ69G5FAV"])
def test_a_stranger_is_asked_to_sign_in(visitor: Visitor, address: str) -> None:
    response = visitor.get(address)
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/sign-in")


def test_a_clerk_signs_in_and_stands_before_her_queue(visitor: Visitor) -> None:
    response = visitor.sign_in(CLERK.name)
    assert response.headers["Location"] == "/"
    assert visitor.get("/").headers["Location"] == "/cases"
    assert "Trần Thu Hương" in visitor.get("/cases").text


def test_an_officer_works_on_deliveries_first(as_person: AsPerson) -> None:
    assert as_person(OFFICER).get("/").headers["Location"] == "/deliveries"


def test_a_phone_that_begins_with_a_capital_letter_signs_in_too(visitor: Visitor) -> None:
    assert visitor.sign_in("Vanthu.so ").status_code == 302


@pytest.mark.parametrize(
    ("name", "password"), [(CLERK.name, "sai mat khau"), ("khong.co", sample.PASSWORD), ("", ""), ("a\0b", "x")]
)
def test_a_wrong_name_and_a_wrong_password_look_alike(visitor: Visitor, name: str, password: str) -> None:
    response = visitor.sign_in(name, password)
    assert response.status_code == 401
    assert "Tên đăng nhập hoặc mật khẩu chưa đúng" in response.text
    assert visitor.get("/cases").status_code == 302


def test_a_closed_account_does_not_sign_in(house: House, visitor: Visitor) -> None:
    account = house.store.account(CLERK.name)
    assert account is not None
    house.store.put_account(msgspec.structs.replace(account, active=False))
    assert visitor.sign_in(CLERK.name).status_code == 401


def test_closing_an_account_ends_its_session(house: House, as_person: AsPerson) -> None:
    clerk = as_person(CLERK)
    account = house.store.account(CLERK.name)
    assert account is not None
    house.store.put_account(msgspec.structs.replace(account, active=False))
    assert clerk.get("/cases").status_code == 302


def test_the_tenth_wrong_password_closes_the_door_for_a_while(visitor: Visitor) -> None:
    answers = [visitor.sign_in(CLERK.name, "sai").status_code for _ in range(11)]
    assert answers == [401] * 10 + [429]
    refused = visitor.sign_in(CLERK.name)
    assert refused.status_code == 429
    assert "Đã thử quá nhiều lần" in refused.text


def test_signing_in_correctly_is_not_counted(visitor: Visitor) -> None:
    for _ in range(12):
        assert visitor.sign_in(CLERK.name).status_code == 302
        visitor.client.delete_cookie("vanthu")


def test_signing_in_is_told_to_the_story(tmp_path: Path, as_person: AsPerson) -> None:
    as_person(CLERK)
    with contextlib.closing(sqlite3.connect(tmp_path / sample.DATABASE)) as database:
        told = database.execute("SELECT actor, detail FROM stories WHERE event = ?", (Event.SIGNED_IN,)).fetchall()
    assert told == [(CLERK.name, '{"peer":"127.0.0.1","way":"password"}')]


def test_signing_out_ends_the_session(as_person: AsPerson) -> None:
    clerk = as_person(CLERK)
    clerk.get("/cases")
    assert clerk.press("/sign-out").headers["Location"] == "/sign-in"
    assert clerk.get("/cases").status_code == 302


def test_after_signing_in_the_wanted_page_opens(visitor: Visitor) -> None:
    assert visitor.sign_in(CLERK.name, then="/cases?tab=all").headers["Location"] == "/cases?tab=all"


@pytest.mark.parametrize(
    "wanted",
    [
        "https://xau.example/",
        "//xau.example",
        "/\\xau.example",
        "javascript:alert(1)",
        "cases",
        "",
        "/a\nb",
        "http:/xau",
        "/\t/x",
    ],
)
def test_signing_in_never_leads_to_another_site(wanted: str) -> None:
    assert local_path(wanted) == ""


def test_one_changes_ones_own_password_and_other_sessions_end(as_person: AsPerson, visitor: Visitor) -> None:
    here, elsewhere = as_person(CLERK), as_person(CLERK)
    here.get("/password")
    changed = here.press("/password", old=sample.PASSWORD, new="mot cau dai de nho", again="mot cau dai de nho")
    assert changed.status_code == 302
    assert here.get("/cases").status_code == 200
    assert elsewhere.get("/cases").status_code == 302
    assert visitor.sign_in(CLERK.name, "mot cau dai de nho").status_code == 302


@pytest.mark.parametrize(
    ("old", "new", "again", "problem"),
    [
        ("sai", "mot cau dai de nho", "mot cau dai de nho", "Mật khẩu hiện tại chưa đúng"),
        (sample.PASSWORD, "mot cau dai de nho", "mot cau khac han", "không giống nhau"),
        (sample.PASSWORD, "ngan", "ngan", "từ 10 đến 200 ký tự"),
        (sample.PASSWORD, sample.PASSWORD, sample.PASSWORD, "không được trùng"),
    ],
)
def test_a_poor_change_of_password_says_why(as_person: AsPerson, old: str, new: str, again: str, problem: str) -> None:
    clerk = as_person(CLERK)
    clerk.get("/password")
    response = clerk.press("/password", old=old, new=new, again=again)
    assert response.status_code in (400, 401)
    assert problem in response.text


@pytest.mark.parametrize("account", [CLERK, SCHOOL_CLERK, LEADER])
@pytest.mark.parametrize("address", ["/mails", "/deliveries"])
def test_lists_of_all_mail_are_for_officer_and_auditor(as_person: AsPerson, account: Account, address: str) -> None:
    assert as_person(account).get(address).status_code == 403


@pytest.mark.parametrize("account", [OFFICER, AUDITOR])
@pytest.mark.parametrize("address", ["/mails", "/deliveries", "/cases"])
def test_officer_and_auditor_see_every_list(as_person: AsPerson, account: Account, address: str) -> None:
    assert as_person(account).get(address).status_code == 200


@pytest.mark.parametrize("account", [LEADER, OFFICER, AUDITOR, SCHOOL_CLERK])
def test_only_a_clerk_of_the_unit_decides(remember: Callable[..., Case], account: Account) -> None:
    case = remember(sample.decision_case)
    assert possible_acts(account, case) == frozenset()
    assert possible_acts(CLERK, case) == {"approve", "release", "return", "withdraw", "transfer", "receive"}


def test_nobody_decides_a_sealed_case(remember: Callable[..., Case]) -> None:
    assert possible_acts(CLERK, remember(sample.sealed_case)) == frozenset()
