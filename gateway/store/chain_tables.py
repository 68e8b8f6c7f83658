"""The rows of the audit's hash chain (gateway.chain): links, and heads that were signed.  Columns are as in tables.py."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from gateway.store.tables import Instant, metadata

audit_links = Table(
    "audit_links",
    metadata,
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("node", Text, nullable=False),  # who sealed it: until it is silent for a while, the others leave it the work
    Column("stories_to", BigInteger, nullable=False),  # newest row of stories that is sealed by now
    Column("mails_to", Text, nullable=False),  # the same of mails
    Column("count", Integer, nullable=False),
    Column("root", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("entries", Text, nullable=False),  # JSON; the last column, so that walks along the chain do not read past it
    Index(None, "stories_to"),
    Index(None, "mails_to"),
)

audit_heads = Table(
    "audit_heads",
    metadata,
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("hash", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("signature", Text, nullable=False),
)

audit_look = Table(
    "audit_look",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # 1: one look at a time
    Column("node", Text, nullable=False),  # who is at it …
    Column("leased_until", Instant, nullable=False),  # … and until when the others leave it alone
    Column("begun_at", Instant),  # of the look under way; NULL between two
    Column("place", Text, nullable=False),  # JSON: how far it is; "" for the beginning
    Column("result", Text, nullable=False),  # JSON: what the last whole look found; "" before the first
)
