"""How late the event loop is, and whether it is so late that newcomers had better come later."""

from __future__ import annotations

import asyncio


class LagProbe:
    """Looks ten times a second: above some 50 ms something blocks the loop that should run in a thread or a child process."""

    EVERY_S = 0.1

    def __init__(self, max_lag_ms: float = 0.0) -> None:
        """``max_lag_ms``: above it the loop is behind, until it is below half of that; 0 is never."""
        self.lag_ms = 0.0  # of the last look
        self.lag_max_ms = 0.0  # of all looks
        self.is_behind = False
        self._limit = max_lag_ms
        self._timer: asyncio.TimerHandle | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look from now on."""
        due = loop.time() + self.EVERY_S
        self._timer = loop.call_at(due, self._look, loop, due)

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def saw(self, lag_ms: float) -> None:
        """One look.  A loop that was late once is not called fit again until it is clearly so: else it would go to and fro."""
        self.lag_ms = lag_ms
        self.lag_max_ms = max(self.lag_max_ms, lag_ms)
        if self._limit:
            self.is_behind = lag_ms > (self._limit / 2 if self.is_behind else self._limit)

    def _look(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        self.saw(max(0.0, (loop.time() - due) * 1000))
        self.start(loop)
