"""What the writer and its scribe say to each other, and how a record of a journal is laid out."""

from __future__ import annotations

import marshal
import socket
import struct
from typing import Any, NamedTuple

# The number of a text and, when the scribe has not heard it before, the text; its values; how many rows it must change, or -1.
Step = tuple[int, str | bytes | None, list[Any], int]
# A large body: its series, the file, where in it the body begins, the bytes.
Body = tuple[str, str, int, bytes | memoryview]
# Where a large body of a record goes: its series, the file, the name of its segment, where in it the body begins.
Goes = tuple[str, str, str, int]
# Records of a journal, one behind the other: the file, where they begin and end.
Piece = tuple[str, int, int]

# A record of a journal: its era, the length of its rows, the length of the large bodies behind them, a checksum.  The rows are
# msgpack: (rows by table, (series, index of its row in mails, size) of each large body, settled deliveries).
RECORD = struct.Struct("<QIII")

# What whoever writes to PostgreSQL begins with: a commit that is to be durable is, whatever the server is set to.
ON_POSTGRES = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"

# PostgreSQL: the class of the advisory locks of scribes.  A gateway that opens waits for the scribe of an earlier life.
SCRIBE_LOCK = 0x56414E55
TAKE_LOCK = "SELECT pg_try_advisory_lock(%s, hashtext(%s))"

NOT_ALL = "not all"
READY = "ready"  # the first that the process says: before it, it has done nothing
_LENGTH = struct.Struct("<Q")


class Place(NamedTuple):
    """Where a scribe writes."""

    is_sqlite: bool
    database: str  # the path of the SQLite file, which has its schema; or what libpq calls a connection string
    tables: tuple[Table, ...]  # in which records of a journal are written, in this order
    settle: str | bytes  # the statement that settles deliveries
    delivery: tuple[int, ...]  # where in a row of deliveries stands what a settled delivery has, in its order
    node: str = ""  # PostgreSQL: of which only one scribe may write


class Table(NamedTuple):
    """A table in which records of a journal are written."""

    name: str
    insert: str | bytes  # the statement for one row; with ``types`` a COPY for all of them
    types: tuple[str, ...] = ()  # of its columns, as PostgreSQL calls them


class NotAllChanged(Exception):
    """A statement changed fewer rows than it must: nothing was done."""


class Failed(Exception):
    """A transaction failed: nothing was done."""

    def __init__(self, kind: str, text: str, code: str) -> None:
        super().__init__(f"{kind}: {text}")
        self.kind = kind  # the name of the exception there
        self.code = code  # SQLITE_…, or PostgreSQL's five letters


class Said(NamedTuple):
    """What the process says of a transaction."""

    failure: Exception | None  # None: it is committed; NotAllChanged or Failed: nothing of it was done
    unsettled: list[str]  # ids of the deliveries in records that it did not settle, because they were not there as was thought


def packed(message: object) -> bytes:
    """A message with its length in front.  ValueError when there is a value in it that cannot be written."""
    data = marshal.dumps(message)  # type: ignore[arg-type]  # what it cannot write, it refuses
    return _LENGTH.pack(len(data)) + data


def taken(came: bytearray) -> Any:
    """The first message in what came, which is taken out of it; None while it is not whole."""
    if len(came) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack_from(came)
    end = _LENGTH.size + length
    if len(came) < end:
        return None
    # Both ends are the same program of the same interpreter, and nobody else holds the socket.
    message = marshal.loads(came[_LENGTH.size : end])  # noqa: S302
    del came[:end]
    return message


def receive(connection: socket.socket) -> Any:
    """Wait for the next message.  ConnectionResetError when there will be none."""
    (length,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size))
    return marshal.loads(_exactly(connection, length))  # noqa: S302 - as above


def _exactly(connection: socket.socket, length: int) -> bytearray:
    data = bytearray(length)
    view = memoryview(data)
    while view:
        got = connection.recv_into(view)
        if not got:
            raise ConnectionResetError("the other end is gone")
        view = view[got:]
    return data
