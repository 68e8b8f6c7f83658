"""What is promised before the database has it: the journal, the lane of the loop, and who must wait for them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path

from sqlalchemy import Connection

from gateway.errors import ConfigError, StoreUnavailable
from gateway.loops import running_loop_or_none
from gateway.store import journal as journals
from gateway.store.batch import JOURNALED, Entry
from gateway.store.blobs import Blobs
from gateway.store.database import Database
from gateway.store.journal import Journal
from gateway.store.lane import Lane
from gateway.store.replay import SetAside, replay
from gateway.store.settling import Settled
from gateway.store.statements import columns_of
from gateway.store.writer import Writer

logger = logging.getLogger(__name__)

_CATCH_UP_S = 10.0


class Promises:
    """The journal of a node, and the lane while a loop has one.  Thread-safe but for attach() and detach()."""

    def __init__(self, database: Database, blobs: Blobs, *, folder: Path, name: str) -> None:
        """``folder`` is that of the journals, ``name`` the node's, safe in a file name."""
        self._database = database
        self._blobs = blobs
        self._folder = folder
        self._name = name
        columns = {str(table.name): [str(column.name) for column in columns_of(table)] for table in JOURNALED}
        self._journal = Journal(folder, name=name, database=database.name, columns=columns)
        self._endings = contextlib.ExitStack()
        self._writer: Writer | None = None
        self._lane: Lane | None = None
        self._is_drained = True  # no lane has anything that is not written, or with the writer

    @property
    def behind(self) -> int:
        """How many entries are promised and not in the database yet."""
        lane = self._lane
        return 0 if lane is None else lane.behind

    def keep(self, connection: Connection) -> None:
        """Write what an earlier life had promised, and migrate: the journal has rows of the schema of its time.

        From now on the journal is ours alone.  ConfigError when it belongs to another database, or somebody else has it;
        OSError.
        """
        try:
            is_ours = self._endings.enter_context(journals.of_one(self._folder, self._name))
        except OSError as error:
            logger.warning("the folder of the journal cannot be used: %s", error)
            self._database.migrate(connection)
            return
        if not is_ours:
            raise ConfigError(f"[store] journal: another gateway of this name has {self._folder}; stop it, or rename this one")
        left = self._left()
        if not left or not self._database.has_schema(connection):
            self._database.migrate(connection)
        if left:
            count = self._replay(connection, left, self._journal.set_aside)
            logger.info("%d mails that an earlier life had promised came from the journal", count)
            self._database.migrate(connection)
            journals.remove(left)
        for path in journals.aside(self._folder):
            self._try_again(connection, path)

    def _left(self) -> list[Path]:
        """What an earlier life left; a file that cannot be read is kept for whoever can."""
        left = journals.left(self._folder, self._name)
        for path in journals.damaged(left):
            kept = path.rename(path.with_suffix(f".{time.time_ns()}.damaged"))
            logger.error("a journal has no heading that can be read; it is kept as %s", kept)
            left.remove(path)
        return left

    def _replay(self, connection: Connection, paths: list[Path], set_aside: SetAside) -> int:
        return replay(connection, paths, database=self._database.name, blobs=self._blobs, set_aside=set_aside)

    def _try_again(self, connection: Connection, path: Path) -> None:
        """What no database took may be taken by this one, or by this program."""
        refused: list[Path] = []

        def stay(*words: object) -> Path:
            refused.append(path)
            return path

        try:
            self._replay(connection, [path], stay)
        except ConfigError as error:
            logger.warning("%s stays aside: %s", path, error)
            return
        if not refused:
            logger.info("%s is in the database now", path)
            journals.remove([path])

    def attach(self, writer: Writer) -> None:
        """From now on the running loop has a lane; what it cannot do goes to this writer."""
        self._writer = writer
        self._is_drained = False
        try:
            self._journal.open()
        except OSError as error:
            logger.warning("no journal: each mail waits for the database: %s", error)
        loop = asyncio.get_running_loop()
        self._lane = Lane(loop, self._database, self._blobs.lane, self._fall_back, self._journal)

    async def detach(self) -> None:
        """Write what is on the lane, and close it."""
        lane, self._lane = self._lane, None
        if lane is not None:
            await lane.drain()
            lane.close()
            self._is_drained = True

    def close(self, *, finished: bool) -> None:
        """Let go of the journal; ``finished``: the writer has written all that it was given."""
        self._journal.close(finished=finished and self._is_drained)
        self._endings.close()

    def takes(self, entry: Entry) -> bool:
        """Give an entry to the lane; False when it is not for the lane, or this is not its loop."""
        lane = self._lane
        if lane is None or lane.loop is not running_loop_or_none() or not entry.is_plain:
            return False
        lane.submit(entry)
        return True

    def settles(self, done: Sequence[Settled]) -> bool:
        """Give deliveries that simply arrived to the lane; False when it is not for the lane, or this is not its loop."""
        lane = self._lane
        if lane is None or lane.loop is not running_loop_or_none() or not all([each.is_simple for each in done]):
            return False
        lane.settle(done)
        return True

    def catch_up(self) -> None:
        """Wait until what was promised so far is in the database, so that whoever looks finds it; on the loop do nothing."""
        lane = self._lane
        if lane is None or not lane.behind or lane.loop is running_loop_or_none():
            return
        # The loop has ended, or the database does not answer: whoever asked it finds that out himself.
        with contextlib.suppress(RuntimeError, TimeoutError, StoreUnavailable):
            with contextlib.suppress(StoreUnavailable):  # what became of a transaction is not known: the writer finds out
                asyncio.run_coroutine_threadsafe(lane.catch_up(), lane.loop).result(_CATCH_UP_S)
            if lane.elsewhere and self._writer is not None:
                done: Future[None] = Future()
                self._writer.submit(Entry(future=done, durable=False))
                done.result(_CATCH_UP_S)

    def flush(self) -> None:
        """Wait until nothing is on the lane; not on the loop."""
        lane = self._lane
        if lane is not None:
            asyncio.run_coroutine_threadsafe(lane.drain(), lane.loop).result()

    def set_aside(self, entry: Entry, error: Exception) -> None:
        """Keep what was promised and no database takes: a mistake of ours, and nothing of it is lost.  OSError."""
        if entry.rows is None:
            logger.error("settlements cannot be written, those deliveries may be repeated: %s", error)
            return
        kept, bodies = entry.rows.kept(frozenset()), [body.raw for body in entry.rows.large]
        path = self._journal.set_aside(entry.first_mail, kept, bodies)
        logger.error("mail %s was promised, and the database does not take it; it is in %s: %s", entry.first_mail, path, error)

    def _fall_back(self, entry: Entry) -> None:
        try:
            if self._writer is not None:
                self._writer.submit(entry)
        except StoreUnavailable as error:
            entry.error = error
            entry.answer()
