"""The courier to an office system (or a client of the axis) that watches a folder, and leaves its answers there.

The folder has these parts, made when they are missing; the folder itself is never made, for it may be a share that is not
mounted:

    <folder>/in/<delivery id>.edxml    packages: what the office system watches, and takes away
    <folder>/taken/                    where it may move a package instead of deleting it: proof for a look-up
    <folder>/out/                      its answers: status messages and documents of the axis (*.edxml, *.xml), and
                                       <delivery id>.error.txt with a reason in words
    <folder>/done/                     answers that we have taken, for ever
    <folder>/status/<id>.edxml         what we tell the issuers of documents of the axis
    <folder>/tmp/                      ours alone

The delivery id is the file's name on every attempt, so a package that is there already, or in ``taken/``, is a success, and
nothing is ever written over.  When we crashed before remembering an attempt, it is looked up: with a ``taken/`` the folder
proves either way; where the office system deletes what it took, a package that is gone is a person's to decide.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from gateway.bridge.answers import answer_of, delivery_named, written
from gateway.bridge.dropping import failure, finished, found_out, looked_up, put, set_aside, sweep
from gateway.bridge.edxml import parse
from gateway.bridge.packing import OneLarge, Packed, for_all, packed, why_not
from gateway.bridge.turns import Turns
from gateway.courier import Answer, Capabilities, Finding, Level, Outcome, Parcel, Result, Status
from gateway.directory.snapshot import Directory
from gateway.errors import UnreadablePackage
from gateway.model import Case, Delivery

logger = logging.getLogger(__name__)

_AT_A_TIME = 20  # answers
_BYTES_AT_A_TIME = 64 * 1024 * 1024
_MOST = 200 * 1024 * 1024  # of one answer
_SETTLED_S = 1.0  # a file that nobody has written to for so long is whole

_SAID = {
    Outcome.DELIVERED: "đã đặt vào thư mục của hệ thống",
    Outcome.ALREADY: "đã có sẵn từ lần trước",
    Outcome.REFUSED: "đã có tệp cùng tên nhưng khác nội dung",
}


class FolderCourier:
    """Puts one edXML package for each case into a watched folder, and picks up what is left there."""

    capabilities = Capabilities(look_up=True, poll=True, recall=True, incoming=True, sends_status=True)

    def __init__(
        self,
        name: str,
        folder: Path,
        *,
        directory: Callable[[], Directory],
        zipped: bool = False,
        settled_s: float = _SETTLED_S,
    ) -> None:
        self.name = name
        self.lanes = 1
        self._folder = folder
        self._directory = directory
        self._one_large = OneLarge()
        self._zipped = zipped
        self._settled_s = settled_s
        self._turns = Turns()

    async def deliver(self, parcel: Parcel) -> tuple[Result, ...]:
        """Write the package of each delivery.

        Raises Misconfigured when the folder is missing or not writable, TemporaryFailure when the disk is full or failed; then
        nothing became visible that was not whole.
        """
        async with self._one_large.turn(parcel):
            return await asyncio.to_thread(self._deliver, parcel)

    async def close(self) -> None:
        """There is nothing to let go of."""

    async def look_up(self, delivery: Delivery, case: Case) -> Result:
        """What ``in/`` and ``taken/`` prove; without a ``taken/`` nobody can say who took a package that is gone."""
        return await asyncio.to_thread(self._look_up, delivery.id)

    async def poll(self) -> tuple[Answer, ...]:
        """What lies in ``out/``, oldest first, but for what is still being written."""
        return await asyncio.to_thread(self._poll)

    def postpone(self, answer: Answer) -> None:
        """It comes behind the others from now on."""
        self._turns.postpone(answer.handle)

    async def acknowledge(self, answer: Answer) -> None:
        """Move the file to ``done/``."""
        await asyncio.to_thread(self._acknowledge, answer.handle)

    async def answer(self, status: Status) -> Result:
        """Put a status message into ``status/``."""
        return await asyncio.to_thread(self._answer, status)

    async def check(self) -> tuple[Finding, ...]:
        """Whether the folder is there and can be written."""
        return (await asyncio.to_thread(found_out, self._folder),)

    def _deliver(self, parcel: Parcel) -> tuple[Result, ...]:
        why = why_not(parcel)
        if why or parcel.case is None:
            return for_all(parcel, Outcome.REFUSED, why)
        package = packed(parcel, parcel.case, self._directory(), zipped=self._zipped)
        return tuple(self._put(delivery.id, package) for delivery in parcel.deliveries)

    def _put(self, delivery_id: str, package: Packed) -> Result:
        def write(file: BinaryIO) -> None:
            file.writelines(package.pieces())

        try:
            outcome = put(self._folder, f"{delivery_id}.edxml", write, is_ours=_is_package)
        except OSError as error:
            raise failure(error) from error
        reply = f"in/{delivery_id}.edxml: {_SAID[outcome]}; SHA-256 {package.digest}"
        return Result(delivery_id=delivery_id, outcome=outcome, reply=reply)

    def _look_up(self, delivery_id: str) -> Result:
        try:
            return looked_up(self._folder, f"{delivery_id}.edxml", delivery_id)
        except OSError as error:
            raise failure(error) from error

    def _poll(self) -> tuple[Answer, ...]:
        found: list[Answer] = []
        room = _BYTES_AT_A_TIME
        try:
            sweep(self._folder)
            waiting = finished(self._folder / "out", settled_s=self._settled_s)
            for path in self._turns.ordered(waiting, lambda path: path.name):
                if len(found) >= _AT_A_TIME or (found and room <= 0):
                    break
                try:
                    answer = _answer_in(path)
                except OSError as error:  # one file that cannot be read must not keep back the others
                    logger.warning("%s: %s", path, error.strerror)
                    continue
                found.append(answer)
                room -= len(answer.raw)
        except OSError as error:
            raise failure(error) from error
        return tuple(found)

    def _acknowledge(self, name: str) -> None:
        try:
            set_aside(self._folder / "out" / Path(name).name, self._folder / "done")
        except OSError as error:
            raise failure(error) from error
        self._turns.forget(name)

    def _answer(self, status: Status) -> Result:
        data = written(status)
        try:
            outcome = put(self._folder, f"{status.id}.edxml", lambda file: file.writelines((data,)), part="status")
        except OSError as error:
            raise failure(error) from error
        return Result(delivery_id=status.id, outcome=outcome, reply=f"status/{status.id}.edxml: {_SAID[outcome]}", receipt=b"")


def _is_package(path: Path) -> bool:
    """Whether a file of our name is a package: then it is that of an earlier attempt.  Raises OSError."""
    try:
        parse(path.read_bytes())
    except UnreadablePackage:
        return False
    return True


def _answer_in(path: Path) -> Answer:
    """What one file of theirs says.  Raises OSError."""
    size = path.stat().st_size
    if size > _MOST:
        reason = f"tệp {path.name} quá lớn ({size} byte): còn nguyên trong thư mục done"
        return Answer(event_id=f"{path.name}:{size}", level=Level.UNREADABLE, reason=reason, handle=path.name)
    raw = path.read_bytes()
    digest = hashlib.sha256(raw).hexdigest()
    event_id, delivery_id = f"{path.name}:{digest[:16]}", delivery_named(path.name)
    if path.suffix.lower() in (".edxml", ".xml"):
        return answer_of(raw, event_id=event_id, handle=path.name, delivery_id=delivery_id)
    if path.suffix.lower() == ".txt" and delivery_id:
        said = raw.decode("utf-8", "replace").strip()[:1000]
        return Answer(
            event_id=event_id,
            level=Level.REJECTED,
            status="02",
            delivery_id=delivery_id,
            reason=said or "không nêu lý do",
            raw=raw,
            digest=digest,
            handle=path.name,
        )
    reason = f"tệp {path.name}: không phải edXML, cũng không phải lời từ chối (<mã bàn giao>.error.txt)"
    return Answer(event_id=event_id, level=Level.UNREADABLE, reason=reason, raw=raw, digest=digest, handle=path.name)
