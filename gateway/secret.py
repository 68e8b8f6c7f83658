"""The secret that signs what we give to people and want back unchanged: session cookies, links in letters."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path


def kept_in(file: Path) -> bytes:
    """The secret; made at the first start, readable by the owner alone."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        file.parent.mkdir(parents=True, exist_ok=True)
    key = secrets.token_hex(32).encode()
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:  # another process of the same gateway was first
        return file.read_bytes()
    with os.fdopen(handle, "wb") as stream:
        stream.write(key)
    return key


class Links:
    """Signed links to the page on which whoever was stopped says that he was not issuing anything.

    ``public_url`` is where people reach the console; without one there are no links.
    """

    def __init__(self, secret: bytes, public_url: str) -> None:
        self._secret = secret
        self._public_url = public_url.rstrip("/")

    def to_appeal(self, mail_id: str) -> str:
        """The link about a mail; "" without a public address."""
        return f"{self._public_url}/appeal/{mail_id}/{self._sign(mail_id)}" if self._public_url else ""

    def is_genuine(self, mail_id: str, sign: str) -> bool:
        """Whether we gave this link away."""
        return hmac.compare_digest(self._sign(mail_id).encode(), sign.encode("utf-8", "replace"))

    def _sign(self, mail_id: str) -> str:
        return hmac.new(self._secret, f"appeal {mail_id}".encode(), hashlib.sha256).hexdigest()[:20]
