"""The writer's end of a scribe."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from gateway.scribe.messages import NOT_ALL, READY, Body, Failed, Goes, NotAllChanged, Piece, Place, Said, Step, packed, taken

# The very program that we are, whatever else is installed and wherever we were started.
PROGRAM = "import sys; sys.path.insert(0, sys.argv[1]); from gateway.scribe.process import main; main(int(sys.argv[2]))"
_HOUSE = str(Path(__file__).resolve().parents[2])


class Scribe:
    """Messages for the process and what its replies mean.  Whoever has it sends and receives."""

    def __init__(self, place: Place) -> None:
        """Start the process."""
        self.socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-P", "-c", PROGRAM, _HOUSE, str(theirs.fileno())], pass_fds=(theirs.fileno(),)
            )
        # Not among its arguments, which everybody on the machine may read: there is a password in it.
        self.socket.sendall(packed((*place[:2], [tuple(table) for table in place.tables], *place[3:])))
        self._texts: dict[str | bytes, int] = {}
        self._came = bytearray()
        self.is_ready = False  # it has said so; before that it has done nothing
        self._is_asked = False

    def message(
        self,
        statements: Sequence[tuple[str | bytes, list[Any], int]],
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
        self._is_asked = True
        steps: list[Step] = []
        for text, values, must_change in statements:
            number = self._texts.get(text)
            if number is None:
                number = self._texts[text] = len(self._texts)
                steps.append((number, text, values, must_change))
            else:
                steps.append((number, None, values, must_change))
        return packed((durable, tuple(bodies), steps, tuple(pieces), tuple(goes)))

    def came(self, data: bytes) -> Iterator[Said]:
        """Bytes that came from the process: what each whole reply in them says."""
        self._came += data
        while (reply := taken(self._came)) is not None:
            if reply == READY:
                self.is_ready = True
                continue
            failure, unsettled = reply
            yield Said(None if failure is None else _as_exception(*failure), unsettled)

    def close(self) -> None:
        """Let the process end after what it is doing, and wait for that."""
        self.socket.close()
        if not (self.is_ready or self._is_asked):
            self._process.kill()  # it may be waiting for a server that does not answer
        self._process.wait()


def _as_exception(kind: str, text: str, code: str) -> Exception:
    return NotAllChanged() if kind == NOT_ALL else Failed(kind, text, code)
