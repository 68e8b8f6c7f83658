"""One open connection to the next mail server: greeting, EHLO, then one mail after the other, driven by the replies.

Used by gateway.smtp.destination alone.  A connection never waits in a task: it acts when bytes come in, because a task switch
for every reply would cost more than the reply.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Protocol, cast

from msgspec.structs import replace

from gateway.courier import Outcome, Parcel, Result
from gateway.smtp.hosts import Host
from gateway.smtp.lmtp import LmtpTransaction
from gateway.smtp.opening import Opening
from gateway.smtp.securing import Securing
from gateway.smtp.transaction import GarbledReply, Offer, Reply, Transaction

_PREFETCH_BYTES = 64 * 1024  # behind a larger mail nobody waits on its connection
_JOIN_BYTES = 256 * 1024  # up to this size one copy is cheaper than more system calls
_GOODBYE_S = 2.0  # for the reply to QUIT
_DATA_TIMES = 2.0  # RFC 5321 section 4.5.3.2: 10 minutes for the reply to the final dot, where commands have 5
_MOVES = 3  # how often a mail may find that its open connection was dead, or that a host takes it not now
_SILENT = "no reply in time"
_OVERLOADED = ("4", _SILENT)  # how the end of a connection begins when this host is to be left alone for a while
_TOO_EARLY = "answered before all of the mail had left"


class Pool(Protocol):
    """What a connection needs of its destination."""

    hostname: str
    lmtp: bool
    reply_timeout_s: float

    def next_job(self) -> Job | None:
        """The next mail that still waits for somebody."""
        ...

    def rest(self, connection: Connection) -> None:
        """This connection has nothing to do."""
        ...

    def has_another(self, host: Host) -> bool:
        """Whether another host may take what this one did not."""
        ...

    def note_deaf(self, host: Host) -> None:
        """A host offers to take commands in groups, and answers one of them."""
        ...

    def is_deaf(self, host: Host) -> bool:
        """Whether it did so not long ago."""
        ...

    def gone(self, connection: Connection, again: list[Job], *, overloaded: str = "") -> None:
        """This connection ended; ``again`` must start anew on another one.  ``overloaded``: by a 421 or a silence."""
        ...


class Job:
    """A parcel, our headers for it, and who waits for its results."""

    __slots__ = ("future", "moves", "parcel", "trace", "transaction")

    def __init__(self, parcel: Parcel, trace: bytes, future: asyncio.Future[tuple[Result, ...]]) -> None:
        self.parcel = parcel
        self.trace = trace
        self.future = future
        self.moves = 0
        self.transaction: Transaction | None = None

    def start(self, offer: Offer) -> Transaction:
        """Make the transaction, now that it is known what the other side can do."""
        kind = LmtpTransaction if offer.lmtp else Transaction
        self.transaction = kind(self.parcel, offer, self.trace)
        return self.transaction

    def settle(self, results: tuple[Result, ...]) -> None:
        """Tell whoever waits."""
        if not self.future.done():
            self.future.set_result(results)

    def fail(self, because: str) -> None:
        """RETRY for all of it."""
        self._say(Outcome.RETRY, because)

    def refuse(self, because: str) -> None:
        """REFUSED for all of it: there is nobody to bring it to."""
        self._say(Outcome.REFUSED, because)

    def put_off(self, because: str) -> None:
        """RETRY for all of it, without an attempt."""
        self._say(Outcome.RETRY, because, untried=True)

    def _say(self, outcome: Outcome, reply: str, *, untried: bool = False) -> None:
        self.settle(
            tuple(Result(delivery_id=d.id, outcome=outcome, reply=reply, untried=untried) for d in self.parcel.deliveries)
        )


class Connection(Opening):
    """One connection, from connecting to QUIT."""

    def __init__(self, pool: Pool, loop: asyncio.AbstractEventLoop, host: Host, securing: Securing) -> None:
        self.host = host
        self.ready: asyncio.Future[str] = loop.create_future()  # "", or why it will never be
        self.closed: asyncio.Future[None] = loop.create_future()
        self.idle_since = 0.0
        self._is_old = False  # it rested or carried a mail: the next hop may have closed it meanwhile
        super().__init__(pool, loop, securing)
        self._pool: Pool = pool
        self._current: Job | None = None
        self._upcoming: Job | None = None  # its envelope is on its way already
        self._to_reset = False
        self._deadline = 0.0
        self._unsent = 0
        self._timer: asyncio.TimerHandle | None = None

    # --- the life of a connection ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The other side answered; now it must greet."""
        self._transport = cast(asyncio.Transport, transport)
        if self.closed.done():  # given up meanwhile
            self._transport.abort()
            return
        plug = transport.get_extra_info("socket")
        if plug is not None and plug.family in (socket.AF_INET, socket.AF_INET6):
            plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._expect_reply()
        if self._securing.begins_with_tls:
            self._begin_handshake(self._listen_again)

    def data_received(self, data: bytes) -> None:
        """Replies, or a part of one."""
        try:
            for reply in self._reader.feed(data):
                if self._transport is None:
                    return
                self._on_reply(reply)
        except GarbledReply as error:
            self.break_off(str(error))

    def eof_received(self) -> None:
        """The other side will say no more."""
        self.break_off("connection closed by the next hop")

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over, whoever ended it."""
        # A failed handshake says itself what went wrong, and the connection may have been made anew meanwhile.
        if self._handshake is not None or (self._transport is not None and not self._transport.is_closing()):
            return
        self.break_off(f"connection lost: {exc}" if exc else "connection closed by the next hop")

    @property
    def size_limit(self) -> int:
        """The largest mail that the other side says it takes, in bytes; 0 is unknown or none."""
        return self._offer.size_limit

    def break_off(self, because: str) -> None:
        """Drop the connection; what was under way starts again elsewhere, or is RETRY when the other side knows of it."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._handshake is not None:
            self._handshake.cancel()
            self._handshake = None
        if not self.ready.done():
            self.ready.set_result(because)
        if not self.closed.done():
            self.closed.set_result(None)
        transport, self._transport = self._transport, None
        if transport is None:
            return
        transport.abort()
        again = [job for job in (self._current, self._upcoming) if job is not None and not self._is_settled(job, because)]
        self._current = self._upcoming = None
        self._pool.gone(self, again, overloaded=because if because.startswith(_OVERLOADED) else "")

    def quit(self) -> None:
        """Say goodbye on an idle connection, and close it when the other side has answered."""
        if self._transport is not None:
            self._on_reply = self._on_goodbye
            self._deadline = self._loop.time() + _GOODBYE_S
            self._transport.write(b"QUIT\r\n")
            self._watch()

    def _is_settled(self, job: Job, because: str) -> bool:
        """Whether a job under way on a broken connection is over; if not, it starts again on another one.

        An old connection the next hop may close at any time, and that is no failure; and what was not taken yet another host
        may take.
        """
        job.moves += 1
        transaction = job.transaction
        if transaction is None or (job.moves <= _MOVES and self._may_move(transaction)):
            return False
        job.settle(transaction.results(because))
        return True

    def _may_move(self, transaction: Transaction) -> bool:
        """Whether a mail may start again on another connection as if nothing had happened."""
        if transaction.is_untouched and self._is_old:
            return True
        return (transaction.is_before_data or transaction.lacks_room) and self._pool.has_another(self.host)

    def _on_goodbye(self, _reply: Reply) -> None:
        self.break_off("closed")

    # --- mails ---

    def _get_ready(self) -> None:
        if self._pool.is_deaf(self.host):
            self._offer = replace(self._offer, pipelining=False)
        self._on_reply = self._on_mail_reply
        if not self.ready.done():
            self.ready.set_result("")

    def go_on(self) -> None:
        """Take the next mail, or rest."""
        if self._transport is None:
            return
        job, self._upcoming = self._upcoming, None
        if job is not None:
            self._current = job
            self._expect_reply()
            return
        job = self._pool.next_job()
        if job is not None:
            self.begin(job)
        else:
            self._current = None
            self._is_old = True
            self.idle_since = self._loop.time()
            self._pool.rest(self)

    def begin(self, job: Job) -> None:
        """Start a mail on this connection."""
        transaction = job.start(self._offer)
        if transaction.done:
            job.settle(transaction.results())
            self.go_on()
            return
        self._current = job
        first = transaction.first()
        if self._to_reset:
            first = b"RSET\r\n" + first if self._offer.pipelining else b"RSET\r\n"
            self._on_reply = self._on_reset
        self._send(first)

    def _on_reset(self, reply: Reply) -> None:
        self._to_reset = False
        self._on_reply = self._on_mail_reply
        transaction = self._current.transaction if self._current else None
        if not reply.is_positive:
            self.break_off(f"RSET: {reply}")
        elif transaction is not None and not self._offer.pipelining:
            self._send(transaction.first())

    def _on_mail_reply(self, reply: Reply) -> None:
        job = self._current
        # 421 at any moment means that the other side is about to close (RFC 5321 section 3.8).
        if job is None or job.transaction is None or reply.code == 421:
            self.break_off(str(reply))
            return
        transaction = job.transaction
        parts = transaction.take(reply)
        if transaction.done:
            self._finish(job, transaction)
        elif len(parts) == 1:
            self._send(parts[0])
        elif parts:
            self._send_data(parts)

    def _finish(self, job: Job, transaction: Transaction) -> None:
        results = transaction.results()
        if transaction.lacks_room and job.moves < _MOVES and self._pool.has_another(self.host):
            self.break_off(results[0].reply)
            return
        if self._transport is not None and self._transport.get_write_buffer_size() and self._upcoming is None:
            # This connection is in the middle of a mail.  A no is one all the same, but a yes cannot be meant for it.
            if any(result.outcome is Outcome.DELIVERED for result in results):
                transaction.take_back()
                results = transaction.results(_TOO_EARLY)
            job.settle(results)
            self._current = None
            self.break_off(_TOO_EARLY)
            return
        job.settle(results)
        self._current = None
        self._to_reset = transaction.dirty
        self._is_old = True
        self.go_on()

    def _send_data(self, parts: tuple[bytes, ...]) -> None:
        """The mail data in one write, and while others wait, the next envelope behind it."""
        size = sum(map(len, parts))
        if size <= _PREFETCH_BYTES and self._offer.pipelining:
            parts = (*parts, self._prefetch())
        self._unsent = 0
        if self._transport is None:
            return
        if size <= _JOIN_BYTES:
            self._transport.write(b"".join(parts))
        else:
            self._transport.writelines(parts)
        self._expect_reply(_DATA_TIMES)

    def _prefetch(self) -> bytes:
        job = self._pool.next_job()
        if job is None:
            return b""
        transaction = job.start(self._offer)
        if transaction.done:
            job.settle(transaction.results())
            return b""
        self._upcoming = job
        self._is_old = True
        return transaction.first()

    def _send(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)
            self._expect_reply()

    # --- time ---

    def _expect_reply(self, times: float = 1.0) -> None:
        self._deadline = self._loop.time() + times * self._pool.reply_timeout_s
        if self._timer is None:
            self._watch()

    def _watch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(self._deadline, self._on_time)

    def _on_time(self) -> None:
        """One lazy timer per connection, because arming one per command costs more than the command."""
        self._timer = None
        if self._transport is None:
            return
        unsent = self._transport.get_write_buffer_size()
        waits_for_nothing = self._current is None and self._on_reply == self._on_mail_reply
        if waits_for_nothing:
            return
        if unsent != self._unsent:
            # A large mail on a slow line: it was still leaving, so the time for the reply begins now at the earliest.
            self._unsent = unsent
            self._expect_reply(_DATA_TIMES)
        elif self._loop.time() + 0.005 < self._deadline:
            self._watch()
        else:
            transaction = self._current.transaction if self._current is not None else None
            if (
                transaction is not None
                and self._offer.pipelining
                and transaction.is_before_data
                and not transaction.is_untouched
            ):
                self._pool.note_deaf(self.host)
            self.break_off(_SILENT)
