"""A file whose lock (flock) says that something belongs to one process."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

_PAUSE_S = 0.05


def taken(path: Path, *, wait_s: float) -> int | None:
    """A descriptor that holds the lock until it is closed; None when somebody else still has it after so many seconds.

    A process that was killed may take a moment to let go.  The file and its folder are made where they are missing.  OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if _is_locked(descriptor, time.monotonic() + wait_s):
            return descriptor
    except OSError:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


def _is_locked(descriptor: int, deadline: float) -> bool:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(_PAUSE_S)
        else:
            return True
