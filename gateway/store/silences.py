"""Cases that an office system took and has said nothing about since, or that it calls a person for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from gateway.lifecycle import CaseState, DeliveryState
from gateway.store.office_tables import receipts
from gateway.store.reading import Reading
from gateway.store.tables import cases, deliveries

_CALLS = ("13", "16")  # QCVN 102:2016: lấy lại, từ chối lấy lại


class Silences(Reading):
    """Found when somebody looks: an answer that comes late ends the alarm by itself."""

    def of(
        self, couriers: Sequence[str], *, before: datetime, units: Sequence[str] | None = None, limit: int = 1000
    ) -> dict[str, datetime]:
        """The cases handed over to these couriers before a moment, without any status since; each with when it arrived.

        The longest waiting first.  ``units`` None is all.
        """
        said = select(receipts.c.event_id).where(receipts.c.delivery_id == deliveries.c.id, receipts.c.status != "")
        since = func.max(deliveries.c.delivered_at)
        query = (
            select(cases.c.id, since.label("since"))
            .join(deliveries, deliveries.c.case_id == cases.c.id)
            .where(cases.c.state == CaseState.HANDED_OVER.value, cases.c.office.in_(couriers))
            .where(deliveries.c.courier == cases.c.office, deliveries.c.state == DeliveryState.DELIVERED.value)
            .where(deliveries.c.delivered_at < before, ~said.exists())
            .group_by(cases.c.id)
            .order_by(since, cases.c.id)
        )
        if units is not None:
            query = query.where(cases.c.unit.in_(units))
        return {row.id: row.since for row in self.rows(query.limit(limit))}

    def calls(self, case_ids: Sequence[str]) -> dict[str, str]:
        """Of these cases, those that an office system asks back ("13") or declines to give back ("16"), by its last status."""
        r = receipts.c
        query = select(r.case_id, r.status).where(r.case_id.in_(case_ids), r.status != "").order_by(r.got_at)
        last = {row.case_id: row.status for row in self.rows(query)}
        return {case_id: status for case_id, status in last.items() if status in _CALLS}
