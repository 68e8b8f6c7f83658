"""Reporting channels: who opened one, and the units that are reminded of a report that is due."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from gateway.courtesy import queued
from gateway.directory.snapshot import Campaign, Directory, Organisation
from gateway.errors import NotAllowed
from gateway.model import Account, Event, Story
from gateway.notices import Notices
from gateway.policy.facts import local_day
from gateway.roles import Verb, allows, decides, is_clerk
from gateway.store import Acceptance, Store

_REMIND_EVERY = timedelta(hours=20)  # once a day, also when the clock of the day before was a little later


class Channels:
    """The acts.  Synchronous; ``poke`` tells the worker that something became due."""

    def __init__(
        self,
        *,
        store: Store,
        directory: Callable[[], Directory],
        notices: Notices,
        clock: Callable[[], datetime],
        poke: Callable[[], None],
    ) -> None:
        self._store = store
        self._directory = directory
        self._notices = notices
        self._clock = clock
        self._poke = poke

    def remind(self, campaign: Campaign, codes: Sequence[str], by: Account) -> tuple[str, ...]:
        """Remind units of a report: a letter to each of their clerks, at most once a day; gives who was written to.

        An officer, or a clerk of the Department, may do it; NotAllowed otherwise.
        """
        directory = self._directory()
        self._check(by, directory)
        on = local_day(self._clock())
        letters: list[Acceptance] = []
        told: list[str] = []
        for unit in filter(None, (directory.unit(code, on) for code in codes)):
            for clerk in directory.clerks(unit.code, on):
                if self._store.may_tell(f"report-due:{campaign.guide}", clerk.address, every=_REMIND_EVERY, now=self._clock()):
                    letters.append(self._letter(campaign, unit, clerk.address, by))
                    told.append(clerk.address)
        if letters:
            self._store.accept_now(letters)
            self._poke()
        return tuple(told)

    def _letter(self, campaign: Campaign, unit: Organisation, address: str, by: Account) -> Acceptance:
        letter = self._notices.write(
            "report-due",
            to=address,
            now=self._clock(),
            unit=unit,
            campaign=campaign,
            new_address=campaign.mailbox,
            by=by.full_name or by.name,
        )
        return queued(letter)

    def may_remind(self, by: Account) -> bool:
        """Whether this person may remind units of reports."""
        try:
            self._check(by, self._directory())
        except NotAllowed:
            return False
        return True

    def opened(self, by: Account, *, guide: str, mailbox: str) -> None:
        """Remember who opened a reporting channel."""
        detail: dict[str, str | int | float | bool | list[str]] = {"guide": guide, "mailbox": mailbox}
        self._store.tell(Story(at=self._clock(), event=Event.CAMPAIGN_OPENED, actor=by.name, detail=detail))

    def _check(self, by: Account, directory: Directory) -> None:
        department = directory.department(local_day(self._clock()))
        is_registry = department is not None and decides(by, department.code)
        if not allows(by, Verb.REMIND) or (is_clerk(by) and not is_registry):
            raise NotAllowed("Chỉ quản trị hoặc văn thư Sở được gửi thư nhắc báo cáo.")
