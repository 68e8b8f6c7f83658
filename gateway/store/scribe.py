"""The scribe: a process of its own that writes large bodies and carries out SQLite transactions.

SQLite gives the interpreter lock away at each step of a statement.  While the event loop is busy, getting it back takes longer
than the step, twenty times for each commit.  In a process of its own a batch runs straight through, on another core, and
costs the gateway one message there and one back (docs/decisions/0005-the-scribe.md has the figures).

This file is also the program of that process, and imports nothing but the standard library and msgspec: it starts in 40 ms.
"""

from __future__ import annotations

import contextlib
import fcntl
import marshal
import os
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -32768",
    "PRAGMA wal_autocheckpoint = 4000",
)
CACHED_STATEMENTS = 256
BUSY_S = 10.0

_LENGTH = struct.Struct("<Q")
_NOT_ALL = "not all"
_LARGE = 128 * 1024  # of a body

# The number of a text and, when the scribe has not heard it before, the text; its values; how many rows it must change, or -1.
_Step = tuple[int, str | None, list[Any], int]


# A large body: its series, the file, where in it the body begins, the bytes.
Body = tuple[str, str, int, bytes | memoryview]
# Where a large body of a record goes: its series, the file, the name of its segment, where in it the body begins.
Goes = tuple[str, str, str, int]
# Records of a journal, one behind the other: the file, where they begin and end.
Piece = tuple[str, int, int]

# A record of a journal: its era, the length of its rows, the length of the large bodies behind them, a checksum.  The rows are
# msgpack: (rows by table, (series, index of its row in mails, size) of each large body, settled deliveries).
RECORD = struct.Struct("<QIII")


class Tables(NamedTuple):
    """What the process has to know of the tables to write records of a journal into them."""

    inserts: dict[str, str]  # by table, in the order of writing: the statement for one row
    settle: str  # the statement that settles one delivery: the values of a settled delivery in their order
    delivery: tuple[int, ...]  # where in a row of deliveries stands what a settled delivery has, in its order


class NotAllChanged(Exception):
    """A statement changed fewer rows than it must: nothing was done."""


class Said(NamedTuple):
    """What the process says of a transaction."""

    failure: Exception | None  # None: it is committed; NotAllChanged, or what sqlite3 raised: nothing of it was done
    unsettled: list[str]  # ids of the deliveries in records that it did not settle, because they were not there as was thought


class Scribe:
    """The writer's end: messages for the process and what its replies mean.  Whoever has it sends and receives."""

    def __init__(self, database: str, tables: Tables) -> None:
        """Start the process; ``database`` is the path of the SQLite file, which exists and has its schema."""
        self.socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-I", __file__, str(theirs.fileno()), database], pass_fds=(theirs.fileno(),)
            )
        self.socket.sendall(_packed(tuple(tables)))
        self._texts: dict[str, int] = {}
        self._came = bytearray()

    def message(
        self,
        statements: Sequence[tuple[str, list[Any], int]],
        *,
        durable: bool,
        bodies: Sequence[Body] = (),
        pieces: Sequence[Piece] = (),
        goes: Sequence[Goes] = (),
    ) -> bytes:
        """One transaction as the process takes it: (text, values, how many rows it must change, or -1) for each statement.

        ``bodies`` are on the disk before the rows that point there.  ``pieces`` of a journal are written before the statements
        are carried out; ``goes`` says for each large body in them, in their order, where it goes.
        """
        steps: list[_Step] = []
        for text, values, must_change in statements:
            number = self._texts.get(text)
            if number is None:
                number = self._texts[text] = len(self._texts)
                steps.append((number, text, values, must_change))
            else:
                steps.append((number, None, values, must_change))
        return _packed((durable, tuple(bodies), steps, tuple(pieces), tuple(goes)))

    def came(self, data: bytes) -> Iterator[Said]:
        """Bytes that came from the process: what each whole reply in them says."""
        self._came += data
        while len(self._came) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._came)
            end = _LENGTH.size + length
            if len(self._came) < end:
                return
            # Both ends are the same program of the same interpreter, and nobody else holds the socket.
            failure, unsettled = marshal.loads(self._came[_LENGTH.size : end])  # noqa: S302
            del self._came[:end]
            yield Said(None if failure is None else _as_exception(*failure), unsettled)

    def close(self) -> None:
        """Let the process end after what it is doing, and wait for that."""
        self.socket.close()
        self._process.wait()


def _as_exception(kind: str, text: str, code: int, name: str) -> Exception:
    if kind == _NOT_ALL:
        return NotAllChanged()
    error: Exception = getattr(sqlite3, kind, sqlite3.OperationalError)(text)
    error.sqlite_errorcode, error.sqlite_errorname = code, name  # type: ignore[attr-defined]  # as sqlite3 sets them
    return error


def _packed(message: object) -> bytes:
    data = marshal.dumps(message)  # type: ignore[arg-type]  # what it cannot write, it refuses
    return _LENGTH.pack(len(data)) + data


def _receive(connection: socket.socket) -> Any:
    (length,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size))
    # Both ends are the same program of the same interpreter, and nobody else holds the socket.
    return marshal.loads(_exactly(connection, length))  # noqa: S302


def _exactly(connection: socket.socket, length: int) -> bytearray:
    data = bytearray(length)
    view = memoryview(data)
    while view:
        got = connection.recv_into(view)
        if not got:
            raise ConnectionResetError("the scribe is gone")
        view = view[got:]
    return data


# --- Large bodies: also the writer's thread puts its own into files with this --------------------------------------------


class SegmentFiles:
    """The open segments of one process, one for each series, each with a lock (flock) as long as it is open."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[str, int]] = {}  # series: path, descriptor

    def append(self, bodies: Sequence[Body]) -> None:
        """Write bodies and make them durable.  Raises OSError, and then no file is gone on with.

        The next path of a series closes the one before: never two of them in one call, or the first would be without its
        lock before the rows that need it are committed.
        """
        try:
            for series, path, position, body in bodies:
                _write_whole(self._descriptor(series, path), body, position)
            for _, descriptor in {self._open[series] for series, _, _, _ in bodies}:
                os.fdatasync(descriptor)
            for series, _, position, body in bodies:
                if len(body) >= _LARGE:
                    # Hardly anybody reads it again: the next one is written into the same memory.
                    os.posix_fadvise(self._open[series][1], position, len(body), os.POSIX_FADV_DONTNEED)
        except OSError:
            self.close()
            raise

    def holds(self, path: str) -> bool:
        """Whether this file is open here."""
        return any(opened == path for opened, _ in self._open.values())

    def close(self) -> None:
        """Close all of them."""
        for _, descriptor in self._open.values():
            os.close(descriptor)
        self._open.clear()

    def _descriptor(self, series: str, path: str) -> int:
        opened, descriptor = self._open.get(series, ("", -1))
        if opened == path:
            return descriptor
        if opened:
            del self._open[series]
            os.close(descriptor)
        self._open[series] = (path, descriptor := _new_segment(path))
        return descriptor


def _new_segment(path: str) -> int:
    while True:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:  # else a purge came between making and locking it
            break
        os.close(descriptor)
    sync_folder(os.path.dirname(path))
    return descriptor


def _write_whole(descriptor: int, body: bytes | memoryview, position: int) -> None:
    view = memoryview(body)
    while view:
        written = os.pwrite(descriptor, view, position)
        view, position = view[written:], position + written


def sync_folder(folder: str | os.PathLike[str]) -> None:
    """Make the names of new files durable.  Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Copyist:
    """Writes records of a journal into the tables."""

    def __init__(self, cursor: sqlite3.Cursor, files: SegmentFiles, tables: Tables) -> None:
        self._cursor = cursor
        self._files = files
        self._tables = tables
        self._open: dict[str, int] = {}  # journals, by path
        self._rows: dict[str, list[list[Any]]] = {}
        self._settled: list[list[Any]] = []
        self.unsettled: list[str] = []  # of the last write()

    def read(self, pieces: Sequence[Piece], goes: Sequence[Goes]) -> None:
        """Read records; their large bodies are on the disk on return.  Raises OSError, ValueError."""
        self._rows = {table: [] for table in self._tables.inserts}
        self._settled, self.unsettled = [], []
        places = iter(goes)
        bodies: list[Body] = []
        for path, start, end in pieces:
            self._read(self._bytes(path, start, end), places, bodies)
        if bodies:
            self._files.append(bodies)

    def write(self) -> None:
        """Write what was read, in the transaction that has begun."""
        self._settle_new()
        for table, statement in self._tables.inserts.items():
            if self._rows[table]:
                self._cursor.executemany(statement, self._rows[table])
        for values in self._settled:
            self._cursor.execute(self._tables.settle, values)
            if self._cursor.rowcount != 1:
                self.unsettled.append(values[0])

    def _bytes(self, path: str, start: int, end: int) -> memoryview:
        if path not in self._open:
            self._open[path] = os.open(path, os.O_RDONLY)
        data = os.pread(self._open[path], end - start, start)
        if len(data) != end - start:
            raise ValueError(f"{path} ends before {end}")
        return memoryview(data)

    def _read(self, data: memoryview, places: Iterator[Goes], bodies: list[Body]) -> None:
        position = 0
        while position < len(data):
            _, length, _, _ = RECORD.unpack_from(data, position)
            position += RECORD.size
            rows, large, settled = msgspec.msgpack.decode(data[position : position + length])
            position += length
            for _, n, size in large:
                series, path, segment, at = next(places)
                bodies.append((series, path, at, data[position : position + size]))
                rows["mails"][n][-3:] = (segment, at, None)
                position += size
            for table, some in rows.items():
                self._rows[table] += some
            self._settled += settled

    def _settle_new(self) -> None:
        """What has arrived before its rows were written is written as it is now."""
        if not (self._settled and self._rows["deliveries"]):
            return
        key, *places = self._tables.delivery
        new = {row[key]: row for row in self._rows["deliveries"]}
        later = []
        for values in self._settled:
            row = new.get(values[0])
            if row is None:
                later.append(values)
            else:
                for place, value in zip(places, values[1:], strict=True):
                    row[place] = value
        self._settled = later


# --- The process --------------------------------------------------------------------------------------------------------


def _main(descriptor: int, path: str) -> None:
    """Carry out transactions until the writer lets go of the socket."""
    # Who stops the gateway stops it in order: the last transactions still come.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    connection = sqlite3.connect(path, isolation_level=None, cached_statements=CACHED_STATEMENTS, timeout=BUSY_S)
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(pragma)
    texts: dict[int, str] = {}
    files = SegmentFiles()
    was_durable = True  # as PRAGMAS say
    with socket.socket(fileno=descriptor) as writer, contextlib.suppress(ConnectionError):
        copyist = Copyist(cursor, files, Tables(*_receive(writer)))
        while True:
            durable, bodies, steps, pieces, goes = _receive(writer)
            if durable != was_durable:
                cursor.execute("PRAGMA synchronous = FULL" if durable else "PRAGMA synchronous = NORMAL")
                was_durable = durable
            for number, text, _, _ in steps:
                if text is not None:
                    texts[number] = text
            failure = _carry_out(cursor, files, texts, bodies, steps, copyist, pieces, goes)
            writer.sendall(_packed((failure, copyist.unsettled)))


def _carry_out(
    cursor: sqlite3.Cursor,
    files: SegmentFiles,
    texts: dict[int, str],
    bodies: Sequence[Body],
    steps: Sequence[_Step],
    copyist: Copyist,
    pieces: Sequence[Piece],
    goes: Sequence[Goes],
) -> object:
    """None when committed, else (kind of error, text, code, name); then nothing was done but bytes that no row points to."""
    try:
        copyist.read(pieces, goes)
        if bodies:
            files.append(bodies)
        cursor.execute("BEGIN IMMEDIATE")
        copyist.write()
        for number, _, values, must_change in steps:
            cursor.execute(texts[number], values)
            if must_change >= 0 and cursor.rowcount != must_change:
                cursor.execute("ROLLBACK")
                return (_NOT_ALL, "", 0, "")
        cursor.execute("COMMIT")
    except Exception as error:  # noqa: BLE001 - a number too large, half a surrogate pair: not only SQLite has its say
        with contextlib.suppress(sqlite3.Error):
            cursor.execute("ROLLBACK")
        return (
            type(error).__name__,
            str(error),
            getattr(error, "sqlite_errorcode", 0),
            getattr(error, "sqlite_errorname", ""),
        )
    return None


if __name__ == "__main__":
    _main(int(sys.argv[1]), sys.argv[2])
