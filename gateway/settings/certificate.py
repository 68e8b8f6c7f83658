"""[smtp.certificate]: by what the SMTP door is recognised, and how listeners use it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from gateway.model import Value


class Tls(StrEnum):
    """How a listener encrypts."""

    OFF = "off"
    OFFER = "offer"  # STARTTLS, for clients that can
    REQUIRE = "require"  # no mail before STARTTLS
    IMPLICIT = "implicit"  # from the first byte (port 465)


class Certificate(Value, forbid_unknown_fields=True):
    """The certificate of the door, for all its listeners."""

    file: str = ""  # PEM: ours first, then those above it
    key: str = ""  # PEM, without a password; "" where it is in the same file
    client_ca: str = ""  # PEM of authorities whose clients may show a certificate; "" asks for none
    handshake_s: Annotated[float, msgspec.Meta(gt=0, le=600)] = 20.0
    alarm_days: Annotated[int, msgspec.Meta(ge=0, le=3650)] = 14  # so long before its end it is an alarm
