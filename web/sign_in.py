"""Signing in and out: name and password, the second factor, the sign-in service of the organisation, one's own password."""

from __future__ import annotations

import logging
import time

from flask import Blueprint, Flask, Response, abort, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_limiter.util import get_remote_address
from flask_login import current_user, logout_user

from gateway import passwords
from gateway.errors import NotAllowed
from gateway.model import Account, Event, Story
from gateway.roles import Verb
from web import oidc
from web.auth import anybody, begin_session, limiter, may, me, this_session
from web.context import accounts, store
from web.format import utc_now
from web.language import gettext, said
from web.paths import local_path

logger = logging.getLogger(__name__)
blueprint = Blueprint("auth", __name__)

_HALF_FOR_S = 300.0  # so long a right password waits for the second factor


def install(app: Flask) -> None:
    """Give the app the pages."""
    app.register_blueprint(blueprint)
    oidc.install(app)


def _name_and_address() -> str:
    return f"{_typed_name()}\n{get_remote_address()}"


def _failed(response: Response) -> bool:
    return response.status_code == 401


@blueprint.get("/sign-in")
@anybody
def sign_in() -> ResponseReturnValue:
    """The sign-in page."""
    if current_user.is_authenticated:
        return redirect(url_for("home"))
    return _page()


@blueprint.post("/sign-in")
@anybody
@limiter.limit("100 per hour", key_func=lambda: _typed_name(), deduct_when=_failed)
@limiter.limit("60 per 15 minutes", deduct_when=_failed)
@limiter.limit("10 per 15 minutes", key_func=_name_and_address, deduct_when=_failed)
def check_sign_in() -> ResponseReturnValue:
    """Sign in with name and password; only failures count against the limits."""
    account = _typed_account()
    password = request.form.get("password", "")
    right = passwords.is_right(account.password_hash if account is not None else "", password)
    if account is None or not right or not account.active:
        _tell_failed(account, "password")
        return _page(name=_typed_name(), wrong=True), 401
    wanted = local_path(request.args.get("next", ""))
    if account.totp:
        session.clear()
        session["half"] = {"name": account.name, "hash": account.password_hash[-16:], "at": time.time(), "next": wanted}
        return redirect(url_for(".code"))
    begin_session(account, way="password")
    return redirect(wanted or url_for("home"))


def _page(*, name: str = "", wrong: bool = False) -> str:
    return render_template("sign_in.html", name=name, wrong=wrong, service=oidc.title())


# --- The second factor ------------------------------------------------------------------------------------------------


@blueprint.get("/sign-in/code")
@anybody
def code() -> ResponseReturnValue:
    """Ask for the code of the telephone."""
    if _half() is None:
        return redirect(url_for(".sign_in"))
    return render_template("sign_in_code.html", wrong=False)


@blueprint.post("/sign-in/code")
@anybody
@limiter.limit("5 per 15 minutes", key_func=lambda: f"code\n{session.get('half', {}).get('name', '')}", deduct_when=_failed)
@limiter.limit("60 per 15 minutes", deduct_when=_failed)
def check_code() -> ResponseReturnValue:
    """Sign in with the code, or with a recovery code; each works once."""
    account = _half()
    if account is None:
        flash(gettext("Đã quá lâu; xin đăng nhập lại."), "problem")
        return redirect(url_for(".sign_in"))
    way = _way_of(account, request.form.get("code", "")[:50])
    if not way:
        _tell_failed(account, "code")
        return render_template("sign_in_code.html", wrong=True), 401
    wanted = local_path(str(session["half"].get("next", "")))
    begin_session(account, way=way)
    if way == "recovery":
        left = len(accounts().account(account.name).recovery)
        used = gettext("Mã dự phòng này đã dùng xong; còn %(left)s mã.", left=left)
        flash(f"{used} {gettext('Mất điện thoại thì xin lập lại xác thực hai bước.')}", "problem")
    return redirect(wanted or url_for("home"))


def _way_of(account: Account, typed: str) -> str:
    """By what the second factor was shown; "" when it was not."""
    step = passwords.step_of(account.totp, typed, utc_now())
    if step is not None and store().people.use_step(account.name, step):
        return "code"
    return "recovery" if store().people.use_recovery(account.name, passwords.recovery_digest(typed)) else ""


def _half() -> Account | None:
    """Who has given the right password within the last minutes."""
    half = session.get("half")
    if not isinstance(half, dict) or time.time() - float(half.get("at", 0)) > _HALF_FOR_S:
        return None
    account = store().account(str(half.get("name", "")))
    if account is None or not account.active or not account.totp or account.password_hash[-16:] != half.get("hash"):
        return None
    return account


# --- Out, and one's own password ------------------------------------------------------------------------------------------


@blueprint.post("/sign-out")
@anybody
def sign_out() -> ResponseReturnValue:
    """Sign out and forget the session."""
    if current_user.is_authenticated:
        store().people.end(me().name, only=this_session())
    logout_user()
    session.clear()
    flash(gettext("Anh/chị đã đăng xuất."))
    return redirect(url_for("auth.sign_in"))


@blueprint.get("/password")
@may(Verb.OWN_ACCOUNT)
def password() -> ResponseReturnValue:
    """The page to change one's own password."""
    return _password_page("")


@blueprint.post("/password")
@may(Verb.OWN_ACCOUNT)
@limiter.limit("10 per 15 minutes", key_func=lambda: me().name, deduct_when=_failed)
def change_password() -> ResponseReturnValue:
    """Change one's own password; all other sessions of the account end."""
    account, old, new = me(), request.form.get("old", ""), request.form.get("new", "")
    if not account.password_hash:
        abort(403)  # signed in by the organisation's service: the password is there
    if not passwords.is_right(account.password_hash, old):
        return _password_page(gettext("Mật khẩu hiện tại chưa đúng.")), 401
    if new != request.form.get("again", ""):
        return _password_page(gettext("Hai lần nhập mật khẩu mới không giống nhau.")), 400
    if new == old:
        return _password_page(gettext("Mật khẩu mới không được trùng với tên đăng nhập hoặc mật khẩu cũ.")), 400
    try:
        changed = accounts().change_password(account, new)
    except NotAllowed as problem:
        return _password_page(said(problem.said)), 400
    logger.info("password changed: name=%r peer=%s", account.name, request.remote_addr)
    store().people.end(account.name)
    begin_session(changed, way="password")
    flash(gettext("Đã đổi mật khẩu. Các phiên đăng nhập khác của tài khoản này đã kết thúc."))
    return redirect(url_for("home"))


def _password_page(problem: str) -> str:
    return render_template("password.html", problem=problem, shortest=passwords.SHORTEST, must_change=me().must_change)


# --- Helpers ----------------------------------------------------------------------------------------------------------


def _tell_failed(account: Account | None, what: str) -> None:
    """In the log whatever was typed as a name; in the story only names that exist: people type passwords there."""
    name, peer = account.name if account is not None else _typed_name(), request.remote_addr or ""
    logger.warning("sign-in failed: %s name=%r peer=%s", what, name, peer)
    if account is not None:
        detail: dict[str, str | int | float | bool | list[str]] = {"peer": peer, "what": what}
        store().tell(Story(at=utc_now(), event=Event.SIGN_IN_FAILED, actor=account.name, detail=detail))


def _typed_account() -> Account | None:
    """The account as typed, else in lower case: phones like to begin with a capital letter."""
    return store().account(_typed()) or store().account(_typed_name())


def _typed_name() -> str:
    return _typed().lower()


def _typed() -> str:
    return "".join(c for c in request.form.get("name", "") if c.isprintable()).strip()[:100]
