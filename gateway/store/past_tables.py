"""The rows of imports (which source, which of its mails, which documents) and of reconciliations."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, Text, text

from gateway.store.tables import Instant, metadata

# The condition of a partial index: SQLite uses such an index only for a query that repeats it word for word.
WITH_KEY = text("document_key <> ''")

imports = Table(
    "imports",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),  # "mbox:/srv/old/vanthu.mbox"
    Column("unit", Text, nullable=False),  # whose mail it is; "" says the mails themselves
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Index(None, "name", unique=True),
)

past_mails = Table(
    "past_mails",
    metadata,
    Column("import_id", Text, ForeignKey("imports.id"), primary_key=True),
    Column("key", Text, primary_key=True),  # of the mail within its source
    Column("folder", Text, nullable=False),
    Column("at", Instant),
    Column("size", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("mail_id", Text, nullable=False),  # "" when nothing of it is archived
    Index(None, "digest"),
    sqlite_with_rowid=False,
)

past_documents = Table(
    "past_documents",
    metadata,
    Column("import_id", Text, ForeignKey("imports.id"), primary_key=True),
    Column("mail_key", Text, primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False),
    Column("unit", Text, nullable=False),
    Column("direction", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("year", Integer, nullable=False),
    Column("number_symbol", Text, nullable=False),
    Column("document_key", Text, nullable=False),  # number, symbol, agency and year
    Column("joined", Boolean, nullable=False),  # the archive had these bytes already
    Column("twin_of", Text, nullable=False),  # a case with the same number, symbol, agency and year in other bytes
    Index(None, "document_key", sqlite_where=WITH_KEY),
    Index(None, "case_id"),
    sqlite_with_rowid=False,
)

# Mailboxes compared with the store, night by night.
reconciliations = Table(
    "reconciliations",
    metadata,
    Column("mailbox", Text, primary_key=True),
    Column("at", Instant, primary_key=True),
    Column("differences", BigInteger, nullable=False),
    Column("result", Text, nullable=False),  # JSON
    Index(None, "at"),
    sqlite_with_rowid=False,
)
