"""What the audit's page searches: lines of stories with their numbers, and mails and cases by what people have in hand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, TextClause, func, literal, or_, select, tuple_

from gateway.model import Event, Story, Value
from gateway.store.from_rows import story_of
from gateway.store.office_tables import case_marks, receipts
from gateway.store.reading import Reading
from gateway.store.tables import BY_SOMEBODY, Instant, case_mails, cases, deliveries, mails, micros, moment, stories

_SHA256 = re.compile("[0-9a-f]{64}")
_MOST = 50  # mails or cases that one search finds


class Line(Value):
    """One line with its number: what the chain calls it, and where a list goes on."""

    id: int
    story: Story

    @property
    def place(self) -> str:
        """Where a list goes on behind it."""
        return f"{micros(self.story.at)}-{self.id}"


class AuditViews(Reading):
    """Synchronous; StoreUnavailable when the database is."""

    def lines(
        self,
        *,
        actor: str = "",
        event: Event | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        after: str = "",
        limit: int = 50,
    ) -> tuple[Line, ...]:
        """Lines, newest first, of this person, about this kind of act, in [since, until), behind that place."""
        c = stories.c
        wanted: list[ColumnElement[bool] | TextClause] = [BY_SOMEBODY, c.actor == actor] if actor else []
        wanted += [c.event == event.value] if event is not None else []
        wanted += [c.at >= since] if since is not None else []
        wanted += [c.at < until] if until is not None else []
        if after:
            at, _, number = after.partition("-")
            wanted += [tuple_(c.at, c.id) < tuple_(literal(moment(int(at)), Instant()), literal(int(number)))]
        # From an index of time, or of person and time: never from all lines.
        rows = self.rows(select(stories).where(*wanted).order_by(c.at.desc(), c.id.desc()).limit(limit))
        return tuple(Line(id=row.id, story=story_of(row)) for row in rows)

    def life(self, *, mail_ids: Sequence[str], case_ids: Sequence[str]) -> tuple[Line, ...]:
        """All lines about these mails and cases, in order."""
        c = stories.c
        about = or_(c.mail_id.in_(mail_ids) & (c.mail_id != ""), c.case_id.in_(case_ids) & (c.case_id != ""))
        rows = self.rows(select(stories).where(about).order_by(c.id).limit(100_000))
        return tuple(Line(id=row.id, story=story_of(row)) for row in rows)

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
        # From name to name along the index, however many lines each has.
        c = stories.c
        first = select(func.min(c.actor).label("actor")).where(BY_SOMEBODY, c.actor > "")
        names = first.cte("names", recursive=True)
        behind = select(func.min(c.actor)).where(BY_SOMEBODY, c.actor > names.c.actor).scalar_subquery()
        names = names.union_all(select(behind).where(names.c.actor.is_not(None)))
        return tuple(row.actor for row in self.rows(select(names.c.actor).where(names.c.actor.is_not(None))))
