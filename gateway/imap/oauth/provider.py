"""Who gives out tokens, and what is known about how long they live.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import quote, urlsplit

from gateway.config import Config, Mailbox, OAuthProvider, ProviderKind
from gateway.errors import ConfigError
from gateway.model import Value

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Endpoints(Value):
    """The addresses of one provider, and what one asks for there."""

    token: str
    authorize: str = ""  # "" where there is no sign-in by browser
    device: str = ""  # "" where there is none by a code on another device
    scope: str = ""
    lives: timedelta | None = None  # how long a refresh token lives when nobody uses it; None: for ever, as far as is known
    extra: Mapping[str, str] = {}


# Google: developers.google.com/identity/protocols/oauth2 (native apps; a token that is not used for six months dies; its
# device flow does not give out the scope of mail).  Microsoft: learn.microsoft.com/entra/identity-platform/refresh-tokens
# (90 days from the last use, each use gives a new one).
_GOOGLE = Endpoints(
    token="https://oauth2.googleapis.com/token",  # noqa: S106 - an address, not a token
    authorize="https://accounts.google.com/o/oauth2/v2/auth",
    scope="https://mail.google.com/",
    lives=timedelta(days=180),
    extra={"access_type": "offline", "prompt": "consent"},  # else there is no refresh token the second time
)
_MICROSOFT = "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/"


def endpoints_of(provider: OAuthProvider) -> Endpoints:
    """Where to sign in.  ConfigError when an address is missing, or would send a token in the clear."""
    if provider.kind is ProviderKind.GOOGLE:
        return _GOOGLE
    if provider.kind is ProviderKind.MICROSOFT:
        base = _MICROSOFT.format(tenant=quote(provider.tenant, safe=""))
        return Endpoints(
            token=base + "token",
            authorize=base + "authorize",
            device=base + "devicecode",
            scope="https://outlook.office.com/IMAP.AccessAsUser.All offline_access",
            lives=timedelta(days=90),
            extra={"prompt": "select_account"},
        )
    for key in ("token_url", "authorize_url", "device_url"):
        _check(provider.name, key, getattr(provider, key), needed=key == "token_url")
    return Endpoints(
        token=provider.token_url,
        authorize=provider.authorize_url,
        device=provider.device_url,
        scope=provider.scope,
        lives=timedelta(days=provider.refresh_days) if provider.refresh_days else None,
    )


def provider_of(settings: Config, mailbox: Mailbox) -> OAuthProvider:
    """The provider of a mailbox.  ConfigError when it has none."""
    for provider in settings.provider:
        if provider.name == mailbox.provider:
            return provider
    raise ConfigError(f"[[mailbox]] {mailbox.name}: provider: it signs in with a password, no token is needed")


def _check(name: str, key: str, url: str, *, needed: bool) -> None:
    parts = urlsplit(url)
    if not url and not needed:
        return
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise ConfigError(f"[[provider]] {name}: {key}: expected an address that begins with https://, got {url!r}")
