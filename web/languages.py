"""The switch between the languages: a press, and the browser remembers it, signed in or not."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from web.auth import anybody
from web.context import gateway
from web.language import COOKIE, LANGUAGES
from web.paths import local_path

blueprint = Blueprint("languages", __name__)

_A_YEAR_S = 365 * 24 * 3600


@blueprint.post("/language")
@anybody
def switch() -> ResponseReturnValue:
    """Read on in another language; back to the page where it was chosen."""
    wanted = request.form.get("language", "")
    if wanted not in LANGUAGES:
        abort(400)
    response = redirect(local_path(request.form.get("back", "")) or url_for("home"))
    behind_tls = gateway().settings.web.behind_tls
    response.set_cookie(COOKIE, wanted, max_age=_A_YEAR_S, httponly=True, samesite="Lax", secure=behind_tls)
    return response
