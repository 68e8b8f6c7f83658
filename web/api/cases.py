"""Cases for programs: the queue, one case, and the decisions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from msgspec import Meta
from msgspec.structs import replace

from gateway.errors import NotFound
from gateway.lifecycle import CaseState
from gateway.model import Account, Action, Case, Direction, Value
from gateway.policy.explain import explained
from gateway.reasons import LONGEST_REASON
from gateway.rights import is_sealed
from gateway.roles import Verb, seen_units, sees
from gateway.store.values import CasePage, CaseRow
from gateway.tokens import Scope
from web.api.operations import Caller, Nothing, operation
from web.auth import tell_seen
from web.context import gateway, store
from web.lists import CASE_CURSOR

Reason = Annotated[str, Meta(min_length=1, max_length=LONGEST_REASON)]


class CaseQuery(Value):
    """Which cases."""

    state: CaseState | None = None
    unit: Annotated[str, Meta(max_length=100)] = ""
    q: Annotated[str, Meta(max_length=200)] = ""  # words of number, subject, issuer, sender
    after: Annotated[str, Meta(max_length=60)] = ""
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class Approval(Value, forbid_unknown_fields=True):
    """An approval."""

    note: Annotated[str, Meta(max_length=LONGEST_REASON)] = ""
    despite: bool = False  # misgivings were read


class Decision(Value, forbid_unknown_fields=True):
    """A decision with its reason: the sender reads it."""

    reason: Reason


class Verdicts(Value):
    """Why a mail was treated as it was."""

    mail: str
    at: str
    sender: str
    subject: str
    verdicts: list[dict[str, Any]]


@operation(
    "GET",
    "/cases",
    scope=Scope.READ,
    verb=Verb.SEE_CASES,
    query=CaseQuery,
    answer=CasePage,
    said="Danh sách hồ sơ, mới nhất trước",
)
def list_cases(caller: Caller, *, query: CaseQuery) -> CasePage:
    """A page of cases; ``after`` of the answer is where the next one starts."""
    units = seen_units(caller.account)
    if query.unit:
        if units is not None and query.unit not in units:
            raise NotFound(query.unit)
        units = (query.unit,)
    after = query.after if CASE_CURSOR.fullmatch(query.after) else ""
    states = (query.state,) if query.state is not None else ()
    page = store().views.cases(units=units, states=states, text=query.q, after=after, limit=query.limit)
    return CasePage(rows=tuple(map(_shown, page.rows)), after=page.after)


@operation(
    "GET",
    "/cases/<id:case_id>",
    scope=Scope.READ,
    verb=Verb.SEE_CASES,
    answer=Case,
    said="Một hồ sơ, với văn bản và các căn cứ",
)
def get_case(caller: Caller, *, case_id: str) -> Case:
    """One case whole; a sealed one does not exist here."""
    case = visible(caller.account, case_id)
    tell_seen(caller.account, case_id=case.id, what="api")
    return case


@operation(
    "POST",
    "/cases/<id:case_id>/approve",
    scope=Scope.DECIDE,
    body=Approval,
    answer=Case,
    said="Duyệt: bàn giao cho hệ thống quản lý văn bản",
)
def approve_case(caller: Caller, *, case_id: str, body: Approval) -> Case:
    """Approve."""
    return decided(caller, case_id, lambda by: gateway().review.approve(case_id, by, note=body.note, despite=body.despite))


@operation(
    "POST",
    "/cases/<id:case_id>/release",
    scope=Scope.DECIDE,
    body=Decision,
    answer=Case,
    said="Cho qua: thư tới người nhận như khi đến",
)
def release_case(caller: Caller, *, case_id: str, body: Decision) -> Case:
    """Release."""
    return decided(caller, case_id, lambda by: gateway().review.release(case_id, by, body.reason))


@operation(
    "POST", "/cases/<id:case_id>/return", scope=Scope.DECIDE, body=Decision, answer=Case, said="Trả lại người gửi, kèm lý do"
)
def return_case(caller: Caller, *, case_id: str, body: Decision) -> Case:
    """Return."""
    return decided(caller, case_id, lambda by: gateway().review.give_back(case_id, by, body.reason))


@operation(
    "POST",
    "/cases/<id:case_id>/withdraw",
    scope=Scope.DECIDE,
    body=Decision,
    answer=Case,
    said="Thu hồi: văn bản không được phát hành nữa",
)
def withdraw_case(caller: Caller, *, case_id: str, body: Decision) -> Case:
    """Withdraw."""
    return decided(caller, case_id, lambda by: gateway().review.withdraw(case_id, by, body.reason))


@operation(
    "GET",
    "/mails/<id:mail_id>/explain",
    scope=Scope.READ,
    verb=Verb.SEE_CASES,
    query=Nothing,
    answer=Verdicts,
    said="Vì sao một thư được xử lý như vậy",
)
def explain(caller: Caller, *, mail_id: str) -> Verdicts:
    """Each verdict of a mail as sentences and as data: the same as `vanthu explain --json` and the page of the mail."""
    views, account = store().views, caller.account
    row = views.mail(mail_id)
    if seen_units(account) is not None:
        # Not even that a mail exists is told to whoever has no case of it.
        cases = [case for case in views.cases_of_mail(mail_id) if sees(account, case.unit) and not is_sealed(case)]
        if not cases:
            raise NotFound(f"no mail {mail_id}")
    tell_seen(account, mail_id=mail_id, what="explain")
    verdicts = [explained(verdict, gateway().directory()) for verdict in views.verdicts(mail_id)]
    return Verdicts(mail=row.id, at=row.at.isoformat(), sender=row.sender, subject=row.subject, verdicts=verdicts)


def visible(account: Account, case_id: str) -> Case:
    """The case, when it exists for the account and is not sealed; NotFound."""
    case = store().views.case(case_id)
    if not sees(account, case.unit) or is_sealed(case):
        raise NotFound(f"no case {case_id}")
    return case


def decided(caller: Caller, case_id: str, act: Callable[[Account], Case]) -> Case:
    """What came of an act about a case that the caller sees."""
    visible(caller.account, case_id)
    return act(caller.account)


def _shown(row: CaseRow) -> CaseRow:
    """A line of the list; of a sealed case only that it exists."""
    if row.action is not Action.QUARANTINE and row.state is not CaseState.SEALED:
        return row
    blank = dict.fromkeys(("kind", "number_symbol", "issuer", "subject", "urgency", "sender", "reason"), "")
    return replace(row, direction=Direction.INCOMING, **blank)
