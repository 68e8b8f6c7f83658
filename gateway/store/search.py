"""Full text: what cases and mails are found by.

A case gets its words in the transaction that opens or changes it; mails get theirs afterwards (mail_words.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, Select, Table, column, false, func, literal_column, select, text
from sqlalchemy import table as from_clause

from gateway.model import Case, Recipient
from gateway.store.inserts import insert_new
from gateway.store.search_tables import case_search, mail_search
from gateway.store.words import entry_of, for_postgres, for_sqlite, words_of_case


def put_case(connection: Connection, case: Case) -> None:
    """The words of a case as it is now; within the transaction that opens or changes it."""
    words = words_of_case(case)
    if not insert_new(connection, case_search, {"case_id": case.id, "words": words}, unless=("case_id",)):
        connection.execute(case_search.update().where(case_search.c.case_id == case.id).values(words=words))


def put_mail(connection: Connection, mail_id: str, *, subject: str, sender: str, recipients: Sequence[Recipient]) -> None:
    """The words of a mail of the past, whose id is not of today; within the transaction that imports it."""
    words = entry_of((subject, sender, *(recipient.address for recipient in recipients)))
    insert_new(connection, mail_search, {"mail_id": mail_id, "words": words}, unless=("mail_id",))


def saying(identity: ColumnElement[str], table: Table, wanted: str, *, is_sqlite: bool) -> list[ColumnElement[bool]]:
    """The condition that an id is of something with all these words; none when nothing is wanted."""
    if not wanted.strip():
        return []
    query = for_sqlite(wanted) if is_sqlite else for_postgres(wanted)
    if not query:
        return [false()]  # only signs: nothing has them
    return [identity.in_(_having(table, query, is_sqlite=is_sqlite))]


def _having(table: Table, query: str, *, is_sqlite: bool) -> Select[tuple[str]]:
    of = table.c[1]
    if is_sqlite:
        name = table.name.replace("_search", "_words")
        match = text(f"{name} MATCH :sought").bindparams(sought=query)
        found: Select[tuple[int]] = select(column("rowid")).select_from(from_clause(name)).where(match)
        return select(of).where(table.c.n.in_(found))
    vector = func.to_tsvector(literal_column("'simple'"), table.c.words)
    return select(of).where(vector.op("@@")(func.to_tsquery(literal_column("'simple'"), query)))
