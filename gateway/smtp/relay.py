"""The relay: a courier that brings mails to the next mail server, bytes as they came, over connections that stay open.

Neither smtplib nor aiosmtplib will do: both change bytes (bare CR and LF, dots after them).  So this is a client of our own on
asyncio protocols, driven by the replies as they come in: one future per mail, one write and one read per round trip.  While
others wait, the envelope of the next mail leaves together with the final dot of the one before, as RFC 2920 section 3.1 allows.

It tries once and never answers UNCERTAIN: where the reply to the final dot is lost, SMTP sends again, for rather twice than
never (RFC 5321 section 4.5.3.2.6).
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from pathlib import Path

from gateway.config import Relay as Settings
from gateway.courier import Parcel, Result
from gateway.model import Door
from gateway.settings.addresses import host_and_port
from gateway.smtp.connection import Connection, Job
from gateway.smtp.received import trace_headers
from gateway.smtp.securing import Securing

logger = logging.getLogger(__name__)

_FAIL_FAST_S = 5.0  # after a failed connect nobody tries again for so long
_GOODBYE_S = 2.0  # for the reply to QUIT
_CLOSED = "the relay was closed"


class Relay:
    """Courier "relay": the next mail server, named by ``settings.next_hop``."""

    name = "relay"

    def __init__(self, settings: Settings, hostname: str, *, base: Path = Path()) -> None:
        """``hostname`` is our name in EHLO and in the trace headers; relative paths of the settings start at ``base``."""
        self.settings = settings
        self.hostname = hostname
        self.reply_timeout_s = settings.reply_timeout_s
        self.lanes = 2 * settings.connections  # so that mails can follow each other on every connection
        self._address = host_and_port(settings.next_hop, where="[relay] next_hop")
        self.securing = Securing(settings.security, self._address[0], base=base)
        self._connections: set[Connection] = set()
        self._leaving: set[Connection] = set()  # said QUIT
        self._idle: list[Connection] = []  # the one used last at the end
        self._waiting: deque[Job] = deque()
        self._opening: set[asyncio.Task[None]] = set()
        self._dead_until = 0.0
        self._dead_because = ""
        self._reaper: asyncio.TimerHandle | None = None
        self._closed = False

    async def deliver(self, parcel: Parcel) -> tuple[Result, ...]:
        """Carry a mail to all recipients of the parcel in one transaction; never raises, but answers RETRY."""
        loop = asyncio.get_running_loop()
        mail = parcel.mail
        trace = b"" if mail.arrival.door is Door.OWN else trace_headers(mail, hostname=self.hostname)
        job = Job(parcel, trace, loop.create_future())
        if self._idle:
            self._idle.pop().begin(job)
        else:
            self._waiting.append(job)
            self._open_more(loop)
        return await job.future

    async def close(self) -> None:
        """Say QUIT on idle connections and drop the others; what was under way is RETRY."""
        self._closed = True
        for task in tuple(self._opening):
            task.cancel()
        await asyncio.gather(*self._opening, return_exceptions=True)
        self._fail_waiting(_CLOSED)
        if self._reaper is not None:
            self._reaper.cancel()
            self._reaper = None
        while self._idle:
            self._part_from(self._idle.pop())
        if self._leaving:
            await asyncio.wait([connection.closed for connection in self._leaving], timeout=_GOODBYE_S)
        for connection in (*self._connections, *self._leaving):
            connection.break_off(_CLOSED)

    # --- what connections call ---

    def next_job(self) -> Job | None:
        """The next mail that still waits for somebody."""
        while self._waiting:
            job = self._waiting.popleft()
            if not job.future.done():
                return job
        return None

    def rest(self, connection: Connection) -> None:
        """A connection has nothing to do: keep it for a while."""
        self._idle.append(connection)
        if self._reaper is None:
            loop = asyncio.get_running_loop()
            self._reaper = loop.call_later(self.settings.idle_close_s, self._reap, loop)

    def gone(self, connection: Connection, again: list[Job]) -> None:
        """A connection ended; ``again`` starts anew on another one."""
        self._connections.discard(connection)
        self._leaving.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        if again:
            # Its sisters were opened in the same life of the next hop: don't find out one by one that they are dead as well.
            while self._idle:
                self._part_from(self._idle.pop())
            self._waiting.extendleft(reversed(again))
        if self._waiting:
            self._open_more(asyncio.get_running_loop())

    # --- connections ---

    def _open_more(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._closed:
            self._fail_waiting(_CLOSED)
        if loop.time() < self._dead_until:
            if not self._connections and not self._opening:
                self._fail_waiting(self._dead_because)
            return
        while (
            len(self._opening) < len(self._waiting) and len(self._opening) + len(self._connections) < self.settings.connections
        ):
            task = loop.create_task(self._open(loop))
            self._opening.add(task)
            task.add_done_callback(self._opened)

    async def _open(self, loop: asyncio.AbstractEventLoop) -> None:
        host, port = self._address
        connection = Connection(self, loop)
        try:
            async with asyncio.timeout(self.settings.connect_timeout_s):
                await loop.create_connection(lambda: connection, host, port)
                trouble = await connection.ready
        except OSError as error:  # a TimeoutError is one, and says nothing
            trouble = str(error) or "no answer in time"
        except asyncio.CancelledError:
            connection.break_off("cancelled")
            raise
        if trouble:
            self._dead_because = f"next hop {host}:{port}: {trouble}"
            self._dead_until = loop.time() + _FAIL_FAST_S
            connection.break_off(trouble)
            return
        self._dead_until = 0.0
        self._connections.add(connection)
        connection.go_on()

    def _opened(self, task: asyncio.Task[None]) -> None:
        self._opening.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:  # nothing that a next hop does: ours, or a host name that cannot be one
            logger.error("relay: a connection could not be used", exc_info=error)
            self._fail_waiting(f"next hop {self.settings.next_hop}: {error}")
        if self._waiting:
            self._open_more(task.get_loop())

    def _fail_waiting(self, because: str) -> None:
        while (job := self.next_job()) is not None:
            job.fail(because)

    def _part_from(self, connection: Connection) -> None:
        self._connections.discard(connection)
        self._leaving.add(connection)
        connection.quit()

    def _reap(self, loop: asyncio.AbstractEventLoop) -> None:
        """Close what was idle for too long: the other side would do so soon, and a mail could fall into the gap."""
        self._reaper = None
        oldest_allowed = loop.time() - self.settings.idle_close_s + 0.01
        while self._idle and self._idle[0].idle_since <= oldest_allowed:
            self._part_from(self._idle.pop(0))
        if self._idle:
            self._reaper = loop.call_at(self._idle[0].idle_since + self.settings.idle_close_s, self._reap, loop)
