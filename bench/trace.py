"""What strace saw of a program's files, as steps of a disk that keeps only what it was told to keep."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

CALLS = (
    "open,openat,creat,write,pwrite64,writev,pwritev,sendto,sendmsg,ftruncate,truncate,fallocate,fsync,fdatasync,"
    "rename,renameat,renameat2,link,linkat,symlink,unlink,unlinkat,io_submit,io_getevents"
)
STRACE = (
    "strace", "-f", "-qq", "-y", "-xx", "-s", "99999999", "-e", f"trace={CALLS}", "--seccomp-bpf", "-e", "signal=none", "-o",
)  # fmt: skip

_LINE = re.compile(rb"^(\d+) +(.*)$")
_RESUMED = re.compile(rb"^<\.\.\. \w+ resumed>(.*)$")
_UNFINISHED = b" <unfinished ...>"
_CALL = re.compile(rb"^(\w+)\((.*)\) += (-?\d+)(?:<([^>]*)>)?")
_BEGUN = re.compile(rb"^(\w+)\((.*)$")
_STRING = re.compile(rb'"((?:\\x[0-9a-f]{2})*)"')
_DESCRIPTOR = re.compile(rb"^(\d+)<([^>]*)>")
_SUBMITTED = re.compile(rb"IOCB_CMD_FD?SYNC\b[^}]*?aio_fildes=\d+<([^>]*)>")
_PROMISE = re.compile(rb"250 2\.0\.0 ([0-9A-HJKMNP-TV-Z]{26})")


class Step(NamedTuple):
    """One thing that the program did."""

    what: str  # "create", "write", "truncate", "sync", "sync begins", "syncs end", "rename", "link", "unlink", "promise"
    path: str = ""
    data: bytes = b""
    position: int | None = None  # None: behind the last byte
    to: str = ""


def steps(trace: Path, *, below: Path) -> Iterator[Step]:
    """The steps in ``below``, and the promises (250) anywhere.

    A promise counts from the moment at which its call begins, everything else when its call has returned: so the disk
    is never thought to be ahead of what the client may have heard.
    """
    begun: dict[bytes, bytes] = {}
    root = str(below) + "/"
    with trace.open("rb") as lines:
        for line in lines:
            if not (found := _LINE.match(line.rstrip(b"\n"))):
                continue
            process, text = found.groups()
            if resumed := _RESUMED.match(text):
                yield from _files(begun.pop(process, b"") + resumed[1], root)
            elif text.endswith(_UNFINISHED):
                begun[process] = text.removesuffix(_UNFINISHED)
                yield from _promises(begun[process])
            else:
                yield from _promises(text)
                yield from _files(text, root)


def _promises(text: bytes) -> Iterator[Step]:
    if text.startswith((b"write(", b"writev(", b"sendto(", b"sendmsg(")):
        for words in map(_bytes, _STRING.findall(text)):
            for found in _PROMISE.finditer(words):
                yield Step("promise", data=found[1])


def _files(text: bytes, root: str) -> Iterator[Step]:
    call = _CALL.match(text)
    if not call or call[3].startswith(b"-"):
        return
    name, arguments, result = call[1].decode(), call[2], int(call[3])
    strings = [_bytes(word) for word in _STRING.findall(arguments)]
    described = _DESCRIPTOR.match(arguments)
    path = _bytes(described[2]).decode(errors="replace") if described else ""
    if name in ("open", "openat", "creat"):
        path = _bytes(call[4] or b"").decode(errors="replace")
        if path.startswith(root) and (b"O_CREAT" in arguments or b"O_TRUNC" in arguments or name == "creat"):
            yield Step("create", path)
            if b"O_TRUNC" in arguments or name == "creat":
                yield Step("truncate", path, position=0)
    elif name in ("rename", "renameat", "renameat2", "link", "linkat", "symlink"):
        old, new = (word.decode(errors="replace") for word in strings[-2:])
        if new.startswith(root) or old.startswith(root):
            yield Step("rename" if name.startswith("rename") else "link", old, to=new)
    elif name in ("unlink", "unlinkat"):
        yield from (Step("unlink", each.decode()) for each in strings[-1:] if each.decode(errors="replace").startswith(root))
    elif name.startswith("io_"):
        yield from _by_the_kernel(name, arguments, root)
    elif path.startswith(root) or path + "/" == root:
        yield from _written(name, path, arguments, strings, result)


def _by_the_kernel(name: str, arguments: bytes, root: str) -> Iterator[Step]:
    """A sync that the kernel was asked for, and the word that it is done: there is never more than one under way."""
    if name == "io_getevents":
        yield Step("syncs end")
        return
    for each in _SUBMITTED.findall(arguments):
        if (path := _bytes(each).decode(errors="replace")).startswith(root):
            yield Step("sync begins", path)


def _written(name: str, path: str, arguments: bytes, strings: list[bytes], result: int) -> Iterator[Step]:
    if name in ("fsync", "fdatasync"):
        yield Step("sync", path)
    elif name in ("ftruncate", "fallocate"):
        yield Step("truncate" if name == "ftruncate" else "write", path, position=int(arguments.rsplit(b",", 1)[1]))
    elif name in ("write", "writev"):
        yield Step("write", path, b"".join(strings)[:result])
    elif name in ("pwrite64", "pwritev"):
        yield Step("write", path, b"".join(strings)[:result], int(arguments.rsplit(b",", 1)[1]))


def _bytes(escaped: bytes) -> bytes:
    """ "\\x2f\\x74" as bytes; a path of which strace wrote nothing in hex as it is."""
    return bytes.fromhex(escaped.replace(b"\\x", b"").decode()) if escaped.startswith(b"\\x") else escaped


class _File:
    """What is on the disk, and what was written since."""

    def __init__(self, data: bytes = b"") -> None:
        self.kept = bytearray(data)
        self.since: list[tuple[int, bytes | None]] = []  # position and bytes; None: cut off there
        self.end = len(data)
        self.syncing = 0  # how many of the writes since a sync that is under way makes sure of

    def write(self, position: int | None, data: bytes) -> None:
        at = self.end if position is None else position
        self.since.append((at, data))
        self.end = max(self.end, at + len(data))

    def truncate(self, length: int) -> None:
        self.since.append((length, None))
        self.end = length

    def sync(self, *, count: int | None = None) -> None:
        self.kept, self.since = self.after(self.since[:count]), [] if count is None else self.since[count:]
        self.syncing = 0

    def after(self, writes: list[tuple[int, bytes | None]]) -> bytearray:
        data = bytearray(self.kept)
        for position, written in writes:
            if len(data) < position:
                data += bytes(position - len(data))
            if written is None:
                del data[position:]
            else:
                data[position : position + len(written)] = written
        return data


class Disk:
    """A folder as the steps make it; ``after_power_cut`` is what is sure to be there, and by chance some of the rest."""

    def __init__(self, files: dict[str, bytes]) -> None:
        """``files`` are on the disk already."""
        self._names = {path: _File(data) for path, data in files.items()}
        self._kept_names = dict(self._names)

    def take(self, step: Step) -> None:
        """Do one step."""
        names = self._names
        if step.what == "create":
            names.setdefault(step.path, _File())
        elif step.what == "write" and step.path in names:
            names[step.path].write(step.position, step.data)
        elif step.what == "truncate" and step.path in names:
            names[step.path].truncate(step.position or 0)
        elif step.what == "sync":
            self._sync(step.path)
        elif step.what == "sync begins" and step.path in names:
            names[step.path].syncing = len(names[step.path].since)
        elif step.what == "syncs end":
            for file in names.values():
                file.sync(count=file.syncing)
        elif step.what in ("rename", "link") and step.path in names:
            names[step.to] = names[step.path] if step.what == "link" else names.pop(step.path)
        elif step.what == "unlink":
            names.pop(step.path, None)

    def _sync(self, path: str) -> None:
        if path in self._names:
            self._names[path].sync()
            return
        # A folder: the names in it are sure now, and those that went are gone.
        inside = [name for name in {*self._names, *self._kept_names} if str(PurePosixPath(name).parent) == path]
        for name in inside:
            if name in self._names:
                self._kept_names[name] = self._names[name]
            else:
                del self._kept_names[name]

    def after_power_cut(self, chance: random.Random, *, some: float) -> dict[str, bytes]:
        """Paths and bytes.  Of what was not synced each write and each name is there with this probability."""
        names = dict(self._kept_names)
        for name in {*self._names, *self._kept_names}:
            if self._names.get(name) is not self._kept_names.get(name) and chance.random() < some:
                if name in self._names:
                    names[name] = self._names[name]
                else:
                    del names[name]
        return {
            name: bytes(file.after([each for each in file.since if chance.random() < some])) for name, file in names.items()
        }
