"""The officer's page "Tài khoản": who signs in, what each may do, first passwords, closing."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gateway.errors import NotAllowed
from gateway.model import Account, Role
from gateway.roles import Verb
from web.auth import may, me
from web.context import accounts, gateway, store
from web.format import utc_now
from web.language import gettext
from web.names import unit_name

blueprint = Blueprint("accounts", __name__, url_prefix="/accounts")

# What each role is for, beside its name.
ABOUT = {
    Role.CLERK: "quyết định hồ sơ của đơn vị mình và đơn vị được nhờ thay",
    Role.HEAD_CLERK: "như văn thư; thêm: xem các đơn vị cấp dưới, giao việc, nhận báo cáo ca",
    Role.LEADER: "xem hồ sơ của đơn vị mình, giao người xử lý",
    Role.OFFICER: "vận hành cổng, lập tài khoản; không quyết định hồ sơ",
    Role.AUDITOR: "xem tất cả, không làm thay ai",
}


@blueprint.get("")
@may(Verb.MANAGE_ACCOUNTS)
def listed() -> ResponseReturnValue:
    """All accounts, open ones first, and the form for a new one."""
    return _list({})


@blueprint.post("")
@may(Verb.MANAGE_ACCOUNTS)
def make() -> ResponseReturnValue:
    """Make an account; its first password is shown this once."""
    form = request.form
    typed = {"name": form.get("name", "").strip()[:100], "full_name": form.get("full_name", "").strip()[:200]}
    try:
        new = Account(name=typed["name"], full_name=typed["full_name"], role=_role(), units=_units())
        first = accounts().make(new, me())
    except NotAllowed as problem:
        return _list({**typed, "role": form.get("role", ""), "units": _units(), "problem": problem.said}), 422
    return render_template("account_password.html", name=new.name, password=first, is_new=True)


@blueprint.get("/<name>")
@may(Verb.MANAGE_ACCOUNTS)
def one(name: str) -> ResponseReturnValue:
    """One account, and where it is signed in."""
    return _one(accounts().account(name), "")


@blueprint.post("/<name>")
@may(Verb.MANAGE_ACCOUNTS)
def change(name: str) -> ResponseReturnValue:
    """Change name, role, units, link; close or open it."""
    before, form = accounts().account(name), request.form
    try:
        accounts().change(
            name,
            me(),
            full_name=form.get("full_name", "")[:300],
            role=_role(),
            units=_units(),
            active=form.get("active") == "yes",
            subject=form.get("subject", "")[:200],
        )
    except NotAllowed as problem:
        return _one(before, problem.said), 422
    flash(gettext("Đã ghi tài khoản %(name)s.", name=name))
    return redirect(url_for(".listed"))


@blueprint.post("/<name>/reset")
@may(Verb.MANAGE_ACCOUNTS)
def reset(name: str) -> ResponseReturnValue:
    """A new first password, shown this once; all sessions end."""
    return render_template("account_password.html", name=name, password=accounts().reset_password(name, me()), is_new=False)


@blueprint.post("/<name>/end-sessions")
@may(Verb.MANAGE_ACCOUNTS)
def end_sessions(name: str) -> ResponseReturnValue:
    """Sign somebody out everywhere."""
    accounts().end_sessions(name, me())
    flash(gettext("Đã kết thúc mọi phiên đăng nhập của %(name)s.", name=name))
    return redirect(url_for(".one", name=name))


@blueprint.post("/<name>/drop-factor")
@may(Verb.MANAGE_ACCOUNTS)
def drop_factor(name: str) -> ResponseReturnValue:
    """Take the second factor of somebody away who lost telephone and codes."""
    accounts().drop_factor(name, me())
    flash(gettext("Đã bỏ xác thực hai bước của %(name)s; mật khẩu không đổi.", name=name))
    return redirect(url_for(".one", name=name))


def _role() -> Role:
    try:
        return Role(request.form.get("role", ""))
    except ValueError:
        raise NotAllowed("Xin chọn vai trò.") from None


def _units() -> tuple[str, ...]:
    return tuple(dict.fromkeys(code[:50] for code in request.form.getlist("units") if code))


def _choices(account: Account | None = None) -> list[tuple[str, str]]:
    """The units to choose from by name: those of the directory, and those that the account has."""
    codes = dict.fromkeys((*gateway().directory().organisations, *(account.units if account is not None else ())))
    return sorted(((code, unit_name(code)) for code in codes), key=lambda choice: choice[1])


def rows() -> list[Account]:
    """All accounts, open ones first."""
    return sorted(store().accounts(), key=lambda account: (not account.active, account.name))


def _list(typed: dict[str, object]) -> str:
    return render_template("accounts.html", rows=rows(), typed=typed, roles=ABOUT, units=_choices())


def _one(shown: Account, problem: str) -> str:
    since = utc_now() - timedelta(minutes=gateway().settings.web.idle_minutes)
    sessions = store().people.sessions_of(shown.name, since=since)
    return render_template("account.html", shown=shown, problem=problem, roles=ABOUT, units=_choices(shown), sessions=sessions)
