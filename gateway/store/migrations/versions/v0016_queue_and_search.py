"""The queue reads its order from an index, and words are looked for in full text instead of in a folded column.

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gateway.store.words import entry_of

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_BATCH = 1000


def upgrade() -> None:
    """Tables, indexes, and the words of all cases; those of mails are taken in by and by (mail_words.py)."""
    for of in ("case", "mail"):
        op.create_table(
            f"{of}_search",
            sa.Column("n", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
            sa.Column(f"{of}_id", sa.Text, sa.ForeignKey(f"{of}s.id"), nullable=False, unique=True),
            sa.Column("words", sa.Text, nullable=False),
        )
        if op.get_bind().dialect.name == "sqlite":
            _full_text_on_sqlite(of)
        else:
            op.execute(f"CREATE INDEX ix_{of}_search_words ON {of}_search USING gin (to_tsvector('simple', words))")
    _fill_cases(op.get_bind())
    op.drop_index("ix_cases_state_unit", "cases")
    op.create_index("ix_cases_queue", "cases", ["state", "unit", "opened_at", "id", "due_at", "urgency", "assignee"])
    op.create_index("ix_cases_state_opened_at_id", "cases", ["state", "opened_at", "id"])
    op.drop_column("cases", "search")
    op.drop_column("mails", "search")


def _full_text_on_sqlite(of: str) -> None:
    """FTS5 over the column, kept by triggers: see "External Content Tables" in its documentation."""
    op.execute(
        f"CREATE VIRTUAL TABLE {of}_words USING fts5(words, content='{of}_search', content_rowid='n', "
        "tokenize='unicode61 remove_diacritics 0', prefix='2 3')"
    )
    put = f"INSERT INTO {of}_words(rowid, words) VALUES (new.n, new.words);"  # noqa: S608 - our own names
    take = f"INSERT INTO {of}_words({of}_words, rowid, words) VALUES ('delete', old.n, old.words);"  # noqa: S608 - our own names
    for event, steps in (("INSERT", put), ("DELETE", take), ("UPDATE", take + put)):
        op.execute(f"CREATE TRIGGER {of}_search_{event.lower()} AFTER {event} ON {of}_search BEGIN {steps} END")


def _fill_cases(connection: sa.Connection) -> None:
    columns: list[sa.ColumnClause[str]] = [
        sa.column(name) for name in ("id", "number_symbol", "title", "issuer", "kind", "subject", "sender", "register_number")
    ]
    cases, after = sa.table("cases", *columns), ""
    search = sa.table("case_search", sa.column("case_id"), sa.column("words"))
    while rows := connection.execute(
        sa.select(*columns).select_from(cases).where(columns[0] > after).order_by(columns[0]).limit(_BATCH)
    ).all():
        connection.execute(search.insert(), [{"case_id": row[0], "words": entry_of(row[1:])} for row in rows])
        after = rows[-1][0]
