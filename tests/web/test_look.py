"""Light, dark or as the machine is; and the bar with its pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.model import Account
from gateway.roles import allows
from tests.web.conftest import Visitor
from tests.web.sample import AUDITOR, CLERK, LEADER, OFFICER
from web.navigation import PAGES, pages_for
from web.remembered import COOKIES

AsPerson = Callable[[Account], Visitor]
STATIC = Path(__file__).parents[2] / "web" / "static"


@pytest.mark.parametrize(
    ("look", "linked"), [("auto", 'media="(prefers-color-scheme: dark)"'), ("dark", 'media="all"'), ("light", "")]
)
def test_the_look_that_somebody_chose_is_kept(as_person: AsPerson, look: str, linked: str) -> None:
    clerk = as_person(CLERK)
    clerk.get("/cases?tab=all")
    answer = clerk.press("/look", look=look, back="/cases?tab=all")
    assert answer.headers["Location"] == "/cases?tab=all"
    page = clerk.get("/cases").text
    assert linked in page
    assert ("dark.css" in page) == bool(linked)
    assert 'aria-pressed="true"' in page


def test_look_and_language_go_with_the_account_to_every_device(as_person: AsPerson) -> None:
    desk = as_person(CLERK)
    desk.get("/cases")
    desk.press("/look", look="dark")
    desk.press("/language", language="en")
    telephone = as_person(CLERK)  # a browser without a cookie of ours
    page = telephone.get("/cases").text
    assert '<html lang="en"' in page
    assert 'media="all"' in page
    other = as_person(LEADER).get("/cases").text
    assert '<html lang="vi"' in other
    assert 'media="all"' not in other


def test_what_a_browser_remembers_holds_for_strangers_and_for_accounts_that_have_not_chosen(as_person: AsPerson) -> None:
    clerk, leader = as_person(CLERK), as_person(LEADER)
    clerk.get("/cases")
    clerk.press("/language", language="vi")
    for visitor in (clerk, leader):
        visitor.client.set_cookie(COOKIES["language"], "en")
    assert '<html lang="vi"' in clerk.get("/cases").text
    assert '<html lang="en"' in leader.get("/cases").text
    clerk.press("/sign-out")
    assert '<html lang="en"' in clerk.get("/sign-in").text


def test_a_look_that_does_not_exist_changes_nothing_and_the_way_back_leads_nowhere_else(as_person: AsPerson) -> None:
    clerk = as_person(CLERK)
    clerk.get("/cases")
    assert clerk.press("/look", look="hong").status_code == 400
    assert clerk.press("/look", look="dark", back="//elsewhere.example/").headers["Location"] == "/"


def test_the_dark_sheet_gives_another_value_to_every_colour_that_must_have_one() -> None:
    stays = {"--on-deep", "--on-deep-soft", "--sun", "--on-fill", "--radius", "--gap"}
    assert _named(STATIC / "console.css") - stays == _named(STATIC / "dark.css")


def _named(sheet: Path) -> set[str]:
    text = sheet.read_text(encoding="utf-8")
    root = text[text.index(":root {") : text.index("}", text.index(":root {"))]
    return {line.split(":")[0].strip() for line in root.splitlines()[1:] if line.strip()}


@pytest.mark.parametrize("account", [CLERK, LEADER, OFFICER, AUDITOR])
def test_everybody_sees_the_pages_of_his_role_and_each_of_them_opens(as_person: AsPerson, account: Account) -> None:
    visitor = as_person(account)
    page = visitor.get("/cases").text
    for group in PAGES:
        for entry in group.entries:
            with visitor.client.application.test_request_context():
                address = visitor.client.application.url_for(entry.endpoint)
            assert (f'href="{address}"' in page) == (allows(account, entry.verb)), entry.title
            if allows(account, entry.verb):
                assert visitor.get(address).status_code == 200


def test_a_group_of_one_page_is_that_page_by_itself() -> None:
    for account in (CLERK, OFFICER):
        assert all(not group.title for group in pages_for(account) if len(group.entries) == 1)
    assert "Hệ thống" in [group.title for group in pages_for(OFFICER)]
