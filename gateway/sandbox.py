"""What a process gives up before it reads a stranger's bytes: limits, files, network, and nearly all system calls.

Four layers, none of which needs root.  Resource limits bound memory and time.  Landlock takes the file system away.  A seccomp
filter admits only the system calls that reading needs (SYSTEM_CALLS); all others fail with EPERM, so a library copes or
says so.  Where we are root after all, the user becomes nobody.  A kernel without Landlock or seccomp has the rest.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import resource
import signal
import struct
from collections.abc import Iterator
from typing import NamedTuple

_MOST_THREADS = 512  # of our user, all processes together; where no filter keeps processes apart from threads there are none
_FONTS = "/usr/share/fonts"  # pages without fonts of their own are drawn with these

# System calls that remain: name -> number on x86_64 and aarch64 (-1: not there).  arch/x86/entry/syscalls/syscall_64.tbl and
# include/uapi/asm-generic/unistd.h.  No socket, no exec, no fork, no ptrace, no mount, no io_uring, no memfd.
SYSTEM_CALLS: dict[str, tuple[int, int]] = {
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "fstat": (5, 80),
    "lseek": (8, 62),
    "munmap": (11, 215),
    "brk": (12, 214),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "pread64": (17, 67),
    "readv": (19, 65),
    "writev": (20, 66),
    "poll": (7, -1),
    "ppoll": (271, 73),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "nanosleep": (35, 101),
    "clock_nanosleep": (230, 115),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "gettimeofday": (96, 169),
    "time": (201, -1),
    "setitimer": (38, 103),
    "getpid": (39, 172),
    "gettid": (186, 178),
    "getuid": (102, 174),
    "geteuid": (107, 175),
    "getgid": (104, 176),
    "getegid": (108, 177),
    "getrusage": (98, 165),
    "sysinfo": (99, 179),
    "uname": (63, 160),
    "getcwd": (79, 17),
    "getdents64": (217, 61),
    "futex": (202, 98),
    "restart_syscall": (219, 128),
    "getrandom": (318, 278),
    "set_robust_list": (273, 99),
    "rseq": (334, 293),
    "exit": (60, 93),
    "exit_group": (231, 94),
}
GUARDED: dict[str, tuple[int, int]] = {
    "mmap": (9, 222),  # not executable
    "mprotect": (10, 226),
    "openat": (257, 56),  # not to write
    "open": (2, -1),
    "newfstatat": (262, 79),  # of what is open: a path would tell which files there are, Landlock or not
    "kill": (62, 129),  # itself, as abort() does
    "tgkill": (234, 131),
    "prlimit64": (302, 261),  # to look
    "clone": (56, 220),  # a thread of this process: libde265 reads the photos of telephones in one, always
    "clone3": (435, 435),  # its flags lie in memory, where no filter sees them: "there is none", and libc uses clone
    "fcntl": (72, 25),  # neither locks nor signals
}
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column above, AUDIT_ARCH (linux/audit.h)


class Guards(NamedTuple):
    """What is made ready once and holds for every process that is forked then."""

    ruleset: int  # descriptor of a Landlock ruleset; -1 where the kernel has none
    program: bytes  # seccomp's filter with _OWN for the process itself; b"" where there is none

    @property
    def descriptors(self) -> tuple[int, ...]:
        """What must still be open when the rights are given up."""
        return (self.ruleset,) if self.ruleset >= 0 else ()


NONE = Guards(ruleset=-1, program=b"")


def ready() -> Guards:
    """Make them ready.  OSError when the kernel knows the calls and refuses them."""
    ruleset = _ruleset()
    code = program(platform.machine(), _OWN, may_open=ruleset >= 0) if _has_seccomp() else b""
    return Guards(ruleset=ruleset, program=code)


def give_up_rights(guards: Guards, *, memory_mb: int, cpu_s: int) -> None:
    """Take everything from this process but its memory, its time and what it has open.  For ever; OSError when it fails."""
    _landlock(guards.ruleset)
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(65534, 65534, 65534)
        os.setresuid(65534, 65534, 65534)
    limits = {
        resource.RLIMIT_AS: memory_mb * 1024 * 1024,
        resource.RLIMIT_CPU: cpu_s,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NPROC: _MOST_THREADS if guards.program else 0,
        resource.RLIMIT_NOFILE: 64,
        resource.RLIMIT_CORE: 0,
    }
    for which, limit in limits.items():
        resource.setrlimit(which, (limit, limit))
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # who is left of a fork server that was killed has nobody to stop him
    _seccomp(guards.program)


def layers() -> dict[str, bool]:
    """Which layers hold on this machine: "limits", "landlock" (files), "landlock-tcp", "seccomp" (system calls)."""
    version = _landlock_version()
    return {"limits": True, "landlock": version >= 1, "landlock-tcp": version >= 4, "seccomp": _has_seccomp()}


# --- Landlock: no file system ---------------------------------------------------------------------------------------------

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same number on every architecture
_PR_SET_PDEATHSIG, _PR_GET_SECCOMP, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 21, 22, 38
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_libc = ctypes.CDLL(None, use_errno=True)


def _landlock_version() -> int:
    return int(_libc.syscall(_CREATE_RULESET, None, 0, 1))


def _ruleset() -> int:
    """No file system, TCP or signals, but fonts to read; -1 where the kernel has no Landlock."""
    version = _landlock_version()
    if version < 1:
        return -1
    files = (1 << (13 + (version >= 2) + (version >= 3) + (version >= 5))) - 1
    tcp = struct.pack("<Q", 3) if version >= 4 else b""
    scope = struct.pack("<Q", 3) if version >= 6 else b""  # no abstract sockets, no signals to anybody outside
    attributes = struct.pack("<Q", files) + tcp + scope
    ruleset = int(_libc.syscall(_CREATE_RULESET, attributes, len(attributes), 0))
    if ruleset < 0:
        raise OSError(ctypes.get_errno(), "landlock_create_ruleset")
    if os.path.isdir(_FONTS):
        folder = os.open(_FONTS, os.O_PATH)
        _libc.syscall(_ADD_RULE, ruleset, 1, struct.pack("<Qi", _READ_FILE | _READ_DIR, folder), 0)
        os.close(folder)
    return ruleset


def _landlock(ruleset: int) -> None:
    """This process, for ever; each one is apart from all others that the ruleset holds for."""
    if ruleset < 0:
        return
    _no_new_privileges()
    if _libc.syscall(_RESTRICT_SELF, ruleset, 0):
        raise OSError(ctypes.get_errno(), "landlock_restrict_self")
    os.close(ruleset)


def _no_new_privileges() -> None:
    if _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "PR_SET_NO_NEW_PRIVS")


# --- seccomp: only the system calls that reading needs ------------------------------------------------------------------------

_LOAD, _EQUAL, _AND, _RETURN = 0x20, 0x15, 0x54, 0x06  # BPF_LD|W|ABS, JMP|JEQ|K, ALU|AND|K, RET|K (linux/bpf_common.h)
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000 | errno.EPERM
_ABSENT = 0x00050000 | errno.ENOSYS
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
_TO_WRITE = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | 0o20000000  # O_TMPFILE
_EXECUTABLE = 4  # PROT_EXEC
_THREAD = 0x00010000  # CLONE_THREAD
_OF_DESCRIPTOR = 0x1000  # AT_EMPTY_PATH
_OWN = 0x7FFFFFFF  # stands for the process itself, until it is known; no process has this number
_HARMLESS = (0, 1, 2, 3, 1030)  # F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC (mmap of Python)


class _Program(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def _has_seccomp() -> bool:
    return platform.machine() in _MACHINES and _libc.prctl(_PR_GET_SECCOMP, 0, 0, 0, 0) == 0


def _seccomp(code: bytes) -> None:
    """Install the filter; nothing happens on a kernel or machine that we have no numbers for."""
    if not code:
        return
    code = code.replace(struct.pack("<I", _OWN), struct.pack("<I", os.getpid()))
    _no_new_privileges()
    whole = _Program(len(code) // 8, code)
    if _libc.prctl(_PR_SET_SECCOMP, 2, ctypes.byref(whole), 0, 0):
        raise OSError(ctypes.get_errno(), "PR_SET_SECCOMP")


def program(machine: str, own: int, *, may_open: bool) -> bytes:
    """The filter for a machine, as classic BPF; ``own`` is the process that may be signalled.

    Without Landlock nothing is opened at all: fonts are then missed, which is the lesser evil.
    """
    column, architecture = _MACHINES[machine]
    lines = [
        _line(_LOAD, _ARCHITECTURE),
        _line(_EQUAL, architecture, 1, 0),
        _line(_RETURN, _KILL),
        _line(_LOAD, _NUMBER),
    ]
    for numbers in SYSTEM_CALLS.values():
        lines += _case(numbers[column], [_line(_RETURN, _ALLOW)])
    for name, checks in _guards(own, may_open):
        lines += _case(GUARDED[name][column], checks)
    return b"".join([*lines, _line(_RETURN, _REFUSE)])


def _guards(own: int, may_open: bool) -> Iterator[tuple[str, list[bytes]]]:
    yield "mmap", _without(2, _EXECUTABLE)
    yield "mprotect", _without(2, _EXECUTABLE)
    yield "openat", _without(2, _TO_WRITE) if may_open else [_line(_RETURN, _REFUSE)]
    yield "open", _without(1, _TO_WRITE) if may_open else [_line(_RETURN, _REFUSE)]
    yield "newfstatat", _with(3, _OF_DESCRIPTOR)
    yield "kill", _one_of(0, (own,))
    yield "tgkill", _one_of(0, (own,))
    yield "prlimit64", _null(2)
    yield "clone", _with(0, _THREAD)
    yield "clone3", [_line(_RETURN, _ABSENT)]
    yield "fcntl", _one_of(1, _HARMLESS)


def _case(number: int, then: list[bytes]) -> list[bytes]:
    """If the call has that number, do this; it ends in a return."""
    return [] if number < 0 else [_line(_EQUAL, number, 0, len(then)), *then]


def _without(argument: int, bits: int) -> list[bytes]:
    return [
        _low(argument),
        _line(_AND, bits),
        _line(_EQUAL, 0, 0, 1),
        _line(_RETURN, _ALLOW),
        _line(_RETURN, _REFUSE),
    ]


def _with(argument: int, bit: int) -> list[bytes]:
    return [
        _low(argument),
        _line(_AND, bit),
        _line(_EQUAL, bit, 0, 1),
        _line(_RETURN, _ALLOW),
        _line(_RETURN, _REFUSE),
    ]


def _one_of(argument: int, values: tuple[int, ...]) -> list[bytes]:
    tests = [line for value in values for line in (_line(_EQUAL, value, 0, 1), _line(_RETURN, _ALLOW))]
    return [_low(argument), *tests, _line(_RETURN, _REFUSE)]


def _null(argument: int) -> list[bytes]:
    """Both halves of a pointer are 0."""
    return [
        _low(argument),
        _line(_EQUAL, 0, 0, 3),
        _line(_LOAD, _ARGUMENTS + 8 * argument + 4),
        _line(_EQUAL, 0, 0, 1),
        _line(_RETURN, _ALLOW),
        _line(_RETURN, _REFUSE),
    ]


def _low(argument: int) -> bytes:
    """Load the lower half of an argument: both machines are little-endian."""
    return _line(_LOAD, _ARGUMENTS + 8 * argument)


def _line(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    """struct sock_filter; the jumps count instructions."""
    return struct.pack("<HBBI", code, then, otherwise, value & 0xFFFFFFFF)
