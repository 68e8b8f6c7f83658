"""What a child writes is taken with care: it may have been taken over by the file that it reads."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator

import msgspec
import pytest

from gateway import inspection_forks, sandbox
from gateway.inspection_job import BEGIN, END, KILL, READING, Exit, Job, Models
from gateway.inspection_server import Outcome, _collect, _done
from gateway.model import FileReading


def _frame(what: bytes, value: object = b"") -> bytes:
    body = value if isinstance(value, bytes) else msgspec.msgpack.encode(value)
    return struct.pack(">I", len(body)) + what + body


def _reading(**more: object) -> FileReading:
    return FileReading(name="a.pdf", digest="0" * 64, size=1, **more)  # type: ignore[arg-type]  # lies are the point


def _nested(depth: int) -> bytes:
    """A reading in a reading …, written without building it."""
    bare = msgspec.msgpack.encode({"name": "a", "digest": "", "size": 0})
    holder = b"\x84" + bare[1:] + msgspec.msgpack.encode("inner") + b"\x91"
    return holder * depth + bare


def _taken(frames: Iterable[bytes]) -> tuple[Outcome, bytes]:
    """What becomes of frames from a child, and what its server is told."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    sink = theirs.detach()
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    there.settimeout(5)

    def write() -> None:
        try:
            for frame in frames:
                while frame:
                    frame = frame[os.write(sink, frame) :]
        except BrokenPipeError:
            pass
        finally:
            os.close(sink)

    writer = threading.Thread(target=write)
    writer.start()
    outcome = Outcome()
    with ours, here, there:
        _collect(ours, outcome, here, patience_s=5, until=time.monotonic() + 20)
        there.setblocking(False)
        try:
            told = there.recv(16)
        except BlockingIOError:
            told = b""
    writer.join()
    outcome.ended(Exit(status=0, max_rss_mb=1), 1024)
    return outcome, told


def test_frames_of_an_honest_child_are_taken() -> None:
    outcome, told = _taken([_frame(BEGIN, (0, _reading())), _frame(READING, _reading()), _frame(END)])
    assert (outcome.readings, outcome.complete, outcome.reason, told) == ({0: _reading()}, True, "", b"")


LIES = {
    "no message": [_frame(READING, b"\xff" * 20), _frame(END)],
    "another type": [_frame(READING, [1, 2, 3]), _frame(END)],
    "a huge frame": [struct.pack(">I", 1 << 31) + READING],
    "no number": [_frame(READING, _reading(confidence=float("nan"))), _frame(END)],
    "a negative size": [_frame(READING, {"name": "", "digest": "", "size": -1}), _frame(END)],
    "a deep reading": [_frame(READING, _nested(60)), _frame(END)],
    "a bottomless reading": [_frame(READING, _nested(100_000)), _frame(END)],
    "a hundred megabytes of readings": [_frame(READING, _reading(reason="x" * (1 << 20)))] * 120 + [_frame(END)],
}


@pytest.mark.parametrize("lie", LIES)
def test_a_child_that_lies_is_killed_and_not_believed(lie: str) -> None:
    outcome, told = _taken(LIES[lie])
    assert (outcome.complete, outcome.reason, told) == (False, "crashed", KILL)


def test_nothing_stays_open_when_the_machine_has_no_memory_for_a_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    before = len(os.listdir("/proc/self/fd"))
    monkeypatch.setattr(os, "write", lambda *_: _fail(errno.ENOSPC))
    with here, there:
        with pytest.raises(OSError, match="No space"):
            _done(here, Job(task="file"), b"x", time.monotonic() + 5, Outcome())
        assert len(os.listdir("/proc/self/fd")) == before


def _fail(number: int) -> int:
    raise OSError(number, os.strerror(number))


def test_where_children_cannot_be_guarded_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(1, "PR_SET_SECCOMP")

    monkeypatch.setattr(sandbox, "give_up_rights", refused)
    for loading in ("warm_up", "settle"):  # they leave a process as a fork server is: without OCR, and with its garbage frozen
        monkeypatch.setattr(inspection_forks, loading, lambda *_: None)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        inspection_forks.serve(theirs, Models(ocr=False))
        assert b"cannot be guarded on this machine: PermissionError: [Errno 1] PR_SET_SECCOMP" in ours.recv(1024)


@contextlib.contextmanager
def _serving() -> Iterator[socket.socket]:
    """The control socket of a fork server that runs in a thread of this process."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    forks = inspection_forks._Forks(theirs, sandbox.ready())
    served = threading.Thread(target=forks.serve, daemon=True)
    served.start()
    with theirs:
        try:
            yield ours
            assert served.is_alive()
        finally:
            ours.close()
            served.join(5)
            for channel in forks._channels.values():
                channel.close()


def _channel(control: socket.socket) -> socket.socket:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.settimeout(5)
    with theirs:
        socket.send_fds(control, [b"+"], [theirs.fileno()])
    return ours


def _job_at(channel: socket.socket) -> int:
    """A job is sent; gives the end of the pipe where its frames come."""
    frames, sink = os.pipe()
    source = os.memfd_create("mail")
    socket.send_fds(channel, [msgspec.msgpack.encode(Job(task="mail"))], [source, sink])
    os.close(source)
    os.close(sink)
    return frames


def _asleep() -> int:
    return os.posix_spawn("/bin/sleep", ["sleep", "60"], {})


def _no_process() -> int:
    raise OSError(errno.EAGAIN, "Resource temporarily unavailable")


def test_where_no_process_is_left_only_that_job_fails_and_its_log_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection_forks, "fork", _no_process)
    with _serving() as control, _channel(control) as channel:
        _done(channel, Job(task="mail"), b"x", time.monotonic() + 5, Outcome())
        open_before = len(os.listdir("/proc/self/fd"))
        for _ in range(3):
            outcome = _done(channel, Job(task="mail"), b"x", time.monotonic() + 5, Outcome())
            assert (outcome.reason, outcome.complete) == ("crashed", False)
            assert "got no child: [Errno 11]" in outcome.failed
        assert len(os.listdir("/proc/self/fd")) == open_before


def test_a_child_whose_end_could_not_be_told_is_ended_and_only_its_job_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    children: list[int] = []

    def fork() -> int:
        children.append(_asleep())
        return children[-1]

    def no_descriptor(_: int) -> int:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(inspection_forks, "fork", fork)
    monkeypatch.setattr(os, "pidfd_open", no_descriptor)
    with _serving() as control, _channel(control) as channel:
        assert "Too many open files" in _done(channel, Job(task="mail"), b"x", time.monotonic() + 5, Outcome()).failed
        with pytest.raises(ChildProcessError):
            os.waitpid(children[0], 0)


def test_a_channel_closed_over_an_unread_exit_ends_no_other_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection_forks, "fork", _no_process)
    with _serving() as control:
        with _channel(control) as dropped:
            os.close(_job_at(dropped))
            assert select.select([dropped], [], [], 5)[0]
        with _channel(control) as channel:
            assert _done(channel, Job(task="mail"), b"x", time.monotonic() + 5, Outcome()).reason == "crashed"


def test_the_exit_of_a_dropped_job_never_reaches_the_next_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection_forks, "fork", _asleep)
    control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with control, theirs:
        forks = inspection_forks._Forks(theirs, sandbox.ready())
        dropped = _channel(control)
        forks._adopt()
        (there,) = forks._channels.values()
        number = there.fileno()
        os.close(_job_at(dropped))
        forks._hear(there)
        (handle,) = forks._children
        dropped.close()
        forks._hear(there)
        with _channel(control) as channel:
            forks._adopt()
            (again,) = forks._channels.values()
            assert again.fileno() == number  # the lowest free one is given again
            forks._reap(handle)
            channel.setblocking(False)
            with pytest.raises(BlockingIOError):
                channel.recv(100)
            again.close()


# In a process of its own: without Python's hooks only a process of one thread may fork, and the fork server is one.
FORKING = """
import os
from gateway import inspection_memory
reader, writer = os.pipe()
child = inspection_memory.fork()
if child == 0:
    os.write(writer, str(os.getpid()).encode())
    os._exit(7)
os.close(writer)
with os.fdopen(reader, "rb") as said:
    print(int(said.read()) == child, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_child_of_fork_runs_with_all_that_its_parent_had() -> None:
    assert subprocess.run([sys.executable, "-c", FORKING], capture_output=True, check=True).stdout == b"True 7\n"


def test_a_process_whose_memory_was_settled_goes_on() -> None:
    code = "from gateway import inspection_memory as m; m.settle(); x = [str(n) for n in range(100_000)]; print(len(x))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"100000\n"
