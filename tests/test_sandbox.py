"""What a child cannot do once it has given up its rights, one forbidden thing after the other."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import platform
import resource
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway import sandbox

_LAYERS = sandbox.layers()
needs_seccomp = pytest.mark.skipif(not _LAYERS["seccomp"], reason="the kernel or machine has no seccomp filter of ours")
needs_landlock = pytest.mark.skipif(not _LAYERS["landlock"], reason="the kernel has no Landlock")
_libc = ctypes.CDLL(None, use_errno=True)


def _in_a_child(act: Callable[[], object]) -> int:
    """0 when the act succeeds in a child without rights; the errno when it is refused; minus the signal when it is killed."""
    child = os.fork()
    if child == 0:
        status = 99
        try:
            os.closerange(3, 4096)  # as a child does: of what the tests have open it could not open one more
            sandbox.give_up_rights(sandbox.ready(), memory_mb=4096, cpu_s=5)
            act()
            status = 0
        except OSError as error:
            status = error.errno or 98
        except (RuntimeError, ValueError):  # "can't start new thread", "not allowed to raise maximum limit"
            status = errno.EPERM
        finally:
            os._exit(status)
    _, how = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(how)


def _call(number: int, *arguments: int) -> None:
    if _libc.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), "refused")


def _open_to_write() -> None:
    os.open("/tmp/written", os.O_WRONLY | os.O_CREAT)  # noqa: S108 - it must not come to be


def _numbers(**names: tuple[int, int]) -> list[tuple[str, int]]:
    column = ("x86_64", "aarch64").index(platform.machine()) if platform.machine() in ("x86_64", "aarch64") else 0
    return [(name, numbers[column]) for name, numbers in names.items()]


FORBIDDEN: dict[str, Callable[[], object]] = {
    "tcp": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
    "udp": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
    "unix": lambda: socket.socket(socket.AF_UNIX),
    "netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
    "socketpair": socket.socketpair,
    "exec": lambda: os.execv("/bin/true", ["true"]),  # noqa: S606
    "fork": lambda: os.fork() or os._exit(0),
    "subprocess": lambda: subprocess.run(["/bin/true"], check=True),
    "read a file": lambda: Path("/etc/passwd").read_bytes(),
    "ask whether a file is there": lambda: os.stat("/etc/passwd"),
    "list a folder": lambda: os.listdir("/etc"),
    "write a file": _open_to_write,
    "remove a file": lambda: os.unlink("/tmp/nothing-of-that-name"),  # noqa: S108
    "signal the parent": lambda: os.kill(os.getppid(), 0),
    "signal everybody": lambda: os.kill(-1, 0),
    "executable memory": lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC),
    "a memory file": lambda: os.memfd_create("x"),
    "limits raised": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)),
}

CALLS = _numbers(
    ptrace=(101, 117),
    process_vm_readv=(310, 270),
    process_vm_writev=(311, 271),
    mount=(165, 40),
    bpf=(321, 280),
    userfaultfd=(323, 282),
    keyctl=(250, 219),
    io_uring_setup=(425, 425),
    unshare=(272, 97),
    setns=(308, 268),
    execveat=(322, 281),
    perf_event_open=(298, 241),
    pidfd_open=(434, 434),
    add_key=(248, 217),
    personality=(135, 92),
    tkill=(200, 130),
)


@needs_seccomp
@needs_landlock
@pytest.mark.parametrize("what", FORBIDDEN)
def test_a_child_is_refused(what: str) -> None:
    assert _in_a_child(FORBIDDEN[what]) in (errno.EPERM, errno.EACCES)


@needs_seccomp
@pytest.mark.parametrize(("name", "number"), CALLS, ids=[name for name, _ in CALLS])
def test_a_child_is_refused_the_system_call(name: str, number: int) -> None:
    assert _in_a_child(lambda: _call(number, 1, 1, 0, 0, 0)) == errno.EPERM


@needs_seccomp
def test_a_child_may_still_abort_as_pdfium_does() -> None:
    assert _in_a_child(os.abort) == -signal.SIGABRT


@needs_seccomp
@pytest.mark.skipif(platform.machine() != "x86_64", reason="another table of system calls exists on x86_64 only")
def test_the_other_table_of_system_calls_is_closed_as_well() -> None:
    x32 = 0x40000000
    assert _in_a_child(lambda: _call(x32 + 41, socket.AF_INET, socket.SOCK_STREAM, 0)) == errno.EPERM


def test_memory_is_bounded() -> None:
    def eat() -> None:
        try:
            bytearray(8 << 30)
        except MemoryError as error:
            raise OSError(errno.ENOMEM, "refused") from error

    assert _in_a_child(eat) == errno.ENOMEM


@needs_seccomp
def test_what_reading_needs_goes_on() -> None:
    def work() -> None:
        assert len(bytearray(50 << 20)) == 50 << 20
        assert os.urandom(4)
        decoder = threading.Thread(target=os.urandom, args=(1,))  # as in libde265
        decoder.start()
        decoder.join()

    assert _in_a_child(work) == 0


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_is_a_program_that_the_kernel_takes(machine: str) -> None:
    code = sandbox.program(machine, 1234, may_open=True)
    lines = [struct.unpack_from("<HBBI", code, at) for at in range(0, len(code), 8)]
    assert len(lines) < 4096  # BPF_MAXINSNS
    assert lines[-1][0] == 0x06  # whatever falls through is refused
    assert all(at + 1 + max(then, otherwise) < len(lines) for at, (_, then, otherwise, _) in enumerate(lines[:-1]))


def _decision(code: bytes, machine: int, number: int, *arguments: int) -> int:
    """What the kernel would do: the filter run by hand on one struct seccomp_data."""
    data = struct.pack("<IIQ6Q", number, machine, 0, *arguments, *[0] * (6 - len(arguments)))
    at, register = 0, 0
    while True:
        operation, then, otherwise, value = struct.unpack_from("<HBBI", code, 8 * at)
        at += 1
        if operation == 0x20:  # load
            (register,) = struct.unpack_from("<I", data, value)
        elif operation == 0x54:  # and
            register &= value
        elif operation == 0x15:  # jump
            at += then if register == value else otherwise
        else:
            return int(value)


_ALLOWED, _KILLED = 0x7FFF0000, 0x80000000
_AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}


@pytest.mark.parametrize(("column", "machine"), list(enumerate(_AUDIT)))
def test_the_filter_decides_alike_on_both_machines(column: int, machine: str) -> None:
    code = sandbox.program(machine, 1234, may_open=True)

    def allowed(name: str, *arguments: int) -> bool:
        number = (sandbox.SYSTEM_CALLS | sandbox.GUARDED)[name][column]
        return _decision(code, _AUDIT[machine], number, *arguments) == _ALLOWED

    assert all(allowed(name) for name, numbers in sandbox.SYSTEM_CALLS.items() if numbers[column] >= 0)
    assert allowed("mmap", 0, 4096, 3)
    assert not allowed("mmap", 0, 4096, 7)
    assert not allowed("mprotect", 0, 4096, 5)
    assert allowed("openat", 0, 0, os.O_RDONLY | os.O_CLOEXEC)
    assert not any(allowed("openat", 0, 0, flag) for flag in (os.O_WRONLY, os.O_RDWR, os.O_CREAT, os.O_TRUNC, os.O_TMPFILE))
    assert allowed("newfstatat", 3, 0, 0, 0x1000)  # fstat, as libc spells it
    assert not allowed("newfstatat", 0xFFFFFF9C, 0, 0, 0)
    assert allowed("kill", 1234, 6)
    assert not any(allowed("kill", target, 9) for target in (0, 1, (1 << 64) - 1, 1235))
    assert allowed("clone", 0x3D0F00)  # as libc starts a thread
    assert not allowed("clone", 0x1200011)  # as libc forks
    assert not allowed("prlimit64", 0, 7, 1 << 40)
    assert all(not allowed("fcntl", 3, command) for command in (4, 6, 8, 10, 1024, 1033))  # flags, locks, owners, leases, seals
    wanted = {numbers[column] for numbers in (sandbox.SYSTEM_CALLS | sandbox.GUARDED).values()}
    assert all(_decision(code, _AUDIT[machine], number) != _ALLOWED for number in range(600) if number not in wanted)
    assert _decision(code, 0x40000003, 1) == _KILLED  # i386 on the same machine


def test_a_machine_without_numbers_goes_on_with_the_other_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert not sandbox.layers()["seccomp"]
    assert _in_a_child(lambda: len(sys.version)) == 0


def test_without_landlock_nothing_is_opened_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    if not _LAYERS["seccomp"]:
        pytest.skip("the kernel or machine has no seccomp filter of ours")
    monkeypatch.setattr(sandbox, "_landlock_version", lambda: -1)
    assert _in_a_child(lambda: Path("/etc/passwd").read_bytes()) == errno.EPERM
