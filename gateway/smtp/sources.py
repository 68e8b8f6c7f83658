"""Where clients from outside come from, and how much each network takes up.  Bounded in memory, whoever knocks.

A source is a /24 of IPv4 or a /64 of IPv6: what one office or one rented machine has.  Rates are counted in minutes that begin
with the first event.  Only whoever is not trusted is counted here: a trusted client costs nothing.
"""

from __future__ import annotations

import ipaddress
import logging
from collections import OrderedDict
from collections.abc import Callable
from enum import StrEnum

from gateway import maillog
from gateway.settings.limits import Limits

logger = logging.getLogger(__name__)

MOST_SOURCES = 20_000  # remembered; some 5 MB
_MINUTE_S = 60.0
_SHUT_S = 600.0
_LINES_A_MINUTE = 20  # of the log, for all sources together; everything is counted


class Limit(StrEnum):
    """Which limit a client met; counted under these words."""

    CONNECTIONS = "connections"  # of all clients
    SOURCE_SESSIONS = "sessions of one source"
    SOURCE_CONNECTIONS = "connections a minute"
    SOURCE_MAILS = "mails a minute"
    USER_MAILS = "mails a minute of one user"
    SIGN_INS = "failed sign-ins"
    LAG = "event loop lag"
    EARLY = "early talker"
    ERRORS = "errors"
    COMMANDS = "commands without a mail"
    TIME = "time"


class Source:
    """What one network does."""

    __slots__ = (
        "bytes",
        "connections",
        "failing_since",
        "failures",
        "is_told",
        "key",
        "mails",
        "minute",
        "sessions",
        "shut_until",
    )

    def __init__(self, key: str, now: float) -> None:
        self.key = key
        self.sessions = 0  # open now
        self.bytes = 0  # of mails that are coming in, in memory
        self.minute = now  # when the minute began that is counted
        self.connections = self.mails = 0  # in it
        self.is_told = False  # the log has a line about this minute
        self.failures = 0  # of signing in
        self.failing_since = now
        self.shut_until = 0.0  # until when nobody from there may sign in


class Sources:
    """All that were heard of lately."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        """``clock`` gives seconds, as the event loop's time."""
        self._limits = limits
        self._clock = clock
        self._known: OrderedDict[str, Source] = OrderedDict()
        self._lines = 0
        self._lines_since = clock()

    def of(self, address: str) -> Source:
        """The source of a client's address."""
        key = network_of(address)
        source = self._known.get(key)
        if source is None:
            self._make_room()
            source = self._known[key] = Source(key, self._clock())
        else:
            self._known.move_to_end(key)
        return source

    def enter(self, source: Source) -> Limit | None:
        """A connection comes: counted as a session, unless a limit is met."""
        limits = self._limits
        self._turn(source)
        source.connections += 1
        if limits.sessions_per_source and source.sessions >= limits.sessions_per_source:
            return Limit.SOURCE_SESSIONS
        if limits.connections_per_minute and source.connections > limits.connections_per_minute:
            return Limit.SOURCE_CONNECTIONS
        source.sessions += 1
        return None

    def leave(self, source: Source) -> None:
        """A session that had entered is over."""
        source.sessions -= 1

    def begins_mail(self, source: Source) -> bool:
        """A mail is begun; False when there were too many in this minute."""
        return self._is_within(source, self._limits.mails_per_minute)

    def user_begins_mail(self, user: str, most: int) -> bool:
        """Whoever signed in begins a mail; False when he began more than ``most`` in this minute (0: any number)."""
        return self._is_within(self.of(f"user {user.lower()}"), most)

    def _is_within(self, source: Source, most: int) -> bool:
        self._turn(source)
        source.mails += 1
        return not most or source.mails <= most

    def failed_sign_in(self, address: str, most: int) -> None:
        """Somebody there said a wrong password; beyond ``most`` in ten minutes (0: any number) nobody from there signs in."""
        source, now = self.of(address), self._clock()
        if now - source.failing_since >= _SHUT_S:
            source.failing_since, source.failures = now, 0
        source.failures += 1
        if 0 < most < source.failures:
            source.shut_until = now + _SHUT_S

    def is_shut(self, address: str) -> bool:
        """Whether nobody from there may sign in now."""
        return self.of(address).shut_until > self._clock()

    def tell(self, limit: Limit, address: str, source: Source | None = None) -> None:
        """Count that a client met a limit, and log it: one line for a source in a minute, and not too many of all sources."""
        maillog.count("limited", limit)
        if source is not None:
            if source.is_told:
                return
            source.is_told = True
        now = self._clock()
        if now - self._lines_since >= _MINUTE_S:
            self._lines_since, self._lines = now, 0
        self._lines += 1
        if self._lines <= _LINES_A_MINUTE:
            logger.warning("[%s] met a limit: %s", address, limit)
        elif self._lines == _LINES_A_MINUTE + 1:
            logger.warning("more clients met limits; the log has no more of them in this minute, /metrics counts them")

    def _turn(self, source: Source) -> None:
        """Begin its minute anew when it is over."""
        now = self._clock()
        if now - source.minute >= _MINUTE_S:
            source.minute, source.connections, source.mails, source.is_told = now, 0, 0, False

    def _make_room(self) -> None:
        """Forget the one that was not heard of for the longest time and has no session."""
        if len(self._known) < MOST_SOURCES:
            return
        for key, source in self._known.items():
            if not source.sessions:
                del self._known[key]
                return

    def __len__(self) -> int:
        return len(self._known)


def network_of(address: str) -> str:
    """The /24 or /64 of an address; whatever is none is a source by itself."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv6Address):
        if known.ipv4_mapped is None:
            return f"{ipaddress.IPv6Address(int(known) >> 64 << 64)}/64"
        known = known.ipv4_mapped
    return f"{str(known).rpartition('.')[0]}.0/24"
