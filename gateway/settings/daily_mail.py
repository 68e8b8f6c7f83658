"""[daily_mail]: the letter that head clerks get each working morning; who gets it, and when."""

from __future__ import annotations

from typing import Annotated

import msgspec

from gateway.errors import ConfigError
from gateway.model import Value


class Reader(Value, forbid_unknown_fields=True):
    """[[daily_mail.reader]]: one person."""

    address: Annotated[str, msgspec.Meta(pattern=r"^[^@\s<>]+@[^@\s<>]+$", max_length=254)]
    units: tuple[str, ...] = ()  # codes of organisations; none: all


class DailyMail(Value, forbid_unknown_fields=True):
    """Without a reader nothing is sent."""

    hour: Annotated[int, msgspec.Meta(ge=0, le=23)] = 7  # in Vietnam; a gateway that was down then sends it when it is back
    reader: tuple[Reader, ...] = ()


def check_daily_mail(settings: DailyMail) -> None:
    """Raises ConfigError when somebody stands there twice: he would get one letter, of one of them."""
    addresses = [reader.address.lower() for reader in settings.reader]
    twice = next((address for address in addresses if addresses.count(address) > 1), "")
    if twice:
        raise ConfigError(f"[[daily_mail.reader]] address: {twice} stands there twice; give it all its units in one table")
