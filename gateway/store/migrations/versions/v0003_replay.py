"""What was recognised is kept without its words, and so are policies and directories: a changed one can be tried on them.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "recognitions",
        sa.Column("mail_id", sa.Text(), nullable=False),
        sa.Column("found", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("mail_id", name="pk_recognitions"),
        sa.ForeignKeyConstraint(["mail_id"], ["mails.id"], name="fk_recognitions_mail_id_mails"),
    )
    op.create_table(
        "reports",
        sa.Column("guide", sa.Text(), nullable=False),
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("mail_id", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("guide", "mailbox", "mail_id", name="pk_reports"),
        sa.ForeignKeyConstraint(["mail_id"], ["mails.id"], name="fk_reports_mail_id_mails"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "exemptions",
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sender", "digest", name="pk_exemptions"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "policies",
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_policies"),
    )
    op.create_table(
        "directories",
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_directories"),
    )
