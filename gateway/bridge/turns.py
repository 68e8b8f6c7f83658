"""Whose turn it is among what waits over there: what failed comes behind what did not, and keeps nothing back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TypeVar

_T = TypeVar("_T")

_MOST = 10_000  # failures that are remembered; then all begin anew


class Turns:
    """Counts failures by handle.  Only in memory: after a start everything has its first turn again."""

    def __init__(self) -> None:
        self._failed: Counter[str] = Counter()

    def postpone(self, handle: str) -> None:
        """It failed: all that failed less often comes first."""
        if len(self._failed) >= _MOST:
            self._failed.clear()
        self._failed[handle] += 1

    def forget(self, handle: str) -> None:
        """It is done."""
        self._failed.pop(handle, None)

    def ordered(self, waiting: Iterable[_T], handle: Callable[[_T], str]) -> list[_T]:
        """In the order given, but for those that failed."""
        return sorted(waiting, key=lambda each: self._failed[handle(each)])
