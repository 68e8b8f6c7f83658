"""Passwords and keys: a setting says where one is, "file:PATH", "env:NAME" or "keyring:SERVICE"; never what it is."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from gateway.errors import ConfigError

_KINDS = "file:PATH, env:NAME or keyring:SERVICE"


def read_secret(secret: str, user: str, *, base: Path = Path()) -> str:
    """The secret that a setting points to; a relative path starts at ``base``.

    Raises ConfigError, which says what is missing, never the secret.
    """
    kind, _, place = secret.partition(":")
    if kind == "file":
        return _from_file(base / place)
    if kind == "env":
        value = os.environ.get(place, "")
        if not value:
            raise ConfigError(f"the environment has no {place}")
        return value
    if kind == "keyring":
        return _from_keyring(place, user)
    raise ConfigError(f"expected a secret as {_KINDS}")


def _from_file(path: Path) -> str:
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o007:
            raise ConfigError(f"{path} can be read by anybody: chmod 600 {path}")
        value = path.read_text(encoding="utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the secret {path} cannot be read: {error}") from error
    if not value:
        raise ConfigError(f"the secret {path} is empty")
    return value


def _from_keyring(service: str, user: str) -> str:
    try:
        import keyring
        import keyring.errors
    except ImportError as error:
        raise ConfigError("the package keyring is not installed: pip install 'vanthu[keyring]'") from error
    try:
        value = keyring.get_password(service, user)
    except keyring.errors.KeyringError as error:
        raise ConfigError(f"the keyring cannot be read: {error}") from error
    if not value:
        raise ConfigError(f"the keyring has no password of {user} under {service}")
    return str(value)
