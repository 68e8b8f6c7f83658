"""Mailboxes are swept by IMAP: whose each is, how far its folders were read, what became of every message.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_ACCEPTED = sa.text("what = 'accepted'")
_UNTIDY = sa.text("tidy_at IS NOT NULL")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "mailboxes",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("life", sa.Text(), nullable=False),
        sa.Column("leased_until", sa.BigInteger()),
        sa.Column("signed_in_at", sa.BigInteger()),
        sa.Column("first_read_at", sa.BigInteger()),
        sa.Column("read_at", sa.BigInteger()),
        sa.Column("last_mail_at", sa.BigInteger()),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("trouble_since", sa.BigInteger()),
        sa.Column("look_now", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_mailboxes"),
    )
    op.create_table(
        "mailbox_folders",
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("last_uid", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger()),
        sa.PrimaryKeyConstraint("mailbox", "folder", name="pk_mailbox_folders"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "swept",
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("mail_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger()),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("tidy_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("mailbox", "folder", "uidvalidity", "uid", name="pk_swept"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_swept_bytes", "swept", ["mailbox", "digest"], unique=True, sqlite_where=_ACCEPTED, postgresql_where=_ACCEPTED
    )
    op.create_index("ix_swept_untidy", "swept", ["mailbox", "folder"], sqlite_where=_UNTIDY, postgresql_where=_UNTIDY)
    op.create_index("ix_swept_mail_id", "swept", ["mail_id"])
    op.create_table(
        "sweep_failures",
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox", "folder", "uidvalidity", "uid", name="pk_sweep_failures"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "likenesses",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("likeness", sa.Text(), nullable=False),
        sa.Column("mail_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("address", "likeness", "mail_id", name="pk_likenesses"),
        sqlite_with_rowid=False,
    )
