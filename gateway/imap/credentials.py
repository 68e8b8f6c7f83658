"""Who signs in to a mailbox: the account and a password (or app password) from a file, the environment or the keyring."""

from __future__ import annotations

from pathlib import Path

from gateway import credentials
from gateway.errors import ConfigError, SignInRefused
from gateway.imap.desk import Desk


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
    try:
        return credentials.read_secret(secret, user, base=base)
    except ConfigError as error:
        raise SignInRefused(str(error)) from error
