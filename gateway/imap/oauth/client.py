"""Asks a provider for tokens; the only module that knows Authlib.

What a provider says about a failure goes into the message (RFC 6749 section 5.2: error and error_description); what we
said, codes and tokens, never does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.base import OAuth2Error
from requests import RequestException

from gateway.errors import MailboxUnreachable, SignInRefused
from gateway.imap.oauth.provider import Endpoints

_TIMEOUT_S = 20.0
_DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
# RFC 6749 sections 4.1.2.1 and 5.2: the provider's own weather.
_LATER = frozenset({"temporarily_unavailable", "server_error", "slow_down"})
_LONGEST = 300


class NotYet(Exception):
    """Nobody has entered the code of a device yet (RFC 8628 section 3.5)."""

    def __init__(self, *, slower: bool) -> None:
        super().__init__()
        self.slower = slower


class DeviceCode(NamedTuple):
    """What a person enters on another device (RFC 8628 section 3.2); seconds."""

    device_code: str
    user_code: str
    url: str
    interval: float
    expires_in: float


class Browser(NamedTuple):
    """A sign-in by browser that was begun: where to send the person, and what belongs to the answer."""

    url: str
    state: str
    verifier: str


class Client:
    """One application as a provider knows it.  Each call takes at most 20 seconds of silence."""

    def __init__(self, endpoints: Endpoints, *, client_id: str, secret: Callable[[], str] | None, ca_file: str = "") -> None:
        """``secret`` is asked for each time; None for applications that have none.  ``ca_file``: certificates to trust."""
        self._endpoints = endpoints
        self._client_id = client_id
        self._secret = secret
        self._verify: bool | str = ca_file or True

    def renew(self, refresh: str) -> Mapping[str, Any]:
        """A new token for an old one (RFC 6749 section 6)."""
        with self._session() as session, _failures():
            return dict(session.refresh_token(self._endpoints.token, refresh_token=refresh, **self._ways))

    def device_code(self) -> DeviceCode:
        """Begin a sign-in on another device."""
        said = self._post(self._endpoints.device, {"client_id": self._client_id, "scope": self._endpoints.scope})
        url = said.get("verification_uri") or said.get("verification_url")
        if not (said.get("device_code") and said.get("user_code") and url):
            raise SignInRefused("the provider gave no code: is the application allowed to sign in by device?")
        return DeviceCode(
            str(said["device_code"]),
            str(said["user_code"]),
            str(url),
            float(said.get("interval") or 5),
            float(said.get("expires_in") or 900),
        )

    def by_device(self, device_code: str) -> Mapping[str, Any]:
        """The token, once somebody has entered the code.  NotYet before."""
        with self._session() as session, _failures(waiting=True):
            found = session.fetch_token(
                self._endpoints.token,
                grant_type=_DEVICE_CODE,
                device_code=device_code,
                client_id=self._client_id,
                **self._ways,
            )
            return dict(found)

    def begin_browser(self, redirect_uri: str, user: str) -> Browser:
        """Begin a sign-in by browser, with PKCE (RFC 7636)."""
        from authlib.common.security import generate_token

        verifier = generate_token(64)
        with self._session(redirect_uri=redirect_uri) as session:
            url, state = session.create_authorization_url(
                self._endpoints.authorize, code_verifier=verifier, login_hint=user, **self._endpoints.extra
            )
        return Browser(url, state, verifier)

    def by_browser(self, begun: Browser, answer: str, redirect_uri: str) -> Mapping[str, Any]:
        """The token for the address to which the browser was sent back.  SignInRefused when it answers another sign-in."""
        with self._session(redirect_uri=redirect_uri) as session, _failures():
            found = session.fetch_token(
                self._endpoints.token,
                authorization_response=answer,
                state=begun.state,
                code_verifier=begun.verifier,
                **self._ways,
            )
            return dict(found)

    @property
    def _ways(self) -> dict[str, Any]:
        return {"timeout": _TIMEOUT_S, "verify": self._verify, "allow_redirects": False}

    @contextmanager
    def _session(self, **more: Any) -> Iterator[Any]:
        secret = self._secret() if self._secret is not None else None
        method = "client_secret_post" if secret else "none"
        session = OAuth2Session(
            self._client_id,
            secret,
            scope=self._endpoints.scope or None,
            token_endpoint_auth_method=method,
            code_challenge_method="S256",
            **more,
        )
        session.trust_env = True  # departments have proxies
        try:
            yield session
        finally:
            session.close()

    def _post(self, url: str, data: Mapping[str, str]) -> Mapping[str, Any]:
        with self._session() as session, _failures():
            answer = session.request("POST", url, withhold_token=True, data=dict(data), **self._ways)
            if answer.status_code >= 500:
                answer.raise_for_status()
            said = answer.json()
            if not isinstance(said, dict):
                raise ValueError("no object")
            if "error" in said:
                raise OAuthError(error=str(said["error"]), description=str(said.get("error_description") or ""))
            return said


@contextmanager
def _failures(*, waiting: bool = False) -> Iterator[None]:
    """Every failure as one of ours."""
    try:
        yield
    except (OAuthError, OAuth2Error) as error:
        code, words = str(error.error or ""), _one_line(str(error.description or ""))
        if waiting and code in ("authorization_pending", "slow_down"):
            raise NotYet(slower=code == "slow_down") from None
        if code in _LATER:
            raise MailboxUnreachable(f"the provider of tokens says: {code} {words}".strip()) from None
        raise SignInRefused(f"the provider of tokens says: {code} {words}".strip()) from None
    except RequestException as error:
        # Its text may have the address with all that was asked for.
        status = f" ({error.response.status_code})" if error.response is not None else ""
        raise MailboxUnreachable(f"the provider of tokens does not answer: {type(error).__name__}{status}") from None
    except (ValueError, json.JSONDecodeError, TypeError, KeyError):
        raise MailboxUnreachable("the provider of tokens answers in no form that is known") from None


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)[:_LONGEST]
