"""What waits on its way out, by courier and by destination, and another try now: for the pages of deliveries and couriers."""

from __future__ import annotations

from collections import Counter

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from gateway.model import Value
from gateway.roles import Verb
from gateway.store.queue import TRIED, Waiting, Wanted
from web.auth import may, me
from web.context import gateway, store
from web.language import gettext
from web.paths import local_path

blueprint = Blueprint("waiting", __name__)

_MOST = 20  # destinations on the page; "vanthu queue list" shows all
_LONGEST = 255  # characters of a domain (RFC 5321 section 4.5.3.1.2)


class Waits(Value):
    """What waits for its next try."""

    couriers: tuple[tuple[str, int], ...] = ()  # name and how many, the longest queue first
    destinations: tuple[Waiting, ...] = ()  # the longest queues


def waits() -> Waits:
    """What waits for its next try now."""
    rows, couriers = store().queue.summary(TRIED), Counter[str]()
    for row in rows:
        couriers[row.courier] += row.number
    return Waits(couriers=tuple(couriers.most_common()), destinations=rows[:_MOST])


@blueprint.post("/deliveries/retry-waiting")
@may(Verb.RUN)
def retry() -> ResponseReturnValue:
    """Try again now what waits for one destination, by one courier, or (when the form says so) all that waits."""
    form = request.form
    courier, place = form.get("courier", ""), form.get("destination", "").strip().removeprefix("@")[:_LONGEST]
    back = redirect(local_path(form.get("back", "")) or url_for("deliveries.deliveries", tab="waiting"))
    if not (courier or place or form.get("all")):
        flash(gettext("Xin ghi tên miền của nơi nhận, ví dụ noi-khac.edu.vn."), "problem")
        return back
    number = gateway().traffic.retry_waiting(Wanted(courier=courier, destination=place), me())
    if number:
        flash(gettext("Đã cho chuyển lại ngay %(count)s lượt.", count=number), "good")
    else:
        flash(gettext("Không có lượt nào đang chờ chuyển lại ở đó; có thể vừa được chuyển."), "problem")
    return back
