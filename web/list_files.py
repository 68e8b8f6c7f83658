"""Mails, deliveries and alarms as JSON and CSV: /mails, /mails.json, /mails.csv, and so on (web.exports)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, abort, request, url_for
from flask.typing import ResponseReturnValue

from gateway.alarms import KINDS, Kind
from gateway.lifecycle import DeliveryState
from gateway.model import Action
from gateway.roles import Verb, seen_units
from gateway.store.alarms import Standing
from web.auth import may, me, tell_seen
from web.context import store
from web.deliveries import TABS as DELIVERY_TABS
from web.exports import Column, as_csv, as_json, every
from web.format import utc_now, words
from web.language import said
from web.lists import DELIVERY_CURSOR, MAIL_CURSOR, ROWS, searched, starts_after
from web.mails import TABS as MAIL_TABS
from web.names import courier_name, target_name, unit_name

blueprint = Blueprint("list_files", __name__)

_MOST = 50_000
_PAGE = 500

MAILS = (
    Column("id", "Mã thư", lambda row: row.id),
    Column("at", "Nhận lúc", lambda row: row.at),
    Column("sender", "Người gửi", lambda row: row.sender),
    Column("recipients", "Người nhận", lambda row: "; ".join(row.recipients)),
    Column("subject", "Tiêu đề", lambda row: row.subject),
    Column("actions", "Kết luận", lambda row: "; ".join(words(action) for action in row.actions)),
    Column("size", "Dung lượng", lambda row: row.size),
)
DELIVERIES = (
    Column("id", "Lượt chuyển", lambda row: row.id),
    Column("mail", "Mã thư", lambda row: row.mail_id),
    Column("case", "Mã hồ sơ", lambda row: row.case_id),
    Column("courier", "Đường chuyển", lambda row: courier_name(row.courier)),
    Column("target", "Đến", target_name),
    Column("state", "Trạng thái", lambda row: words(row.state)),
    Column("attempts", "Lần thử", lambda row: row.attempts),
    Column("next_at", "Thử lại lúc", lambda row: row.next_at),
    Column("reply", "Nơi nhận trả lời", lambda row: row.reply),
)
ALARMS = (
    Column("id", "Mã", lambda row: row.id),
    Column("kind", "Việc cần xem", lambda row: said(KINDS[Kind(row.kind)].title)),
    Column("unit", "Đơn vị", lambda row: unit_name(row.unit) if row.unit else ""),
    Column("said", "Nội dung", lambda row: said(row.said)),
    Column("raised_at", "Từ lúc", lambda row: row.raised_at),
    Column("seen_by", "Người đang lo", lambda row: row.seen_by),
    Column("over_at", "Hết lúc", lambda row: row.over_at),
)

Page = Callable[[str, int], tuple[Sequence[Any], str]]


@blueprint.get("/mails.json")
@may(Verb.SEE_MAILS)
def mails_json() -> ResponseReturnValue:
    """The list of mails, a page at a time."""
    return _json(_mails(), MAILS, "mails_json", starts_after(MAIL_CURSOR), tab=request.args.get("tab", ""), q=searched())


@blueprint.get("/mails.csv")
@may(Verb.SEE_MAILS)
def mails_csv() -> ResponseReturnValue:
    """The list of mails, all of it."""
    return _csv(_mails(), MAILS, "thu")


@blueprint.get("/deliveries.json")
@may(Verb.SEE_TRAFFIC)
def deliveries_json() -> ResponseReturnValue:
    """The list of deliveries, a page at a time."""
    after = starts_after(DELIVERY_CURSOR)
    return _json(_deliveries(), DELIVERIES, "deliveries_json", after, tab=_given("tab"), courier=_given("courier"))


@blueprint.get("/deliveries.csv")
@may(Verb.SEE_TRAFFIC)
def deliveries_csv() -> ResponseReturnValue:
    """The list of deliveries, all of it."""
    return _csv(_deliveries(), DELIVERIES, "luot-chuyen")


@blueprint.get("/alarms.json")
@may(Verb.SEE_CASES)
def alarms_json() -> ResponseReturnValue:
    """What calls for somebody, and what is over."""
    return as_json(_alarms(), ALARMS)


@blueprint.get("/alarms.csv")
@may(Verb.SEE_CASES)
def alarms_csv() -> ResponseReturnValue:
    """The same as a file."""
    return as_csv(_alarms(), ALARMS, name="canh-bao")


def _given(name: str) -> str:
    return request.args.get(name, "")[:200]


def _mails() -> Page:
    tab, text = request.args.get("tab", ""), searched()
    if tab not in MAIL_TABS:
        abort(404)
    action = Action(tab) if tab else None
    if text:
        store().mail_words.catch_up(utc_now())

    def page(after: str, limit: int) -> tuple[Sequence[Any], str]:
        found = store().views.mails(text=text, action=action, after=after, limit=limit)
        return found.rows, found.after

    return page


def _deliveries() -> Page:
    tab = request.args.get("tab", "")
    if tab and tab not in DELIVERY_TABS:
        abort(404)
    courier = _given("courier")
    states: tuple[DeliveryState, ...] = DELIVERY_TABS[tab][1] if tab else ()

    def page(after: str, limit: int) -> tuple[Sequence[Any], str]:
        found = store().views.deliveries(states=states, courier=courier, after=after, limit=limit)
        return found.rows, found.after

    return page


def _alarms() -> tuple[Standing, ...]:
    units = seen_units(me())
    return (*store().alarms.standing(units), *store().alarms.over(units))


def _json(page: Page, columns: Sequence[Column], view: str, after: str, **fields: str) -> ResponseReturnValue:
    tell_seen(me(), what="list-json")
    rows, then = page(after, ROWS)
    given: dict[str, Any] = {name: value for name, value in fields.items() if value}
    return as_json(rows, columns, next=url_for(f".{view}", **given, after=then) if then else "")


def _csv(page: Page, columns: Sequence[Column], name: str) -> ResponseReturnValue:
    tell_seen(me(), what="list-csv")
    return as_csv(every(lambda after: page(after, _PAGE), most=_MOST), columns, name=name)
