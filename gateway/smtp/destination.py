"""One destination: its hosts in their order, the connections to them, and the mails that wait for one.

How many connections there may be is learnt: each success makes room for a little more, a 421 or a silence halves it.  A host
that cannot be used is left alone for a while, longer each time, and the next one is tried.  When none can be used, mails fail
at once for some seconds instead of each finding out by itself; then one of them tries.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache

from gateway.courier import Outcome, Result
from gateway.errors import PermanentFailure, TemporaryFailure
from gateway.model import Value
from gateway.smtp.connection import Connection, Job
from gateway.smtp.hosts import Host
from gateway.smtp.securing import NOT_SIGNED_IN, Securing

logger = logging.getLogger(__name__)

_FAIL_FAST_S = 5.0  # after no host could be used nobody tries again for so long
_REST_S = 5.0  # a host that failed is passed over for so long at first …
_LONGEST_REST_S = 300.0  # … and for so long at most, while another one is there
_PATIENCE_S = 1.0  # how long mails wait for one that tries a destination that failed before
_ONE_BY_ONE_S = 3600.0  # how long a host that did not hear commands in a group gets them one by one
_MOST_HOSTS = 32  # of which is remembered what they can do by TLS
_GOODBYE_S = 2.0  # for the reply to QUIT
_CLOSED = "the relay was closed"
_TAKES_LESS = (
    "next hop %s takes no mail over %d bytes; [smtp] max_message_bytes is %d: what lies between is taken here, then returned; "
    "make max_message_bytes a little smaller than that, or let the next hop take more"
)

Find = Callable[[], Awaitable[tuple[Host, ...]]]


class Limits(Value):
    """What a destination may use, and how long things may take (seconds)."""

    connections: int
    begin_with: int  # connections, until successes make room for more
    waiting: int  # mails; more are put off without being tried
    connect_timeout_s: float
    reply_timeout_s: float
    idle_close_s: float
    largest: int = 0  # bytes of a mail that may have to go there; 0 is unknown


class Standing(Value):
    """How a destination is, for metrics and the console."""

    route: str  # the domains of the route that it belongs to; "" for the next hop
    name: str
    connections: int
    allowed: int  # connections at one time, as learnt
    waiting: int  # mails
    trouble: str  # why no host could be used at the last try; "" when one could
    resting: tuple[str, ...]  # hosts that are passed over, and why


class _Rest:
    """A host that failed."""

    __slots__ = ("because", "length", "until")

    def __init__(self) -> None:
        self.until = 0.0
        self.length = _REST_S / 2
        self.because = ""


class Destination:
    """A pool of connections.  ``find`` says its hosts, best first; TemporaryFailure or PermanentFailure when it cannot.

    ``secure`` says how a host is spoken to (TLS, sign-in).
    """

    def __init__(
        self,
        name: str,
        find: Find,
        secure: Callable[[Host], Securing],
        limits: Limits,
        hostname: str,
        *,
        route: str = "",
        lmtp: bool = False,
    ) -> None:
        self.name = name
        self.route = route
        self.hostname = hostname
        self.lmtp = lmtp
        self.reply_timeout_s = limits.reply_timeout_s
        self._find = find
        self._secure = lru_cache(_MOST_HOSTS)(secure)
        self._limits = limits
        self._allowed = float(limits.begin_with)
        self.is_narrow = limits.begin_with < limits.connections  # less is allowed than the settings would
        self._connections: set[Connection] = set()
        self._leaving: set[Connection] = set()  # said QUIT
        self._idle: list[Connection] = []  # the one used last at the end
        self._waiting: deque[Job] = deque()
        self._opening: set[asyncio.Task[None]] = set()
        self._hosts: tuple[Host, ...] = ()  # as they were last found
        self._resting: dict[Host, _Rest] = {}
        self._deaf: dict[Host, float] = {}  # to commands in groups, and until when
        self._dead_until = 0.0
        self._trouble = ""
        self._reaper: asyncio.TimerHandle | None = None
        self._patience: asyncio.TimerHandle | None = None
        self._closed = self._is_compared = False

    def take(self, job: Job, loop: asyncio.AbstractEventLoop) -> None:
        """Have a mail sent; its future tells."""
        if self._idle:
            self._idle.pop().begin(job)
        elif len(self._waiting) >= self._limits.waiting:
            job.put_off(f"too many mails wait for {self.name}")
        else:
            self._waiting.append(job)
            self._open_more(loop)

    def learn(self, results: Sequence[Result]) -> None:
        """A success makes room for a part of one connection more: for a whole one when all that are allowed had one."""
        if any(result.outcome is Outcome.DELIVERED for result in results):
            self._allow(self._allowed + 1 / self._allowed)

    def standing(self) -> Standing:
        """How it is now; from any thread."""
        now = time.monotonic()  # the loop's time
        return Standing(
            route=self.route,
            name=self.name,
            connections=len(self._connections),
            allowed=int(self._allowed),
            waiting=len(self._waiting),
            trouble=self._trouble,
            resting=tuple(f"{host}: {rest.because}" for host, rest in tuple(self._resting.items()) if now < rest.until),
        )

    @property
    def is_unused(self) -> bool:
        """Nothing waits and nothing is open: it may be forgotten."""
        return not (self._connections or self._waiting or self._opening or self._leaving)

    async def close(self) -> None:
        """Say QUIT on idle connections and drop the others; what was under way is RETRY."""
        self._closed = True
        for task in tuple(self._opening):
            task.cancel()
        await asyncio.gather(*self._opening, return_exceptions=True)
        self._fail_waiting(_CLOSED)
        for timer in (self._reaper, self._patience):
            if timer is not None:
                timer.cancel()
        self._reaper = self._patience = None
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
        """A connection has nothing to do: keep it for a while, unless there are more than are allowed by now."""
        if len(self._connections) > self._allowed:
            self._part_from(connection)
            return
        self._idle.append(connection)
        if self._reaper is None:
            loop = asyncio.get_running_loop()
            self._reaper = loop.call_later(self._limits.idle_close_s, self._reap, loop)

    def has_another(self, host: Host) -> bool:
        """Whether there is another host for what this one did not take."""
        now = asyncio.get_running_loop().time()
        return any(each != host and not self._rests(each, now) for each in self._hosts)

    def note_deaf(self, host: Host) -> None:
        """A host offers to take commands in groups, and answers one of them: some firewalls offer what their server cannot."""
        self._deaf[host] = asyncio.get_running_loop().time() + _ONE_BY_ONE_S

    def is_deaf(self, host: Host) -> bool:
        """Whether it did so not long ago."""
        return bool(self._deaf) and asyncio.get_running_loop().time() < self._deaf.get(host, 0.0)

    def gone(self, connection: Connection, again: list[Job], *, overloaded: str = "") -> None:
        """A connection ended; ``again`` starts anew on another one.  ``overloaded``: by a 421 or a silence."""
        self._connections.discard(connection)
        self._leaving.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        loop = asyncio.get_running_loop()
        if overloaded:
            self._allow(self._allowed / 2)
            self._let_rest(connection.host, overloaded, loop.time())
        if again:
            # Its sisters were opened in the same life of the next hop: don't find out one by one that they are dead as well.
            while self._idle:
                self._part_from(self._idle.pop())
            self._waiting.extendleft(reversed(again))
        if self._waiting:
            self._open_more(loop)

    # --- connections ---

    def _allow(self, connections: float) -> None:
        self._allowed = min(max(connections, 1.0), float(self._limits.connections))
        self.is_narrow = self._allowed < self._limits.connections

    def _open_more(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._closed:
            self._fail_waiting(_CLOSED)
        if loop.time() < self._dead_until:
            if not self._connections and not self._opening:
                self._fail_waiting(self._trouble)
            return
        room = int(self._allowed)
        if self._trouble and not self._connections:
            room = 1  # one finds out; the others don't wait long
            if self._patience is None:
                self._patience = loop.call_later(_PATIENCE_S, self._lose_patience)
        while len(self._opening) < len(self._waiting) and len(self._opening) + len(self._connections) < room:
            task = loop.create_task(self._open(loop))
            self._opening.add(task)
            task.add_done_callback(self._opened)

    async def _open(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            self._hosts = await self._find()
        except TemporaryFailure as error:
            self._give_up(str(error), loop)
            return
        except PermanentFailure as error:
            while (job := self.next_job()) is not None:
                job.refuse(str(error))
            return
        trouble = ""
        for host in self._in_order(loop.time()):
            connection = Connection(self, loop, host, self._secure(host))
            because = await self._connect(connection, host, loop)
            if not because:
                self._resting.pop(host, None)
                self._dead_until, self._trouble = 0.0, ""
                self._connections.add(connection)
                self._compare(connection.size_limit)
                connection.go_on()
                return
            trouble = f"next hop {host}: {because}"
            if self._connections and len(self._hosts) == 1:
                self._allow(len(self._connections))  # it takes no more connections than it has
            else:
                self._let_rest(host, because, loop.time())
        self._give_up(trouble, loop)

    def _compare(self, takes: int) -> None:
        """Say once that mails will come back which the door takes; ``takes``: bytes, 0 is no limit or unknown."""
        if 0 < takes < self._limits.largest and not self._is_compared:
            logger.warning(_TAKES_LESS, self.name, takes, self._limits.largest)
        self._is_compared = True

    async def _connect(self, connection: Connection, host: Host, loop: asyncio.AbstractEventLoop) -> str:
        """Connect and greet; says what went wrong."""
        try:
            async with asyncio.timeout(self._limits.connect_timeout_s):
                if host.port:
                    await loop.create_connection(lambda: connection, host.address, host.port)
                else:
                    await loop.create_unix_connection(lambda: connection, host.address)
                trouble = await connection.ready
        except OSError as error:  # a TimeoutError is one, and says nothing
            trouble = str(error) or "no answer in time"
        except asyncio.CancelledError:
            connection.break_off("cancelled")
            raise
        if trouble:
            connection.break_off(trouble)
        return trouble

    def _in_order(self, now: float) -> tuple[Host, ...]:
        """The hosts that are well, then those that rest."""
        return tuple(sorted(self._hosts, key=lambda host: self._rests(host, now)))

    def _rests(self, host: Host, now: float) -> bool:
        rest = self._resting.get(host)
        return rest is not None and now < rest.until

    def _let_rest(self, host: Host, because: str, now: float) -> None:
        rest = self._resting.setdefault(host, _Rest())
        rest.length = min(2 * rest.length, _LONGEST_REST_S)
        rest.until = now + rest.length
        rest.because = because

    def _give_up(self, trouble: str, loop: asyncio.AbstractEventLoop) -> None:
        self._trouble = trouble
        wait_s = _FAIL_FAST_S
        if NOT_SIGNED_IN in trouble:  # the same wrong password every few seconds would have the account locked
            wait_s = max([wait_s, *(rest.length for rest in self._resting.values())])
        self._dead_until = loop.time() + wait_s

    def _opened(self, task: asyncio.Task[None]) -> None:
        self._opening.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:  # nothing that a next hop does: ours, or a host name that cannot be one
            logger.error("relay: a connection could not be used", exc_info=error)
            self._fail_waiting(f"next hop {self.name}: {error}")
        if self._waiting:
            self._open_more(task.get_loop())

    def _lose_patience(self) -> None:
        """Whoever tries a destination that failed before is still at it: the others don't wait for the outcome."""
        self._patience = None
        if self._trouble and not self._connections:
            self._fail_waiting(self._trouble, but=1)

    def _fail_waiting(self, because: str, *, but: int = 0) -> None:
        while len(self._waiting) > but and (job := self._waiting.pop()):
            job.fail(because)

    def _part_from(self, connection: Connection) -> None:
        self._connections.discard(connection)
        self._leaving.add(connection)
        connection.quit()

    def _reap(self, loop: asyncio.AbstractEventLoop) -> None:
        """Close what was idle for too long: the other side would do so soon, and a mail could fall into the gap."""
        self._reaper = None
        oldest_allowed = loop.time() - self._limits.idle_close_s + 0.01
        while self._idle and self._idle[0].idle_since <= oldest_allowed:
            self._part_from(self._idle.pop(0))
        if self._idle:
            self._reaper = loop.call_at(self._idle[0].idle_since + self._limits.idle_close_s, self._reap, loop)
