"""Who you are and what you may do: signing in and out, passwords, and who may see which case."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar, cast

import msgspec
from flask import Blueprint, Flask, Response, abort, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user, logout_user
from werkzeug.security import check_password_hash, generate_password_hash

from gateway.lifecycle import CASE_TRANSITIONS, CaseEvent
from gateway.model import Account, Case, Event, Role, Story
from gateway.rights import acting, is_sealed, overseeing
from gateway.roles import Verb, allows, decides, seen_units, sees
from web.context import gateway, store
from web.format import utc_now
from web.language import gettext
from web.paths import local_path
from web.security import SIGNED_IN_FOR

logger = logging.getLogger(__name__)
blueprint = Blueprint("auth", __name__)
limiter = Limiter(key_func=get_remote_address)

SHORTEST_PASSWORD = 10
_LONGEST_PASSWORD = 200  # scrypt reads all of it: no megabytes
# A wrong name costs as much time as a wrong password: the page does not tell which names exist.
_NOBODY = generate_password_hash("nobody has this password")

P = ParamSpec("P")
T = TypeVar("T")


class User(UserMixin):  # type: ignore[misc]  # Flask-Login has no type information
    """An account, as Flask-Login wants it."""

    def __init__(self, account: Account) -> None:
        self.account = account

    @property
    def is_active(self) -> bool:
        """Whether the account may be used at all."""
        return self.account.active

    def get_id(self) -> str:
        """Name and a print of the password hash: a new password ends all other sessions of the account."""
        return f"{self.account.name}\n{_print_of(self.account.password_hash)}"


def install(app: Flask) -> None:
    """Give the app sign-in, its throttle and the names that templates use."""
    # Its context processor would read the account for every page, the one that says the store is away included.
    manager = LoginManager()
    manager.init_app(app, add_context_processor=False)
    manager.login_view = "auth.sign_in"
    manager.login_message = ""
    manager.user_loader(load_user)
    app.config.update(RATELIMIT_STORAGE_URI="memory://", RATELIMIT_HEADERS_ENABLED=False)
    limiter.init_app(app)
    app.register_blueprint(blueprint)


def load_user(identity: str) -> User | None:
    """The user of a session cookie, unless the account is closed, its password new, or the day over."""
    name, _, fingerprint = identity.partition("\n")
    if time.time() - float(session.get("since", 0)) > SIGNED_IN_FOR.total_seconds():
        return None
    account = store().account(name)
    if account is None or not account.active or _print_of(account.password_hash) != fingerprint:
        return None
    return User(overseeing(gateway().directory(), acting(store(), account, utc_now())))


def me() -> Account:
    """The account that is signed in; only for views behind a sign-in."""
    return cast(User, current_user).account


# --- What one may do --------------------------------------------------------------------------------------------------


def units_of(account: Account) -> tuple[str, ...] | None:
    """The units whose cases the account sees; None is all."""
    return seen_units(account)


def may_see(account: Account, case: Case) -> bool:
    """Whether the case exists for this account."""
    return sees(account, case.unit)


def visible_case(case_id: str) -> Case:
    """The case, when it exists for the account; 404 otherwise, so that nobody learns which cases others have."""
    case = store().views.case(case_id)
    if not may_see(me(), case):
        abort(404)
    return case


def tell_seen(account: Account, *, case_id: str = "", mail_id: str = "", what: str = "page", file: str = "") -> None:
    """Every look at a case, a mail or a file of theirs is remembered."""
    detail: dict[str, str | int | float | bool | list[str]] = {"what": what, **({"file": file} if file else {})}
    store().tell(Story(at=utc_now(), event=Event.SEEN, case_id=case_id, mail_id=mail_id, actor=account.name, detail=detail))


def possible_acts(account: Account, case: Case) -> frozenset[CaseEvent]:
    """What the account may do with the case now: only a clerk of its unit decides, and the table of states says what."""
    if not decides(account, case.unit) or is_sealed(case):
        return frozenset()
    by_a_person = {CaseEvent.APPROVE, CaseEvent.RELEASE, CaseEvent.RETURN, CaseEvent.WITHDRAW, CaseEvent.TRANSFER}
    by_a_person |= {CaseEvent.RECEIVE}
    return frozenset(by_a_person & CASE_TRANSITIONS[case.state].keys())


def may(verb: Verb) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """A view for signed-in accounts that may do this (gateway.roles); the others get 403, strangers the sign-in page."""

    def decorate(view: Callable[P, T]) -> Callable[P, T]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
            if not allows(me(), verb):
                abort(403)
            return view(*args, **kwargs)

        return marked(cast(Callable[P, T], login_required(guarded)), verb)

    return decorate


def roles(*allowed: Role) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """A view for accounts of these roles, until it has its verb (may)."""

    def decorate(view: Callable[P, T]) -> Callable[P, T]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
            if me().role not in allowed:
                abort(403)
            return view(*args, **kwargs)

        return cast(Callable[P, T], login_required(guarded))

    return decorate


def anybody(view: Callable[P, T]) -> Callable[P, T]:
    """A view without sign-in: it says nothing that not everybody may know, or checks a signed link itself."""
    return marked(view, None)


def marked(view: Callable[P, T], verb: Verb | None) -> Callable[P, T]:
    """The view with its verb on it (None: for anybody): a test compares all views with the table."""
    view.verb = verb  # type: ignore[attr-defined]  # functions take attributes
    return view


def verb_of(view: Callable[..., object]) -> Verb | None:
    """What a view is for; None for anybody.  AttributeError when nobody has said."""
    verb: Verb | None = view.verb  # type: ignore[attr-defined]  # as above
    return verb


def takes_files(app: Flask, *endpoints: str) -> None:
    """Let these pages take files, from people who are signed in: strangers send no megabytes."""

    @app.before_request
    def allow() -> None:
        if request.endpoint in endpoints and current_user.is_authenticated:
            request.max_content_length = app.config["MAX_UPLOAD"]


# --- Pages ------------------------------------------------------------------------------------------------------------


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
    return render_template("sign_in.html", name="", wrong=False)


@blueprint.post("/sign-in")
@anybody
@limiter.limit("100 per hour", key_func=lambda: _typed_name(), deduct_when=_failed)
@limiter.limit("60 per 15 minutes", deduct_when=_failed)
@limiter.limit("10 per 15 minutes", key_func=_name_and_address, deduct_when=_failed)
def check_sign_in() -> ResponseReturnValue:
    """Sign in with name and password; only failures count against the limits."""
    account = _typed_account()
    password = request.form.get("password", "")[:_LONGEST_PASSWORD]
    known = check_password_hash(account.password_hash if account and account.password_hash else _NOBODY, password)
    if account is None or not account.password_hash or not known or not account.active:
        logger.warning("sign-in failed: name=%r peer=%s", _typed_name(), request.remote_addr)
        return render_template("sign_in.html", name=_typed_name(), wrong=True), 401
    _begin_session(account)
    where = Story(at=utc_now(), event=Event.SIGNED_IN, actor=account.name, detail={"peer": request.remote_addr or ""})
    store().tell(where)
    return redirect(local_path(request.args.get("next", "")) or url_for("home"))


@blueprint.post("/sign-out")
@anybody
def sign_out() -> ResponseReturnValue:
    """Sign out and forget the session."""
    logout_user()
    session.clear()
    flash(gettext("Anh/chị đã đăng xuất."))
    return redirect(url_for("auth.sign_in"))


@blueprint.get("/password")
@may(Verb.OWN_ACCOUNT)
def password() -> ResponseReturnValue:
    """The page to change one's own password."""
    return render_template("password.html", problem="", shortest=SHORTEST_PASSWORD)


@blueprint.post("/password")
@may(Verb.OWN_ACCOUNT)
@limiter.limit("10 per 15 minutes", key_func=lambda: me().name, deduct_when=_failed)
def change_password() -> ResponseReturnValue:
    """Change one's own password; all other sessions of the account end."""
    account, old, new = me(), request.form.get("old", ""), request.form.get("new", "")
    problem, status = _problem_with(account, old[:_LONGEST_PASSWORD], new, request.form.get("again", ""))
    if problem:
        return render_template("password.html", problem=problem, shortest=SHORTEST_PASSWORD), status
    changed = msgspec.structs.replace(account, password_hash=generate_password_hash(new))
    store().put_account(changed)
    logger.info("password changed: name=%r peer=%s", account.name, request.remote_addr)
    _begin_session(changed)
    flash(gettext("Đã đổi mật khẩu. Các phiên đăng nhập khác của tài khoản này đã kết thúc."))
    return redirect(url_for("home"))


def _begin_session(account: Account) -> None:
    session.clear()
    session.permanent = True
    session["since"] = time.time()
    login_user(User(account))


def _problem_with(account: Account, old: str, new: str, again: str) -> tuple[str, int]:
    """What is wrong with a change of password, in Vietnamese, and the status of the answer; "" when nothing is."""
    if not check_password_hash(account.password_hash, old):
        return gettext("Mật khẩu hiện tại chưa đúng."), 401
    if new != again:
        return gettext("Hai lần nhập mật khẩu mới không giống nhau."), 400
    if not SHORTEST_PASSWORD <= len(new) <= _LONGEST_PASSWORD:
        return gettext(
            "Mật khẩu mới cần từ %(shortest_password)s đến %(longest_password)s ký tự.",
            shortest_password=SHORTEST_PASSWORD,
            longest_password=_LONGEST_PASSWORD,
        ), 400
    if new.lower() == account.name.lower() or new == old:
        return gettext("Mật khẩu mới không được trùng với tên đăng nhập hoặc mật khẩu cũ."), 400
    return "", 200


def _typed_account() -> Account | None:
    """The account as typed, else in lower case: phones like to begin with a capital letter."""
    return store().account(_typed()) or store().account(_typed_name())


def _typed_name() -> str:
    return _typed().lower()


def _typed() -> str:
    return "".join(c for c in request.form.get("name", "") if c.isprintable()).strip()[:100]


def _print_of(password_hash: str) -> str:
    return hashlib.sha256(password_hash.encode()).hexdigest()[:16]
