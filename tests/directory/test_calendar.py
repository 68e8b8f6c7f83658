"""Working days, and the deadlines of the decree."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from gateway.directory.calendar import VIETNAM, Calendar, Holiday, Hours

TET = [Holiday(day=date(2026, 2, 16) + timedelta(days=n), name="Tết Bính Ngọ") for n in range(5)]
CALENDAR = Calendar([*TET, Holiday(day=date(2026, 2, 28), name="Làm bù", is_worked=True), Holiday(day=date(2026, 9, 2))])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 11, 23), True),  # Monday
        (date(2026, 11, 28), False),  # Saturday
        (date(2026, 2, 17), False),  # Tết
        (date(2026, 2, 28), True),  # a Saturday that makes up for it
        (date(2026, 9, 2), False),
    ],
)
def test_weekends_and_holidays_are_no_working_days(day: date, works: bool) -> None:
    assert CALENDAR.is_working_day(day) is works


@pytest.mark.parametrize(
    ("came", "due"),
    [
        ("2026-11-23T08:00", "2026-11-23T17:00"),  # the same day
        ("2026-11-23T05:00", "2026-11-23T17:00"),  # before the office opens: that day
        ("2026-11-23T17:30", "2026-11-24T11:30"),  # after hours: the next working morning
        ("2026-11-27T22:00", "2026-11-30T11:30"),  # Friday night: Monday morning
        ("2026-11-28T10:00", "2026-11-30T11:30"),  # Saturday
        ("2026-02-13T18:00", "2026-02-23T11:30"),  # the evening before Tết: the Monday after it
        ("2026-02-27T18:00", "2026-02-28T11:30"),  # the next day is worked instead
    ],
)
def test_documents_of_a_day_are_registered_that_day_or_the_next_working_morning(came: str, due: str) -> None:
    assert CALENDAR.same_day(at(came)) == at(due)


@pytest.mark.parametrize(
    ("came", "hours", "due"),
    [
        ("2026-11-23T08:00", 4, "2026-11-23T12:00"),
        ("2026-11-23T15:00", 4, "2026-11-24T09:30"),
        ("2026-11-27T16:00", 4, "2026-11-30T10:30"),
        ("2026-11-28T10:00", 4, "2026-11-30T11:30"),
        ("2026-11-23T08:00", 20, "2026-11-25T09:00"),
    ],
)
def test_working_hours_are_counted_while_somebody_is_there(came: str, hours: int, due: str) -> None:
    assert CALENDAR.within(at(came), timedelta(hours=hours)) == at(due)


@given(some.datetimes(at("2020-01-01T00:00").replace(tzinfo=None), at("2040-01-01T00:00").replace(tzinfo=None)))
def test_a_deadline_is_never_before_the_mail_and_always_in_working_time(naive: datetime) -> None:
    came = naive.replace(tzinfo=VIETNAM)
    due = CALENDAR.same_day(came)
    assert came <= due
    assert CALENDAR.is_working_day(due.date())


@pytest.mark.parametrize(
    ("now", "since"),
    [
        ("2026-11-25T16:59", "2026-11-24"),  # Wednesday: what came on Monday is late, what came on Tuesday has time until 17:00
        ("2026-11-25T17:00", "2026-11-25"),
        ("2026-11-23T09:00", "2026-11-20"),  # Monday morning: what came on Friday has until the evening
        ("2026-11-22T20:00", "2026-11-20"),  # a Sunday is no day to answer
        ("2026-02-20T18:00", "2026-02-13"),  # nor are the days of Tết
    ],
)
def test_an_answer_is_due_by_the_end_of_the_next_working_day(now: str, since: str) -> None:
    assert CALENDAR.answered_since(at(now)) == at(since)


def test_a_calendar_without_any_working_day_still_ends() -> None:
    never = Calendar(Holiday(day=date(2026, 1, 1) + timedelta(days=n)) for n in range(400))
    assert never.next_working_day(date(2026, 1, 5)) == date(2026, 1, 6)


def test_other_hours_are_kept() -> None:
    late = Calendar(hours=Hours(begin=time(8), end=time(16), morning_ends=time(12)))
    assert late.same_day(at("2026-11-23T16:30")) == at("2026-11-24T12:00")
