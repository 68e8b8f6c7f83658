"""What of ours an answer of an office system is about: by our own identity, by case, by number, by document of the axis."""

from __future__ import annotations

import re

from sqlalchemy import select

from gateway.store.office_tables import axis_documents, case_marks
from gateway.store.reading import Reading
from gateway.store.receipt_values import Fit
from gateway.store.tables import case_mails, cases, deliveries
from gateway.store.texts import clean

_CASE_ID = re.compile("[0-9A-HJKMNP-TV-Z]{26}")


class Fits(Reading):
    """The questions; None where nothing of ours fits."""

    def by_delivery(self, courier: str, delivery_id: str) -> Fit | None:
        """By our own identity, which was on the wire."""
        c = deliveries.c
        rows = self.rows(select(c.id, c.case_id).where(c.id == delivery_id, c.courier == courier, c.case_id != ""))
        if not rows:
            return None
        newest = self._newest(courier, rows[0].case_id)
        return Fit(case_id=rows[0].case_id, delivery_id=delivery_id, is_current=newest == delivery_id)

    def by_case(self, courier: str, case_id: str) -> Fit | None:
        """By the case, which stands in the document id where the document has no number."""
        if not _CASE_ID.fullmatch(case_id):
            return None
        newest = self._newest(courier, case_id)
        return Fit(case_id=case_id, delivery_id=newest) if newest else None

    def by_number(self, courier: str, mark: str) -> Fit | None:
        """By agency, year, number and symbol: the newest case of that office system that was handed over."""
        query = (
            select(cases.c.id)
            .join(case_marks, case_marks.c.case_id == cases.c.id)
            .where(case_marks.c.kind == "number", case_marks.c.value == clean(mark), cases.c.office == courier)
            .order_by(cases.c.opened_at.desc(), cases.c.id.desc())
        )
        for row in self.rows(query.limit(20)):
            if newest := self._newest(courier, row.id):
                return Fit(case_id=row.id, delivery_id=newest)
        return None

    def by_origin(self, courier: str, sender: str, document_id: str) -> Fit | None:
        """By the document of the axis that we got: its issuer says something about it."""
        c = axis_documents.c
        query = (
            select(case_mails.c.case_id)
            .join(axis_documents, c.mail_id == case_mails.c.mail_id)
            .where(c.courier == courier, c.document_id == clean(document_id), c.sender == clean(sender))
            .order_by(case_mails.c.case_id.desc())
        )
        rows = self.rows(query.limit(1))
        return Fit(case_id=rows[0].case_id) if rows else None

    def _newest(self, courier: str, case_id: str) -> str:
        """The last delivery of a case by a courier; "" when there is none."""
        query = select(deliveries.c.id).where(deliveries.c.case_id == case_id, deliveries.c.courier == courier)
        ids = [row.id for row in self.rows(query)]
        return max(ids, key=lambda each: int(each.rpartition("-")[2]), default="")
