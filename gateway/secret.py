"""The secret that signs what we give to people and want back unchanged: session cookies, links and addresses in letters."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Iterable
from pathlib import Path

from gateway.errors import ConfigError

_SHORTEST = 32  # bytes; a file that was cut short must not become a secret that can be guessed


def kept_in(file: Path) -> bytes:
    """The secret; made at the first start, readable by the owner alone.  ConfigError when the file holds none."""
    with contextlib.suppress(FileNotFoundError):
        return _checked(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f"{file.name}.{secrets.token_hex(8)}.new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(secrets.token_hex(32).encode())
        stream.flush()
        os.fsync(stream.fileno())
    try:
        # Whole or not at all: another process of the same gateway, or a crash, must never leave half a secret.
        with contextlib.suppress(FileExistsError):
            os.link(new, file)
    finally:
        new.unlink()
    return _checked(file)


def _checked(file: Path) -> bytes:
    key = file.read_bytes()
    if len(key) < _SHORTEST:
        raise ConfigError(f"{file}: expected a secret of at least {_SHORTEST} bytes; remove the file, and a new one is made")
    return key


class Links:
    """By what whoever was stopped says "this is no issuance": a link to a page, or an answer to our letter.

    ``public_url`` is where people reach the console, ``reply_address`` an address whose mail reaches this gateway, and
    ``sender`` the one that our letters come from; without the first two there is no such link and no such address.
    """

    def __init__(self, secret: bytes, public_url: str, *, reply_address: str = "", sender: str = "") -> None:
        self._secret = secret
        self._public_url = public_url.rstrip("/")
        self._box, _, self._domain = reply_address.lower().rpartition("@")
        self._sender = sender.lower()

    # --- by a link ---

    def to_appeal(self, mail_id: str) -> str:
        """The link about a mail; "" without a public address."""
        return f"{self._public_url}/appeal/{mail_id}/{self._sign('appeal', mail_id)}" if self._public_url else ""

    def is_genuine(self, mail_id: str, sign: str) -> bool:
        """Whether we gave this link away."""
        return self._is_ours("appeal", mail_id, sign)

    def to_status(self, mail_id: str) -> str:
        """The link by which whoever sent a mail sees what became of it; "" without a public address."""
        return f"{self._public_url}/my-mail/{mail_id}/{self.status_sign(mail_id)}" if self._public_url else ""

    def status_sign(self, mail_id: str) -> str:
        """The last part of that link."""
        return self._sign("status", mail_id)

    def is_status(self, mail_id: str, sign: str) -> bool:
        """Whether we gave that link away."""
        return self._is_ours("status", mail_id, sign)

    # --- by an answer ---

    def to_reply(self, mail_id: str) -> str:
        """The address for answers about a mail; "" when none reaches us."""
        return f"{self._box}+{mail_id}.{self._sign('reply', mail_id)}@{self._domain}" if self._domain else ""

    def reference(self, letter_id: str, mail_id: str) -> str:
        """The left half of the Message-ID of a letter about a mail: an answer to it names the mail, wherever it is sent."""
        return f"{letter_id}.{mail_id}.{self._sign('reply', mail_id)}"

    def takes(self, address: str) -> bool:
        """Whether answers to our letters come to this address, genuine or not."""
        if not self._domain:
            return False
        box, _, domain = address.lower().rpartition("@")
        return domain == self._domain and box.partition("+")[0] == self._box

    def is_sender(self, address: str) -> bool:
        """Whether our letters come from this address."""
        return bool(self._sender) and address.lower() == self._sender

    def answered(self, address: str) -> str:
        """The mail that an answer to this address is about; "" for an address that we did not give away."""
        return self._genuine(address.rpartition("@")[0].partition("+")[2]) if self.takes(address) else ""

    def referred(self, references: Iterable[str]) -> str:
        """The mail that one of our letters was about, by the Message-IDs that a mail names (RFC 5322 section 3.6.4); or ""."""
        found = (left for text in references for left in _REFERENCE.findall(text[-_LONGEST_FIELD:]))
        return next(filter(None, map(self._genuine, found)), "")

    def _genuine(self, token: str) -> str:
        # Servers on the way may write an address in small letters (RFC 5321 section 2.4 says they should not).
        mail_id, _, sign = token.partition(".")
        return mail_id.upper() if self._is_ours("reply", mail_id.upper(), sign.lower()) else ""

    def _is_ours(self, purpose: str, mail_id: str, sign: str) -> bool:
        return hmac.compare_digest(self._sign(purpose, mail_id).encode(), sign.encode("utf-8", "replace"))

    def _sign(self, purpose: str, mail_id: str) -> str:
        message = f"{purpose} {mail_id}".encode("utf-8", "replace")
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()[:20]


_REFERENCE = re.compile(r"<[0-9A-Za-z]{26}\.([0-9A-Za-z]{26}\.[0-9A-Fa-f]{20})@[^\s<>]{1,255}>")
_LONGEST_FIELD = 8000  # characters: the newest references stand last
