"""Secrets that a unit let through are found without a look at all verdicts.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.create_index(
        "ix_verdicts_let_through",
        "verdicts",
        ["mail_id"],
        sqlite_where=sa.text("alarm AND action = 'deliver'"),
        postgresql_where=sa.text("alarm AND action = 'deliver'"),
    )
