"""Cases: what they are known by, which are the same, whose they are; receipts verbatim, look-ups, documents of the axis.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "receipts",
        sa.Column("courier", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("got_at", sa.BigInteger(), nullable=False),
        sa.Column("register_number", sa.Text(), nullable=False),
        sa.Column("registered_on", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("organ_id", sa.Text(), nullable=False),
        sa.Column("number_symbol", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("acknowledged_at", sa.BigInteger(), nullable=True),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("courier", "event_id", name="pk_receipts"),
    )
    op.create_index("ix_receipts_case_id", "receipts", ["case_id"], unique=False)
    op.create_index("ix_receipts_delivery_id", "receipts", ["delivery_id"], unique=False)
    op.create_index(
        "ix_receipts_orphans",
        "receipts",
        ["got_at"],
        unique=False,
        sqlite_where=sa.text("delivery_id = '' AND case_id = ''"),
        postgresql_where=sa.text("delivery_id = '' AND case_id = ''"),
    )
    op.create_table(
        "statuses",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("courier", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_statuses"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_statuses_case_id", "statuses", ["case_id"], unique=False)
    op.create_index(
        "ix_statuses_due",
        "statuses",
        ["courier", "due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "axis_documents",
        sa.Column("courier", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("mail_id", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("receiver", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("sender_name", sa.Text(), nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("number_symbol", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Text(), nullable=False),
        sa.Column("business", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("problems", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["mail_id"], ["mails.id"], name="fk_axis_documents_mail_id"),
        sa.PrimaryKeyConstraint("courier", "event_id", name="pk_axis_documents"),
    )
    op.create_index("ix_axis_documents_document_id", "axis_documents", ["document_id"], unique=False)
    op.create_index("ix_axis_documents_mail_id", "axis_documents", ["mail_id"], unique=False)
    op.create_table(
        "stand_ins",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("stand_in", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.name"], name="fk_stand_ins_account"),
        sa.ForeignKeyConstraint(["stand_in"], ["accounts.name"], name="fk_stand_ins_stand_in"),
        sa.PrimaryKeyConstraint("account", name="pk_stand_ins"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_stand_ins_stand_in", "stand_ins", ["stand_in"], unique=False)
    op.create_table(
        "case_links",
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("other_id", sa.Text(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_links_case_id"),
        sa.ForeignKeyConstraint(["other_id"], ["cases.id"], name="fk_case_links_other_id"),
        sa.PrimaryKeyConstraint("case_id", "other_id", name="pk_case_links"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_case_links_other_id", "case_links", ["other_id"], unique=False)
    op.create_table(
        "case_marks",
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_marks_case_id"),
        sa.PrimaryKeyConstraint("case_id", "kind", "value", name="pk_case_marks"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_case_marks_kind_value", "case_marks", ["kind", "value"], unique=False)
    op.create_table(
        "look_ups",
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=True),
        sa.Column("said", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name="fk_look_ups_delivery_id"),
        sa.PrimaryKeyConstraint("delivery_id", name="pk_look_ups"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "proposals",
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("other_id", sa.Text(), nullable=False),
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("merged", sa.Text(), nullable=False),
        sa.Column("moved", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_proposals_case_id"),
        sa.ForeignKeyConstraint(["other_id"], ["cases.id"], name="fk_proposals_other_id"),
        sa.PrimaryKeyConstraint("case_id", "other_id", name="pk_proposals"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_proposals_other_id", "proposals", ["other_id"], unique=False)
    op.create_table(
        "transfers",
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("from_unit", sa.Text(), nullable=False),
        sa.Column("to_unit", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_transfers_case_id"),
        sa.PrimaryKeyConstraint("case_id", "n", name="pk_transfers"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_transfers_from_unit", "transfers", ["from_unit"], unique=False)
    op.add_column("cases", sa.Column("assignee", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("cases", sa.Column("merged_into", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("cases", sa.Column("register_number", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("cases", sa.Column("registered_on", sa.Text(), server_default=sa.text("''"), nullable=False))
    joinable = "key <> '' AND state IN ('waiting', 'approved', 'handed-over', 'registered', 'merged')"
    op.drop_index("ix_cases_joinable", "cases")
    op.create_index(
        "ix_cases_joinable",
        "cases",
        ["unit", "direction", "key"],
        unique=True,
        sqlite_where=sa.text(joinable),
        postgresql_where=sa.text(joinable),
    )
