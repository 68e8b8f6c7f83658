"""Who you are and what you may do: sessions, the guards of views, and who may see which case."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from flask import Flask, abort, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user

from gateway.lifecycle import CASE_TRANSITIONS, CaseEvent
from gateway.model import Account, Case, Event, Story
from gateway.rights import acting, is_sealed, overseeing
from gateway.roles import Verb, allows, decides, seen_units, sees
from gateway.store.people import Session
from web.context import gateway, store
from web.format import utc_now
from web.security import SIGNED_IN_FOR

limiter = Limiter(key_func=get_remote_address)

_SEEN_EVERY = timedelta(minutes=1)  # so often it is written down that somebody is there

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
    """Give the app its throttle and the knowledge of who asks."""
    # Its context processor would read the account for every page, the one that says the store is away included.
    manager = LoginManager()
    manager.init_app(app, add_context_processor=False)
    manager.login_view = "auth.sign_in"
    manager.login_message = ""
    manager.user_loader(load_user)
    app.config.update(RATELIMIT_STORAGE_URI="memory://", RATELIMIT_HEADERS_ENABLED=False)
    limiter.init_app(app)

    @app.before_request
    def first_of_all() -> ResponseReturnValue | None:
        """Whoever has a password that somebody else chose does nothing before he has one of his own."""
        if request.endpoint in _BEFORE_ALL or not current_user.is_authenticated or not me().must_change:
            return None
        return redirect(url_for("auth.password"))


_BEFORE_ALL = frozenset(
    {"auth.password", "auth.change_password", "auth.sign_out", "look.choose", "languages.switch", "static", "health.health"}
)


# --- Sessions ---------------------------------------------------------------------------------------------------------


def begin_session(account: Account, *, way: str) -> None:
    """Somebody is signed in from now on; ``way`` is how he showed who he is."""
    now, word = utc_now(), secrets.token_urlsafe(24)
    about = Session(
        id=session_id(word),
        account=account.name,
        at=now,
        seen_at=now,
        peer=request.remote_addr or "",
        agent=request.user_agent.string,
    )
    story = Story(at=now, event=Event.SIGNED_IN, actor=account.name, detail={"peer": about.peer, "way": way})
    store().people.begin(about, story, oldest=now - SIGNED_IN_FOR)
    session.clear()
    session.permanent = True
    session["word"] = word
    login_user(User(account))


def session_id(word: str) -> str:
    """What a session is called in the store, by the word in the cookie."""
    return hashlib.sha256(word.encode()).hexdigest()


def this_session() -> str:
    """What the session of who asks is called in the store."""
    return session_id(str(session.get("word", "")))


def load_user(identity: str) -> User | None:
    """The user of a session cookie, unless he was signed out, the account closed, its password new, or the time over."""
    name, _, fingerprint = identity.partition("\n")
    found, now = store().people.session(this_session()), utc_now()
    if found is None:
        return None
    begun, account = found
    is_idle = now - begun.seen_at > timedelta(minutes=gateway().settings.web.idle_minutes)
    if is_idle or now - begun.at > SIGNED_IN_FOR:
        return None
    if account.name != name or not account.active or _print_of(account.password_hash) != fingerprint:
        return None
    if now - begun.seen_at > _SEEN_EVERY:
        store().people.touch(begun.id, now)
    return User(overseeing(gateway().directory(), acting(store(), account, now)))


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


def _print_of(password_hash: str) -> str:
    return hashlib.sha256(password_hash.encode()).hexdigest()[:16]
