"""What calls for somebody: the bar above every page, the page with all of it, and "I look after it"."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from gateway.alarms import KINDS, Kind
from gateway.errors import NotFound
from gateway.model import Account, Value
from gateway.roles import Verb, allows, seen_units
from gateway.store.alarms import Standing
from web.auth import may, me
from web.context import store
from web.format import utc_now
from web.language import gettext, said

blueprint = Blueprint("alarms", __name__)

_OF_CASES = (Kind.SEALED, Kind.URGENT, Kind.OVERDUE, Kind.CASE, Kind.SILENT)


class Shown(Value):
    """One alarm as the page shows it."""

    alarm: Standing
    title: str
    link: str  # where something is done about it; "" where the console cannot


class Bar(Value):
    """What stands above every page: how many of a kind, the gravest first."""

    title: str
    number: int


@blueprint.get("/alarms")
@may(Verb.SEE_CASES)
def alarms() -> ResponseReturnValue:
    """What stands, and what is over."""
    units = seen_units(me())
    rows = [_shown(alarm) for alarm in store().alarms.standing(units)]
    over = [_shown(alarm) for alarm in store().alarms.over(units)]
    return render_template("alarms_page.html", rows=rows, over=over)


@blueprint.post("/alarm/<id:alarm_id>/seen")
@may(Verb.SEE_CASES)
def seen(alarm_id: str) -> ResponseReturnValue:
    """Somebody looks after it; others see who."""
    standing = {alarm.id for alarm in store().alarms.standing(seen_units(me()))}
    try:
        if alarm_id not in standing:
            raise NotFound(alarm_id)
        store().alarms.seen(alarm_id, by=me().name, now=utc_now())
    except NotFound:
        flash(gettext("Cảnh báo này đã hết."), "problem")
    return redirect(url_for(".alarms"))


def bar(account: Account) -> tuple[Bar, ...]:
    """What the account sees above every page: what nobody looks after yet."""
    if not allows(account, Verb.SEE_CASES):
        return ()
    counts = store().alarms.counts(seen_units(account), unseen=True)
    return tuple(Bar(title=said(KINDS[kind].title), number=counts[kind]) for kind in Kind if kind in counts)


def _shown(alarm: Standing) -> Shown:
    kind = Kind(alarm.kind)
    return Shown(alarm=alarm, title=said(KINDS[kind].title), link=_link(kind, alarm.about))


def _link(kind: Kind, about: str) -> str:
    if kind in _OF_CASES:
        return url_for("cases.one", case_id=about)
    if kind in (Kind.MAILBOX, Kind.TOKEN):
        return url_for("mailboxes.one", name=about.partition(":")[0])
    return url_for("deliveries.deliveries") if kind in (Kind.COURIER, Kind.UNCOLLECTED) else ""
