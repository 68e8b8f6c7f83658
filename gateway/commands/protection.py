"""What `vanthu check-config` says about certificates, passwords and accounts: what would only be found out when mail waits."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from gateway.config import Config
from gateway.directory.check import Finding, Level
from gateway.errors import ConfigError, DeliveryError
from gateway.settings.security import Encryption, Security
from gateway.settings.sign_in import Judge, SignIn
from gateway.smtp.accounts import Accounts
from gateway.smtp.certificates import Certificates, findings
from gateway.smtp.securing import Securing

_DOOR, _AUTH = "[smtp.certificate]", "[smtp.auth]"


def check_protection(settings: Config, file: str, now: datetime) -> tuple[Finding, ...]:
    """All of it; ``file`` is the name of the configuration."""
    found = (*_door(settings, now), *_accounts(settings), *_ways_on(settings))
    return tuple(Finding(level=level, file=file, key=key, text=text) for level, key, text in found)


_Found = Iterator[tuple[Level, str, str]]


def _door(settings: Config, now: datetime) -> _Found:
    """Whether the certificate can be used, how long it still lasts, and whether it is ours."""
    certificate = settings.smtp.certificate
    if not certificate.file:
        return
    try:
        leaf = Certificates(certificate, base=settings.path(".")).leaf
    except ConfigError as error:
        yield Level.ERROR, _DOOR, str(error)
        return
    hostname = settings.smtp.hostname or socket.gethostname()
    for is_error, text in findings(leaf, hostname=hostname, alarm_days=certificate.alarm_days, now=now):
        yield Level.ERROR if is_error else Level.WARNING, _DOOR, text


def _accounts(settings: Config) -> _Found:
    """Whether anybody can sign in where one must."""
    auth = settings.smtp.auth
    if not any(listener.auth is not SignIn.OFF for listener in settings.smtp.listeners):
        return
    if auth.check is not Judge.ACCOUNTS:
        yield from _usable(_AUTH, auth.security, settings.path("."))
        return
    try:
        if not Accounts(settings.path(auth.accounts)).names():
            yield Level.WARNING, _AUTH, f"{auth.accounts}: chưa có tài khoản nào; thêm bằng `vanthu account set`"
    except ConfigError as error:
        yield Level.ERROR, _AUTH, str(error)


def _ways_on(settings: Config) -> _Found:
    """Whether files and secrets of the way on are there."""
    relay = settings.relay
    ways = [("[relay.security]", relay.security), *((f"[[relay.route]] {r.name}", r.security) for r in relay.route)]
    for where, security in ways:
        yield from _usable(where, security, settings.path("."))


def _usable(where: str, security: Security, base: Path) -> _Found:
    securing = Securing(security, "localhost", base=base)
    try:
        if security.tls is not Encryption.OFF:
            securing.context()
        if security.user:
            securing.password()
    except DeliveryError as error:
        yield Level.ERROR, where, str(error)
