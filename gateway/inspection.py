"""Runs documents.recognise in guarded child processes: time, memory, kill.

Nothing that a stranger sent is parsed in the gateway's own process.  A few fork servers (gateway.inspection_child) wait;
each does one job at a time and forks for it.  Readings come back file by file: when a child dies, the file in progress is
UNREADABLE ("time limit", "memory limit", "crashed") and a fresh child goes on with the next one.  So a hostile file
costs one held mail, and nothing else.  The loop never waits: threads of an executor do.
"""

from __future__ import annotations

import asyncio
import logging
import os
import queue
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

import msgspec

import gateway
from gateway import sandbox
from gateway.config import Inspection
from gateway.documents.recognise import assembled
from gateway.errors import ConfigError, NotFound, VanthuError
from gateway.inspection_child import BEGIN, END, FAILED, KILL, MESSAGE, PAGE, READING, READY, Exit, Job
from gateway.model import FileReading, Nature, Recognition, digest_of
from gateway.warmup import Models, anchors_in

_log = logging.getLogger(__name__)

_START_LIMIT_S = 30.0
_GRACE_S = 3.0  # beyond the alarm in the child itself
_MAX_FRAME = 64 * 1024 * 1024
_LIMITS_PER_MAIL = 3  # a whole mail may take so many times what one file may; the session of its sender waits
_BEGUN = msgspec.msgpack.Decoder(tuple[int, FileReading])
_READ = msgspec.msgpack.Decoder(FileReading)
_EXIT = msgspec.msgpack.Decoder(Exit)


class Inspector:
    """The guarded readers.  ``recognise`` is for the loop; the others block, and are called from threads."""

    def __init__(self, settings: Inspection, *, most_waiting: int = 200, patience_s: float = 240.0) -> None:
        """``most_waiting`` mails may wait for a reader, each for ``patience_s``: after 5 minutes its sender would be gone."""
        self._settings = settings
        self._most_waiting = most_waiting
        self._patience_s = patience_s
        self._mails = 0  # that wait or are read
        self._count = max(settings.processes, 1)
        self._idle: queue.LifoQueue[_Server] = queue.LifoQueue()
        self._threads: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()
        self._closed = False

    def start(self) -> None:
        """Start the fork servers.  Raises VanthuError when one cannot be started."""
        with self._lock:
            if self._threads is not None:
                return
            models = models_of(self._settings)
            _tell_layers()
            servers = [_Server(models) for _ in range(self._count)]
            for server in servers:
                server.start()
                self._idle.put(server)
            self._threads = ThreadPoolExecutor(self._count, thread_name_prefix="inspection")
            self._closed = False

    def close(self) -> None:
        """Stop the fork servers; what is being read is lost."""
        with self._lock:
            self._closed = True
            threads, self._threads = self._threads, None
        if threads:
            threads.shutdown(wait=True, cancel_futures=True)
        while not self._idle.empty():
            self._idle.get_nowait().stop()

    async def recognise(self, raw: bytes) -> Recognition:
        """The documents of one mail.  Never raises for a hostile mail.

        VanthuError when no child can be started at all, and when too many mails wait or this one has waited too long:
        nothing was promised yet, and the sender comes back.
        """
        if self._threads is None:
            raise VanthuError("the inspection is not running")
        if self._mails >= self._most_waiting + self._count:
            raise VanthuError(f"the inspection is overloaded: {self._most_waiting} mails wait")
        self._mails += 1
        try:
            loop, until = asyncio.get_running_loop(), time.monotonic() + self._patience_s
            return await loop.run_in_executor(self._threads, self._recognise_in_time, raw, until)
        finally:
            self._mails -= 1

    def _recognise_in_time(self, raw: bytes, until: float) -> Recognition:
        if time.monotonic() >= until:
            raise VanthuError(f"the inspection is overloaded: a mail waited {self._patience_s:.0f} s")
        return self.recognise_now(raw)

    def recognise_now(self, raw: bytes) -> Recognition:
        """The same for threads."""
        subject, files, index = "", list[FileReading](), 0
        until = time.monotonic() + _LIMITS_PER_MAIL * self._settings.time_limit_s
        whole = FileReading(name="", digest=digest_of(raw), size=len(raw))
        while True:
            outcome = self._run(self._job("mail", skip=index), raw, until=until)
            subject = outcome.subject or subject
            files += outcome.readings
            if outcome.complete:
                break
            files.append(outcome.lost or _unreadable(whole, outcome.reason))
            if outcome.lost is None:  # it died before the first file: the mail itself cannot be taken apart
                break
            index = outcome.index + 1
            if time.monotonic() >= until:
                files.append(_unreadable(FileReading(name="…", digest=whole.digest, size=0), "time limit"))
                break
        return assembled(subject, tuple(files))

    def inspect_file(self, name: str, data: bytes) -> FileReading:
        """One file by itself.  Blocks."""
        outcome = self._run(self._job("file", name=name), data)
        if outcome.readings:
            return outcome.readings[0]
        return outcome.lost or _unreadable(FileReading(name=name, digest=digest_of(data), size=len(data)), outcome.reason)

    def page_image(self, data: bytes, page: int, width_px: int) -> bytes:
        """One page of a PDF or picture as PNG, counted from 1.  Blocks.  NotFound when it is not there, else VanthuError."""
        outcome = self._run(self._job("page", page=page, width=max(16, min(width_px, 4000))), data)
        if outcome.failed == "no such page":
            raise NotFound(f"page {page}")
        if not outcome.page:
            raise VanthuError(f"the page cannot be drawn: {outcome.failed or outcome.reason}")
        return outcome.page

    def _job(self, task: str, *, name: str = "", skip: int = 0, page: int = 0, width: int = 0) -> Job:
        limits = self._settings
        return Job(
            task=task,
            name=name,
            skip=skip,
            page=page,
            width=width,
            time_limit_s=limits.time_limit_s,
            memory_limit_mb=limits.memory_limit_mb,
            max_file_bytes=limits.max_file_bytes,
        )

    def _run(self, job: Job, data: bytes, *, until: float | None = None) -> _Outcome:
        """Have one job done before ``until`` (monotonic), by a restarted server when the first one has died."""
        if self._closed or self._threads is None:
            raise VanthuError("the inspection is not running")
        server = self._idle.get()
        try:
            for _ in range(2):
                try:
                    server.start()
                    return server.do(job, data, until or time.monotonic() + job.time_limit_s + _GRACE_S)
                except (_ServerDied, OSError) as error:
                    _log.warning("inspection: a fork server died; it is started again: %s", error)
                    server.stop()
                except BaseException:
                    server.stop()  # half an exchange: the next job must not get the answer to this one
                    raise
            raise VanthuError("the inspection cannot run: its fork server dies")
        finally:
            self._idle.put(server)


def models_of(settings: Inspection) -> Models:
    """What the fork servers load.  Raises ConfigError for a folder that is not there or a file that is no certificate."""
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


class _ServerDied(Exception):
    """The fork server is gone (not just one of its children)."""


class _Outcome:
    """What came back from one child."""

    def __init__(self) -> None:
        self.subject = ""
        self.readings: list[FileReading] = []
        self.begun: FileReading | None = None
        self.index = -1
        self.page = b""
        self.failed = ""
        self.complete = False
        self.timed_out = False
        self.reason = ""

    @property
    def lost(self) -> FileReading | None:
        """The file over which the child died."""
        return _unreadable(self.begun, self.reason) if self.begun and self.reason else None

    def take(self, what: bytes, body: bytes) -> None:
        """One frame."""
        if what == MESSAGE:
            self.subject = body.decode("utf-8", "replace")
        elif what == BEGIN:
            self.index, self.begun = _BEGUN.decode(body)
        elif what == READING:
            self.readings.append(_READ.decode(body))
            self.begun = None
        elif what == PAGE:
            self.page = body
        elif what == FAILED:
            self.failed = body.decode("utf-8", "replace")
        elif what == END:
            self.complete = True

    def ended(self, how: Exit, memory_limit_mb: int) -> None:
        """Why the child died, if it did not finish."""
        if self.complete:
            return
        if self.timed_out or -how.status in (signal.SIGALRM, signal.SIGXCPU):
            self.reason = "time limit"
        elif how.status == 12 or how.max_rss_mb > 0.6 * memory_limit_mb:
            self.reason = "memory limit"  # PDFium aborts when it gets no memory: its size tells, not its signal
        else:
            self.reason = "crashed"


def _unreadable(reading: FileReading, reason: str) -> FileReading:
    """A file that nobody could read is more likely hostile or broken than official; a person looks all the same."""
    return FileReading(
        name=reading.name,
        digest=reading.digest,
        size=reading.size,
        media=reading.media,
        nature=Nature.UNREADABLE,
        confidence=0.5,
        reason=reason,
    )


class _Server:
    """One fork server process, used by one thread at a time."""

    def __init__(self, models: Models) -> None:
        self._models = msgspec.json.encode(models).decode()
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None

    def start(self) -> None:
        """Start it unless it runs.  Raises VanthuError."""
        if self._process and self._process.poll() is None and self._channel:
            return
        self.stop()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own module
                [sys.executable, "-m", "gateway.inspection_child", str(theirs.fileno()), self._models],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=_bare_environment(),
                start_new_session=True,  # a Ctrl-C at the terminal is for the gateway to handle
            )
            ours.settimeout(_START_LIMIT_S)
            if ours.recv(16) != READY:
                raise VanthuError("its fork server ended at once")
        except (OSError, VanthuError) as error:
            ours.close()
            self.stop()
            raise VanthuError(f"the inspection cannot start: {error}") from error
        finally:
            theirs.close()
        ours.settimeout(None)
        self._channel = ours

    def stop(self) -> None:
        """End it, and the child that it may have."""
        if self._channel:
            self._channel.close()  # it ends by itself, with its child, when nobody is there any more
            self._channel = None
        if self._process:
            try:
                self._process.wait(2)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def do(self, job: Job, data: bytes, until: float) -> _Outcome:
        """Have a child do one job.  Raises _ServerDied."""
        channel = self._channel
        if channel is None:
            raise _ServerDied
        source = _in_memory(data)
        ours, sink = os.pipe()
        try:
            socket.send_fds(channel, [msgspec.msgpack.encode(job)], [source, sink])
        except OSError as error:
            os.close(ours)
            raise _ServerDied from error
        finally:
            os.close(source)
            os.close(sink)
        outcome = _Outcome()
        with os.fdopen(ours, "rb", buffering=0) as frames:
            _collect(frames, outcome, channel, patience_s=job.time_limit_s + _GRACE_S, until=until)
        outcome.ended(self._exit(channel), job.memory_limit_mb)
        if outcome.failed and outcome.reason:
            _log.error("inspection: a reader failed:\n%s", outcome.failed)
        return outcome

    def _exit(self, channel: socket.socket) -> Exit:
        channel.settimeout(_START_LIMIT_S)
        try:
            message = channel.recv(4096)
        except OSError as error:
            raise _ServerDied from error
        finally:
            channel.settimeout(None)
        if not message:
            raise _ServerDied
        return _EXIT.decode(message)


def _collect(frames: BinaryIO, outcome: _Outcome, channel: socket.socket, *, patience_s: float, until: float) -> None:
    """Take frames until the child ends.  Silent for longer than one file may take, or all of it too long: it is killed."""
    buffer = bytearray()
    readable = select.poll()  # not select(): a gateway with many connections has descriptors above 1023
    readable.register(frames, select.POLLIN)
    while True:
        if not readable.poll(max(min(patience_s, until - time.monotonic()), 0) * 1000):
            outcome.timed_out = True
            channel.send(KILL)
            return
        block = frames.read(1 << 20)
        if not block:
            return
        buffer += block
        try:
            _take_frames(buffer, outcome)
        except (msgspec.DecodeError, ValueError):  # a taken-over child may write anything
            channel.send(KILL)
            return


def _take_frames(buffer: bytearray, outcome: _Outcome) -> None:
    while len(buffer) >= 5:
        (size,) = struct.unpack_from(">I", buffer)
        if size > _MAX_FRAME:
            raise ValueError("a frame that is too large")
        if len(buffer) < 5 + size:
            return
        outcome.take(bytes(buffer[4:5]), bytes(buffer[5 : 5 + size]))
        del buffer[: 5 + size]


def _in_memory(data: bytes) -> int:
    """The bytes as a descriptor that a child maps: no copy goes through a pipe.  memfd_create(2), Linux."""
    descriptor = os.memfd_create("mail", os.MFD_CLOEXEC)
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
    return descriptor


def _bare_environment() -> dict[str, str]:
    """Nothing of ours that a hostile file could look for: only what the interpreter needs to find its modules."""
    root = str(Path(gateway.__file__).resolve().parent.parent)
    return {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONPATH": root, "PYTHONDONTWRITEBYTECODE": "1"}
