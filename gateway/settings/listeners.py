"""[[smtp.listener]]: further ways in, each with its kind and its trust, beside [smtp] listen, which is the first of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import msgspec

from gateway.errors import ConfigError
from gateway.model import Value
from gateway.settings.addresses import check_networks, host_and_port
from gateway.settings.certificate import Tls
from gateway.settings.sign_in import SignIn

FIRST = "smtp"  # the name of [smtp] listen
_BEFORE_THE_QUEUE_S = 15.0  # a Postfix that asks gives up after 100 s (smtpd_proxy_timeout), its own client after minutes
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
    forwarders: tuple[str, ...] = ()  # whose word about the client is believed (XFORWARD, XCLIENT); () is as the kind says
    vouches: bool = False  # forwarders let nobody write as somebody else: our own senders count as proved
    only_our_senders: bool = False  # trusted_networks relay for senders of our own domains alone: others send from there too
    trusted_results: tuple[str, ...] = ()  # whose Authentication-Results are believed in what forwarders bring
    balancers: tuple[str, ...] = ()  # that begin each connection with a PROXY header
    speed_adjust: bool = False  # proxy: that Postfix has answered RCPT before we see it
    answer_within_s: Annotated[float, msgspec.Meta(ge=0, le=600)] = 0.0  # 0 is as the kind says

    tls: Tls = Tls.OFF
    auth: SignIn = SignIn.OFF

    @property
    def believed(self) -> tuple[str, ...]:
        """Whose word about the client is believed: a mail server in front is trusted to say whose mail it brings."""
        is_in_front = self.kind in (Kind.PROXY, Kind.LMTP) and not self.only_our_senders
        return self.forwarders or (self.trusted_networks if is_in_front else ())

    @property
    def patience_s(self) -> float:
        """How long whoever brings a mail waits for the answer; 0 is as long as it takes."""
        return self.answer_within_s or (_BEFORE_THE_QUEUE_S if self.kind is Kind.PROXY else 0.0)

    @property
    def where(self) -> str:
        """The table, for errors."""
        return "[smtp]" if self.name == FIRST else f"[[smtp.listener]] {self.name}"


def check_listeners(listeners: Sequence[Listener], *, file: str, first: str = "") -> None:
    """Raises ConfigError that names the listener and its setting; ``first`` is where [smtp] listens."""
    names = [FIRST, *[listener.name for listener in listeners]]
    taken = {first}
    for listener in listeners:
        where = f"{file}: [[smtp.listener]] {listener.name}"
        if not _NAME.fullmatch(listener.name):
            raise ConfigError(f"{where}: name: expected a letter, then small letters, digits and hyphens")
        if names.count(listener.name) > 1:
            raise ConfigError(f"{where}: name: stands there twice ({FIRST!r} is [smtp] listen)")
        if listener.listen:
            _, port = host_and_port(listener.listen, where=f"{where}: listen")
            if port and listener.listen in taken:
                raise ConfigError(f"{where}: listen: another listener has {listener.listen} already")
            taken.add(listener.listen)
        for key in ("trusted_networks", "forwarders", "balancers"):
            check_networks(getattr(listener, key), where=f"{where}: {key}")
        if listener.speed_adjust and listener.kind is not Kind.PROXY:
            raise ConfigError(f'{where}: speed_adjust: expected only with kind = "proxy"')
