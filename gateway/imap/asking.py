"""Asks an IMAP server whether somebody is who he says, for the SMTP door ([smtp.auth] check = "imap"): signs in, and leaves."""

from __future__ import annotations

from gateway.errors import SignInRefused
from gateway.imap.desk import Desk
from gateway.imap.session import Session
from gateway.imap.values import Server


def is_right(server: Server, user: str, secret: str, mechanism: str) -> bool:
    """Whether this password, or token for "XOAUTH2" and "OAUTHBEARER", lets him in.  MailboxError when nobody can say."""
    said = _Said(user, secret, mechanism)
    try:
        session = Session.open(server, said)
    except SignInRefused:
        if said.was_heard:
            return False
        raise  # the server would not even hear it: its certificate, or a link that is not secure
    session.close()
    return True


class _Said:
    """What somebody said to sign in at our door."""

    def __init__(self, user: str, secret: str, mechanism: str) -> None:
        self.user = user
        self.was_heard = False
        self._secret = secret
        self._mechanism = mechanism

    def present(self, desk: Desk) -> None:
        """Say it to the server."""
        way = self._mechanism if self._mechanism in ("XOAUTH2", "OAUTHBEARER") else "PLAIN"
        if f"AUTH={way}" in desk.capabilities:
            self.was_heard = True
            desk.authenticate(way, lambda challenge: self._response(way))
        elif way == "PLAIN" and "LOGINDISABLED" not in desk.capabilities and (self.user + self._secret).isascii():
            self.was_heard = True
            desk.login(self.user, self._secret)
        else:
            raise SignInRefused(f"[smtp.auth] server: it does not offer {way}")

    def _response(self, way: str) -> bytes:
        if way == "XOAUTH2":
            return f"user={self.user}\x01auth=Bearer {self._secret}\x01\x01".encode()
        if way == "OAUTHBEARER":
            return f"n,a={self.user},\x01auth=Bearer {self._secret}\x01\x01".encode()
        return f"\0{self.user}\0{self._secret}".encode()
