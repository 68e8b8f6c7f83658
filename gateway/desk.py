"""What clerks do with cases beside deciding on the document: the same or not, whose it is, who stands in for whom.

Each act is one transaction with its row in the story; the text of NotAllowed is for the person who asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

from msgspec.structs import replace

from gateway import maillog
from gateway.courtesy import queued
from gateway.directory.snapshot import Directory
from gateway.errors import NotAllowed
from gateway.model import Account, Case, Document, Event, Story, Urgency
from gateway.notices import Notices
from gateway.policy.facts import local_day
from gateway.reasons import LONGEST_REASON, said
from gateway.rights import assignable, clerks_of, decidable, unit_name
from gateway.roles import Verb, allows, is_clerk
from gateway.store import Acceptance, Store

CORRECTABLE = ("number_symbol", "kind", "issued_on", "issuer", "subject", "signer", "urgency")
_LONGEST_FACT = 1000  # characters
LONGEST_ABSENCE = timedelta(days=366)


class Desk:
    """The acts.  Synchronous: the console calls it from its threads."""

    def __init__(
        self,
        *,
        store: Store,
        directory: Callable[[], Directory],
        notices: Notices,
        clock: Callable[[], datetime],
        poke: Callable[[], None],
    ) -> None:
        self._store = store
        self._directory = directory
        self._notices = notices
        self._clock = clock
        self._poke = poke

    # --- the same document? -------------------------------------------------------------------------------------------

    def judge(self, case_id: str, other_id: str, by: Account, *, same: bool) -> None:
        """Cùng / không cùng một văn bản.  The same: what waits joins the other case.  NotFound, NotAllowed."""
        self._both(case_id, other_id, by)
        self._store.casework.decide(case_id, other_id, same=same, by=by.name, now=self._clock())
        maillog.case_moved(case_id, event="same" if same else "different", by=by.name)

    def take_back(self, case_id: str, other_id: str, by: Account) -> None:
        """Hoàn tác.  NotFound, NotAllowed."""
        self._both(case_id, other_id, by)
        self._store.casework.take_back(case_id, other_id, by=by.name, now=self._clock())
        maillog.case_moved(case_id, event="taken-back", by=by.name)

    def _both(self, case_id: str, other_id: str, by: Account) -> None:
        for each in (case_id, other_id):
            decidable(self._store, self._directory(), each, by)

    # --- whose it is --------------------------------------------------------------------------------------------------

    def assign(self, case_id: str, assignee: str, by: Account) -> None:
        """Giao: one clerk of the unit looks after the case; "" gives it back to all of them."""
        case = assignable(self._store, self._directory(), case_id, by)
        now = self._clock()
        if assignee and assignee not in {account.name for account in clerks_of(self._store, case.unit, now)}:
            raise NotAllowed("Chỉ giao được cho tài khoản văn thư %(unit)s.", unit=unit_name(self._directory(), case.unit))
        self._store.casework.assign(case_id, assignee, by=by.name, now=now)

    def correct(self, case_id: str, by: Account, typed: Mapping[str, str]) -> Case:
        """Sửa: what the gateway misread, as it stands on the paper, by field of Document; before it is handed over.

        What the gateway had read stays in the story.  NotFound, NotAllowed.
        """
        case = decidable(self._store, self._directory(), case_id, by)
        if case.document is None:
            raise NotAllowed("Hồ sơ này không có văn bản nào để sửa thông tin.")
        document = corrected(case.document, typed)
        changes = {
            name: f"{_shown(case.document, name) or '–'} → {_shown(document, name) or '–'}"
            for name in CORRECTABLE
            if getattr(case.document, name) != getattr(document, name)
        }
        if not changes:
            return case
        return self._store.casework.correct(case.id, document, changes, by=by.name, now=self._clock())

    def transfer(self, case_id: str, to_unit: str, by: Account, reason: str) -> Case:
        """Chuyển đơn vị: the case belongs to another unit; its clerk is told.  From here only that it went is seen.

        IllegalTransition when it does not wait any more.
        """
        directory, now = self._directory(), self._clock()
        case, why, on = decidable(self._store, directory, case_id, by), said(reason), local_day(self._clock())
        unit = directory.unit(to_unit, on)
        if unit is None:
            raise NotAllowed("Không có đơn vị này trong danh bạ.")
        clerks = directory.clerks(unit.code, on)
        if not clerks and not clerks_of(self._store, unit.code, now):
            raise NotAllowed(
                "%(unit)s chưa có văn thư nên không ai nhận hồ sơ; xin chuyển cho đơn vị cấp trên.", unit=unit.name
            )
        moved = self._store.casework.transfer(
            case_id,
            to_unit=unit.code,
            office=unit.office,
            due_at=directory.calendar.same_day(now),
            reason=why,
            by=by.name,
            acceptances=tuple(self._told(case, clerk.address, by, why, now) for clerk in clerks),
            now=now,
        )
        maillog.case_moved(case_id, event="transfer", by=by.name)
        self._poke()
        return moved

    def _told(self, case: Case, address: str, by: Account, reason: str, now: datetime) -> Acceptance:
        """The letter to a clerk of the unit that the case goes to."""
        directory = self._directory()
        letter = self._notices.write(
            "transferred",
            to=address,
            now=now,
            case_id=case.id,
            subject=case.subject,
            document=case.document,
            reason=reason,
            unit=directory.organisation(case.unit),
            by=by.full_name or by.name,
        )
        detail: dict[str, str | int | float | bool | list[str]] = {"notice": "transferred", "to": address, "letter": letter.id}
        return queued(letter, Story(at=now, event=Event.NOTICE_SENT, case_id=case.id, actor=by.name, detail=detail))

    # --- stand-ins ----------------------------------------------------------------------------------------------------

    def stand_in(self, account: str, stand_in: str, by: Account, *, since: datetime, until: datetime) -> None:
        """Thay thế khi vắng mặt: another clerk acts for this one; "" ends it.  By herself, or by the officer."""
        if not by.active or not (by.name == account or allows(by, Verb.MANAGE_ACCOUNTS)):
            raise NotAllowed("Chỉ chính văn thư đó hoặc quản trị được ghi người thay.")
        now = self._clock()
        absent, present = self._store.account(account), self._store.account(stand_in) if stand_in else None
        if absent is None or not is_clerk(absent):
            raise NotAllowed("Chỉ văn thư mới cần người thay.")
        if stand_in and (present is None or not present.active or not is_clerk(present) or stand_in == account):
            raise NotAllowed("Người thay phải là một tài khoản văn thư khác đang hoạt động.")
        if stand_in and not (since < until and now < until <= since + LONGEST_ABSENCE):
            raise NotAllowed("Ngày cuối phải sau ngày đầu, chưa qua, và không quá một năm.")
        self._store.casework.stand_in(account, stand_in, since=since, until=until, by=by.name, now=now)


def corrected(document: Document, typed: Mapping[str, str]) -> Document:
    """The document with the fields that were typed; NotAllowed, which says what is wrong with one."""
    fields: dict[str, object] = {}
    for name in CORRECTABLE:
        if name not in typed:
            continue
        text = " ".join(typed[name].split())[:_LONGEST_FACT]
        if name == "issued_on":
            fields[name] = _day(text)
        elif name == "urgency":
            fields[name] = _urgency(text)
        else:
            fields[name] = text
    if "number_symbol" in fields:
        number, _, symbol = str(fields["number_symbol"]).partition("/")
        fields |= {"number": number.strip(), "symbol": symbol.strip()}
    return replace(document, **fields)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise NotAllowed("Ngày ban hành chưa đúng dạng ngày.") from None


def _urgency(text: str) -> Urgency:
    if text not in set(Urgency):
        raise NotAllowed("Độ khẩn chưa đúng.")
    return Urgency(text)


def _shown(document: Document, name: str) -> str:
    value = getattr(document, name)
    return f"{value:%d/%m/%Y}" if isinstance(value, date) else str(value)


__all__ = ["LONGEST_REASON", "Desk"]
