"""The receipt that an attempt or a look-up brought along: kept verbatim, the same bytes once."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from gateway.courier import Level
from gateway.store.office_tables import receipts
from gateway.store.rows import Tuple
from gateway.store.tables import micros
from gateway.store.transaction import ManyRows


def keep_reply(
    transaction: ManyRows, *, courier: str, delivery_id: str, case_id: str, level: Level, raw: bytes, now: datetime
) -> None:
    """Keep one."""
    row = reply_row(courier=courier, delivery_id=delivery_id, case_id=case_id, level=level, raw=raw, now=now)
    transaction.insert(receipts, [row])


def reply_row(*, courier: str, delivery_id: str, case_id: str, level: Level, raw: bytes, now: datetime) -> Tuple:
    """Its row in receipts: nobody has to acknowledge it, and it tells nothing but its level."""
    digest, at = sha256(raw).hexdigest(), micros(now)
    values = {
        "courier": courier,
        "event_id": f"{delivery_id}:{digest[:16]}",
        "delivery_id": delivery_id,
        "case_id": case_id,
        "level": level.value,
        "at": None,
        "got_at": at,
        "sha256": digest,
        "acknowledged_at": at,
        "raw": raw,
    }
    return tuple(values.get(column.name, "") for column in receipts.columns)
