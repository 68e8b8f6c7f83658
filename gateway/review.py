"""What a clerk may do with a case: approve, release, return, withdraw it, and take that back.

Each act is one transaction: the step of the case, the deliveries and letters that it brings about, and its row in the story.
Who comes second finds the case moved (IllegalTransition) and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta

from msgspec.structs import replace

from gateway import maillog
from gateway.case_letters import CaseLetters, addressees
from gateway.directory.snapshot import Directory
from gateway.errors import CaseChanged, NotAllowed
from gateway.kept_back import KEPT_BACK, KeptBack
from gateway.lifecycle import CASE_TRANSITIONS, CaseEvent, CaseState, DeliveryState
from gateway.model import (
    Account,
    Case,
    Delivery,
    Event,
    Relation,
)
from gateway.notices import Notices
from gateway.phrases import phrase
from gateway.policy.sameness import Layer
from gateway.reasons import LONGEST_REASON, said
from gateway.rights import decidable, unit_name
from gateway.roles import decides
from gateway.store import Acceptance, Exemption, MailRow, Store

UNDO_WITHIN = timedelta(minutes=10)
_TRIES = 5  # while other mails join the case

RELATIONS = {
    Relation.RECALL: phrase("thu hồi"),
    Relation.CORRECTION: phrase("đính chính"),
    Relation.REPLACEMENT: phrase("thay thế"),
}
_VOID = (CaseState.RETURNED, CaseState.WITHDRAWN)  # a recall that was itself sent back recalls nothing
_STRONG = (Layer.AXIS, Layer.MAIL, Layer.FILE, Layer.NUMBER)
_ON_ITS_WAY = (CaseState.APPROVED, CaseState.HANDED_OVER, CaseState.REGISTERED, CaseState.DONE)


class Review:
    """The acts of people.  Synchronous: the console calls it from its threads.

    ``offices`` are the names of the office systems that have a courier; ``poke`` tells the worker that something became due;
    ``rewritten`` gives the envelope sender of a swept mail (its id and sender) that goes on by SMTP (SRS); ``hold_back`` is how
    long what a decision sends waits here, so that the clerk can take it back (undo).
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
        rewritten: Callable[[str, str], str] = lambda mail_id, sender: sender,
        hold_back: timedelta = timedelta(0),
    ) -> None:
        self._hold_back = hold_back
        self.kept_back = KeptBack(store, clock, rewritten)
        self._letters = CaseLetters(store, directory, notices, clock)
        self._store = store
        self._directory = directory
        self._offices = offices
        self._clock = clock
        self._poke = poke

    def approve(self, case_id: str, by: Account, note: str = "", *, despite: bool = False) -> Case:
        """Duyệt: the document goes to the office system of its unit.

        ``despite``: the clerk has seen that another document recalls it, or that it may be there already.
        Raises NotFound, NotAllowed and IllegalTransition, as all acts do.
        """
        case = self._decidable(case_id, by)
        if case.state is CaseState.WAITING:
            self.kept_back.check_bytes(case, CaseEvent.APPROVE)
        if not despite and case.state is CaseState.WAITING and (why := self.misgivings(case)):
            raise NotAllowed("%(why)s Xin xem lại, rồi đánh dấu “Tôi đã xem, vẫn duyệt” nếu vẫn bàn giao.", why=why[0])
        if case.office not in self._offices:
            raise NotAllowed(
                "Chưa có hệ thống quản lý văn bản nào của %(unit)s được nối với cổng này.", unit=self._name(case.unit)
            )
        delivery = Delivery(
            id=next(self._delivery_ids(case.id)),
            mail_id=case.mail_id,
            case_id=case.id,
            courier=case.office,
            target=case.unit,
        )
        return self._move(case, CaseEvent.APPROVE, by, {"note": note.strip()[:LONGEST_REASON]}, deliveries=(delivery,))

    def misgivings(self, case: Case) -> tuple[str, ...]:
        """Why a case should be looked at twice before it is handed over: Vietnamese sentences."""
        views, casework = self._store.views, self._store.casework
        found = []
        for tie in casework.ties(case.id):
            if tie.other_id == case.id and views.case(tie.case_id).state not in _VOID:
                found.append(phrase("Đã có văn bản khác %(does)s văn bản này.", does=RELATIONS[tie.relation]))
        for proposal in casework.proposals(case.id):
            other = views.case(proposal.other_id if proposal.case_id == case.id else proposal.case_id)
            if not proposal.decision and proposal.layer in _STRONG and other.state in _ON_ITS_WAY:
                found.append(phrase("Văn bản này có thể đã được bàn giao trong một hồ sơ khác."))
        return tuple(dict.fromkeys(found))

    def release(self, case_id: str, by: Account, reason: str) -> Case:
        """Cho qua: each mail of the case goes, as it came, to those whose copy was kept back; once.

        Whoever sent it reads that it goes, and what the clerk says.
        """
        case = self._decidable(case_id, by)
        why, granted = said(reason), self.kept_back.exemption(case)

        def act(mails: tuple[MailRow, ...]) -> Case:
            self.kept_back.check_bytes(case, CaseEvent.RELEASE)
            ids = self._delivery_ids(case.id)
            deliveries = () if granted is not None else tuple(self.kept_back.deliveries(case, mails, ids))
            name = "released" if granted is None else "appeal-granted"
            letters = self._letters.about(name, case, by, why, mails) if case.action in KEPT_BACK else ()
            detail = {
                "reason": why,
                "recipients": ", ".join(delivery.target for delivery in deliveries),
                "told": addressees(letters),
            }
            return self._move(
                case,
                CaseEvent.RELEASE,
                by,
                detail,
                deliveries=deliveries,
                acceptances=letters,
                expected_mails=len(mails),
                exemption=granted,
            )

        return self._with_all_mails(case, act)

    def give_back(self, case_id: str, by: Account, reason: str) -> Case:
        """Trả lại: whoever sent it gets a letter with the reason (Decree 30/2020, article 21.2)."""
        case = self._decidable(case_id, by)
        why = said(reason)
        name = "returned" if self.kept_back.exemption(case) is None else "appeal-declined"

        def act(mails: tuple[MailRow, ...]) -> Case:
            letters = self._letters.about(name, case, by, why, mails)
            detail = {"reason": why, "told": addressees(letters)}
            return self._move(case, CaseEvent.RETURN, by, detail, acceptances=letters, expected_mails=len(mails))

        return self._with_all_mails(case, act)

    def withdraw(self, case_id: str, by: Account, reason: str) -> Case:
        """Thu hồi: the document must not be issued any more; nothing is sent."""
        case = self._decidable(case_id, by)
        return self._move(case, CaseEvent.WITHDRAW, by, {"reason": said(reason)})

    def undo(self, case_id: str, by: Account) -> Case:
        """Hoàn tác: take the last decision back, within ten minutes and as long as nothing of it has left the gateway.

        NotFound; NotAllowed, which says what is too late.
        """
        case, now = self._decidable(case_id, by), self._clock()
        moved = self._store.undo(case.id, by=by.name, since=now - UNDO_WITHIN, now=now)
        maillog.case_moved(case.id, event=CaseEvent.UNDO, by=by.name)
        return moved

    def may_undo(self, case: Case, by: Account) -> bool:
        """Whether to offer it: a decision of the last ten minutes of which nothing is known to have left."""
        if CaseEvent.UNDO not in CASE_TRANSITIONS[case.state] or not decides(by, case.unit):
            return False
        moves = [told for told in self._store.views.story(case_id=case.id) if told.event is Event.CASE_MOVED]
        last = moves[-1] if moves else None
        if last is None or last.at < self._clock() - UNDO_WITHIN or last.detail.get("from") != CaseState.WAITING:
            return False
        sent = str(last.detail.get("sent", "")).split()
        return all(
            delivery.state in (DeliveryState.QUEUED, DeliveryState.CANCELLED) and not delivery.attempts
            for delivery in self._store.views.deliveries_by_id(sent)
        )

    # --- helpers ------------------------------------------------------------------------------------------------------

    def _decidable(self, case_id: str, by: Account) -> Case:
        return decidable(self._store, self._directory(), case_id, by)

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
        exemption: Exemption | None = None,
    ) -> Case:
        until = self._clock() + self._hold_back if self._hold_back else None
        deliveries = tuple(replace(delivery, next_at=until) for delivery in deliveries)
        acceptances = tuple(
            replace(each, deliveries=tuple(replace(delivery, next_at=until) for delivery in each.deliveries))
            for each in acceptances
        )
        sent = [*deliveries, *(delivery for each in acceptances for delivery in each.deliveries)]
        detail = {**detail, "sent": " ".join(delivery.id for delivery in sent)}
        moved = self._store.move_case(
            case.id,
            event,
            by=by.name,
            detail={name: text for name, text in detail.items() if text},
            acceptances=acceptances,
            deliveries=deliveries,
            expected_mails=expected_mails,
            exemption=exemption,
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

    def _name(self, unit: str) -> str:
        return unit_name(self._directory(), unit)
