"""[[smtp.listener]]: further ways in, each with its kind and its trust, beside [smtp] listen, which is the first of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from gateway.errors import ConfigError
from gateway.model import Value
from gateway.settings.addresses import check_networks, host_and_port

FIRST = "smtp"  # the name of [smtp] listen
_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")


class Kind(StrEnum):
    """What stands in front of a listener."""

    EDGE = "edge"  # the world: MX in front of a mail server
    PROXY = "proxy"  # a Postfix that asks before it takes a mail (smtpd_proxy_filter)
    LMTP = "lmtp"  # a mail server that has taken the mail already (content_filter): nothing can be refused there
    SUBMISSION = "submission"  # people's mail programs


class Listener(Value, forbid_unknown_fields=True):
    """One [[smtp.listener]]."""

    name: str  # how ready lines, log, /health and metrics call it
    listen: str = ""  # "" listens nowhere
    kind: Kind = Kind.EDGE
    trusted_networks: tuple[str, ...] = ("127.0.0.0/8",)

    @property
    def where(self) -> str:
        """The table, for errors."""
        return "[smtp]" if self.name == FIRST else f"[[smtp.listener]] {self.name}"


def check_listeners(listeners: Sequence[Listener], *, file: str) -> None:
    """Raises ConfigError that names the listener and its setting."""
    names = [FIRST, *[listener.name for listener in listeners]]
    for listener in listeners:
        where = f"{file}: [[smtp.listener]] {listener.name}"
        if not _NAME.fullmatch(listener.name):
            raise ConfigError(f"{where}: name: expected a letter, then small letters, digits and hyphens")
        if names.count(listener.name) > 1:
            raise ConfigError(f"{where}: name: stands there twice ({FIRST!r} is [smtp] listen)")
        if listener.listen:
            host_and_port(listener.listen, where=f"{where}: listen")
        check_networks(listener.trusted_networks, where=f"{where}: trusted_networks")
