"""What other programs may ask the console: why a mail was treated as it was."""

from __future__ import annotations

from collections.abc import Callable

from gateway.model import Account, Case, Event, new_id
from gateway.policy.explain import sentences, what_would_change_it
from tests.web import sample
from tests.web.conftest import Visitor
from tests.web.sample import AUDITOR, CLERK, OFFICER, SCHOOL_CLERK, House

AsPerson = Callable[[Account], Visitor]
Remember = Callable[..., Case]


def test_why_a_mail_was_treated_so_as_sentences_and_data(as_person: AsPerson, house: House, remember: Remember) -> None:
    case = remember(sample.decision_case)
    response = as_person(AUDITOR).get(f"/api/v1/mails/{case.mail_id}/explain")
    assert (response.status_code, response.mimetype) == (200, "application/json")
    (stored, *_), (answered, *_) = house.store.views.verdicts(case.mail_id), response.get_json()["verdicts"]
    assert answered["said"] == sentences(stored, house.directory())
    assert answered["would_change"] == list(what_would_change_it(stored))
    assert (answered["action"], answered["rule"]) == (stored.action, stored.rule)
    assert answered["evidence"][0]["words"] == stored.evidence[0].words
    looked = [story for story in house.store.views.story(mail_id=case.mail_id) if story.event is Event.SEEN]
    assert [(story.actor, story.detail["what"]) for story in looked] == [(AUDITOR.name, "explain")]


def test_the_page_says_the_same_would_change_it(as_person: AsPerson, house: House, remember: Remember) -> None:
    case = remember(sample.decision_case)
    (stored, *_) = house.store.views.verdicts(case.mail_id)
    page = as_person(OFFICER).get(f"/mail/{case.mail_id}").text
    assert all(said in page.replace("&amp;", "&") for said in what_would_change_it(stored))


def test_a_clerk_asks_about_mails_of_her_own_cases_alone(as_person: AsPerson, remember: Remember) -> None:
    case = remember(sample.decision_case)
    mine, other = (CLERK, SCHOOL_CLERK) if case.unit in CLERK.units else (SCHOOL_CLERK, CLERK)
    assert as_person(mine).get(f"/api/v1/mails/{case.mail_id}/explain").status_code == 200
    refused = as_person(other).get(f"/api/v1/mails/{case.mail_id}/explain")
    unknown = as_person(other).get(f"/api/v1/mails/{new_id()}/explain")
    assert (refused.status_code, refused.get_json()) == (unknown.status_code, unknown.get_json())
    assert refused.status_code == 404


def test_of_a_sealed_mail_a_clerk_learns_nothing(as_person: AsPerson, remember: Remember) -> None:
    case = remember(sample.sealed_case)
    clerk = CLERK if case.unit in CLERK.units else SCHOOL_CLERK
    assert as_person(clerk).get(f"/api/v1/mails/{case.mail_id}/explain").status_code == 404


def test_a_stranger_is_told_to_sign_in_as_data(visitor: Visitor, remember: Remember) -> None:
    response = visitor.get(f"/api/v1/mails/{remember(sample.decision_case).mail_id}/explain")
    assert (response.status_code, response.mimetype) == (401, "application/problem+json")
    assert response.get_json()["type"] == "urn:vanthu:problem:token-required"
    assert response.get_json()["title"].startswith("Cần một mã")
    assert response.get_json()["title_en"].startswith("A token")
