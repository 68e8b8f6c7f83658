"""Mails: the list with its search, and one mail with verdicts, deliveries and story."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, abort, make_response, render_template, request
from flask.typing import ResponseReturnValue

from gateway.errors import NotFound, VanthuError
from gateway.layers import Layers
from gateway.model import Action, Door, Verdict
from gateway.rights import is_sealed
from gateway.roles import Verb
from gateway.store import MailRow
from web import layers, stories
from web.auth import may, may_see, me, tell_seen
from web.context import store
from web.format import utc_now
from web.lists import MAIL_CURSOR, ROWS, searched, starts_after
from web.names import name_of
from web.security import CONTENT_SECURITY_POLICY
from web.sender import sender_of
from web.why import Why, why

blueprint = Blueprint("mails", __name__)

# What the tabs of the list show, in their order.
TABS: Mapping[str, str] = {
    "": "Tất cả",
    Action.REDIRECT: "Vào hàng chờ",
    Action.COPY: "Chuyển và sao",
    Action.HOLD: "Giữ lại",
    Action.REJECT: "Từ chối",
    Action.FORWARD: "Đổi địa chỉ",
    Action.QUARANTINE: "Niêm phong",
    Action.DELIVER: "Chuyển thẳng",
}


@blueprint.get("/mails")
@may(Verb.SEE_MAILS)
def mails() -> ResponseReturnValue:
    """The list of mails, newest first, with a search over senders, recipients and subjects."""
    tab = request.args.get("tab", "")
    if tab not in TABS:
        abort(404)
    text, after = searched(), starts_after(MAIL_CURSOR)
    action = Action(tab) if tab else None
    if text:
        store().mail_words.catch_up(utc_now())  # what came in the last minute is found, too
    page = store().views.mails(text=text, action=action, after=after, limit=ROWS)
    return render_template("mails.html", page=page, tab=tab, tabs=TABS, text=text, sealed=Action.QUARANTINE, later=bool(after))


@blueprint.get("/mail/<id:mail_id>")
@may(Verb.SEE_MAILS)
def one(mail_id: str) -> ResponseReturnValue:
    """One mail, for those who see all of them."""
    return _page(mail_id)


@blueprint.get("/case/<id:case_id>/mail/<id:mail_id>")
@may(Verb.SEE_CASES)
def of_case(case_id: str, mail_id: str) -> ResponseReturnValue:
    """One mail that brought a document, for those who see the case."""
    layers.row_of_case(case_id, mail_id)
    return _page(mail_id, case_id=case_id)


def _page(mail_id: str, *, case_id: str = "") -> ResponseReturnValue:
    layer = request.args.get("layer", "text")
    if layer not in layers.LAYERS:
        abort(404)
    views = store().views
    row = views.mail(mail_id)
    tell_seen(me(), mail_id=mail_id, case_id=case_id, file=layer if "layer" in request.args else "")
    verdicts = views.verdicts(mail_id)
    sealed = any(verdict.action is Action.QUARANTINE for verdict in verdicts)
    taken, problem = (None, "") if sealed else _taken_apart(row)
    response = make_response(
        render_template(
            "mail.html",
            row=row,
            groups=_groups(row, verdicts, sealed=sealed),
            deliveries=views.deliveries_of(mail_id=mail_id),
            story=stories.tell(views.story(mail_id=mail_id), name_of=name_of),
            sealed=sealed,
            case_id=case_id,
            layer=layer,
            layers=layers.LAYERS,
            taken=taken,
            problem=problem,
            parts=layers.parts_of(row, taken) if taken is not None and layer == "parts" else (),
            raw=layers.raw_of(row) if taken is not None and layer == "raw" else None,
            proved=sender_of(row, views.proof(row.id), taken) if row.door not in (Door.OWN, Door.AXIS) else None,
        )
    )
    response.headers["Content-Security-Policy"] = f"{CONTENT_SECURITY_POLICY}; frame-src 'self'"
    return response


def _taken_apart(row: MailRow) -> tuple[Layers | None, str]:
    """The layers of a mail, or why there are none."""
    if not row.kept:
        return None, "Nội dung thư không còn được lưu trên cổng: thư đã chuyển đi thì chỉ được giữ ít ngày."
    try:
        return layers.layers_of(row), ""
    except NotFound:
        return None, "Nội dung thư không còn được lưu trên cổng."
    except VanthuError:
        return None, "Thư này không tách ra được trong giới hạn an toàn của cổng. Xin tải nguyên văn để xem."


def _groups(row: MailRow, verdicts: tuple[Verdict, ...], *, sealed: bool) -> list[tuple[Why, tuple[str, ...]]]:
    """Why each verdict is so, with its recipients; the signs lead to the case that the reader may see."""
    cases = [case for case in store().views.cases_of_mail(row.id) if not is_sealed(case) and may_see(me(), case)]
    found = []
    for verdict, recipients in alike(verdicts):
        case = next((case for case in cases if case.unit == verdict.unit), next(iter(cases), None))
        found.append((why(verdict, row, case, shows=not sealed), recipients))
    return found


def alike(verdicts: tuple[Verdict, ...]) -> tuple[tuple[Verdict, tuple[str, ...]], ...]:
    """Verdicts that differ only in their recipient, as one with all these recipients: a hundred schools are one paragraph."""
    groups: dict[tuple[str, ...], tuple[Verdict, list[str]]] = {}
    for verdict in verdicts:
        key = (verdict.action, verdict.rule, verdict.reason, verdict.unit, verdict.target)
        groups.setdefault(key, (verdict, []))[1].append(verdict.recipient)
    return tuple((verdict, tuple(recipients)) for verdict, recipients in groups.values())
