"""What one attempt of a delivery means: the step of its state, and how the store and the story are told.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from gateway.courier import RELAY, Level, Result
from gateway.lifecycle import CaseEvent, DeliveryEvent, DeliveryState, next_delivery_state
from gateway.model import Delivery, Event, Story
from gateway.store import Settlement

_TOLD_AS: Mapping[DeliveryState, Event] = {
    DeliveryState.PENDING: Event.DELIVERED,  # the detail says that the answer comes later
    DeliveryState.DEFERRED: Event.DEFERRED,
    DeliveryState.UNCERTAIN: Event.UNCERTAIN,
    DeliveryState.REFUSED: Event.FAILED,
    DeliveryState.DEAD: Event.FAILED,
}
_CASE_EVENTS: Mapping[DeliveryState, CaseEvent] = {
    DeliveryState.DELIVERED: CaseEvent.HAND_OVER,
    DeliveryState.REFUSED: CaseEvent.HANDOVER_FAILED,
}  # given up: the clerk has decided, and the officer has it carried again once the cause is gone


class Step:
    """One delivery, one attempt, and what follows from it."""

    __slots__ = ("attempts", "delivery", "event", "next_at", "result", "state")

    def __init__(
        self, delivery: Delivery, result: Result, event: DeliveryEvent, attempts: int, next_at: datetime | None
    ) -> None:
        self.delivery = delivery
        self.result = result
        self.event = event
        self.attempts = attempts
        self.next_at = next_at
        self.state = next_delivery_state(delivery.state, event)

    def put_off(self, until: datetime) -> Step:
        """The same result, but later."""
        return Step(self.delivery, self.result, DeliveryEvent.RETRY, self.attempts, until)

    def settlement(self, now: datetime) -> Settlement:
        """As the store takes it, with its story."""
        delivery, arrived = self.delivery, self.state is DeliveryState.DELIVERED
        to_office = bool(delivery.case_id) and delivery.courier != RELAY
        return Settlement(
            delivery_id=delivery.id,
            event=self.event,
            attempts=self.attempts,
            reply=self.result.reply,
            next_at=self.next_at,
            story=None if arrived else self._story(now),
            delivered_at=now if arrived else None,
            sent=self.result.sent,
            case_id=delivery.case_id if to_office else "",
            case_event=_CASE_EVENTS.get(self.state) if to_office else None,
            courier=delivery.courier if to_office else "",
            receipt=self.result.receipt if to_office else b"",
            level=Level.STORED if arrived else Level.TRANSPORT,
        )

    def _story(self, now: datetime) -> Story:
        delivery = self.delivery
        detail: dict[str, str | int | float | bool | list[str]] = {
            "delivery": delivery.id,
            "target": delivery.target,
            "reply": self.result.reply,
            "attempts": self.attempts,
            "state": self.state,
        }
        if self.next_at is not None:
            detail["next_at"] = self.next_at.isoformat(timespec="seconds")
        return Story(at=now, event=_TOLD_AS[self.state], mail_id=delivery.mail_id, case_id=delivery.case_id, detail=detail)
