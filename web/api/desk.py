"""What clerks do with cases beside deciding, for programs: undo, assign, correct, transfer, say what is the same."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from gateway.errors import NotAllowed
from gateway.model import Account, Case, Urgency, Value
from gateway.policy.facts import local_day
from gateway.reasons import LONGEST_REASON
from gateway.roles import decides
from gateway.tokens import Scope
from web import casework
from web.api.cases import Decision, decided, visible
from web.api.operations import Caller, operation
from web.cases import acts_on
from web.context import gateway, store
from web.format import utc_now
from web.language import said

Fact = Annotated[str, Meta(max_length=1000)]


class Choices(Value):
    """What may be done with a case now, and what is to be known before."""

    acts: tuple[str, ...]
    may_undo: bool
    misgivings: tuple[str, ...]  # look twice before an approval: it then needs "despite": true
    assignees: tuple[str, ...]  # accounts of the clerks of the unit
    twins: tuple[Twin, ...]


class Twin(Value):
    """A case that may be the same document."""

    case: str
    layer: str  # by what it was recognised
    percent: int  # of the words that both texts have; 0 when not compared
    decision: str  # "", "same" or "different"


class Nothing(Value, forbid_unknown_fields=True):
    """Nothing is to be said."""


class Assignment(Value, forbid_unknown_fields=True):
    """Who looks after it."""

    assignee: Annotated[str, Meta(max_length=100)]  # an account; "" gives it back to all clerks of the unit


class Facts(Value, forbid_unknown_fields=True):
    """What the gateway misread, as it stands on the paper; what is left out stays."""

    number_symbol: Fact | UnsetType = UNSET
    kind: Fact | UnsetType = UNSET
    issued_on: Annotated[str, Meta(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$")] | UnsetType = UNSET  # "": it has none
    issuer: Fact | UnsetType = UNSET
    subject: Fact | UnsetType = UNSET
    signer: Fact | UnsetType = UNSET
    urgency: Urgency | UnsetType = UNSET


class Transfer(Value, forbid_unknown_fields=True):
    """To which unit, and why: its clerk reads it."""

    unit: Annotated[str, Meta(min_length=1, max_length=100)]
    reason: Annotated[str, Meta(min_length=1, max_length=LONGEST_REASON)]


class Transferred(Value):
    """Where a case is now."""

    case: str
    unit: str


class Sameness(Value, forbid_unknown_fields=True):
    """Whether two cases are one document."""

    same: bool


class Reception(Value, forbid_unknown_fields=True):
    """A document of the axis is taken in."""

    number: Annotated[str, Meta(max_length=20)] = ""  # in the clerk's own book


@operation(
    "GET", "/cases/<id:case_id>/choices", scope=Scope.DECIDE, answer=Choices, said="Những việc làm được lúc này với một hồ sơ"
)
def case_choices(caller: Caller, *, case_id: str) -> Choices:
    """The buttons of the page of a case, as data."""
    case, account, review = visible(caller.account, case_id), caller.account, gateway().review
    by_axis = bool(store().receipts.origins(case.id))
    return Choices(
        acts=tuple(sorted(act.value for act in acts_on(account, case, by_axis=by_axis))),
        may_undo=review.may_undo(case, account),
        misgivings=tuple(map(said, review.misgivings(case))) if decides(account, case.unit) else (),
        assignees=tuple(seat.account.name for seat in casework.seats(case)) if casework.may_assign(account, case) else (),
        twins=tuple(
            Twin(case=each.case.id, layer=each.proposal.layer, percent=each.proposal.percent, decision=each.proposal.decision)
            for each in casework.twins(account, case)
        ),
    )


@operation(
    "POST",
    "/cases/<id:case_id>/undo",
    scope=Scope.DECIDE,
    body=Nothing,
    answer=Case,
    said="Hoàn tác quyết định vừa rồi, khi chưa có gì được gửi đi",
)
def undo_case(caller: Caller, *, case_id: str, body: Nothing) -> Case:
    """Take the last decision back."""
    return decided(caller, case_id, lambda by: gateway().review.undo(case_id, by))


@operation(
    "POST",
    "/cases/<id:case_id>/assign",
    scope=Scope.DECIDE,
    body=Assignment,
    answer=Case,
    said="Giao hồ sơ cho một văn thư của đơn vị",
)
def assign_case(caller: Caller, *, case_id: str, body: Assignment) -> Case:
    """Say who looks after it."""

    def act(by: Account) -> Case:
        gateway().desk.assign(case_id, body.assignee, by)
        return store().views.case(case_id)

    return decided(caller, case_id, act)


@operation(
    "POST",
    "/cases/<id:case_id>/correct",
    scope=Scope.DECIDE,
    body=Facts,
    answer=Case,
    said="Sửa thông tin văn bản mà cổng đọc chưa đúng",
)
def correct_case(caller: Caller, *, case_id: str, body: Facts) -> Case:
    """Correct what was misread."""
    typed: dict[str, object] = msgspec.structs.asdict(body)
    given = {name: str(value) for name, value in typed.items() if value is not UNSET}
    return decided(caller, case_id, lambda by: gateway().desk.correct(case_id, by, given))


@operation(
    "POST",
    "/cases/<id:case_id>/transfer",
    scope=Scope.DECIDE,
    body=Transfer,
    answer=Transferred,
    said="Chuyển hồ sơ cho đơn vị khác, kèm lý do",
)
def transfer_case(caller: Caller, *, case_id: str, body: Transfer) -> Transferred:
    """Give it to another unit; whoever has no right there sees it no more."""
    moved = decided(caller, case_id, lambda by: gateway().desk.transfer(case_id, body.unit, by, body.reason))
    return Transferred(case=moved.id, unit=moved.unit)


@operation(
    "POST",
    "/cases/<id:case_id>/same/<id:other_id>",
    scope=Scope.DECIDE,
    body=Sameness,
    answer=Case,
    said="Ghi hai hồ sơ là cùng một văn bản (nhập làm một), hoặc không",
)
def judge_cases(caller: Caller, *, case_id: str, other_id: str, body: Sameness) -> Case:
    """Join or keep apart."""
    later, earlier = _pair(caller, case_id, other_id)
    gateway().desk.judge(later, earlier, caller.account, same=body.same)
    return store().views.case(case_id)


@operation(
    "POST",
    "/cases/<id:case_id>/same/<id:other_id>/undo",
    scope=Scope.DECIDE,
    body=Nothing,
    answer=Case,
    said="Tách lại hai hồ sơ: hoàn tác kết luận về chúng",
)
def take_back_judgement(caller: Caller, *, case_id: str, other_id: str, body: Nothing) -> Case:
    """Separate them again."""
    later, earlier = _pair(caller, case_id, other_id)
    gateway().desk.take_back(later, earlier, caller.account)
    return store().views.case(case_id)


@operation(
    "POST",
    "/cases/<id:case_id>/receive",
    scope=Scope.DECIDE,
    body=Reception,
    answer=Case,
    said="Tiếp nhận văn bản đến qua trục liên thông",
)
def receive_case(caller: Caller, *, case_id: str, body: Reception) -> Case:
    """Take it in: its issuer is told."""
    today = local_day(utc_now())
    return decided(caller, case_id, lambda by: gateway().reception.receive(case_id, by, body.number, today))


@operation(
    "POST",
    "/cases/<id:case_id>/refuse",
    scope=Scope.DECIDE,
    body=Decision,
    answer=Case,
    said="Từ chối văn bản đến qua trục liên thông, kèm lý do",
)
def refuse_case(caller: Caller, *, case_id: str, body: Decision) -> Case:
    """Refuse it: its issuer reads the reason."""
    return decided(caller, case_id, lambda by: gateway().reception.refuse(case_id, by, body.reason))


def _pair(caller: Caller, case_id: str, other_id: str) -> tuple[str, str]:
    for each in (case_id, other_id):
        visible(caller.account, each)
    if case_id == other_id:
        raise NotAllowed("Đây là cùng một hồ sơ.")
    return casework.as_proposed(case_id, other_id)
