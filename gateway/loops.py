"""The running loop, without asking the system each time.

Up to Python 3.11 asyncio.get_running_loop() calls getpid(), which took 5 % of the gateway's time at 50 sessions.
"""

from __future__ import annotations

import asyncio
import threading

_here = threading.local()


def running_loop() -> asyncio.AbstractEventLoop:
    """The loop that runs in this thread; RuntimeError when there is none."""
    loop = running_loop_or_none()
    if loop is None:
        raise RuntimeError("no running event loop")
    return loop


def running_loop_or_none() -> asyncio.AbstractEventLoop | None:
    """The loop that runs in this thread."""
    loop: asyncio.AbstractEventLoop | None = getattr(_here, "loop", None)
    if loop is None or not loop.is_running():
        loop = _here.loop = asyncio._get_running_loop()
    return loop
