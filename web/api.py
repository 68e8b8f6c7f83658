"""What other programs may ask, as JSON: so far why a mail was treated as it was.  Whoever may see the page may ask."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import msgspec
from flask import Blueprint, Response
from flask_login import current_user

from gateway.errors import NotFound
from gateway.policy.explain import explained
from gateway.rights import is_sealed
from gateway.roles import Verb, allows
from web.auth import marked, may_see, me, tell_seen, units_of
from web.context import gateway, store
from web.language import gettext

blueprint = Blueprint("api", __name__, url_prefix="/api")

P = ParamSpec("P")


def _answers(view: Callable[P, object]) -> Callable[P, Response]:
    """A view whose value is sent as JSON, to those who are signed in; what is wrong is JSON as well."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Response:
        if not current_user.is_authenticated:
            return _json({"error": "sign-in-required", "said": gettext("Xin đăng nhập.")}, 401)
        if not allows(me(), Verb.SEE_CASES):
            return _json({"error": "not-allowed", "said": gettext("Tài khoản này không làm được việc đó.")}, 403)
        try:
            return _json(view(*args, **kwargs))
        except NotFound:
            return _json(
                {"error": "not-found", "said": gettext("Không có thư này, hoặc thư không thuộc đơn vị của anh/chị.")}, 404
            )

    return marked(guarded, Verb.SEE_CASES)


@blueprint.get("/mails/<id:mail_id>/explain")
@_answers
def explain(mail_id: str) -> object:
    """Each verdict of a mail as sentences and as data: the same as `vanthu explain --json` and the page of the mail."""
    views, account = store().views, me()
    row = views.mail(mail_id)
    if units_of(account) is not None:
        # Not even that a mail exists is told to whoever has no case of it.
        cases = [case for case in views.cases_of_mail(mail_id) if may_see(account, case) and not is_sealed(case)]
        if not cases:
            raise NotFound(f"no mail {mail_id}")
    tell_seen(account, mail_id=mail_id, what="explain")
    verdicts = [explained(verdict, gateway().directory()) for verdict in views.verdicts(mail_id)]
    return {"mail": row.id, "at": row.at, "sender": row.sender, "subject": row.subject, "verdicts": verdicts}


def _json(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status=status, mimetype="application/json")
