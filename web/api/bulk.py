"""Many cases at once for programs: look at what would happen, begin, go on until nothing is left, take it back."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from gateway.errors import NotFound
from gateway.lifecycle import CaseEvent
from gateway.model import Value
from gateway.reasons import LONGEST_REASON
from gateway.store import BulkRun, ItemOutcome
from gateway.tokens import Scope
from web import bulk_work
from web.api.desk import Nothing
from web.api.operations import Caller, Refused, operation
from web.bulk_work import MOST
from web.context import store
from web.format import utc_now
from web.language import said

CaseId = Annotated[str, Meta(pattern="^[0-9A-HJKMNP-TV-Z]{26}$")]
Cases = Annotated[tuple[CaseId, ...], Meta(min_length=1, max_length=MOST)]


class BulkAct(StrEnum):
    """What can be decided about many."""

    APPROVE = "approve"
    RETURN = "return"
    RELEASE = "release"
    WITHDRAW = "withdraw"


class BulkWish(Value, forbid_unknown_fields=True):
    """What shall be decided about which cases; all but an approval need a reason, which senders read."""

    act: BulkAct
    cases: Cases
    reason: Annotated[str, Meta(max_length=LONGEST_REASON)] = ""


class BulkLine(Value):
    """What would become of one case."""

    case: str
    title: str
    effect: str
    why_not: str


class BulkPreview(Value):
    """What would happen; cases that the token does not see, and sealed ones, are not there."""

    rows: tuple[BulkLine, ...]


class BulkDone(Value):
    """What became of one case."""

    case: str
    outcome: ItemOutcome
    why: str


class BulkProgress(Value):
    """How far a run is."""

    run: str
    act: CaseEvent
    reason: str
    at: datetime
    left: int  # go on while there are any
    may_undo: bool
    rows: tuple[BulkDone, ...]


@operation(
    "POST",
    "/bulk/preview",
    scope=Scope.DECIDE,
    body=BulkWish,
    answer=BulkPreview,
    said="Xem trước việc quyết định nhiều hồ sơ; chưa làm gì",
)
def preview_bulk(caller: Caller, *, body: BulkWish) -> BulkPreview:
    """Nothing is done."""
    lines = bulk_work.lines(caller.account, CaseEvent(body.act.value), body.cases)
    return BulkPreview(
        rows=tuple(BulkLine(case=line.case.id, title=line.title, effect=line.effect, why_not=line.why_not) for line in lines)
    )


@operation(
    "POST",
    "/bulk",
    scope=Scope.DECIDE,
    body=BulkWish,
    answer=BulkProgress,
    said="Bắt đầu quyết định nhiều hồ sơ; gọi tiếp cho đến khi không còn hồ sơ nào",
)
def begin_bulk(caller: Caller, *, body: BulkWish) -> BulkProgress:
    """Write down what is to be done, and begin."""
    act, reason = CaseEvent(body.act.value), body.reason.strip()
    if act is not CaseEvent.APPROVE and not reason:
        raise Refused(400, "Xin chọn hoặc ghi lý do: người gửi và sổ theo dõi cần biết vì sao.")
    ids = [case.id for case in bulk_work.cases_of(caller.account, body.cases)]
    if not ids:
        raise NotFound("none of these cases")
    run_id = store().bulk.begin(act, ids, by=caller.account.name, reason=reason, now=utc_now())
    return _gone_on(caller, run_id)


@operation(
    "GET", "/bulk/<id:run_id>", scope=Scope.DECIDE, answer=BulkProgress, said="Một lần quyết định nhiều hồ sơ đã đến đâu"
)
def bulk_progress(caller: Caller, *, run_id: str) -> BulkProgress:
    """How far it is."""
    return _progress(caller, bulk_work.run_of(caller.account, run_id))


@operation(
    "POST",
    "/bulk/<id:run_id>/go",
    scope=Scope.DECIDE,
    body=Nothing,
    answer=BulkProgress,
    said="Quyết định tiếp các hồ sơ còn lại",
)
def go_on_with_bulk(caller: Caller, *, run_id: str, body: Nothing) -> BulkProgress:
    """Some more of them, for about a second."""
    return _gone_on(caller, run_id)


@operation(
    "POST",
    "/bulk/<id:run_id>/undo",
    scope=Scope.DECIDE,
    body=Nothing,
    answer=BulkProgress,
    said="Hoàn tác cả lần quyết định, phần nào chưa gửi đi",
)
def undo_bulk(caller: Caller, *, run_id: str, body: Nothing) -> BulkProgress:
    """Take it back."""
    bulk_work.take_back(bulk_work.run_of(caller.account, run_id), caller.account)
    return _progress(caller, bulk_work.run_of(caller.account, run_id))


def _gone_on(caller: Caller, run_id: str) -> BulkProgress:
    bulk_work.go_on(bulk_work.run_of(caller.account, run_id), caller.account)
    return _progress(caller, bulk_work.run_of(caller.account, run_id))


def _progress(caller: Caller, run: BulkRun) -> BulkProgress:
    return BulkProgress(
        run=run.id,
        act=run.act,
        reason=run.reason,
        at=run.at,
        left=run.count(ItemOutcome.PENDING),
        may_undo=bulk_work.may_take_back(run, caller.account),
        rows=tuple(BulkDone(case=item.case_id, outcome=item.outcome, why=said(item.why)) for item in run.items),
    )
