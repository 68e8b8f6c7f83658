"""[alarms]: who hears that something is wrong, and from when it is."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from gateway.errors import ConfigError
from gateway.model import Value

_Percent = Annotated[int, msgspec.Meta(ge=0, le=90)]
_Address = Annotated[str, msgspec.Meta(pattern=r"^[^@\s<>]+@[^@\s<>]+$", max_length=254)]


class Alarms(Value, forbid_unknown_fields=True):
    """The console shows all of them; mail and webhook are sent when they are set up."""

    mail: tuple[_Address, ...] = ()  # who gets those of the officer; those of a unit go to its clerks as well
    webhook: str = ""  # "https://…": gets each alarm once as JSON
    secret: str = ""  # signs it: "file:PATH", "env:NAME" or "keyring:SERVICE"
    disk_free_percent: _Percent = 10
    certificate_days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 21


def check_alarms(settings: Alarms) -> None:
    """Raises ConfigError for a webhook that nobody could check or reach."""
    if settings.webhook and not re.match(r"https?://[^/\s]+", settings.webhook):
        raise ConfigError(f'[alarms] webhook: expected an address like "https://may.example/vanthu", got {settings.webhook!r}')
    if settings.webhook and not settings.secret:
        raise ConfigError('[alarms] secret: expected where the secret of the webhook is, as "file:PATH"')
