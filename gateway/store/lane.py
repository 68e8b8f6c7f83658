"""The fast lane of the event loop: what is promised is in the journal, and goes to the database in its own time.

Group commit: what is pending when the disk has answered is synced next, and what is pending when the database has answered
becomes its next transaction.  A plain mail waits for the journal alone.  What needs the database itself (an attempt at an
office system begins), and all of it while the journal cannot be had or the database is far behind, waits for the commit.

What the scribe could not do (a settlement of somebody else's, a disk that is full, a value that breaks a rule) goes to the
writer's thread, which knows how to do it one by one.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Container, Sequence
from typing import NamedTuple

from gateway.errors import StoreUnavailable
from gateway.scribe.messages import Said
from gateway.store import journal
from gateway.store.batch import Entry
from gateway.store.blobs import Places
from gateway.store.database import Database
from gateway.store.disk_sync import DiskSync
from gateway.store.journal import Journal, Kept
from gateway.store.settling import Settled
from gateway.store.to_scribe import ToScribe

logger = logging.getLogger(__name__)

_MOST_ENTRIES = 512  # in one transaction
_MANY_BYTES = 4 * 1024 * 1024  # of large bodies in one transaction; the entry that goes beyond is its last
_MANY = 256  # entries that need not wait for more to come
_PATIENCE_S = 0.02  # that what nobody waits for may wait for more, so that one transaction serves many
_MOST_BEHIND = 4096  # entries that are promised and not in the database; beyond it whoever comes waits for the commit
_FEW = 4  # that wait for a sync
_QUICK_S = 0.0005  # a sync that takes less is waited for at once by somebody who is alone
_PACE_S = 0.001  # from one sync to the next while more than few wait: more of them share one


class _Recorded(NamedTuple):
    """Entries that are in the journal, and where."""

    entries: list[Entry]
    places: list[journal.Place]


class Lane:
    """The lane of one loop; all methods are called there."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        database: Database,
        places: Places,
        fall_back: Callable[[Entry], None],
        journal_: Journal,
    ) -> None:
        self.loop = loop
        self.behind = 0  # entries that are promised and not in the database; may be read by any thread
        self.elsewhere = 0  # of these with the writer's thread
        self._fall_back = fall_back
        self._journal = journal_
        self._arriving: list[Entry] = []  # go into the journal next …
        self._settled: list[Settled] = []  # … and these, for which nobody waits
        self._syncing: _Recorded | None = None  # is there, and waits for the disk
        self._sync = DiskSync(loop)
        self._sync_s = 0.0  # what the last sync took
        self._begun_at = 0.0
        self._before = 0  # how many waited for the last one
        self._pace_at = 0.0  # when the next one may begin
        self._pending: list[Entry] = []  # go to the database next
        self._waiting = 0  # entries in _pending that somebody waits for
        self._is_refused = False  # the journal did not take the last records
        self._is_due = False  # _record() will be called in this turn of the loop
        self._is_shipping = False  # _ship() will be
        self._patience: asyncio.TimerHandle | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self._scribe = ToScribe(loop, database, places, answered=self._answered, lost=self._lost)

    def submit(self, entry: Entry) -> None:
        """Have a plain entry written; its future tells."""
        self._idle.clear()
        if self.behind >= _MOST_BEHIND or not entry.is_for_journal:
            self._queue(entry)
            return
        self._arriving.append(entry)
        self._call_record()

    def settle(self, done: Sequence[Settled]) -> None:
        """Have it written that these deliveries simply arrived; nobody waits for it."""
        self._idle.clear()
        self._settled += done
        self._call_record()

    async def catch_up(self) -> None:
        """Wait until all that is promised so far is in the database."""
        if self.behind:
            future: asyncio.Future[None] = self.loop.create_future()
            self._queue(Entry(future=future, loop=self.loop, durable=False))
            await future

    async def drain(self) -> None:
        """Wait until nothing is pending: all of it is written, or in the hands of the writer's thread."""
        await self._idle.wait()

    def close(self) -> None:
        """Let the scribe go.  What is pending is not written: drain() first."""
        self._scribe.close()
        self._sync.close()

    def written(self, entry: Entry) -> None:
        """What was promised is in the database, by the writer's thread."""
        if entry.promised is not None:
            self._journal.release(entry.promised)
            entry.promised = None
            self.behind -= 1
            self.elsewhere -= 1

    # --- into the journal -----------------------------------------------------------------------------------------------

    def _call_record(self) -> None:
        """With what else comes in with this turn of the loop."""
        if not (self._is_due or self._syncing):
            self._is_due = True
            self.loop.call_soon(self._record)

    def _record(self) -> None:
        """Write what arrives into the journal, and have it synced when somebody waits for that."""
        self._is_due = False
        if self._syncing or not (self._arriving or self._settled):
            return
        entries, self._arriving = self._arriving, []
        waiting = len(entries)
        if self._settled:
            entries.append(Entry(settlements=self._settled, durable=False))
            self._settled = []
        if not self._journal.has_room():
            self._queue_all(entries)
            return
        try:
            places = self._journal.append([self._kept(entry) for entry in entries])
        except Exception as error:  # noqa: BLE001 - the disk, or a value that cannot be packed: the database finds out which
            if not self._is_refused:  # once, not with each mail while a disk is full
                logger.warning("the journal does not take this, the database has to: %s", error)
            self._is_refused = True
            self._queue_all(entries)
            return
        self._is_refused = False
        recorded = _Recorded(entries, places)
        if not waiting:
            self._promise(recorded)
        elif max(waiting, self._before) <= 1 and self._sync_s < _QUICK_S:
            self._sync_now(recorded)
        else:
            self._sync_beside(recorded, many=waiting > _FEW)
        self._before = waiting

    def _kept(self, entry: Entry) -> tuple[Kept, Sequence[bytes]]:
        if entry.rows is None:
            return Kept({}, settled=[done.row for done in entry.settlements]), ()
        large = entry.rows.large
        return entry.rows.kept(self._scribe.known), [body.raw for body in large] if large else ()

    def _sync_now(self, recorded: _Recorded) -> None:
        """Nobody else is there: to wait for the disk takes less than to be woken by it."""
        begun = time.perf_counter()
        try:
            recorded.places[0].file.sync()
        except OSError as error:
            self._give_up(recorded, error)
        else:
            self._promise(recorded)
        self._sync_s = time.perf_counter() - begun

    def _sync_beside(self, recorded: _Recorded, *, many: bool) -> None:
        self._syncing, self._begun_at = recorded, time.perf_counter()
        self._pace_at = self.loop.time() + (_PACE_S if many else 0.0)
        try:
            self._sync.begin(recorded.places[0].file.descriptor, self._synced)
        except Exception as error:  # noqa: BLE001 - no thread to be had, whatever: the database has to do without
            self._syncing = None
            self._give_up(recorded, error)

    def _synced(self, error: OSError | None) -> None:
        recorded, self._syncing = self._syncing, None
        if recorded is None:
            return
        self._sync_s = time.perf_counter() - self._begun_at
        if error is None:
            self._promise(recorded)
        else:
            self._give_up(recorded, error)
        if (self._arriving or self._settled) and not self._is_due:
            self._is_due = True
            if (wait := self._pace_at - self.loop.time()) > 0:
                self.loop.call_later(wait, self._record)
            else:
                self.loop.call_soon(self._record)
        self._rest()

    def _give_up(self, recorded: _Recorded, error: Exception) -> None:
        logger.error("the journal cannot be synced, the database has to do without: %s", error)
        self._queue_all(recorded.entries)
        for place in recorded.places:
            self._journal.release(place)
        self._journal.leave()

    def _promise(self, recorded: _Recorded) -> None:
        entries, places = recorded
        for entry, place in zip(entries, places, strict=True):
            entry.promised = place
            if (future := entry.future) is not None:
                entry.future = None
                if not future.done():
                    future.set_result(None)
        self.behind += len(entries)
        self._pending += entries
        self._call_ship()

    # --- into the database ----------------------------------------------------------------------------------------------

    def _queue(self, entry: Entry) -> None:
        self._queue_all((entry,))

    def _queue_all(self, entries: Sequence[Entry]) -> None:
        self._pending += entries
        self._waiting += sum([entry.future is not None for entry in entries])
        self._call_ship()

    def _call_ship(self) -> None:
        """Soon if somebody waits (what else comes in with this turn of the loop goes along), else after some patience."""
        if self._is_shipping or self._scribe.is_busy:
            return
        if self._waiting or len(self._pending) >= _MANY:
            self._is_shipping = True
            self.loop.call_soon(self._ship)
        elif self._patience is None:
            self._patience = self.loop.call_later(_PATIENCE_S, self._ship)

    def _ship(self) -> None:
        """Send what is pending as one transaction."""
        self._is_shipping = False
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        if not self._scribe.is_busy:
            most = self._how_many()
            sent, self._pending = self._pending[:most], self._pending[most:]
            self._waiting = sum([entry.future is not None for entry in self._pending])
            if sent:
                self._scribe.ship(sent)
        self._rest()

    def _how_many(self) -> int:
        """How many of the pending make the next transaction."""
        large = 0
        for n, entry in enumerate(self._pending[:_MOST_ENTRIES], start=1):
            if entry.rows is not None and entry.rows.large:
                large += entry.large_bytes
                if large > _MANY_BYTES:
                    return n
        return _MOST_ENTRIES

    def _answered(self, sent: Sequence[Entry], said: Said) -> None:
        if said.failure is None:
            self._written_there(sent)
        else:
            logger.info("the writer does what the scribe could not: %r", said.failure)
            for entry in sent:
                self._leave_to_writer(entry)
        if said.unsettled:
            self._settle_elsewhere(sent, frozenset(said.unsettled))
        self._go_on()

    def _written_there(self, sent: Sequence[Entry]) -> None:
        for entry in sent:
            place = entry.promised
            if place is None:
                entry.answer()
            else:
                place.file.needed -= 1
                entry.promised = None
                self.behind -= 1

    def _leave_to_writer(self, entry: Entry) -> None:
        if entry.promised is not None:
            entry.lane, entry.loop = self, self.loop
            self.elsewhere += 1
        self._fall_back(entry)

    def _settle_elsewhere(self, sent: Sequence[Entry], ids: Container[str]) -> None:
        """Deliveries that are somebody else's by now: the writer knows what to make of that."""
        some = [done for entry in sent for done in entry.settlements if done.settlement.delivery_id in ids]
        self._fall_back(Entry(settlements=some, durable=False))

    def _lost(self, sent: Sequence[Entry], error: Exception) -> None:
        """Nobody knows what became of these."""
        for entry in sent:
            if entry.future is None:
                self._leave_to_writer(entry)  # who looks whether it is there; settlements are harmless to do twice
            else:
                entry.error = StoreUnavailable(f"not known to be written: {error}")
                entry.answer()
        self._go_on()

    def _go_on(self) -> None:
        if self._pending:
            self._call_ship()
        self._rest()

    def _rest(self) -> None:
        if not (self._arriving or self._settled or self._syncing or self._pending or self._scribe.is_busy):
            self._idle.set()
