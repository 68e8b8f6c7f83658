"""What reconciliations ask of the store, and their results: kept for the page of the mailbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Table, func, select

from gateway.lifecycle import DeliveryState
from gateway.model import Swept
from gateway.store.database import Database
from gateway.store.inserts import insert_of
from gateway.store.mailbox_tables import mailbox_folders, sweep_failures, swept
from gateway.store.past_tables import imports, past_mails, reconciliations
from gateway.store.past_values import Outcome
from gateway.store.reading import Reading
from gateway.store.reconciling_values import FolderKnown, Gap, KnownMessage, Reconciliation
from gateway.store.tables import case_mails, deliveries, verdicts
from gateway.store.texts import clean, to_json
from gateway.store.transaction import Transaction

_MANY = 500
_result = msgspec.json.Decoder(Reconciliation)
_DONE = (DeliveryState.DELIVERED.value, DeliveryState.CANCELLED.value)


class Reconciling(Reading):
    """The store as a reconciliation sees it.  Thread-safe."""

    def __init__(self, database: Database, do: Callable[..., Any]) -> None:
        super().__init__(database)
        self._do = do

    def known(self, mailbox: str, folder: str, uidvalidity: int) -> FolderKnown:
        """What is known of the messages of a folder under this numbering: swept, failed, held, imported."""
        messages = {each.uid: each for each in self._imported(mailbox, folder, uidvalidity)}
        messages |= {each.uid: each for each in self._swept(mailbox, folder, uidvalidity)}
        return FolderKnown(messages=tuple(messages.values()), since=self._since(mailbox, folder))

    def shortcomings(self, mail_ids: Sequence[str]) -> dict[str, tuple[Gap, str]]:
        """Those of our mails that are not decided, or decided and neither delivered nor captured; with what is known."""
        found: dict[str, tuple[Gap, str]] = {}
        for some in _chunks(mail_ids):
            decided = {
                row.mail_id for row in self.rows(select(verdicts.c.mail_id).where(verdicts.c.mail_id.in_(some)).distinct())
            }
            captured = {row.mail_id for row in self.rows(select(case_mails.c.mail_id).where(case_mails.c.mail_id.in_(some)))}
            found |= {mail_id: (Gap.UNDECIDED, "") for mail_id in some if mail_id not in decided | captured}
            under_way = select(deliveries.c.mail_id, deliveries.c.target, deliveries.c.state, deliveries.c.reply).where(
                deliveries.c.mail_id.in_(some), deliveries.c.case_id == "", deliveries.c.state.not_in(_DONE)
            )
            for row in self.rows(under_way):
                found[row.mail_id] = (Gap.UNDELIVERED, f"{row.target}: {row.state} {row.reply}".strip())
        return found

    def put(self, result: Reconciliation) -> None:
        """Keep a result; durable on return."""

        def work(transaction: Transaction) -> None:
            insert = insert_of(transaction.connection)
            values = {
                "mailbox": result.mailbox,
                "at": result.at,
                "differences": len(result.gaps) + result.more,
                "result": clean(to_json(result)),
            }
            transaction.connection.execute(insert(reconciliations).values(values).on_conflict_do_nothing())

        self._do(work)

    def latest(self) -> dict[str, Reconciliation]:
        """The newest result of each mailbox, by its name."""
        c = reconciliations.c
        newest = select(c.mailbox, func.max(c.at).label("at")).group_by(c.mailbox).subquery()
        both = (c.mailbox == newest.c.mailbox) & (c.at == newest.c.at)
        rows = self.rows(select(c.mailbox, c.result).join_from(reconciliations, newest, both))
        return {row.mailbox: _result.decode(row.result) for row in rows}

    def history(self, mailbox: str, *, limit: int = 30) -> tuple[Reconciliation, ...]:
        """The results of one mailbox, newest first."""
        c = reconciliations.c
        rows = self.rows(select(c.result).where(c.mailbox == mailbox).order_by(c.at.desc()).limit(limit))
        return tuple(_result.decode(row.result) for row in rows)

    # --- what is known ------------------------------------------------------------------------------------------------

    def _imported(self, mailbox: str, folder: str, uidvalidity: int) -> Iterator[KnownMessage]:
        prefix = clean(f"{folder};{uidvalidity};")
        c = past_mails.c
        query = select(c.key, c.mail_id, c.outcome).join(imports, imports.c.id == c.import_id)
        query = query.where(imports.c.name == f"mailbox:{mailbox}", c.key >= prefix, c.key < prefix[:-1] + "<")
        for row in self.rows(query):
            uid = row.key.removeprefix(prefix)
            if uid.isdigit():
                gap = Gap.FAILED if row.outcome == Outcome.FAILED.value else None
                yield KnownMessage(uid=int(uid), mail_id=row.mail_id, gap=gap, is_past=True)

    def _swept(self, mailbox: str, folder: str, uidvalidity: int) -> Iterator[KnownMessage]:
        c = sweep_failures.c
        for row in self.rows(select(c.uid).where(*_in(sweep_failures, mailbox, folder, uidvalidity))):
            yield KnownMessage(uid=row.uid, mail_id="", gap=Gap.FAILED)
        for row in self.rows(select(swept).where(*_in(swept, mailbox, folder, uidvalidity))):
            # A mail that was kept for a person is in a case of its own; the message stays where it is.
            gap = Gap.HELD if row.what == Swept.HELD.value else None
            yield KnownMessage(uid=row.uid, mail_id=row.mail_id, gap=gap)

    def _since(self, mailbox: str, folder: str) -> datetime | None:
        c = mailbox_folders.c
        query = select(c.since).where(c.mailbox == mailbox, c.folder == clean(folder))
        return next((row.since for row in self.rows(query)), None)


def _in(table: Table, mailbox: str, folder: str, uidvalidity: int) -> tuple[ColumnElement[bool], ...]:
    """The messages of one folder under one numbering."""
    c = table.c
    return c.mailbox == mailbox, c.folder == clean(folder), c.uidvalidity == uidvalidity


def _chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), _MANY):
        yield values[start : start + _MANY]
