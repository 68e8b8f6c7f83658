"""A file of those who may sign in at the SMTP door: one line for each, address, blank, hash of the password.

The file is read again when it changes.  It is written whole or not at all, and only its owner can read it.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path

from gateway import passwords
from gateway.errors import ConfigError

_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")


class Accounts:
    """The accounts in a file; one that is missing has none."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._stamp: tuple[int, int] | None = None
        self._hashes: Mapping[str, str] = {}

    def names(self) -> tuple[str, ...]:
        """The addresses, sorted.  Raises ConfigError."""
        return tuple(sorted(self._read()))

    def is_right(self, address: str, password: str) -> bool:
        """Whether this is the password of that address.  Slow on purpose: not for the loop.  Raises ConfigError."""
        return passwords.is_right(self._read().get(address.lower(), ""), password)

    def put(self, address: str, password: str) -> None:
        """Add an account, or give it another password.  Raises ConfigError."""
        address = address.lower()
        if not _ADDRESS.fullmatch(address):
            raise ConfigError(f"an account is an address like gv.lan@sgd.example, got {address!r}")
        self._write({**self._read(), address: passwords.kept(password)})

    def remove(self, address: str) -> None:
        """Take an account away.  Raises ConfigError when there is none."""
        left = dict(self._read())
        if left.pop(address.lower(), None) is None:
            raise ConfigError(f"{self._file}: there is no account {address}")
        self._write(left)

    def _read(self) -> Mapping[str, str]:
        try:
            found = self._file.stat()
            stamp = found.st_mtime_ns, found.st_ino
            if stamp != self._stamp:
                self._hashes, self._stamp = _hashes_in(self._file), stamp
        except FileNotFoundError:
            self._hashes, self._stamp = {}, None
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{self._file}: cannot be read: {error}") from error
        return self._hashes

    def _write(self, hashes: Mapping[str, str]) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        new = self._file.with_name(f"{self._file.name}.{secrets.token_hex(8)}.new")
        try:
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
                stream.writelines(f"{address} {hashed}\n" for address, hashed in sorted(hashes.items()))
                stream.flush()
                os.fsync(stream.fileno())
            with contextlib.suppress(FileNotFoundError):
                old = self._file.stat()
                os.chmod(new, old.st_mode & 0o770)  # whoever the gateway runs as goes on reading it
                if os.geteuid() == 0:
                    os.chown(new, old.st_uid, old.st_gid)
            os.replace(new, self._file)
        finally:
            new.unlink(missing_ok=True)


def _hashes_in(file: Path) -> dict[str, str]:
    if file.stat().st_mode & 0o007:
        raise ConfigError(f"{file} can be read by anybody: chmod 600 {file}")
    hashes = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        address, _, hashed = line.strip().partition(" ")
        if not _ADDRESS.fullmatch(address) or not hashed:
            raise ConfigError(f'{file}, line {number}: expected "address hash", as `vanthu account set` writes it')
        hashes[address.lower()] = hashed
    return hashes
