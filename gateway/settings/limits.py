"""[smtp.limits]: what a client from outside the trusted networks may take up; 0 is no limit."""

from __future__ import annotations

from typing import Annotated

import msgspec

from gateway.model import Value

_Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]
_Seconds = Annotated[float, msgspec.Meta(ge=0, le=24 * 3600)]


class Limits(Value, forbid_unknown_fields=True):
    """A source is a network of addresses that one household or office has: /24 of IPv4, /64 of IPv6."""

    sessions_per_source: _Count = 50  # at one time
    connections_per_minute: _Count = 300  # from one source
    mails_per_minute: _Count = 300  # begun, from one source
    errors: _Count = 10  # in a session, without a mail taken in between
    commands: _Count = 100  # that bring no mail nearer (NOOP, RSET, VRFY, HELP, EHLO), without a mail taken in between
    quiet_s: _Seconds = 900.0  # how long a session may last without bringing a mail
    slowest_rate: _Count = 1024  # bytes a second of a mail, on average, after the first data_timeout_s; holds for all
    greet_pause_s: _Seconds = 0.0  # before the greeting; who talks meanwhile is refused
    max_lag_ms: _Count = 2000  # of the event loop: above it new connections come later, until it is below half of this
