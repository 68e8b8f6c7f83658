"""Processes of a bench: started, watched, measured and killed; only on loopback addresses."""

from __future__ import annotations

import contextlib
import ipaddress
import itertools
import os
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

HOST = "127.0.0.1"
_TICKS = os.sysconf("SC_CLK_TCK")


class Group:
    """One server with all its children.

    They stand in a control group of their own where one can be made (root): then CPU is exact and a kill misses nobody.
    Elsewhere it is the tree of processes below the first.
    """

    def __init__(self, command: Sequence[str | Path], *, log: Path) -> None:
        self._cgroup = _new_cgroup()
        words = [str(word) for word in command]
        if self._cgroup is not None:
            words = ["sh", "-c", 'echo $$ > "$0"; exec "$@"', str(self._cgroup / "cgroup.procs"), *words]
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
            )

    def pids(self) -> list[int]:
        """All of its processes that live."""
        alive = self.process.poll() is None  # when it was waited for, its number may be somebody else's
        tree = [self.process.pid, *descendants(self.process.pid)] if alive else []
        if self._cgroup is None:
            return tree
        return sorted({*tree, *map(int, (self._cgroup / "cgroup.procs").read_text().split())})

    def cpu_s(self) -> float:
        """CPU seconds so far, children that ended included."""
        if self._cgroup is None:
            return sum(cpu_s(pid) for pid in self.pids())
        old = self._cgroup / "cpuacct.usage"
        if old.exists():
            return int(old.read_text()) / 1e9
        usage = (self._cgroup / "cpu.stat").read_text().split()
        return int(usage[usage.index("usage_usec") + 1]) / 1e6

    def kill(self) -> None:
        """kill -9 of all of it at once, as a power switch for the program."""
        end = time.monotonic() + 10
        while (pids := self.pids()) and time.monotonic() < end:
            for pid in pids:
                _signal(pid, signal.SIGKILL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(0.05)
        self._let_go()

    def stop(self, timeout_s: float = 40.0) -> int:
        """SIGTERM, then wait; -9 for what does not end.  Gives the exit status."""
        _signal(self.process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout_s)
        self.kill()
        return self.process.returncode

    def _let_go(self) -> None:
        if self._cgroup is not None:
            with contextlib.suppress(OSError):
                self._cgroup.rmdir()
            self._cgroup = None


_groups = itertools.count()


def _new_cgroup() -> Path | None:
    for root, sign in ((Path("/sys/fs/cgroup/cpuacct"), "cpuacct.usage"), (Path("/sys/fs/cgroup"), "cgroup.controllers")):
        group = root / f"vanthu-bench-{os.getpid()}-{next(_groups)}"
        if (root / sign).exists():
            with contextlib.suppress(OSError):
                group.mkdir()
                return group
    return None


def descendants(pid: int) -> list[int]:
    """All processes below one."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit() and (fields := _stat(int(name))):
            children.setdefault(int(fields[1]), []).append(int(name))
    found, todo = [], [pid]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def cpu_s(pid: int) -> float:
    """CPU seconds of a process and of its children that ended; 0 when it is gone."""
    fields = _stat(pid)
    return sum(int(ticks) for ticks in fields[11:15]) / _TICKS if fields else 0.0


def machine_busy_s() -> float:
    """Busy CPU seconds of the whole machine since boot: shows what other jobs took during a run."""
    ticks = [int(text) for text in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return (ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6] + ticks[7]) / _TICKS


def free_port() -> int:
    """A loopback port that nobody listens on at the moment."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
        return port


def loopback(host: str) -> str:
    """The host itself; refuses anything that is not this machine."""
    for info in socket.getaddrinfo(host, None):
        if not ipaddress.ip_address(info[4][0]).is_loopback:
            raise SystemExit(f"bench: {host} is not a loopback address: no load is sent there")
    return host


def wait_until_it_answers(port: int, *, timeout_s: float = 30.0, of: Group | None = None) -> float:
    """Wait for an SMTP greeting; gives the seconds that it took.  Ends the bench when none comes."""
    begin = time.monotonic()
    while time.monotonic() < begin + timeout_s:
        if of is not None and of.process.poll() is not None:
            break
        try:
            with socket.create_connection((HOST, port), timeout=5) as client:
                if client.recv(200):
                    client.sendall(b"QUIT\r\n")
                    client.recv(200)
                    return time.monotonic() - begin
        except OSError:
            pass
        time.sleep(0.02)
    raise SystemExit(f"bench: nothing answers on {HOST}:{port}")


def wait_until_open(port: int, *, timeout_s: float = 30.0) -> None:
    """Wait until somebody listens there.  Ends the bench when nobody does."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        try:
            socket.create_connection((HOST, port), timeout=5).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit(f"bench: nobody listens on {HOST}:{port}")


def memory_mb(pids: Sequence[int]) -> float:
    """The proportional share (PSS) of these processes, in MB: pages that several have count once."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/smaps_rollup").read_text().split()
            total += int(fields[fields.index("Pss:") + 1])
    return total / 1024


def _stat(pid: int) -> list[bytes]:
    """The fields of /proc/PID/stat after the name: state, parent, …"""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rsplit(b")", 1)[1].split()
    except OSError:
        return []


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
