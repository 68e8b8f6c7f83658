"""What a child of the fork server (gateway.inspection_forks) does: one job, without a right to anything else.

A child gives up every right before it touches a byte of a mail (gateway.sandbox).  PDFium loops and aborts on hostile files;
then the child dies, and only the file that it was reading is lost.  What it says and hears: gateway.inspection_job.
"""

from __future__ import annotations

import itertools
import os
import resource
import signal
import struct
import traceback
from collections.abc import Callable
from typing import NoReturn

import msgspec

from gateway import sandbox
from gateway.directory.sheets import rows_in
from gateway.documents import mime
from gateway.documents.containers import Room
from gateway.documents.outline import layers_of
from gateway.documents.own_words import own_words
from gateway.documents.recognise import read_part, recognise_file
from gateway.documents.showing import shown_words, taken_out
from gateway.documents.text import Unreadable
from gateway.drawing import NoSuchPage, page_as_png
from gateway.errors import ConfigError
from gateway.inspection_job import BEGIN, END, FAILED, MADE, MESSAGE, NOT_THERE, PARTS, READING, Job, Parts
from gateway.inspection_parts import in_turn, parts_of
from gateway.model import FileReading, Nature, digest_of
from gateway.sandbox import Guards


def run(job: Job, source: int, sink: int, guards: Guards) -> NoReturn:
    """Do the job: ``source`` is its input, frames go to ``sink``.  All other descriptors are closed.  Ends this process."""
    status = 1
    frames = _Frames(sink)
    try:
        _give_up_rights(job, guards, keep=(source, sink))
        TASKS[job.task](job, _input(source), frames)
        status = 0
    except MemoryError:
        status = 12  # errno ENOMEM: told to the parent as "memory limit"
    except BaseException as error:  # noqa: BLE001 - nobody is above us here; the parent logs it and calls the file unreadable
        frames.send(FAILED, _where(error).encode())
    finally:
        os._exit(status)


def _where(error: BaseException) -> str:
    """Kind and place of an error, without its message: that may quote the file, and the file may be secret."""
    return "".join([*traceback.format_tb(error.__traceback__), type(error).__name__])


def _input(source: int) -> bytes:
    return os.pread(source, os.fstat(source).st_size, 0)


class _Frames:
    """Writes to the parent; each file has its own time, kept by the kernel: the alarm ends the process, whatever it does."""

    def __init__(self, sink: int) -> None:
        self.sink = sink

    def send(self, what: bytes, body: bytes = b"") -> None:
        frame = struct.pack(">I", len(body)) + what + body
        while frame:
            frame = frame[os.write(self.sink, frame) :]

    def needless(self, parts: Parts) -> frozenset[int]:
        """Say what there is, and hear which of it need not be read; that may take as long as somebody else reads it."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        self.send(PARTS, msgspec.msgpack.encode(parts))
        (size,) = struct.unpack(">I", self._heard(4))
        return frozenset(msgspec.msgpack.decode(self._heard(size), type=list[int]))

    def _heard(self, size: int) -> bytes:
        heard = b""
        while len(heard) < size:
            block = os.read(self.sink, size - len(heard))
            if not block:
                raise EOFError
            heard += block
        return heard

    def begin(self, index: int, reading: FileReading, limit_s: float) -> None:
        """Say which file is next, so that it can be named if this process dies over it; its time starts."""
        self.send(BEGIN, msgspec.msgpack.encode((index, reading)))
        signal.setitimer(signal.ITIMER_REAL, limit_s)

    def reading(self, reading: FileReading) -> None:
        """The result of that file."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        self.send(READING, msgspec.msgpack.encode(reading))


def _read_mail(job: Job, data: bytes, frames: _Frames) -> None:
    signal.setitimer(signal.ITIMER_REAL, job.time_limit_s)
    message = mime.split(data)
    frames.send(MESSAGE, message.subject.encode("utf-8", "replace"))
    digests = [digest_of(part.data) for part in message.parts]
    parts = parts_of(message.parts, digests, max_file_bytes=job.max_file_bytes, after_death=job.after_death)
    needless = frames.needless(parts)
    room = Room()
    for index in in_turn(message.parts, parts.order, needless):
        part, digest = message.parts[index], digests[index]
        frames.begin(index, _unread("" if part.is_body else part.name, part.data, digest), job.time_limit_s)
        if len(part.data) > job.max_file_bytes:
            part = mime.Part(name=part.name, declared=part.declared, charset="", data=b"", limit=mime.TOO_LARGE)
            digest = ""
        reading = read_part(part, room, digest=digest)
        frames.reading(reading)
        if reading.nature is Nature.SECRET:
            break
    frames.send(END)


def _read_file(job: Job, data: bytes, frames: _Frames) -> None:
    frames.begin(0, _unread(job.name, data, digest_of(data)), job.time_limit_s)
    frames.reading(recognise_file(job.name, data))
    frames.send(END)


def _unread(name: str, data: bytes, digest: str) -> FileReading:
    return FileReading(name=name, digest=digest, size=len(data), nature=Nature.UNREADABLE)


def _make(work: Callable[[Job, bytes], bytes]) -> Callable[[Job, bytes, _Frames], None]:
    """A task that makes one thing: it is sent as it is, or why there is none."""

    def made(job: Job, data: bytes, frames: _Frames) -> None:
        signal.setitimer(signal.ITIMER_REAL, job.time_limit_s)
        try:
            frames.send(MADE, work(job, data))
        except (LookupError, NoSuchPage):
            frames.send(FAILED, NOT_THERE.encode())
        except (ValueError, Unreadable) as problem:
            frames.send(FAILED, str(problem).encode("utf-8", "replace"))
        frames.send(END)

    return made


def _rows(data: bytes, sheet: str) -> list[list[str]]:
    try:
        return rows_in(data, sheet=sheet)
    except ConfigError as problem:
        raise ValueError(str(problem).removeprefix(": ")) from problem


TASKS: dict[str, Callable[[Job, bytes, _Frames], None]] = {
    "mail": _read_mail,
    "file": _read_file,
    "page": _make(lambda job, data: page_as_png(data, job.page, job.width)),
    "take": _make(lambda job, raw: taken_out(raw, job.way)),
    "own words": _make(lambda job, data: own_words(data).encode("utf-8", "replace")),
    "rows": _make(lambda job, data: msgspec.msgpack.encode(_rows(data, job.name))),
    "layers": _make(lambda job, raw: msgspec.msgpack.encode(layers_of(raw))),
    "words": _make(lambda job, data: shown_words(job.name, data).encode("utf-8", "replace")),
}


# --- Rights -----------------------------------------------------------------------------------------------------------------


def ready_guards() -> tuple[Guards, str]:
    """What all children are guarded with, and whether one can give up its rights so: "" or why not.

    A container may know the calls and refuse them.
    """
    try:
        guards = sandbox.ready()
        return guards, _problem_with(guards)
    except OSError as error:
        return sandbox.NONE, f"{_NOT_HERE}: {error}"


_NOT_HERE = "its children cannot be guarded on this machine"


def _problem_with(guards: Guards) -> str:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            _give_up_rights(Job(task=""), guards, keep=(writer,))
        except BaseException as error:  # noqa: BLE001 - nobody is above us here
            os.write(writer, f"{type(error).__name__}: {error}"[:500].encode("utf-8", "replace"))
            os._exit(1)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as said:
        why = said.read().decode("utf-8", "replace")
    _, status = os.waitpid(child, 0)
    return f"{_NOT_HERE}: {why or f'exit {status}'}" if status else ""


def _give_up_rights(job: Job, guards: Guards, *, keep: tuple[int, ...]) -> None:
    """``keep`` are the descriptors that stay open; whatever else a library may have opened is closed."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    end = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    for low, high in itertools.pairwise((2, *sorted((*keep, *guards.descriptors)), end)):
        os.closerange(low + 1, high)
    for number in (signal.SIGALRM, signal.SIGXCPU, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    # Over all files of a mail; each one has its alarm.
    sandbox.give_up_rights(guards, memory_mb=job.memory_limit_mb, cpu_s=int(job.time_limit_s * 20) + 5)
