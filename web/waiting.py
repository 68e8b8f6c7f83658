"""What waits on its way out, by destination, and another try now: a part of the page of deliveries."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from gateway.courier import RELAY
from gateway.roles import Verb
from gateway.store.queue import TRIED, Waiting, Wanted
from web.auth import may, me
from web.context import gateway, store
from web.language import gettext

blueprint = Blueprint("waiting", __name__)

_MOST = 20  # destinations on the page; "vanthu queue list" shows all


def by_destination() -> tuple[Waiting, ...]:
    """What waits for its next try, the longest queue first."""
    return store().queue.summary(TRIED)[:_MOST]


@blueprint.post("/deliveries/retry-waiting")
@may(Verb.RUN)
def retry() -> ResponseReturnValue:
    """Try again now what waits for one destination, or (none named) all that waits."""
    courier, place = request.form.get("courier", ""), request.form.get("destination", "")
    wanted = Wanted(courier=courier, destination=place if courier == RELAY else "")
    number = gateway().traffic.retry_waiting(wanted, me())
    flash(gettext("Đã cho chuyển lại ngay %(count)s lượt.", count=number), "good")
    return redirect(url_for("deliveries.deliveries", tab="waiting"))
