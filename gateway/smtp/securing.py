"""What a connection to the next mail server does between its EHLO and the first mail: TLS (RFC 3207) and sign-in (RFC 4954).

Where TLS is only wished for and fails, the same server is reached in the clear for a while: an eavesdropper who can spoil a
handshake can also hide the offer of it, so refusing would help nobody.  Where it is required nothing goes in the clear, ever.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import ssl
from enum import Enum, auto
from pathlib import Path

from gateway.credentials import read_secret
from gateway.errors import ConfigError, DeliveryError
from gateway.settings.security import Encryption, Security, is_this_machine
from gateway.smtp.transaction import Reply

logger = logging.getLogger(__name__)

_HANDSHAKE_S = 10.0  # less than the time for a connection, so that it can still be tried in the clear
_GOODBYE_S = 3.0  # for the other side's part in the end of TLS
NOT_SIGNED_IN = "sign-in as"  # stands in what went wrong when it was that
_CLEAR_FOR_S = 600.0  # after a handshake that failed where TLS is only wished for


class NotSecure(DeliveryError):
    """This connection cannot be secured as the settings want it; no mail goes over it."""


class Act(Enum):
    """What a connection must do, when it is not to send something."""

    GO_ON = auto()  # mails may go
    HANDSHAKE = auto()


class Securing:
    """All connections to one server have this in common."""

    def __init__(self, settings: Security, host: str, *, base: Path = Path()) -> None:
        """``host`` is what we connect to; relative paths of the settings start at ``base``."""
        self._settings = settings
        self._host = host
        self._base = base
        self.handshake_s = _HANDSHAKE_S
        self._context: ssl.SSLContext | None = None
        self._clear_until = 0.0
        is_wished = settings.tls is Encryption.OPPORTUNISTIC and not is_this_machine(host)
        self._wants_tls = is_wished or settings.needs_tls
        self.is_plain = not (self._wants_tls or settings.user)  # nothing to do: the usual case on one machine
        self.is_verified = settings.tls is Encryption.VERIFIED

    @property
    def server_name(self) -> str:
        """Whose certificate we expect; also what we ask for (SNI)."""
        return self._settings.name or self._host

    @property
    def begins_with_tls(self) -> bool:
        """Whether the handshake comes before the greeting."""
        return self._settings.from_the_start

    def wants_tls(self, now: float) -> bool:
        """Whether TLS is to be tried; ``now`` is the loop's time."""
        return self._wants_tls and (self._settings.needs_tls or now >= self._clear_until)

    def begin(self) -> Steps:
        """The steps of a new connection."""
        return Steps(self, self._settings)

    def context(self) -> ssl.SSLContext:
        """For a handshake.  Raises NotSecure when a file of the settings cannot be used."""
        if self._context is None:
            self._context = self._made()
        return self._context

    def may_go_clear(self, error: BaseException, now: float) -> bool:
        """A handshake failed: whether the next try may do without."""
        if self._settings.needs_tls:
            return False
        if now >= self._clear_until:
            logger.warning("%s: TLS failed, mail goes in the clear for some minutes: %s", self._host, said(error))
        self._clear_until = now + _CLEAR_FOR_S
        return True

    def password(self) -> str:
        """Read anew for every connection: it may have been changed.  Raises NotSecure."""
        try:
            return read_secret(self._settings.secret, self._settings.user, base=self._base)
        except ConfigError as error:
            raise NotSecure(f"sign-in: {error}") from error

    def _made(self) -> ssl.SSLContext:
        settings = self._settings
        try:
            context = ssl.create_default_context(cafile=str(self._base / settings.ca_file) if settings.ca_file else None)
            if settings.client_certificate:
                key = str(self._base / settings.client_key) if settings.client_key else None
                context.load_cert_chain(str(self._base / settings.client_certificate), key)
        except (OSError, ValueError) as error:
            raise NotSecure(f"TLS: a certificate file of ours cannot be used: {said(error)}") from error
        if not self.is_verified:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


class Steps:
    """Of one connection.  Give the reply to EHLO, then every further one, to ``take()``, and do what it says."""

    def __init__(self, securing: Securing, settings: Security) -> None:
        self._securing = securing
        self._settings = settings
        self._waiting: list[bytes] = []  # what is still to be sent, one after each 334
        self._asked_for = ""  # the command that the next reply answers; "" is EHLO
        self.is_secure = False

    def take(self, reply: Reply, now: float) -> bytes | Act:
        """What to send or do after this reply.  Raises NotSecure."""
        asked, self._asked_for = self._asked_for, ""
        if asked == "STARTTLS":
            return self._after_starttls(reply)
        if asked == "AUTH":
            return self._after_auth(reply)
        offered = {words[0].upper(): words[1:] for line in reply.lines[1:] if (words := line.split())}
        if not self.is_secure and self._securing.wants_tls(now):
            if "STARTTLS" in offered:
                self._asked_for = "STARTTLS"
                return b"STARTTLS\r\n"
            if self._settings.needs_tls:
                raise NotSecure("TLS is required here ([relay.security] tls), but the server does not offer STARTTLS")
        return self._sign_in([word.upper() for word in offered.get("AUTH", ())]) if self._settings.user else Act.GO_ON

    def _after_starttls(self, reply: Reply) -> Act:
        if reply.is_positive:
            return Act.HANDSHAKE
        if self._settings.needs_tls:
            raise NotSecure(f"TLS is required here ([relay.security] tls), but STARTTLS was answered by {reply}")
        return Act.GO_ON  # in the clear, as without an offer; signing in needs TLS, so there is nothing else to do

    def _sign_in(self, mechanisms: list[str]) -> bytes:
        user, password = self._settings.user, self._securing.password()
        if "PLAIN" in mechanisms:
            self._waiting = []
            command = b"AUTH PLAIN " + _coded(f"\0{user}\0{password}")
        elif "LOGIN" in mechanisms:
            self._waiting = [_coded(user), _coded(password)]
            command = b"AUTH LOGIN"
        else:
            raise NotSecure(f"{NOT_SIGNED_IN} {user}: the server offers neither AUTH PLAIN nor AUTH LOGIN")
        self._asked_for = "AUTH"
        return command + b"\r\n"

    def _after_auth(self, reply: Reply) -> bytes | Act:
        if reply.is_positive:
            return Act.GO_ON
        if reply.code == 334 and self._waiting:
            self._asked_for = "AUTH"
            return self._waiting.pop(0) + b"\r\n"
        raise NotSecure(f"{NOT_SIGNED_IN} {self._settings.user} was refused: {reply}")


async def upgraded(
    transport: asyncio.Transport, protocol: asyncio.Protocol, securing: Securing, loop: asyncio.AbstractEventLoop
) -> asyncio.Transport:
    """Do the handshake.  Raises OSError (ssl.SSLError is one) or NotSecure."""
    new = await loop.start_tls(
        transport,
        protocol,
        securing.context(),
        server_hostname=securing.server_name,
        ssl_handshake_timeout=securing.handshake_s,
        ssl_shutdown_timeout=_GOODBYE_S,
    )
    if new is None or new.is_closing():
        raise ConnectionResetError("the other side closed during the handshake")
    return new


def said(error: BaseException) -> str:
    """What went wrong in a handshake, in few words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not good: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return (error.reason or str(error)).replace("_", " ").lower()
    return str(error) or type(error).__name__


def _coded(text: str) -> bytes:
    return base64.b64encode(text.encode())
