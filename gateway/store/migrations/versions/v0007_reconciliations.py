"""The nightly comparisons of mailboxes with the store are kept.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "reconciliations",
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("differences", sa.BigInteger(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox", "at", name="pk_reconciliations"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_reconciliations_at", "reconciliations", ["at"])
