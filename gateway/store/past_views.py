"""What is known of imports: which mails were taken, and what the report counts.  Synchronous reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Select, func, select, union_all

from gateway.model import Direction
from gateway.store.mailbox_tables import ACCEPTED, swept
from gateway.store.past_tables import WITH_KEY, imports, past_documents, past_mails
from gateway.store.past_values import DocumentCount, ImportRow, MailCount, Outcome, Trouble
from gateway.store.reading import Reading
from gateway.store.tables import case_mails
from gateway.store.texts import clean

_PAGE = 1000
_TROUBLES = (Outcome.FAILED, Outcome.UNREADABLE, Outcome.SECRET)


class PastViews(Reading):
    """What was imported.  StoreUnavailable when the database is."""

    def known(self, import_id: str, keys: Sequence[str]) -> frozenset[str]:
        """Which of these mails of a source were taken already; those that failed are not among them."""
        c = past_mails.c
        query = select(c.key).where(
            c.import_id == import_id, c.key.in_([clean(key) for key in keys]), c.outcome != Outcome.FAILED.value
        )
        return frozenset(row.key for row in self.rows(query))

    def same_bytes(self, digests: Sequence[str]) -> dict[str, str]:
        """For mails whose bytes are ours already the mail that they are ("" when nothing of it was archived).

        They were imported before, or swept from a mailbox while it was in use, and their documents are cases already.  (Where
        nothing was captured, as in *observe*, the archive is the only place to find them in.)
        """
        c = past_mails.c
        imported = select(c.digest, c.mail_id).where(c.digest.in_(digests), c.outcome != Outcome.FAILED.value)
        captured = select(case_mails.c.case_id).where(case_mails.c.mail_id == swept.c.mail_id).exists()
        taken = select(swept.c.digest, swept.c.mail_id).where(swept.c.digest.in_(digests), ACCEPTED, captured)
        return {row.digest: row.mail_id for row in self.rows(union_all(taken, imported).order_by("mail_id"))}

    def imports(self) -> tuple[ImportRow, ...]:
        """Every import, newest first."""
        counted: dict[str, dict[Outcome, int]] = {}
        each = select(past_mails.c.import_id, past_mails.c.outcome, func.count().label("mails"))
        for row in self.rows(each.group_by(past_mails.c.import_id, past_mails.c.outcome)):
            counted.setdefault(row.import_id, {})[Outcome(row.outcome)] = row.mails
        query = select(imports).order_by(imports.c.started_at.desc(), imports.c.id)
        return tuple(
            ImportRow(
                id=row.id,
                name=row.name,
                unit=row.unit,
                started_at=row.started_at,
                finished_at=row.finished_at,
                outcomes=counted.get(row.id, {}),
            )
            for row in self.rows(query)
        )

    def document_counts(self, import_id: str = "") -> Iterator[DocumentCount]:
        """Documents by source, unit, direction, kind and year; of one import, or of all."""
        c = past_documents.c
        by = (imports.c.name, c.unit, c.direction, c.kind, c.year)
        query = select(
            *by,
            func.count().label("documents"),
            func.count().filter(c.joined).label("joined"),
            func.count().filter(c.twin_of != "", ~c.joined).label("twins"),
        ).join(imports, imports.c.id == c.import_id)
        for row in self.rows(_of_import(query, c.import_id, import_id).group_by(*by).order_by(*by)):
            yield DocumentCount(
                source=row.name,
                unit=row.unit,
                direction=Direction(row.direction),
                kind=row.kind,
                year=row.year,
                documents=row.documents,
                joined=row.joined,
                twins=row.twins,
            )

    def mail_counts(self, import_id: str = "") -> Iterator[MailCount]:
        """Mails by source, folder and outcome; of one import, or of all."""
        c = past_mails.c
        by = (imports.c.name, c.folder, c.outcome)
        query = select(*by, func.count().label("mails"), func.sum(c.size).label("size"))
        query = _of_import(query.join(imports, imports.c.id == c.import_id), c.import_id, import_id)
        for row in self.rows(query.group_by(*by).order_by(*by)):
            outcome = Outcome(row.outcome)
            yield MailCount(source=row.name, folder=row.folder, outcome=outcome, mails=row.mails, size=int(row.size))

    def troubles(self, import_id: str = "") -> Iterator[Trouble]:
        """Mails that a person may want to look at where they lie, page by page."""
        c, last = past_mails.c, ("", "")
        while True:
            query = select(past_mails, imports.c.name).join(imports, imports.c.id == c.import_id)
            query = _of_import(query, c.import_id, import_id).where(c.outcome.in_([each.value for each in _TROUBLES]))
            behind = (c.import_id > last[0]) | ((c.import_id == last[0]) & (c.key > last[1]))
            rows = self.rows(query.where(behind).order_by(c.import_id, c.key).limit(_PAGE))
            for row in rows:
                yield Trouble(
                    source=row.name,
                    folder=row.folder,
                    key=row.key,
                    at=row.at,
                    sender=row.sender,
                    outcome=Outcome(row.outcome),
                    note=row.note,
                )
            if len(rows) < _PAGE:
                return
            last = (rows[-1].import_id, rows[-1].key)

    def twins(self, case_id: str) -> tuple[str, ...]:
        """Archived cases with the number, symbol, agency and year of one of the documents of this one, in other bytes."""
        mine = select(past_documents.c.document_key).where(past_documents.c.case_id == case_id, WITH_KEY)
        query = select(past_documents.c.case_id).where(past_documents.c.document_key.in_(mine), WITH_KEY).distinct()
        return tuple(sorted(row.case_id for row in self.rows(query) if row.case_id != case_id))


def _of_import(query: Select[Any], column: Any, import_id: str) -> Select[Any]:
    return query.where(column == import_id) if import_id else query
