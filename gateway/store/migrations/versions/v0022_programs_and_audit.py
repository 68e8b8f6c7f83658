"""Repeated calls of programs are known, the audit is read by person and day from indexes, and alarms tell that they are over.

Revision ID: 0022
Revises: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One table, two indexes, two columns.  Nobody is told that old alarms are over."""
    op.create_table(
        "api_calls",
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("media", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("token", "key", name="pk_api_calls"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_api_calls_at", "api_calls", ["at"])
    somebody = sa.text("actor <> ''")
    op.create_index("ix_stories_at_id", "stories", ["at", "id"])
    op.create_index("ix_stories_actor", "stories", ["actor", "at", "id"], sqlite_where=somebody, postgresql_where=somebody)
    op.add_column("alarms", sa.Column("over_told_at", sa.BigInteger()))
    op.add_column("alarms", sa.Column("over_sent_at", sa.BigInteger()))
    op.execute("UPDATE alarms SET over_told_at = over_at, over_sent_at = over_at WHERE over_at IS NOT NULL")
