"""What the domains of senders said when their mails came: a row for each mail of which SPF, DKIM and DMARC were asked.

Most mails come from machines that are trusted and have none: a table of its own costs them nothing.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Table, Text

from gateway.model import Identity, Proof
from gateway.store.from_rows import AnyRow
from gateway.store.rows import Tuple
from gateway.store.tables import metadata
from gateway.store.texts import clean

sender_proofs = Table(
    "sender_proofs",
    metadata,
    Column("mail_id", Text, ForeignKey("mails.id"), primary_key=True),
    Column("identity", Text, nullable=False),
    Column("spf", Text, nullable=False),
    Column("dkim", Text, nullable=False),
    Column("dmarc", Text, nullable=False),
    Column("domain", Text, nullable=False),
    Column("server", Text, nullable=False),  # whose word it is; "" is the gateway
    sqlite_with_rowid=False,
)


def proof_row(mail_id: str, proof: Proof) -> Tuple:
    """The row of one mail."""
    return (mail_id, str(proof.identity), proof.spf, proof.dkim, proof.dmarc, clean(proof.domain), clean(proof.by))


def proof_of(row: AnyRow) -> Proof:
    """What the row says."""
    return Proof(identity=Identity(row.identity), spf=row.spf, dkim=row.dkim, dmarc=row.dmarc, domain=row.domain, by=row.server)
