"""The Courier protocol: carries a Parcel to one place, once, and says what came of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from gateway.model import Case, Delivery, Mail, Value

RELAY = "relay"  # name of the courier that carries mails; all others carry cases to office systems


class Outcome(StrEnum):
    """What came of one attempt."""

    DELIVERED = "delivered"  # the other side stored it
    ALREADY = "already"  # the other side says duplicate: success, with the earlier receipt
    PENDING = "pending"  # taken; the answer comes later
    RETRY = "retry"  # certainly not taken
    UNCERTAIN = "uncertain"  # may have been taken: look up before sending again
    REFUSED = "refused"  # the other side's own verdict
    MISCONFIGURED = "misconfigured"  # ours to repair: pause the courier, keep the queue


class Parcel(Value):
    """One mail (or case) for one place: the same on every attempt.

    All ``deliveries`` share courier, mail and envelope sender; the relay sends them in one SMTP transaction.
    ``case`` is there when an office system gets a captured document.
    """

    mail: Mail
    deliveries: tuple[Delivery, ...]
    case: Case | None = None


class Result(Value):
    """What came of one attempt for one delivery."""

    delivery_id: str
    outcome: Outcome
    reply: str = ""  # what the other side said, for the story, the console and the delivery report
    receipt: bytes = b""  # kept verbatim


class Courier(Protocol):
    """Carries parcels.  Tries once; the worker waits and retries."""

    name: str
    lanes: int  # parcels that it can make use of at once, at least

    async def deliver(self, parcel: Parcel) -> tuple[Result, ...]:
        """Carry the parcel; one Result for each of its deliveries.  Raises DeliveryError when it is the same for all."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
