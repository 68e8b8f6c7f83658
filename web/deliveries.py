"""Deliveries: what waits, what failed and why, and "retry now" for the officer."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gateway.errors import IllegalTransition, NotAllowed
from gateway.lifecycle import DELIVERY_TRANSITIONS, DeliveryEvent, DeliveryState
from gateway.model import Role
from web.auth import me, roles
from web.context import gateway, store
from web.lists import DELIVERY_CURSOR, ROWS, starts_after
from web.mailboxes import how_many_alarms

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
@roles(Role.OFFICER, Role.AUDITOR)
def deliveries() -> ResponseReturnValue:
    """The list of deliveries by what has to be done about them, under the health of the whole gateway."""
    tab = request.args.get("tab", "failed")
    if tab not in TABS:
        abort(404)
    views, after = store().views, starts_after(DELIVERY_CURSOR)
    return render_template(
        "deliveries.html",
        page=views.deliveries(states=TABS[tab][1], after=after, limit=ROWS),
        tab=tab,
        tabs=TABS,
        health=views.health(),
        live=gateway().live(),
        mailbox_alarms=how_many_alarms(),
        retriable=RETRIABLE,
        uncertain=DeliveryState.UNCERTAIN,
        later=bool(after),
    )


@blueprint.post("/delivery/<delivery:delivery_id>/retry")
@roles(Role.OFFICER)
def retry(delivery_id: str) -> ResponseReturnValue:
    """Try again now, whatever the schedule says."""
    tab = request.form.get("tab", "")
    try:
        gateway().review.retry(delivery_id, me())
    except NotAllowed as refusal:
        flash(str(refusal), "problem")
    except IllegalTransition:
        flash("Lượt chuyển này vừa đổi trạng thái nên không cần chuyển lại.", "problem")
    else:
        flash("Đã đưa lượt chuyển vào hàng chờ, cổng sẽ chuyển lại ngay.")
    return redirect(url_for(".deliveries", tab=tab if tab in TABS else "failed"))
