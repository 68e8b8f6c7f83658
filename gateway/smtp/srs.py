"""Envelope senders of mail that we send on for others, rewritten so that SPF holds and bounces come back (SRS).  Pure.

The rewritten address does not spell the old one, which with two domains in it would often be longer than the 64 octets of a
local part (RFC 5321 section 4.5.3.1.1): it names the mail, and the store knows who sent that.  Nobody makes such an address
without our secret, and each reaches one sender only; it holds for some weeks, longer than any server tries.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from datetime import datetime, timedelta

from gateway.errors import ConfigError
from gateway.model import new_id

HOLDS_FOR = timedelta(days=30)
_LOCAL = re.compile(r"srs0=([0-9A-Z]{26})\.([0-9A-F]{4})\.([0-9A-F]{20})", re.IGNORECASE)
_MARK = "srs0="
_DAY_S = 24 * 3600
_EARLIEST = timedelta(days=2)  # a clock that was set back


class SenderRewriting:
    """Rewrites senders into ``domain``, whose mail reaches this gateway, and knows what it wrote; "" rewrites nothing.

    ``is_ours`` says whether a domain is one of ours now.
    """

    def __init__(
        self, secret: bytes, domain: str, *, clock: Callable[[], datetime], is_ours: Callable[[str], bool] = lambda domain: True
    ) -> None:
        self._secret = secret
        self._domain = domain.lower()
        self._clock = clock
        self._is_ours = is_ours

    def check(self) -> None:
        """Try it out before mail depends on it.  ConfigError when what we write would not find its way back."""
        if not self._domain:
            return
        if not self._is_ours(self._domain):
            raise ConfigError(
                f'[relay] bounce_domain = "{self._domain}": expected a domain of the directory (domains.csv); '
                "bounces to any other would not be taken"
            )
        mail_id = new_id()
        written = self.rewritten(mail_id, "nguoi.gui@noi-khac.example")
        if self.mail_of(written) != mail_id or self.mail_of(written.lower()) != mail_id:
            raise ConfigError(f'[relay] bounce_domain = "{self._domain}": {written} does not lead back to its mail')

    def rewritten(self, mail_id: str, sender: str) -> str:
        """The envelope sender with which a mail goes on; the null sender stays, and so does one in our domain."""
        domain = sender.rpartition("@")[2].lower()
        if not self._domain or not sender or domain == self._domain:
            return sender
        day = f"{int(self._clock().timestamp()) // _DAY_S:04X}"
        return f"{_MARK}{mail_id}.{day}.{self._sign(mail_id, day)}@{self._domain}"

    def takes(self, address: str) -> bool:
        """Whether an address is of the form that we write, genuine or not."""
        if not self._domain:
            return False
        local, _, domain = address.lower().rpartition("@")
        return domain == self._domain and local.startswith(_MARK) and self._is_ours(domain)

    def mail_of(self, address: str) -> str:
        """The mail whose sender this address stands for; "" for one that we did not write, or that holds no more."""
        match = _LOCAL.fullmatch(address.rpartition("@")[0]) if self.takes(address) else None
        if match is None:
            return ""
        mail_id, day, sign = (part.upper() for part in match.groups())  # servers on the way may write in small letters
        age = timedelta(seconds=self._clock().timestamp() - int(day, 16) * _DAY_S)
        genuine = hmac.compare_digest(self._sign(mail_id, day), sign)
        return mail_id if genuine and -_EARLIEST < age < HOLDS_FOR + timedelta(days=1) else ""

    def _sign(self, mail_id: str, day: str) -> str:
        return hmac.new(self._secret, f"srs {mail_id} {day}".encode(), hashlib.sha256).hexdigest()[:20].upper()
