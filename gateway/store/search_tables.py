"""What is looked for in full text.  The index over ``words`` is made by migration 0016: it is not the same on both databases.

SQLite: an FTS5 table (case_words, mail_words) that triggers keep as these tables are.  PostgreSQL: an index over the
tsvector of ``words``; no extension is needed.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Table, Text

from gateway.store.tables import metadata, number_type

case_search = Table(
    "case_search",
    metadata,
    Column("n", number_type, primary_key=True),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False, unique=True),
    Column("words", Text, nullable=False),
)

# Filled behind the mails, in batches (search.py): the way of a mail does not pay for it.
mail_search = Table(
    "mail_search",
    metadata,
    Column("n", number_type, primary_key=True),
    Column("mail_id", Text, ForeignKey("mails.id"), nullable=False, unique=True),
    Column("words", Text, nullable=False),
)
