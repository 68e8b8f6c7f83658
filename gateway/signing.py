"""The key that signs the heads of the audit's chain (Ed25519), and how anybody checks what it signed."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import os
import secrets
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from gateway.chain import Head, signed_bytes
from gateway.errors import ConfigError


class Signer:
    """Signs heads.  ``public`` is what checks them: 64 hexadecimal digits, to be kept where nobody of the gateway reaches."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        raw = serialization.Encoding.Raw, serialization.PublicFormat.Raw
        self.public = key.public_key().public_bytes(*raw).hex()

    def sign(self, n: int, hash_: str, *, at: datetime) -> Head:
        """The head as it is written down."""
        signature = base64.b64encode(self._key.sign(signed_bytes(n, at, hash_))).decode()
        return Head(n=n, at=at, hash=hash_, key=fingerprint(self.public), signature=signature)


def signer_of(file: Path) -> Signer:
    """The signer whose key is in a file; made at the first time, readable by the owner alone.  ConfigError."""
    with contextlib.suppress(FileNotFoundError):
        return _read(file)
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f"{file.name}.{secrets.token_hex(8)}.new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(pem)
        stream.flush()
        os.fsync(stream.fileno())
    try:
        with contextlib.suppress(FileExistsError):  # another process of the same gateway was first
            os.link(new, file)
    finally:
        new.unlink()
    return _read(file)


def _read(file: Path) -> Signer:
    try:
        key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise ConfigError(f"{file}: expected a private key in PEM (Ed25519)") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(f"{file}: expected an Ed25519 key")
    return Signer(key)


def fingerprint(public: str) -> str:
    """How a key is called: the first 16 digits of the SHA-256 of its 32 bytes."""
    return hashlib.sha256(bytes.fromhex(public)).hexdigest()[:16]


def is_genuine(head: Head, public: str) -> bool:
    """Whether this key (64 hexadecimal digits) signed the head."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        key.verify(base64.b64decode(head.signature, validate=True), signed_bytes(head.n, head.at, head.hash))
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return head.key == fingerprint(public)
