"""Receipts have a table of their own.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop the column of before: nobody read it."""
    op.drop_column("deliveries", "receipt")
