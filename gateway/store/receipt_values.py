"""What an office system said, what of ours it is about, and what it does: the values of gateway.store.receipts."""

from __future__ import annotations

from datetime import date, datetime

from gateway.courier import Answer, Level
from gateway.lifecycle import CaseEvent, DeliveryEvent
from gateway.model import Value


class Receipt(Value):
    """One thing that an office system said; its bytes are read by themselves."""

    courier: str
    event_id: str
    delivery_id: str
    case_id: str  # both "": an orphan
    level: Level
    status: str
    at: datetime | None
    got_at: datetime
    register_number: str
    registered_on: date | None
    reason: str
    actor: str
    document_id: str
    organ_id: str
    number_symbol: str
    digest: str
    size: int
    acknowledged_at: datetime | None


class Fit(Value):
    """What of ours an answer is about; nothing when it fits nothing."""

    case_id: str = ""
    delivery_id: str = ""
    is_current: bool = True  # not about an earlier delivery of a case that was handed over again


class Effect(Value):
    """What an answer does."""

    delivery: DeliveryEvent | None = None
    case: CaseEvent | None = None
    alarm: bool = False  # a person must look


class Origin(Value):
    """Where a document of the axis came from, so that its issuer can be answered."""

    mail_id: str
    unit: str
    receiver: str  # our unit's code on the axis
    sender: str
    sender_name: str
    document_id: str
    number_symbol: str
    issued_on: date | None
    business: str
    reason: str
    problems: tuple[str, ...]


def answer_of(receipt: Receipt) -> Answer:
    """What an office system said, from the row of its receipt; without the bytes."""
    return Answer(
        event_id=receipt.event_id,
        level=receipt.level,
        at=receipt.at,
        status=receipt.status,
        document_id=receipt.document_id,
        organ_id=receipt.organ_id,
        number_symbol=receipt.number_symbol,
        register_number=receipt.register_number,
        registered_on=receipt.registered_on,
        reason=receipt.reason,
        actor=receipt.actor,
        digest=receipt.digest,
    )
