"""What the clerk does with documents of the axis: take them in, or refuse them; their issuers are told either way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from gateway import maillog
from gateway.axis_statuses import REFUSED, REGISTERED, answered_by, in_the_book, status_of
from gateway.directory.snapshot import Directory
from gateway.errors import NotAllowed
from gateway.lifecycle import CaseEvent
from gateway.model import Account, Case
from gateway.reasons import said
from gateway.rights import decidable
from gateway.store import Store
from gateway.store.statuses import Owed

_LONGEST_NUMBER = 20


class Reception:
    """The acts."""

    def __init__(
        self,
        *,
        store: Store,
        directory: Callable[[], Directory],
        clock: Callable[[], datetime],
        poke: Callable[[], None],
    ) -> None:
        self._store = store
        self._directory = directory
        self._clock = clock
        self._poke = poke

    def receive(self, case_id: str, by: Account, number: str = "", on: date | None = None) -> Case:
        """Tiếp nhận: the clerk has registered it in her book; the number is hers, never made here."""
        if len(number.strip()) > _LONGEST_NUMBER:
            raise NotAllowed("Số đến dài quá %(most)s ký tự.", most=_LONGEST_NUMBER)
        words = in_the_book(number.strip())
        return self._answer(case_id, CaseEvent.RECEIVE, by, REGISTERED, words, number=number.strip(), on=on)

    def refuse(self, case_id: str, by: Account, reason: str) -> Case:
        """Từ chối: it goes back to its issuer with the reason (Decision 28/2018/QĐ-TTg, article 9.1)."""
        return self._answer(case_id, CaseEvent.RETURN, by, REFUSED, said(reason))

    def _answer(
        self, case_id: str, event: CaseEvent, by: Account, code: str, words: str, *, number: str = "", on: date | None = None
    ) -> Case:
        case, now = decidable(self._store, self._directory(), case_id, by), self._clock()
        origins = self._store.receipts.origins(case.id)
        if not origins:
            raise NotAllowed("Hồ sơ này không đến qua trục liên thông.")
        units = (*[each.from_unit for each in self._store.casework.transfers(case.id)], case.unit)
        owed = [
            Owed(
                courier=courier,
                case_id=case.id,
                status=status_of(origin, code, now, description=words, staff=by.full_name or by.name),
            )
            for courier, origin in answered_by(origins, units)
        ]
        moved = self._store.receipts.answer(
            case.id, event, owed, by=by.name, reason=words, number=number, on=on or now.date() if number else on, now=now
        )
        maillog.case_moved(case.id, event=event, by=by.name)
        self._poke()
        return moved
