"""What a person may do: approve, release, return or withdraw a case, and try a delivery again.

Each act is one transaction: the step of the case, the deliveries and letters that it brings about, and its row in the story.
Who comes second finds the case moved (IllegalTransition) and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime

from gateway import maillog
from gateway.courier import RELAY
from gateway.directory.snapshot import Directory
from gateway.errors import CaseChanged, NotAllowed, NotFound
from gateway.lifecycle import CaseEvent, CaseState, DeliveryEvent
from gateway.model import Account, Action, Arrival, Case, Delivery, Direction, Event, Mail, Recipient, Role, Story, digest_of
from gateway.notices import Notices, may_be_told
from gateway.store import Acceptance, MailRow, Store

LONGEST_REASON = 1000  # characters
_TRIES = 5  # while other mails join the case

# Copies that reached nobody.  A COPY was delivered as well: to release it would be to deliver it twice.
_KEPT_BACK = (Action.REDIRECT, Action.HOLD)


class Review:
    """The acts of people.  Synchronous: the console calls it from its threads.

    ``offices`` are the names of the office systems that have a courier; ``poke`` tells the worker that something became due.
    """

    def __init__(
        self,
        *,
        store: Store,
        directory: Callable[[], Directory],
        offices: Collection[str],
        notices: Notices,
        clock: Callable[[], datetime],
        poke: Callable[[], None],
    ) -> None:
        self._store = store
        self._directory = directory
        self._offices = offices
        self._notices = notices
        self._clock = clock
        self._poke = poke

    def approve(self, case_id: str, by: Account, note: str = "") -> Case:
        """Duyệt: the document goes to the office system of its unit.

        Raises NotFound, NotAllowed and IllegalTransition, as all acts do.
        """
        case = self._decidable(case_id, by)
        if case.office not in self._offices:
            raise NotAllowed(f"Chưa có hệ thống quản lý văn bản nào của {self._name(case.unit)} được nối với cổng này.")
        delivery = Delivery(
            id=next(self._delivery_ids(case.id)),
            mail_id=case.mail_id,
            case_id=case.id,
            courier=case.office,
            target=case.unit,
        )
        return self._move(case, CaseEvent.APPROVE, by, {"note": note.strip()[:LONGEST_REASON]}, deliveries=(delivery,))

    def release(self, case_id: str, by: Account, reason: str) -> Case:
        """Cho qua: each mail of the case goes, as it came, to those whose copy was kept back; once.

        Whoever sent it reads that it goes, and what the clerk says.
        """
        case = self._decidable(case_id, by)
        said = _said(reason)

        def act(mails: tuple[MailRow, ...]) -> Case:
            deliveries = tuple(self._released(case, mails))
            letters = self._letters("released", case, by, said, mails) if case.action in _KEPT_BACK else ()
            detail = {
                "reason": said,
                "recipients": ", ".join(delivery.target for delivery in deliveries),
                "told": _addressees(letters),
            }
            return self._move(
                case, CaseEvent.RELEASE, by, detail, deliveries=deliveries, acceptances=letters, expected_mails=len(mails)
            )

        return self._with_all_mails(case, act)

    def give_back(self, case_id: str, by: Account, reason: str) -> Case:
        """Trả lại: whoever sent it gets a letter with the reason (Decree 30/2020, article 21.2)."""
        case = self._decidable(case_id, by)
        said = _said(reason)

        def act(mails: tuple[MailRow, ...]) -> Case:
            letters = self._letters("returned", case, by, said, mails)
            detail = {"reason": said, "told": _addressees(letters)}
            return self._move(case, CaseEvent.RETURN, by, detail, acceptances=letters, expected_mails=len(mails))

        return self._with_all_mails(case, act)

    def withdraw(self, case_id: str, by: Account, reason: str) -> Case:
        """Thu hồi: the document must not be issued any more; nothing is sent."""
        case = self._decidable(case_id, by)
        return self._move(case, CaseEvent.WITHDRAW, by, {"reason": _said(reason)})

    def retry(self, delivery_id: str, by: Account) -> Delivery:
        """Try a delivery again that was given up, refused or is uncertain: the IT officer's act."""
        if not by.active or by.role is not Role.OFFICER:
            raise NotAllowed("Chỉ cán bộ quản trị được cho chuyển lại.")
        delivery = self._delivery(delivery_id)
        if delivery.case_id and delivery.courier != RELAY:
            self._check_hand_over(delivery)
        moved = self._store.move_delivery(delivery_id, DeliveryEvent.RETRY_NOW, by=by.name, now=self._clock())
        self._poke()
        return moved

    # --- Helpers ------------------------------------------------------------------------------------------------------

    def _decidable(self, case_id: str, by: Account) -> Case:
        case = self._store.views.case(case_id)
        if case.state is CaseState.SEALED or case.action is Action.QUARANTINE:
            raise NotAllowed("Hồ sơ niêm phong: không ai được mở, chuyển hay trả lại tại đây.")
        if not by.active or by.role is not Role.CLERK or case.unit not in by.units:
            raise NotAllowed(f"Chỉ văn thư {self._name(case.unit)} được quyết định hồ sơ này.")
        return case

    def _with_all_mails(self, case: Case, act: Callable[[tuple[MailRow, ...]], Case]) -> Case:
        """Act on the mails of a case; anew when another one joined before the case was closed, or nobody would serve it."""
        for _ in range(_TRIES):
            try:
                return act(self._store.views.mails_of_case(case.id))
            except CaseChanged:
                continue
        raise NotAllowed("Hồ sơ này liên tục có thêm thư mới; xin xem lại rồi thử lại.")

    def _move(
        self,
        case: Case,
        event: CaseEvent,
        by: Account,
        detail: dict[str, str],
        *,
        deliveries: tuple[Delivery, ...] = (),
        acceptances: tuple[Acceptance, ...] = (),
        expected_mails: int | None = None,
    ) -> Case:
        moved = self._store.move_case(
            case.id,
            event,
            by=by.name,
            detail={name: text for name, text in detail.items() if text},
            acceptances=acceptances,
            deliveries=deliveries,
            expected_mails=expected_mails,
            now=self._clock(),
        )
        maillog.case_moved(case.id, event=event, by=by.name)
        self._poke()
        return moved

    def _delivery_ids(self, case_id: str) -> Iterator[str]:
        """Ids that no delivery of the case had before."""
        used = (delivery.id.rpartition("-")[2] for delivery in self._store.views.deliveries_of(case_id=case_id))
        last = max((int(number) for number in used if number.isdecimal()), default=0)
        while True:
            last += 1
            yield f"{case_id}-{last}"

    def _released(self, case: Case, mails: Iterable[MailRow]) -> Iterator[Delivery]:
        ids = self._delivery_ids(case.id)
        sent: set[tuple[str, str]] = set()
        for mail in mails:
            # The same bytes may have come twice, after a 250 that the sender never saw.
            digest = digest_of(self._store.views.raw(mail.id))
            for recipient in self._kept_back(case, mail):
                if (digest, recipient.address.lower()) not in sent:
                    sent.add((digest, recipient.address.lower()))
                    yield Delivery(
                        id=next(ids),
                        mail_id=mail.id,
                        case_id=case.id,
                        courier=RELAY,
                        target=recipient.address,
                        sender=mail.sender,
                        options=recipient.options,
                    )

    def _kept_back(self, case: Case, mail: MailRow) -> list[Recipient]:
        """Whom the mail goes to now, with the wishes about delivery reports; not a retired address, but whoever took over."""
        views = self._store.views
        return [
            Recipient(address=verdict.target or verdict.recipient, options=recipient.options)
            for recipient, verdict in zip(views.recipients(mail.id), views.verdicts(mail.id), strict=True)
            if verdict.action in _KEPT_BACK and (verdict.unit, verdict.direction) == (case.unit, case.direction)
        ]

    def _whole(self, row: MailRow) -> Mail:
        """The mail of a row; without its bytes when they are no longer kept."""
        try:
            raw = self._store.views.raw(row.id)
        except NotFound:
            raw = b""
        return Mail(
            id=row.id,
            sender=row.sender,
            recipients=tuple(Recipient(address=address) for address in row.recipients),
            raw=raw,
            digest=digest_of(raw),
            arrival=Arrival(door=row.door, at=row.at, peer=row.peer, identity=row.identity),
        )

    def _letters(self, name: str, case: Case, by: Account, reason: str, rows: Sequence[MailRow]) -> tuple[Acceptance, ...]:
        """One letter for each sender of the case, about the first mail that he sent."""
        first = {mail.sender: mail for mail in reversed(rows)}
        mails = map(self._whole, first.values())
        return tuple(self._letter(name, case, by, reason, mail) for mail in mails if may_be_told(mail))

    def _letter(self, name: str, case: Case, by: Account, reason: str, mail: Mail) -> Acceptance:
        now = self._clock()
        letter = self._notices.write(
            name,
            to=mail.sender,
            now=now,
            mail=mail,
            reason=reason,
            case_id=case.id,
            subject=case.subject,
            document=case.document,
            delivered=case.action is Action.COPY,
            incoming=case.direction is Direction.INCOMING,
            unit=self._directory().organisation(case.unit),
        )
        (recipient,) = letter.recipients
        delivery = Delivery(
            id=f"{letter.id}-1", mail_id=letter.id, courier=RELAY, target=recipient.address, options=recipient.options
        )
        told = Story(
            at=now,
            event=Event.NOTICE_SENT,
            mail_id=mail.id,
            case_id=case.id,
            actor=by.name,
            detail={"notice": name, "to": recipient.address, "letter": letter.id},
        )
        return Acceptance(mail=letter, deliveries=(delivery,), stories=(told,))

    def _name(self, unit: str) -> str:
        organisation = self._directory().organisation(unit)
        return organisation.name if organisation is not None else f"đơn vị {unit}"

    def _delivery(self, delivery_id: str) -> Delivery:
        owner = delivery_id.rpartition("-")[0]  # a mail or a case
        views = self._store.views
        for delivery in (*views.deliveries_of(case_id=owner), *views.deliveries_of(mail_id=owner)):
            if delivery.id == delivery_id:
                return delivery
        raise NotFound(f"no delivery {delivery_id}")

    def _check_hand_over(self, delivery: Delivery) -> None:
        """A second package of one case must never be on its way beside the first."""
        views = self._store.views
        of_office = [other.id for other in views.deliveries_of(case_id=delivery.case_id) if other.courier == delivery.courier]
        newest = max(of_office, key=lambda other: int(other.rpartition("-")[2]))
        if views.case(delivery.case_id).state is not CaseState.APPROVED or newest != delivery.id:
            raise NotAllowed("Hồ sơ đã quay lại chờ văn thư hoặc đã bàn giao: văn thư duyệt lại thì cổng mới chuyển.")


def _addressees(letters: Iterable[Acceptance]) -> str:
    return ", ".join(letter.mail.recipients[0].address for letter in letters)


def _said(reason: str) -> str:
    said = reason.strip()
    if not said or len(said) > LONGEST_REASON:
        raise NotAllowed(f"Cần ghi lý do, không quá {LONGEST_REASON} ký tự.")
    return said
