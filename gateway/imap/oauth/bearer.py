"""Signs in to a mailbox with a token: XOAUTH2 and OAUTHBEARER (RFC 7628), renewed in time, rotated tokens kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime

from gateway.errors import MailboxUnreachable, SignInRefused
from gateway.imap.desk import Desk
from gateway.imap.oauth.client import Client
from gateway.imap.oauth.token import Token, TokenFile, token_of, utc_now

_SEPARATOR = "\x01"


class Bearer:
    """Credentials of one mailbox (see gateway.imap.desk).  Any number of processes may share the token."""

    def __init__(
        self, user: str, file: TokenFile, client: Client, *, sign_in: str, clock: Callable[[], datetime] = utc_now
    ) -> None:
        """``sign_in`` is the command that a person gives when it no longer works."""
        self.user = user
        self._file = file
        self._client = client
        self._sign_in = sign_in
        self._clock = clock

    def present(self, desk: Desk) -> None:
        """Sign in.  SignInRefused when a person must sign in anew, MailboxUnreachable when the provider does not answer."""
        token = self.token()
        try:
            show(desk, self.user, token.access)
        except SignInRefused:
            # The provider may have taken it back before its time, when somebody changed his password for example.
            renewed = self.token(instead_of=token)
            show(desk, self.user, renewed.access)

    def token(self, *, instead_of: Token | None = None) -> Token:
        """A token that holds for the next minutes; ``instead_of`` is one that a server did not take.

        Whoever comes second finds what the first one got: a provider may take a refresh token only once.
        """
        token = self._kept()
        if self._holds(token, instead_of):
            return token
        with self._file.alone():
            token = self._kept()
            if self._holds(token, instead_of):
                return token
            try:
                answer = self._client.renew(token.refresh)
            except SignInRefused as error:
                raise SignInRefused(f"{error}; a person has to sign in anew: {self._sign_in}") from None
            renewed = token_of(answer, now=self._clock(), before=token)
            self._file.write(renewed)  # before anybody uses it: the old one may be worth nothing by now
            return renewed

    def _holds(self, token: Token, instead_of: Token | None) -> bool:
        return token.is_fresh(self._clock()) and (instead_of is None or token.access != instead_of.access)

    def _kept(self) -> Token:
        token = self._file.read()
        if token is None:
            raise SignInRefused(f"nobody has signed in yet: {self._sign_in}")
        return token

    def __repr__(self) -> str:
        return f"Bearer(user={self.user!r})"


def show(desk: Desk, user: str, access: str) -> None:
    """Show a token to a mail server.  SignInRefused with what the server says."""
    mechanism = next((name for name in ("OAUTHBEARER", "XOAUTH2") if f"AUTH={name}" in desk.capabilities), "")
    if not mechanism:
        raise SignInRefused("the server takes no tokens (no AUTH=XOAUTH2, no AUTH=OAUTHBEARER)")
    answers = _Answers(mechanism, user, access)
    try:
        desk.authenticate(mechanism, answers)
    except SignInRefused as error:
        raise SignInRefused(f"{error}{answers.said}") from None
    except MailboxUnreachable as error:
        raise MailboxUnreachable(f"{error}{answers.said}") from None


class Shown:
    """Credentials for one sign-in, with a token that is not kept yet."""

    def __init__(self, user: str, access: str) -> None:
        self.user = user
        self._access = access

    def present(self, desk: Desk) -> None:
        """Sign in."""
        show(desk, self.user, self._access)


class _Answers:
    """Our side of the exchange: the token, and after a refusal the empty line that the server waits for."""

    def __init__(self, mechanism: str, user: str, access: str) -> None:
        self._mechanism = mechanism
        self._first: bytes | None = first_answer(mechanism, user, access)
        self.said = ""  # why the server refused: it says so in JSON

    def __call__(self, challenge: bytes) -> bytes:
        if self._first is not None:
            answer, self._first = self._first, None
            return answer
        self.said = _in_words(challenge)
        return b"" if self._mechanism == "XOAUTH2" else _SEPARATOR.encode()


def first_answer(mechanism: str, user: str, access: str) -> bytes:
    """The first answer of a mechanism, without base64 (RFC 7628 section 3.1; XOAUTH2 as Google wrote it down)."""
    bearer = f"auth=Bearer {access}{_SEPARATOR}{_SEPARATOR}"
    if mechanism == "XOAUTH2":
        return f"user={user}{_SEPARATOR}{bearer}".encode()
    name = user.replace("=", "=3D").replace(",", "=2C")
    return f"n,a={name},{_SEPARATOR}{bearer}".encode()


def _in_words(challenge: bytes) -> str:
    """ " (invalid_token)", from {"status": "invalid_token", "scope": "…"}; "" when there is nothing to be read."""
    try:
        said = json.loads(challenge)
        status = str(said.get("status", ""))[:100] if isinstance(said, dict) else ""
    except ValueError:
        status = ""
    return f" ({status})" if status.isprintable() and status else ""
