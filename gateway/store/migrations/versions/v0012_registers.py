"""Cases know their day in the register, when they were first decided and when they were registered; reports have indexes.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# When a case first took one of these steps.
_FIRST = (
    "UPDATE cases SET {column} = (SELECT min(stories.at) FROM stories "
    "WHERE stories.case_id <> '' AND stories.case_id = cases.id AND stories.event = 'case-moved' AND ({steps}))"
)


def upgrade() -> None:
    """Add the columns, tell them from what is known, make the indexes."""
    op.add_column("cases", sa.Column("book_on", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("cases", sa.Column("decided_at", sa.BigInteger(), nullable=True))
    op.add_column("cases", sa.Column("registered_at", sa.BigInteger(), nullable=True))
    _tell_days()
    left = 'stories.detail LIKE \'%"from":"waiting"%\' AND stories.detail NOT LIKE \'%"to":"waiting"%\''
    op.execute(_FIRST.format(column="decided_at", steps=left))
    op.execute(_FIRST.format(column="registered_at", steps='stories.detail LIKE \'%"to":"registered"%\''))
    op.execute(
        "UPDATE cases SET decided_at = opened_at WHERE decided_at IS NULL AND state IN ('approved', 'handed-over', 'done')"
    )
    op.create_index("ix_cases_book", "cases", ["unit", "direction", "book_on", "id"], unique=False)
    moved, would_have = sa.text("event = 'case-moved'"), sa.text("would_have IS NOT NULL")
    op.create_index("ix_stories_moved", "stories", ["at"], sqlite_where=moved, postgresql_where=moved)
    op.create_index("ix_verdicts_would_have", "verdicts", ["mail_id"], sqlite_where=would_have, postgresql_where=would_have)


def _tell_days() -> None:
    """The day that was given, else the Vietnamese day (UTC+7) of the opening."""
    seconds = "(opened_at / 1000000 + 7 * 3600)"
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    day = f"date({seconds}, 'unixepoch')" if is_sqlite else f"to_char(to_timestamp({seconds}) AT TIME ZONE 'UTC', 'YYYY-MM-DD')"
    op.execute(f"UPDATE cases SET book_on = CASE WHEN registered_on <> '' THEN registered_on ELSE {day} END")  # noqa: S608 - our own words
