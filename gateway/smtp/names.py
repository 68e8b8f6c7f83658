"""Names in the DNS, cached and bounded: a DNS that is slow or down costs a proof, never a mail.

Look-ups block, so they are made in threads.  When one after the other runs out of time, and nobody knows the root either, the
DNS counts as down for a while and nobody waits for it any more.  A stranger whose own name servers are silent takes nothing
from others.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from gateway.errors import TemporaryFailure

if TYPE_CHECKING:  # dnspython is loaded with the first question: the door opens sooner without it
    import dns.resolver

logger = logging.getLogger(__name__)

_MOST_KEPT = 10_000  # answers, also those that say "no such name", each for as long as its zone says
_DOWN_AFTER = 3  # look-ups in a row that nobody answered
_DOWN_FOR_S = 60.0
_R = TypeVar("_R", bound="dns.resolver.BaseResolver")


class Names:
    """Asks the name servers of the machine, or those that are named (address, or "address:port")."""

    def __init__(
        self, servers: Sequence[str] = (), *, timeout_s: float = 3.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._resolver: dns.resolver.Resolver | None = None
        self._servers = tuple(servers)
        self._timeout_s = timeout_s
        self._clock = clock
        self._lock = threading.Lock()
        self._unanswered = 0
        self._down_until = 0.0

    @property
    def is_down(self) -> bool:
        """Whether nobody answers just now; look-ups fail at once."""
        return self._clock() < self._down_until

    def texts(self, name: str) -> tuple[bytes, ...]:
        """The TXT records of a name, each put together from its pieces; () when there are none.  Raises TemporaryFailure."""
        return tuple(b"".join(record.strings) for record in self.records(name, "TXT"))

    def records(self, name: str, kind: str) -> Sequence[Any]:
        """dnspython's records of a name; () when there are none.  Raises TemporaryFailure when nobody could say."""
        import dns.exception
        import dns.resolver

        if self.is_down:
            raise TemporaryFailure("the DNS does not answer")
        try:
            answer = self._asked().resolve(name, kind, lifetime=self._timeout_s, raise_on_no_answer=False, search=False)
        except dns.resolver.NXDOMAIN:
            self._heard()
            return ()
        except (dns.exception.Timeout, dns.resolver.NoNameservers, dns.resolver.NoResolverConfiguration, OSError) as error:
            self._heard_nothing()
            raise TemporaryFailure(f"no answer from the DNS about {name} {kind}") from error
        except dns.exception.DNSException:  # no name at all: too long, empty labels, letters that no name has
            return ()
        self._heard()
        return tuple(answer.rrset or ())

    def _asked(self) -> dns.resolver.Resolver:
        import dns.resolver

        with self._lock:
            if self._resolver is None:
                self._resolver = use_servers(dns.resolver.Resolver(configure=not self._servers), self._servers)
            return self._resolver

    def _heard(self) -> None:
        self._unanswered = 0

    def _heard_nothing(self) -> None:
        self._unanswered += 1
        if self._unanswered >= _DOWN_AFTER:
            self._unanswered = 0
            if self._knows_the_root():
                return
            self._down_until = self._clock() + _DOWN_FOR_S
            logger.warning("the DNS does not answer: for %.0f s no sender is proved by SPF or DKIM", _DOWN_FOR_S)

    def _knows_the_root(self) -> bool:
        """Whether our own name servers are well: then it was those of somebody else that did not answer."""
        import dns.exception
        import dns.resolver

        try:
            self._asked().resolve(".", "NS", lifetime=self._timeout_s, raise_on_no_answer=False, search=False)
        except dns.resolver.NXDOMAIN:
            return True
        except (dns.exception.DNSException, OSError):
            return False
        return True


class Hurried:
    """The same names for one mail, until its time is over: a stranger's slow name servers hold nobody's thread for longer."""

    def __init__(self, names: Names, for_s: float) -> None:
        self._names = names
        self._until = time.monotonic() + for_s

    def texts(self, name: str) -> tuple[bytes, ...]:
        """As Names; raises TemporaryFailure when the time is over, too."""
        return tuple(b"".join(record.strings) for record in self.records(name, "TXT"))

    def records(self, name: str, kind: str) -> Sequence[Any]:
        """As Names; raises TemporaryFailure when the time is over, too."""
        if time.monotonic() >= self._until:
            raise TemporaryFailure("this mail had made us ask for too long")
        return self._names.records(name, kind)


def use_servers(resolver: _R, servers: Sequence[str]) -> _R:
    """Have a resolver remember answers and, where servers are named ("address" or "address:port"), ask those."""
    import dns.nameserver
    import dns.resolver

    resolver.cache = dns.resolver.LRUCache(_MOST_KEPT)
    if servers:
        addresses = [server.rpartition(":")[::2] if server.count(":") == 1 else (server, "53") for server in servers]
        resolver.nameservers = [dns.nameserver.Do53Nameserver(host, int(port)) for host, port in addresses]
    return resolver
