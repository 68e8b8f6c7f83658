"""How one signs in to a mailbox: what credentials get to see of the server, and what the session sees of credentials."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Desk(Protocol):
    """Where Credentials sign in, before the session is there."""

    @property
    def capabilities(self) -> frozenset[str]:
        """What the server offers before sign-in, in capitals: "AUTH=PLAIN", "LOGINDISABLED"."""
        ...

    def login(self, user: str, password: str) -> None:
        """The LOGIN command (RFC 3501 section 6.2.3).  SignInRefused."""
        ...

    def authenticate(self, mechanism: str, respond: Callable[[bytes], bytes]) -> None:
        """The AUTHENTICATE command; ``respond`` turns each challenge into an answer, both without base64.  SignInRefused."""
        ...


class Credentials(Protocol):
    """Who signs in, and by what: a password (gateway.imap.credentials), or a token."""

    @property
    def user(self) -> str:
        """The account, for messages and the log."""
        ...

    def present(self, desk: Desk) -> None:
        """Sign in.  SignInRefused when a person must repair it, MailboxUnreachable when it may go better later."""
        ...
