"""How each courier does: what waits, what needs a person, when something last arrived."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, union_all

from gateway.lifecycle import DeliveryState
from gateway.model import Value
from gateway.store.reading import Reading
from gateway.store.tables import OF_CASE, UNFINISHED, deliveries, moment

_LATELY = 2000  # deliveries that are looked at for the last that arrived, of all and of cases
_WAITING = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.DEFERRED)


class Route(Value):
    """One courier."""

    name: str
    waiting: int = 0  # queued, being carried, or to be tried again
    pending: int = 0  # taken, the answer comes later
    troubled: int = 0  # uncertain, refused or given up: a person looks at each
    oldest: datetime | None = None  # of those that wait
    arrived_at: datetime | None = None  # the last success among what came lately


class Routes(Reading):
    """Found by the index of what is unfinished; finished deliveries are never counted."""

    def all(self) -> dict[str, Route]:
        """The couriers that have anything unfinished, or carried something lately, by name."""
        c = deliveries.c
        query = select(c.courier, c.state, func.count().label("number"), func.min(c.at).label("oldest")).where(UNFINISHED)
        found: dict[str, dict[str, Any]] = {}
        for row in self.rows(query.group_by(c.courier, c.state)):
            each = found.setdefault(row.courier, {"waiting": 0, "pending": 0, "troubled": 0, "oldest": None})
            state = DeliveryState(row.state)
            if state in _WAITING:
                each["waiting"] += row.number
                each["oldest"] = min(filter(None, (each["oldest"], row.oldest)))
            else:
                each["pending" if state is DeliveryState.PENDING else "troubled"] += row.number
        arrived = self._arrived()
        return {name: Route(name=name, arrived_at=arrived.get(name), **found.get(name, {})) for name in {*found, *arrived}}

    def _arrived(self) -> dict[str, datetime]:
        c = deliveries.c
        lately = select(c.courier, c.delivered_at).order_by(c.id.desc()).limit(_LATELY).subquery()
        of_cases = select(c.courier, c.delivered_at).where(OF_CASE).order_by(c.case_id.desc()).limit(_LATELY).subquery()
        both = union_all(select(lately), select(of_cases)).subquery()
        query: Select[Any] = select(both.c.courier, func.max(both.c.delivered_at).label("at")).group_by(both.c.courier)
        return {row.courier: _at(row.at) for row in self.rows(query) if row.at is not None}


def _at(value: datetime | int) -> datetime:
    return value if isinstance(value, datetime) else moment(value)
