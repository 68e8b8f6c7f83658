"""The letters that tell whoever sent a case's mails what the clerk decided, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from gateway.courtesy import queued
from gateway.directory.snapshot import Directory
from gateway.model import Account, Action, Case, Direction, Event, Mail, Story
from gateway.notices import Notices, may_be_told
from gateway.store import Acceptance, MailRow, Store


class CaseLetters:
    """Writes them; a machine gets none."""

    def __init__(
        self, store: Store, directory: Callable[[], Directory], notices: Notices, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._directory = directory
        self._notices = notices
        self._clock = clock

    def about(self, name: str, case: Case, by: Account, reason: str, rows: Sequence[MailRow]) -> tuple[Acceptance, ...]:
        """One letter for each sender of the case, about the first mail that he sent."""
        first = {mail.sender: mail for mail in reversed(rows)}
        mails = (self._store.views.mail_of(row) for row in first.values())
        return tuple(self._letter(name, case, by, reason, mail) for mail in mails if may_be_told(mail))

    def _letter(self, name: str, case: Case, by: Account, reason: str, mail: Mail) -> Acceptance:
        now = self._clock()
        letter = self._notices.write(
            name,
            to=mail.sender,
            now=now,
            mail=mail,
            reason=reason,
            case_id=case.id,
            subject=case.subject,
            document=case.document,
            delivered=case.action is Action.COPY or self._has_arrived(mail),
            incoming=case.direction is Direction.INCOMING,
            unit=self._directory().organisation(case.unit),
        )
        told = Story(
            at=now,
            event=Event.NOTICE_SENT,
            mail_id=mail.id,
            case_id=case.id,
            actor=by.name,
            detail={"notice": name, "to": letter.recipients[0].address, "letter": letter.id},
        )
        return queued(letter, told)

    def _has_arrived(self, mail: Mail) -> bool:
        """Whether the mail went to all its recipients: its unit was only advised."""
        verdicts = self._store.views.verdicts(mail.id)
        return bool(verdicts) and all(verdict.action is Action.DELIVER for verdict in verdicts)


def addressees(letters: Iterable[Acceptance]) -> str:
    """Whom they go to, for the story."""
    return ", ".join(letter.mail.recipients[0].address for letter in letters)
