"""[audit]: the hash chain over all that happened, and where its head is written down."""

from __future__ import annotations

from typing import Annotated

import msgspec

from gateway.model import Value

_Seconds = Annotated[float, msgspec.Meta(ge=0.1, le=3600)]


class Audit(Value, forbid_unknown_fields=True):
    """Every line of a story is sealed into the chain soon after its commit; mails and verdicts an hour after they came."""

    seal_every_s: _Seconds = 1.0
    head_every_s: _Seconds = 60.0  # the head is signed and written to head_file so often, when it moved
    head_file: str = "data/audit-heads.log"  # better on another machine or a disk that only appends; "" writes none
    key_file: str = "data/audit.key"  # Ed25519, signs the heads; made at the first start
    look_hour: Annotated[int, msgspec.Meta(ge=-1, le=23)] = 3  # in Vietnam: the whole chain is looked at; -1 never
    look_cpu_percent: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20  # of one core, while it looks
