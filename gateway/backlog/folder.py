"""Mail in single files: .eml, .emlx (Apple) and .msg (Outlook) in a folder and all below it."""

from __future__ import annotations

import hashlib
import os
import re
from base64 import encodebytes
from collections.abc import Iterator
from datetime import UTC, datetime
from email.header import Header
from email.utils import format_datetime
from pathlib import Path

from gateway.backlog.source import Item, Unavailable, contents, shown, wanted, wire_form
from gateway.errors import ConfigError

_ENDINGS = (".eml", ".emlx", ".msg")
_MSG = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # a compound file, whatever its name says


class EmlFolder:
    """A folder with mails as files."""

    def close(self) -> None:
        """Nothing is open."""

    def __init__(self, path: Path, *, most: int, folders: tuple[str, ...] = ()) -> None:
        """``most``: bytes of the largest mail that is read.  ConfigError when there is no such folder."""
        self.name = f"eml-folder:{shown(str(path.resolve()))}"
        self._root = path
        self._most = most
        self._wanted = folders
        if not path.is_dir():
            raise ConfigError(f"{shown(str(path))}: expected a folder with .eml or .msg files")

    def extent(self) -> int:
        """How many mails there are."""
        return sum(1 for _ in self._files())

    def items(self) -> Iterator[Item]:
        """Every mail, in the order of folders and names."""
        for position, (folder, path) in enumerate(self._files(), 1):
            relative = shown(os.path.relpath(path, self._root))
            try:
                found = os.stat(path)
            except OSError:
                yield Item(key=f"{relative}:?", folder=folder, position=position, path=path)
                continue
            # Size and time are part of the key: another file under the same name is another mail.
            key = f"{relative}:{found.st_size}:{found.st_mtime_ns}"
            at = datetime.fromtimestamp(found.st_mtime, UTC)
            yield Item(key=key, folder=folder, size=found.st_size, at=at, position=position, path=path)

    def read(self, item: Item) -> bytes:
        """The bytes of a mail; a .msg comes as the attachment of a mail that has nothing else."""
        try:
            data = contents(item.path, most=self._most)
        except FileNotFoundError:
            raise Unavailable("tệp thư không còn ở đó") from None
        if data.startswith(_MSG):
            return carrying(shown(os.path.basename(item.path)), data, at=item.at)
        if item.path.lower().endswith(".emlx"):
            data = _from_emlx(data)
        return wire_form(data)

    def _files(self) -> Iterator[tuple[str, str]]:
        for folder, subfolders, names in os.walk(self._root):
            subfolders.sort()
            shown_folder = shown(os.path.relpath(folder, self._root))
            if wanted(shown_folder, self._wanted):
                yield from (
                    (shown_folder, os.path.join(folder, name)) for name in sorted(names) if name.lower().endswith(_ENDINGS)
                )


def carrying(name: str, data: bytes, *, at: datetime | None) -> bytes:
    """A mail that carries an Outlook mail as a file.  The same file makes the same bytes.

    Who sent it stands only inside, where nothing is read outside of a guarded child.
    """
    boundary = hashlib.sha256(data).hexdigest()[:32]
    title = Header(name, "utf-8").encode(linesep="\r\n")
    head = (f"Date: {format_datetime(at)}\r\n" if at is not None else "") + f"Subject: {title}\r\n"
    return (
        (
            f"{head}MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary={boundary}\r\n\r\n"
            f"--{boundary}\r\nContent-Type: application/vnd.ms-outlook\r\nContent-Transfer-Encoding: base64\r\n"
            f"Content-Disposition: attachment; filename*=utf-8''{_percent(name)}\r\n\r\n"
        ).encode()
        + wire_form(encodebytes(data))
        + f"--{boundary}--\r\n".encode()
    )


def _percent(name: str) -> str:
    """RFC 2231 section 4."""
    return re.sub(r"[^A-Za-z0-9._-]", lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), name)


def _from_emlx(data: bytes) -> bytes:
    """Apple Mail: the length of the mail on a line, the mail, and a property list."""
    count, _, rest = data.partition(b"\n")
    if not count.strip().isdigit():
        raise Unavailable("không phải tệp .emlx: dòng đầu không ghi độ dài của thư")
    return rest[: int(count)]
