"""The rows behind the API and the alarms: tokens of programs, cases that programs are fetching, what calls for somebody.

Columns and times are as in tables.py.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text, text

from gateway.store.tables import Instant, metadata

STANDING = text("over_at IS NULL")

# One program each.  The secret itself is nowhere: only its hash.
api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("digest", Text, nullable=False),  # SHA-256 of the secret, hexadecimal
    Column("units", Text, nullable=False),  # JSON; [] is none
    Column("verbs", Text, nullable=False),  # JSON: gateway.tokens.Scope
    Column("office", Text, nullable=False),  # the [[office]] whose cases it may fetch; "" for none
    Column("made_by", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("ends_at", Instant),
    Column("used_at", Instant),  # last, to the minute
    Column("ended_at", Instant),
    Column("ended_by", Text, nullable=False),
)

# Who is fetching a case now; the row stays, so that an answer under an older lock is known for what it is.
pulls = Table(
    "pulls",
    metadata,
    Column("delivery_id", Text, primary_key=True),
    Column("lock", Text, nullable=False),
    Column("token", Text, nullable=False),  # id
    Column("locked_until", Instant, nullable=False),
    Column("said", Text, nullable=False),  # why it was given back last
    sqlite_with_rowid=False,
)

# Calls of programs under a key of theirs, with the answers they got.
api_calls = Table(
    "api_calls",
    metadata,
    Column("token", Text, primary_key=True),  # id
    Column("key", Text, primary_key=True),
    Column("what", Text, nullable=False),  # SHA-256 of address and body
    Column("at", Instant, nullable=False),
    Column("status", Integer, nullable=False),  # 0: no answer yet
    Column("media", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index(None, "at"),
    sqlite_with_rowid=False,
)

# What calls for somebody, each once: it is over when the watcher does not find it any more.
alarms = Table(
    "alarms",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),  # gateway.alarms.Kind
    Column("about", Text, nullable=False),  # of what: the name of a mailbox, a courier, the id of a case …
    Column("unit", Text, nullable=False),  # whose clerks it concerns; "" for the officer
    Column("said", Text, nullable=False),  # Vietnamese, without anything of a sealed document
    Column("raised_at", Instant, nullable=False),
    Column("seen_by", Text, nullable=False),
    Column("seen_at", Instant),
    Column("told_at", Instant),  # by mail, last
    Column("sent_at", Instant),  # to the webhook; NULL: to be sent
    Column("over_told_at", Instant),  # by mail: that it is over
    Column("over_sent_at", Instant),  # to the webhook: the same
    Column("tries", Integer, nullable=False),  # of the webhook
    Column("next_try_at", Instant),
    Column("over_at", Instant),
    Index("ix_alarms_standing", "kind", "about", unique=True, sqlite_where=STANDING),
    Index(None, "raised_at"),
)
