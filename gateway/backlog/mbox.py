"""Mail in one file: mbox in all its dialects, read by position, so that a file of any size takes little memory.

A mail begins with a line "From sender date" (RFC 4155).  What writers disagree about is a line of the text that begins in
the same way: mboxo and mboxrd put ">" before it, mboxcl says in Content-Length how long the mail is and quotes as well,
mboxcl2 says it and does not quote.  Here a line is a beginning only when it looks like one *and* a head follows; and where a
Content-Length leads exactly to the next beginning it is believed.
"""

from __future__ import annotations

import calendar
import hashlib
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, NamedTuple

from gateway.backlog.source import Item, Unavailable, shown, too_large, wanted, wire_form
from gateway.errors import ConfigError

_BLOCK = 1 << 20
_SMALL = 16 * 1024  # nearly every head
_HEAD = 256 * 1024  # more header than that no honest mail has
_LINE = 1000
_MARK = b"From "

_DATED = re.compile(
    rb"From (?:[^\r\n]*?[ \t])?(?:mon|tue|wed|thu|fri|sat|sun),?[ \t]+(?=[^\r\n]*\d{1,2}:\d\d)[^\r\n]*\r?\n", re.IGNORECASE
)
_ASCTIME = re.compile(rb"([A-Za-z]{3})[ \t]+(\d{1,2})[ \t]+(\d\d?):(\d\d)(?::(\d\d))?(?:[^\r\n]*?)[ \t](\d{4})\b")
_MONTHS = {month.lower(): n for n, month in enumerate(calendar.month_abbr)}  # English: no locale is set
_BARE = re.compile(rb"From [^\s]*[ \t]*\r?\n")  # "From -", "From ???@???", "From vanthu@…": what broken writers leave
_HEADER = re.compile(rb"(?:>?From |[!-9;-~]{1,76}[ \t]*:)")
_KNOWN = re.compile(rb"^(?:from|date|received|message-id|return-path|delivered-to|mime-version|subject):", re.I | re.M)
_LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,12})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_PLAIN_FROM = re.compile(rb"^From ", re.MULTILINE)


class Dialect(StrEnum):
    """How a writer keeps a line of the text from looking like the beginning of a mail."""

    AUTO = "auto"
    MBOXO = "mboxo"
    MBOXRD = "mboxrd"
    MBOXCL = "mboxcl"
    MBOXCL2 = "mboxcl2"


class Mbox:
    """One mbox file, or a folder with many of them (as mail programs keep them)."""

    def close(self) -> None:
        """Nothing is open."""

    def __init__(self, path: Path, *, most: int, folders: tuple[str, ...] = (), dialect: Dialect = Dialect.AUTO) -> None:
        """``most``: bytes of the largest mail that is read.  ConfigError when there is no such file."""
        self.name = f"mbox:{shown(str(path.resolve()))}"
        self._most = most
        self._dialect = dialect
        if not path.exists():
            raise ConfigError(f"{shown(str(path))}: no such file")
        found = [(_folder_name(path, file), file) for file in _files_of(path)]
        self._files = {folder: file for folder, file in found if wanted(folder, folders)}
        if not found:
            raise ConfigError(f"{shown(str(path))}: expected an mbox file: its first line begins with 'From '")

    def extent(self) -> int:
        """Bytes of all files."""
        return sum(file.stat().st_size for file in self._files.values())

    def items(self) -> Iterator[Item]:
        """Every mail, file by file, in the order of the file."""
        before = 0
        for folder, path in self._files.items():
            with path.open("rb") as file:
                window = _Window(file)
                for begin, body, end, following in _mails(window):
                    # The place alone would be another mail's after somebody has tidied the file up.
                    head = hashlib.blake2b(window.read(body, min(end, body + 4096)), digest_size=8).hexdigest()
                    at = _date_of(window.read(begin, min(begin + _LINE, body)))
                    key = f"{folder}:{begin}:{head}"
                    size, position = end - body, before + following
                    yield Item(key=key, folder=folder, size=size, at=at, position=position, start=body, path=str(path))
                before += window.size

    def read(self, item: Item) -> bytes:
        """The mail without its line "From …", its text unquoted."""
        if item.size > self._most:
            raise too_large(item.size, self._most)
        try:
            with open(item.path, "rb") as file:
                file.seek(item.start)
                raw = file.read(item.size)
        except OSError as error:
            raise Unavailable(f"không đọc được tệp: {error.strerror}") from error
        return wire_form(unquoted(raw, self._dialect))


def unquoted(raw: bytes, dialect: Dialect) -> bytes:
    """The text as its sender wrote it, lines ">From " with one ">" less; not in mboxcl2, which does not quote.

    mboxo leaves open whether the ">" was the sender's; taking it away is right far more often.
    """
    if dialect is Dialect.AUTO:
        # Nobody who quotes leaves a line "From " as it is.
        dialect = Dialect.MBOXCL2 if _LENGTH.search(_head_of(raw)) and _PLAIN_FROM.search(raw) else Dialect.MBOXRD
    if dialect is Dialect.MBOXCL2:
        return raw
    if dialect is Dialect.MBOXO:
        return re.sub(rb"^>(From )", rb"\1", raw, flags=re.MULTILINE)
    return _QUOTED.sub(rb"\1", raw)


# --- Where mails begin and end ----------------------------------------------------------------------------------------


class _Mail(NamedTuple):
    begin: int  # of its line "From …"
    body: int  # of its first byte
    end: int
    following: int  # where the next one begins


class _Window:
    """A file seen through one block of it."""

    def __init__(self, file: BinaryIO) -> None:
        self._descriptor = file.fileno()
        self.size = os.fstat(self._descriptor).st_size  # what is appended later is for the next run
        self._start, self._block = 0, b""

    def read(self, start: int, end: int) -> bytes:
        """The bytes from ``start`` to ``end`` (or to the end of the file)."""
        end = min(end, self.size)
        offset = start - self._start
        if offset < 0 and end - start <= _SMALL:  # a look back: the block ahead stays
            return os.pread(self._descriptor, end - start, start)
        if offset < 0 or end > self._start + len(self._block):
            self._start, self._block = start, os.pread(self._descriptor, max(_BLOCK, end - start), start)
            offset = 0
        return self._block[offset : offset + end - start]

    def find(self, needle: bytes, start: int) -> int:
        """Where ``needle`` is found from ``start`` on; the end of the file when it is not."""
        while start < self.size:
            offset = start - self._start
            if not 0 <= offset <= len(self._block) - len(needle):
                self.read(start, start + _BLOCK)
                offset = start - self._start
            found = self._block.find(needle, offset)
            if found >= 0:
                return self._start + found
            following = self._start + len(self._block) - len(needle) + 1
            start = max(following, start + 1)
        return self.size


def _mails(window: _Window) -> Iterator[_Mail]:
    begin = _first(window)
    while begin < window.size:
        body = window.find(b"\n", begin) + 1
        following = _by_length(window, body) or _next(window, body)
        yield _Mail(begin, body, _end(window, body, following), following)
        begin = following


def _first(window: _Window) -> int:
    """Where the first mail begins: there may be a byte order mark or empty lines before it."""
    return window.find(_MARK, 0)


def _next(window: _Window, start: int) -> int:
    """Where the next mail begins; the end of the file when none does."""
    while True:
        found = window.find(b"\n" + _MARK, max(start - 1, 0))
        if found >= window.size:
            return window.size
        if _begins(window, found + 1):
            return found + 1
        start = found + 2


def _begins(window: _Window, place: int) -> bool:
    """Whether the line "From …" there begins a mail."""
    seen = window.read(place, place + 2 * _LINE)
    line_end = seen.find(b"\n") + 1
    if not line_end or not _HEADER.match(seen, line_end):
        return False
    if _DATED.match(seen):
        return True
    before = window.read(max(place - 4, 0), place)
    return bool(before.endswith((b"\n\n", b"\n\r\n")) and _BARE.match(seen) and _KNOWN.search(seen, line_end))


def _by_length(window: _Window, body: int) -> int:
    """Where the mail ends by its Content-Length; 0 when it says none, or leads to no beginning."""
    head = _head_of(window.read(body, body + _SMALL)) or _head_of(window.read(body, body + _HEAD))
    found = _LENGTH.search(head)
    if found is None:
        return 0
    end = body + len(head) + int(found[1])
    gap = window.read(end, end + 4)
    place = end + len(gap) - len(gap.lstrip(b"\r\n"))
    if end > window.size:
        return 0
    if place >= window.size:
        return window.size
    return place if window.read(place, place + len(_MARK)) == _MARK and _begins(window, place) else 0


def _head_of(raw: bytes) -> bytes:
    """The head with the empty line behind it."""
    end = _END_OF_HEAD.search(raw, 0, _HEAD)
    return raw[: end.end()] if end else b""


def _end(window: _Window, body: int, following: int) -> int:
    """The mail without the empty line that the format puts behind it."""
    tail = window.read(max(following - 4, body), following)
    for blank in (b"\r\n\r\n", b"\n\n"):
        if tail.endswith(blank):
            return following - len(blank) // 2
    return following


def _date_of(line: bytes) -> datetime | None:
    """The date of a line "From …", which says no zone: it is taken for UTC."""
    found = _ASCTIME.search(line.split(b"\n", 1)[0])
    if found is None:
        return None
    month, *numbers = found.groups()
    day, hour, minute, second, year = (int(number or 0) for number in numbers)
    try:
        return datetime(year, _MONTHS[month.decode().lower()], day, hour, minute, min(second, 59), tzinfo=UTC)
    except (KeyError, ValueError):
        return None


# --- The files --------------------------------------------------------------------------------------------------------


def _files_of(path: Path) -> Iterator[Path]:
    if path.is_file():
        if _is_mbox(path):
            yield path
        return
    for folder, subfolders, names in os.walk(path):
        subfolders.sort()
        yield from (file for name in sorted(names) if (file := Path(folder) / name).is_file() and _is_mbox(file))


def _is_mbox(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(200).lstrip(b"\xef\xbb\xbf\r\n").startswith(_MARK)


def _folder_name(root: Path, file: Path) -> str:
    """ "Lưu trữ/2019": Thunderbird keeps what is below "Inbox" in "Inbox.sbd"."""
    if file == root:
        return shown(file.stem)
    return shown("/".join(part.removesuffix(".sbd").removesuffix(".mbox") for part in file.relative_to(root).parts))
