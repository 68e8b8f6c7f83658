"""The verbs of imports: begin, remember, finish.

A mail of the past becomes durable in one transaction: the line that says it was taken, the mail, its archived cases and
documents.  So whoever is killed and starts again goes on behind the last line, and no line is without its mail.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, update

from gateway.errors import StoreUnavailable, VanthuError
from gateway.lifecycle import CaseState
from gateway.model import Event, Story, new_id
from gateway.store.batch import Entry, Rows, is_sealed
from gateway.store.database import Database
from gateway.store.inserts import insert_new, insert_of
from gateway.store.past_tables import WITH_KEY, imports, past_documents, past_mails
from gateway.store.past_values import Outcome, PastDocument, PastMail, Remembered
from gateway.store.past_views import PastViews
from gateway.store.rows import case_columns, story_row
from gateway.store.sameness import add_marks
from gateway.store.search import put_case, put_mail
from gateway.store.tables import ARCHIVED_SAME, case_mails, cases, stories
from gateway.store.texts import clean
from gateway.store.transaction import Transaction
from gateway.store.values import Acceptance, Opening


class _Known(VanthuError):
    """Another run has taken this mail: what came with it is undone."""


class _Archived(NamedTuple):
    case_id: str
    joined: bool


class Past:
    """Imports of old mail; ``views`` says what is known of them.  Thread-safe."""

    def __init__(
        self, database: Database, submit: Callable[[Entry], None], rows_of: Callable[[Sequence[Acceptance]], Rows]
    ) -> None:
        self.views = PastViews(database)
        self._submit = submit
        self._rows_of = rows_of

    def begin(self, name: str, *, unit: str, now: datetime) -> str:
        """The identity of the import of that source: of the one that was begun before, else a new one."""

        def work(transaction: Transaction) -> str:
            values = {"id": new_id(), "name": clean(name), "unit": unit, "started_at": now, "finished_at": None}
            insert_new(transaction.connection, imports, values, unless=("name",))
            query = select(imports.c.id).where(imports.c.name == clean(name))
            import_id = str(transaction.connection.execute(query).scalar_one())
            again = {"finished_at": None, "unit": unit}
            transaction.connection.execute(update(imports).where(imports.c.id == import_id).values(again))
            return import_id

        return self._done(Entry(call=work)).result()  # type: ignore[no-any-return]

    def finish(self, import_id: str, *, now: datetime) -> None:
        """The source was read to its end."""
        finished = update(imports).where(imports.c.id == import_id).values(finished_at=now)
        self._done(Entry(call=lambda transaction: transaction.connection.execute(finished) and None)).result()

    def remember(self, import_id: str, mails: Sequence[PastMail]) -> list[Remembered]:
        """Make them durable, each as a whole or not at all, in few transactions.

        StoreUnavailable when the database is gone, or when another import is taking the same bytes at this moment: nothing
        is lost, what was not written is not known() the next time.
        """
        futures = [self._done(self._entry(import_id, mail)) for mail in mails]
        remembered: list[Remembered] = []
        failed: StoreUnavailable | None = None
        for future in futures:
            try:
                remembered.append(future.result())
            except _Known:
                remembered.append(Remembered(is_new=False))
            except StoreUnavailable as error:
                failed = error
        if failed is not None:
            raise failed
        return remembered

    def _entry(self, import_id: str, mail: PastMail) -> Entry:
        rows = self._rows_of((mail.acceptance,) if mail.acceptance is not None else ())
        opened, rows.openings = rows.openings, []

        def work(transaction: Transaction) -> Remembered:
            if not _take(transaction.connection, import_id, mail):
                raise _Known
            if mail.acceptance is not None and not is_sealed(mail.acceptance):
                taken = mail.acceptance.mail
                put_mail(
                    transaction.connection,
                    taken.id,
                    subject=mail.acceptance.subject,
                    sender=taken.sender,
                    recipients=taken.recipients,
                )
            archived = {opening.case.id: _archive(transaction, opening) for opening in opened}
            twins = [_put_document(transaction.connection, import_id, mail, n, archived) for n in range(len(mail.documents))]
            return Remembered(joined=sum(each.joined for each in archived.values()), twins=sum(twins))

        return Entry(call=work, rows=rows)

    def _done(self, entry: Entry) -> Future[Any]:
        future: Future[Any] = Future()
        entry.future = future
        self._submit(entry)
        return future


# --- Within the transaction -------------------------------------------------------------------------------------------


def _take(connection: Connection, import_id: str, mail: PastMail) -> bool:
    """Write the line of a mail; False when it is there already.  One that had failed is written anew."""
    values = {
        "import_id": import_id,
        "key": clean(mail.key),
        "folder": clean(mail.folder),
        "at": mail.at,
        "size": mail.size,
        "digest": mail.digest,
        "sender": clean(mail.sender),
        "outcome": mail.outcome.value,
        "note": clean(mail.note),
        "mail_id": mail.acceptance.mail.id if mail.acceptance is not None else "",
    }
    statement = insert_of(connection)(past_mails).values(values)
    statement = statement.on_conflict_do_update(
        index_elements=["import_id", "key"], set_=values, where=past_mails.c.outcome == Outcome.FAILED.value
    )
    return connection.execute(statement.returning(past_mails.c.key)).first() is not None


def _archive(transaction: Transaction, opening: Opening) -> _Archived:
    """Put a case into the archive, or let its mail join the one that has the same bytes for the same unit.

    With its marks: a document that recalls, corrects or replaces it later is tied to it.
    """
    connection, case = transaction.connection, opening.case
    if case.state is not CaseState.ARCHIVED:
        raise AssertionError("only archived cases are made of old mail")
    is_new = insert_new(connection, cases, case_columns(case), unless=("unit", "direction", "key"), where=ARCHIVED_SAME)
    case_id = case.id
    if is_new:
        put_case(connection, case)
    else:
        same = select(cases.c.id).where(
            cases.c.unit == case.unit, cases.c.direction == case.direction.value, cases.c.key == clean(case.key), ARCHIVED_SAME
        )
        case_id = str(connection.execute(same).scalar_one())
    add_marks(connection, case_id, opening.marks)
    of_mail = {"case_id": case_id, "mail_id": case.mail_id}
    if insert_new(connection, case_mails, of_mail, unless=("case_id", "mail_id")):
        event = Event.CASE_OPENED if is_new else Event.CASE_JOINED
        detail: dict[str, str | int | float | bool | list[str]] = {"unit": case.unit, "direction": case.direction.value}
        story = Story(at=case.opened_at, event=event, mail_id=case.mail_id, case_id=case_id, detail=detail)
        transaction.insert(stories, [story_row(story)])
    return _Archived(case_id, not is_new)


def _put_document(connection: Connection, import_id: str, mail: PastMail, n: int, archived: dict[str, _Archived]) -> bool:
    """Write one document of a mail; says whether the archive now has it in other bytes, and not only once more."""
    document = mail.documents[n]
    where = archived[document.case_id]
    twin = _twin_of(connection, document, where.case_id)
    values = {
        "import_id": import_id,
        "mail_key": clean(mail.key),
        "n": n,
        "case_id": where.case_id,
        "unit": document.unit,
        "direction": document.direction.value,
        "kind": clean(document.kind),
        "year": document.year,
        "number_symbol": clean(document.number_symbol),
        "document_key": clean(document.key),
        "joined": where.joined,
        "twin_of": twin,
    }
    insert_new(connection, past_documents, values, unless=("import_id", "mail_key", "n"))
    return bool(twin) and not where.joined


def _twin_of(connection: Connection, document: PastDocument, case_id: str) -> str:
    if not document.key:
        return ""
    c = past_documents.c
    same = select(c.case_id).where(c.document_key == clean(document.key), WITH_KEY, c.case_id != case_id)
    same = same.where(c.unit == document.unit, c.direction == document.direction.value)
    return str(connection.execute(same.order_by(c.case_id).limit(1)).scalar() or "")
