"""Receipts and documents of the axis, as rows and back."""

from __future__ import annotations

from datetime import date, datetime
from hashlib import sha256

import msgspec

from gateway.courier import Answer, Level
from gateway.store.from_rows import AnyRow
from gateway.store.inserts import insert_new
from gateway.store.office_tables import axis_documents, receipts
from gateway.store.receipt_values import Fit, Origin, Receipt
from gateway.store.texts import clean, to_json
from gateway.store.transaction import Transaction

_problems = msgspec.json.Decoder(tuple[str, ...])


def insert_receipt(transaction: Transaction, courier: str, answer: Answer, fit: Fit, now: datetime) -> bool:
    """Keep what was said; false when this event was kept before."""
    values = {
        "courier": courier,
        "event_id": clean(answer.event_id),
        "delivery_id": fit.delivery_id,
        "case_id": fit.case_id,
        "level": answer.level.value,
        "status": clean(answer.status),
        "at": answer.at,
        "got_at": now,
        "register_number": clean(answer.register_number),
        "registered_on": day_text(answer.registered_on),
        "reason": clean(answer.reason),
        "actor": clean(answer.actor),
        "document_id": clean(answer.document_id),
        "organ_id": clean(answer.organ_id),
        "number_symbol": clean(answer.number_symbol),
        "sha256": sha256(answer.raw).hexdigest() if answer.raw else answer.digest,
        "acknowledged_at": None,
        "raw": answer.raw,
    }
    return insert_new(transaction.connection, receipts, values, unless=("courier", "event_id"))


def insert_origin(transaction: Transaction, courier: str, event_id: str, origin: Origin) -> None:
    """Keep where a document of the axis came from."""
    values = {
        "courier": courier,
        "event_id": f"{clean(event_id)}:{origin.unit}",
        "mail_id": origin.mail_id,
        "unit": origin.unit,
        "receiver": clean(origin.receiver),
        "sender": clean(origin.sender),
        "sender_name": clean(origin.sender_name),
        "document_id": clean(origin.document_id),
        "number_symbol": clean(origin.number_symbol),
        "issued_on": day_text(origin.issued_on),
        "business": clean(origin.business),
        "reason": clean(origin.reason),
        "problems": to_json(origin.problems),
    }
    insert_new(transaction.connection, axis_documents, values, unless=("courier", "event_id"))


def receipt_of(row: AnyRow) -> Receipt:
    """A receipt; its row has the size of the bytes instead of these."""
    return Receipt(
        courier=row.courier,
        event_id=row.event_id,
        delivery_id=row.delivery_id,
        case_id=row.case_id,
        level=Level(row.level),
        status=row.status,
        at=row.at,
        got_at=row.got_at,
        register_number=row.register_number,
        registered_on=_read_day(row.registered_on),
        reason=row.reason,
        actor=row.actor,
        document_id=row.document_id,
        organ_id=row.organ_id,
        number_symbol=row.number_symbol,
        digest=row.sha256,
        size=row.size,
        acknowledged_at=row.acknowledged_at,
    )


def origin_of(row: AnyRow) -> Origin:
    """Where a document of the axis came from."""
    return Origin(
        mail_id=row.mail_id,
        unit=row.unit,
        receiver=row.receiver,
        sender=row.sender,
        sender_name=row.sender_name,
        document_id=row.document_id,
        number_symbol=row.number_symbol,
        issued_on=_read_day(row.issued_on),
        business=row.business,
        reason=row.reason,
        problems=_problems.decode(row.problems),
    )


def day_text(on: date | None) -> str:
    """A day as columns have it; "" for none."""
    return on.isoformat() if on is not None else ""


def _read_day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
