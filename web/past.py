"""Old mail and even accounts: what was imported, how each mailbox compares with the store, how long tokens live."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from gateway.backlog.report import OUTCOMES
from gateway.imap.access import token_ages
from gateway.imap.oauth.age import Condition
from gateway.imap.reconciling import TO_DO
from gateway.roles import Verb
from gateway.store import Gap, Outcome
from web.auth import may
from web.context import gateway, store
from web.format import utc_now
from web.language import said

blueprint = Blueprint("past", __name__)

GAPS = {
    Gap.UNREAD: "có trên máy chủ, cổng chưa nhận",
    Gap.FAILED: "chưa nhận được, sẽ thử lại",
    Gap.HELD: "không nhận được, còn trong hộp thư",
    Gap.UNDECIDED: "đã lưu, chưa có kết luận",
    Gap.UNDELIVERED: "chưa chuyển đến nơi",
    Gap.GONE: "không còn trên máy chủ",
    Gap.FOLDER: "không có thư mục",
}
TOKENS = {
    Condition.MISSING: "chưa đăng nhập",
    Condition.WELL: "tốt",
    Condition.AGEING: "sắp hết hạn",
    Condition.DEAD: "đã hết hạn",
}
_SHOWN = 50  # differences of one mailbox


@blueprint.get("/past")
@may(Verb.SEE_RULES)
def past() -> ResponseReturnValue:
    """Everything about it on one page."""
    here, now = gateway(), utc_now()
    latest = store().reconciling.latest()
    return render_template(
        "past.html",
        imports=store().past.views.imports(),
        outcomes=[(outcome, said(OUTCOMES[outcome])) for outcome in Outcome],
        compared=[latest[name] for name in sorted(latest)],
        gaps=GAPS,
        to_do=TO_DO,
        shown=_SHOWN,
        ages=[(name, age, age.days_left(now)) for name, age in token_ages(here.settings, now).items()],
        tokens=TOKENS,
        well=Condition.WELL,
    )
