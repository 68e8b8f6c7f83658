"""Packages appear in the watched folder whole, once, and survive kill -9 of whoever writes them."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.bridge.edxml import parse
from gateway.bridge.folder import FolderCourier
from gateway.courier import FindingLevel, Outcome, Parcel, Result
from gateway.directory.snapshot import Directory
from gateway.errors import Misconfigured, TemporaryFailure
from gateway.lifecycle import CaseState
from gateway.model import Action, Case


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def courier(folder: Path, directory: Directory) -> FolderCourier:
    return FolderCourier("ioffice-nganh", folder, directory=lambda: directory)


def deliver(courier: FolderCourier, parcel: Parcel) -> Result:
    (result,) = asyncio.run(courier.deliver(parcel))
    return result


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """A disk that takes no more: writing fails in the middle of the file."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_case_is_a_package_named_by_its_delivery(courier: FolderCourier, parcel: Parcel, folder: Path) -> None:
    result = deliver(courier, parcel)
    (name,) = os.listdir(folder / "in")
    assert (result.outcome, name) == (Outcome.DELIVERED, f"{parcel.deliveries[0].id}.edxml")
    assert parse((folder / "in" / name).read_bytes()).number == "87"
    assert os.listdir(folder / "tmp") == []


def test_a_package_that_is_there_already_is_a_success(courier: FolderCourier, parcel: Parcel, folder: Path) -> None:
    deliver(courier, parcel)
    (path,) = (folder / "in").iterdir()
    before = path.stat()
    assert deliver(courier, parcel).outcome is Outcome.ALREADY
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_package_with_other_bytes_is_never_written_over(courier: FolderCourier, parcel: Parcel, folder: Path) -> None:
    (folder / "in").mkdir()
    other = folder / "in" / f"{parcel.deliveries[0].id}.edxml"
    other.write_bytes(b"something else")
    assert deliver(courier, parcel).outcome is Outcome.REFUSED
    assert other.read_bytes() == b"something else"


def test_a_folder_that_is_missing_is_ours_to_repair(parcel: Parcel, directory: Directory, folder: Path) -> None:
    with pytest.raises(Misconfigured, match="not-mounted"):
        deliver(FolderCourier("x", folder / "not-mounted", directory=lambda: directory), parcel)


def test_a_file_where_the_folder_should_be_is_ours_to_repair(courier: FolderCourier, parcel: Parcel, folder: Path) -> None:
    (folder / "in").write_bytes(b"")
    with pytest.raises(Misconfigured):
        deliver(courier, parcel)


def test_a_full_disk_is_temporary_and_leaves_nothing(courier: FolderCourier, parcel: Parcel, folder: Path) -> None:
    with files_no_larger_than(1000), pytest.raises(TemporaryFailure):
        deliver(courier, parcel)
    assert os.listdir(folder / "in") == os.listdir(folder / "tmp") == []
    assert deliver(courier, parcel).outcome is Outcome.DELIVERED


@pytest.mark.parametrize("change", [{"state": CaseState.SEALED}, {"action": Action.QUARANTINE}])
def test_a_sealed_case_never_leaves(change: dict[str, object], courier: FolderCourier, parcel: Parcel, folder: Path) -> None:
    case = parcel.case
    assert isinstance(case, Case)
    assert deliver(courier, replace(parcel, case=replace(case, **change))).outcome is Outcome.REFUSED
    assert list(folder.rglob("*.edxml*")) == []


def test_a_delivery_without_a_case_is_refused(courier: FolderCourier, parcel: Parcel) -> None:
    assert deliver(courier, replace(parcel, case=None)).outcome is Outcome.REFUSED


def test_what_a_crash_left_is_swept_after_a_day(courier: FolderCourier, parcel: Parcel, folder: Path) -> None:
    (folder / "tmp").mkdir()
    old, young = folder / "tmp" / "old.edxml.1.aa", folder / "tmp" / "young.edxml.2.bb"
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 90000,) * 2)
    deliver(courier, parcel)
    assert (old.exists(), young.exists()) == (False, True)


def test_deliveries_side_by_side_do_not_disturb_each_other(courier: FolderCourier, parcel: Parcel, folder: Path) -> None:
    first = parcel.deliveries[0]
    parcels = [replace(parcel, deliveries=(replace(first, id=f"{first.case_id}-{n}"),)) for n in range(1, 31)]

    async def all_at_once() -> list[tuple[Result, ...]]:
        return list(await asyncio.gather(*(courier.deliver(one) for one in parcels)))

    outcomes = [result.outcome for (result,) in asyncio.run(all_at_once())]
    assert outcomes == [Outcome.DELIVERED] * 30
    assert len(os.listdir(folder / "in")) == 30


def look_up(courier: FolderCourier, parcel: Parcel) -> Outcome:
    assert parcel.case is not None
    return asyncio.run(courier.look_up(parcel.deliveries[0], parcel.case)).outcome


@pytest.mark.parametrize("part", ["in", "taken"])
def test_a_package_that_stands_there_is_proof(part: str, courier: FolderCourier, parcel: Parcel, folder: Path) -> None:
    deliver(courier, parcel)
    (folder / "in").rename(folder / part)
    assert look_up(courier, parcel) is Outcome.ALREADY


def test_nobody_can_say_who_took_a_package_that_is_gone(courier: FolderCourier, parcel: Parcel) -> None:
    assert look_up(courier, parcel) is Outcome.UNCERTAIN


def test_the_officer_is_told_when_the_folder_is_not_there(courier: FolderCourier, directory: Directory, folder: Path) -> None:
    (good,) = asyncio.run(courier.check())
    (bad,) = asyncio.run(FolderCourier("x", folder / "not-mounted", directory=lambda: directory).check())
    assert (good.level, bad.level) == (FindingLevel.GOOD, FindingLevel.BAD)
    assert "not-mounted" in bad.text
    assert os.listdir(folder / "in") == os.listdir(folder / "tmp") == []


WRITER = """
import sys
from pathlib import Path
from gateway.bridge.folder import put
for n in range(1000000):
    put(Path(sys.argv[1]), f"{n:07}.edxml", b"%07d" % n * 30000)
    print(n, flush=True)
"""


def test_kill_9_in_the_middle_of_writing_never_shows_half_a_file(folder: Path) -> None:
    for delay_s in (0.0, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.008, 0.013):
        (folder / "go").mkdir(exist_ok=True)
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(folder / "go")], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        promised = [int(writer.stdout.readline()) for _ in range(3)]
        time.sleep(delay_s)
        writer.send_signal(signal.SIGKILL)
        promised += [int(line) for line in writer.stdout.read().splitlines() if line]
        writer.wait()
        writer.stdout.close()
        seen = {path.name: path.read_bytes() for path in (folder / "go" / "in").iterdir()}
        assert all(data == name.removesuffix(".edxml").encode() * 30000 for name, data in seen.items())
        assert {f"{n:07}.edxml" for n in promised} <= seen.keys()
