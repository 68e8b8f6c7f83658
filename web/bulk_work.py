"""Decisions about many cases, for pages and programs alike: what would happen, going on, and taking it back."""

from __future__ import annotations

import time
from collections.abc import Sequence

from gateway.errors import IllegalTransition, NotAllowed, NotFound
from gateway.lifecycle import CaseEvent
from gateway.model import Account, Case, Value
from gateway.rights import is_sealed
from gateway.store import BulkItem, BulkRun, ItemOutcome
from web import evidence
from web.auth import may_see
from web.cases import acts_on, effects
from web.context import gateway, store
from web.language import gettext, said

MOST = 500  # cases of one run
_AT_ONCE_S = 1.0  # so long one request decides
_MOVED = "Hồ sơ này vừa đổi trạng thái nên việc này không làm được nữa."
_STOPPED = "Đã dừng trước khi đến hồ sơ này."


class Line(Value):
    """What would become of one case."""

    case: Case
    title: str
    effect: str  # what happens
    why_not: str = ""  # or why nothing does


def lines(account: Account, act: CaseEvent, ids: Sequence[str]) -> list[Line]:
    """What would become of each of the cases that the account sees."""
    return [_line(account, act, case) for case in cases_of(account, ids)]


def cases_of(account: Account, ids: Sequence[str]) -> list[Case]:
    """The cases that exist for the account and are not sealed, each once, at most MOST of them."""
    found = []
    for case_id in dict.fromkeys(ids[:MOST]):
        try:
            case = store().views.case(case_id)
        except NotFound:
            continue
        if may_see(account, case) and not is_sealed(case):
            found.append(case)
    return found


def run_of(account: Account, run_id: str) -> BulkRun:
    """A run of this account; NotFound for all others."""
    run = store().bulk.run(run_id)
    if run.actor != account.name:
        raise NotFound(f"no run {run_id}")
    return run


def go_on(run: BulkRun, account: Account) -> None:
    """Decide about some more of the cases, for about a second; others may be doing the same, or taking it back."""
    until = time.monotonic() + _AT_ONCE_S
    for item in run.items:
        if store().bulk.item(run.id, item.n).outcome is ItemOutcome.PENDING:
            outcome, why = _decided(run, item.case_id, account)
            noted = store().bulk.note(run.id, item.n, outcome, why, instead_of=(ItemOutcome.PENDING,))
            if not noted and outcome is ItemOutcome.DONE:
                _done_after_all(run, item.n, account)
            if time.monotonic() > until:
                break


def take_back(run: BulkRun, account: Account) -> None:
    """Take all of it back that has not left; what was still to be done stays undone."""
    bulk = store().bulk
    for item in run.items:
        if item.outcome is ItemOutcome.PENDING:
            bulk.note(run.id, item.n, ItemOutcome.REFUSED, _STOPPED, instead_of=(ItemOutcome.PENDING,))
    for item in bulk.run(run.id).items:
        if item.outcome is ItemOutcome.DONE:
            _note_taken_back(run, item, account)


def _done_after_all(run: BulkRun, n: int, account: Account) -> None:
    """We have decided, and meanwhile somebody noted another outcome: who stopped or took back the run meant this, too."""
    item = store().bulk.item(run.id, n)
    if item.outcome is ItemOutcome.UNDONE or item.why == _STOPPED:
        _note_taken_back(run, item, account)
    else:  # who came second was refused what we did
        store().bulk.note(run.id, n, ItemOutcome.DONE, instead_of=(ItemOutcome.REFUSED,))


def _note_taken_back(run: BulkRun, item: BulkItem, account: Account) -> None:
    outcome, why = _taken_back(item.case_id, account)
    late = (ItemOutcome.KEPT,) if outcome is ItemOutcome.UNDONE else ()  # who came second could not take it back again
    store().bulk.note(run.id, item.n, outcome, why, instead_of=(item.outcome, *late))


def may_take_back(run: BulkRun, account: Account) -> bool:
    """Whether any of it can still be taken back."""
    done = (item.case_id for item in run.items if item.outcome is ItemOutcome.DONE)
    return any(gateway().review.may_undo(store().views.case(case_id), account) for case_id in done)


def _taken_back(case_id: str, account: Account) -> tuple[ItemOutcome, str]:
    try:
        gateway().review.undo(case_id, account)
    except NotAllowed as refusal:
        return ItemOutcome.KEPT, str(refusal)
    except IllegalTransition:
        return ItemOutcome.KEPT, _MOVED
    return ItemOutcome.UNDONE, ""


def _decided(run: BulkRun, case_id: str, account: Account) -> tuple[ItemOutcome, str]:
    review = gateway().review
    try:
        if run.act is CaseEvent.APPROVE:
            review.approve(case_id, account)
        elif run.act is CaseEvent.RETURN:
            review.give_back(case_id, account, run.reason)
        elif run.act is CaseEvent.RELEASE:
            review.release(case_id, account, run.reason)
        else:
            review.withdraw(case_id, account, run.reason)
    except NotAllowed as refusal:
        return ItemOutcome.REFUSED, str(refusal)
    except IllegalTransition:
        return ItemOutcome.REFUSED, _MOVED
    return ItemOutcome.DONE, ""


def _line(account: Account, act: CaseEvent, case: Case) -> Line:
    by_axis = bool(store().receipts.origins(case.id))
    if act not in acts_on(account, case, by_axis=by_axis):
        why = gettext("Không làm được việc này với hồ sơ này.")
        return Line(case=case, title=evidence.title(case), effect="", why_not=why)
    misgivings = gateway().review.misgivings(case) if act is CaseEvent.APPROVE else ()
    return Line(
        case=case,
        title=evidence.title(case),
        effect=effects(case)[act.value],
        why_not=" ".join([*map(said, misgivings), gettext("Xin mở hồ sơ này và quyết định riêng.")]) if misgivings else "",
    )
