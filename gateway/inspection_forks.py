"""The fork server of gateway.inspection: loads all readers once, then forks a child for each job.

Started as ``python -m gateway.inspection_forks FD MODELS``; one for the whole gateway, so what it loads is in memory once.
It is single-threaded and reads no mail itself.  Its control socket brings it readers' channels, each with one job at a time;
what goes over those: gateway.inspection_job.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import select
import signal
import socket
import sys
from typing import NamedTuple

import msgspec

from gateway.inspection_child import problem_with_guards, run
from gateway.inspection_job import READY, Exit, Job, Models
from gateway.warmup import warm_up


def serve(control: socket.socket, models: Models) -> None:
    """Fork for each job until the other side goes away.

    The first message is READY, or says why children cannot be guarded here: then none reads anything.
    """
    warm_up(models)
    _settle_memory()
    problem = problem_with_guards()
    with contextlib.suppress(BrokenPipeError):  # whoever started us has ended meanwhile
        control.send(problem.encode("utf-8", "replace")[:1000] or READY)
        if not problem:
            _Forks(control).serve()


def _settle_memory() -> None:
    """A child copies no page just because the collector touched it, and need not map what loading left behind."""
    gc.collect()
    gc.freeze()
    with contextlib.suppress(AttributeError):  # not glibc
        ctypes.CDLL(None).malloc_trim(0)  # about 50 MB


class _Child(NamedTuple):
    """A process that does a job, and the channel that it came by."""

    pid: int
    channel: int


class _Forks:
    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._channels: dict[int, socket.socket] = {}
        self._children: dict[int, _Child] = {}  # by the descriptor that tells their end
        self._events = select.poll()
        self._events.register(control, select.POLLIN)

    def serve(self) -> None:
        """Returns when the gateway is gone; no child is left then."""
        while True:
            for descriptor, _ in self._events.poll():
                if descriptor in self._children:
                    self._reap(descriptor)
                elif descriptor in self._channels:
                    self._hear(self._channels[descriptor])
                elif not self._adopt():
                    for handle in list(self._children):
                        signal.pidfd_send_signal(handle, signal.SIGKILL)
                        self._reap(handle)
                    return

    def _adopt(self) -> bool:
        """A new channel.  False at the end of all."""
        message, descriptors, _, _ = socket.recv_fds(self._control, 16, 1)
        for descriptor in descriptors:
            self._channels[descriptor] = socket.socket(fileno=descriptor)
            self._events.register(descriptor, select.POLLIN)
        return bool(message)

    def _hear(self, channel: socket.socket) -> None:
        message, descriptors, _, _ = socket.recv_fds(channel, 65536, 2)
        if len(descriptors) == 2:
            self._fork(channel.fileno(), msgspec.msgpack.decode(message, type=Job), descriptors)
            return
        for handle, child in self._children.items():
            if child.channel == channel.fileno():  # else a "K" that came when its child had ended by itself
                signal.pidfd_send_signal(handle, signal.SIGKILL)
        if not message:
            self._events.unregister(channel)
            del self._channels[channel.fileno()]
            channel.close()

    def _fork(self, channel: int, job: Job, descriptors: list[int]) -> None:
        source, sink = descriptors
        pid = os.fork()
        if pid == 0:
            run(job, source, sink)
        for descriptor in descriptors:
            os.close(descriptor)
        handle = os.pidfd_open(pid)
        self._children[handle] = _Child(pid, channel)
        self._events.register(handle, select.POLLIN)

    def _reap(self, handle: int) -> None:
        child = self._children.pop(handle)
        self._events.unregister(handle)
        os.close(handle)
        _, status, usage = os.wait4(child.pid, 0)
        how = Exit(status=os.waitstatus_to_exitcode(status), max_rss_mb=usage.ru_maxrss // 1024)
        with contextlib.suppress(OSError):  # whoever gave the job does not wait for it any more
            if child.channel in self._channels:
                self._channels[child.channel].send(msgspec.msgpack.encode(how))


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])), msgspec.json.decode(sys.argv[2], type=Models))
