"""[smtp.auth]: who may sign in at the SMTP door, and who says whether a password is right."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

import msgspec

from gateway.model import Value
from gateway.settings.security import Encryption, Security, is_this_machine

Mechanism = Literal["PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"]
PASSWORDS = ("PLAIN", "LOGIN")  # the others carry a token, which only the server that knows its maker can judge


class SignIn(StrEnum):
    """Whether one signs in at a listener."""

    OFF = "off"
    OFFER = "offer"
    REQUIRE = "require"  # no mail before


class Judge(StrEnum):
    """Who knows the passwords."""

    ACCOUNTS = "accounts"  # a file of ours: `vanthu account`
    SMTP = "smtp"  # another mail server, which is asked by SMTP AUTH
    IMAP = "imap"  # another mail server, which is asked by signing in to a mailbox


class Auth(Value, forbid_unknown_fields=True):
    """How one signs in."""

    check: Judge = Judge.ACCOUNTS
    accounts: str = "data/accounts"
    server: str = ""  # "host:port", for check = "smtp" and "imap"
    tls: Encryption = Encryption.VERIFIED  # towards it
    from_the_start: bool = False
    name: str = ""  # in its certificate; "" is the host
    ca_file: str = ""
    mechanisms: tuple[Mechanism, ...] = ("PLAIN", "LOGIN")
    domain: str = ""  # of users who leave it out
    in_the_clear: bool = False  # also without TLS, for clients on this machine
    failure_delay_s: Annotated[float, msgspec.Meta(ge=0, le=60)] = (
        1.0  # before the first "wrong"; twice as long for each further one
    )
    failures_per_source: Annotated[int, msgspec.Meta(ge=0)] = 50  # in ten minutes; then nobody from there signs in for as long

    mails_per_minute: Annotated[int, msgspec.Meta(ge=0)] = 60  # that one user begins; 0 is no limit

    @property
    def security(self) -> Security:
        """Towards the server that is asked."""
        return Security(tls=self.tls, from_the_start=self.from_the_start, name=self.name, ca_file=self.ca_file)


def wrong_with_auth(auth: Auth) -> str:
    """What is inconsistent, "key: expected …"; "" for nothing."""
    if auth.check is not Judge.ACCOUNTS and not auth.server:
        return 'server: expected "host:port" of the mail server that knows the passwords'
    if auth.check is Judge.IMAP and (auth.name or auth.tls not in (Encryption.VERIFIED, Encryption.OFF)):
        return 'tls: expected "verified", or "off" on this machine, and no name, with check = "imap"'
    is_asked = auth.check is not Judge.ACCOUNTS
    if is_asked and auth.tls is Encryption.OFF and not is_this_machine(auth.server.rpartition(":")[0].strip("[]")):
        return 'tls: expected "verified" or "required", because passwords never go in the clear'
    if auth.check is Judge.ACCOUNTS and not set(auth.mechanisms) <= set(PASSWORDS):
        return 'mechanisms: expected "PLAIN" and "LOGIN" alone with check = "accounts"'
    if not auth.mechanisms:
        return "mechanisms: expected at least one"
    if "@" in auth.domain:
        return f'domain: expected a domain like "sgd.example", got {auth.domain!r}'
    return ""
