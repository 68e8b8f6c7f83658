"""What happened to my mail: for whoever sent it, by the signed link of a letter, or by its id and his address.  No sign-in.

It says what became of the copy of each of his own recipients, in plain words, and nothing about anybody else's mail: an id that
does not exist and one of somebody else's look alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from gateway.appeals import is_open_to_appeal
from gateway.errors import NotFound
from gateway.lifecycle import CaseState, DeliveryState
from gateway.model import Action, Case, Delivery, Event, Value, Verdict
from gateway.rights import is_sealed
from gateway.store import MailRow
from web.auth import anybody, limiter
from web.context import gateway, store
from web.lists import MAIL_CURSOR

blueprint = Blueprint("my_mail", __name__, url_prefix="/my-mail")

_LONGEST = 320  # characters of an address (RFC 5321, 4.5.3.1)


class Fate(Value):
    """What became of one recipient's copy."""

    recipient: str
    said: str  # Vietnamese; the page says it in its language
    at: datetime | None = None
    why: str = ""


_DELIVERED = {
    DeliveryState.DELIVERED: "Thư đã tới máy chủ thư của người nhận.",
    DeliveryState.DEFERRED: "Nơi nhận chưa nhận được; cổng tự thử lại.",
    DeliveryState.UNCERTAIN: "Chưa rõ thư đã tới hay chưa; cán bộ quản trị đang xem.",
    DeliveryState.REFUSED: "Nơi nhận đã từ chối thư này.",
    DeliveryState.DEAD: "Thư không tới được nơi nhận.",
    DeliveryState.CANCELLED: "Lượt chuyển này đã được hủy.",
}
_ON_ITS_WAY = "Thư đang được chuyển."

_CAPTURED = {
    CaseState.WAITING: "Văn bản đang chờ văn thư của đơn vị xem; thư chưa tới người nhận.",
    CaseState.APPROVED: "Văn thư đã duyệt; văn bản đang được bàn giao cho hệ thống quản lý văn bản.",
    CaseState.HANDED_OVER: "Văn bản đã được bàn giao cho hệ thống quản lý văn bản.",
    CaseState.REGISTERED: "Văn bản đã vào sổ trên hệ thống quản lý văn bản.",
    CaseState.DONE: "Văn bản đã được xử lý xong trên hệ thống quản lý văn bản.",
    CaseState.RETURNED: "Văn thư đã trả lại văn bản; lý do ở trong thư trả lời.",
    CaseState.RELEASED: "Văn thư đã cho thư đi tiếp.",
    CaseState.WITHDRAWN: "Văn bản đã được thu hồi.",
}
_KEPT = "Thư đang được giữ tại cổng. Xin liên hệ văn thư của đơn vị."
_REFUSED = "Thư đã bị từ chối ngay khi gửi; người nhận không có thư này."


def _failed(response: Response) -> bool:
    return response.status_code == 404


@blueprint.get("")
@anybody
@limiter.limit("120 per hour")
def ask() -> ResponseReturnValue:
    """The form."""
    return render_template("my_mail_ask.html", typed={}, missed=False)


@blueprint.post("")
@anybody
@limiter.limit("60 per hour")
@limiter.limit("10 per 15 minutes", deduct_when=_failed)
def by_id() -> ResponseReturnValue:
    """By id and address: both must be right."""
    mail_id = "".join(request.form.get("id", "").split()).upper()[:50]
    sender = request.form.get("sender", "").strip()[:_LONGEST]
    row = _mail(mail_id)
    if row is None or not row.sender or row.sender.casefold() != sender.casefold():
        return render_template("my_mail_ask.html", typed={"id": mail_id, "sender": sender}, missed=True), 404
    return _page(row)


@blueprint.get("/<id:mail_id>/<sign>")
@anybody
@limiter.limit("120 per hour")
def by_link(mail_id: str, sign: str) -> ResponseReturnValue:
    """By the link of one of our letters."""
    row = _mail(mail_id) if gateway().links.is_status(mail_id, sign) else None
    if row is None:
        abort(404)
    return _page(row)


def _mail(mail_id: str) -> MailRow | None:
    if not MAIL_CURSOR.fullmatch(mail_id):
        return None
    try:
        return store().views.mail(mail_id)
    except NotFound:
        return None


def _page(row: MailRow) -> str:
    views = store().views
    verdicts = views.verdicts(row.id)
    cases = views.cases_of_mail(row.id)
    sealed = any(verdict.action is Action.QUARANTINE for verdict in verdicts) or any(map(is_sealed, cases))
    deliveries = views.deliveries_of(mail_id=row.id)
    arrived = {
        str(line.detail.get("delivery")): line.at for line in views.story(mail_id=row.id) if line.event is Event.DELIVERED
    }
    return render_template(
        "my_mail.html",
        row=row,
        sealed=sealed,
        fates=[] if sealed else [_fate(verdict, cases, deliveries, arrived) for verdict in verdicts],
        appeal=gateway().links.to_appeal(row.id) if not sealed and any(map(is_open_to_appeal, verdicts)) else "",
    )


def _fate(
    verdict: Verdict,
    cases: tuple[Case, ...],
    deliveries: tuple[Delivery, ...],
    arrived: Mapping[str, datetime],
) -> Fate:
    """What became of a copy, from its verdict, its case and its delivery."""
    target = (verdict.target or verdict.recipient).lower()
    relayed = [each for each in deliveries if each.target.lower() == target]
    if verdict.action is Action.REJECT:
        return Fate(recipient=verdict.recipient, said=_REFUSED, why=verdict.reason)
    if relayed:
        last = relayed[-1]
        return Fate(recipient=verdict.recipient, said=_DELIVERED.get(last.state, _ON_ITS_WAY), at=arrived.get(last.id))
    captured = next((case for case in cases if case.direction is verdict.direction), None)
    said = _CAPTURED.get(captured.state, _KEPT) if captured is not None else _KEPT
    return Fate(recipient=verdict.recipient, said=said, why=verdict.reason)
