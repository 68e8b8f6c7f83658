"""Entries on their way to the scribe: one transaction at a time, sent and heard by the loop itself.

No thread stands in between, so the interpreter lock never changes hands on the way of a mail.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from gateway.scribe.client import Scribe
from gateway.scribe.messages import Body, Goes, Piece, Said
from gateway.store.batch import JOURNALED, Entry, begin_together, insert_reasons, insert_together, remember
from gateway.store.blobs import Places
from gateway.store.database import Database
from gateway.store.settling import settle_together

logger = logging.getLogger(__name__)

_CHUNK = 65536

Answered = Callable[[Sequence[Entry], Said], None]
Lost = Callable[[Sequence[Entry], Exception], None]


class ToScribe:
    """The way to the scribe; all methods are called on the loop.

    ``answered`` hears what the scribe says of each transaction.
    ``lost`` hears of one of which nobody knows whether it was committed.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, database: Database, places: Places, *, answered: Answered, lost: Lost
    ) -> None:
        self._loop = loop
        self._database = database
        self._places = places  # of large bodies
        self._answered = answered
        self._lost = lost
        self._scribe: Scribe | None = None
        self._sent: Sequence[Entry] = ()  # in the transaction that the scribe is at
        self._reasons: list[str] = []  # keys of passed_over in it
        self.known: set[str] = set()  # keys of passed_over that are written
        self._unsent = memoryview(b"")
        self._open()

    @property
    def is_busy(self) -> bool:
        """It has a transaction, and has not answered yet."""
        return bool(self._sent)

    def ship(self, entries: Sequence[Entry]) -> None:
        """Send these as one transaction; the scribe must not be busy."""
        self._sent = entries
        try:
            scribe = self._scribe or self._open()
            self._unsent = memoryview(self._message(scribe, entries))
        except Exception as error:  # no process to be had, a value that cannot be packed: nothing of it was sent
            logger.exception("the scribe could not be told")
            self.close()  # the next one has to hear all texts
            self._answer(Said(error, []))
            return
        self._send()

    def close(self) -> None:
        """Let the scribe go, after what it is doing."""
        if self._scribe is not None:
            self._loop.remove_reader(self._scribe.socket)
            self._loop.remove_writer(self._scribe.socket)
            self._scribe.close()
            self._scribe = None

    # --- there --------------------------------------------------------------------------------------------------------

    def _open(self) -> Scribe:
        self._places.leave()  # each scribe begins its own files
        scribe = self._database.scribe(JOURNALED)
        scribe.socket.setblocking(False)
        self._loop.add_reader(scribe.socket, self._hear)
        self._scribe = scribe
        return scribe

    def _message(self, scribe: Scribe, entries: Sequence[Entry]) -> bytes:
        """What the journal has is read there; all other entries come with the message."""
        recorded = [entry for entry in entries if entry.promised is not None]
        others = entries if not recorded else [entry for entry in entries if entry.promised is None]
        bodies = self._placed(others)
        gathered = self._database.gathered()
        self._reasons = insert_reasons(gathered, others, known=self.known)
        insert_together(gathered, [entry.rows for entry in others if entry.rows is not None])
        begin_together(gathered, others)
        settlements = [settled for entry in others for settled in entry.settlements]
        if settlements:
            settle_together(gathered, settlements)
        return scribe.message(
            gathered.steps,
            durable=any([entry.durable for entry in entries]),
            bodies=bodies,
            pieces=_pieces(recorded),
            goes=self._gone(recorded),
        )

    def _placed(self, entries: Sequence[Entry]) -> list[Body]:
        """The large bodies of them, each with the place that its row points to now."""
        large = [(entry.rows, body) for entry in entries if entry.rows is not None for body in entry.rows.large]
        if not large:
            return []
        places = self._places.of([(body.series, body.raw) for _, body in large])
        for (rows, body), place in zip(large, places, strict=True):
            rows.place(body, place)
        return [self._places.written(body.series, place, body.raw) for (_, body), place in zip(large, places, strict=True)]

    def _gone(self, recorded: Sequence[Entry]) -> list[Goes]:
        """Where the large bodies of records go."""
        large = [body for entry in recorded if entry.rows is not None and entry.rows.large for body in entry.rows.large]
        if not large:
            return []
        places = self._places.of([(body.series, body.raw) for body in large])
        return [self._places.going(body.series, place) for body, place in zip(large, places, strict=True)]

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
            self._loop.add_writer(self._scribe.socket, self._send_the_rest)

    def _send_the_rest(self) -> None:
        if self._scribe is not None:
            self._loop.remove_writer(self._scribe.socket)
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
        for said in self._scribe.came(data):
            self._answer(said)

    def _answer(self, said: Said) -> None:
        sent, self._sent = self._sent, ()
        if said.failure is None:
            remember(self.known, self._reasons)
            for entry in sent:
                if entry.promised is not None and entry.rows is not None:
                    self.known.update(entry.rows.passed_over)
        else:
            self._places.leave()
        self._answered(sent, said)

    def _lose(self, error: Exception) -> None:
        """The scribe is gone in the middle.  The next transaction starts another one."""
        logger.error("the scribe is lost: %s", error)
        sent, self._sent = self._sent, ()
        was_ready = self._scribe is None or self._scribe.is_ready
        self._places.leave()
        try:
            self.close()
        except OSError:
            logger.exception("the scribe could not be closed")
        if was_ready:
            self._lost(sent, error)
        else:
            self._answered(sent, Said(error, []))  # it never began


def _pieces(recorded: Sequence[Entry]) -> list[Piece]:
    """Where their records are, neighbours together."""
    pieces: list[Piece] = []
    file, start, end = None, 0, 0
    for entry in recorded:
        place = entry.promised
        if place is None:
            continue
        if place.file is file and place.start == end:
            end = place.end
            continue
        if file is not None:
            pieces.append((str(file.path), start, end))
        file, start, end = place
    if file is not None:
        pieces.append((str(file.path), start, end))
    return pieces
