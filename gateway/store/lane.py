"""The fast lane of the event loop: plain mails and settlements go to the scribe without a thread in between.

Group commit again: what is pending when the scribe has answered becomes the next transaction.  The loop itself sends it and
hears the answer, so the interpreter lock never changes hands on the way of a mail.  What the scribe could not do (a
settlement of somebody else's, a disk that is full, a value that breaks a rule) goes to the writer's thread, which knows how
to do it one by one.  SQLite only: PostgreSQL's client waits for the server without the lock.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from gateway.errors import StoreUnavailable
from gateway.store.batch import Entry, begin_together, insert_reasons, insert_together, remember
from gateway.store.blobs import Places
from gateway.store.database import Database
from gateway.store.scribe import Body, Scribe
from gateway.store.settling import settle_together

logger = logging.getLogger(__name__)

_MOST_ENTRIES = 512  # in one transaction
_MANY_BYTES = 4 * 1024 * 1024  # of large bodies in one transaction; the entry that goes beyond is its last
_CHUNK = 65536
_PATIENCE_S = 0.005  # that settlements wait for a mail to be committed with


class Lane:
    """The lane of one loop; all methods are called there."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, database: Database, places: Places, fall_back: Callable[[Entry], None]
    ) -> None:
        self.loop = loop
        self._database = database
        self._places = places  # of large bodies
        self._fall_back = fall_back
        self._scribe: Scribe | None = None
        self._pending: list[Entry] = []
        self._sent: list[Entry] = []  # in the transaction that the scribe is at
        self._reasons: list[str] = []  # keys of passed_over in it
        self._known: set[str] = set()  # keys of passed_over that are written
        self._unsent = memoryview(b"")
        self._is_due = False  # _ship() will be called in this turn of the loop
        self._waiting = 0  # entries in _pending that somebody waits for
        self._patience: asyncio.TimerHandle | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self._open()

    def submit(self, entry: Entry) -> None:
        """Have a plain entry written; its future tells."""
        self._pending.append(entry)
        self._waiting += entry.future is not None
        self._idle.clear()
        if not (self._sent or self._is_due):
            self._call_ship()

    async def drain(self) -> None:
        """Wait until nothing is pending."""
        await self._idle.wait()

    def close(self) -> None:
        """Let the scribe go.  What is pending is not written: drain() first."""
        if self._scribe is not None:
            self.loop.remove_reader(self._scribe.socket)
            self.loop.remove_writer(self._scribe.socket)
            self._scribe.close()
            self._scribe = None

    # --- there --------------------------------------------------------------------------------------------------------

    def _open(self) -> Scribe:
        self._places.leave()  # each scribe begins its own files
        scribe = self._database.scribe()
        scribe.socket.setblocking(False)
        self.loop.add_reader(scribe.socket, self._hear)
        self._scribe = scribe
        return scribe

    def _call_ship(self) -> None:
        """Soon if somebody waits (what else comes in with this turn of the loop goes along), else after some patience."""
        if self._waiting:
            self._is_due = True
            self.loop.call_soon(self._ship)
        elif self._patience is None:
            self._patience = self.loop.call_later(_PATIENCE_S, self._ship)

    def _ship(self) -> None:
        """Send what is pending as one transaction."""
        self._is_due = False
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        if self._sent:
            return
        most = self._how_many()
        self._sent, self._pending = self._pending[:most], self._pending[most:]
        self._waiting = sum([entry.future is not None for entry in self._pending])
        if not self._sent:
            self._idle.set()
            return
        try:
            scribe = self._scribe or self._open()
            self._unsent = memoryview(self._message(scribe, self._sent))
        except Exception as error:  # no process to be had, a value that cannot be packed: nothing of it was sent
            logger.exception("the scribe could not be told")
            self.close()  # the next one has to hear all texts
            self._answer(error)
            return
        self._send()

    def _how_many(self) -> int:
        """How many of the pending make the next transaction."""
        large = 0
        for n, entry in enumerate(self._pending[:_MOST_ENTRIES], start=1):
            large += entry.large_bytes
            if large > _MANY_BYTES:
                return n
        return _MOST_ENTRIES

    def _message(self, scribe: Scribe, entries: Sequence[Entry]) -> bytes:
        bodies = self._placed(entries)
        gathered = self._database.gathered()
        self._reasons = insert_reasons(gathered, entries, known=self._known)
        insert_together(gathered, [entry.rows for entry in entries if entry.rows is not None])
        begin_together(gathered, entries)
        settlements = [settled for entry in entries for settled in entry.settlements]
        if settlements:
            settle_together(gathered, settlements)
        return scribe.message(gathered.steps, durable=any([entry.durable for entry in entries]), bodies=bodies)

    def _placed(self, entries: Sequence[Entry]) -> list[Body]:
        """The large bodies of them, each with the place that its row points to now."""
        large = [(entry.rows, body) for entry in entries if entry.rows is not None for body in entry.rows.large]
        if not large:
            return []
        places = self._places.of([(body.series, body.raw) for _, body in large])
        for (rows, body), place in zip(large, places, strict=True):
            rows.place(body, place)
        return [self._places.written(body.series, place, body.raw) for (_, body), place in zip(large, places, strict=True)]

    def _send(self) -> None:
        assert self._scribe is not None, "who sends has opened it"  # noqa: S101 - for the type checker
        try:
            self._unsent = self._unsent[self._scribe.socket.send(self._unsent) :]
        except BlockingIOError:
            pass
        except OSError as error:
            self._lose(error)
            return
        if self._unsent:
            self.loop.add_writer(self._scribe.socket, self._send_the_rest)

    def _send_the_rest(self) -> None:
        if self._scribe is not None:
            self.loop.remove_writer(self._scribe.socket)
            self._send()

    # --- and back -----------------------------------------------------------------------------------------------------

    def _hear(self) -> None:
        if self._scribe is None:
            return
        try:
            data = self._scribe.socket.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError as error:
            self._lose(error)
            return
        if not data:
            self._lose(ConnectionResetError("the scribe is gone"))
            return
        for failure in self._scribe.came(data):
            self._answer(failure)

    def _answer(self, failure: Exception | None) -> None:
        sent, self._sent = self._sent, []
        if failure is None:
            remember(self._known, self._reasons)
            for entry in sent:
                entry.answer()
        else:
            logger.info("the writer does what the scribe could not: %r", failure)
            self._places.leave()
            for entry in sent:
                self._fall_back(entry)
        if self._waiting:
            self._ship()
        elif self._pending:
            self._call_ship()
        else:
            self._idle.set()

    def _lose(self, error: Exception) -> None:
        """The scribe is gone in the middle: nobody knows what it did.  The next transaction starts another one."""
        logger.error("the scribe is lost: %s", error)
        sent, self._sent = self._sent, []
        try:
            self.close()
        except OSError:
            logger.exception("the scribe could not be closed")
        for entry in sent:
            if entry.future is None:
                self._fall_back(entry)  # settlements: harmless to do twice
            else:
                entry.error = StoreUnavailable(f"not known to be written: {error}")
                entry.answer()
        if self._pending:
            self._call_ship()
        else:
            self._idle.set()
