"""The rows of a directory as they were last read, so that a start need not read the lists of a province again.

Fifty thousand mailboxes take 0.3 s as CSV, each cell checked, and 0.02 s as what was made of them.  The file has a digest of
the lists that it was made of, of the code that reads them, and of what follows: if any of that is another, it is not used.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from gateway.directory import calendar, columns, patterns, snapshot
from gateway.directory.columns import TABLES

logger = logging.getLogger(__name__)

Lists = Mapping[str, bytes | None]  # the files of a directory, by name; None: there is none
Rows = dict[str, Sequence[Any]]  # by name of their file

_DIGEST = hashlib.sha256().digest_size


def rows_kept(file: Path, lists: Lists, reader: Path) -> Rows | None:
    """The rows of these lists; None when they have to be read.  ``reader``: the module that reads them."""
    try:
        kept = memoryview(file.read_bytes())
        if kept[:_DIGEST] != _digest(lists, reader, kept[_DIGEST:]):
            return None
        found = msgspec.msgpack.decode(kept[_DIGEST:], type=dict[str, msgspec.Raw])
        return {table.file: msgspec.msgpack.decode(found[table.file], type=tuple[table.row, ...]) for table in TABLES}  # type: ignore[name-defined]
    except (OSError, KeyError, msgspec.MsgspecError):
        return None


def keep_rows(file: Path, lists: Lists, reader: Path, rows: Rows) -> None:
    """Keep them for rows_kept().  When that cannot be done, the next start takes longer."""
    # Always of the same name: what a kill leaves is written over.  Two at once may spoil it, and then it is not used.
    new = file.with_name(f"{file.name}.new")
    try:
        body = msgspec.msgpack.encode(rows)
        file.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
            stream.write(_digest(lists, reader, body) + body)
        new.replace(file)
    except OSError as error:
        logger.info("the directory is read anew at the next start: %s", error)


def _digest(lists: Lists, reader: Path, body: bytes | memoryview) -> bytes:
    """Of all that must be the same.  Raises OSError."""
    digest = hashlib.sha256()
    for code in (reader, *(Path(module.__file__ or "") for module in (calendar, columns, patterns, snapshot))):
        digest.update(hashlib.sha256(code.read_bytes()).digest())
    for name, data in sorted(lists.items()):
        digest.update(f"{name}\0{-1 if data is None else len(data)}\0".encode())
        digest.update(data or b"")
    digest.update(body)
    return digest.digest()
