"""Sign-in by the service of the organisation (OpenID Connect core 1.0): code flow with PKCE; the console's side by Authlib.

Authlib keeps state, nonce and verifier in the session cookie until the person comes back, and checks the ID token's signature,
issuer, audience, time and nonce.  It is loaded only where there is such a service: with Requests it is 7 MB.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, cast

from flask import Blueprint, Flask, abort, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from gateway.credentials import read_secret
from gateway.model import Account, Role
from gateway.settings.oidc import Oidc
from web.auth import anybody, begin_session, limiter
from web.context import accounts, gateway, store
from web.language import gettext
from web.paths import local_path

logger = logging.getLogger(__name__)
blueprint = Blueprint("oidc", __name__, url_prefix="/sign-in/oidc")

_SERVICE = "service"
_TIMEOUT_S = 10.0
# Who makes accounts of people that the service knows: the setting says so, not a person.
_SETTING = Account(name="web.oidc", full_name="", role=Role.OFFICER)


def install(app: Flask) -> None:
    """Give the app the two addresses; the service is asked for its own when somebody first signs in by it."""
    settings = cast("Any", app.extensions["vanthu"]).settings
    oidc: Oidc = settings.web.oidc
    if oidc.issuer:
        from authlib.integrations.flask_client import OAuth

        oauth = OAuth(app)
        oauth.register(
            _SERVICE,
            server_metadata_url=oidc.issuer.rstrip("/") + "/.well-known/openid-configuration",
            client_id=oidc.client_id,
            client_secret=read_secret(oidc.secret, oidc.client_id, base=Path(settings.base)) if oidc.secret else None,
            client_kwargs={"scope": oidc.scope, "code_challenge_method": "S256", "timeout": _TIMEOUT_S},
        )
        app.extensions["vanthu.oidc"] = oauth
    app.register_blueprint(blueprint)


def title() -> str:
    """What the service is called on its button; "" when there is none."""
    return _settings().title if _settings().issuer else ""


@blueprint.get("")
@anybody
@limiter.limit("60 per 15 minutes")
def go() -> ResponseReturnValue:
    """To the service."""
    client = _client()
    from authlib.common.errors import AuthlibBaseError
    from requests import RequestException

    session["next"] = local_path(request.args.get("next", ""))
    try:
        return cast(ResponseReturnValue, client.authorize_redirect(_return_address()))
    except (RequestException, AuthlibBaseError, ValueError, RuntimeError) as error:
        said = gettext("Dịch vụ đăng nhập hiện không trả lời. Xin thử lại sau ít phút, hoặc đăng nhập bằng mật khẩu.")
        return _failed(error, said)


@blueprint.get("/return")
@anybody
@limiter.limit("60 per 15 minutes")
def back() -> ResponseReturnValue:
    """Back from the service: whoever it names is signed in, when an account is linked to him."""
    client = _client()
    from authlib.common.errors import AuthlibBaseError
    from joserfc.errors import JoseError
    from requests import RequestException

    try:
        token = client.authorize_access_token()
    except (RequestException, AuthlibBaseError, JoseError, ValueError, KeyError, RuntimeError) as error:
        return _failed(error, gettext("Lần đăng nhập này không hợp lệ hoặc đã quá lâu. Xin bấm đăng nhập lại."))
    person = token.get("userinfo") or {}
    subject = str(person.get(_settings().claim) or "")[:200]
    account = store().people.by_subject(subject) if subject else None
    if account is None and subject:
        account = _made(subject, person)
    if account is None or not account.active:
        logger.warning("sign-in by the service: nobody is linked to %r", subject)
        return render_template("sign_in_unknown.html", subject=subject, closed=account is not None), 403
    wanted = local_path(str(session.get("next", "")))
    begin_session(account, way="service")
    return redirect(wanted or url_for("home"))


def _made(subject: str, person: dict[str, Any]) -> Account | None:
    """An account for somebody who has none, when the settings say so."""
    oidc = _settings()
    if not oidc.create_role:
        return None
    letters = "".join(c for c in str(person.get("preferred_username") or subject).lower() if c.isascii() and c.isalnum())
    name = f"{letters[:60] or 'tai-khoan'}"
    for n in range(1, 100):
        tried = name if n == 1 else f"{name}.{n}"
        if store().account(tried) is None:
            break
    full_name = str(person.get("name") or person.get("email") or subject)[:200]
    new = Account(name=tried, full_name=full_name, role=Role(oidc.create_role), units=oidc.create_units, subject=subject)
    accounts().link(new, _SETTING)
    return store().account(tried)


def _return_address() -> str:
    """Where the service sends people back to: as the settings say, so that nobody's Host header decides it."""
    return gateway().settings.web.public_url.rstrip("/") + url_for("oidc.back")


def _client() -> Any:
    if "vanthu.oidc" not in current_app.extensions:
        abort(404)
    return current_app.extensions["vanthu.oidc"].create_client(_SERVICE)


def _settings() -> Oidc:
    return gateway().settings.web.oidc


def _failed(error: Exception, said: str) -> ResponseReturnValue:
    logger.warning("sign-in by the service failed: %s: %s", type(error).__name__, error)
    page = render_template("error.html", code=400, title=gettext("Chưa đăng nhập được"), advice=said)
    return page, 400
