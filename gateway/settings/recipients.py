"""[smtp.recipients]: which addresses of our domains a client from outside the trusted networks may write to."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from gateway.model import Value

_Seconds = Annotated[float, msgspec.Meta(gt=0, le=30 * 24 * 3600)]


class Check(StrEnum):
    """Who knows which addresses there are."""

    NEXT_HOP = "next-hop"  # the next mail server is asked
    DIRECTORY = "directory"  # those that the directory lists, and no others
    OFF = "off"  # the next mail server sees, when the mail is there


class WhenDown(StrEnum):
    """What becomes of a recipient when nobody can be asked."""

    ACCEPT = "accept"
    DEFER = "defer"  # 451: the client comes again


class Recipients(Value, forbid_unknown_fields=True):
    """What the directory lists (mailboxes, groups, retired addresses) is never asked for."""

    check: Check = Check.NEXT_HOP
    known_s: _Seconds = 4 * 3600.0  # how long a "yes" is remembered
    unknown_s: _Seconds = 600.0  # how long a "no" is
    remembered: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 10_000  # addresses
    patience_s: Annotated[float, msgspec.Meta(gt=0, le=60)] = 10.0  # for the answer
    when_down: WhenDown = WhenDown.DEFER
