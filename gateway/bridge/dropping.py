"""Files in a folder that somebody else watches: whole or not there, once, durable; and what others leave there for us.

    <folder>/<part>/    what the other side watches: whole files, nothing else
    <folder>/tmp/       ours alone: files being written; what a crash left there goes after a day

A file is written in ``tmp/``, synced to disk, and only then renamed: nobody who looks sees half a file.  (Renamed, not linked:
network shares often know no links, and watchers wait for a file to be moved in.)  All parts must lie in one file system.
"""

from __future__ import annotations

import contextlib
import errno
import filecmp
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from gateway.courier import Finding, FindingLevel, Outcome, Result
from gateway.errors import DeliveryError, Misconfigured, TemporaryFailure

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
_UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", ".filepart", "~")


TAKEN = "taken"  # where the other side may move what it took


def put(
    folder: Path,
    name: str,
    write: Callable[[BinaryIO], None],
    *,
    part: str = "in",
    is_ours: Callable[[Path], bool] = lambda path: False,
) -> Outcome:
    """Make what ``write`` writes visible as ``folder/part/name``, whole or not at all, and durable on return.

    DELIVERED, or ALREADY when it is there or in ``taken/``: the same bytes, or others of an earlier attempt (``is_ours``; the
    directory may have changed in between).  REFUSED when something else has the name.  Raises OSError.  One writer at a time
    for one name: the lease of the delivery sees to that.
    """
    place, aside = folder / part, folder / "tmp"
    for each in (place, aside):
        each.mkdir(exist_ok=True)
    target = place / name
    draft = aside / f"{name}.{os.getpid()}.{os.urandom(4).hex()}"
    try:
        _write_durably(draft, write)
        for there in (target, folder / TAKEN / name):  # in the order in which a package goes
            found = _compared(draft, there, is_ours)
            if found is not None:
                draft.unlink()
                return found
        draft.rename(target)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise
    _sync_folder(place)
    return Outcome.DELIVERED


def _compared(draft: Path, there: Path, is_ours: Callable[[Path], bool]) -> Outcome | None:
    try:
        known = filecmp.cmp(draft, there, shallow=False) or is_ours(there)
    except FileNotFoundError:
        return None  # not there, or taken away this moment
    return Outcome.ALREADY if known else Outcome.REFUSED


def looked_up(folder: Path, name: str, delivery_id: str) -> Result:
    """What the folder proves about a package.  Raises OSError.

    ALREADY: it stands there, or where taken ones go.  RETRY: it does not, and taken ones are kept.  UNCERTAIN: where they are
    deleted, nobody can say who took it.
    """
    for part in ("in", TAKEN):
        if (folder / part / name).exists():
            return Result(delivery_id=delivery_id, outcome=Outcome.ALREADY, reply=f"{part}/{name}: đã có trong thư mục")
    if (folder / TAKEN).is_dir():
        said = f"{name}: không có trong in/ và {TAKEN}/"
        return Result(delivery_id=delivery_id, outcome=Outcome.RETRY, reply=said)
    said = f"{name}: không còn trong thư mục; hãy hỏi bên nhận đã lấy chưa"
    return Result(delivery_id=delivery_id, outcome=Outcome.UNCERTAIN, reply=said)


def sweep(folder: Path) -> None:
    """Remove what crashes left in ``tmp/``; what is younger may still be in the writing, by another node.  Raises OSError."""
    aside, too_old = folder / "tmp", time.time() - _LEFT_BEHIND_S
    for draft in aside.iterdir() if aside.is_dir() else ():
        with contextlib.suppress(OSError):  # housekeeping: the next time tries again
            if draft.stat().st_mtime < too_old:
                draft.unlink()


def finished(folder: Path, *, settled_s: float) -> list[Path]:
    """The files that others left, oldest first, but for those that are still being written as far as one can see."""
    found = []
    young = time.time() - settled_s
    for path in folder.iterdir() if folder.is_dir() else ():
        with contextlib.suppress(FileNotFoundError):
            at = path.stat().st_mtime
            if path.is_file() and at <= young and not path.name.startswith(".") and not path.name.endswith(_UNFINISHED):
                found.append((at, path.name, path))
    return [path for _, _, path in sorted(found)]


def set_aside(path: Path, place: Path) -> None:
    """Move a file away, never over another one; harmless when it is gone."""
    place.mkdir(exist_ok=True)
    target, n = place / path.name, 1
    while target.exists():
        n += 1
        target = place / f"{path.stem} ({n}){path.suffix}"
    with contextlib.suppress(FileNotFoundError):
        path.rename(target)
        _sync_folder(place)


def failure(error: OSError) -> DeliveryError:
    """What an error of the file system means for a delivery."""
    said = f"{error.filename or ''}: {error.strerror}"
    if error.errno in _OURS_TO_REPAIR:
        return Misconfigured(said)
    return TemporaryFailure(said)


def found_out(folder: Path) -> Finding:
    """Whether the folder is there and can be written, for the officer."""
    if not folder.is_dir():
        text = f"Không thấy thư mục {folder}: hãy tạo thư mục hoặc gắn lại ổ chia sẻ."
        return Finding(level=FindingLevel.BAD, about="folder", text=text)
    try:
        _probe(folder)
    except OSError as error:
        text = f"Không ghi được vào thư mục {folder} ({error.strerror}): hãy cấp quyền ghi cho tài khoản chạy cổng."
        return Finding(level=FindingLevel.BAD, about="folder", text=text)
    return Finding(level=FindingLevel.GOOD, about="folder", text=f"Ghi được vào thư mục {folder}.")


def _probe(folder: Path) -> None:
    """Write and rename a file as a package would be; raises OSError."""
    for part in ("in", "tmp"):
        (folder / part).mkdir(exist_ok=True)
    aside = folder / "tmp" / f"thu-ghi.{os.getpid()}.{os.urandom(4).hex()}"
    moved = aside.with_name(f"{aside.name}.moved")
    try:
        _write_durably(aside, lambda file: None)
        aside.rename(moved)
    finally:
        for left in (aside, moved):
            left.unlink(missing_ok=True)


def _write_durably(path: Path, write: Callable[[BinaryIO], None]) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o640)
    with os.fdopen(descriptor, "w+b") as file:
        write(file)
        file.flush()
        os.fsync(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
