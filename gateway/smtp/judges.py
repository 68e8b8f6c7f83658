"""Who says whether somebody is who he says: our own file of accounts, or the mail server that has his mailbox.

Both take their time, so they work in threads, a few at a time; who finds too many waiting is asked to come later.  A password
is handed on, never kept and never logged.
"""

from __future__ import annotations

import asyncio
import logging
import smtplib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import Enum, auto
from pathlib import Path

from gateway.errors import ConfigError, VanthuError
from gateway.settings.addresses import host_and_port
from gateway.settings.security import Encryption
from gateway.settings.sign_in import Auth, Judge
from gateway.smtp.accounts import Accounts
from gateway.smtp.sasl import Credentials
from gateway.smtp.securing import Securing

logger = logging.getLogger(__name__)

_THREADS = 4
_MOST_WAITING = 64
_PATIENCE_S = 20.0  # for each step with the other server


AskImap = Callable[[str, str, str], bool]  # user, password or token, and how he said it; VanthuError when nobody can say


class Finding(Enum):
    """What became of a sign-in."""

    RIGHT = auto()
    WRONG = auto()
    UNKNOWN = auto()  # nobody could say: the client comes later


class Judges:
    """The one judge of [smtp.auth], and the threads that it works in."""

    def __init__(self, settings: Auth, *, hostname: str, base: Path, by_imap: AskImap | None = None) -> None:
        """Relative paths of the settings start at ``base``; ``by_imap`` asks where check = "imap"."""
        self.mechanisms: tuple[str, ...] = settings.mechanisms
        self._is_right = _judge(settings, hostname, base, by_imap)
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="sign-in")
        self._waiting = 0

    async def judge(self, credentials: Credentials) -> Finding:
        """Never raises, and takes no longer than a minute or so."""
        if self._waiting >= _MOST_WAITING:
            return Finding.UNKNOWN
        self._waiting += 1
        work = asyncio.get_running_loop().run_in_executor(self._pool, self._look, credentials)
        work.add_done_callback(self._looked)
        return await asyncio.shield(work)

    def close(self) -> None:
        """Begin nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _looked(self, work: asyncio.Future[Finding]) -> None:
        self._waiting -= 1

    def _look(self, credentials: Credentials) -> Finding:
        try:
            return Finding.RIGHT if self._is_right(credentials) else Finding.WRONG
        except (VanthuError, OSError, smtplib.SMTPException) as error:
            logger.warning("nobody could say whether %s is who he says: %s", credentials.user, _without_secrets(error))
        except Exception as error:  # noqa: BLE001 - what a library stumbled over may be the password: no traceback
            logger.error("the sign-in of %s failed: %s", credentials.user, type(error).__name__)
        return Finding.UNKNOWN


def _judge(settings: Auth, hostname: str, base: Path, by_imap: AskImap | None) -> Callable[[Credentials], bool]:
    if settings.check is Judge.IMAP and by_imap is not None:
        return lambda credentials: by_imap(credentials.user, credentials.secret, credentials.mechanism)
    if settings.check is Judge.ACCOUNTS:
        accounts = Accounts(base / settings.accounts)
        return lambda credentials: accounts.is_right(credentials.user, credentials.secret)
    return MailServer(settings, hostname=hostname, base=base).is_right


class MailServer:
    """The server that knows the passwords; asked by SMTP AUTH, each time on a connection of its own."""

    def __init__(self, settings: Auth, *, hostname: str, base: Path) -> None:
        self._address = host_and_port(settings.server, where="[smtp.auth] server")
        self._hostname = hostname
        self._settings = settings
        self._securing = Securing(settings.security, self._address[0], base=base)

    def is_right(self, credentials: Credentials) -> bool:
        """Raises VanthuError, OSError or SMTPException when the server does not say."""
        with self._connected() as server:
            server.ehlo()
            if self._settings.tls is not Encryption.OFF and not self._settings.from_the_start:
                server.starttls(context=self._securing.context())
                server.ehlo()
            return self._asked(server, credentials)

    def _connected(self) -> smtplib.SMTP:
        if self._settings.from_the_start:
            context = self._securing.context()
            server: smtplib.SMTP = smtplib.SMTP_SSL(local_hostname=self._hostname, timeout=_PATIENCE_S, context=context)
        else:
            server = smtplib.SMTP(local_hostname=self._hostname, timeout=_PATIENCE_S)
        # Whose certificate is expected: smtplib knows no other way to say so.
        server._host = self._securing.server_name  # type: ignore[attr-defined]
        code, _ = server.connect(*self._address)
        if code != 220:
            server.close()
            raise ConfigError(f"[smtp.auth] server: it answered {code}")
        return server

    def _asked(self, server: smtplib.SMTP, credentials: Credentials) -> bool:
        offered = str(server.esmtp_features.get("auth", "")).upper().split()
        # What came as LOGIN may go as PLAIN, and the other way round: both are a name and a password.
        mechanism = credentials.mechanism
        if mechanism in ("PLAIN", "LOGIN"):
            mechanism = "PLAIN" if "PLAIN" in offered else "LOGIN"
        if mechanism not in offered:
            raise ConfigError(f"[smtp.auth] server: it does not offer AUTH {mechanism}")
        if mechanism == "LOGIN":
            code = _by_login(server, credentials)
        else:
            code, _ = server.docmd("AUTH", f"{mechanism} {credentials.response()}")
            if code == 334:  # a token that is not good: the server says why, and wants an empty answer (RFC 7628 section 3.2.3)
                code, _ = server.docmd("")
        if 400 <= code < 500:
            raise ConfigError(f"[smtp.auth] server: it answered {code}")
        return code == 235


def _by_login(server: smtplib.SMTP, credentials: Credentials) -> int:
    server.user, server.password = credentials.user, credentials.secret  # so smtplib wants it
    try:
        code, _ = server.auth("LOGIN", server.auth_login, initial_response_ok=False)
    except smtplib.SMTPAuthenticationError as error:
        return error.smtp_code
    return code


def _without_secrets(error: Exception) -> str:
    """What went wrong; what a server answered might hold what we had said."""
    return f"{type(error).__name__}" if isinstance(error, smtplib.SMTPResponseException) else str(error)
