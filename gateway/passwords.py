"""Passwords of the console, codes of a second factor and codes for when it is lost: making, keeping and checking them."""

from __future__ import annotations

import base64
import hashlib
import secrets
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from gateway.phrases import Phrase, phrase

if TYPE_CHECKING:  # the libraries are loaded with the first password: mail does not wait for them
    from cryptography.hazmat.primitives.twofactor.totp import TOTP

SHORTEST, LONGEST = 10, 200  # characters; scrypt reads all of it: no megabytes
_FEWEST_LETTERS = 5  # different ones: "aaaaaaaaaa" and "1212121212" are no passwords
# What people who must have ten characters type first.
_FIRST_TRIED = frozenset(
    """
    1234567890 0123456789 9876543210 12345678910 123456789a matkhau123 matkhau1234 matkhau12345 password123 password1234
    qwertyuiop 1q2w3e4r5t vanthu1234 vanthu12345 giaoduc123 abcd123456 abc1234567 abcdefghij a123456789
    """.split()  # noqa: SIM905 - read as a text
)

STEP_S = 30
_DIGITS = 6
_STEPS_OFF = (0, -1, 1)  # clocks of telephones are a little wrong (RFC 6238 section 5.2)
RECOVERY_CODES = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another


@cache
def _nobodys() -> str:
    """A wrong name costs as much time as a wrong password: nobody learns from the clock which names exist."""
    return kept("nobody has this password")


def kept(password: str) -> str:
    """How a password is kept (scrypt)."""
    from werkzeug.security import generate_password_hash

    return generate_password_hash(password)


def is_right(password_hash: str, password: str) -> bool:
    """Whether it is the password; takes as long when there is none."""
    from werkzeug.security import check_password_hash

    right = check_password_hash(password_hash or _nobodys(), password[:LONGEST])
    return right and bool(password_hash)


def wrong_with(password: str, *, name: str) -> Phrase | None:
    """Why somebody called so must not have this password, in Vietnamese; None when he may."""
    if not SHORTEST <= len(password) <= LONGEST:
        return phrase("Mật khẩu mới cần từ %(shortest)s đến %(longest)s ký tự.", shortest=SHORTEST, longest=LONGEST)
    if password.casefold() == name.casefold():
        return phrase("Mật khẩu mới không được trùng với tên đăng nhập hoặc mật khẩu cũ.")
    if password.casefold() in _FIRST_TRIED or len(set(password)) < _FEWEST_LETTERS:
        return phrase("Mật khẩu này quá dễ đoán. Một câu dài dễ nhớ tốt hơn một từ khó nhớ.")
    return None


def made_up() -> str:
    """A first password that can be read to somebody over the telephone; the first sign-in changes it."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))


# --- the second factor (RFC 6238) -----------------------------------------------------------------------------------------


def new_secret() -> str:
    """A secret for a telephone, in base32."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def address_of(secret: str, *, name: str, issuer: str) -> str:
    """What the square picture says to the telephone (otpauth://…)."""
    return _totp(secret).get_provisioning_uri(name, issuer)


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step whose code this is; None for a wrong one.  Each step may be used once: the store says whether it was."""
    typed = "".join(code.split())
    if len(typed) != _DIGITS or not typed.isdecimal() or not typed.isascii():
        return None
    current = int(now.timestamp()) // STEP_S
    for off in _STEPS_OFF:
        if secrets.compare_digest(_totp(secret).generate((current + off) * STEP_S), typed.encode()):
            return current + off
    return None


def new_recovery() -> tuple[str, ...]:
    """Codes for when the telephone is lost, each good for once."""
    return tuple("-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(2)) for _ in range(RECOVERY_CODES))


def recovery_digest(code: str) -> str:
    """How such a code is kept (40 random bits behind a throttle: a plain hash does)."""
    return hashlib.sha256("".join(c for c in code.lower() if c.isalnum()).encode()).hexdigest()


def _totp(secret: str) -> TOTP:
    from cryptography.hazmat.primitives.hashes import SHA1
    from cryptography.hazmat.primitives.twofactor.totp import TOTP

    return TOTP(base64.b32decode(secret), _DIGITS, SHA1(), STEP_S)  # noqa: S303 - what telephones know (RFC 6238)
