"""The way of one document: each attempt a row, receipts word for word, nothing for those who do not see the case."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from gateway.courier import Answer, Level
from gateway.lifecycle import CaseEvent
from gateway.model import Account, Case
from gateway.store.receipt_values import Effect, Fit
from tests.web import sample
from tests.web.conftest import Visitor
from tests.web.sample import AUDITOR, CLERK, SCHOOL_CLERK, House

AsPerson = Callable[[Account], Visitor]
Remember = Callable[..., Case]


def answered(house: House, case: Case, level: Level, raw: bytes, *, effect: CaseEvent | None = None, **fields: object) -> None:
    """The office system said something about the case."""
    answer = Answer(event_id=f"{level}-{case.id}", level=level, raw=raw, **fields)  # type: ignore[arg-type]  # msgspec looks
    now = datetime.now(UTC) + timedelta(seconds=1)
    house.store.receipts.keep(case.office, answer, Fit(case_id=case.id), Effect(case=effect), now=now)


def test_the_way_goes_from_the_mail_to_the_number_and_shows_receipts_as_they_came(
    house: House, remember: Remember, as_person: AsPerson
) -> None:
    case = remember(sample.decision_case)
    now = datetime.now(UTC)  # one moment for all steps: each has its own station all the same
    for event in (CaseEvent.APPROVE, CaseEvent.HAND_OVER):
        house.store.move_case(case.id, event, by=CLERK.name, detail={}, now=now)
    answered(house, case, Level.STORED, b"<edXML>&<script>alert(1)</script>", status="01")
    answered(house, case, Level.REGISTERED, b"\xff\xfe", status="03", register_number="77", effect=CaseEvent.REGISTER)
    page = as_person(CLERK).get(f"/case/{case.id}/timeline").text
    stations = [page.index(f'class="at-{name}') for name in ("clerk", "office", "receipt", "number")]
    assert stations == sorted(stations)
    assert page.count('class="at-clerk') == 2
    assert "&lt;edXML&gt;&amp;&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert "số 77" in page


def test_a_way_is_seen_by_those_who_see_the_case_and_of_a_sealed_one_by_nobody(remember: Remember, as_person: AsPerson) -> None:
    case, sealed = remember(sample.decision_case), remember(sample.sealed_case)
    assert as_person(SCHOOL_CLERK).get(f"/case/{case.id}/timeline").status_code == 404
    auditor = as_person(AUDITOR)
    assert auditor.get(f"/case/{case.id}/timeline").status_code == 200
    assert auditor.get(f"/case/{sealed.id}/timeline").status_code == 404


def test_a_document_that_the_office_system_asks_back_is_marked_in_the_queue(
    house: House, remember: Remember, as_person: AsPerson
) -> None:
    case, clerk = remember(sample.decision_case), as_person(CLERK)
    answered(house, case, Level.STATUS, b"<x/>", status="13", reason="Gửi nhầm")
    assert "ĐỀ NGHỊ LẤY LẠI" in clerk.get("/cases").text
    answered(house, case, Level.STORED, b"<x/>", status="15")
    assert "ĐỀ NGHỊ LẤY LẠI" not in clerk.get("/cases").text
