"""The kinds and reasons that the waiting cases have are read from the index of the queue, too.

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The index with two columns more."""
    op.drop_index("ix_cases_queue", "cases")
    columns = ["state", "unit", "opened_at", "id", "due_at", "urgency", "assignee", "kind", "rule"]
    op.create_index("ix_cases_queue", "cases", columns)
