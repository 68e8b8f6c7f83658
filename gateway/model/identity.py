"""Identities of our own, and of bytes."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from datetime import UTC, datetime

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32
_TO_DIGITS = (_DIGITS * 8).encode()  # a random byte -> a random digit: 32 divides 256
_POOL = 1024  # identities


class _Identities:
    """Makes identities: one for every mail, and the libraries take 15 µs for one.

    Random digits come from a pool, because os.urandom gives the interpreter lock away; the digits of a millisecond are spelled
    once.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._digits = ""
        self._left = 0  # of them
        self._moment = (-1, "")

    def new(self) -> str:
        at = time.time_ns() // 1_000_000
        with self._lock:
            if not self._left:
                self._digits = os.urandom(16 * _POOL).translate(_TO_DIGITS).decode()
                self._left = 16 * _POOL
            self._left -= 16
            random = self._digits[self._left : self._left + 16]
            if self._moment[0] != at:
                self._moment = (at, _spelled(at, 10))
            return self._moment[1] + random


_identities = _Identities()


def new_id() -> str:
    """A new identity (ULID: 48 bits of milliseconds, 80 random bits): 26 characters, sorts by time, says nothing else."""
    return _identities.new()


def first_id_of(moment: datetime) -> str:
    """The smallest identity that new_id() can make from that moment on."""
    return _spelled(int(moment.timestamp() * 1000), 10) + "0" * 16


def moment_of(identity: str) -> datetime:
    """When an identity was made, to the millisecond."""
    value = 0
    for digit in identity[:10]:
        value = value << 5 | _DIGITS.index(digit)
    return datetime.fromtimestamp(value / 1000, UTC)


def lasting_id(moment: datetime | None, digest: str) -> str:
    """An identity of that form for bytes of the past: the same moment and digest (hexadecimal) give the same one."""
    at = 0 if moment is None else max(int(moment.timestamp() * 1000), 0)
    return _spelled(at << 80 | int(digest[:20], 16), 26)


def _spelled(value: int, digits: int) -> str:
    return "".join([_DIGITS[value >> shift & 31] for shift in range(5 * digits - 5, -1, -5)])


_SMALL = 16 * 1024
_PIECE = 2047  # from 2048 bytes on hashlib gives the interpreter lock away, and getting it back takes longer than the digest


def digest_of(raw: bytes) -> str:
    """The SHA-256 of bytes, in hexadecimal: the identity of mails and files."""
    if len(raw) > _SMALL:
        return hashlib.sha256(raw).hexdigest()
    digest = hashlib.sha256(raw[:_PIECE])
    for start in range(_PIECE, len(raw), _PIECE):
        digest.update(raw[start : start + _PIECE])
    return digest.hexdigest()
