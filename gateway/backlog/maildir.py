"""Mail in a Maildir: a file for each mail, subfolders as Maildir++ (".Lưu.2019") or as plain folders."""

from __future__ import annotations

import base64
import contextlib
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from gateway.backlog.source import Item, Unavailable, contents, shown, wanted, wire_form
from gateway.errors import ConfigError

INBOX = "INBOX"
_MAIL = ("cur", "new")  # tmp holds what is still being written
_SHIFTED = re.compile(r"&([A-Za-z0-9+,]*)-")


class Maildir:
    """A Maildir with its subfolders."""

    def close(self) -> None:
        """Nothing is open."""

    def __init__(self, path: Path, *, most: int, folders: tuple[str, ...] = ()) -> None:
        """``most``: bytes of the largest mail that is read.  ConfigError when it is none."""
        self.name = f"maildir:{shown(str(path.resolve()))}"
        self._most = most
        found = list(_folders(path))
        if not found:
            raise ConfigError(f"{shown(str(path))}: expected a Maildir: a folder with cur and new in it")
        self._folders = [(name, folder) for name, folder in found if wanted(name, folders)]

    def extent(self) -> int:
        """How many mails there are."""
        return sum(len(_names(os.path.join(folder, part))) for _, folder in self._folders for part in _MAIL)

    def items(self) -> Iterator[Item]:
        """Every mail, folder by folder, in the order of their names (they begin with the time of delivery)."""
        position = 0
        for name, folder in self._folders:
            files = [(file, part) for part in _MAIL for file in _names(os.path.join(folder, part))]
            for file, part in sorted(files):
                position += 1
                path = os.path.join(folder, part, file)
                unique = shown(file).partition(":")[0]  # flags stand behind the colon and change
                size, at = _size_and_time(path)
                yield Item(key=f"{name}/{unique}", folder=name, size=size, at=at, position=position, path=path)

    def read(self, item: Item) -> bytes:
        """The bytes of a mail.  A server may have moved it from new to cur, or have changed its flags, meanwhile."""
        for _ in range(2):
            with contextlib.suppress(FileNotFoundError):
                return wire_form(contents(_where(item.path), most=self._most))
        raise Unavailable("tệp thư không còn ở đó")


def _where(path: str) -> str:
    if os.path.exists(path):
        return path
    folder, unique = os.path.dirname(os.path.dirname(path)), os.path.basename(path).partition(":")[0]
    for part in _MAIL:
        for name in _names(os.path.join(folder, part)):
            if name.partition(":")[0] == unique:
                return os.path.join(folder, part, name)
    return path


def _size_and_time(path: str) -> tuple[int, datetime | None]:
    """The time of the file is when the mail was delivered."""
    try:
        found = os.stat(path)
    except OSError:
        return 0, None
    return found.st_size, datetime.fromtimestamp(found.st_mtime, UTC)


def _names(folder: str) -> list[str]:
    try:
        return [name for name in os.listdir(folder) if not name.startswith(".")]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ConfigError(f"{shown(folder)}: cannot be read: {error.strerror}") from error


def _folders(root: Path) -> Iterator[tuple[str, str]]:
    """Names and places of all folders that hold mail."""
    for folder, subfolders, _ in os.walk(root):
        subfolders[:] = sorted(name for name in subfolders if name not in ("cur", "new", "tmp"))
        if any(os.path.isdir(os.path.join(folder, part)) for part in _MAIL):
            yield _folder_name(os.path.relpath(folder, root)), folder


def _folder_name(relative: str) -> str:
    """ ".L&AbA-u.2019" is "Lưu/2019"."""
    if relative == ".":
        return INBOX
    parts = [part for step in relative.split(os.sep) for part in (step[1:].split(".") if step.startswith(".") else [step])]
    return shown("/".join(_from_utf7(part) for part in parts))


def _from_utf7(name: str) -> str:
    """Modified UTF-7 as IMAP servers name folders on disk (RFC 3501 section 5.1.3); what is none stays as it is."""

    def letters(match: re.Match[str]) -> str:
        if not match[1]:
            return "&"
        packed = match[1].replace(",", "/")
        return base64.b64decode(packed + "=" * (-len(packed) % 4)).decode("utf-16-be")

    try:
        return _SHIFTED.sub(letters, name)
    except ValueError:
        return name
