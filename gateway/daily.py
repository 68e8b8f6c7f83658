"""Sends the letter of the morning: once to each reader and working day, whatever crashes and however many nodes there are."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from gateway.config import Config
from gateway.courtesy import queued
from gateway.directory.calendar import VIETNAM, Calendar
from gateway.directory.snapshot import Directory
from gateway.errors import StoreUnavailable
from gateway.lifecycle import CaseEvent
from gateway.notices import sender_of
from gateway.policy.facts import local_day
from gateway.registers.daily import Morning, Oldest, UnitLine, letter, one_line
from gateway.registers.figures import by_unit, day_begins, unit_of
from gateway.settings.daily_mail import Reader
from gateway.store import CaseRow, Period, Store

logger = logging.getLogger(__name__)

_LOOKS_EVERY_S = 60.0
_TOPIC = "daily mail"
_SHOWN = 5  # cases by name
_DAY = timedelta(days=1)


class Daily:
    """Looks at the clock once a minute."""

    def __init__(
        self,
        settings: Config,
        store: Store,
        *,
        directory: Callable[[], Directory],
        hostname: str,
        clock: Callable[[], datetime],
        poke: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._store = store
        self._directory = directory
        self._hostname = hostname
        self._clock = clock
        self._poke = poke

    async def run(self) -> None:
        """Until it is cancelled."""
        while self._settings.daily_mail.reader:
            try:
                await asyncio.to_thread(self.send_due)
            except StoreUnavailable as error:
                logger.warning("the daily mail must wait: %s", error)
            except Exception:  # the top of this loop: tomorrow morning comes whatever it was
                logger.exception("the daily mail was not sent")
            await asyncio.sleep(_LOOKS_EVERY_S)

    def send_due(self) -> tuple[str, ...]:
        """Write to everybody who has had no letter today, from the hour on; gives their addresses.  Not for the loop."""
        now, calendar = self._clock(), self._directory().calendar
        there = now.astimezone(VIETNAM)
        if there.hour < self._settings.daily_mail.hour or not calendar.is_working_day(there.date()):
            return ()
        midnight = day_begins(there.date())
        due = [each for each in self._settings.daily_mail.reader if not self._has_it(each, midnight)]
        told = tuple(reader.address for reader in due if self._send(reader, midnight, now))
        if told:
            self._poke()
        return told

    def _has_it(self, reader: Reader, midnight: datetime) -> bool:
        return self._store.views.was_told(_TOPIC, reader.address, since=midnight)

    def _send(self, reader: Reader, midnight: datetime, now: datetime) -> bool:
        mail = letter(
            self.morning(reader, now), to=reader.address, sender=sender_of(self._hostname), hostname=self._hostname, now=now
        )
        return self._store.once.accept(_TOPIC, reader.address, queued(mail), since=midnight, now=now)

    def morning(self, reader: Reader, now: datetime) -> Morning:
        """What there is to say to a reader."""
        directory, figures = self._directory(), self._store.case_figures
        units, today = reader.units or None, local_day(now)
        before = _working_day_before(directory.calendar, today)
        days = Period(since=day_begins(before), until=day_begins(before + _DAY), now=now, calendar=directory.calendar)
        counts: dict[str, int] = {}
        for line in figures.counts(days, units):
            counts = {what: counts.get(what, 0) + number for what, number in line.counts.items()}
        moves = [move.event for move in figures.moves(days.since, days.until, units)]
        waiting = figures.waiting(units, now)
        return Morning(
            today=today,
            yesterday=before,
            whose=self._name(reader.units[0]) if len(reader.units) == 1 else "",
            counts=counts,
            returned=moves.count(CaseEvent.RETURN),
            released=moves.count(CaseEvent.RELEASE),
            issued=self._issued(days, units),
            waiting=sum(each[0] for each in waiting.values()),
            late=sum(each[1] for each in waiting.values()),
            alarms=sum(each[2] for each in waiting.values()),
            silent=len(self._silent(directory.calendar, units, now)),
            oldest=tuple(self._oldest(row) for row in figures.oldest_waiting(units, limit=_SHOWN)),
            units=tuple(
                UnitLine(name=self._name(unit), waiting=each[0], late=each[1]) for unit, each in sorted(waiting.items())
            ),
            url=f"{self._url()}/overview",
        )

    def _issued(self, days: Period, units: Sequence[str] | None) -> int:
        directory, issued = self._directory(), self._store.mail_figures.issued(days.since, days.until)
        found = by_unit(issued, lambda sender: unit_of(directory, sender, days.since.date()), weeks=1)
        return sum(each.mails for each in found if units is None or each.unit in units)

    def _silent(self, calendar: Calendar, units: Sequence[str] | None, now: datetime) -> dict[str, datetime]:
        offices = [each.name for each in self._settings.office if each.is_to_acknowledge]
        return self._store.silences.of(offices, before=calendar.answered_since(now), units=units) if offices else {}

    def _oldest(self, row: CaseRow) -> Oldest:
        title = ": ".join(part for part in (row.number_symbol or row.kind or "Văn bản", row.subject) if part)
        return Oldest(
            title=one_line(title),
            unit=self._name(row.unit),
            since=f"{row.opened_at.astimezone(VIETNAM):%H:%M %d/%m/%Y}",
            url=f"{self._url()}/case/{row.id}",
        )

    def _name(self, unit: str) -> str:
        organisation = self._directory().organisation(unit)
        return organisation.name if organisation is not None else unit

    def _url(self) -> str:
        return self._settings.web.public_url.rstrip("/")


def _working_day_before(calendar: Calendar, day: date) -> date:
    """The last working day before a day; a calendar without any gives the day before."""
    days = (day - n * _DAY for n in range(1, 61))
    return next((each for each in days if calendar.is_working_day(each)), day - _DAY)
