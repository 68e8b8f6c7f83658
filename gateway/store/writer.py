"""Group commit: what is pending becomes one durable transaction.

One thread writes.  It takes everything that waits, makes one transaction of it with few statements, commits (which waits
for the disk), and tells all who wait.  Meanwhile the next ones gather: no timer, the batch is what came in during the last
sync.  One bad entry must not fail the others: when the merged transaction fails, it is done again entry by entry.  When
the database is gone or the disk is full, entries fail with StoreUnavailable, and the next batch connects anew; only
settlements are kept and tried again, because a lost one would repeat a delivery.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.exc import SQLAlchemyError

from gateway.errors import StoreUnavailable, VanthuError
from gateway.store.batch import Entry, begin_together, insert_reasons, insert_together, remember
from gateway.store.blobs import Blobs
from gateway.store.database import Database
from gateway.store.moves import open_case, settle_one
from gateway.store.rows import mail_digest, place_of, segment_of
from gateway.store.settling import settle_together
from gateway.store.tables import mails
from gateway.store.transaction import Transaction

logger = logging.getLogger(__name__)

_MOST_ENTRIES = 512  # in one transaction
_MOST_UNSETTLED = 100_000  # entries with settlements that are kept while the database is gone
_PATIENCE_S = 0.005  # that settlements wait for a mail to be committed with
_RETRY_S = 0.5  # between tries to write those, when nothing else comes in


class Writer:
    """The thread that writes."""

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        *,
        clock: Callable[[], datetime],
        set_aside: Callable[[Entry, Exception], None],
    ) -> None:
        """``set_aside`` keeps what was promised and cannot be written, whatever is tried; it may raise OSError."""
        self._set_aside = set_aside
        self._database = database
        self._blobs = blobs
        self._clock = clock
        self._connection: Connection | None = None
        self._transaction: Transaction | None = None
        self._queue: SimpleQueue[Entry | None] = SimpleQueue()
        self._unsettled: list[Entry] = []  # settlements, and what was promised, while the database takes nothing
        self.is_behind = False  # something that was promised is among them
        self.known: set[str] = set()  # keys of passed_over that are written
        self._lock = threading.Lock()  # nothing is put behind the None that ends the queue
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)

    def start(self, connection: Connection) -> None:
        """Begin to write, through this connection for a start."""
        self._use(connection)
        self._thread.start()

    def submit(self, entry: Entry) -> None:
        """Have something written; its future tells.  Any thread.  StoreUnavailable after stop()."""
        with self._lock:
            if self._closed:
                raise StoreUnavailable("the store is closed")
            self._queue.put(entry)

    def stop(self) -> None:
        """Write what is pending, then end."""
        with self._lock:
            self._closed = True
            self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join()
        self._drop()

    # --- the loop -----------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        going = True
        while going:
            batch, going = self._gather()
            try:
                self._write(batch)
            except Exception as error:
                logger.exception("the writer failed; it goes on with the next batch")
                self._fail(batch, error, keep_settlements=True)
            self.is_behind = any(entry.promised for entry in self._unsettled)
            kept = set(map(id, self._unsettled))
            _answer([entry for entry in batch if id(entry) not in kept] if kept else batch)
            batch = []  # while it waits for the next ones, it holds none in memory
        if self._unsettled:
            logger.error(
                "%d settlements were never written: those deliveries will be repeated; what was promised is in the journal",
                len(self._unsettled),
            )

    def _gather(self) -> tuple[list[Entry], bool]:
        """All that waits; and whether there is to be a next time.

        When nobody waits for any of it (settlements), the next mail may still come along: both then share one commit.
        """
        batch, self._unsettled = self._unsettled, []
        wait = _RETRY_S if batch else None
        deadline = 0.0
        while True:
            try:
                entry = self._queue.get(timeout=wait)
            except Empty:
                return batch, True
            if entry is None:
                return batch, False
            batch.append(entry)
            if entry.future is not None:
                break
            deadline = deadline or time.monotonic() + _PATIENCE_S
            wait = max(deadline - time.monotonic(), 0.0)
        while len(batch) < _MOST_ENTRIES and not self._queue.empty():
            entry = self._queue.get()
            if entry is None:
                return batch, False
            batch.append(entry)
        return batch, True

    def _write(self, batch: Sequence[Entry]) -> None:
        self._write_large(batch)
        kept = set(map(id, self._unsettled))
        entries = [entry for entry in batch if entry.error is None and id(entry) not in kept]
        try:
            self._commit(entries)
        except Exception as error:  # noqa: BLE001 - a bad value shows itself in many ways, and may fail only its own entry
            hopeless = self._database.is_hopeless(error)
            self._roll_back(drop=hopeless)
            if hopeless:
                self._fail(entries, error, keep_settlements=True)
            else:
                self._commit_each(entries)

    def _commit_each(self, entries: Sequence[Entry]) -> None:
        for n, entry in enumerate(entries):
            entry.error = entry.result = None
            try:
                if entry.promised is None or not self._is_there(entry):
                    self._commit([entry], one_by_one=True)
            except Exception as error:  # noqa: BLE001 - as above
                hopeless = self._database.is_hopeless(error)
                self._roll_back(drop=hopeless)
                if hopeless:
                    self._fail(entries[n:], error, keep_settlements=True)
                    return
                if entry.promised is None:
                    self._fail([entry], error)
                elif not (self._database.is_refused(error) and self._is_kept(entry, error)):
                    # What comes behind it may be about it.
                    self._fail(entries[n:], error, keep_settlements=True)
                    return

    def _is_there(self, entry: Entry) -> bool:
        """A transaction of which nobody knew what became of it has written this after all."""
        if entry.rows is None:
            return False
        transaction = self._transaction or self._use(self._database.connect())
        found = transaction.connection.scalar(select(mails.c.digest).where(mails.c.id == entry.first_mail))
        if found != mail_digest(entry.rows.mails[0]):
            return False
        for body in entry.rows.large:
            # Whoever wrote it let go of its segment before anybody could see that it is needed: the copy made here counts.
            place = place_of(entry.rows.mails[body.n])
            transaction.connection.execute(
                update(mails).where(mails.c.id == entry.rows.mails[body.n][0], mails.c.kept).values(place)
            )
        return True

    def _is_kept(self, entry: Entry, error: Exception) -> bool:
        """What was promised is kept beside the database when it breaks one of its rules."""
        try:
            self._set_aside(entry, error)
        except OSError:
            logger.exception("what was promised cannot be set aside either; it is tried again")
            return False
        return True

    # --- one transaction ----------------------------------------------------------------------------------------------

    def _write_large(self, batch: Sequence[Entry]) -> None:
        """Put large bodies into segments, before the rows that point there; those that are in an open one stay there."""
        large = [(entry, entry.rows, body) for entry in batch if entry.rows is not None for body in entry.rows.large]
        large = [each for each in large if not self._blobs.holds(segment_of(each[1].mails[each[2].n]))]
        if not large:
            return
        try:
            if self._transaction is None:
                self._use(self._database.connect())  # first: while there is none, nothing is to fill the disk
            places = self._blobs.append([(body.series, body.raw) for _, _, body in large])
        except (OSError, SQLAlchemyError, VanthuError) as error:
            failed = {id(entry): entry for entry, _, _ in large}
            # What came of a mail must not be written before the mail.
            behind = [entry for entry in batch if entry.settlements and id(entry) not in failed]
            self._fail([*failed.values(), *behind], error, keep_settlements=True)
            return
        for (_, rows, body), place in zip(large, places, strict=True):
            rows.place(body, place)

    def _commit(self, entries: Sequence[Entry], *, one_by_one: bool = False) -> None:
        plain = [entry.rows for entry in entries if entry.rows is not None and entry.call is None]
        calls = [(entry, entry.call) for entry in entries if entry.call is not None]
        settlements = [settled for entry in entries for settled in entry.settlements]
        singly, many = (settlements, []) if one_by_one else ([], settlements)
        openings = [(opening, rows) for rows in plain for opening in rows.openings]
        transaction = self._transaction or self._use(self._database.connect())
        with transaction.together():
            transaction.begin(durable=any([entry.durable for entry in entries]))
            reasons = insert_reasons(transaction, entries, known=self.known)
            insert_together(transaction, plain)
            begin_together(transaction, entries)
            if many:
                settle_together(transaction, many)
            if not (singly or openings or calls):
                transaction.commit()
        if singly or openings or calls:
            for opening, rows in openings:
                open_case(transaction, opening, rows.lease)
            for done in singly:
                settle_one(transaction, done, now=self._clock())
            for entry, call in calls:
                self._call(transaction, entry, call)
            transaction.commit()
        remember(self.known, reasons)

    def _call(self, transaction: Transaction, entry: Entry, call: Callable[[Transaction], Any]) -> None:
        """Run the entry's function with its rows, in a transaction within the transaction."""
        transaction.execute("SAVEPOINT entry")
        try:
            if entry.rows is not None:
                insert_together(transaction, [entry.rows])
                for opening in entry.rows.openings:
                    open_case(transaction, opening, entry.rows.lease)
            entry.result = call(transaction)
        except VanthuError as error:
            transaction.execute("ROLLBACK TO SAVEPOINT entry")
            entry.error = error
        transaction.execute("RELEASE SAVEPOINT entry")

    # --- when it fails ------------------------------------------------------------------------------------------------

    def _fail(self, entries: Sequence[Entry], error: BaseException, *, keep_settlements: bool = False) -> None:
        kept = set(map(id, self._unsettled))
        for entry in entries:
            if id(entry) in kept:
                continue
            if keep_settlements and (entry.promised or (entry.settlements and len(self._unsettled) < _MOST_UNSETTLED)):
                self._unsettled.append(entry)
                continue
            if entry.settlements:
                logger.error("settlements are lost, those deliveries will be repeated: %s", error)
            entry.error = StoreUnavailable(f"not written: {error}")
            entry.error.__cause__ = error
        logger.warning("%d entries were not written: %s", len(entries), error)

    def _use(self, connection: Connection) -> Transaction:
        self._connection = connection
        self._transaction = self._database.transaction(connection)
        return self._transaction

    def _roll_back(self, *, drop: bool) -> None:
        """Leave the transaction, and the connection too when it cannot be trusted any more."""
        if self._transaction is not None and not drop:
            try:
                self._transaction.roll_back()
            except Exception:
                logger.exception("no rollback: connecting anew")
                drop = True
        if drop:
            self._drop()

    def _drop(self) -> None:
        connection, self._connection, self._transaction = self._connection, None, None
        if connection is not None:
            with contextlib.suppress(Exception):  # it may be dead in any way: only the next one matters
                connection.invalidate()
            with contextlib.suppress(Exception):
                connection.close()


def _answer(batch: Sequence[Entry]) -> None:
    """Tell all who wait: one call for each loop."""
    loops: dict[asyncio.AbstractEventLoop, list[Entry]] = {}
    for entry in batch:
        if entry.loop is not None and (entry.future is not None or entry.promised is not None):
            loops.setdefault(entry.loop, []).append(entry)
        else:
            entry.answer()
    for loop, entries in loops.items():
        with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits any more
            loop.call_soon_threadsafe(_answer_all, entries)


def _answer_all(entries: Sequence[Entry]) -> None:
    for entry in entries:
        entry.answer()
