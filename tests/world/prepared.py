"""Databases that have their tables already, made once for each process of the tests: all migrations cost more than a test."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path

from gateway.store.database import Database


def sqlite_in(folder: Path, name: str = "vanthu.sqlite3") -> str:
    """The URL of the folder's database of that name; where there is none, one with nothing in its tables is put there."""
    file = folder / name
    if not file.exists():
        shutil.copy(_sqlite(), file)
    return f"sqlite:///{file}"


def make_tables(url: str) -> None:
    """Carry out all migrations on an empty database."""
    database = Database(url, node="prepared")
    with closing(database), closing(database.connect()) as connection:
        database.migrate(connection)


@cache
def _sqlite() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="vanthu-tables-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    make_tables(f"sqlite:///{folder}/tables.sqlite3")
    return folder / "tables.sqlite3"
