"""Runs documents.recognise in guarded child processes: time, memory, kill.

Nothing that a stranger sent is parsed in the gateway's own process.  A fork server (gateway.inspection_forks) forks
a child for each job, for a few jobs at a time.  Readings come back file by file: when a child dies, the file in progress is
UNREADABLE ("time limit", "memory limit", "crashed") and a fresh child goes on with the next one.  So a hostile file costs
one held mail, and nothing else.  A file that was read before is not read again (gateway.known_readings).  The loop never
waits: threads of an executor do.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import queue
import threading
import time
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec
from msgspec.structs import replace

from gateway import sandbox
from gateway.anchors import anchors_in
from gateway.config import Inspection
from gateway.documents.copies_of_a_mail import lasting_digest
from gateway.documents.gathering import assembled
from gateway.errors import ConfigError, NotFound, VanthuError
from gateway.inspection_job import NOT_THERE, Job, Models, Parts
from gateway.inspection_server import (
    GRACE_S,
    ForkServer,
    Needless,
    NotLoaded,
    Outcome,
    Reader,
    ServerDied,
    nothing,
    unreadable,
)
from gateway.known_readings import Counts, KnownReadings
from gateway.layers import Layers
from gateway.model import FileReading, Recognition, digest_of

_log = logging.getLogger(__name__)

_TRIES = 3  # to load; mail comes in meanwhile, so that somebody's kill must not end the gateway
_LONGEST_WAIT_S = 5.0  # for another child that reads the same file; what takes longer is not remembered
_SHORT = 1 << 20  # bytes of a mail whose digest is made on the loop
_LIMITS_PER_MAIL = 3  # a whole mail may take so many times what one file may; the session of its sender waits


class Inspector:
    """The guarded readers.  ``recognise`` is for the loop; the others block, and are called from threads."""

    def __init__(self, settings: Inspection, *, most_waiting: int = 200, patience_s: float = 240.0) -> None:
        """``most_waiting`` mails may wait for a reader, each for ``patience_s``: after 5 minutes its sender would be gone."""
        self._settings = settings
        self._most_waiting = most_waiting
        self._patience_s = patience_s
        self._mails = 0  # that wait or are read
        self._known = KnownReadings(settings.remember_mb * 1024 * 1024)
        self._count = max(settings.processes, 1)
        self._forks: ForkServer | None = None
        self._idle: queue.LifoQueue[Reader] = queue.LifoQueue()
        self._threads: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()
        self._closed = False

    def open(self) -> None:
        """From now on jobs are done: the first one launches the fork server, unless start() did, and waits for it.

        Raises ConfigError.
        """
        with self._lock:
            if self._threads is not None:
                return
            if self._forks is None:
                self._forks = ForkServer(models_of(self._settings))
            self._idle = queue.LifoQueue()  # a reader that comes back from before a close() is none of these
            for _ in range(self._count):
                self._idle.put(Reader(self._forks))
            self._threads = ThreadPoolExecutor(self._count, thread_name_prefix="inspection")
            self._closed = False

    def start(self) -> None:
        """Open it, and wait until the fork server is ready: what it loads takes a second or two.  Blocks.

        One that is killed while it loads is started again.  Raises VanthuError when it cannot be started.
        """
        self.open()
        for left in reversed(range(_TRIES)):
            try:
                self._wait()
                break
            except NotLoaded as error:
                if not left:
                    raise
                _log.warning("inspection: %s; it is started again", error)
        _tell_layers()

    def _wait(self, by: float = math.inf) -> None:
        """Until there is a fork server, before the time that a job may take is counted.  Raises VanthuError."""
        forks = self._forks
        if self._closed or forks is None:
            raise VanthuError("the inspection is not running")
        forks.start(by=by)

    def close(self) -> None:
        """Stop the fork server; what is being read is lost."""
        with self._lock:
            self._closed = True
            threads, self._threads = self._threads, None
        if threads:
            threads.shutdown(wait=True, cancel_futures=True)
        while not self._idle.empty():
            self._idle.get_nowait().drop()
        forks, self._forks = self._forks, None
        if forks is not None:
            forks.stop()

    def remembered(self) -> Counts:
        """What the memory of readings was good for so far."""
        return self._known.counts()

    async def recognise(self, raw: bytes, *, within: float = 0.0) -> Recognition:
        """The documents of one mail.  Never raises for a hostile mail.

        ``within`` seconds (0: as long as it takes) there is an answer: files that were not read by then are unreadable, and a
        mail that nobody began to read in half that time has waited too long.

        VanthuError when no child can be started at all, and when too many mails wait or this one has waited too long:
        nothing was promised yet, and the sender comes back.
        """
        if self._threads is None:
            raise VanthuError("the inspection is not running")
        now = time.monotonic()
        key = self._key_of(raw) if len(raw) <= _SHORT else await asyncio.to_thread(self._key_of, raw)
        if found := self._known.get(key):
            return found
        if self._mails >= self._most_waiting + self._count:
            raise VanthuError(f"the inspection is overloaded: {self._most_waiting} mails wait")
        self._mails += 1
        try:
            loop = asyncio.get_running_loop()
            begun_by = now + (min(self._patience_s, within / 2) if within else self._patience_s)
            done_by = now + within if within else math.inf
            return await loop.run_in_executor(self._threads, self._recognise_in_time, raw, key, begun_by, done_by)
        finally:
            self._mails -= 1

    def _recognise_in_time(self, raw: bytes, key: str, begun_by: float, done_by: float) -> Recognition:
        if time.monotonic() >= begun_by:
            raise VanthuError("the inspection is overloaded: a mail waited too long for its turn")
        self._wait(begun_by)
        return self._read(raw, key, done_by)

    def recognise_now(self, raw: bytes) -> Recognition:
        """The same for threads."""
        self._wait()
        key = self._key_of(raw)
        return self._known.get(key) or self._read(raw, key, math.inf)

    def _key_of(self, raw: bytes) -> str:
        return f"mail {lasting_digest(raw)}" if self._known.most_bytes else ""

    def _read(self, raw: bytes, key: str, done_by: float) -> Recognition:
        """By children, unless another thread is about to know it."""
        now = time.monotonic()
        waits_by = now + min(_LONGEST_WAIT_S, self._settings.time_limit_s / 2, (done_by - now) / 2)
        if found := self._known.get_or_begin(key, by=waits_by):
            return found
        try:
            until = min(done_by, time.monotonic() + _LIMITS_PER_MAIL * self._settings.time_limit_s)
            recognition = self._read_by_children(raw, until, waits_by)
            self._known.put(key, *recognition.files, subject=recognition.subject)
            return recognition
        finally:
            self._known.end(key)

    def _read_by_children(self, raw: bytes, until: float, waits_by: float) -> Recognition:
        with contextlib.closing(_Mail(raw, self._known, waits_by)) as mail:
            job = self._job("mail")
            while mail.goes_on_with(self._run(job, raw, until=until, needless=mail.needless)):
                job = replace(job, after_death=True)
                if time.monotonic() >= until:
                    mail.cut_off()
                    break
            return assembled(mail.subject, mail.readings)

    def inspect_file(self, name: str, data: bytes) -> FileReading:
        """One file by itself.  Blocks."""
        outcome = self._run(self._job("file", name=name), data)
        if outcome.readings:
            return outcome.readings[0]
        return outcome.lost or unreadable(FileReading(name=name, digest=digest_of(data), size=len(data)), outcome.reason)

    def page_image(self, data: bytes, page: int, width_px: int) -> bytes:
        """One page of a PDF or picture as PNG, counted from 1.  Blocks.  NotFound when it is not there, else VanthuError."""
        return self._made(self._job("page", page=page, width=max(16, min(width_px, 4000))), data)

    def file_in(self, raw: bytes, way: Sequence[str]) -> bytes:
        """One file out of a mail; ``way`` is the SHA-256 of the part, of the file in it, and so on.  Blocks.

        NotFound when the mail has no such file, VanthuError when it cannot be taken out within the limits.
        """
        return self._made(self._job("take", way=tuple(way)), raw)

    def words_of(self, data: bytes, media: str) -> str:
        """The words of a text, sheet or Word file of that media type, for people.  Blocks.  VanthuError when there are none."""
        return self._made(self._job("words", name=media), data).decode("utf-8", "replace")

    def layers_of(self, raw: bytes) -> Layers:
        """A mail as people look at it.  Blocks.  VanthuError when it cannot be taken apart within the limits."""
        try:
            return msgspec.msgpack.decode(self._made(self._job("layers"), raw), type=Layers)
        except msgspec.MsgspecError as error:
            raise VanthuError("layers: the child's answer makes no sense") from error

    def own_words(self, raw: bytes) -> str:
        """What the writer of a mail wrote himself, without what he quotes; "" when it cannot be read.  Blocks."""
        return self._run(self._job("own words"), raw).made.decode("utf-8", "replace")

    def rows_of(self, data: bytes, sheet: str = "") -> list[list[str]]:
        """The rows of a list (CSV, XLSX, XLS, ODS) that somebody sends in.  Blocks.  VanthuError when it cannot be read."""
        outcome = self._run(self._job("rows", name=sheet), data)
        if outcome.failed or not outcome.complete:
            far = "not a list that can be read (a cell very far from the others?): copy its rows into a new workbook"
            raise VanthuError(outcome.failed or far)
        return msgspec.msgpack.decode(outcome.made, type=list[list[str]])

    def _made(self, job: Job, data: bytes) -> bytes:
        outcome = self._run(job, data)
        if outcome.failed == NOT_THERE:
            raise NotFound(f"{job.task}: not in this file")
        if not outcome.complete or outcome.failed:
            raise VanthuError(f"{job.task}: cannot be done: {outcome.failed or outcome.reason}")
        return outcome.made

    def _job(self, task: str, *, name: str = "", page: int = 0, width: int = 0, way: tuple[str, ...] = ()) -> Job:
        limits = self._settings
        return Job(
            task=task,
            name=name,
            page=page,
            width=width,
            way=way,
            time_limit_s=limits.time_limit_s,
            memory_limit_mb=limits.memory_limit_mb,
            max_file_bytes=limits.max_file_bytes,
        )

    def _run(self, job: Job, data: bytes, *, until: float | None = None, needless: Needless = nothing) -> Outcome:
        """Have one job done before ``until`` (monotonic), by another fork server when the first one has died."""
        self._wait(until or math.inf)
        idle = self._idle
        reader = _first_of(idle, until)
        try:
            for _ in range(2):
                try:
                    return reader.do(job, data, until or time.monotonic() + job.time_limit_s + GRACE_S, needless)
                except (ServerDied, OSError) as error:
                    _log.warning("inspection: the fork server died; it is started again: %s", error)
            raise VanthuError("the inspection cannot run: its fork server dies")
        finally:
            idle.put(reader)


def _first_of(idle: queue.LifoQueue[Reader], until: float | None) -> Reader:
    try:
        return idle.get(timeout=None if until is None else max(until - time.monotonic(), 0.001))
    except queue.Empty:
        raise VanthuError("the inspection is overloaded: no reader was free in time") from None


class _Mail:
    """One mail while children read it, one after the other if need be."""

    def __init__(self, raw: bytes, known: KnownReadings, waits_by: float) -> None:
        """Until ``waits_by`` (monotonic) it waits for other mails whose children read the same files."""
        self._raw = raw
        self._known = known
        self._waits_by = waits_by
        self._files: dict[int, FileReading] = {}
        self._beyond: list[FileReading] = []
        self._begun = ""  # key of a file that others wait for
        self._again = False  # a child died before its first file
        self.subject = ""

    @property
    def readings(self) -> tuple[FileReading, ...]:
        """Of its parts in their order, and of what came of the mail itself."""
        return (*(self._files[index] for index in sorted(self._files)), *self._beyond)

    def needless(self, parts: Parts) -> Collection[int]:
        """Which parts a child need not read: those that one before it has read or died over, and those that are known."""
        self.close()
        for index in parts.order:
            if (key := parts.keys[index]) and index not in self._files:
                found = self._known.get(key) if self._begun else self._known.get_or_begin(key, by=self._waits_by)
                if found:
                    self._files[index] = found.files[0]
                elif not self._begun:
                    self._begun = key
        return self._files.keys()

    def goes_on_with(self, outcome: Outcome) -> bool:
        """Take what came from a child.  False when there is nothing left to read."""
        self.subject = outcome.subject or self.subject
        self._files |= outcome.readings
        if outcome.first:
            self._known.put(*outcome.first)
        self.close()
        if outcome.complete:
            return False
        if outcome.lost is None:
            return self._goes_on_without(outcome)
        self._files[outcome.index] = outcome.lost
        return True

    def _goes_on_without(self, outcome: Outcome) -> bool:
        """The child died over none of the files: between two of them, or the mail itself cannot be taken apart.

        When the machine has no memory left, its kernel ends whom it likes; so that is tried twice.
        """
        goes_on = bool(outcome.readings) or (outcome.reason == "crashed" and not outcome.distrusted and not self._again)
        self._again = True
        if outcome.distrusted or not goes_on:
            self._beyond.append(unreadable(_whole(self._raw), outcome.reason))
        return goes_on

    def close(self) -> None:
        """Nobody waits for it any longer."""
        if self._begun:
            self._known.end(self._begun)
        self._begun = ""

    def cut_off(self) -> None:
        """There is no time for more."""
        self._beyond.append(unreadable(FileReading(name="…", digest=digest_of(self._raw), size=0), "time limit"))


def _whole(raw: bytes) -> FileReading:
    return FileReading(name="", digest=digest_of(raw), size=len(raw))


def models_of(settings: Inspection) -> Models:
    """What the fork server loads.  Raises ConfigError for a folder that is not there or a file that is no certificate."""
    try:
        anchors_in(settings.trust_anchors)
    except (OSError, ValueError) as error:
        raise ConfigError(f"[inspection] trust_anchors: {error}") from error
    return Models(ocr=settings.ocr, tessdata=settings.tessdata, trust_anchors=settings.trust_anchors)


def _tell_layers() -> None:
    """Once at the start: an operator should know what a hostile file would meet here."""
    layers = sandbox.layers()
    _log.info("inspection: guarded by %s", ", ".join(name for name, holds in layers.items() if holds))
    for name in (name for name, holds in layers.items() if not holds):
        _log.warning("inspection: this kernel or machine has no %s: files are read with the other guards only", name)
