"""The rows about cases beside the case itself: what makes them the same, what became of them at the office systems.

Columns and times are as in tables.py.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, text

from gateway.store.tables import Instant, metadata

UNANSWERED = text("delivery_id = '' AND case_id = ''")
UNDECIDED = text("decision = ''")
UNACKNOWLEDGED = text("acknowledged_at IS NULL")
DUE = text("due_at IS NOT NULL")

# What a case is known by: see gateway.policy.sameness.
case_marks = Table(
    "case_marks",
    metadata,
    Column("case_id", Text, ForeignKey("cases.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Index(None, "kind", "value"),
    sqlite_with_rowid=False,
)

# Couriers that a person paused, on each node.
pauses = Table(
    "pauses",
    metadata,
    Column("node", Text, primary_key=True),
    Column("courier", Text, primary_key=True),
    Column("why", Text, nullable=False),
    Column("at", Instant, nullable=False),
    sqlite_with_rowid=False,
)

# Two cases that may be one document, until a person has said so.
proposals = Table(
    "proposals",
    metadata,
    Column("case_id", Text, ForeignKey("cases.id"), primary_key=True),  # the later one
    Column("other_id", Text, ForeignKey("cases.id"), primary_key=True),
    Column("layer", Text, nullable=False),
    Column("percent", Integer, nullable=False),  # of the words in common
    Column("at", Instant, nullable=False),
    Column("decision", Text, nullable=False),  # "", "same" or "different"
    Column("actor", Text, nullable=False),
    Column("decided_at", Instant),
    Column("merged", Text, nullable=False),  # id of the case that was merged into the other one; "" for none
    Column("moved", Text, nullable=False),  # JSON: ids of the mails that came along
    Index(None, "other_id"),
    sqlite_with_rowid=False,
)

# A document that recalls, corrects or replaces the one of an earlier case.
case_links = Table(
    "case_links",
    metadata,
    Column("case_id", Text, ForeignKey("cases.id"), primary_key=True),
    Column("other_id", Text, ForeignKey("cases.id"), primary_key=True),  # the earlier document
    Column("relation", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Index(None, "other_id"),
    sqlite_with_rowid=False,
)

# Cases that went to another unit.
transfers = Table(
    "transfers",
    metadata,
    Column("case_id", Text, ForeignKey("cases.id"), primary_key=True),
    Column("n", Integer, primary_key=True),  # counted from 1
    Column("from_unit", Text, nullable=False),
    Column("to_unit", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Index(None, "from_unit"),
    sqlite_with_rowid=False,
)

# Who acts for an absent clerk, until when.
stand_ins = Table(
    "stand_ins",
    metadata,
    Column("account", Text, ForeignKey("accounts.name"), primary_key=True),
    Column("stand_in", Text, ForeignKey("accounts.name"), nullable=False),
    Column("since", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Index(None, "stand_in"),
    sqlite_with_rowid=False,
)

# What office systems said, verbatim.  An answer that fits nothing of ours is an orphan: it has neither delivery nor case.
receipts = Table(
    "receipts",
    metadata,
    Column("courier", Text, primary_key=True),
    Column("event_id", Text, primary_key=True),
    Column("delivery_id", Text, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("at", Instant),  # as the other side says
    Column("got_at", Instant, nullable=False),
    Column("register_number", Text, nullable=False),
    Column("registered_on", Text, nullable=False),  # ISO date
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("document_id", Text, nullable=False),
    Column("organ_id", Text, nullable=False),
    Column("number_symbol", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("acknowledged_at", Instant),
    Column("raw", LargeBinary, nullable=False),
    Index(None, "case_id"),
    Index(None, "delivery_id"),
    Index("ix_receipts_orphans", "got_at", sqlite_where=UNANSWERED),
)

# Deliveries that are being asked after.
look_ups = Table(
    "look_ups",
    metadata,
    Column("delivery_id", Text, ForeignKey("deliveries.id"), primary_key=True),
    Column("since", Instant, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("last_at", Instant),
    Column("said", Text, nullable=False),
    sqlite_with_rowid=False,
)

# Documents of the axis: where they came from, so that their issuers can be answered.
axis_documents = Table(
    "axis_documents",
    metadata,
    Column("courier", Text, primary_key=True),
    Column("event_id", Text, primary_key=True),
    Column("mail_id", Text, ForeignKey("mails.id"), nullable=False),
    Column("unit", Text, nullable=False),
    Column("receiver", Text, nullable=False),  # our unit's code on the axis
    Column("sender", Text, nullable=False),  # the issuer's
    Column("sender_name", Text, nullable=False),
    Column("document_id", Text, nullable=False),
    Column("number_symbol", Text, nullable=False),
    Column("issued_on", Text, nullable=False),
    Column("business", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("problems", Text, nullable=False),  # JSON
    Index(None, "mail_id"),
    Index(None, "document_id"),
)

# What the issuers of those are told.
statuses = Table(
    "statuses",
    metadata,
    Column("id", Text, primary_key=True),
    Column("courier", Text, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("said", Text, nullable=False),  # JSON: gateway.courier.Status
    Column("state", Text, nullable=False),  # "due", "done" or "failed"
    Column("attempts", Integer, nullable=False),
    Column("due_at", Instant),  # NULL when it is over
    Column("reply", Text, nullable=False),
    Index(None, "case_id"),
    Index("ix_statuses_due", "courier", "due_at", sqlite_where=DUE),
    sqlite_with_rowid=False,
)
