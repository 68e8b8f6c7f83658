"""What somebody chose for himself, the language and the look: kept with the account, and for strangers in their browser.

The browser's cookie is also where an account starts that has chosen nothing yet, and what holds while the store is away.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Literal

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from gateway.errors import StoreUnavailable
from gateway.model import Account
from web.context import gateway, store
from web.paths import local_path

_A_YEAR_S = 365 * 24 * 3600
COOKIES = {"language": "vanthu-language", "look": "vanthu-look"}  # what is chosen, and where a browser keeps it

Field = Literal["language", "look"]


def remembered(field: Field, choices: Container[str]) -> str:
    """What the visitor chose: on whatever device when she is signed in, else in this browser; "" for nothing."""
    account = _signed_in()
    of_account = (account.language if field == "language" else account.look) if account is not None else ""
    return next((each for each in (of_account, request.cookies.get(COOKIES[field], "")) if each in choices), "")


def remember(field: Field, choices: Container[str]) -> ResponseReturnValue:
    """Take the choice in that field of the form, and go back to the page where it was made; 400 for what is none."""
    wanted = request.form.get(field, "")
    if wanted not in choices:
        abort(400)
    if (account := _signed_in()) is not None:
        store().people.choose(account.name, **{field: wanted})
    response = redirect(local_path(request.form.get("back", "")) or url_for("home"))
    behind_tls = gateway().settings.web.behind_tls
    response.set_cookie(COOKIES[field], wanted, max_age=_A_YEAR_S, httponly=True, samesite="Lax", secure=behind_tls)
    return response


def _signed_in() -> Account | None:
    """Who asks; None for strangers, and while the store cannot say."""
    try:
        account: Account | None = current_user.account if current_user.is_authenticated else None
    except StoreUnavailable:
        return None
    return account
