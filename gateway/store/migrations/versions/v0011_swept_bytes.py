"""Imports ask whether bytes were swept before.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One index."""
    accepted = sa.text("what = 'accepted'")
    op.create_index("ix_swept_digest", "swept", ["digest"], sqlite_where=accepted, postgresql_where=accepted)
