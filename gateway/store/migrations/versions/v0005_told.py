"""The story of a plain mail is read from its rows: when it was decided, and when each delivery arrived.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; older mails keep the story rows that they have."""
    op.add_column("mails", sa.Column("decided_at", sa.BigInteger(), nullable=True))
    op.add_column("deliveries", sa.Column("delivered_at", sa.BigInteger(), nullable=True))
