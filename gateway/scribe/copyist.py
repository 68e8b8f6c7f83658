"""Records of a journal, read and made ready for the tables."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from gateway.scribe.messages import RECORD, Body, Goes, Piece, Place
from gateway.scribe.segments import SegmentFiles

Row = list[Any]


class Copied(NamedTuple):
    """What stood in records."""

    rows: dict[str, list[Row]]  # by table
    settled: list[Row]  # deliveries whose rows were written earlier, with what came of them


class Copyist:
    """Reads journals, and puts the large bodies in them into files."""

    def __init__(self, files: SegmentFiles, place: Place) -> None:
        self._files = files
        self._place = place
        self._open: dict[str, int] = {}  # journals, by path

    def read(self, pieces: Sequence[Piece], goes: Sequence[Goes]) -> Copied:
        """Read records; their large bodies are on the disk on return.  Raises OSError, ValueError."""
        copied = Copied({table.name: [] for table in self._place.tables}, [])
        places = iter(goes)
        bodies: list[Body] = []
        for path, start, end in pieces:
            self._read(self._bytes(path, start, end), places, bodies, copied)
        if bodies:
            self._files.append(bodies)
        return self._with_new_settled(copied)

    def _bytes(self, path: str, start: int, end: int) -> memoryview:
        if path not in self._open:
            self._open[path] = os.open(path, os.O_RDONLY)
        data = os.pread(self._open[path], end - start, start)
        if len(data) != end - start:
            raise ValueError(f"{path} ends before {end}")
        return memoryview(data)

    def _read(self, data: memoryview, places: Iterator[Goes], bodies: list[Body], copied: Copied) -> None:
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
                copied.rows[table] += some
            copied.settled.extend(settled)

    def _with_new_settled(self, copied: Copied) -> Copied:
        """What has arrived before its rows were written is written as it is now."""
        if not (copied.settled and copied.rows["deliveries"]):
            return copied
        key, *columns = self._place.delivery
        new = {row[key]: row for row in copied.rows["deliveries"]}
        later = []
        for values in copied.settled:
            row = new.get(values[0])
            if row is None:
                later.append(values)
            else:
                for column, value in zip(columns, values[1:], strict=True):
                    row[column] = value
        return Copied(copied.rows, later)
