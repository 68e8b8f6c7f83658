"""The list of mails and the view of one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from gateway.lifecycle import DeliveryEvent
from gateway.model import Account, Action, Case, Event, Verdict
from gateway.store import Acceptance
from tests.web import sample
from tests.web.conftest import Visitor
from tests.web.sample import AUDITOR, CLERK, OFFICER, House
from tests.world import letters
from web.mails import alike

AsPerson = Callable[[Account], Visitor]
Remember = Callable[..., Case]


@pytest.fixture
def report(house: House, now: datetime) -> Acceptance:
    """Figures of a school, on their way."""
    acceptance = sample.passed(
        letters.figures_of_a_school(), sender=letters.TEACHER[1], to=letters.SPECIALIST[1], at=now - timedelta(minutes=3)
    )
    house.store.accept_now([acceptance])
    return acceptance


def test_the_list_shows_sender_subject_and_verdict(as_person: AsPerson, report: Acceptance) -> None:
    page = as_person(OFFICER).get("/mails").text
    assert "gv.lan.thcsll@<wbr>sgdhuonggiang.edu.vn" in page
    assert "Báo cáo số liệu học sinh đầu năm học" in page
    assert "chuyển thẳng" in page


def test_mails_are_searched_by_subject_or_sender_without_marks(
    as_person: AsPerson, report: Acceptance, remember: Remember
) -> None:
    remember(sample.incoming_case)
    officer = as_person(OFFICER)
    for words in ("bao+cao+so+lieu", "gv.lan"):
        page = officer.get(f"/mails?q={words}").text
        assert "Báo cáo số liệu" in page
        assert "sgdlamha" not in page
    assert "Không có thư nào khớp" in officer.get("/mails?q=khong+co").text


def test_mails_are_listed_by_verdict(as_person: AsPerson, report: Acceptance, remember: Remember) -> None:
    remember(sample.decision_case)
    page = as_person(OFFICER).get("/mails?tab=redirect").text
    assert "Quyết định thành lập" in page
    assert "Báo cáo số liệu" not in page


def test_one_mail_shows_verdict_deliveries_and_story(house: House, as_person: AsPerson, report: Acceptance) -> None:
    sample.settle(house.store, report.mail.id, DeliveryEvent.DELIVERED, "250 2.0.0 Ok: queued as 4X")
    page = as_person(OFFICER).get(f"/mail/{report.mail.id}").text
    for words in ("Trao đổi, báo cáo, số liệu được gửi bằng thư điện tử.", "con-lai", "đã đến", "250 2.0.0 Ok: queued as 4X"):
        assert words in page


def test_a_mail_shows_the_hash_of_the_bytes_that_came_and_of_those_that_left(
    house: House, as_person: AsPerson, report: Acceptance
) -> None:
    assert "của thư đã chuyển" not in as_person(OFFICER).get(f"/mail/{report.mail.id}").text
    sample.settle(house.store, report.mail.id, DeliveryEvent.DELIVERED, "250 2.0.0 Ok", sent="5e" * 32)
    page = as_person(OFFICER).get(f"/mail/{report.mail.id}").text
    for words in (report.mail.digest, "Mã băm SHA-256 của thư đã chuyển", "5e" * 32):
        assert words in page


def test_a_case_leads_its_clerk_to_its_mail(as_person: AsPerson, remember: Remember, report: Acceptance) -> None:
    case = remember(sample.decision_case)
    clerk = as_person(CLERK)
    page = clerk.get(f"/case/{case.id}/mail/{case.mail_id}").text
    assert "đưa vào hàng chờ văn thư" in page
    assert clerk.get(f"/mail/{case.mail_id}").status_code == 403
    assert clerk.get(f"/case/{case.id}/mail/{report.mail.id}").status_code == 404


def test_a_look_at_a_mail_is_told(house: House, as_person: AsPerson, report: Acceptance) -> None:
    as_person(AUDITOR).get(f"/mail/{report.mail.id}")
    seen = [story.actor for story in house.store.views.story(mail_id=report.mail.id) if story.event is Event.SEEN]
    assert seen == [AUDITOR.name]


@pytest.mark.parametrize("account", [OFFICER, AUDITOR])
def test_a_sealed_mail_shows_its_envelope_alone(as_person: AsPerson, remember: Remember, account: Account) -> None:
    case = remember(sample.sealed_case)
    visitor = as_person(account)
    pages = visitor.get("/mails").text + visitor.get(f"/mail/{case.mail_id}").text
    assert "Thư niêm phong" in pages
    for secret in ("Báo cáo công tác năm", "BC nam 2026.pdf"):
        assert secret not in pages


def test_recipients_with_the_same_verdict_share_a_paragraph() -> None:
    def verdict(recipient: str, action: Action) -> Verdict:
        return Verdict(recipient=recipient, action=action, rule="r", clause="c", reason="vì thế")

    groups = alike((verdict("a@x", Action.DELIVER), verdict("b@x", Action.HOLD), verdict("c@x", Action.DELIVER)))
    assert [recipients for _, recipients in groups] == [("a@x", "c@x"), ("b@x",)]


@pytest.mark.parametrize("address", ["/mail/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/mail/khong-co", "/mails?tab=khong"])
def test_an_unknown_mail_is_not_found(as_person: AsPerson, address: str) -> None:
    assert as_person(OFFICER).get(address).status_code == 404
