"""What the audit's page searches: lines of stories with their numbers, and mails and cases by what people have in hand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select

from gateway.model import Event, Story, Value
from gateway.store.from_rows import story_of
from gateway.store.office_tables import case_marks, receipts
from gateway.store.reading import Reading
from gateway.store.tables import case_mails, cases, deliveries, mails, stories

_SHA256 = re.compile("[0-9a-f]{64}")
_MOST = 50  # mails or cases that one search finds


class Line(Value):
    """One line with its number: what the chain calls it, and where a list goes on."""

    id: int
    story: Story


class AuditViews(Reading):
    """Synchronous; StoreUnavailable when the database is."""

    def lines(
        self,
        *,
        actor: str = "",
        event: Event | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        after: int = 0,
        limit: int = 50,
    ) -> tuple[Line, ...]:
        """Lines, newest first, of this person, about this kind of act, in [since, until), behind the one with that number."""
        c = stories.c
        wanted: list[ColumnElement[bool]] = [c.actor == actor] if actor else []
        wanted += [c.event == event.value] if event is not None else []
        wanted += [c.at >= since] if since is not None else []
        wanted += [c.at < until] if until is not None else []
        wanted += [c.id < after] if after else []
        return self._lines(wanted, newest_first=True, limit=limit)

    def life(self, *, mail_ids: Sequence[str], case_ids: Sequence[str]) -> tuple[Line, ...]:
        """All lines about these mails and cases, in order."""
        c = stories.c
        about = or_(c.mail_id.in_(mail_ids) & (c.mail_id != ""), c.case_id.in_(case_ids) & (c.case_id != ""))
        return self._lines([about], newest_first=False, limit=100_000)

    def mails_of(self, case_id: str) -> tuple[str, ...]:
        """The ids of the mails of a case, sealed or not."""
        query = select(case_mails.c.mail_id).where(case_mails.c.case_id == case_id).order_by(case_mails.c.mail_id)
        return tuple(row.mail_id for row in self.rows(query))

    def known_by(self, text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Mails and cases of an id, of a delivery, of an answer of an office system, or of a file's or mail's SHA-256."""
        word = text.strip()
        owner = word.upper().partition("-")[0]  # a delivery is called after its mail or case
        by_digest = mails.c.digest == word.lower()
        found_mails = self.rows(select(mails.c.id).where(or_(mails.c.id == owner, by_digest)).limit(_MOST))
        marked = select(case_marks.c.case_id).where(case_marks.c.value == word.lower())
        answered = select(receipts.c.case_id).where(or_(receipts.c.event_id == word, receipts.c.sha256 == word.lower()))
        carried = select(deliveries.c.case_id).where(deliveries.c.id == word.upper())
        if _SHA256.fullmatch(word.lower()):  # of any file, also one within an archive: rare enough to read all cases for
            marked = select(cases.c.id).where(cases.c.files.contains(word.lower(), autoescape=True))
        either = or_(cases.c.id == owner, *(cases.c.id.in_(each) for each in (marked, answered, carried)))
        found_cases = self.rows(select(cases.c.id).where(either).limit(_MOST))
        return tuple(row.id for row in found_mails), tuple(row.id for row in found_cases)

    def actors(self) -> tuple[str, ...]:
        """Who has done or looked at anything, by name."""
        rows = self.rows(select(stories.c.actor).where(stories.c.actor != "").distinct().order_by(stories.c.actor))
        return tuple(row.actor for row in rows)

    def _lines(self, wanted: Sequence[ColumnElement[bool]], *, newest_first: bool, limit: int) -> tuple[Line, ...]:
        order = stories.c.id.desc() if newest_first else stories.c.id
        rows = self.rows(select(stories).where(*wanted).order_by(order).limit(limit))
        return tuple(Line(id=row.id, story=story_of(row)) for row in rows)
