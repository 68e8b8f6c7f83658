"""The disk of a power cut: what was synced is there, what was not may be, and promises count early."""

from __future__ import annotations

import random
from pathlib import Path

from bench.trace import Disk, Step, steps


def hexed(words: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in words.encode())


def left(disk: Disk, *, some: float = 0.0) -> dict[str, bytes]:
    return disk.after_power_cut(random.Random(1), some=some)  # noqa: S311 - chance, no secret


def taken(disk: Disk, *done: Step) -> Disk:
    for step in done:
        disk.take(step)
    return disk


def test_of_a_file_only_what_was_synced_is_there() -> None:
    disk = taken(
        Disk({"/d/a": b"old"}),
        Step("write", "/d/a", b"new", 3), Step("sync", "/d/a"), Step("write", "/d/a", b"more"),
    )  # fmt: skip
    assert left(disk) == {"/d/a": b"oldnew"}
    assert left(disk, some=1.0) == {"/d/a": b"oldnewmore"}


def test_a_new_name_is_there_when_its_folder_was_synced() -> None:
    made = (Step("create", "/d/a"), Step("write", "/d/a", b"x"), Step("sync", "/d/a"))
    assert left(taken(Disk({}), *made)) == {}
    assert left(taken(Disk({}), *made, Step("sync", "/d"))) == {"/d/a": b"x"}


def test_a_rename_that_was_not_synced_leaves_the_old_name() -> None:
    disk = taken(Disk({"/d/a": b"x", "/d/b": b"y"}), Step("rename", "/d/a", to="/d/b"))
    assert left(disk) == {"/d/a": b"x", "/d/b": b"y"}
    assert left(taken(disk, Step("sync", "/d"))) == {"/d/b": b"x"}


def test_what_was_cut_off_or_removed_comes_back_until_it_is_synced() -> None:
    disk = taken(Disk({"/d/a": b"long", "/d/b": b"y"}), Step("truncate", "/d/a", position=1), Step("unlink", "/d/b"))
    assert left(disk) == {"/d/a": b"long", "/d/b": b"y"}
    assert left(taken(disk, Step("sync", "/d/a"), Step("sync", "/d"))) == {"/d/a": b"l"}


def test_a_trace_is_read_promises_when_they_begin_and_syncs_when_they_end(tmp_path: Path) -> None:
    file, promise = hexed("/d/w"), hexed("250 2.0.0 01M8JGKRDGDSJMC3JS5594G1A6 taken\r\n")
    (tmp_path / "trace").write_text(
        "\n".join(
            [
                f'7  openat(AT_FDCWD<{hexed("/")}>, "{file}", O_RDWR|O_CREAT, 0600) = 3<{file}>',
                f'7  pwrite64(3<{file}>, "{hexed("ab")}", 2, 4) = 2',
                f"7  fdatasync(3<{file}> <unfinished ...>",
                f'8  write(9<{hexed("socket:[1]")}>, "{promise}", 42 <unfinished ...>',
                "7  <... fdatasync resumed>) = 0",
                "8  <... write resumed>) = 42",
                f'7  pwrite64(3<{file}>, "{hexed("no")}", 2, 0) = -1 ENOSPC (No space left on device)',
                f'7  write(4<{hexed("/elsewhere")}>, "{hexed("x")}", 1) = 1',
            ]
        )
    )
    assert list(steps(tmp_path / "trace", below=Path("/d"))) == [
        Step("create", "/d/w"),
        Step("write", "/d/w", b"ab", 4),
        Step("promise", data=b"01M8JGKRDGDSJMC3JS5594G1A6"),
        Step("sync", "/d/w"),
    ]


def test_a_sync_by_the_kernel_makes_sure_of_what_was_there_when_it_was_asked_for(tmp_path: Path) -> None:
    file = hexed("/d/w")
    asked = f"[{{aio_data=0x1, aio_lio_opcode=IOCB_CMD_FDSYNC, aio_fildes=3<{file}>, aio_resfd=4}}]"
    (tmp_path / "trace").write_text(
        "\n".join(
            [
                f'7  pwrite64(3<{file}>, "{hexed("ab")}", 2, 0) = 2',
                f"7  io_submit(0x7f00, 1, {asked}) = 1",
                f'7  pwrite64(3<{file}>, "{hexed("cd")}", 2, 2) = 2',
                "7  io_getevents(0x7f00, 0, 512, [{data=0x1, obj=0x1, res=0, res2=0}], {tv_sec=0, tv_nsec=0}) = 1",
            ]
        )
    )
    first, asking, second, heard = steps(tmp_path / "trace", below=Path("/d"))
    assert left(taken(Disk({"/d/w": b""}), first, asking, second)) == {"/d/w": b""}
    assert left(taken(Disk({"/d/w": b""}), first, asking, second, heard)) == {"/d/w": b"ab"}
