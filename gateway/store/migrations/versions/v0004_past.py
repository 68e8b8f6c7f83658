"""Old mail can be imported: which source, which of its mails, which documents; an archive that joins the same bytes.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_SAME = "key <> '' AND state = 'archived'"
_WITH_KEY = "document_key <> ''"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "imports",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_imports"),
    )
    op.create_index("ix_imports_name", "imports", ["name"], unique=True)
    op.create_table(
        "past_mails",
        sa.Column("import_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger()),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("mail_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "key", name="pk_past_mails"),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name="fk_past_mails_import_id_imports"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_past_mails_digest", "past_mails", ["digest"])
    op.create_table(
        "past_documents",
        sa.Column("import_id", sa.Text(), nullable=False),
        sa.Column("mail_key", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number_symbol", sa.Text(), nullable=False),
        sa.Column("document_key", sa.Text(), nullable=False),
        sa.Column("joined", sa.Boolean(), nullable=False),
        sa.Column("twin_of", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "mail_key", "n", name="pk_past_documents"),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name="fk_past_documents_import_id_imports"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_past_documents_case_id_cases"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_past_documents_document_key",
        "past_documents",
        ["document_key"],
        sqlite_where=sa.text(_WITH_KEY),
        postgresql_where=sa.text(_WITH_KEY),
    )
    op.create_index("ix_past_documents_case_id", "past_documents", ["case_id"])
    op.create_index(
        "ix_cases_archived",
        "cases",
        ["unit", "direction", "key"],
        unique=True,
        sqlite_where=sa.text(_SAME),
        postgresql_where=sa.text(_SAME),
    )
