"""The rows.  Nothing outside the store sees one; columns are named like the fields of the nouns that they hold.

Times are whole microseconds since 1970 in UTC, the same on SQLite and PostgreSQL (``Instant`` turns them into aware
datetimes); tuples and mappings are JSON text.  Whoever changes a table writes a migration beside it
(``migrations/versions``) and sets SCHEMA to its revision: a test compares the two.

A partial index says its condition as ``sqlite_where`` alone: the migrations make it on both databases, and to say it here for
PostgreSQL as well would load SQLAlchemy's part for that one at each start (docs/decisions/0043-the-door-opens-first.md).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    text,
)
from sqlalchemy.engine import Dialect

from gateway.lifecycle import CASE_TRANSITIONS, CaseEvent

SCHEMA = "0026"  # revision of the newest migration

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(at: datetime) -> int:
    """Whole microseconds since 1970 of an aware time."""
    return round(at.timestamp() * 1_000_000)  # a double is exact to a quarter of a microsecond until the year 2100


def moment(value: int) -> datetime:
    """The aware time of so many microseconds since 1970, in UTC."""
    return _EPOCH + timedelta(microseconds=value)


NEVER = micros(datetime(9999, 1, 1, tzinfo=UTC))


class Instant(TypeDecorator[datetime]):
    """An aware time, kept as whole microseconds since 1970 in UTC."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """To the database."""
        return None if value is None else micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """From the database."""
        return None if value is None else moment(value)


# The states in which a case still goes on: whoever brings the same document again joins it, or what it was merged into.
OPEN_STATES = tuple(state.value for state, steps in CASE_TRANSITIONS.items() if steps.keys() - {CaseEvent.UNDO})

# These conditions stand in partial indexes.  SQLite uses such an index only for a query that repeats them word for word.
ARCHIVED_SAME = text("key <> '' AND state = 'archived'")
JOINABLE = text("key <> '' AND state IN ('waiting', 'approved', 'handed-over', 'registered', 'merged')")
UNFINISHED = text("wake_at IS NOT NULL")
NOT_DELIVERED = text("action <> 'deliver'")
LET_THROUGH = text("alarm AND action = 'deliver'")
KEPT = text("kept")
IN_SEGMENT = text("segment IS NOT NULL")
WOULD_HAVE = text("would_have IS NOT NULL")
MOVED = text("event = 'case-moved'")
WITH_SUBJECT = text("subject <> ''")
OF_MAIL = text("mail_id <> ''")
OF_CASE = text("case_id <> ''")
BY_SOMEBODY = text("actor <> ''")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)

number_type = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only an INTEGER PRIMARY KEY

mails = Table(
    "mails",
    metadata,
    Column("id", Text, primary_key=True),
    Column("sender", Text, nullable=False),
    Column("recipients", Text, nullable=False),  # JSON
    Column("options", Text, nullable=False),  # JSON
    Column("digest", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("door", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("peer", Text, nullable=False),
    Column("helo", Text, nullable=False),
    Column("protocol", Text, nullable=False),
    Column("identity", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("actions", Text, nullable=False),  # of its verdicts, each once, with spaces between
    Column("sealed", Boolean, nullable=False),
    Column("kept", Boolean, nullable=False),  # are the bytes still there?
    Column("decided_at", Instant),  # its story then begins with what this row and its verdicts say (told.py)
    Column("segment", Text),  # file of the blobs folder that has the bytes …
    Column("position", BigInteger),  # … from here on
    Column("raw", LargeBinary),  # the bytes, when they are few; the last column, so that lists do not read past them
    Index(None, "at", sqlite_where=KEPT),
    Index(None, "segment", sqlite_where=IN_SEGMENT),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("mail_id", Text, ForeignKey("mails.id"), primary_key=True),
    Column("n", Integer, primary_key=True),  # order of the recipients, from 0
    Column("recipient", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("clause", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("would_have", Text),
    Column("target", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("office", Text, nullable=False),
    Column("direction", Text, nullable=False),
    Column("hand_over_at_once", Boolean, nullable=False),
    Column("notice", Text, nullable=False),
    Column("alarm", Boolean, nullable=False),
    Column("policy_version", Text, nullable=False),
    Column("evidence", Text, nullable=False),  # JSON
    Column("passed_over", Text, nullable=False),  # key of passed_over; "" for none
    Index(None, "action", "mail_id", sqlite_where=NOT_DELIVERED),
    Index("ix_verdicts_let_through", "mail_id", sqlite_where=LET_THROUGH),
    Index("ix_verdicts_would_have", "mail_id", sqlite_where=WOULD_HAVE),
)

# Most mails pass over the same rules for the same reasons: those words are kept once.
passed_over = Table(
    "passed_over",
    metadata,
    Column("key", Text, primary_key=True),  # digest of the rules
    Column("rules", Text, nullable=False),  # JSON
)

# What was recognised in a mail, without its words: a changed policy is tried on it long after the bytes are gone.
recognitions = Table(
    "recognitions",
    metadata,
    Column("mail_id", Text, ForeignKey("mails.id"), primary_key=True),
    Column("found", Text, nullable=False),  # JSON
)

# What came through a reporting channel: who has sent, and when.
reports = Table(
    "reports",
    metadata,
    Column("guide", Text, primary_key=True),  # number and symbol of the guiding document
    Column("mailbox", Text, primary_key=True),
    Column("mail_id", Text, ForeignKey("mails.id"), primary_key=True),
    Column("sender", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("files", Text, nullable=False),  # JSON: names of the attachments
    sqlite_with_rowid=False,
)

# What a clerk has let somebody send after he appealed: the files, for some days.
exemptions = Table(
    "exemptions",
    metadata,
    Column("sender", Text, primary_key=True),
    Column("digest", Text, primary_key=True),  # SHA-256 of the file
    Column("until", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    sqlite_with_rowid=False,
)

# Every policy that a verdict was made by, and every directory that was in force: what people changed, and when.
policies = Table(
    "policies",
    metadata,
    Column("version", Text, primary_key=True),  # as verdicts name it
    Column("at", Instant, nullable=False),  # first in force
    Column("content", Text, nullable=False),  # the file
)
directories = Table(
    "directories",
    metadata,
    Column("version", Text, primary_key=True),  # digest of the files
    Column("at", Instant, nullable=False),  # first in force
    Column("actor", Text, nullable=False),  # who changed it; "" is somebody with an editor
    Column("files", Text, nullable=False),  # JSON: their contents by name
)

cases = Table(
    "cases",
    metadata,
    Column("id", Text, primary_key=True),
    Column("mail_id", Text, ForeignKey("mails.id"), nullable=False),
    Column("unit", Text, nullable=False),
    Column("office", Text, nullable=False),
    Column("direction", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("due_at", Instant),
    Column("key", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("recipients", Text, nullable=False),  # JSON
    Column("subject", Text, nullable=False),
    Column("alarm", Boolean, nullable=False),
    Column("document", Text),  # JSON
    Column("files", Text, nullable=False),  # JSON
    Column("assignee", Text, nullable=False, server_default=text("''")),
    Column("merged_into", Text, nullable=False, server_default=text("''")),
    Column("register_number", Text, nullable=False, server_default=text("''")),
    Column("registered_on", Text, nullable=False, server_default=text("''")),  # ISO date; "" when unknown
    # For registers and reports:
    Column("book_on", Text, nullable=False, server_default=text("''")),  # ISO date: registered_on, else the day it was opened
    Column("decided_at", Instant),  # when it first waited no more for its clerk
    Column("registered_at", Instant),  # when we first heard that it was registered
    # from the document, for lists:
    Column("kind", Text, nullable=False),
    Column("number_symbol", Text, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("title", Text, nullable=False),  # trích yếu
    Column("urgency", Text, nullable=False),
    Index("ix_cases_joinable", "unit", "direction", "key", unique=True, sqlite_where=JOINABLE),
    Index("ix_cases_archived", "unit", "direction", "key", unique=True, sqlite_where=ARCHIVED_SAME),
    Index(None, "opened_at", "id"),
    Index("ix_cases_book", "unit", "direction", "book_on", "id"),
    # The queue (case_queue.py): its order and its counts are read from these alone.
    Index("ix_cases_queue", "state", "unit", "opened_at", "id", "due_at", "urgency", "assignee", "kind", "rule"),
    Index(None, "state", "opened_at", "id"),
)

case_mails = Table(
    "case_mails",
    metadata,
    Column("case_id", Text, ForeignKey("cases.id"), primary_key=True),
    Column("mail_id", Text, ForeignKey("mails.id"), primary_key=True),
    Index(None, "mail_id"),
    sqlite_with_rowid=False,
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Text, primary_key=True),
    Column("mail_id", Text, ForeignKey("mails.id"), nullable=False),
    Column("courier", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("options", Text, nullable=False),  # JSON
    Column("attempts", Integer, nullable=False),
    Column("next_at", Instant),
    Column("reply", Text, nullable=False),
    Column("at", Instant, nullable=False),  # made
    # When the worker must look at it: QUEUED and DEFERRED when they are due, SENDING when the lease runs out; NEVER when it
    # waits for a person or a receipt; NULL when it is finished (DELIVERED, CANCELLED).
    Column("wake_at", Instant),
    Column("node", Text, nullable=False),  # who has leased it …
    Column("life", Text, nullable=False),  # … in which life: only that one may settle it
    Column("delivered_at", Instant),  # the story then has a line that this row says (told.py)
    Column("sent", Text),  # SHA-256 of the bytes that left; NULL while nobody took them
    Index(None, "courier", "wake_at", sqlite_where=UNFINISHED),
    Index(None, "mail_id"),
    Index(None, "case_id", sqlite_where=OF_CASE),
    sqlite_with_rowid=False,
)

stories = Table(
    "stories",
    metadata,
    Column("id", number_type, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("event", Text, nullable=False),
    Column("mail_id", Text, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("detail", Text, nullable=False),  # JSON
    Index(None, "mail_id", sqlite_where=OF_MAIL),
    Index(None, "case_id", sqlite_where=OF_CASE),
    Index("ix_stories_at_id", "at", "id"),
    Index("ix_stories_actor", "actor", "at", "id", sqlite_where=BY_SOMEBODY),
    Index("ix_stories_moved", "at", sqlite_where=MOVED),
)

told = Table(
    "told",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("address", Text, primary_key=True),
    Column("at", Instant, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("full_name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("units", Text, nullable=False),  # JSON
    Column("password_hash", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("must_change", Boolean, nullable=False, server_default=text("false")),
    Column("totp", Text, nullable=False, server_default=text("''")),
    Column("totp_step", BigInteger, nullable=False, server_default=text("0")),  # the newest that was used
    Column("recovery", Text, nullable=False, server_default=text("'[]'")),  # JSON: digests
    Column("subject", Text, nullable=False, server_default=text("''")),
    Column("last_sign_in_at", Instant),
    Column("language", Text, nullable=False, server_default=text("''")),
    Column("look", Text, nullable=False, server_default=text("''")),
    Index("ix_accounts_subject", "subject", unique=True, sqlite_where=WITH_SUBJECT),
)
