"""The process: carries out transactions until the writer lets go of the socket."""

from __future__ import annotations

import contextlib
import signal
import socket
import sys
from collections.abc import Sequence

from gateway.scribe.copyist import Copyist
from gateway.scribe.hand import Hand, OutcomeUnknown
from gateway.scribe.messages import NOT_ALL, READY, Body, Goes, Piece, Place, Step, Table, packed, receive
from gateway.scribe.segments import SegmentFiles


def main(descriptor: int) -> None:
    """Serve the writer at the other end of this socket."""
    # Who stops the gateway stops it in order: the last transactions still come.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with socket.socket(fileno=descriptor) as writer, contextlib.suppress(ConnectionError, OutcomeUnknown):
        is_sqlite, database, tables, *others = receive(writer)
        process = _Process(Place(is_sqlite, database, tuple(Table(*each) for each in tables), *others))
        with contextlib.suppress(ConnectionError):  # what was sent by somebody who is gone already is done all the same
            writer.sendall(packed(READY))
        while True:
            writer.sendall(packed(process.do(*receive(writer))))


class _Process:
    def __init__(self, place: Place) -> None:
        self._files = SegmentFiles()
        self._copyist = Copyist(self._files, place)
        self._hand = _hand(place)
        self._texts: dict[int, str | bytes] = {}

    def do(
        self, durable: bool, bodies: Sequence[Body], steps: Sequence[Step], pieces: Sequence[Piece], goes: Sequence[Goes]
    ) -> tuple[object, list[str]]:
        """One transaction: (None when committed, else (kind of error, text, code); ids that could not be settled)."""
        self._texts.update({number: text for number, text, _, _ in steps if text is not None})
        try:
            copied = self._copyist.read(pieces, goes)
            if bodies:
                self._files.append(bodies)
            self._hand.begin(durable=durable)
            unsettled = self._hand.write(copied)
            for number, _, values, must_change in steps:
                changed = self._hand.carry_out(self._texts[number], values)
                if must_change not in (-1, changed):
                    self._hand.roll_back()
                    return (NOT_ALL, "", ""), []
            self._hand.commit()
        except OutcomeUnknown as unknown:
            sys.stderr.write(f"scribe: nobody knows whether this was committed: {unknown.__cause__}\n")
            raise
        except Exception as error:  # noqa: BLE001 - a number too large, half a surrogate pair: not only databases have their say
            self._hand.roll_back()  # then nothing was done but bytes that no row points to
            return (type(error).__name__, str(error), self._hand.code_of(error)), []
        return None, unsettled


def _hand(place: Place) -> Hand:
    """Loads the driver of that database only."""
    if place.is_sqlite:
        from gateway.scribe.on_sqlite import OnSqlite

        return OnSqlite(place)
    from gateway.scribe.on_postgres import OnPostgres

    return OnPostgres(place)
