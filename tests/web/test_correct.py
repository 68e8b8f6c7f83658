"""A clerk corrects what the gateway misread: the facts change, what was read stays in the story."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from gateway.desk import corrected
from gateway.errors import NotAllowed
from gateway.lifecycle import CaseState
from gateway.model import Account, Case, Event, Urgency
from tests.web import sample
from tests.web.conftest import Visitor
from tests.web.sample import CLERK, LEADER, SCHOOL_CLERK, House

AsPerson = Callable[[Account], Visitor]
Remember = Callable[..., Case]


def test_corrected_facts_are_shown_found_and_told(house: House, as_person: AsPerson, remember: Remember) -> None:
    case, clerk = remember(sample.decision_case), as_person(CLERK)
    clerk.get(f"/case/{case.id}")
    clerk.press(f"/case/{case.id}/correct", number_symbol=" 815/QĐ-SGDĐT ", issued_on="2026-11-19", urgency="khẩn")
    now = house.store.views.case(case.id)
    assert now.document is not None
    assert (now.document.number, now.document.symbol, now.document.issued_on) == ("815", "QĐ-SGDĐT", date(2026, 11, 19))
    assert now.document.urgency is Urgency.URGENT
    assert now.document.subject == (case.document and case.document.subject)
    page = clerk.get(f"/case/{case.id}").text
    assert "do vanthu.so sửa lúc" in page
    assert "518/QĐ-SGDĐT → 815/QĐ-SGDĐT" in page
    assert f"/case/{case.id}" in clerk.get("/cases?q=815").text
    assert f"/case/{case.id}" not in clerk.get("/cases?q=518").text
    (told,) = [each for each in house.store.views.story(case_id=case.id) if each.event is Event.CORRECTED]
    assert set(told.detail) == {"number_symbol", "issued_on", "urgency"}


def test_nothing_changed_tells_nothing(house: House, as_person: AsPerson, remember: Remember) -> None:
    case, clerk = remember(sample.decision_case), as_person(CLERK)
    clerk.get(f"/case/{case.id}")
    clerk.press(f"/case/{case.id}/correct", number_symbol="518/QĐ-SGDĐT")
    assert all(each.event is not Event.CORRECTED for each in house.store.views.story(case_id=case.id))


def test_what_cannot_be_is_said() -> None:
    document = sample.decision()
    with pytest.raises(NotAllowed, match="Ngày ban hành"):
        corrected(document, {"issued_on": "31/02/2026"})
    with pytest.raises(NotAllowed, match="Độ khẩn"):
        corrected(document, {"urgency": "gấp"})
    assert corrected(document, {"signature": "x"}) == document


def test_only_a_clerk_of_the_unit_corrects_and_only_while_it_waits(
    house: House, as_person: AsPerson, remember: Remember
) -> None:
    case = remember(sample.decision_case)
    assert as_person(LEADER).get(f"/case/{case.id}").text.count("/correct") == 0
    stranger = as_person(SCHOOL_CLERK)
    stranger.get("/cases")
    assert stranger.press(f"/case/{case.id}/correct", kind="X").status_code == 404
    clerk = as_person(CLERK)
    clerk.get(f"/case/{case.id}")
    house.review.approve(case.id, CLERK)
    clerk.press(f"/case/{case.id}/correct", kind="Thông báo")
    assert house.store.views.case(case.id).state is CaseState.APPROVED
    assert "vừa đổi trạng thái" in clerk.get(f"/case/{case.id}").text
