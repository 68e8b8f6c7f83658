"""The page behind the signed link: whoever was stopped says why his mail is no issuance.  Nobody signs in here."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from gateway.appeals import LONGEST, is_open_to_appeal
from gateway.errors import NotAllowed
from gateway.model import Verdict
from gateway.store import MailRow
from web.auth import anybody, limiter
from web.context import gateway, store
from web.language import gettext, said

blueprint = Blueprint("appeals", __name__)


@blueprint.get("/appeal/<id:mail_id>/<sign>")
@anybody
@limiter.limit("60 per hour")
def ask(mail_id: str, sign: str) -> ResponseReturnValue:
    """What became of the mail and why, and a place to write."""
    row, verdict = _stopped(mail_id, sign)
    return render_template(
        "appeal.html",
        row=row,
        verdict=verdict,
        longest=LONGEST,
        problem="",
        done="",
        status_sign=gateway().links.status_sign(row.id),
    )


@blueprint.post("/appeal/<id:mail_id>/<sign>")
@anybody
@limiter.limit("20 per hour")
def appeal(mail_id: str, sign: str) -> ResponseReturnValue:
    """Lay it before the clerk."""
    row, verdict = _stopped(mail_id, sign)
    words = request.form.get("words", "")
    problem = done = ""
    try:
        taken = gateway().hearing.hear(mail_id, words)
    except NotAllowed as refusal:
        problem = said(refusal.said)
    else:
        done = (
            gettext("Văn thư đã nhận được ý kiến và sẽ trả lời bằng thư điện tử.")
            if taken
            else gettext("Ý kiến này đã được nhận trước đó và đang chờ văn thư xem; xin đợi trả lời.")
        )
    status = 422 if problem else 200
    return render_template(
        "appeal.html",
        row=row,
        verdict=verdict,
        longest=LONGEST,
        problem=problem,
        done=done,
        status_sign=gateway().links.status_sign(row.id),
    ), status


def _page(row: MailRow, verdict: Verdict, *, problem: str, done: str) -> str:
    sign = gateway().links.status_sign(row.id)
    return render_template(
        "appeal.html", row=row, verdict=verdict, longest=LONGEST, problem=problem, done=done, status_sign=sign
    )


def _stopped(mail_id: str, sign: str) -> tuple[MailRow, Verdict]:
    """The mail and the first verdict that stopped it; a link that we did not give away leads nowhere."""
    if not gateway().links.is_genuine(mail_id, sign):
        abort(404)
    row = store().views.mail(mail_id)
    verdict = next(filter(is_open_to_appeal, store().views.verdicts(mail_id)), None)
    if verdict is None:
        abort(404)
    return row, verdict
