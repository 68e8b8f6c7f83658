"""Changed policies on trial: runs over past mail, and what they would have changed.

Revision ID: 0023
Revises: 0022
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "replays",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("days", sa.Integer, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("beat_at", sa.BigInteger, nullable=False),
        sa.Column("progress", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_replays_at", "replays", ["at"])
    names = ("sender", "recipient", "subject", "action", "rule", "reason", "new_action", "new_rule", "new_reason")
    op.create_table(
        "replay_changes",
        sa.Column("replay_id", sa.Text, sa.ForeignKey("replays.id"), primary_key=True),
        sa.Column("n", sa.Integer, primary_key=True),
        sa.Column("mail_id", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in names),
        sqlite_with_rowid=False,
    )
