"""Who signs in to a mailbox: the account and a password (or app password) from a file, the environment or the keyring."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from gateway.errors import SignInRefused
from gateway.imap.session import Desk

_KINDS = "file:PATH, env:NAME or keyring:SERVICE"


class Password:
    """A password that is read anew at every sign-in: whoever changes it need not restart the gateway.

    ``secret`` is "file:PATH" (relative to ``base``), "env:NAME" or "keyring:SERVICE" (with the user as its account).
    """

    def __init__(self, user: str, secret: str, *, base: Path = Path()) -> None:
        self.user = user
        self._secret = secret
        self._base = base

    def present(self, desk: Desk) -> None:
        """Sign in by AUTHENTICATE PLAIN where it is offered (RFC 4616: any letters), else by LOGIN."""
        password = read_secret(self._secret, self.user, base=self._base)
        if "AUTH=PLAIN" in desk.capabilities:
            desk.authenticate("PLAIN", lambda challenge: f"\0{self.user}\0{password}".encode())
            return
        if "LOGINDISABLED" in desk.capabilities:
            raise SignInRefused('the server takes no password on this link: try security = "tls" or "starttls"')
        if not (self.user + password).isascii():
            raise SignInRefused("the server takes only passwords of plain letters (no AUTH=PLAIN)")
        desk.login(self.user, password)

    def __repr__(self) -> str:
        return f"Password(user={self.user!r})"


def read_secret(secret: str, user: str, *, base: Path = Path()) -> str:
    """The secret that a setting points to.  SignInRefused says what is missing, never the secret."""
    kind, _, place = secret.partition(":")
    if kind == "file":
        return _from_file(base / place)
    if kind == "env":
        value = os.environ.get(place, "")
        if not value:
            raise SignInRefused(f"the environment has no {place}")
        return value
    if kind == "keyring":
        return _from_keyring(place, user)
    raise SignInRefused(f"expected a secret as {_KINDS}")


def _from_file(path: Path) -> str:
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o007:
            raise SignInRefused(f"{path} can be read by anybody: chmod 600 {path}")
        value = path.read_text(encoding="utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SignInRefused(f"the secret {path} cannot be read: {error}") from error
    if not value:
        raise SignInRefused(f"the secret {path} is empty")
    return value


def _from_keyring(service: str, user: str) -> str:
    try:
        import keyring
        import keyring.errors
    except ImportError as error:
        raise SignInRefused("the package keyring is not installed: pip install 'vanthu[keyring]'") from error
    try:
        value = keyring.get_password(service, user)
    except keyring.errors.KeyringError as error:
        raise SignInRefused(f"the keyring cannot be read: {error}") from error
    if not value:
        raise SignInRefused(f"the keyring has no password of {user} under {service}")
    return str(value)
