"""Hosts that take mail: as settings name them, and as the DNS names them for a domain (RFC 5321 section 5.1, RFC 7505)."""

from __future__ import annotations

import asyncio
import ipaddress
import random
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from gateway.errors import PermanentFailure, TemporaryFailure
from gateway.settings.addresses import host_and_port
from gateway.settings.relay import UNIX
from gateway.smtp.names import use_servers

if TYPE_CHECKING:  # dnspython is loaded with the first question: who sends all to one host has none
    import dns.asyncresolver

_MOST_ADDRESSES = 12  # of one domain: who names more hosts has enough of them


class Host(NamedTuple):
    """Where to connect to: an address or name and a port, or the path of a Unix socket (port 0)."""

    address: str
    port: int
    name: str = ""  # as the DNS calls it, for certificates and for people

    @property
    def hostname(self) -> str:
        """Whose certificate it should have; a socket is on this machine."""
        return (self.name or self.address) if self.port else "localhost"

    def __str__(self) -> str:
        where = f"{self.address}:{self.port}" if self.port else self.address
        return f"{self.name} ({where})" if self.name else where


def hosts_of(settings: Iterable[str]) -> tuple[Host, ...]:
    """The hosts of "host:port" and "unix:/path", in their order.  ConfigError for anything else."""
    return tuple(
        Host(each.removeprefix(UNIX), 0) if each.startswith(UNIX) else Host(*host_and_port(each, where="[relay] host"))
        for each in settings
    )


class Exchanges:
    """The mail servers of domains, as the DNS says, kept as long as it says.

    ``servers`` are the name servers to ask, else those of the machine; ``hostname`` is our own name: a domain that leads back
    to us is a loop, and so is every server that is no better than ourselves.
    """

    def __init__(self, servers: Sequence[str] = (), *, hostname: str = "", timeout_s: float = 15.0) -> None:
        self._servers = servers
        self._hostname = hostname.lower()
        self._timeout_s = timeout_s
        self._resolver: dns.asyncresolver.Resolver | None = None

    async def hosts(self, domain: str, port: int) -> tuple[Host, ...]:
        """Where mail to a domain goes, best first.  TemporaryFailure when nobody could say, PermanentFailure when nowhere."""
        if domain.startswith("["):
            return (_literal(domain, port),)
        named = await self._names(domain)
        found = await asyncio.gather(*(self._addresses(name, port) for name in named), return_exceptions=True)
        hosts = tuple(host for each in found if not isinstance(each, BaseException) for host in each)[:_MOST_ADDRESSES]
        if hosts:
            return hosts
        failure = next((each for each in found if isinstance(each, BaseException)), None)
        raise failure or PermanentFailure(f"5.1.2 no mail server for {domain}: the DNS knows no address of it")

    async def _names(self, domain: str) -> list[str]:
        """The names of its mail servers: those of its MX records, else itself."""
        records = await self._records(domain, "MX")
        if not records:
            return [domain]  # RFC 5321 section 5.1: the implicit MX
        exchanges = [(int(r.preference), str(r.exchange).rstrip(".").lower()) for r in records]
        if all(not name for _, name in exchanges):
            raise PermanentFailure(f"5.1.10 {domain} takes no mail (null MX)")  # RFC 7505 section 4.2
        random.shuffle(exchanges)  # equal ones share the load
        ours = min((preference for preference, name in exchanges if name == self._hostname), default=None)
        better = sorted((e for e in exchanges if e[1] and (ours is None or e[0] < ours)), key=lambda e: e[0])
        if not better:
            raise PermanentFailure(f"5.4.6 mail to {domain} would come back to ourselves")
        return [name for _, name in better]

    async def _addresses(self, name: str, port: int) -> list[Host]:
        kinds = (self._records(name, kind) for kind in ("A", "AAAA"))
        answers = await asyncio.gather(*kinds, return_exceptions=True)
        addresses = [str(r.address) for each in answers if not isinstance(each, BaseException) for r in each]
        found = [Host(address, port, name) for address in addresses if not is_here(address)]
        failure = next((each for each in answers if isinstance(each, BaseException)), None)
        if not found and failure is not None:
            raise failure
        return found

    async def _records(self, name: str, kind: str) -> Sequence[Any]:
        import dns.asyncresolver
        import dns.exception
        import dns.resolver

        if self._resolver is None:
            self._resolver = use_servers(dns.asyncresolver.Resolver(configure=not self._servers), self._servers)
        try:
            answer = await self._resolver.resolve(name, kind, lifetime=self._timeout_s, raise_on_no_answer=False, search=False)
        except dns.resolver.NXDOMAIN:
            return ()
        except (dns.exception.Timeout, dns.resolver.NoNameservers, dns.resolver.NoResolverConfiguration, OSError) as error:
            raise TemporaryFailure(f"4.4.3 no answer from the DNS about {name} {kind}") from error
        except (dns.exception.DNSException, UnicodeError) as error:  # no name at all: too long, empty labels
            raise PermanentFailure(f"5.1.2 {name} is no domain name") from error
        return tuple(answer.rrset or ())


def is_here(address: str) -> bool:
    """Whether an address leads to this machine or nowhere: whoever names it in the DNS would have us talk to ourselves."""
    ip = ipaddress.ip_address(address)
    return ip.is_loopback or ip.is_unspecified or ip.is_multicast


def _literal(domain: str, port: int) -> Host:
    """``[192.0.2.1]`` and ``[IPv6:2001:db8::1]`` (RFC 5321 section 4.1.3)."""
    text = domain.strip("[]").removeprefix("ipv6:")
    try:
        host = Host(str(ipaddress.ip_address(text)), port)
    except ValueError:
        raise PermanentFailure(f"5.1.3 {domain} is no address") from None
    if is_here(host.address):
        raise PermanentFailure(f"5.4.6 mail to {domain} would come back to ourselves")
    return host
