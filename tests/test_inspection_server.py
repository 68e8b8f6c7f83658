"""What a child writes is taken with care: it may have been taken over by the file that it reads."""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from collections.abc import Iterable

import msgspec
import pytest

from gateway import inspection_forks, sandbox
from gateway.inspection_job import BEGIN, END, KILL, READING, Exit, Models
from gateway.inspection_server import Outcome, _collect
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
    ours, sink = os.pipe()
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
    with os.fdopen(ours, "rb", buffering=0) as pipe, here, there:
        _collect(pipe, outcome, here, patience_s=5, until=time.monotonic() + 20)
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
    assert (outcome.readings, outcome.complete, outcome.reason, told) == ([_reading()], True, "", b"")


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


def test_where_children_cannot_be_guarded_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**_: object) -> None:
        raise OSError(1, "PR_SET_SECCOMP")

    monkeypatch.setattr(sandbox, "give_up_rights", refused)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        inspection_forks.serve(theirs, Models(ocr=False))
        assert b"cannot be guarded on this machine: PermissionError: [Errno 1] PR_SET_SECCOMP" in ours.recv(1024)
