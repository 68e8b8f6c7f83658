"""What all sessions of the SMTP door share: settings, who is there, and how much they take up."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from gateway.config import Smtp
from gateway.smtp.certificates import Certificates
from gateway.smtp.handler import Handler
from gateway.smtp.judges import Judges
from gateway.smtp.lag import LagProbe
from gateway.smtp.sources import Limit, Source, Sources

if TYPE_CHECKING:
    from gateway.smtp.session import Connection


class Reception:
    """What all sessions of the door share, whichever listener they came in by."""

    def __init__(
        self,
        handler: Handler,
        settings: Smtp,
        hostname: str,
        loop: asyncio.AbstractEventLoop,
        lag: LagProbe,
        *,
        certificates: Certificates | None = None,
        judges: Judges | None = None,
    ) -> None:
        self.handler = handler
        self.certificates = certificates  # where some listener speaks TLS
        self.judges = judges  # where one can sign in
        self.settings = settings
        self.limits = settings.limits
        self.sources = Sources(settings.limits, loop.time)
        self.lag = lag
        self.hostname = hostname
        self.loop = loop
        self.sessions: set[Connection] = set()
        self.nobody_left = asyncio.Event()
        self.nobody_left.set()
        self.bytes_in_flight = 0
        self.stopping = False

    def count(self, more: int, source: Source | None) -> None:
        """So many bytes more are in memory; of a stranger's network ``source``, or of a trusted client."""
        self.bytes_in_flight += more
        if source is not None:
            source.bytes += more

    def room(self, source: Source | None) -> int:
        """Bytes that may still come in before [smtp] max_bytes_in_flight is reached.

        Whoever has sent much may go on slowly for hours.  So one network of strangers holds the largest mail or a quarter, and
        all of them leave a quarter of what is beside the largest mail.
        """
        most = self.settings.max_bytes_in_flight
        room = most - self.bytes_in_flight
        if source is None:
            return room
        largest = self.settings.max_message_bytes
        return min(room - max(0, most - largest) // 4, max(largest, most // 4) - source.bytes)

    def limit_met(self, source: Source | None) -> Limit | None:
        """What keeps a newcomer out: trusted ones (``source`` is None) only that all places are taken.

        The last tenth is kept for them: else a crowd of strangers who say nothing would stop the mail of our own servers.
        """
        most = self.settings.max_connections
        if len(self.sessions) >= (most if source is None else most - most // 10):
            return Limit.CONNECTIONS
        if source is None:
            return None
        return Limit.LAG if self.lag.is_behind else self.sources.enter(source)

    def enter(self, session: Connection) -> None:
        """A session begins."""
        self.sessions.add(session)
        session.entrance.sessions += 1
        self.nobody_left.clear()

    def leave(self, session: Connection) -> None:
        """It is over, or was sent away before it began."""
        if session in self.sessions:
            self.sessions.remove(session)
            session.entrance.sessions -= 1
        if not self.sessions:
            self.nobody_left.set()
