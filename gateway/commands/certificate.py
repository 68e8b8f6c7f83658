"""What `vanthu check-config` says about the certificate of the SMTP door."""

from __future__ import annotations

import socket
from datetime import datetime

from gateway.config import Config
from gateway.directory.check import Finding, Level
from gateway.errors import ConfigError
from gateway.smtp.certificates import Certificates, findings


def check_certificate(settings: Config, file: str, now: datetime) -> tuple[Finding, ...]:
    """Whether it can be used, how long it still lasts, and whether it is ours; ``file`` is the name of the configuration."""
    try:
        leaf = Certificates(settings.smtp.certificate, base=settings.path(".")).leaf
    except ConfigError as error:
        return (Finding(level=Level.ERROR, file=file, key="[smtp.certificate]", text=str(error)),)
    hostname, days = settings.smtp.hostname or socket.gethostname(), settings.smtp.certificate.alarm_days
    return tuple(
        Finding(level=Level.ERROR if is_error else Level.WARNING, file=file, key="[smtp.certificate]", text=text)
        for is_error, text in findings(leaf, hostname=hostname, alarm_days=days, now=now)
    )
