"""What a person may do: approve, release, return or withdraw a case, and try a delivery again.

Each act is one transaction: the step of the case, the deliveries and letters that it brings about, and its row in the story.
Who comes second finds the case moved (IllegalTransition) and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from gateway import appeals, maillog
from gateway.courier import RELAY
from gateway.directory.snapshot import Campaign, Directory
from gateway.documents.fields import subject_of
from gateway.errors import CaseChanged, NotAllowed, NotFound
from gateway.lifecycle import CASE_TRANSITIONS, CaseEvent, CaseState, DeliveryEvent, DeliveryState
from gateway.model import (
    Account,
    Action,
    Arrival,
    Case,
    Delivery,
    Direction,
    Door,
    Event,
    Mail,
    Recipient,
    Relation,
    Story,
    digest_of,
)
from gateway.notices import Notices, may_be_told
from gateway.phrases import phrase
from gateway.policy.facts import local_day
from gateway.policy.sameness import Layer
from gateway.rights import decidable, unit_name
from gateway.roles import Verb, allows, decides, is_clerk
from gateway.store import Acceptance, Exemption, MailRow, Store, Views

LONGEST_REASON = 1000  # characters
_REMIND_EVERY = timedelta(hours=20)  # once a day, also when the clock of the day before was a little later
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

ASK_AGAIN = phrase("Nếu vẫn cần, xin đề nghị người gửi gửi lại.")

# Copies that reached nobody.  A COPY was delivered as well: to release it would be to deliver it twice.
_KEPT_BACK = (Action.REDIRECT, Action.HOLD)


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
        self._rewritten = rewritten
        self._store = store
        self._directory = directory
        self._offices = offices
        self._notices = notices
        self._clock = clock
        self._poke = poke

    def approve(self, case_id: str, by: Account, note: str = "", *, despite: bool = False) -> Case:
        """Duyệt: the document goes to the office system of its unit.

        ``despite``: the clerk has seen that another document recalls it, or that it may be there already.
        Raises NotFound, NotAllowed and IllegalTransition, as all acts do.
        """
        case = self._decidable(case_id, by)
        if case.state is CaseState.WAITING:
            self._check_bytes(case, CaseEvent.APPROVE)
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
        why, granted = said(reason), self._exemption(case)

        def act(mails: tuple[MailRow, ...]) -> Case:
            self._check_bytes(case, CaseEvent.RELEASE)
            deliveries = () if granted is not None else tuple(self._released(case, mails))
            name = "released" if granted is None else "appeal-granted"
            letters = self._letters(name, case, by, why, mails) if case.action in _KEPT_BACK else ()
            detail = {
                "reason": why,
                "recipients": ", ".join(delivery.target for delivery in deliveries),
                "told": _addressees(letters),
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
        name = "returned" if self._exemption(case) is None else "appeal-declined"

        def act(mails: tuple[MailRow, ...]) -> Case:
            letters = self._letters(name, case, by, why, mails)
            detail = {"reason": why, "told": _addressees(letters)}
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

    def _exemption(self, case: Case) -> Exemption | None:
        """An appeal about a mail of which no copy is kept back is granted by letting its sender send these files (again)."""
        verdicts = self._store.views.verdicts(case.mail_id)
        if case.action is not Action.HOLD or any(verdict.action in _KEPT_BACK for verdict in verdicts):
            return None
        digests = tuple(file.digest for file in case.files if file.size)
        sender = self._store.views.mail(case.mail_id).sender
        return Exemption(sender=sender, digests=digests, until=self._clock() + appeals.EXEMPT_FOR)

    def asks_for_exemption(self, case: Case) -> bool:
        """Whether the case is an appeal with nothing to let through: the mail was refused, or went to everybody."""
        return self._exemption(case) is not None

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
        if self._exemption(case) is None and any(self._kept_back(case, mail) for mail in gone):
            found.add(CaseEvent.RELEASE)
        return frozenset(found)

    def _check_bytes(self, case: Case, event: CaseEvent) -> None:
        if event in self.barred(case):
            raise NotAllowed("%(gone)s %(again)s", gone=self.bytes_gone(case), again=ASK_AGAIN)

    def retry(self, delivery_id: str, by: Account) -> Delivery:
        """Try a delivery again that was given up, refused or is uncertain: the IT officer's act."""
        if not allows(by, Verb.RUN):
            raise NotAllowed("Chỉ cán bộ quản trị được cho chuyển lại.")
        delivery = self._delivery(delivery_id)
        if delivery.case_id and delivery.courier != RELAY:
            self._check_hand_over(delivery)
        moved = self._store.move_delivery(delivery_id, DeliveryEvent.RETRY_NOW, by=by.name, now=self._clock())
        self._poke()
        return moved

    def remind(self, campaign: Campaign, codes: Sequence[str], by: Account) -> tuple[str, ...]:
        """Remind units of a report: a letter to each of their clerks, at most once a day; gives who was written to.

        An officer, or a clerk of the Department, may do it; NotAllowed otherwise.
        """
        now, directory = self._clock(), self._directory()
        self._check_may_remind(by, directory)
        on = local_day(now)
        letters: list[Acceptance] = []
        told: list[str] = []
        for unit in filter(None, (directory.unit(code, on) for code in codes)):
            for clerk in directory.clerks(unit.code, on):
                topic = f"report-due:{campaign.guide}"
                if self._store.may_tell(topic, clerk.address, every=_REMIND_EVERY, now=now):
                    letter = self._notices.write(
                        "report-due",
                        to=clerk.address,
                        now=now,
                        unit=unit,
                        campaign=campaign,
                        new_address=campaign.mailbox,
                        by=by.full_name or by.name,
                    )
                    letters.append(queued(letter))
                    told.append(clerk.address)
        if letters:
            self._store.accept_now(letters)
            self._poke()
        return tuple(told)

    def told_trial(self, by: Account, *, version: str, days: int, changed: int) -> None:
        """Remember that somebody tried a changed policy on past mail."""
        detail: dict[str, str | int | float | bool | list[str]] = {"version": version, "days": days, "changed": changed}
        self._store.tell(Story(at=self._clock(), event=Event.POLICY_TRIED, actor=by.name, detail=detail))

    def told_campaign(self, by: Account, *, guide: str, mailbox: str) -> None:
        """Remember who opened a reporting channel."""
        detail: dict[str, str | int | float | bool | list[str]] = {"guide": guide, "mailbox": mailbox}
        self._store.tell(Story(at=self._clock(), event=Event.CAMPAIGN_OPENED, actor=by.name, detail=detail))

    def may_remind(self, by: Account) -> bool:
        """Whether this person may remind units of reports."""
        try:
            self._check_may_remind(by, self._directory())
        except NotAllowed:
            return False
        return True

    def _check_may_remind(self, by: Account, directory: Directory) -> None:
        department = directory.department(local_day(self._clock()))
        is_registry = department is not None and decides(by, department.code)
        if not allows(by, Verb.REMIND) or (is_clerk(by) and not is_registry):
            raise NotAllowed("Chỉ quản trị hoặc văn thư Sở được gửi thư nhắc báo cáo.")

    # --- Helpers ------------------------------------------------------------------------------------------------------

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

    def _released(self, case: Case, mails: Iterable[MailRow]) -> Iterator[Delivery]:
        ids = self._delivery_ids(case.id)
        sent = set(self._sent_before(case))
        for mail in mails:
            recipients = self._kept_back(case, mail)
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

    def _kept_back(self, case: Case, mail: MailRow) -> list[Recipient]:
        """Whom the mail goes to now, with the wishes about delivery reports; not a retired address, but whoever took over."""
        views = self._store.views
        # The verdicts name the unit that had the case first.
        units = {case.unit, *(each.from_unit for each in self._store.casework.transfers(case.id))}
        return [
            Recipient(address=verdict.target or verdict.recipient, options=recipient.options)
            for recipient, verdict in zip(views.recipients(mail.id), views.verdicts(mail.id), strict=True)
            if verdict.action in _KEPT_BACK and verdict.direction is case.direction and verdict.unit in units
        ]

    def _letters(self, name: str, case: Case, by: Account, reason: str, rows: Sequence[MailRow]) -> tuple[Acceptance, ...]:
        """One letter for each sender of the case, about the first mail that he sent."""
        first = {mail.sender: mail for mail in reversed(rows)}
        mails = (mail_of_row(self._store.views, row) for row in first.values())
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
            delivered=case.action is Action.COPY or self._has_arrived(mail),
            incoming=case.direction is Direction.INCOMING,
            unit=self._directory().organisation(case.unit),
        )
        told = Story(
            at=now,
            event=Event.NOTICE_SENT,
            mail_id=mail.id,
            case_id=case.id,
            actor=by.name,
            detail={"notice": name, "to": letter.recipients[0].address, "letter": letter.id},
        )
        return queued(letter, told)

    def _has_arrived(self, mail: Mail) -> bool:
        """Whether the mail went to all its recipients: its unit was only advised."""
        verdicts = self._store.views.verdicts(mail.id)
        return bool(verdicts) and all(verdict.action is Action.DELIVER for verdict in verdicts)

    def _name(self, unit: str) -> str:
        return unit_name(self._directory(), unit)

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


def mail_of_row(views: Views, row: MailRow) -> Mail:
    """The mail of a row; without its bytes when they are no longer kept."""
    try:
        raw = views.raw(row.id)
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


def _addressees(letters: Iterable[Acceptance]) -> str:
    return ", ".join(letter.mail.recipients[0].address for letter in letters)


def queued(letter: Mail, *stories: Story) -> Acceptance:
    """A letter of ours, for the worker to claim."""
    (recipient,) = letter.recipients
    delivery = Delivery(
        id=f"{letter.id}-1", mail_id=letter.id, courier=RELAY, target=recipient.address, options=recipient.options
    )
    return Acceptance(mail=letter, subject=subject_of(letter.raw), deliveries=(delivery,), stories=stories)


def said(reason: str) -> str:
    """The reason without spaces around it; NotAllowed when there is none, or a very long one."""
    words = reason.strip()
    if not words or len(words) > LONGEST_REASON:
        raise NotAllowed("Cần ghi lý do, không quá %(most)s ký tự.", most=LONGEST_REASON)
    return words
