"""What a case keeps back: which copies of its mails, whether their bytes are still there, and how they go on when they may."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from gateway import appeals
from gateway.courier import RELAY
from gateway.errors import NotAllowed
from gateway.lifecycle import CaseEvent, DeliveryState
from gateway.model import Action, Case, Delivery, Door, Event, Recipient, digest_of
from gateway.phrases import phrase
from gateway.policy.facts import local_day
from gateway.store import Exemption, MailRow, Store

ASK_AGAIN = phrase("Nếu vẫn cần, xin đề nghị người gửi gửi lại.")

# Copies that reached nobody.  A COPY was delivered as well: to release it would be to deliver it twice.
KEPT_BACK = (Action.REDIRECT, Action.HOLD)


class KeptBack:
    """The copies that wait with a case.

    ``rewritten`` gives the envelope sender of a swept mail (its id and sender) that goes on by SMTP (SRS).
    """

    def __init__(self, store: Store, clock: Callable[[], datetime], rewritten: Callable[[str, str], str]) -> None:
        self._store = store
        self._clock = clock
        self._rewritten = rewritten

    def exemption(self, case: Case) -> Exemption | None:
        """An appeal about a mail of which no copy is kept back is granted by letting its sender send these files (again)."""
        verdicts = self._store.views.verdicts(case.mail_id)
        if case.action is not Action.HOLD or any(verdict.action in KEPT_BACK for verdict in verdicts):
            return None
        digests = tuple(file.digest for file in case.files if file.size)
        sender = self._store.views.mail(case.mail_id).sender
        return Exemption(sender=sender, digests=digests, until=self._clock() + appeals.EXEMPT_FOR)

    def asks_for_exemption(self, case: Case) -> bool:
        """Whether the case is an appeal with nothing to let through: the mail was refused, or went to everybody."""
        return self.exemption(case) is not None

    def bytes_gone(self, case: Case) -> str:
        """Since when, and by which setting, a mail of the case is no longer kept: a Vietnamese sentence; "" when all are."""
        views = self._store.views
        gone = {mail.id for mail in views.mails_of_case(case.id) if not mail.kept}
        if not gone:
            return ""
        told = [each for each in views.story(case_id=case.id) if each.event is Event.DROPPED and each.mail_id in gone]
        if not told:  # it had passed, and its bytes were dropped before somebody appealed
            return phrase("Nội dung thư không còn trên cổng: đã xóa theo thời hạn lưu (keep_passed_days trong mục [store]).")
        return phrase(
            "Nội dung thư không còn trên cổng: đã xóa ngày %(day)s theo thời hạn lưu (%(setting)s trong mục [store]).",
            day=f"{local_day(told[-1].at):%d/%m/%Y}",
            setting=told[-1].detail["setting"],
        )

    def barred(self, case: Case) -> frozenset[CaseEvent]:
        """The decisions that would send a mail whose bytes are no longer kept."""
        gone = [mail for mail in self._store.views.mails_of_case(case.id) if not mail.kept]
        found = {CaseEvent.APPROVE} if any(mail.id == case.mail_id for mail in gone) else set()
        if self.exemption(case) is None and any(self.recipients(case, mail) for mail in gone):
            found.add(CaseEvent.RELEASE)
        return frozenset(found)

    def check_bytes(self, case: Case, event: CaseEvent) -> None:
        """NotAllowed when the decision would send a mail whose bytes are no longer kept."""
        if event in self.barred(case):
            raise NotAllowed("%(gone)s %(again)s", gone=self.bytes_gone(case), again=ASK_AGAIN)

    def deliveries(self, case: Case, mails: Iterable[MailRow], ids: Iterator[str]) -> Iterator[Delivery]:
        """Each mail of the case, as it came, to those whose copy was kept back; once.  ``ids`` are for the deliveries."""
        sent = set(self._sent_before(case))
        for mail in mails:
            recipients = self.recipients(case, mail)
            # The same bytes may have come twice, after a 250 that the sender never saw.
            digest = digest_of(self._store.views.raw(mail.id)) if recipients else ""
            for recipient in recipients:
                if (digest, recipient.address.lower()) not in sent:
                    sent.add((digest, recipient.address.lower()))
                    yield Delivery(
                        id=next(ids),
                        mail_id=mail.id,
                        case_id=case.id,
                        courier=RELAY,
                        target=recipient.address,
                        sender=self._rewritten(mail.id, mail.sender) if mail.door is Door.IMAP else mail.sender,
                        options=recipient.options,
                    )

    def _sent_before(self, case: Case) -> Iterator[tuple[str, str]]:
        """Who got the mail by the release of another case: after an appeal a mail may have two."""
        views = self._store.views
        for other in views.cases_of_mail(case.mail_id):
            for delivery in views.deliveries_of(case_id=other.id) if other.id != case.id else ():
                if delivery.courier == RELAY and delivery.state is not DeliveryState.CANCELLED:
                    yield views.mail(delivery.mail_id).digest, delivery.target.lower()

    def recipients(self, case: Case, mail: MailRow) -> list[Recipient]:
        """Whom the mail goes to now, with the wishes about delivery reports; not a retired address, but whoever took over."""
        views = self._store.views
        # The verdicts name the unit that had the case first.
        units = {case.unit, *(each.from_unit for each in self._store.casework.transfers(case.id))}
        return [
            Recipient(address=verdict.target or verdict.recipient, options=recipient.options)
            for recipient, verdict in zip(views.recipients(mail.id), views.verdicts(mail.id), strict=True)
            if verdict.action in KEPT_BACK and verdict.direction is case.direction and verdict.unit in units
        ]
