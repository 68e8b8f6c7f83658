"""The gateway with a trapdoor: ``python -m bench.trapdoors STEP TIMES serve --config FILE`` kills itself with -9 at that step.

The steps are numbered along the way of one case out and its answers in; the process dies when it comes to the step for the
TIMES-th time, as if somebody had pulled the plug of the program there.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from gateway.bridge.axis import AxisCourier
from gateway.bridge.http import Body, Http
from gateway.cli import main
from gateway.store import Store

STEPS = {
    1: "claimed, nothing made",
    2: "packed, nothing sent",
    3: "the first block has left",
    4: "all has left, nothing answered",
    5: "answered, nothing settled",
    6: "settled, perhaps not durable",
    7: "before a look-up",
    8: "looked up, nothing settled",
    9: "answers fetched, none durable",
    10: "an answer durable, not acknowledged",
    11: "an answer acknowledged",
}


class _Trapdoor:
    """Opens at the n-th passing of one step."""

    def __init__(self, step: int, times: int) -> None:
        self._step = step
        self._left = times

    def passing(self, step: int) -> None:
        if step != self._step:
            return
        self._left -= 1
        if self._left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)


def _around(door: _Trapdoor, kind: type, name: str, before: int, after: int) -> None:
    """Pass the steps before and after a coroutine method; 0 for none."""
    whole: Callable[..., Awaitable[Any]] = getattr(kind, name)

    async def passed(self: object, *args: Any, **options: Any) -> Any:
        door.passing(before)
        result = await whole(self, *args, **options)
        door.passing(after)
        return result

    setattr(kind, name, passed)


def _arm(door: _Trapdoor) -> None:
    _around(door, AxisCourier, "deliver", 1, 5)
    _around(door, Http, "send", 2, 0)
    _around(door, AxisCourier, "look_up", 7, 8)
    _around(door, AxisCourier, "poll", 0, 9)
    _around(door, AxisCourier, "acknowledge", 10, 11)
    blocks = Body.__aiter__

    async def leaving(self: Body) -> AsyncIterator[bytes]:
        first = True
        async for block in blocks(self):
            yield block
            if first:
                door.passing(3)
            first = False
        door.passing(4)

    Body.__aiter__ = leaving  # type: ignore[method-assign]
    settle = Store.settle

    def settled(self: Store, *args: Any, **options: Any) -> Any:
        result = settle(self, *args, **options)
        door.passing(6)
        return result

    Store.settle = settled  # type: ignore[method-assign]


if __name__ == "__main__":
    _arm(_Trapdoor(int(sys.argv[1]), int(sys.argv[2])))
    main(sys.argv[3:])
