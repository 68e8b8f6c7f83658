"""How the fork server lies in memory, and how it forks: each page that a child writes to costs it some microseconds.

A child that reads one small file writes to two thousand pages that it has to copy or to be given.  What can be done once for
all children, before the first, is done here.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os

_libc = ctypes.CDLL(None, use_errno=True)
_with_lock = ctypes.PyDLL(None, use_errno=True)  # Python's lock stays taken over the call: fork() must come back with it

_COLLECT_AFTER = 100_000  # objects more than before; nearly every child ends before
_LARGEST, _SMALLEST = 1 << 16, 32  # pieces that fill the holes


def fork() -> int:
    """fork(2), and nothing of what ``os.fork`` does besides: locks, hooks of modules, new seeds.  Raises OSError.

    The fork server has one thread of Python, and its children need no chance of their own; that wrote to two hundred pages.
    """
    pid = int(_with_lock.fork())
    if pid < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return pid


def settle() -> None:
    """Before the first fork: give back what loading left behind, and let children find room in one place."""
    gc.collect()
    gc.freeze()  # no page is copied just because the collector touched it
    gc.set_threshold(_COLLECT_AFTER, 50, 100)
    with contextlib.suppress(AttributeError):  # not glibc
        _libc.malloc_trim(0)  # about 50 MB
        _fill_holes()


class _Usage(ctypes.Structure):
    """struct mallinfo2 (glibc 2.33)."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "free", "top")
    )


def _fill_holes() -> None:
    """Take what is free between things in use: a child that is given such pieces writes to a page for each."""
    usage, take = _libc.mallinfo2, _libc.malloc
    usage.restype, take.restype, take.argtypes = _Usage, ctypes.c_void_p, (ctypes.c_size_t,)
    size = _LARGEST
    while size >= _SMALLEST:
        now = usage()
        holes = now.free - now.top
        if holes < size:
            break
        for _ in range(min(64, holes // size)):
            take(size - 8)
        after = usage()
        if after.free - after.top > holes - size:  # none of them is so large
            size //= 2
