"""Each delivery remembers the digest of the bytes that left.

Revision ID: 0019
Revises: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A column, empty for what left before."""
    op.add_column("deliveries", sa.Column("sent", sa.Text))
