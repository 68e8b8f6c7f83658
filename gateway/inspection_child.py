"""The child side of gateway.inspection: a single-threaded fork server that reads files in children it can lose.

Started as ``python -m gateway.inspection_child FD``.  It imports all readers once and then forks for each job, so a child
costs a few milliseconds.  A child gives up every right before it touches a byte of a mail: address space, CPU time,
files, processes, user, and by Landlock the file system and TCP.  PDFium loops and aborts on hostile files; then the
child dies, and only the file that it was reading is lost.

The socket carries one job at a time: a message ``Job`` with two descriptors (the input, the end of a pipe for frames),
then "K" to kill the child; back comes ``Exit`` when the child is gone.  Frames in the pipe: 4 bytes length, 1 byte what, body.
"""

from __future__ import annotations

import ctypes
import gc
import io
import mmap
import os
import resource
import select
import signal
import socket
import struct
import sys
import traceback
from collections.abc import Callable

import msgspec

from gateway.documents import mime
from gateway.documents.recognise import read_part, recognise_file
from gateway.model import FileReading, Nature, Value, digest_of

MESSAGE, BEGIN, READING, PAGE, FAILED, END = b"M", b"B", b"R", b"P", b"F", b"E"
READY = b"ready"
KILL = b"K"


class Job(Value):
    """What a child shall do."""

    task: str  # "mail", "file" or "page"
    name: str = ""
    skip: int = 0  # mail: how many files were read by children before this one
    page: int = 0  # page: counted from 1
    width: int = 0  # page: in pixels
    time_limit_s: float = 20.0
    memory_limit_mb: int = 1024
    max_file_bytes: int = 40 * 1024 * 1024


class Exit(Value):
    """How a child ended: exit code, or minus the signal; and how much memory it used at most."""

    status: int
    max_rss_mb: int


# --- The server -----------------------------------------------------------------------------------------------------------


def serve(channel: socket.socket) -> None:
    """Fork for each job until the other side goes away."""
    _warm_up()
    gc.collect()
    gc.freeze()  # children then do not copy pages just because the collector touched them
    channel.send(READY)
    while True:
        message, descriptors, _, _ = socket.recv_fds(channel, 65536, 2)
        if not message:
            return
        if len(descriptors) != 2:  # a "K" that came when its child had ended by itself
            _close(descriptors)
            continue
        _run(channel, msgspec.msgpack.decode(message, type=Job), descriptors)


def _run(channel: socket.socket, job: Job, descriptors: list[int]) -> None:
    source, sink = descriptors
    child = os.fork()
    if child == 0:
        channel.close()
        _child(job, source, sink)
    _close(descriptors)
    handle = os.pidfd_open(child)
    waiting = select.poll()
    waiting.register(handle, select.POLLIN)
    waiting.register(channel, select.POLLIN)
    ended = gone = False
    while not ended:
        for descriptor, _ in waiting.poll():
            if descriptor == handle:
                ended = True
            else:
                gone = channel.recv(16) == b""
                signal.pidfd_send_signal(handle, signal.SIGKILL)
                waiting.unregister(channel)
    _, status, usage = os.wait4(child, 0)
    os.close(handle)
    if gone:
        os._exit(0)
    channel.send(msgspec.msgpack.encode(Exit(status=os.waitstatus_to_exitcode(status), max_rss_mb=usage.ru_maxrss // 1024)))


def _close(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def _warm_up() -> None:
    """Load what is loaded lazily: a child has no file system to load it from."""
    import codecs

    for name in ("utf-16-le", "utf-8", "utf-16", "utf-7", "cp1258", "cp1252", "latin-1", "ascii", "cp437", "unicode_escape"):
        codecs.lookup(name)
    sample = _small_pdf()
    recognise_file("warm.pdf", sample)
    recognise_file("warm.txt", "Số: 1/A-B\nHà Nội, ngày 01 tháng 01 năm 2026".encode())
    recognise_file("warm.html", b"<html><body><p>a</p></body></html>")
    recognise_file("warm.docx", _small_docx())
    _page_as_png(sample, 1, 20)


def _small_pdf() -> bytes:
    import pypdfium2

    document = pypdfium2.PdfDocument.new()
    document.new_page(595, 842)
    out = io.BytesIO()
    document.save(out)
    document.close()
    return out.getvalue()


def _small_docx() -> bytes:
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        w = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
        archive.writestr(
            "word/document.xml", f'<w:document xmlns:w="{w}"><w:body><w:p><w:r><w:t>a</w:t></w:r></w:p></w:body></w:document>'
        )
    return out.getvalue()


# --- The child ------------------------------------------------------------------------------------------------------------


def _child(job: Job, source: int, sink: int) -> None:
    """Never returns."""
    status = 1
    frames = _Frames(sink)
    try:
        _give_up_rights(job)
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
    size = os.fstat(source).st_size
    if size == 0:
        return b""
    with mmap.mmap(source, size, prot=mmap.PROT_READ) as mapped:
        return mapped[:]


class _Frames:
    """Writes to the parent; each file has its own time, kept by the kernel: the alarm ends the process, whatever it does."""

    def __init__(self, sink: int) -> None:
        self.sink = sink

    def send(self, what: bytes, body: bytes = b"") -> None:
        frame = struct.pack(">I", len(body)) + what + body
        while frame:
            frame = frame[os.write(self.sink, frame) :]

    def begin(self, index: int, name: str, data: bytes, limit_s: float) -> None:
        """Say which file is next, so that it can be named if this process dies over it; its time starts."""
        reading = FileReading(name=name, digest=digest_of(data), size=len(data), nature=Nature.UNREADABLE)
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
    for index, part in enumerate(message.parts):
        if index < job.skip:
            continue
        frames.begin(index, "" if part.is_body else part.name, part.data, job.time_limit_s)
        if len(part.data) > job.max_file_bytes:
            part = mime.Part(name=part.name, declared=part.declared, charset="", data=b"", limit=mime.TOO_LARGE)
        reading = read_part(part)
        frames.reading(reading)
        if reading.nature is Nature.SECRET:
            break
    frames.send(END)


def _read_file(job: Job, data: bytes, frames: _Frames) -> None:
    frames.begin(0, job.name, data, job.time_limit_s)
    frames.reading(recognise_file(job.name, data))
    frames.send(END)


def _draw_page(job: Job, data: bytes, frames: _Frames) -> None:
    signal.setitimer(signal.ITIMER_REAL, job.time_limit_s)
    try:
        frames.send(PAGE, _page_as_png(data, job.page, job.width))
    except (ValueError, IndexError) as error:
        frames.send(FAILED, str(error).encode())
    frames.send(END)


TASKS: dict[str, Callable[[Job, bytes, _Frames], None]] = {"mail": _read_mail, "file": _read_file, "page": _draw_page}


def _page_as_png(data: bytes, page: int, width: int) -> bytes:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise ValueError("not a readable PDF") from error
    if not 1 <= page <= len(document):
        raise IndexError("no such page")
    # Seals and stamps of digital signatures live in form fields and annotations: without forms the clerk would not see them.
    document.init_forms()
    wanted = document[page - 1]
    scale = min(width / max(wanted.get_width(), 1.0), 6000 / max(wanted.get_height(), 1.0))
    picture = wanted.render(scale=scale, may_draw_forms=True).to_pil()
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


# --- Rights -----------------------------------------------------------------------------------------------------------------


def _give_up_rights(job: Job) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    for number in (signal.SIGALRM, signal.SIGXCPU, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    _landlock()
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(65534, 65534, 65534)
        os.setresuid(65534, 65534, 65534)
    seconds = int(job.time_limit_s * 20) + 5  # over all files of a mail; each one has its alarm
    limits = {
        resource.RLIMIT_AS: job.memory_limit_mb * 1024 * 1024,
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NPROC: 0,
        resource.RLIMIT_NOFILE: 64,
        resource.RLIMIT_CORE: 0,
    }
    for which, limit in limits.items():
        resource.setrlimit(which, (limit, limit))


_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same number on every architecture
_PR_SET_NO_NEW_PRIVS = 38
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_FONTS = "/usr/share/fonts"


def _landlock() -> None:
    """No file system, TCP or signals for this process, but fonts to read.  Nothing happens where the kernel has no Landlock."""
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE_RULESET, None, 0, 1)
    if version < 1:
        return
    files = (1 << (13 + (version >= 2) + (version >= 3) + (version >= 5))) - 1
    tcp = struct.pack("<Q", 3) if version >= 4 else b""
    scope = struct.pack("<Q", 3) if version >= 6 else b""  # no abstract sockets, no signals to anybody outside
    attributes = struct.pack("<Q", files) + tcp + scope
    ruleset = libc.syscall(_CREATE_RULESET, attributes, len(attributes), 0)
    if ruleset < 0:
        return
    if os.path.isdir(_FONTS):
        folder = os.open(_FONTS, os.O_PATH)
        libc.syscall(_ADD_RULE, ruleset, 1, struct.pack("<Qi", _READ_FILE | _READ_DIR, folder), 0)
        os.close(folder)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.syscall(_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
