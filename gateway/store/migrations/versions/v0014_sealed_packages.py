"""Packages of sealed documents of the axis lie with their sealed mails alone.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# Once they stood in the receipt as well.  The receipt keeps its hash, by which the package can be known again.
_ERASE = """
UPDATE receipts SET raw = :nothing WHERE level = 'document' AND (
    case_id IN (SELECT id FROM cases WHERE state = 'sealed')
    OR EXISTS (
        SELECT 1 FROM axis_documents AS brought
        JOIN case_mails ON case_mails.mail_id = brought.mail_id
        JOIN cases ON cases.id = case_mails.case_id
        WHERE cases.state = 'sealed' AND brought.courier = receipts.courier
        AND substr(brought.event_id, 1, length(receipts.event_id) + 1) = receipts.event_id || ':'
    )
)
"""


def upgrade() -> None:
    """Erase the copies."""
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        # Else what was erased would stay in free pages of the file.
        connection.execute(sa.text("PRAGMA secure_delete = ON"))
    connection.execute(sa.text(_ERASE), {"nothing": b""})
