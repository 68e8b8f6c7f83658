"""Many cases at once: chosen in the queue, or all that a list has; looked at first, then decided one by one, then undone.

A page decides for about a second and shows how far it is; the next page goes on.  So no request is long, nothing runs behind
anybody's back, and without scripts a button does what the browser does by itself.
"""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gateway.lifecycle import CaseEvent
from gateway.model import Account
from gateway.reasons import LONGEST_REASON
from gateway.roles import Verb
from gateway.store import BulkRun, ItemOutcome
from web import bulk_work, evidence
from web.auth import may, me
from web.bulk_work import MOST
from web.cases import BULK_ACTS as ACTS
from web.cases import RELEASE_REASONS, RETURN_REASONS, WITHDRAW_REASONS
from web.context import store
from web.exports import every
from web.format import utc_now
from web.language import gettext
from web.reasons import typed_reason
from web.shown import asked, way_back

blueprint = Blueprint("bulk", __name__, url_prefix="/bulk")

_REASONS = {
    CaseEvent.RETURN: RETURN_REASONS,
    CaseEvent.RELEASE: RELEASE_REASONS,
    CaseEvent.WITHDRAW: WITHDRAW_REASONS,
}


@blueprint.post("/preview")
@may(Verb.DECIDE)
def preview() -> ResponseReturnValue:
    """What would happen to each of the cases; nothing is done yet."""
    account, act = me(), _act()
    ids = _all_of_list(account) if request.form.get("all") else request.form.getlist("case")
    if not ids:
        flash(gettext("Xin đánh dấu ít nhất một hồ sơ."), "problem")
        return redirect(way_back())
    lines = bulk_work.lines(account, act, ids)
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
    ids = [case.id for case in bulk_work.cases_of(account, request.form.getlist("case"))]
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
        may_undo=bulk_work.may_take_back(run, me()),
        back=way_back(),
    )


@blueprint.post("/<id:run_id>/go")
@may(Verb.DECIDE)
def go(run_id: str) -> ResponseReturnValue:
    """Decide about some more of the cases."""
    run = _mine(run_id)
    bulk_work.go_on(run, me())
    return redirect(url_for(".one", run_id=run.id))


@blueprint.post("/<id:run_id>/undo")
@may(Verb.DECIDE)
def undo(run_id: str) -> ResponseReturnValue:
    """Take all of it back that has not left; what was still to be done stays undone."""
    run = _mine(run_id)
    bulk_work.take_back(run, me())
    return redirect(url_for(".one", run_id=run.id))


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
    return bulk_work.run_of(me(), run_id)
