"""The gateway's side of the fork server (gateway.inspection_forks): start it, give it jobs, take the frames that come back.

Whatever a child writes is taken with care: it may have been taken over by the file that it reads.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection
from pathlib import Path

import msgspec
from msgspec.structs import replace

import gateway
from gateway.errors import VanthuError
from gateway.inspection_job import BEGIN, END, FAILED, KILL, MADE, MESSAGE, PARTS, READING, READY, Exit, Job, Models, Parts
from gateway.model import FileReading, Nature

_log = logging.getLogger(__name__)

GRACE_S = 3.0  # beyond the alarm in the child itself
_START_LIMIT_S = 30.0
_LONGEST_WAIT_S = 2 * _START_LIMIT_S  # for one that takes too long, and for another one
_MAX_FRAME = 64 * 1024 * 1024
_MOST_BYTES = 96 * 1024 * 1024  # from one child: a file that is taken out has at most 64 MB, readings have a few
_DEEPEST = 40  # files within files that a reading tells of; containers.room allows far fewer
_MOST_PARTS = 10_000  # documents.mime finds far fewer
_KEY_LENGTHS = (0, 64)
_PARTS = msgspec.msgpack.Decoder(Parts)
_BEGUN = msgspec.msgpack.Decoder(tuple[int, FileReading])
_READ = msgspec.msgpack.Decoder(FileReading)
_EXIT = msgspec.msgpack.Decoder(Exit)


class ServerDied(Exception):
    """The fork server is gone (not just one of its children)."""


class StillLoading(VanthuError):
    """Whoever asked does not wait as long as the fork server takes to load."""

    def __init__(self) -> None:
        super().__init__("the inspection is still loading")


class NotLoaded(VanthuError):
    """The fork server ended while it loaded, and did not say why: it was killed, or ran out of memory."""

    def __init__(self) -> None:
        super().__init__("the inspection cannot start: its fork server ended at once")


Needless = Callable[[Parts], Collection[int]]


def nothing(_parts: Parts) -> Collection[int]:
    """All parts of the mail are to be read."""
    return ()


class Outcome:
    """What came back from one child.

    ``needless`` is asked once it has told the parts of its mail, which of them it need not read; ``answer`` is to be sent then.
    """

    def __init__(self, needless: Needless = nothing) -> None:
        self._needless = needless
        self._left_out: frozenset[int] = frozenset()
        self._first = -1  # the file that it opens before any other: what it says of that one may be remembered
        self.parts: Parts | None = None
        self.answer = b""
        self.subject = ""
        self.readings: dict[int, FileReading] = {}  # by the number of the part
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

    @property
    def first(self) -> tuple[str, FileReading] | None:
        """Key and reading of the file that was opened first; None when there is none, or the child is not to be trusted."""
        if self.parts is None or self.distrusted or self._first not in self.readings:
            return None
        return self.parts.keys[self._first], self.readings[self._first]

    def take(self, what: bytes, body: bytes) -> None:
        """One frame.  Raises ValueError and msgspec's errors: no child of ours sends such a thing."""
        if what == MESSAGE:
            self.subject = body.decode("utf-8", "replace")
        elif what == PARTS:
            self._take_parts(_PARTS.decode(body))
        elif what == BEGIN:
            self._take_begin(*_BEGUN.decode(body))
        elif what == READING:
            self._take_reading(_checked(_READ.decode(body)))
        elif what == MADE:
            self.made = body
        elif what == FAILED:
            self.failed = body.decode("utf-8", "replace")
        elif what == END:
            self.complete = True

    def _take_parts(self, parts: Parts) -> None:
        count = len(parts.keys)
        if (
            self.parts is not None
            or count > _MOST_PARTS
            or sorted(parts.order) != list(range(count))
            or len(parts.digests) != count
        ):
            raise ValueError("parts that are none")
        if any(len(key) not in _KEY_LENGTHS for key in parts.keys):  # it has no word in what mails are kept under
            raise ValueError("parts that are none")
        self.parts = parts
        self._left_out = frozenset(self._needless(parts))
        self._first = next((index for index in parts.order[max(parts.harmless, 0) :] if index not in self._left_out), -1)
        body = msgspec.msgpack.encode(sorted(self._left_out))
        self.answer = struct.pack(">I", len(body)) + body

    def _take_begin(self, index: int, begun: FileReading) -> None:
        if index in self._left_out or index in self.readings or (self.parts and not 0 <= index < len(self.parts.keys)):
            raise ValueError("a file that is not to be read")
        self.index, self.begun = index, self._of_its_bytes(index, _checked(begun))

    def _take_reading(self, reading: FileReading) -> None:
        if self.begun is None:
            raise ValueError("a reading of nothing")
        self.readings[self.index], self.begun = self._of_its_bytes(self.index, reading), None

    def _of_its_bytes(self, index: int, reading: FileReading) -> FileReading:
        """Under the digest that was told before any file was opened: no file passes for another one that was let through."""
        return replace(reading, digest=self.parts.digests[index]) if self.parts else reading

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


class _Running:
    """A fork server process that was launched."""

    def __init__(self, models: bytes) -> None:
        """Raises OSError."""
        self.ready = False
        self._launched = time.monotonic()
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            try:
                self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own module
                    [sys.executable, "-m", "gateway.inspection_forks", str(theirs.fileno()), models],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    env=_bare_environment(),
                    start_new_session=True,  # a Ctrl-C at the terminal is for the gateway to handle
                )
            except OSError:
                self.control.close()
                raise

    def wait(self, by: float) -> None:
        """Until it is ready, at most until ``by`` (monotonic).  Raises StillLoading, NotLoaded, VanthuError and OSError."""
        last = self._launched + _START_LIMIT_S
        self.control.settimeout(max(min(last, by) - time.monotonic(), 0.001))
        try:
            said = self.control.recv(1024)
        except TimeoutError:
            if by < last:
                raise StillLoading from None
            raise
        if said != READY:
            raise VanthuError(said.decode("utf-8", "replace")) if said else NotLoaded
        self.control.settimeout(None)
        self.ready = True

    def end(self) -> None:
        """It ends by itself, with its children, when nobody is there any more; while it loads there is nothing to end well."""
        self.control.close()
        if not self.ready:
            self.process.kill()
        try:
            self.process.wait(2)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class ForkServer:
    """The one fork server; the readers of several threads share it."""

    def __init__(self, models: Models) -> None:
        self._models = msgspec.json.encode(models)
        self._lock = threading.Lock()
        self._running: _Running | None = None
        self._ended = False

    def start(self, *, by: float = math.inf) -> None:
        """Launch it unless it runs, and wait until it is ready: what it loads takes a second or two.

        Raises VanthuError, NotLoaded among them; StillLoading when that takes longer than until ``by`` (monotonic): it loads
        on, for the next one.
        """
        if not self._lock.acquire(timeout=max(min(by - time.monotonic(), _LONGEST_WAIT_S), 0)):
            raise StillLoading
        try:
            self._started(by)
        finally:
            self._lock.release()

    def stop(self) -> None:
        """End it for good, and the children that it may have."""
        with self._lock:
            self._ended = True
            self._stop()

    def channel(self) -> tuple[socket.socket, subprocess.Popen[bytes]]:
        """A new channel for jobs, and the process at its other end.  Raises VanthuError, and ServerDied."""
        with self._lock:
            running = self._started()
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                try:
                    socket.send_fds(running.control, [b"+"], [theirs.fileno()])
                except OSError as error:
                    ours.close()
                    self._stop()
                    raise ServerDied from error
            return ours, running.process

    def bury(self, process: subprocess.Popen[bytes]) -> None:
        """It was found dead, or out of its mind: the next one who asks gets another."""
        with self._lock:
            if self._running and process is self._running.process:
                self._stop()

    def _launched(self) -> _Running:
        if self._running and self._running.process.poll() is None:
            return self._running
        self._stop()
        if self._ended:  # else a job under way would start another one, which nobody ends
            raise VanthuError("the inspection is not running")
        try:
            self._running = _Running(self._models)
        except OSError as error:
            raise VanthuError(f"the inspection cannot start: {error}") from error
        return self._running

    def _started(self, by: float = math.inf) -> _Running:
        running = self._launched()
        try:
            if not running.ready:
                running.wait(by)
        except StillLoading:
            raise
        except NotLoaded:
            self._stop()
            raise
        except (OSError, VanthuError) as error:
            self._stop()
            raise VanthuError(f"the inspection cannot start: {error}") from error
        return running

    def _stop(self) -> None:
        if self._running:
            self._running.end()
        self._running = None


class Reader:
    """A channel to the fork server, used by one thread at a time: it does one job after another."""

    def __init__(self, forks: ForkServer) -> None:
        self._forks = forks
        self._channel: socket.socket | None = None

    def drop(self) -> None:
        """Give up the job under way, if there is one: its child ends."""
        if self._channel:
            self._channel.close()
        self._channel = None

    def do(self, job: Job, data: bytes, until: float, needless: Needless = nothing) -> Outcome:
        """Have a child do one job, by a fork server that is started again if need be; ``needless`` as in Outcome.

        Raises VanthuError when none can be started, ServerDied when it died over this: then ask again.
        """
        if self._channel is None:
            self._channel, self._process = self._forks.channel()
        try:
            return _done(self._channel, job, data, until, Outcome(needless))
        except ServerDied:
            self.drop()
            self._forks.bury(self._process)
            raise
        except BaseException:
            self.drop()  # half an exchange: the next job must not get the answer to this one
            raise


def _done(channel: socket.socket, job: Job, data: bytes, until: float, outcome: Outcome) -> Outcome:
    frames, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with frames:
        with theirs:
            _send(channel, job, data, theirs)
        _collect(frames, outcome, channel, patience_s=job.time_limit_s + GRACE_S, until=until)
    outcome.ended(_exit_of(channel), job.memory_limit_mb)
    if outcome.failed and outcome.reason:
        _log.error("inspection: a reader failed:\n%s", outcome.failed)
    return outcome


def _send(channel: socket.socket, job: Job, data: bytes, frames: socket.socket) -> None:
    """The job, with its bytes as a descriptor that a child maps: no copy goes through a pipe.  memfd_create(2), Linux."""
    source = os.memfd_create("mail", os.MFD_CLOEXEC)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(source, view) :]
        try:
            socket.send_fds(channel, [msgspec.msgpack.encode(job)], [source, frames.fileno()])
        except OSError as error:
            raise ServerDied from error
    finally:
        os.close(source)


def _exit_of(channel: socket.socket) -> Exit:
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


def _collect(frames: socket.socket, outcome: Outcome, channel: socket.socket, *, patience_s: float, until: float) -> None:
    """Take frames until the child ends.  Silent for longer than one file may take, or all of it too long: it is killed."""
    buffer, taken = bytearray(), 0
    readable = select.poll()  # not select(): a gateway with many connections has descriptors above 1023
    readable.register(frames, select.POLLIN)
    while True:
        if not readable.poll(max(min(patience_s, until - time.monotonic()), 0) * 1000):
            outcome.timed_out = True
            _kill(channel)
            return
        block = _received(frames)
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
            _kill(channel)
            return
        if outcome.answer:
            with contextlib.suppress(OSError):  # it is gone: that is seen with the next look
                frames.sendall(outcome.answer)
            outcome.answer = b""


def _received(frames: socket.socket) -> bytes:
    """b"" at the end, also when the child ended before it had heard all that was said to it."""
    try:
        return frames.recv(1 << 20)
    except ConnectionResetError:
        return b""


def _kill(channel: socket.socket) -> None:
    with contextlib.suppress(OSError):  # a fork server that died took its child along
        channel.send(KILL)


def _take_frames(buffer: bytearray, outcome: Outcome) -> None:
    while len(buffer) >= 5:
        (size,) = struct.unpack_from(">I", buffer)
        if size > _MAX_FRAME:
            raise ValueError("a frame that is too large")
        if len(buffer) < 5 + size:
            return
        outcome.take(bytes(buffer[4:5]), bytes(buffer[5 : 5 + size]))
        del buffer[: 5 + size]


def _bare_environment() -> dict[str, str]:
    """Nothing of ours that a hostile file could look for: only what the interpreter needs to find its modules.

    It speaks to nobody, so it need not read the machine's list of authorities (a library that comes along with pyHanko does).
    """
    root = str(Path(gateway.__file__).resolve().parent.parent)
    return {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "PYTHONPATH": root,
        "PYTHONDONTWRITEBYTECODE": "1",
        "SSL_CERT_FILE": os.devnull,
    }
