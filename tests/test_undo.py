"""A clerk takes a decision back: within ten minutes, and only as long as nothing of it has left."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from gateway.errors import NotAllowed
from gateway.lifecycle import CaseState, DeliveryState
from gateway.model import Account, Action, Case, Event
from gateway.review import Review
from gateway.store import Store
from tests import test_review
from tests.test_review import CLERK, NOW, OFFICE, captured, letters, released

make_review = test_review.make_review
store = test_review.store
HELD_BACK = timedelta(seconds=30)
Clock = Callable[[], datetime]


@pytest.fixture
def review(make_review: test_review.MakeReview) -> Review:
    """One whose decisions wait for half a minute."""
    review = make_review(lambda: NOW)
    review._hold_back = HELD_BACK
    return review


def later(store: Store, seconds: int, courier: str) -> list[str]:
    """What leaves so many seconds after the decision."""
    at = NOW + timedelta(seconds=seconds)
    parcels = store.claim(couriers=[courier], limit=100, now=at, lease=timedelta(minutes=1))
    return [delivery.id for parcel in parcels for delivery in parcel.deliveries]


def test_an_approval_waits_a_moment_and_then_leaves(store: Store, review: Review) -> None:
    case = captured(store)
    review.approve(case.id, CLERK)
    assert later(store, 29, OFFICE) == []
    assert later(store, 31, OFFICE) == [f"{case.id}-1"]


def test_an_approval_that_was_taken_back_never_leaves_and_the_case_can_be_approved_again(store: Store, review: Review) -> None:
    case = captured(store)
    review.approve(case.id, CLERK)
    assert review.may_undo(store.views.case(case.id), CLERK)
    assert review.undo(case.id, CLERK).state is CaseState.WAITING
    assert later(store, 60, OFFICE) == []
    assert [each.state for each in store.views.deliveries_of(case_id=case.id)] == [DeliveryState.CANCELLED]
    review.approve(case.id, CLERK)
    assert later(store, 31, OFFICE) == [f"{case.id}-2"]
    undone = [told.detail for told in store.views.story(case_id=case.id) if told.detail.get("event") == "undo"]
    assert [(each["from"], each["to"], each["undone"]) for each in undone] == [("approved", "waiting", "approve")]


def test_what_has_left_cannot_be_taken_back_and_that_is_said(store: Store, review: Review) -> None:
    case = captured(store)
    review.approve(case.id, CLERK)
    assert later(store, 31, OFFICE)
    assert not review.may_undo(store.views.case(case.id), CLERK)
    with pytest.raises(NotAllowed, match="Đã rời cổng"):
        review.undo(case.id, CLERK)
    assert store.views.case(case.id).state is CaseState.APPROVED


@pytest.mark.parametrize("act", ["release", "give_back"])
def test_neither_mail_nor_letter_leaves_when_that_was_taken_back(store: Store, review: Review, act: str) -> None:
    case = captured(store, actions=(Action.HOLD, Action.HOLD), action=Action.HOLD)
    getattr(review, act)(case.id, CLERK, "Nhầm")
    assert released(store) == []
    assert review.undo(case.id, CLERK).state is CaseState.WAITING
    assert later(store, 60, "relay") == []


def test_a_letter_that_has_left_keeps_the_decision(store: Store, review: Review) -> None:
    case = captured(store)
    review.give_back(case.id, CLERK, "Sai thể thức")
    assert later(store, 31, "relay")
    with pytest.raises(NotAllowed, match="Đã rời cổng"):
        review.undo(case.id, CLERK)
    assert store.views.case(case.id).state is CaseState.RETURNED


def test_after_ten_minutes_it_is_too_late(store: Store, make_review: test_review.MakeReview) -> None:
    case = captured(store)
    make_review(lambda: NOW).withdraw(case.id, CLERK, "Thôi")
    assert make_review(lambda: NOW + timedelta(minutes=9)).may_undo(store.views.case(case.id), CLERK)
    late = make_review(lambda: NOW + timedelta(minutes=11))
    assert not late.may_undo(store.views.case(case.id), CLERK)
    with pytest.raises(NotAllowed, match="quá lâu"):
        late.undo(case.id, CLERK)


def test_what_nobody_decided_or_another_unit_decided_is_not_undone(store: Store, review: Review) -> None:
    case = captured(store)
    with pytest.raises(NotAllowed, match="Không có quyết định"):
        review.undo(case.id, CLERK)
    review.withdraw(case.id, CLERK, "Thôi")
    stranger: Account = replace(CLERK, name="khac", units=("PGDCS",))
    assert not review.may_undo(store.views.case(case.id), stranger)
    with pytest.raises(NotAllowed, match="Chỉ văn thư"):
        review.undo(case.id, stranger)


def test_the_same_document_that_came_meanwhile_stays_a_case_of_its_own(store: Store, review: Review) -> None:
    case = captured(store)
    review.withdraw(case.id, CLERK, "Thôi")
    again: Case = captured(store, mail_id="01KAMAIL0000000000000000A2", case_id="01KACASE0000000000000000A2")
    assert again.id != case.id
    review.undo(case.id, CLERK)
    assert [store.views.case(each).state for each in (case.id, again.id)] == [CaseState.WAITING, CaseState.WAITING]
    assert store.views.case(case.id).key == ""
    assert Event.CASE_OPENED in {told.event for told in store.views.story(case_id=again.id)}
    assert letters(store) == []
