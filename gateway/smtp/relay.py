"""The relay: a courier that brings mails to the next mail server, bytes as they came, over connections that stay open.

Neither smtplib nor aiosmtplib will do: both change bytes (bare CR and LF, dots after them).  So this is a client of our own on
asyncio protocols, driven by the replies as they come in: one future per mail, one write and one read per round trip.  While
others wait, the envelope of the next mail leaves together with the final dot of the one before, as RFC 2920 section 3.1 allows.

Most mail goes to one next hop; where there are routes, the domain of the recipient says to which destination.  It tries once
and never answers UNCERTAIN: where the reply to the final dot is lost, SMTP sends again, for rather twice than never (RFC 5321
section 4.5.3.2.6).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from gateway.config import Relay as Settings
from gateway.courier import Outcome, Parcel, Result
from gateway.loops import running_loop
from gateway.model import Door
from gateway.settings.relay import Route
from gateway.settings.security import Security
from gateway.smtp.connection import Job
from gateway.smtp.destination import Destination, Find, Limits, Standing
from gateway.smtp.hosts import Exchanges, Host, hosts_of
from gateway.smtp.question import QuestionJob
from gateway.smtp.received import trace_headers
from gateway.smtp.routes import Routes, domain_of
from gateway.smtp.securing import Securing
from gateway.smtp.transaction import SMALL, digest_of_sent

_LANES = 1024  # mails on their way at once where there are routes: what hangs on the way to one must not hold up the others
_WAITING = 64  # mails that may wait for one destination of a route, at least
_STRANGERS = 2  # connections to begin with, to hosts that the DNS named
_ASKING_S = 15.0  # how long a look-up may take at most
_MOST_KNOWN = 1000  # destinations that the DNS named; then those that are not in use are forgotten


class Relay:
    """Courier "relay": the next mail server, named by ``settings.next_hop``, and the routes beside it."""

    name = "relay"

    def __init__(
        self,
        settings: Settings,
        hostname: str,
        *,
        name_servers: Sequence[str] = (),
        base: Path = Path(),
        largest: int = 0,
    ) -> None:
        """``hostname`` is our name in EHLO and in the trace headers; ``name_servers`` are asked instead of the machine's;
        ``largest``: bytes of a mail that the door takes.

        Relative paths of the settings start at ``base``.
        """
        self._base = base
        self.hostname = hostname
        self._settings = settings
        self._routes = Routes(settings.route) if settings.route else None
        # One part for each destination, so that what came of one is settled without waiting for the others.
        self.split = self._split if settings.route else None
        # So that mails can follow each other on every connection.
        self.lanes = 2 * settings.connections if self._routes is None else _LANES
        self._exchanges = Exchanges(name_servers, hostname=hostname, timeout_s=min(settings.connect_timeout_s, _ASKING_S))
        # Our own server: it begins with all its connections, and everything waits for it.
        limits = replace(self._limits(settings.connections), begin_with=settings.connections, waiting=2**31, largest=largest)
        find = _always(hosts_of((settings.next_hop,)))
        self._default = Destination(settings.next_hop, find, self._secure(settings.security), limits, hostname)
        self._by_route = {route.name: self._of_route(route) for route in settings.route if not route.mx}
        self._by_domain: dict[str, Destination] = {}  # that the DNS names

    async def deliver(self, parcel: Parcel) -> tuple[Result, ...]:
        """Carry a mail to all recipients of a part that split() made, in one transaction; never raises, but answers RETRY."""
        loop = running_loop()
        mail = parcel.mail
        trace = b"" if mail.arrival.door is Door.OWN else trace_headers(mail, hostname=self.hostname)
        job = Job(parcel, trace, loop.create_future())
        destination = self._default if self._routes is None else self._destination(parcel.deliveries[0].target)
        destination.take(job, loop)
        results = await job.future
        if destination.is_narrow:
            destination.learn(results)
        if len(mail.raw) > SMALL:
            results = await _with_digest(trace, mail.raw, results)
        return results if self._routes is None else tuple(map(_of_one_route, results))

    async def ask(self, address: str) -> Result:
        """Whether the next mail server on the way to an address would take mail for it: DELIVERED says yes.  Never raises."""
        loop = asyncio.get_running_loop()
        job = QuestionJob(address, loop.create_future())
        self._destination(address).take(job, loop)
        (result,) = await job.future
        return result

    def _split(self, parcel: Parcel) -> tuple[Parcel, ...]:
        if len(parcel.deliveries) == 1:
            return (parcel,)
        parts: dict[Destination, list[int]] = {}
        for n, delivery in enumerate(parcel.deliveries):
            parts.setdefault(self._destination(delivery.target), []).append(n)
        if len(parts) == 1:
            return (parcel,)
        return tuple(replace(parcel, deliveries=tuple(parcel.deliveries[n] for n in numbers)) for numbers in parts.values())

    def standing(self) -> tuple[Standing, ...]:
        """How each destination is; from any thread."""
        return tuple(destination.standing() for destination in self._all())

    def live(self) -> dict[str, dict[str, int]]:
        """How each route is, without names of those whom mail goes to; "" is the next hop."""
        found: dict[str, dict[str, int]] = {}
        for each in self.standing():
            sums = found.setdefault(
                each.route, dict.fromkeys(("connections", "allowed", "waiting", "destinations", "in_trouble"), 0)
            )
            figures = (each.connections, each.allowed, each.waiting, 1, int(bool(each.trouble)))
            for key, figure in zip(sums, figures, strict=True):
                sums[key] += figure
        return found

    async def close(self) -> None:
        """Say QUIT on idle connections and drop the others; what was under way is RETRY."""
        await asyncio.gather(*(destination.close() for destination in self._all()))

    # --- destinations ---

    def _all(self) -> tuple[Destination, ...]:
        return (self._default, *self._by_route.values(), *tuple(self._by_domain.values()))

    def _destination(self, address: str) -> Destination:
        domain = domain_of(address)
        route = self._routes.of(domain) if self._routes is not None and domain else None
        if route is None:
            return self._default
        if not route.mx:
            return self._by_route[route.name]
        known = self._by_domain.get(domain)
        if known is None:
            if len(self._by_domain) >= _MOST_KNOWN:
                self._by_domain = {name: each for name, each in self._by_domain.items() if not each.is_unused}
            known = self._by_domain[domain] = self._of_domain(domain, route)
        return known

    def _of_route(self, route: Route) -> Destination:
        connections = route.connections or self._settings.connections
        limits = replace(self._limits(connections), begin_with=connections)
        find = _always(hosts_of(route.lmtp or route.hosts))
        secure = self._secure(route.security)
        return Destination(route.name, find, secure, limits, self.hostname, route=route.name, lmtp=bool(route.lmtp))

    def _of_domain(self, domain: str, route: Route) -> Destination:
        limits = self._limits(route.connections or self._settings.connections)
        find = partial(self._exchanges.hosts, domain, route.port)
        return Destination(domain, find, self._secure(route.security), limits, self.hostname, route=route.name)

    def _secure(self, security: Security) -> Callable[[Host], Securing]:
        return lambda host: Securing(security, host.hostname, base=self._base)

    def _limits(self, connections: int) -> Limits:
        return Limits(
            connections=connections,
            begin_with=min(_STRANGERS, connections),
            waiting=max(_WAITING, 2 * connections),
            connect_timeout_s=self._settings.connect_timeout_s,
            reply_timeout_s=self._settings.reply_timeout_s,
            idle_close_s=self._settings.idle_close_s,
        )


def _always(hosts: tuple[Host, ...]) -> Find:
    async def find() -> tuple[Host, ...]:
        return hosts

    return find


async def _with_digest(trace: bytes, raw: bytes, results: tuple[Result, ...]) -> tuple[Result, ...]:
    """With the digest of what left, where it was taken; made in a thread."""
    if all([result.outcome is not Outcome.DELIVERED for result in results]):
        return results
    digest = await asyncio.to_thread(digest_of_sent, trace, raw)
    return tuple(replace(each, sent=digest) if each.outcome is Outcome.DELIVERED else each for each in results)


def _of_one_route(result: Result) -> Result:
    """What is wrong with one route is no reason to pause the others."""
    return replace(result, outcome=Outcome.RETRY) if result.outcome is Outcome.MISCONFIGURED else result
