"""How the gateway takes memory for large mails from the kernel, and gives it back (docs/decisions/0046).

The C library would find its own limits: once a block of 25 MB was freed, it takes all up to that size from its heap, where
whatever small thing lies above a freed block keeps it; after a few such mails the process has five times their size and keeps
it.  Below those limits it gives back and asks again with every mail of some megabytes, and each page of it costs a fault.
"""

from __future__ import annotations

import ctypes

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # mallopt(3)
_ALONE = 8 * 1024 * 1024  # a block of this size comes from the kernel by itself, and goes back when it is freed
_IN_HAND = 16 * 1024 * 1024  # so much at the end of the heap is not given back: the next mails need it


def settle() -> bool:
    """Set these limits for this process; False where the C library has none (musl)."""
    library = ctypes.CDLL(None)
    try:
        return bool(library.mallopt(_M_MMAP_THRESHOLD, _ALONE) and library.mallopt(_M_TRIM_THRESHOLD, _IN_HAND))
    except AttributeError:
        return False
