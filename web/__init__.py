"""The console: what people see of the gateway, and where they decide."""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from flask import Flask, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFProtect

from gateway.errors import StoreUnavailable
from gateway.model import Account
from gateway.roles import RIGHTS, Verb, allows
from web import (
    accounts,
    alarms,
    api,
    appeals,
    audit,
    auth,
    bulk,
    campaigns,
    cases,
    casework,
    deliveries,
    directory,
    errors,
    evidence,
    files,
    first,
    format,
    health,
    language,
    languages,
    layers,
    list_files,
    look,
    mailboxes,
    mails,
    metrics,
    my_mail,
    navigation,
    own,
    past,
    policy,
    registers,
    security,
    sign_in,
    small_lists,
    statistics,
    system,
    timeline,
    tokens,
    waiting,
)
from web.context import WebGateway
from web.context import gateway as current_gateway
from web.lists import DeliveryId, Id, by_day
from web.names import courier_name, target_name, unit_name
from web.why import mark_id

__all__ = ["WebGateway", "create_app"]

_STATIC = Path(__file__).parent / "static"


def create_app(gateway: WebGateway) -> Flask:
    """The console of a gateway as a WSGI application."""
    app = Flask(__name__)
    app.extensions["vanthu"] = gateway
    app.url_map.converters.update(id=Id, delivery=DeliveryId)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 30 * 24 * 3600  # every address of a static file names its content
    security.protect(app, gateway.settings)
    language.install(app)
    auth.install(app)
    sign_in.install(app)
    auth.takes_files(app, "directory.preview", "policy.rehearse")  # before the form is read for its token
    CSRFProtect(app).exempt(api.blueprint)  # programs have no forms; what writes there takes tokens alone
    files.install(app)
    policy.install(app)
    for part in (
        accounts,
        my_mail,
        audit,
        own,
        appeals,
        cases,
        casework,
        bulk,
        campaigns,
        mailboxes,
        mails,
        deliveries,
        directory,
        past,
        health,
        layers,
        metrics,
        registers,
        statistics,
        system,
        waiting,
        timeline,
        api,
        look,
        languages,
        tokens,
        alarms,
        list_files,
        small_lists,
        first,
    ):
        app.register_blueprint(part.blueprint)
    errors.install(app)
    app.add_url_rule("/", "home", home)
    app.context_processor(_shown_everywhere)
    app.jinja_env.filters.update(format.FILTERS)
    app.jinja_env.filters["signatures"] = evidence.signatures
    app.jinja_env.filters.update(
        unit_name=unit_name,
        courier=courier_name,
        target=target_name,
        by_day=by_day,
        due=_due,
        change=directory.change_in_words,
        mark_id=mark_id,
    )
    app.jinja_env.globals.update(asset=asset, _n=format.counted, alarm_bar=lambda: alarms.bar(auth.me()))
    return app


@auth.may(Verb.OWN_ACCOUNT)
def home() -> ResponseReturnValue:
    """The page that each role works on first."""
    return redirect(url_for("deliveries.deliveries" if allows(auth.me(), Verb.RUN) else "cases.queue"))


def asset(name: str) -> str:
    """The address of a static file; it changes with the content, so browsers may keep the file."""
    return url_for("static", filename=name, v=_print_of(name))


@lru_cache
def _print_of(name: str) -> str:
    return hashlib.sha256((_STATIC / name).read_bytes()).hexdigest()[:10]


def _due(at: datetime | None) -> str:
    return format.due(at, now=format.utc_now())


def _shown_everywhere() -> dict[str, object]:
    account: Account | None = None
    try:
        if current_user.is_authenticated:
            account = auth.me()
    except StoreUnavailable:  # the page that says so needs no account
        account = None
    return {
        "account": account,
        "may": {verb.value for verb in RIGHTS if account is not None and allows(account, verb)},
        "bar_groups": navigation.pages_for(account) if account is not None else (),
        "look": look.shown(),
        "looks": look.LOOKS,
        "now": format.utc_now(),
        "help_phone": current_gateway().settings.smtp.help_phone,
    }
