"""[relay] and [[relay.route]]: where mail goes on to."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated

import msgspec

from gateway.errors import ConfigError
from gateway.model import Value
from gateway.settings.addresses import host_and_port
from gateway.settings.kinds import Count, Domain, Seconds
from gateway.settings.security import Security, wrong_with

UNIX = "unix:"
_PATTERN = re.compile(r"\*|(\*\.)?[^\s@*.]+(\.[^\s@*.]+)*")


class Route(Value, forbid_unknown_fields=True):
    """[[relay.route]]: where mail to some domains goes instead of ``next_hop``.  One of hosts, lmtp and mx."""

    domains: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]  # "sgd.edu.vn"; "*.edu.vn": all below; "*": all others
    hosts: tuple[str, ...] = ()  # mail servers, "host:port": the first that is there
    lmtp: tuple[str, ...] = ()  # mailbox servers by LMTP, "host:port" or "unix:/path": the first that is there
    mx: bool = False  # the mail servers that the DNS names for the recipient's domain
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 25  # of those that the DNS names
    connections: Annotated[int, msgspec.Meta(ge=0)] = 0  # to one destination at one time; 0: as [relay] connections
    security: Security = Security()

    @property
    def name(self) -> str:
        """How it is called in errors, metrics and the console."""
        return ", ".join(self.domains)


class Relay(Value, forbid_unknown_fields=True):
    """[relay]: the next mail server, and the routes of the domains that go elsewhere."""

    next_hop: str = "127.0.0.1:2526"
    connections: Count = 8
    connect_timeout_s: Seconds = 30.0
    reply_timeout_s: Seconds = 300.0
    idle_close_s: Seconds = 20.0  # an unused connection is closed before the other side does it
    bounce_domain: Domain = ""  # of ours, its mail reaches this gateway: mail sent on for others comes from there (SRS)
    security: Security = Security()
    route: tuple[Route, ...] = ()


def check_relay(relay: Relay) -> None:
    """ConfigError that names the table and the key, when mail could not be sent like this."""
    _check_security("[relay.security]", relay.security, host_and_port(relay.next_hop, where="[relay] next_hop")[0])
    seen: dict[str, str] = {}
    for route in relay.route:
        where = f"[[relay.route]] {route.name}"
        _check_ways(where, route)
        for domain in route.domains:
            if not _PATTERN.fullmatch(domain):
                raise ConfigError(f'{where}: domains: expected "example.vn", "*.example.vn" or "*", got {domain!r}')
            if seen.setdefault(domain.lower(), where) is not where:
                raise ConfigError(f"{where}: domains: {domain!r} stands in two routes")


def _check_ways(where: str, route: Route) -> None:
    ways = [name for name in ("hosts", "lmtp", "mx") if getattr(route, name)]
    if len(ways) != 1:
        got = " and ".join(ways) or "none"
        raise ConfigError(f'{where}: expected one of hosts = ["host:port"], lmtp = ["host:port"] and mx = true, got {got}')
    hosts = [host_and_port(host, where=f"{where}: {ways[0]}")[0] for host in _addresses((*route.hosts, *route.lmtp))]
    for host in hosts or [""]:
        _check_security(f"{where}: [relay.route.security]", route.security, host)


def _check_security(where: str, security: Security, host: str) -> None:
    if wrong := wrong_with(security, host):
        raise ConfigError(f"{where} {wrong}")


def _addresses(hosts: Iterable[str]) -> Iterable[str]:
    return (host for host in hosts if not host.startswith(f"{UNIX}/"))
