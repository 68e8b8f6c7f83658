"""The gateway's side of a fork server (gateway.inspection_child): start it, give it a job, take the frames that come back.

Whatever a child writes is taken with care: it may have been taken over by the file that it reads.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import BinaryIO

import msgspec

import gateway
from gateway.errors import VanthuError
from gateway.inspection_job import BEGIN, END, FAILED, KILL, MADE, MESSAGE, READING, READY, Exit, Job, Models
from gateway.model import FileReading, Nature

_log = logging.getLogger(__name__)

GRACE_S = 3.0  # beyond the alarm in the child itself
_START_LIMIT_S = 30.0
_MAX_FRAME = 64 * 1024 * 1024
_MOST_BYTES = 96 * 1024 * 1024  # from one child: a file that is taken out has at most 64 MB, readings have a few
_DEEPEST = 40  # files within files that a reading tells of; containers.room allows far fewer
_BEGUN = msgspec.msgpack.Decoder(tuple[int, FileReading])
_READ = msgspec.msgpack.Decoder(FileReading)
_EXIT = msgspec.msgpack.Decoder(Exit)


class ServerDied(Exception):
    """The fork server is gone (not just one of its children)."""


class Outcome:
    """What came back from one child."""

    def __init__(self) -> None:
        self.subject = ""
        self.readings: list[FileReading] = []
        self.begun: FileReading | None = None
        self.index = -1
        self.made = b""
        self.failed = ""
        self.complete = False
        self.timed_out = False
        self.distrusted = False  # it wrote what no child of ours writes
        self.reason = ""

    @property
    def lost(self) -> FileReading | None:
        """The file over which the child died."""
        return unreadable(self.begun, self.reason) if self.begun and self.reason else None

    def take(self, what: bytes, body: bytes) -> None:
        """One frame."""
        if what == MESSAGE:
            self.subject = body.decode("utf-8", "replace")
        elif what == BEGIN:
            self.index, begun = _BEGUN.decode(body)
            self.begun = _checked(begun)
        elif what == READING:
            self.readings.append(_checked(_READ.decode(body)))
            self.begun = None
        elif what == MADE:
            self.made = body
        elif what == FAILED:
            self.failed = body.decode("utf-8", "replace")
        elif what == END:
            self.complete = True

    def ended(self, how: Exit, memory_limit_mb: int) -> None:
        """Why the child died, if it did not finish."""
        if self.distrusted:
            self.reason, self.complete = "crashed", False
        elif self.complete:
            return
        elif self.timed_out or -how.status in (signal.SIGALRM, signal.SIGXCPU):
            self.reason = "time limit"
        elif how.status == 12 or how.max_rss_mb > 0.6 * memory_limit_mb:
            self.reason = "memory limit"  # PDFium aborts when it gets no memory: its size tells, not its signal
        else:
            self.reason = "crashed"


def _checked(reading: FileReading) -> FileReading:
    """The reading, unless it is one that no reader of ours makes.  Raises ValueError."""
    level = [reading]
    for _ in range(_DEEPEST):
        if not all(0 <= each.confidence <= 1 and each.size >= 0 for each in level):
            raise ValueError("a number that means nothing")
        level = [inner for each in level for inner in each.inner]
        if not level:
            return reading
    raise ValueError("a reading that is too deep")


def unreadable(reading: FileReading, reason: str) -> FileReading:
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


class Server:
    """One fork server process, used by one thread at a time."""

    def __init__(self, models: Models) -> None:
        self._models = msgspec.json.encode(models).decode()
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._loading: socket.socket | None = None  # the same, until it is ready

    def begin(self) -> None:
        """Launch it unless it runs: what it loads takes a second or two, and several can load at the same time."""
        if self._process and self._process.poll() is None and (self._channel or self._loading):
            return
        self.stop()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._loading = ours
        with theirs:
            try:
                self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own module
                    [sys.executable, "-m", "gateway.inspection_child", str(theirs.fileno()), self._models],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    env=_bare_environment(),
                    start_new_session=True,  # a Ctrl-C at the terminal is for the gateway to handle
                )
            except OSError as error:
                self.stop()
                raise VanthuError(f"the inspection cannot start: {error}") from error

    def start(self) -> None:
        """Launch it unless it runs, and wait until it is ready.  Raises VanthuError."""
        self.begin()
        if self._loading is None:
            return
        try:
            self._loading.settimeout(_START_LIMIT_S)
            said = self._loading.recv(1024)
            if said != READY:
                raise VanthuError(said.decode("utf-8", "replace") or "its fork server ended at once")
        except (OSError, VanthuError) as error:
            self.stop()
            raise VanthuError(f"the inspection cannot start: {error}") from error
        self._loading.settimeout(None)
        self._channel, self._loading = self._loading, None

    def stop(self) -> None:
        """End it, and the child that it may have."""
        for channel in (self._channel, self._loading):
            if channel:
                channel.close()  # it ends by itself, with its child, when nobody is there any more
        self._channel = self._loading = None
        if self._process:
            try:
                self._process.wait(2)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def do(self, job: Job, data: bytes, until: float) -> Outcome:
        """Have a child do one job.  Raises ServerDied."""
        channel = self._channel
        if channel is None:
            raise ServerDied
        source = _in_memory(data)
        ours, sink = os.pipe()
        try:
            socket.send_fds(channel, [msgspec.msgpack.encode(job)], [source, sink])
        except OSError as error:
            os.close(ours)
            raise ServerDied from error
        finally:
            os.close(source)
            os.close(sink)
        outcome = Outcome()
        with os.fdopen(ours, "rb", buffering=0) as frames:
            _collect(frames, outcome, channel, patience_s=job.time_limit_s + GRACE_S, until=until)
        outcome.ended(self._exit(channel), job.memory_limit_mb)
        if outcome.failed and outcome.reason:
            _log.error("inspection: a reader failed:\n%s", outcome.failed)
        return outcome

    def _exit(self, channel: socket.socket) -> Exit:
        channel.settimeout(_START_LIMIT_S)
        try:
            message = channel.recv(4096)
        except OSError as error:
            raise ServerDied from error
        finally:
            channel.settimeout(None)
        if not message:
            raise ServerDied
        return _EXIT.decode(message)


def _collect(frames: BinaryIO, outcome: Outcome, channel: socket.socket, *, patience_s: float, until: float) -> None:
    """Take frames until the child ends.  Silent for longer than one file may take, or all of it too long: it is killed."""
    buffer, taken = bytearray(), 0
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
        taken += len(block)
        try:
            if taken > _MOST_BYTES:
                raise ValueError("too much")
            _take_frames(buffer, outcome)
        except (msgspec.DecodeError, ValueError, RecursionError):  # a taken-over child may write anything
            outcome.distrusted = True
            channel.send(KILL)
            return


def _take_frames(buffer: bytearray, outcome: Outcome) -> None:
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
