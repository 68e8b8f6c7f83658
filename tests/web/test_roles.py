"""Who may open and do what: every address of the console, as every role, against the one table."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask

from gateway.model import Account, Case
from gateway.roles import allows
from tests.web import sample, walk
from tests.web.conftest import Visitor
from tests.web.sample import AUDITOR, CLERK, HEAD_CLERK, LEADER, OFFICER, SCHOOL_CLERK, House

AsPerson = Callable[[Account], Visitor]
Remember = Callable[..., Case]


@pytest.fixture
def open_app(app: Flask) -> Flask:
    """The console without the token of forms: what is asked here is who, not from where."""
    app.config["WTF_CSRF_ENABLED"] = False
    return app


_FORM = {"answer": "same", "reason": "thử", "unit": "PGDCS"}  # enough for a form to be taken seriously


_THAT_IT_EXISTS = ("cases.one", "audit.of_case")


def _ask(visitor: Visitor, address: walk.Address) -> tuple[int, str, str]:
    response = visitor.client.open(
        address.path, method=address.method, data=_FORM if address.method == "POST" else None, buffered=True
    )
    return response.status_code, response.get_data().decode(errors="replace"), response.headers.get("Location", "")


def test_every_address_says_what_it_is_for(app: Flask) -> None:
    unsaid = [address.endpoint for address in walk.addresses(app) if not hasattr(address.view, "verb")]
    assert unsaid == [], "give each of them may(Verb.…) or anybody (web.auth)"


def test_every_address_follows_the_table(open_app: Flask, as_person: AsPerson) -> None:
    for account in (CLERK, HEAD_CLERK, LEADER, OFFICER, AUDITOR):
        assert _against_the_table(open_app, as_person(account), account) == [], account.role


def _against_the_table(app: Flask, person: Visitor, account: Account) -> list[tuple[str, str, int]]:
    wrong = []
    for address in walk.addresses(app):
        if address.endpoint.startswith("auth.") or address.verb is None:
            continue  # signing out in the middle would end the walk
        status, _, _ = _ask(person, address)
        if (status == 403) is allows(account, address.verb):
            wrong.append((address.method, address.path, status))
        assert status < 500, address
    return wrong


def test_strangers_get_no_further_than_the_sign_in_page(open_app: Flask, visitor: Visitor) -> None:
    for address in walk.addresses(open_app):
        status, _, location = _ask(visitor, address)
        if address.verb is not None:
            assert status == 401 or (status == 302 and location.startswith("/sign-in")), address


@pytest.mark.parametrize("account", [SCHOOL_CLERK], ids=lambda account: account.name)
def test_a_case_of_another_unit_does_not_exist_whatever_is_asked(
    open_app: Flask, as_person: AsPerson, remember: Remember, account: Account
) -> None:
    case, person = remember(sample.decision_case), as_person(account)
    asked = [*walk.having(open_app, "case_id", case.id), *walk.having(open_app, "mail_id", case.mail_id)]
    assert len(asked) > 15
    for address in asked:
        status, text, _ = _ask(person, address)
        assert status in (403, 404), address
        assert "518" not in text
        assert case.subject not in text


def test_a_sealed_case_shows_nothing_but_that_it_exists(open_app: Flask, as_person: AsPerson, remember: Remember) -> None:
    case = remember(sample.sealed_case)
    words = [word for word in re.findall(r"\w{5,}", sample.sealed_case(datetime.now(UTC)).subject)]
    for account in (CLERK, HEAD_CLERK, LEADER, OFFICER, AUDITOR):
        person = as_person(account)
        for address in walk.having(open_app, "case_id", case.id):
            status, text, _ = _ask(person, address)
            assert status in (200, 302, 400, 403, 404), address
            assert address.method == "POST" or status in (403, 404) or address.endpoint in _THAT_IT_EXISTS, address
            assert not any(word in text for word in words)
            assert "download" not in text


def test_a_head_clerk_sees_the_units_below_hers_and_decides_only_about_her_own(
    house: House, as_person: AsPerson, remember: Remember
) -> None:
    below = remember(sample.urgent_case)
    assert below.unit not in HEAD_CLERK.units
    head = as_person(HEAD_CLERK)
    assert head.get(f"/case/{below.id}").status_code == 200
    assert f"/case/{below.id}/approve" not in head.get(f"/case/{below.id}").text
    head.press(f"/case/{below.id}/approve")
    assert house.store.views.case(below.id).state == "waiting"


def test_a_head_clerk_says_who_looks_after_a_case_of_a_unit_below(
    house: House, as_person: AsPerson, remember: Remember
) -> None:
    below, head = remember(sample.urgent_case), as_person(HEAD_CLERK)
    head.get(f"/case/{below.id}")
    head.press(f"/case/{below.id}/assign", assignee=SCHOOL_CLERK.name)
    assert house.store.views.case(below.id).assignee == SCHOOL_CLERK.name


def test_a_plain_clerk_does_not_see_the_units_below_hers(as_person: AsPerson, remember: Remember) -> None:
    assert as_person(CLERK).get(f"/case/{remember(sample.urgent_case).id}").status_code == 404
