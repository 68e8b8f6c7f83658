"""The rows of the IMAP door: mailboxes as they are, how far their folders were read, and what became of every message."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text, text

from gateway.store.tables import Instant, metadata

# Conditions of partial indexes: SQLite uses such an index only for a query that repeats it word for word.
ACCEPTED = text("what = 'accepted'")
UNTIDY = text("tidy_at IS NOT NULL")

# One row for each [[mailbox]]: whose it is now, and how it does.
mailboxes = Table(
    "mailboxes",
    metadata,
    Column("name", Text, primary_key=True),
    Column("node", Text, nullable=False),  # who reads it …
    Column("life", Text, nullable=False),  # … in which life …
    Column("leased_until", Instant),  # … and until when nobody else may
    Column("signed_in_at", Instant),  # last
    Column("first_read_at", Instant),
    Column("read_at", Instant),  # last time that nothing was left unread
    Column("last_mail_at", Instant),  # when the last mail became ours
    Column("trouble", Text, nullable=False),  # "", "sign-in", "unreachable", "refused"
    Column("said", Text, nullable=False),  # what was said then
    Column("trouble_since", Instant),
    Column("look_now", Boolean, nullable=False),  # a person asked for it
)

# How far a folder was read.  Exactly once is the business of swept, not of this row: it only saves asking.
mailbox_folders = Table(
    "mailbox_folders",
    metadata,
    Column("mailbox", Text, primary_key=True),
    Column("folder", Text, primary_key=True),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("last_uid", BigInteger, nullable=False),
    Column("since", Instant),  # what came in before is not live; NULL: all of it is
    sqlite_with_rowid=False,
)

# What became of a message.  Its row is written in the transaction that accepts its mail: there is no moment between.
swept = Table(
    "swept",
    metadata,
    Column("mailbox", Text, primary_key=True),
    Column("folder", Text, primary_key=True),
    Column("uidvalidity", BigInteger, primary_key=True),
    Column("uid", BigInteger, primary_key=True),
    Column("what", Text, nullable=False),  # gateway.model.Swept
    Column("mail_id", Text, nullable=False),  # ours; "" when there is none
    Column("digest", Text, nullable=False),  # of the bytes as the server gave them; "" when it gave none
    Column("size", BigInteger, nullable=False),
    Column("received_at", Instant),  # INTERNALDATE
    Column("at", Instant, nullable=False),
    Column("tidy_at", Instant),  # when it is to be marked or moved; NULL: done, or left
    # The same bytes in the same mailbox are one mail, whatever number the server gives them: the database says so, not a check.
    Index("ix_swept_bytes", "mailbox", "digest", unique=True, sqlite_where=ACCEPTED),
    # Imports of old mail ask whether bytes were swept before, from whichever mailbox.
    Index("ix_swept_digest", "digest", sqlite_where=ACCEPTED),
    Index("ix_swept_untidy", "mailbox", "folder", sqlite_where=UNTIDY),
    Index(None, "mail_id"),
    sqlite_with_rowid=False,
)

# Messages that could not be taken yet; each is tried again by itself, and held after some times.
sweep_failures = Table(
    "sweep_failures",
    metadata,
    Column("mailbox", Text, primary_key=True),
    Column("folder", Text, primary_key=True),
    Column("uidvalidity", BigInteger, primary_key=True),
    Column("uid", BigInteger, primary_key=True),
    Column("attempts", Integer, nullable=False),
    Column("at", Instant, nullable=False),  # of the last attempt
    Column("said", Text, nullable=False),
    sqlite_with_rowid=False,
)

# Mails for an address whose mailbox is swept, by Message-ID, date and sender: perhaps the same mail by another way.
likenesses = Table(
    "likenesses",
    metadata,
    Column("address", Text, primary_key=True),
    Column("likeness", Text, primary_key=True),
    Column("mail_id", Text, primary_key=True),
    sqlite_with_rowid=False,
)
