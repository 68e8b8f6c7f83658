"""What the store keeps for later: facts to decide by again, versions, reports, exemptions, and what is due to be dropped.

Synchronous reads on connections of their own, like views.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select

from gateway.model import Door, Report, first_id_of
from gateway.store.from_rows import AnyRow, files_of, replayable_of, report_of
from gateway.store.housekeeping import droppable
from gateway.store.reading import Reading, last_id
from gateway.store.tables import directories, exemptions, mails, policies, recognitions, reports, verdicts
from gateway.store.values import Purgeable, ReplayPage, Version

_SLACK = timedelta(days=1)  # ids sort by time, but a mail takes its id when it begins to come; ``at`` is when it was there
# What a replay reads: a hundred thousand rows cost what their columns cost.
_NOT_NEEDED = {"raw", "segment", "position", "kept", "sealed", "actions", "decided_at"}
_OF_MAILS = [column for column in mails.c if column.name not in _NOT_NEEDED]
_MADE_ANEW = {"evidence", "passed_over"}  # long, and the decision makes them again
_OF_VERDICTS = [column for column in verdicts.c if column.name not in _MADE_ANEW]


class Archive(Reading):
    """What was kept of the past.  NotFound for an unknown version; StoreUnavailable when the database is."""

    # --- replay -------------------------------------------------------------------------------------------------------

    def replayable(self, *, since: datetime, until: datetime, after: str = "", limit: int = 2000) -> ReplayPage:
        """Mails of that time with what was recognised and decided, oldest first; no sealed ones and no letters of our own."""
        first = after or first_id_of(since - _SLACK)
        query = (
            select(*_OF_MAILS, recognitions.c.found)
            .join_from(mails, recognitions, recognitions.c.mail_id == mails.c.id, isouter=True)
            .where(mails.c.id > first, *_decided_by_rules(since, until))
            .order_by(mails.c.id)
        )
        rows = self.rows(query.limit(limit + 1))
        decided: dict[str, list[AnyRow]] = {}
        if some := rows[:limit]:
            between = verdicts.c.mail_id.between(some[0].id, some[-1].id)
            for row in self.rows(select(*_OF_VERDICTS).where(between).order_by(verdicts.c.mail_id, verdicts.c.n)):
                decided.setdefault(row.mail_id, []).append(row)
        replayed = tuple(replayable_of(row, decided.get(row.id, [])) for row in some)
        return ReplayPage(mails=replayed, after=last_id(rows, limit))

    def count_mails(self, *, since: datetime, until: datetime) -> int:
        """How many mails replayable() gives."""
        query = select(func.count()).select_from(mails).where(mails.c.id > first_id_of(since - _SLACK))
        query = query.where(*_decided_by_rules(since, until))
        with self.database.reading() as connection:
            return int(connection.execute(query).scalar_one())

    # --- versions -----------------------------------------------------------------------------------------------------

    def policies(self) -> tuple[Version, ...]:
        """Every policy that was in force, newest first."""
        query = select(policies.c.version, policies.c.at).order_by(policies.c.at.desc(), policies.c.version)
        return tuple(Version(version=row.version, at=row.at) for row in self.rows(query))

    def policy(self, version: str) -> str:
        """The file of a policy; NotFound."""
        query = select(policies.c.content).where(policies.c.version == version)
        return str(self.one(query, f"no policy {version}").content)

    def directories(self) -> tuple[Version, ...]:
        """Every directory that was in force, newest first."""
        query = select(directories.c.version, directories.c.at, directories.c.actor)
        rows = self.rows(query.order_by(directories.c.at.desc(), directories.c.version))
        return tuple(Version(version=row.version, at=row.at, actor=row.actor) for row in rows)

    def directory(self, version: str) -> dict[str, str]:
        """The files of a directory, by name; NotFound."""
        query = select(directories.c.files).where(directories.c.version == version)
        return files_of(self.one(query, f"no directory {version}"))

    # --- what was sent, allowed, and may go ------------------------------------------------------------------------------

    def reports(self, guide: str, mailbox: str) -> tuple[Report, ...]:
        """What came through a reporting channel, oldest first."""
        query = select(reports).where(reports.c.guide == guide, reports.c.mailbox == mailbox.lower())
        return tuple(map(report_of, self.rows(query.order_by(reports.c.at, reports.c.mail_id))))

    def exempt_files(self, sender: str, digests: Sequence[str], *, now: datetime) -> frozenset[str]:
        """Which of these files somebody may send, because a clerk said so."""
        c = exemptions.c
        query = select(c.digest).where(c.sender == sender.lower(), c.digest.in_(digests), c.until > now)
        return frozenset(row.digest for row in self.rows(query))

    def purgeable(self, now: datetime, *, keep_passed: timedelta, keep_captured: timedelta | None) -> tuple[Purgeable, ...]:
        """What a purge would drop: of mails that passed, and of mails that were captured."""
        found = []
        captured_before = None if keep_captured is None else now - keep_captured
        with self.database.reading() as connection:
            for condition in droppable(now - keep_passed, captured_before):
                query = select(func.count(), func.coalesce(func.sum(mails.c.size), 0), func.min(mails.c.at)).where(condition)
                count, size, oldest = connection.execute(query).one()
                found.append(Purgeable(mails=count, size=int(size), oldest=oldest))
        return tuple(found)


def _decided_by_rules(since: datetime, until: datetime) -> list[ColumnElement[bool]]:
    """Mails of that time without sealed ones, letters of our own, and imported ones, which no rule decided about."""
    others = mails.c.door.in_((Door.OWN.value, Door.ARCHIVE.value))
    return [mails.c.at >= since, mails.c.at < until, mails.c.sealed.is_(False), ~others]
