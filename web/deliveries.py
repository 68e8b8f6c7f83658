"""Deliveries: what waits, what failed and why, and "retry now" for the officer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gateway.courier import RELAY
from gateway.errors import IllegalTransition, NotAllowed, NotFound
from gateway.lifecycle import DELIVERY_TRANSITIONS, DeliveryEvent, DeliveryState
from gateway.rights import is_sealed
from gateway.roles import Verb
from gateway.store import DeliveryPage
from gateway.traffic import Group
from web.auth import may, me, tell_seen
from web.context import gateway, store
from web.language import gettext, said
from web.lists import DELIVERY_CURSOR, ROWS, starts_after
from web.names import courier_name
from web.waiting import Waits, waits

blueprint = Blueprint("deliveries", __name__)

# What the tabs of the list show, in their order.
TABS: Mapping[str, tuple[str, tuple[DeliveryState, ...]]] = {
    "failed": ("Cần người xem", (DeliveryState.UNCERTAIN, DeliveryState.REFUSED, DeliveryState.DEAD)),
    "waiting": ("Sẽ chuyển lại", (DeliveryState.DEFERRED,)),
    "moving": ("Đang chuyển", (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.PENDING)),
    "delivered": ("Đã đến", (DeliveryState.DELIVERED,)),
    "cancelled": ("Đã hủy", (DeliveryState.CANCELLED,)),
}

RETRIABLE = frozenset(state for state, events in DELIVERY_TRANSITIONS.items() if DeliveryEvent.RETRY_NOW in events)


@blueprint.get("/deliveries")
@may(Verb.SEE_TRAFFIC)
def deliveries() -> ResponseReturnValue:
    """The list of deliveries by what has to be done about them, under the health of the whole gateway."""
    tab = request.args.get("tab", "failed")
    if tab not in TABS:
        abort(404)
    views, after, courier = store().views, starts_after(DELIVERY_CURSOR), request.args.get("courier", "")
    groups = gateway().traffic.groups() if tab == "failed" else ()
    if "cause" in request.args and tab == "failed":
        page = _of_cause(groups, courier, request.args["cause"], after)
    else:
        page = views.deliveries(states=TABS[tab][1], courier=courier, after=after, limit=ROWS)
    return render_template(
        "deliveries.html",
        page=page,
        groups=[group for group in groups if len(group.deliveries) > 1 and courier in ("", group.courier)],
        courier=courier,
        cause=request.args.get("cause"),
        couriers=_couriers(),
        asked=store().lookups.told([row.id for row in page.rows]),
        orphans=len(store().receipts.orphans()),
        tab=tab,
        tabs=TABS,
        health=views.health(),
        live=gateway().live(),
        retriable=RETRIABLE,
        uncertain=DeliveryState.UNCERTAIN,
        later=bool(after),
        waits=waits() if tab == "waiting" else Waits(),
    )


def _of_cause(groups: Sequence[Group], courier: str, cause: str, after: str) -> DeliveryPage:
    """Those that failed for one cause, newest first."""
    found = [each for group in groups if (group.courier, group.cause) == (courier, cause) for each in group.deliveries]
    rows = sorted((each for each in found if not after or each.id < after), key=lambda each: each.id, reverse=True)
    return DeliveryPage(rows=tuple(rows[:ROWS]), after=rows[ROWS - 1].id if len(rows) > ROWS else "")


def _couriers() -> list[tuple[str, str]]:
    """What the list can be narrowed to, by name."""
    names = dict.fromkeys([RELAY, *(office.name for office in gateway().settings.office)])
    return [(name, courier_name(name)) for name in names]


@blueprint.post("/delivery/<delivery:delivery_id>/retry")
@may(Verb.RUN)
def retry(delivery_id: str) -> ResponseReturnValue:
    """Try again now, whatever the schedule says."""
    tab = request.form.get("tab", "")
    try:
        gateway().traffic.retry(delivery_id, me())
    except NotAllowed as refusal:
        flash(said(refusal.said), "problem")
    except IllegalTransition:
        flash(gettext("Lượt chuyển này vừa đổi trạng thái nên không cần chuyển lại."), "problem")
    else:
        flash(gettext("Đã đưa lượt chuyển vào hàng chờ, cổng sẽ chuyển lại ngay."))
    return redirect(url_for(".deliveries", tab=tab if tab in TABS else "failed"))


@blueprint.post("/deliveries/retry-group")
@may(Verb.RUN)
def retry_group() -> ResponseReturnValue:
    """Try all deliveries again that failed for one cause; those that may have arrived are asked after."""
    form = request.form
    try:
        state = DeliveryState(form.get("state", ""))
        tally = gateway().traffic.retry_group(
            form.get("courier", ""), state, form.get("cause", ""), me(), only_one=form.get("how") == "one"
        )
    except ValueError:
        abort(400)
    asked = state is DeliveryState.UNCERTAIN
    done = (
        gettext("Đang tra cứu %(done)s lượt chuyển.", done=tally.done)
        if asked
        else gettext("Đã cho chuyển lại %(done)s lượt.", done=tally.done)
    )
    flash(
        gettext("%(done)s %(left)s lượt cần xem riêng: %(why)s", done=done, left=tally.left, why=said(tally.why))
        if tally.left
        else done,
        "problem" if tally.left else "good",
    )
    return redirect(url_for(".deliveries"))


@blueprint.post("/delivery/<delivery:delivery_id>/decide")
@may(Verb.RUN)
def decide(delivery_id: str) -> ResponseReturnValue:
    """A person says what became of a delivery, or has the other side asked now."""
    act, traffic, reason = request.form.get("act", ""), gateway().traffic, request.form.get("reason", "")
    try:
        if act == "look-up":
            number = traffic.look_up_now((delivery_id,), me())
            flash(
                gettext("Đang tra cứu nơi nhận.")
                if number
                else gettext("Lượt chuyển này vừa đổi trạng thái nên không cần tra cứu.")
            )
        elif act == "arrived":
            traffic.confirm(delivery_id, me(), reason)
            flash(gettext("Đã ghi: văn bản đã đến nơi."))
        elif act == "cancel":
            traffic.cancel(delivery_id, me(), reason)
            flash(gettext("Đã hủy lượt chuyển; hồ sơ chờ văn thư quyết định lại."))
        else:
            abort(400)
    except NotAllowed as refusal:
        flash(said(refusal.said), "problem")
    except IllegalTransition:
        flash(gettext("Lượt chuyển này vừa đổi trạng thái nên không làm được việc đó nữa."), "problem")
    return redirect(url_for(".deliveries"))


@blueprint.post("/courier/<name>/resume")
@may(Verb.RUN)
def resume(name: str) -> ResponseReturnValue:
    """Take up a courier that was paused."""
    gateway().traffic.resume(name, me())
    flash(gettext("Đã cho chạy lại đường chuyển; nếu vẫn sai, cổng lại tạm dừng và báo ở đây."))
    return redirect(url_for(".deliveries"))


@blueprint.get("/receipts/orphans")
@may(Verb.SEE_TRAFFIC)
def orphans() -> ResponseReturnValue:
    """What office systems said that fits nothing of ours."""
    return render_template("orphans.html", rows=store().receipts.orphans())


@blueprint.post("/receipts/orphans/attach")
@may(Verb.RUN)
def attach() -> ResponseReturnValue:
    """An officer says which case such an answer is about: by its id, or by its address pasted whole."""
    form = request.form
    case_id = form.get("case", "").strip().rstrip("/").rpartition("/")[2].upper()
    try:
        case = gateway().answers.attach(form.get("courier", ""), form.get("event", ""), case_id, me())
    except NotAllowed as refusal:
        flash(said(refusal.said), "problem")
    except NotFound:
        flash(gettext("Trả lời này không còn ở danh sách; có thể đã có người gắn vào hồ sơ."), "problem")
    else:
        flash(gettext("Đã gắn trả lời vào hồ sơ %(id)s.", id=case.id[-6:]), "good")
    return redirect(url_for(".orphans"))


@blueprint.get("/receipt/<courier>/<path:event_id>")
@may(Verb.SEE_TRAFFIC)
def receipt(courier: str, event_id: str) -> ResponseReturnValue:
    """A receipt, byte for byte; the browser saves it and never shows it.  404 when it is about a sealed case."""
    about = store().receipts.about(courier, event_id)
    if any(map(is_sealed, about)):
        abort(404)
    raw = store().receipts.raw(courier, event_id)
    for case_id in [case.id for case in about] or [""]:
        tell_seen(me(), case_id=case_id, what="receipt", file=event_id)
    response = Response(raw, mimetype="application/octet-stream")
    response.headers["Content-Disposition"] = 'attachment; filename="xac-nhan.bin"'
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
