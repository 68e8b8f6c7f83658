"""The courier to an office system that watches a folder.

The folder has two parts, both made when they are missing; the folder itself is never made, for it may be a share that is not
mounted:

    <folder>/in/<delivery id>.edxml    whole packages, nothing else: what the office system watches, and takes away
    <folder>/tmp/                      ours alone: packages being written; what a crash left there goes after a day
    <folder>/taken/                    where the office system may move a package instead of deleting it: proof for a look-up

A package is written in ``tmp/``, synced to disk, and only then renamed into ``in/``: nobody who looks there sees half a file.
(Renamed, not linked: network shares often know no links, and watchers wait for a file to be moved in.)  The delivery id is the
file's name on every attempt, so a package that is there already is a success, and one with other bytes is never written over.
When the office system took the file and we crashed before remembering it, the next attempt writes the same bytes under the same
name with the same DocumentId: by these the office system knows it again.

Both parts must lie in one file system.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path

from gateway.bridge.edxml import package
from gateway.bridge.handover import edxml_of
from gateway.courier import Answer, Capabilities, Finding, FindingLevel, Outcome, Parcel, Result, Status
from gateway.directory.snapshot import Directory
from gateway.errors import DeliveryError, Misconfigured, TemporaryFailure
from gateway.lifecycle import CaseState
from gateway.model import Action, Case, Delivery

_OURS_TO_REPAIR = frozenset(
    {
        errno.ENOENT,
        errno.EEXIST,  # a file stands where a folder should be
        errno.ENOTDIR,
        errno.EACCES,
        errno.EPERM,
        errno.EROFS,
        errno.ENOTCONN,
        errno.ESTALE,
        errno.EXDEV,
    }
)
_LEFT_BEHIND_S = 24 * 3600


class FolderCourier:
    """Puts one edXML package for each case into a watched folder."""

    capabilities = Capabilities(look_up=True, idempotent=True)

    def __init__(self, name: str, folder: Path, *, directory: Callable[[], Directory]) -> None:
        self.name = name
        self.lanes = 1
        self._folder = folder
        self._directory = directory

    async def deliver(self, parcel: Parcel) -> tuple[Result, ...]:
        """Write the package of each delivery.

        Raises Misconfigured when the folder is missing or not writable, TemporaryFailure when the disk is full or failed; then
        nothing became visible that was not whole.
        """
        return await asyncio.to_thread(self._deliver, parcel)

    async def close(self) -> None:
        """There is nothing to let go of."""

    async def look_up(self, delivery: Delivery, case: Case) -> Result:
        """ALREADY when the package stands in ``in/`` or ``taken/``; when it is gone, nobody can say who took it."""
        return await asyncio.to_thread(self._look_up, delivery.id)

    async def poll(self) -> tuple[Answer, ...]:
        """Nothing comes back yet."""
        return ()

    async def acknowledge(self, answer: Answer) -> None:
        """There is nothing to acknowledge."""

    async def answer(self, status: Status) -> Result:
        """This office system takes no statuses."""
        return Result(delivery_id=status.id, outcome=Outcome.REFUSED, reply="hệ thống này không nhận trạng thái")

    async def check(self) -> tuple[Finding, ...]:
        """Whether the folder is there and can be written."""
        return (await asyncio.to_thread(self._check),)

    def _look_up(self, delivery_id: str) -> Result:
        name = f"{delivery_id}.edxml"
        for part in ("in", "taken"):
            if (self._folder / part / name).exists():
                return Result(delivery_id=delivery_id, outcome=Outcome.ALREADY, reply=f"{part}/{name}: đã có trong thư mục")
        said = f"{name}: không còn trong thư mục; không rõ hệ thống đã lấy hay chưa"
        return Result(delivery_id=delivery_id, outcome=Outcome.UNCERTAIN, reply=said)

    def _check(self) -> Finding:
        if not self._folder.is_dir():
            return Finding(
                level=FindingLevel.BAD,
                about="folder",
                text=f"Không thấy thư mục {self._folder}: hãy tạo thư mục hoặc gắn lại ổ chia sẻ.",
            )
        try:
            _probe(self._folder)
        except OSError as error:
            said = f"Không ghi được vào thư mục {self._folder} ({error.strerror}): hãy cấp quyền ghi cho tài khoản chạy cổng."
            return Finding(level=FindingLevel.BAD, about="folder", text=said)
        return Finding(level=FindingLevel.GOOD, about="folder", text=f"Ghi được vào thư mục {self._folder}.")

    def _deliver(self, parcel: Parcel) -> tuple[Result, ...]:
        case = parcel.case
        if case is None or case.state is CaseState.SEALED or case.action is Action.QUARANTINE:
            # Neither mail nor axis carries a state secret: an error of ours must not become a leak.
            said = "không có hồ sơ để bàn giao" if case is None else "hồ sơ niêm phong: không bàn giao"
            return tuple(Result(delivery_id=d.id, outcome=Outcome.REFUSED, reply=said) for d in parcel.deliveries)
        data = package(edxml_of(parcel.mail, case, self._directory()))
        return tuple(self._put(delivery.id, data) for delivery in parcel.deliveries)

    def _put(self, delivery_id: str, data: bytes) -> Result:
        digest = hashlib.sha256(data).hexdigest()
        try:
            outcome = put(self._folder, f"{delivery_id}.edxml", data)
        except OSError as error:
            raise _failure(error) from error
        said = {
            Outcome.DELIVERED: "đã đặt vào thư mục của hệ thống",
            Outcome.ALREADY: "đã có sẵn, đúng nội dung này",
            Outcome.REFUSED: "đã có tệp cùng tên nhưng khác nội dung",
        }[outcome]
        return Result(delivery_id=delivery_id, outcome=outcome, reply=f"in/{delivery_id}.edxml: {said}; SHA-256 {digest}")


def put(folder: Path, name: str, data: bytes) -> Outcome:
    """Make ``data`` visible as ``folder/in/name``, whole or not at all, and durable on return.

    DELIVERED, or ALREADY when the same bytes are there, or REFUSED when others are.  Raises OSError.  One writer at a time for
    one name: the lease of the delivery sees to that.
    """
    inbox, aside = folder / "in", folder / "tmp"
    for part in (inbox, aside):
        part.mkdir(exist_ok=True)
    _sweep(aside)
    target = inbox / name
    if target.exists():
        return _compared(target, data)
    draft = aside / f"{name}.{os.getpid()}.{os.urandom(4).hex()}"
    try:
        _write_durably(draft, data)
        draft.rename(target)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise
    _sync_folder(inbox)
    return Outcome.DELIVERED


def _probe(folder: Path) -> None:
    """Write and rename a file as a package would be; raises OSError."""
    for part in ("in", "tmp"):
        (folder / part).mkdir(exist_ok=True)
    name = f"thu-ghi.{os.getpid()}.{os.urandom(4).hex()}"
    aside = folder / "tmp" / name
    _write_durably(aside, b"")
    try:
        aside.rename(folder / "tmp" / f"{name}.moved")
    finally:
        for left in (aside, folder / "tmp" / f"{name}.moved"):
            left.unlink(missing_ok=True)


def _write_durably(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _compared(target: Path, data: bytes) -> Outcome:
    same = target.stat().st_size == len(data) and target.read_bytes() == data
    return Outcome.ALREADY if same else Outcome.REFUSED


def _sweep(aside: Path) -> None:
    """Remove what crashes left in ``tmp/``; what is younger may still be in the writing, by another node."""
    too_old = time.time() - _LEFT_BEHIND_S
    for draft in aside.iterdir():
        with contextlib.suppress(OSError):  # housekeeping: the next attempt tries again
            if draft.stat().st_mtime < too_old:
                draft.unlink()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _failure(error: OSError) -> DeliveryError:
    said = f"{error.filename or ''}: {error.strerror}"
    if error.errno in _OURS_TO_REPAIR:
        return Misconfigured(said)
    return TemporaryFailure(said)
