"""Every page of the console that is a list is there as JSON and CSV, by the same rights: a walk over all addresses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from gateway.model import Account, Case, Event, Story
from tests.web import sample, walk
from tests.web.conftest import Visitor
from tests.web.sample import CLERK, OFFICER, House
from web.auth import verb_of
from web.small_lists import LISTS

AsPerson = Callable[[Account], Visitor]

# Pages without an id in their address that are no lists.
NO_LISTS = frozenset(
    {
        "home", "first.first", "start.start", "my_mail.ask", "auth.password", "auth.sign_in", "sign_in.code", "oidc.go",
        "oidc.back", "own.account", "campaigns.new", "health.health", "metrics.metrics", "statistics.overview",
        "statistics.statistics", "statistics.shift", "system.system", "api.page", "api.document", "auth.code", "first.start",
    }
)  # fmt: skip


def test_no_list_is_without_its_files(app: Flask) -> None:
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and not rule.arguments]
    paths = {rule.rule for rule in rules}
    lists = [r for r in rules if "." not in r.rule and not r.rule.startswith("/api/") and r.endpoint not in NO_LISTS]
    assert len(lists) > 15
    assert [rule.rule for rule in lists if not {f"{rule.rule}.json", f"{rule.rule}.csv"} <= paths] == []


def test_a_list_has_the_rights_of_its_page(app: Flask) -> None:
    verbs = {address.path: address.verb for address in walk.addresses(app) if address.method == "GET"}
    for path, verb in verbs.items():
        page, _, ending = path.rpartition(".")
        if ending in ("json", "csv") and page in verbs:
            assert verb is verbs[page], path
    assert all(verb_of(app.view_functions[each.page]) is each.verb for each in LISTS)


@pytest.mark.parametrize("who", [OFFICER, CLERK], ids=lambda who: who.name)
def test_each_list_opens_in_both_forms_or_is_refused_as_its_page_is(
    app: Flask, as_person: AsPerson, remember: Callable[..., Case], who: Account
) -> None:
    remember(sample.decision_case)
    reader = as_person(who)
    for each in LISTS:
        status = reader.get(each.path).status_code
        data, table = reader.get(f"{each.path}.json"), reader.get(f"{each.path}.csv")
        assert (data.status_code, table.status_code) == (status, status), each.path
        if status == 200:
            assert set(data.get_json()) == {"rows", "next"}
            assert table.data.startswith("\ufeff".encode()), each.path
            assert f'href="{each.path}.csv' in reader.get(each.path).text, each.path


def test_the_table_of_a_month_is_there_as_data(as_person: AsPerson) -> None:
    assert set(as_person(CLERK).get("/month.json").get_json()) == {"rows", "next"}


def test_the_audit_is_read_page_by_page_with_its_filters(as_person: AsPerson, house: House) -> None:
    start = datetime.now(UTC) - timedelta(minutes=5)
    for n in range(120):
        house.store.tell(Story(at=start + timedelta(seconds=n // 3), event=Event.SEEN, actor="=ai", detail={"what": str(n)}))
    officer, address, found = as_person(OFFICER), "/audit.json?actor=%3Dai", []
    while address:
        page = officer.get(address).get_json()
        found += [row["id"] for row in page["rows"]]
        address = page["next"]
    assert len(found) == len(set(found)) == 120
    assert found == sorted(found, reverse=True)
    assert "'=ai" in officer.get("/audit.csv?actor=%3Dai").text


def test_a_sealed_case_says_nothing_in_any_list(as_person: AsPerson, remember: Callable[..., Case]) -> None:
    case = remember(sample.sealed_case)
    for who in (CLERK, OFFICER):
        reader = as_person(who)
        for address in ("/cases.csv?tab=sealed", "/cases.json?tab=sealed", "/statistics/cases.csv", "/statistics/cases.json"):
            text = reader.get(address).text
            assert case.subject not in text, address
            assert case.id in text or "statistics" in address, address


@pytest.mark.parametrize("name", ["endpoint", "values", "self", "_external", "_anchor", "_scheme", "_method"])
def test_a_strange_question_in_the_address_is_not_handed_on_to_the_files(as_person: AsPerson, name: str) -> None:
    officer = as_person(OFFICER)
    for page in ("/accounts", "/audit"):
        shown = officer.get(f"{page}?{name}=x&actor=quantri")
        assert (shown.status_code, f'href="{page}.csv?actor=quantri"' in shown.text) == (200, True)
        assert officer.get(f"{page}.json?{name}=x").status_code == 200


@pytest.mark.parametrize("micros", ["999999999999999999", "253402300800000000", "253370764800000000", "0"])
def test_a_place_beyond_all_time_opens_a_page(as_person: AsPerson, micros: str) -> None:
    officer, ulid = as_person(OFFICER), "0" * 26
    for address in (
        f"/audit?after={micros}-1",
        f"/audit.json?after={micros}-1",
        f"/cases?after={micros}-{ulid}",
        f"/statistics/cases.json?after={micros}-{ulid}",
        f"/api/v1/cases?after={micros}-{ulid}",
        "/audit?since=9999-12-31&until=9999-12-31",
    ):
        assert officer.get(address).status_code == 200, address
