"""What somebody chose for himself, the language and the look of the console, belongs to his account.

Revision ID: 0024
Revises: 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; nobody has chosen yet."""
    for name in ("language", "look"):
        op.add_column("accounts", sa.Column(name, sa.Text, nullable=False, server_default=sa.text("''")))
