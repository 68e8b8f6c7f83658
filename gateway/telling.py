"""Who hears what became of his mail: which delivery reports are due, once each, and durable before what they tell of.

What was told is remembered by delivery and kind, in the transaction that makes the report durable: after a crash between the
report and the settlement the delivery is carried again, and nobody is told a second time.

Who is only named as the sender hears nothing: where his own domain says that the mail did not come from there (SPF "fail"), a
report would hit somebody whom a stranger picked, with words that the stranger wrote.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from gateway.attempt import Step
from gateway.config import Worker as Settings
from gateway.courier import Fate, Parcel, Result
from gateway.courtesy import left_out
from gateway.errors import StoreUnavailable
from gateway.lifecycle import DeliveryState
from gateway.model import Identity, Mail
from gateway.notices import Silence
from gateway.store import Acceptance, Store

logger = logging.getLogger(__name__)

# Fate, parcel, the results it is about, now, and until when a delayed mail is tried.
Report = Callable[[Fate, Parcel, tuple[Result, ...], datetime, datetime | None], tuple[Acceptance, ...]]


class Teller:
    """Writes the reports by ``report``, and hands them over to be carried."""

    def __init__(self, store: Store, settings: Settings, report: Report, hand_over: Callable[[Parcel], None]) -> None:
        self._store = store
        self._settings = settings
        self._report = report
        self._hand_over = hand_over
        self._delay = timedelta(hours=settings.delay_report_after_h) if settings.delay_report_after_h else None

    async def tell(self, parcel: Parcel, steps: Sequence[Step], now: datetime) -> bool:
        """Tell the sender what he wants to know; false when a failure could not be told, because the store is gone."""
        due: dict[Fate, list[Step]] = {}
        for step in steps:
            fate = self._fate(parcel, step, now)
            if fate is not None:
                due.setdefault(fate, []).append(step)
        told = [await self._tell(fate, parcel, some, now) or fate is not Fate.FAILED for fate, some in due.items()]
        return all(told)

    def _fate(self, parcel: Parcel, step: Step, now: datetime) -> Fate | None:
        if step.state is DeliveryState.DEAD:
            return Fate.FAILED
        if step.state is DeliveryState.DELIVERED:
            return step.result.announce
        # A person let go on what is part of a case: it is late for another reason.
        is_late = self._delay is not None and now - parcel.mail.arrival.at >= self._delay and not step.delivery.case_id
        return Fate.DELAYED if step.state is DeliveryState.DEFERRED and is_late and step.delivery.sender else None

    async def _tell(self, fate: Fate, parcel: Parcel, steps: Sequence[Step], now: datetime) -> bool:
        try:
            already = await asyncio.to_thread(self._store.reported.already, fate, [step.delivery.id for step in steps])
            new = [step for step in steps if step.delivery.id not in already]
            is_forged: bool = await asyncio.to_thread(self._is_forged, parcel.mail)
            if new and is_forged:
                await self._leave_out(fate, parcel.mail, now)
                return True
            until = self._until(new, now) if fate is Fate.DELAYED else None
            reports = self._report(fate, parcel, tuple(step.result for step in new), now, until) if new else ()
            if reports:
                ids = [step.delivery.id for step in new]
                await asyncio.to_thread(self._store.reported.accept, fate, ids, reports, now=now)
        except StoreUnavailable as error:
            logger.warning("%s: its delivery report (%s) must wait: %s", parcel.mail.id, fate, error)
            return False
        except Exception:  # a mistake of ours must not have the mail carried again and again; its story says what became of it
            logger.exception("%s: its delivery report (%s) could not be written", parcel.mail.id, fate)
            return True
        for report in reports:
            leased = tuple(d for d in report.deliveries if d.state is DeliveryState.SENDING)
            if leased:
                self._hand_over(Parcel(mail=report.mail, deliveries=leased))
        return True

    def _is_forged(self, mail: Mail) -> bool:
        """Whether the sender's domain disowns the mail, and nobody has signed it for its author."""
        arrival = mail.arrival
        if not mail.sender or arrival.identity is not Identity.CLAIMED:
            return False
        proof = arrival.proof or self._store.views.proof(mail.id)
        return proof is not None and proof.spf == "fail" and proof.dmarc != "pass"

    async def _leave_out(self, fate: Fate, mail: Mail, now: datetime) -> None:
        logger.info("%s: no delivery report (%s): its sender did not send it", mail.id, fate)
        if fate is Fate.FAILED:
            await asyncio.to_thread(self._store.tell, left_out(mail, Silence.FORGED, now))

    def late_at(self, parcel: Parcel) -> datetime | None:
        """When the sender of a mail that is still tried is to hear so."""
        return parcel.mail.arrival.at + self._delay if self._delay is not None and parcel.case is None else None

    def _until(self, steps: Sequence[Step], now: datetime) -> datetime:
        """When the last of the tries that are left is due."""
        left = self._settings.retry_after_s[max((step.attempts for step in steps), default=0) :]
        return max((step.next_at or now for step in steps), default=now) + timedelta(seconds=sum(left))
