"""Many cases at once: chosen in the queue, or all that a list has; looked at first, then decided one by one, then undone.

A page decides for about a second and shows how far it is; the next page goes on.  So no request is long, nothing runs behind
anybody's back, and without scripts a button does what the browser does by itself.
"""

from __future__ import annotations

import time

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gateway.errors import IllegalTransition, NotAllowed, NotFound
from gateway.lifecycle import CaseEvent
from gateway.model import Account, Case, Value
from gateway.reasons import LONGEST_REASON
from gateway.roles import Verb
from gateway.store import BulkRun, ItemOutcome
from web import evidence
from web.auth import may, may_see, me
from web.cases import BULK_ACTS as ACTS
from web.cases import RELEASE_REASONS, RETURN_REASONS, WITHDRAW_REASONS, acts_on, effects
from web.context import gateway, store
from web.exports import every
from web.format import utc_now
from web.language import gettext, said
from web.reasons import typed_reason
from web.shown import asked, way_back

blueprint = Blueprint("bulk", __name__, url_prefix="/bulk")

MOST = 500  # cases of one run
_A_PAGE_S = 1.0
_REASONS = {
    CaseEvent.RETURN: RETURN_REASONS,
    CaseEvent.RELEASE: RELEASE_REASONS,
    CaseEvent.WITHDRAW: WITHDRAW_REASONS,
}


class Line(Value):
    """What would become of one case."""

    case: Case
    title: str
    effect: str  # what happens
    why_not: str = ""  # or why nothing does


@blueprint.post("/preview")
@may(Verb.DECIDE)
def preview() -> ResponseReturnValue:
    """What would happen to each of the cases; nothing is done yet."""
    account, act = me(), _act()
    ids = _all_of_list(account) if request.form.get("all") else request.form.getlist("case")
    if not ids:
        flash(gettext("Xin đánh dấu ít nhất một hồ sơ."), "problem")
        return redirect(way_back())
    lines = [_line(account, act, case) for case in _cases(account, ids[:MOST])]
    return render_template(
        "bulk.html",
        act=act,
        title=ACTS[act],
        lines=lines,
        able=[line.case.id for line in lines if not line.why_not],
        reasons=_REASONS.get(act, ()),
        longest_reason=LONGEST_REASON,
        back=way_back(),
        most=MOST if len(ids) > MOST else 0,
    )


@blueprint.post("/begin")
@may(Verb.DECIDE)
def begin() -> ResponseReturnValue:
    """Write down what is to be done, then show how it goes."""
    account, act, reason = me(), _act(), typed_reason()
    ids = [case.id for case in _cases(account, request.form.getlist("case")[:MOST])]
    if not ids:
        abort(400)
    if act is not CaseEvent.APPROVE and not reason:
        flash(gettext("Xin chọn hoặc ghi lý do: người gửi và sổ theo dõi cần biết vì sao."), "problem")
        return redirect(way_back())
    run_id = store().bulk.begin(act, ids, by=account.name, reason=reason, now=utc_now())
    return redirect(url_for(".one", run_id=run_id))


@blueprint.get("/<id:run_id>")
@may(Verb.DECIDE)
def one(run_id: str) -> ResponseReturnValue:
    """How far it is, and what became of each case."""
    run = _mine(run_id)
    cases = {item.case_id: store().views.case(item.case_id) for item in run.items}
    return render_template(
        "bulk_run.html",
        run=run,
        title=ACTS[run.act],
        titles={case_id: evidence.title(case) for case_id, case in cases.items()},
        left=run.count(ItemOutcome.PENDING),
        done=run.count(ItemOutcome.DONE),
        may_undo=any(
            gateway().review.may_undo(cases[item.case_id], me()) for item in run.items if item.outcome is ItemOutcome.DONE
        ),
        back=way_back(),
    )


@blueprint.post("/<id:run_id>/go")
@may(Verb.DECIDE)
def go(run_id: str) -> ResponseReturnValue:
    """Decide about some more of the cases."""
    run, until = _mine(run_id), time.monotonic() + _A_PAGE_S
    for item in run.items:
        if item.outcome is ItemOutcome.PENDING:
            outcome, why = _decided(run, item.case_id)
            store().bulk.note(run.id, item.n, outcome, why)
            if time.monotonic() > until:
                break
    return redirect(url_for(".one", run_id=run.id))


@blueprint.post("/<id:run_id>/undo")
@may(Verb.DECIDE)
def undo(run_id: str) -> ResponseReturnValue:
    """Take all of it back that has not left; what was still to be done stays undone."""
    run = _mine(run_id)
    for item in run.items:
        if item.outcome is ItemOutcome.PENDING:
            store().bulk.note(run.id, item.n, ItemOutcome.REFUSED, "Đã dừng trước khi đến hồ sơ này.")
        elif item.outcome is ItemOutcome.DONE:
            try:
                gateway().review.undo(item.case_id, me())
            except NotAllowed as refusal:
                store().bulk.note(run.id, item.n, ItemOutcome.KEPT, str(refusal))
            except IllegalTransition:
                store().bulk.note(run.id, item.n, ItemOutcome.KEPT, _MOVED)
            else:
                store().bulk.note(run.id, item.n, ItemOutcome.UNDONE)
    return redirect(url_for(".one", run_id=run.id))


_MOVED = "Hồ sơ này vừa đổi trạng thái nên việc này không làm được nữa."


def _decided(run: BulkRun, case_id: str) -> tuple[ItemOutcome, str]:
    review, account = gateway().review, me()
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


def _cases(account: Account, ids: list[str]) -> list[Case]:
    found = []
    for case_id in dict.fromkeys(ids):
        try:
            case = store().views.case(case_id)
        except NotFound:
            continue
        if may_see(account, case):
            found.append(case)
    return found


def _all_of_list(account: Account) -> list[str]:
    shown = asked(account, request.form)

    def rows_behind(after: str) -> tuple[list[str], str]:
        page = store().views.cases(
            units=shown.units,
            states=shown.states,
            text=shown.text,
            narrow=shown.narrow,
            order=shown.order,
            after=after,
            limit=200,
        )
        return [row.id for row in page.rows], page.after

    return list(every(rows_behind, most=MOST + 1))


def _act() -> CaseEvent:
    wanted = request.form.get("act", "")
    if wanted not in set(ACTS):
        abort(400)
    return CaseEvent(wanted)


def _mine(run_id: str) -> BulkRun:
    try:
        run = store().bulk.run(run_id)
    except NotFound:
        abort(404)
    if run.actor != me().name:
        abort(404)
    return run
