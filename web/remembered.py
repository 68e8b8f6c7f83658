"""What a browser remembers for whoever sits at it, signed in or not: the language and the look, a cookie each."""

from __future__ import annotations

from collections.abc import Container

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from web.context import gateway
from web.paths import local_path

_A_YEAR_S = 365 * 24 * 3600


def remember(cookie: str, field: str, choices: Container[str]) -> ResponseReturnValue:
    """Take the choice in that field of the form, and go back to the page where it was made; 400 for what is none."""
    wanted = request.form.get(field, "")
    if wanted not in choices:
        abort(400)
    response = redirect(local_path(request.form.get("back", "")) or url_for("home"))
    behind_tls = gateway().settings.web.behind_tls
    response.set_cookie(cookie, wanted, max_age=_A_YEAR_S, httponly=True, samesite="Lax", secure=behind_tls)
    return response
