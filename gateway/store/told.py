"""The lines of a story that other rows tell already: that a mail came, what was decided, that it arrived.

Nearly every mail has these three lines and no others, so none of them has a row of its own: a mail's row and its verdicts
say the first two, once ``decided_at`` is set, and the row of a delivery says that it arrived, once ``delivered_at`` is.
Whatever else happens is a row of stories.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from gateway.model import Event, Story
from gateway.store.from_rows import AnyRow

_Detail = dict[str, str | int | float | bool | list[str]]


def accepted(mail: AnyRow) -> Story:
    """That a mail came: from its row."""
    detail: _Detail = {
        "door": mail.door,
        "peer": mail.peer,
        "helo": mail.helo,
        "identity": mail.identity,
        "size": mail.size,
        "sha256": mail.digest,
    }
    return Story(at=mail.at, event=Event.ACCEPTED, mail_id=mail.id, detail=detail)


def decided(mail_id: str, at: datetime, verdicts: Iterable[AnyRow]) -> Story:
    """What was decided: from the verdicts in the order of the recipients."""
    lines = [f"{row.recipient}: {row.action} ({row.rule})" for row in verdicts]
    return Story(at=at, event=Event.DECIDED, mail_id=mail_id, detail={"verdicts": lines})


def delivered(delivery: AnyRow) -> Story:
    """That a delivery arrived: from its row."""
    detail: _Detail = {
        "delivery": delivery.id,
        "target": delivery.target,
        "reply": delivery.reply,
        "attempts": delivery.attempts,
        "state": delivery.state,
    }
    if delivery.sent:
        detail["sent_sha256"] = delivery.sent
    return Story(
        at=delivery.delivered_at, event=Event.DELIVERED, mail_id=delivery.mail_id, case_id=delivery.case_id, detail=detail
    )


def in_order(first: Sequence[Story], written: Sequence[Story], arrived: Sequence[Story]) -> tuple[Story, ...]:
    """One story: how it began, then by time what was written down and what arrived; what was written first at the same time."""
    if not arrived:
        return (*first, *written)
    return (*first, *sorted((*written, *arrived), key=lambda story: story.at))
