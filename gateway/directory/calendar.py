"""Working days and deadlines: weekends, holidays and days worked instead are data of the directory.  Pure.

Decree 30/2020/NĐ-CP, articles 4.2c, 22 and 23: documents of a day are registered and passed on that day, at the latest on the
next working day; urgent ones at once.  Decision 28/2018/QĐ-TTg, article 6.2: at the latest on the next working morning.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, timezone

from gateway.model import Value

VIETNAM = timezone(timedelta(hours=7))  # has no summer time

_LONGEST_HOLIDAY = 60  # days: a calendar without any working day must not be searched for ever


class Holiday(Value):
    """A day that differs from its weekday: off, or worked instead of another (hoán đổi ngày làm việc)."""

    day: date
    name: str = ""
    is_worked: bool = False


class Hours(Value):
    """When an office works, in Vietnamese time."""

    begin: time = time(7, 30)
    end: time = time(17, 0)
    morning_ends: time = time(11, 30)


class Calendar:
    """Which days are working days, and until when something that came at a moment is to be done."""

    __slots__ = ("_days", "hours")

    def __init__(self, holidays: Iterable[Holiday] = (), hours: Hours | None = None) -> None:
        self._days = {holiday.day: holiday.is_worked for holiday in holidays}
        self.hours = hours or Hours()

    def is_working_day(self, day: date) -> bool:
        """Monday to Friday, but for holidays and for the Saturdays that make up for them."""
        return self._days.get(day, day.weekday() < 5)

    def is_working_time(self, at: datetime) -> bool:
        """Whether somebody is in the office."""
        there = at.astimezone(VIETNAM)
        return self.is_working_day(there.date()) and self.hours.begin <= there.time() < self.hours.end

    def next_working_day(self, after: date) -> date:
        """The first working day behind a day."""
        for days in range(1, _LONGEST_HOLIDAY):
            if self.is_working_day(found := after + timedelta(days=days)):
                return found
        return after + timedelta(days=1)

    def answered_since(self, now: datetime) -> datetime:
        """What came before this moment should have been answered by ``now``: by the end of the working day after it came."""
        there = now.astimezone(VIETNAM)
        day = there.date() if there.time() >= self.hours.end else there.date() - timedelta(days=1)
        for _ in range(_LONGEST_HOLIDAY):
            if self.is_working_day(day):
                break
            day -= timedelta(days=1)
        return datetime.combine(day, time(), tzinfo=VIETNAM)

    def counts_from(self, at: datetime) -> datetime:
        """When what came at a moment is there for the office: at once, or when it opens again."""
        there = at.astimezone(VIETNAM)
        if self.is_working_time(at):
            return at
        before_work = self.is_working_day(there.date()) and there.time() < self.hours.begin
        day = there.date() if before_work else self.next_working_day(there.date())
        return datetime.combine(day, self.hours.begin, tzinfo=VIETNAM)

    def same_day(self, at: datetime) -> datetime:
        """Until when a document is to be registered: the end of the day; what comes after hours, the next working morning."""
        there = self.counts_from(at).astimezone(VIETNAM)
        is_later = not self.is_working_time(at) and there.date() != at.astimezone(VIETNAM).date()
        return datetime.combine(there.date(), self.hours.morning_ends if is_later else self.hours.end, tzinfo=VIETNAM)

    def within(self, at: datetime, working: timedelta) -> datetime:
        """So much working time after a moment."""
        now, left = self.counts_from(at).astimezone(VIETNAM), working
        while True:
            closing = datetime.combine(now.date(), self.hours.end, tzinfo=VIETNAM)
            if left <= closing - now:
                return now + left
            left -= closing - now
            now = datetime.combine(self.next_working_day(now.date()), self.hours.begin, tzinfo=VIETNAM)
