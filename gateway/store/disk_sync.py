"""A sync of a file that the loop need not wait for: the kernel does it, and rings.

Linux AIO (io_submit with IOCB_CMD_FDSYNC) through caio: no thread of ours is awake, so nobody takes the interpreter lock from
the loop, and it costs it 10 µs where a thread costs 50.  Until load() was called, and where a kernel has none (some sandboxes),
a thread does it.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from caio import linux_aio

logger = logging.getLogger(__name__)

Done = Callable[[OSError | None], None]

_aio: ModuleType | None = None  # caio.linux_aio, once it is loaded


def load() -> None:
    """From now on the kernel does it, if it can.  Stops the whole process for 30 to 90 ms, once: not while anybody waits.

    As it is loaded, caio makes a context to see whether there is any AIO, and io_destroy(2) waits for all other CPUs (RCU).
    """
    global _aio
    with contextlib.suppress(ImportError):  # not Linux
        from caio import linux_aio

        _aio = linux_aio


class DiskSync:
    """For one loop; all methods are called there."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._thread: ThreadPoolExecutor | None = None
        self._context: linux_aio.Context | None = None
        self._is_open = False  # _context is made, or cannot be

    def begin(self, descriptor: int, done: Done) -> None:
        """Have what was written to this file put on the disk (fdatasync); ``done`` hears of it."""
        if _aio is not None and not self._is_open:
            self._open(_aio)
        if _aio is not None and self._context is not None:
            operation = _aio.Operation.fdsync(descriptor)
            operation.set_callback(partial(_tell, done))
            try:
                if self._context.submit(operation):
                    return
            except (OSError, SystemError, ValueError) as error:  # a file system that knows no such thing
                logger.info("no Linux AIO for this file: %s", error)
        self._thread = self._thread or ThreadPoolExecutor(1, "disk-sync")
        work = self._loop.run_in_executor(self._thread, os.fdatasync, descriptor)
        work.add_done_callback(lambda work: done(_error_of(work.exception())))

    def close(self) -> None:
        """Let go of it; nothing may be under way."""
        if self._context is not None:
            self._loop.remove_reader(self._context.fileno)
            self._context = None
        if self._thread is not None:
            self._thread.shutdown()

    def _open(self, aio: ModuleType) -> None:
        self._is_open = True
        try:
            self._context = aio.Context(max_requests=8)
        except (OSError, SystemError) as error:
            logger.info("no Linux AIO here, a thread waits for the disk: %s", error)
        else:
            self._loop.add_reader(self._context.fileno, self._hear)

    def _hear(self) -> None:
        if self._context is not None:
            with contextlib.suppress(BlockingIOError):  # somebody has read the bell already
                self._context.poll()
            self._context.process_events()


def _tell(done: Done, result: int) -> None:
    if result >= 2**63:
        result -= 2**64  # caio 0.12 gives the kernel's negative numbers without their sign
    done(None if result >= 0 else OSError(-result, os.strerror(-result)))


def _error_of(error: BaseException | None) -> OSError | None:
    if error is None or isinstance(error, OSError):
        return error
    return OSError(errno.EIO, str(error))
