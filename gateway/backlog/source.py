"""Where old mail comes from: a source lists its mails and gives their bytes, one by one."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Protocol

from gateway.documents.vietnamese import nfc
from gateway.errors import VanthuError
from gateway.model import Value


class Unavailable(VanthuError):
    """A mail cannot be had: the text says why.  It costs one line of the report and is tried again the next time."""


class Stopped(VanthuError):
    """The run ended early; what was taken stays taken, and the same command goes on from there."""


class Item(Value):
    """One mail as its source lists it."""

    key: str  # names it for ever within the source: what was taken under this key is not taken again
    folder: str = ""
    size: int = 0  # bytes as listed
    at: datetime | None = None  # when it came, as the source knows it
    position: int = 0  # how much of Source.extent() lies before its end
    start: int = 0  # where its bytes begin, for sources that are one file
    path: str = ""  # its file, for sources that are many


class Source(Protocol):
    """A mailbox, or files with mail."""

    name: str  # "mbox:/srv/old/vanthu.mbox": the same place is the same import

    def extent(self) -> int:
        """How much there is: bytes or mails, as Item.position counts; 0 when unknown."""
        ...

    def items(self) -> Iterator[Item]:
        """Every mail, in an order that stays."""
        ...

    def read(self, item: Item) -> bytes:
        """The bytes of a mail, with CRLF at the ends of lines.  Unavailable."""
        ...

    def close(self) -> None:
        """Let go of what is open."""
        ...


def wire_form(raw: bytes) -> bytes:
    """The mail as it goes over the wire (RFC 5322 section 2.3): files keep lines with LF alone, and one mail has one digest."""
    if raw.count(b"\n") == raw.count(b"\r\n"):
        return raw
    return raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def wanted(folder: str, patterns: Sequence[str]) -> bool:
    """Whether a folder is one of those asked for (shell patterns, any case); without patterns all are."""
    name = nfc(folder).casefold()
    return not patterns or any(fnmatchcase(name, nfc(pattern).casefold()) for pattern in patterns)


def contents(path: str, *, most: int) -> bytes:
    """The bytes of a regular file of at most so many bytes.  Unavailable; FileNotFoundError when it is gone."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe might wait for its writer for ever
    except FileNotFoundError:
        raise
    except OSError as error:
        raise Unavailable(f"không mở được tệp: {error.strerror}") from error
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise Unavailable("không phải là tệp thường")
        if found.st_size > most:
            raise too_large(found.st_size, most)
        try:
            return file.read(most + 1)
        except OSError as error:
            raise Unavailable(f"không đọc được tệp: {error.strerror}") from error


def too_large(size: int, most: int) -> Unavailable:
    """A mail over the limit of [smtp] max_message_bytes."""
    return Unavailable(f"thư quá lớn: {size / 1048576:.1f} MB, giới hạn {most / 1048576:.0f} MB")


def shown(path: str) -> str:
    """A path as text, though file names need not be UTF-8."""
    return nfc(os.fsencode(path).decode("utf-8", "replace"))
