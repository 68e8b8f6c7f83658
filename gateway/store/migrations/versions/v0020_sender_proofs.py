"""What SPF, DKIM and DMARC said about the sender of a mail when it came.

Revision ID: 0020
Revises: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; of mails that came before nobody knows it any more."""
    op.create_table(
        "sender_proofs",
        sa.Column("mail_id", sa.Text, sa.ForeignKey("mails.id"), primary_key=True),
        sa.Column("identity", sa.Text, nullable=False),
        sa.Column("spf", sa.Text, nullable=False),
        sa.Column("dkim", sa.Text, nullable=False),
        sa.Column("dmarc", sa.Text, nullable=False),
        sa.Column("domain", sa.Text, nullable=False),
        sa.Column("server", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
