"""One's own account: where one is signed in, and the second factor."""

from __future__ import annotations

import io
from datetime import timedelta

import segno
from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from gateway import passwords
from gateway.errors import NotAllowed
from gateway.roles import Verb
from web.auth import limiter, may, me, this_session
from web.context import accounts, gateway, store
from web.format import utc_now
from web.language import gettext

blueprint = Blueprint("own", __name__, url_prefix="/me")


def _name() -> str:
    return f"own\n{me().name}"


@blueprint.get("")
@may(Verb.OWN_ACCOUNT)
def account() -> ResponseReturnValue:
    """Sessions and second factor."""
    name = me().name
    since = utc_now() - timedelta(minutes=gateway().settings.web.idle_minutes)
    return render_template("own.html", sessions=store().people.sessions_of(name, since=since), this=this_session())


@blueprint.post("/sessions/end")
@may(Verb.OWN_ACCOUNT)
def end_sessions() -> ResponseReturnValue:
    """End one other session, or all others."""
    store().people.end(me().name, only=request.form.get("session", "")[:64], but=this_session())
    flash(gettext("Đã kết thúc phiên đăng nhập khác."))
    return redirect(url_for(".account"))


@blueprint.post("/second-factor")
@may(Verb.OWN_ACCOUNT)
def new_factor() -> ResponseReturnValue:
    """Show the square picture for the telephone; nothing is changed before its code comes back."""
    session["new-factor"] = passwords.new_secret()
    return _factor_page("")


@blueprint.post("/second-factor/confirm")
@may(Verb.OWN_ACCOUNT)
@limiter.limit("10 per 15 minutes", key_func=_name, deduct_when=lambda response: response.status_code == 422)
def confirm_factor() -> ResponseReturnValue:
    """Take it up, and show the recovery codes this once."""
    secret = str(session.get("new-factor", ""))
    if not secret:
        return redirect(url_for(".account"))
    if me().password_hash and not passwords.is_right(me().password_hash, request.form.get("password", "")):
        return _factor_page(gettext("Mật khẩu chưa đúng.")), 422
    try:
        codes = accounts().take_factor(me(), secret, request.form.get("code", "")[:20])
    except NotAllowed as problem:
        return _factor_page(problem.said), 422
    session.pop("new-factor")
    store().people.end(me().name, but=this_session())  # who signed in by the password alone is out
    return render_template("own_codes.html", codes=codes)


@blueprint.post("/second-factor/drop")
@may(Verb.OWN_ACCOUNT)
@limiter.limit("10 per 15 minutes", key_func=_name, deduct_when=lambda response: response.status_code == 302)
def drop_factor() -> ResponseReturnValue:
    """Do without it again; the password is asked for, so that nobody does so at a screen that was left open."""
    if me().password_hash and not passwords.is_right(me().password_hash, request.form.get("password", "")):
        flash(gettext("Mật khẩu chưa đúng; xác thực hai bước vẫn còn."), "problem")
        return redirect(url_for(".account"))
    accounts().drop_factor(me().name, me())
    flash(gettext("Đã bỏ xác thực hai bước."))
    return redirect(url_for(".account"))


def _factor_page(problem: str) -> str:
    secret = str(session["new-factor"])
    address = passwords.address_of(secret, name=me().name, issuer="Vanthu")
    return render_template("own_factor.html", picture=_picture(address), secret=_in_fours(secret), problem=problem)


def _picture(address: str) -> Markup:
    """The square picture (QR code) as SVG of our own making."""
    out = io.BytesIO()
    look = {"svgclass": "qr", "lineclass": "qr-line", "light": "#fff", "border": 2}
    segno.make(address, error="m").save(out, kind="svg", xmldecl=False, omitsize=True, **look)
    return Markup(out.getvalue().decode())  # noqa: S704 - what segno draws has no text of anybody in it


def _in_fours(secret: str) -> str:
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
