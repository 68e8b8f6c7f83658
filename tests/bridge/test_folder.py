"""Packages appear in the watched folder whole, once, and survive kill -9 of whoever writes them."""

from __future__ import annotations

import asyncio
import hashlib
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.bridge.edxml import Agency, Answered, StatusMessage, package, parse, parse_status, status_message
from gateway.bridge.folder import FolderCourier
from gateway.bridge.handover import edxml_of
from gateway.courier import FindingLevel, Level, Outcome, Parcel, Result, Status
from gateway.directory.snapshot import Directory
from gateway.errors import Misconfigured, TemporaryFailure
from gateway.lifecycle import CaseState
from gateway.model import Action, Case, Urgency


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def courier(folder: Path, directory: Directory) -> FolderCourier:
    return FolderCourier("ioffice-nganh", folder, directory=lambda: directory, settled_s=0.0)


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


def test_what_a_crash_left_is_swept_after_a_day(courier: FolderCourier, folder: Path) -> None:
    (folder / "tmp").mkdir()
    old, young = folder / "tmp" / "old.edxml.1.aa", folder / "tmp" / "young.edxml.2.bb"
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 90000,) * 2)
    assert asyncio.run(courier.poll()) == ()
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


def test_where_taken_ones_are_kept_what_is_in_neither_place_was_never_there(
    courier: FolderCourier, parcel: Parcel, folder: Path
) -> None:
    (folder / "taken").mkdir()
    assert look_up(courier, parcel) is Outcome.RETRY


def test_what_was_taken_before_we_remembered_it_is_not_written_again(
    courier: FolderCourier, parcel: Parcel, folder: Path
) -> None:
    deliver(courier, parcel)
    (folder / "in").rename(folder / "taken")
    assert deliver(courier, parcel).outcome is Outcome.ALREADY
    assert os.listdir(folder / "in") == os.listdir(folder / "tmp") == []


@pytest.mark.parametrize("part", ["in", "taken"])
def test_a_package_from_before_the_directory_changed_lies_there_all_the_same(
    part: str, courier: FolderCourier, parcel: Parcel, folder: Path
) -> None:
    deliver(courier, parcel)
    (folder / "in").rename(folder / part)
    (path,) = (folder / part).iterdir()
    before = path.read_bytes()
    other = FolderCourier("ioffice-nganh", folder, directory=Directory, settled_s=0.0)
    assert deliver(other, parcel).outcome is Outcome.ALREADY
    assert [each.read_bytes() for each in folder.rglob("*.edxml")] == [before]


def test_a_folder_does_not_claim_that_twice_is_once(courier: FolderCourier) -> None:
    assert not courier.capabilities.idempotent  # so an attempt is remembered before it begins, and looked up after a crash


def test_nobody_can_say_who_took_a_package_that_is_gone(courier: FolderCourier, parcel: Parcel) -> None:
    assert look_up(courier, parcel) is Outcome.UNCERTAIN


def test_the_officer_is_told_when_the_folder_is_not_there(courier: FolderCourier, directory: Directory, folder: Path) -> None:
    (good,) = asyncio.run(courier.check())
    (bad,) = asyncio.run(FolderCourier("x", folder / "not-mounted", directory=lambda: directory).check())
    assert (good.level, bad.level) == (FindingLevel.GOOD, FindingLevel.BAD)
    assert "not-mounted" in bad.text
    assert os.listdir(folder / "in") == os.listdir(folder / "tmp") == []


def left_there(folder: Path, name: str, data: bytes) -> Path:
    (folder / "out").mkdir(exist_ok=True)
    path = folder / "out" / name
    path.write_bytes(data)
    return path


STATUS = status_message(
    StatusMessage(
        code="03",
        sender=Agency(organ_id="H98.20", name="Sở Giáo dục và Đào tạo Hương Giang"),
        about=Answered(organ_id="THCSLL", code="87/THCSLL", document_id="THCSLL,2025/11/16,87/THCSLL"),
        description="Văn thư: Tiếp nhận. Số đến: 1204, ngày đến: 17/11/2025",
        at=datetime(2025, 11, 17, 2, 0, tzinfo=UTC),
    )
)


def test_a_status_that_is_left_there_is_an_answer_until_it_is_acknowledged(
    courier: FolderCourier, parcel: Parcel, folder: Path
) -> None:
    name = f"{parcel.deliveries[0].id}.03.edxml"
    left_there(folder, name, STATUS)
    (answer,) = asyncio.run(courier.poll())
    assert asyncio.run(courier.poll()) == (answer,)
    assert (answer.level, answer.status, answer.delivery_id) == (Level.REGISTERED, "03", parcel.deliveries[0].id)
    assert (answer.register_number, answer.registered_on) == ("1204", date(2025, 11, 17))
    assert (answer.document_id, answer.number_symbol) == ("THCSLL,2025/11/16,87/THCSLL", "87/THCSLL")
    assert (answer.raw, answer.digest) == (STATUS, hashlib.sha256(STATUS).hexdigest())
    asyncio.run(courier.acknowledge(answer))
    asyncio.run(courier.acknowledge(answer))
    assert asyncio.run(courier.poll()) == ()
    assert (folder / "done" / name).read_bytes() == STATUS


def test_a_document_of_the_axis_comes_with_its_facts_and_files(
    courier: FolderCourier, parcel: Parcel, directory: Directory, folder: Path
) -> None:
    assert parcel.case is not None
    left_there(folder, "van-ban-1.edxml", package(edxml_of(parcel.mail, parcel.case, directory), packed=True))
    (answer,) = asyncio.run(courier.poll())
    incoming = answer.incoming
    assert answer.level is Level.DOCUMENT
    assert incoming is not None
    assert (incoming.document.number_symbol, incoming.document.kind) == ("87/THCSLL", "Công văn")
    assert (incoming.sender, incoming.receivers, incoming.business) == ("THCSLL", ("PGDCS",), "0")
    assert incoming.document.urgency is Urgency.URGENT
    assert incoming.files[0].data.startswith(b"%PDF")


def test_a_word_of_refusal_is_a_rejection(courier: FolderCourier, parcel: Parcel, folder: Path) -> None:
    left_there(folder, f"{parcel.deliveries[0].id}.error.txt", "thiếu phụ lục\n".encode())
    (answer,) = asyncio.run(courier.poll())
    assert (answer.level, answer.reason) == (Level.REJECTED, "thiếu phụ lục")
    assert answer.delivery_id == parcel.deliveries[0].id


@pytest.mark.parametrize(("name", "data"), [("x.edxml", b"<half"), ("x.edxml", b""), ("thu.docx", b"PK"), ("loi.txt", b"?")])
def test_what_nobody_can_read_is_kept_and_does_not_stop_the_rest(
    name: str, data: bytes, courier: FolderCourier, folder: Path
) -> None:
    left_there(folder, name, data)
    left_there(folder, "z.edxml", STATUS)
    first, second = asyncio.run(courier.poll())
    assert (first.level, first.raw, second.level) == (Level.UNREADABLE, data, Level.REGISTERED)
    assert first.reason
    asyncio.run(courier.acknowledge(first))
    assert (folder / "done" / name).read_bytes() == data


def test_a_file_that_cannot_be_read_does_not_keep_back_the_others(courier: FolderCourier, folder: Path) -> None:
    """B5: poison first."""
    left_there(folder, "b.edxml", STATUS)
    (folder / "out" / "a.edxml").symlink_to("/proc/self/mem")  # reading it fails, for root too
    os.utime(folder / "out" / "b.edxml", (1, 1))
    assert [answer.handle for answer in asyncio.run(courier.poll())] == ["b.edxml"]


def test_what_is_still_being_written_is_left_alone(courier: FolderCourier, directory: Directory, folder: Path) -> None:
    left_there(folder, ".a.edxml", STATUS)
    left_there(folder, "b.edxml.part", STATUS)
    left_there(folder, "c.edxml", STATUS)
    patient = FolderCourier("x", folder, directory=lambda: directory, settled_s=60.0)
    assert [answer.handle for answer in asyncio.run(courier.poll())] == ["c.edxml"]
    assert asyncio.run(patient.poll()) == ()


def test_the_same_name_again_with_other_bytes_is_another_event(courier: FolderCourier, folder: Path) -> None:
    left_there(folder, "a.edxml", STATUS)
    (first,) = asyncio.run(courier.poll())
    asyncio.run(courier.acknowledge(first))
    left_there(folder, "a.edxml", STATUS.replace(b"1204", b"1205"))
    (second,) = asyncio.run(courier.poll())
    asyncio.run(courier.acknowledge(second))
    assert first.event_id != second.event_id
    assert sorted(path.name for path in (folder / "done").iterdir()) == ["a (2).edxml", "a.edxml"]


def test_a_status_of_ours_is_put_where_the_client_of_the_axis_finds_it(courier: FolderCourier, folder: Path) -> None:
    status = Status(
        id="01KASTATUS",
        code="02",
        sender="H98.20",
        receiver="H98.20.07",
        document_id="x",
        description="gửi nhầm đơn vị",
        at=datetime(2025, 11, 17, 2, 0, tzinfo=UTC),
    )
    assert asyncio.run(courier.answer(status)).outcome is Outcome.DELIVERED
    assert asyncio.run(courier.answer(status)).outcome is Outcome.ALREADY
    read_back = parse_status((folder / "status" / "01KASTATUS.edxml").read_bytes())
    assert (read_back.code, read_back.about.document_id) == ("02", "x")
    assert read_back.description == "Từ chối tiếp nhận: gửi nhầm đơn vị"


WRITER = """
import sys
from pathlib import Path
from gateway.bridge.dropping import put
for n in range(1000000):
    put(Path(sys.argv[1]), f"{n:07}.edxml", lambda file: file.writelines([b"%07d" % n] * 30000))
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
