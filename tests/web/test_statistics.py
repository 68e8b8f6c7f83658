"""Overview, statistics and the report of a shift: whose numbers, and that each leads to its rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from msgspec.structs import replace

from gateway.directory.snapshot import Directory, Mailbox, MailboxRole
from gateway.lifecycle import CaseEvent
from gateway.model import Account, Action, Verdict
from gateway.store import OUTCOMES, WHAT, Acceptance
from tests.web import sample
from tests.web.conftest import Visitor
from tests.web.sample import AUDITOR, CLERK, DIRECTORY, LEADER, OFFICER, SCHOOL_CLERK, House, case_of
from web.charts import Bar, bars, in_words
from web.statistics import OUTCOMES_IN_WORDS, WHAT_IN_WORDS

AsPerson = Callable[[Account], Visitor]
TEACHER = "gv.lan.thcsll@sgdhuonggiang.edu.vn"


@pytest.fixture
def house(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """The house, with somebody of the school in its directory."""
    known = Directory(
        organisations=DIRECTORY.organisation_rows,
        mailboxes=(Mailbox(address=TEACHER, organisation="THCSLL", role=MailboxRole.STAFF),),
    )
    monkeypatch.setattr(house, "directory", lambda: known)
    return house


def issued(house: House, action: Action = Action.REJECT) -> Acceptance:
    """A mail of the teacher that carried a document."""
    made = sample.passed(b"Subject: QD\r\n\r\n", sender=TEACHER, to="sgd@x.example", at=datetime.now(UTC))
    verdict = Verdict(recipient="sgd@x.example", action=action, rule="5", clause="", reason="", unit="THCSLL")
    house.store.accept_now([acceptance := replace(made, subject="Quyết định 12", verdicts=(verdict,), deliveries=())])
    return acceptance


def links(page: str, start: str) -> list[str]:
    """The addresses on a page that begin so."""
    return [unescape(found) for found in re.findall(r'href="([^"]+)"', page) if found.startswith(start)]


def test_who_still_issues_by_mail_leads_to_the_mails(house: House, as_person: AsPerson) -> None:
    mail = issued(house)
    officer = as_person(OFFICER)
    page = officer.get("/statistics").text
    assert "Trường THCS Lê Lợi" in page
    assert TEACHER in page.replace("<wbr>", "")
    rows = officer.get(next(link for link in links(page, "/statistics/mails") if "what=refused" in link)).text
    assert f"/mail/{mail.mail.id}" in rows
    assert mail.mail.id not in officer.get("/statistics/mails?what=held").text


def test_a_leader_sees_the_numbers_of_his_own_units_and_no_link_to_mails(house: House, as_person: AsPerson) -> None:
    mail = issued(house)
    assert "Lê Lợi" not in as_person(LEADER).get("/statistics").text
    page = as_person(SCHOOL_CLERK).get("/statistics/mails").text
    assert "Quyết định 12" in page
    assert f"/mail/{mail.mail.id}" not in page
    assert as_person(LEADER).get("/statistics?unit=THCSLL").status_code == 404


def test_the_overview_shows_what_waits_longest_and_how_far_the_rule_is_in_force(house: House, as_person: AsPerson) -> None:
    house.store.accept_now(
        [old := sample.decision_case(datetime.now(UTC) - timedelta(days=3)), sample.sealed_case(datetime.now(UTC))]
    )
    issued(house)
    page = as_person(OFFICER).get("/overview").text
    assert f"/case/{case_of(old).id}" in page
    assert "Theo dõi: 3 đơn vị" in page
    assert 'aria-label="Thư mang văn bản phát hành, từng tuần: nhiều nhất 1' in page
    assert page.count("niêm phong") == 0
    assert as_person(AUDITOR).get("/overview").status_code == 200


def test_a_shift_says_who_did_what_and_each_number_leads_to_the_steps(house: House, as_person: AsPerson) -> None:
    now = datetime.now(UTC)
    house.store.accept_now([one := sample.decision_case(now), sample.urgent_case(now)])
    house.store.move_case(case_of(one).id, CaseEvent.RETURN, by=CLERK.name, detail={"reason": "Sai thể thức"}, now=now)
    leader = as_person(LEADER)
    page = leader.get("/shift").text
    assert CLERK.full_name in page
    assert "Sai thể thức" in page
    steps = leader.get(next(link for link in links(page, "/shift/steps") if "step=return" in link)).text
    assert f"/case/{case_of(one).id}" in steps
    assert "1 việc" in steps
    assert "0 việc" in leader.get("/shift/steps?actor=ai-do").text
    assert CLERK.full_name not in as_person(SCHOOL_CLERK).get("/shift").text


@pytest.mark.parametrize("what", WHAT)
def test_every_list_behind_a_number_opens(house: House, as_person: AsPerson, what: str) -> None:
    house.store.accept_now([sample.decision_case(datetime.now(UTC))])
    assert WHAT_IN_WORDS[what] in as_person(CLERK).get(f"/statistics/cases?what={what}").text


@pytest.mark.parametrize(
    "address",
    [
        "/statistics?from=2026-12-01&to=2026-11-01",
        "/statistics?from=x",
        "/statistics?from=1999-01-01&to=1999-01-02",
        "/statistics?from=2020-01-01&to=2026-01-01",
        "/statistics/cases?what=all",
        "/statistics/mails?what=all",
        "/shift?day=2026-02-30",
    ],
)
def test_what_makes_no_sense_is_no_page(as_person: AsPerson, address: str) -> None:
    assert as_person(OFFICER).get(address).status_code == 404


def test_every_outcome_of_a_mail_has_words() -> None:
    assert OUTCOMES_IN_WORDS.keys() == OUTCOMES.keys()


def test_a_chart_is_a_sentence_for_whoever_does_not_see_it() -> None:
    series = (Bar(label="02/11", count=7, url="/x?a=1&b=2"), Bar(label="<09/11>", count=3))
    assert in_words(series, "Thư") == "Thư: nhiều nhất 7 (02/11), gần nhất 3 (<09/11>)"
    drawn = bars(series, "Thư")
    assert "&lt;09/11&gt;" in drawn
    assert "style=" not in drawn
    assert 'href="/x?a=1&amp;b=2"' in drawn
    assert in_words((), "Thư") == "Thư: chưa có số liệu"
