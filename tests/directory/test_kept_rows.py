"""What was read of a directory's lists is kept, and never used for any other lists."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

from gateway import sample
from gateway.directory import files, kept_rows
from gateway.directory.columns import TABLES
from gateway.directory.snapshot import Directory
from gateway.errors import ConfigError


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    """The lists of the sample department, all ten."""
    sample.write(tmp_path / "house")
    folder = tmp_path / "house" / "directory"
    (folder / "retired.csv").write_text(
        "address,successor,retired_on\ncu@sgdhuonggiang.edu.vn,vanthu@sgdhuonggiang.edu.vn,2025-07-01\n", "utf-8"
    )
    return folder


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "data" / "directory.kept"


def unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on no list is read."""

    def parse(*_: object, **__: object) -> None:
        raise AssertionError("it was read")

    monkeypatch.setattr(files, "parse", parse)


ROWS = (
    "organisation_rows", "domains", "mailboxes", "retired_addresses", "campaigns", "groups", "patterns", "holidays", "accounts",
    "offices",
)  # fmt: skip


def values_of(directory: Directory) -> bytes:
    """All that it has."""
    return msgspec.msgpack.encode([getattr(directory, name) for name in ROWS])


def test_lists_that_are_the_same_are_read_once(lists: Path, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = files.load(lists, kept)
    assert kept.stat().st_mode & 0o077 == 0  # names of people
    unread(monkeypatch)
    again = files.load(lists, kept)
    assert values_of(again) == values_of(first) == values_of(files_read(lists, monkeypatch))


def files_read(lists: Path, monkeypatch: pytest.MonkeyPatch) -> Directory:
    monkeypatch.undo()
    return files.load(lists)


@pytest.mark.parametrize("name", ["mailboxes.csv", "retired.csv", "groups.csv"])
def test_a_list_that_changed_or_went_is_read(lists: Path, kept: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    files.load(lists, kept)
    if name == "groups.csv":
        (lists / name).unlink()
    else:
        (lists / name).write_bytes((lists / name).read_bytes() + b"\r\n")
    with monkeypatch.context() as patch:
        unread(patch)
        with pytest.raises(AssertionError, match="it was read"):
            files.load(lists, kept)
    files.load(lists, kept)
    unread(monkeypatch)
    files.load(lists, kept)


def test_what_another_program_kept_is_not_used(
    lists: Path, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.load(lists, kept)
    reader = tmp_path / "files.py"
    shutil.copy(files.__file__, reader)
    assert kept_rows.rows_kept(kept, found(lists), reader) is not None
    reader.write_text(reader.read_text("utf-8") + "# it reads a list in another way now\n", "utf-8")
    assert kept_rows.rows_kept(kept, found(lists), reader) is None


def found(lists: Path) -> dict[str, bytes | None]:
    names = [table.file for table in TABLES]
    return {name: (lists / name).read_bytes() if (lists / name).exists() else None for name in names}


@pytest.mark.parametrize("at", [0, 40, -1])
def test_what_is_damaged_is_not_used(lists: Path, kept: Path, at: int) -> None:
    whole = values_of(files.load(lists, kept))
    data = bytearray(kept.read_bytes())
    data[at] ^= 0x55
    kept.write_bytes(data)
    assert kept_rows.rows_kept(kept, found(lists), Path(files.__file__)) is None
    assert values_of(files.load(lists, kept)) == whole


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 100])
def test_what_is_no_such_file_is_not_used(lists: Path, kept: Path, content: bytes) -> None:
    kept.parent.mkdir()
    kept.write_bytes(content)
    files.load(lists, kept)
    assert kept_rows.rows_kept(kept, found(lists), Path(files.__file__)) is not None


def test_where_nothing_can_be_kept_the_lists_are_read(lists: Path, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    assert files.load(lists, tmp_path / "data" / "directory.kept").mailboxes


def test_lists_with_a_mistake_are_never_kept(lists: Path, kept: Path) -> None:
    (lists / "mailboxes.csv").write_text("address,organisation,role\nno address,SGDHG,clerk\n", "utf-8")
    with pytest.raises(ConfigError, match="row 2"):
        files.load(lists, kept)
    assert not kept.exists()
