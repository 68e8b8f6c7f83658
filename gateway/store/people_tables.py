"""Who is signed in to the console, from where.  Columns and times are as in tables.py."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Table, Text

from gateway.store.tables import Instant, metadata

sessions = Table(
    "sessions",
    metadata,
    Column("id", Text, primary_key=True),  # SHA-256 of what the cookie has: who reads the table cannot sign in
    Column("account", Text, ForeignKey("accounts.name"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("peer", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Index(None, "account"),
)
