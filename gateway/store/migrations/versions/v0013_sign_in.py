"""Accounts have a second factor, a first password that must be changed, and sessions that can be ended.

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the table.  Whoever is signed in now signs in once more."""
    for column in (
        sa.Column("must_change", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("totp", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("totp_step", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("recovery", sa.Text(), nullable=False, server_default=sa.text("'[]'")),
        sa.Column("subject", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("last_sign_in_at", sa.BigInteger(), nullable=True),
    ):
        op.add_column("accounts", column)
    subject = sa.text("subject <> ''")
    op.create_index("ix_accounts_subject", "accounts", ["subject"], unique=True, sqlite_where=subject, postgresql_where=subject)
    op.create_table(
        "sessions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("peer", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.name"], name="fk_sessions_account"),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
    )
    op.create_index("ix_sessions_account", "sessions", ["account"])
