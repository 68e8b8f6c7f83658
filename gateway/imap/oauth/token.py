"""A token as it is kept: in a file that only we can read, replaced as a whole, changed by one process at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from gateway.errors import MailboxUnreachable, SignInRefused
from gateway.model import Value

_EARLY = timedelta(minutes=2)  # a token is renewed so long before it ends: the sign-in takes its time
_LOCK_WAIT_S = 60.0  # another process renews it at this moment
_AN_HOUR = 3600


class Token(Value):
    """What a provider gave out.  Its words never show themselves: not in a log, not in an error."""

    access: str
    expires_at: datetime  # of ``access``
    refresh: str  # the right to get a new one
    signed_in_at: datetime  # by a person
    refreshed_at: datetime
    dies_at: datetime | None = None  # when ``refresh`` ends, if the provider says so
    scope: str = ""

    def is_fresh(self, now: datetime) -> bool:
        """Whether it can still be shown to a mail server."""
        return bool(self.access) and now + _EARLY < self.expires_at

    def __repr__(self) -> str:
        return f"Token(signed_in_at={self.signed_in_at:%Y-%m-%d}, refreshed_at={self.refreshed_at:%Y-%m-%d})"


def token_of(answer: Mapping[str, Any], *, now: datetime, before: Token | None = None) -> Token:
    """The token in a provider's answer (RFC 6749 section 5.1); what it does not say again stays as it was before.

    SignInRefused when there is no way to renew it: it would end within the hour.
    """
    refresh = str(answer.get("refresh_token") or (before.refresh if before is not None else ""))
    access = str(answer.get("access_token") or "")
    if not access or not refresh:
        raise SignInRefused(
            "the provider gave no token that can be renewed: allow offline access for this application, and sign in again"
        )
    ends = _seconds(answer.get("refresh_token_expires_in"))
    return Token(
        access=access,
        expires_at=now + timedelta(seconds=_seconds(answer.get("expires_in")) or _AN_HOUR),
        refresh=refresh,
        signed_in_at=before.signed_in_at if before is not None else now,
        refreshed_at=now,
        dies_at=now + timedelta(seconds=ends) if ends else None,
        scope=str(answer.get("scope") or ""),
    )


def _seconds(value: object) -> int:
    try:
        return max(int(str(value)), 0)
    except ValueError:
        return 0


class TokenFile:
    """Where the token of one mailbox lies."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Token | None:
        """The token; None before the first sign-in.  SignInRefused when the file is damaged."""
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise SignInRefused(f"the token file {self._path} cannot be read: {error.strerror}") from error
        try:
            return msgspec.json.decode(raw, type=Token)
        except msgspec.MsgspecError:
            # Not "from" the error: it may quote what stands in the file.
            raise SignInRefused(f"the token file {self._path} is damaged: sign in again") from None

    def write(self, token: Token) -> None:
        """Replace the token, durably: after a crash there is the old one or the new one.  MailboxUnreachable when it cannot."""
        aside = self._path.with_name(f"{self._path.name}.{os.getpid()}.new")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(descriptor, 0o600)
                file.write(msgspec.json.encode(token))
                file.flush()
                os.fsync(descriptor)
            os.replace(aside, self._path)
            _sync_folder(self._path.parent)
        except OSError as error:
            with contextlib.suppress(OSError):
                aside.unlink(missing_ok=True)
            raise MailboxUnreachable(f"the token file {self._path} cannot be written: {error.strerror}") from error

    def forget(self) -> None:
        """Take it away."""
        self._path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """While this lasts no other process changes the token.  MailboxUnreachable when one takes too long."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self._path.with_name(f"{self._path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise MailboxUnreachable(f"the token file {self._path} cannot be locked: {error.strerror}") from error
        try:
            _wait_for(lock, self._path)
            yield
        finally:
            os.close(lock)


def _wait_for(lock: int, path: Path) -> None:
    deadline = time.monotonic() + _LOCK_WAIT_S
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise MailboxUnreachable(f"another process has been changing {path} for a minute") from None
            time.sleep(0.05)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def utc_now() -> datetime:
    """The time, aware."""
    return datetime.now(UTC)
