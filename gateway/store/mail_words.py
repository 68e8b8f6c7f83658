"""The words of mails for the search: taken in behind the mails, in small batches, every minute and before somebody searches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import func, select

from gateway.model import first_id_of, moment_of
from gateway.store.casework import Write
from gateway.store.database import Database
from gateway.store.from_rows import AnyRow, recipients_of
from gateway.store.reading import Reading
from gateway.store.search import put_mail
from gateway.store.search_tables import mail_search
from gateway.store.tables import mails
from gateway.store.transaction import Transaction

_CHUNK = 100  # mails in one transaction: mail that comes in meanwhile waits for no more
_OVERLAP = timedelta(hours=1)  # ids sort by time, but a mail takes its id when it begins to come


class MailWords(Reading):
    """Keeps the words of mails up to date."""

    def __init__(self, database: Database, write: Write) -> None:
        super().__init__(database)
        self._write = write

    def catch_up(self, now: datetime, *, limit: int = 3000) -> int:
        """Take in the words of up to ``limit`` mails that came since the last time; gives how many it were."""
        rows = self._new(now, limit)
        for start in range(0, len(rows), _CHUNK):
            self._write(partial(_put, rows=rows[start : start + _CHUNK]))
        return len(rows)

    def _new(self, now: datetime, limit: int) -> Sequence[AnyRow]:
        c = mails.c
        query = select(func.max(mail_search.c.mail_id)).where(mail_search.c.mail_id < first_id_of(now + _OVERLAP))
        last = self.rows(query)[0][0]
        there = select(mail_search.c.n).where(mail_search.c.mail_id == c.id)
        wanted = select(c.id, c.subject, c.sender, c.recipients).where(~c.sealed, ~there.exists())
        if last:
            wanted = wanted.where(c.id > first_id_of(moment_of(last) - _OVERLAP))
        return self.rows(wanted.order_by(c.id).limit(limit))


def _put(transaction: Transaction, rows: Sequence[AnyRow]) -> None:
    for row in rows:
        put_mail(transaction.connection, row.id, subject=row.subject, sender=row.sender, recipients=recipients_of(row))
