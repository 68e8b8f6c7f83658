"""The fork server of gateway.inspection: loads all readers once, then forks a child for each job.

Started as ``python -m gateway.inspection_forks FD MODELS``; one for the whole gateway, so what it loads is in memory once.
It is single-threaded and reads no mail itself.  Its control socket brings it readers' channels, each with one job at a time;
what goes over those: gateway.inspection_job.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import signal
import socket
import struct
import sys
from typing import NamedTuple

import msgspec

from gateway.inspection_child import ready_guards, run
from gateway.inspection_job import FAILED, KILL, READY, Exit, Job, Models
from gateway.inspection_memory import fork, settle
from gateway.sandbox import Guards
from gateway.warmup import warm_up


def serve(control: socket.socket, models: Models) -> None:
    """Fork for each job until the other side goes away.

    The first message is READY, or says why children cannot be guarded here: then none reads anything.
    """
    warm_up(models)
    settle()
    guards, problem = ready_guards()
    with contextlib.suppress(BrokenPipeError):  # whoever started us has ended meanwhile
        control.send(problem.encode("utf-8", "replace")[:1000] or READY)
        if not problem:
            _Forks(control, guards).serve()


class _Child(NamedTuple):
    """A process that does a job, and the channel that it came by."""

    pid: int
    channel: socket.socket  # not its number: that is another's as soon as this one is closed


class _Forks:
    def __init__(self, control: socket.socket, guards: Guards) -> None:
        self._control = control
        self._guards = guards
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
        message, descriptors = b"", list[int]()
        with contextlib.suppress(ConnectionResetError):  # its other end was closed before it had read an Exit
            message, descriptors, _, _ = socket.recv_fds(channel, 65536, 2)
        if message not in (b"", KILL):
            self._begin(channel, message, descriptors)
            return
        for handle, child in self._children.items():
            if child.channel is channel:  # else a "K" that came when its child had ended by itself
                signal.pidfd_send_signal(handle, signal.SIGKILL)
        if not message:
            self._events.unregister(channel)
            del self._channels[channel.fileno()]
            channel.close()

    def _begin(self, channel: socket.socket, message: bytes, descriptors: list[int]) -> None:
        """Where the machine has no process, memory or descriptor left, this job fails, and no other one."""
        try:
            if len(descriptors) != 2:  # the kernel drops those that have no room here, and says nothing
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
            source, sink = descriptors
            pid, handle = _forked(msgspec.msgpack.decode(message, type=Job), source, sink, self._guards)
        except OSError as error:
            if len(descriptors) == 2:
                _say(descriptors[1], f"the fork server got no child: {error}")
        else:
            self._children[handle] = _Child(pid, channel)
            self._events.register(handle, select.POLLIN)
            return
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        _answer(channel, Exit(status=1, max_rss_mb=0))

    def _reap(self, handle: int) -> None:
        child = self._children.pop(handle)
        self._events.unregister(handle)
        os.close(handle)
        _, status, usage = os.wait4(child.pid, 0)
        how = Exit(status=os.waitstatus_to_exitcode(status), max_rss_mb=usage.ru_maxrss // 1024)
        _answer(child.channel, how)


def _forked(job: Job, source: int, sink: int, guards: Guards) -> tuple[int, int]:
    """A child that does the job, and the descriptor that tells its end.  Raises OSError: then there is no child."""
    pid = fork()
    if pid == 0:
        run(job, source, sink, guards)
    try:
        return pid, os.pidfd_open(pid)
    except OSError:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise


def _say(sink: int, why: str) -> None:
    """What a child would write that fails; the gateway logs it."""
    body = why.encode("utf-8", "replace")
    with contextlib.suppress(OSError):  # nobody reads it any more
        os.write(sink, struct.pack(">I", len(body)) + FAILED + body)


def _answer(channel: socket.socket, how: Exit) -> None:
    with contextlib.suppress(OSError):  # whoever gave the job does not wait for it any more
        channel.send(msgspec.msgpack.encode(how))


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])), msgspec.json.decode(sys.argv[2], type=Models))
