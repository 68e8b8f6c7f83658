"""What a client says when it signs in: PLAIN (RFC 4616), LOGIN, XOAUTH2 and OAUTHBEARER (RFC 7628).  Pure.

Whatever is said here may hold a secret: nothing of it stands in an error.
"""

from __future__ import annotations

import base64
import binascii
import re

from gateway.model import Value
from gateway.smtp import replies
from gateway.smtp.grammar import CommandError

LONGEST = 12288  # octets of a line with CR LF (RFC 4954 section 4)
_LOGIN_PROMPTS = ("VXNlcm5hbWU6", "UGFzc3dvcmQ6")  # "Username:", "Password:": some clients know only these words
_LONGEST_NAME = 320
_USER_IN_TOKEN = {
    "XOAUTH2": re.compile(r"user=([^\x01]*)\x01auth=Bearer ([^\x01]+)\x01\x01"),
    "OAUTHBEARER": re.compile(
        r"n,a=([^,\x01]*),\x01(?:[^\x01=]+=[^\x01]*\x01)*?auth=Bearer ([^\x01]+)\x01(?:[^\x01=]+=[^\x01]*\x01)*\x01"
    ),
}


class Credentials(Value):
    """Who somebody says he is, and what shall prove it."""

    user: str
    secret: str  # a password or a token
    mechanism: str

    def __repr__(self) -> str:
        return f"Credentials(user={self.user!r}, mechanism={self.mechanism!r})"

    def response(self) -> str:
        """The same, as one says it to another server in one go (not for LOGIN)."""
        if self.mechanism == "XOAUTH2":
            text = f"user={self.user}\x01auth=Bearer {self.secret}\x01\x01"
        elif self.mechanism == "OAUTHBEARER":
            text = f"n,a={self.user},\x01auth=Bearer {self.secret}\x01\x01"
        else:
            text = f"\0{self.user}\0{self.secret}"
        return base64.b64encode(text.encode()).decode("ascii")


class Exchange:
    """One sign-in.  Give it the initial response, if there is one, then every answer, until it has ``credentials``."""

    def __init__(self, mechanism: str) -> None:
        self.mechanism = mechanism
        self.credentials: Credentials | None = None
        self._name = ""

    def challenge(self) -> str:
        """What to ask next, in base64."""
        if self.mechanism != "LOGIN":
            return ""
        return _LOGIN_PROMPTS[1 if self._name else 0]

    def take(self, answer: str) -> None:
        """An answer in base64.  Raises CommandError."""
        if answer == "*":
            raise CommandError(replies.SIGN_IN_CANCELLED)
        text = _decoded(answer)
        if self.mechanism == "PLAIN":
            self.credentials = _plain(text)
        elif self.mechanism == "LOGIN":
            self._login(text)
        else:
            self.credentials = _bearer(self.mechanism, text)

    def _login(self, text: str) -> None:
        if self._name:
            self.credentials = Credentials(user=self._name, secret=text, mechanism="LOGIN")
        elif not text:
            raise CommandError(replies.BAD_CREDENTIALS)
        else:
            self._name = _checked(text)


def _decoded(answer: str) -> str:
    try:
        return base64.b64decode("" if answer == "=" else answer, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        raise CommandError(replies.BAD_CREDENTIALS) from None


def _plain(text: str) -> Credentials:
    parts = text.split("\0")
    # Who would act for somebody else (authzid) says so before the first NUL: nobody may.
    if len(parts) != 3 or not parts[1] or parts[0] not in ("", parts[1]):
        raise CommandError(replies.BAD_CREDENTIALS)
    return Credentials(user=_checked(parts[1]), secret=parts[2], mechanism="PLAIN")


def _bearer(mechanism: str, text: str) -> Credentials:
    found = _USER_IN_TOKEN[mechanism].fullmatch(text)
    if found is None:
        raise CommandError(replies.BAD_CREDENTIALS)
    return Credentials(user=_checked(found[1].replace("=2C", ",").replace("=3D", "=")), secret=found[2], mechanism=mechanism)


def _checked(name: str) -> str:
    """A name that may stand in logs, commands and files."""
    if not name or len(name) > _LONGEST_NAME or any(c <= " " or c == "\x7f" for c in name):
        raise CommandError(replies.BAD_CREDENTIALS)
    return name
