"""A store with its fast lane on a running loop, and a hand on the scribe."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
import uvloop

from gateway.lifecycle import DeliveryEvent, DeliveryState
from gateway.model import Event, Mail, Story
from gateway.scribe.client import PROGRAM
from gateway.store import Acceptance, Settlement, Store
from tests.store.letters import NOON, mail

_T = TypeVar("_T")

NewLoop = Callable[[], asyncio.AbstractEventLoop]
each_loop = pytest.mark.parametrize("loop", [uvloop.new_event_loop, asyncio.new_event_loop], ids=["uvloop", "asyncio"])


def on_lane(store: Store, work: Callable[[], Coroutine[Any, Any, _T]], *, loop: NewLoop = uvloop.new_event_loop) -> _T:
    """Run it on a loop that has a lane, and write what it left there."""

    async def attached() -> _T:
        store.attach()
        try:
            return await work()
        finally:
            await store.detach()

    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(attached())


def scribe_of(parent: int) -> int:
    """The process id of the one scribe that this process has."""
    until(lambda: bool(scribes_of(parent)))  # one that has just been started has no arguments for a moment
    (found,) = scribes_of(parent)
    return found


def scribes_of(parent: int) -> list[int]:
    """The process ids of the scribes that this process has."""
    return [int(path.name) for path in Path("/proc").glob("[0-9]*") if _is_scribe(path, parent)]


def state_of(process: int) -> str:
    """R, S, D, T (stopped), Z (dead, and nobody has asked) or "" when there is no such process."""
    try:
        return _stat(Path(f"/proc/{process}"))[0]
    except OSError:
        return ""


@contextmanager
def holding_its_breath(process: int) -> Iterator[None]:
    """It does nothing meanwhile: what it gets stays unread.  It may be killed like that."""
    os.kill(process, signal.SIGSTOP)
    until(lambda: state_of(process) == "T")
    try:
        yield
    finally:
        if state_of(process) == "T":
            os.kill(process, signal.SIGCONT)


def until(is_so: Callable[[], bool], *, within_s: float = 5) -> None:
    """Wait for it."""
    deadline = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < deadline, "it did not come in time"
        time.sleep(0.005)


def letters(count: int, *, size: int = 10) -> list[Mail]:
    """Different mails, in the order of their ids."""
    return [mail(f"{n:06}".encode().ljust(size, b".")) for n in range(count)]


def arrived(of: Mail) -> Settlement:
    """It has arrived, as nearly every mail does: its rows tell the story."""
    return Settlement(delivery_id=f"{of.id}-0", event=DeliveryEvent.DELIVERED, attempts=1, reply="250 ok", delivered_at=NOON)


def delivered(of: Mail) -> Settlement:
    """It has arrived, and there is something to be told about it."""
    story = Story(at=NOON, event=Event.DELIVERED, mail_id=of.id, detail={"delivery": f"{of.id}-0"})
    return Settlement(delivery_id=f"{of.id}-0", event=DeliveryEvent.DELIVERED, attempts=1, reply="250 ok", story=story)


def state(store: Store, of: Mail) -> DeliveryState:
    """How far its first delivery is."""
    return store.views.deliveries_of(mail_id=of.id)[0].state


def events(store: Store, of: Mail) -> list[Event]:
    """Its stories."""
    return [story.event for story in store.views.story(mail_id=of.id)]


async def all_of(store: Store, acceptances: Sequence[Acceptance]) -> list[BaseException | None]:
    """Accept each by itself, all at once; what was wrong with each."""
    return await asyncio.gather(*(store.accept([acceptance]) for acceptance in acceptances), return_exceptions=True)


@contextmanager
def limited(what: int, limit: int, processes: Sequence[int]) -> Iterator[None]:
    """Let these processes have no more of it."""
    before = {process: resource.prlimit(process, what) for process in processes}
    for process, (_, hard) in before.items():
        resource.prlimit(process, what, (limit, hard))
    try:
        yield
    finally:
        for process, limits in before.items():
            resource.prlimit(process, what, limits)


def _is_scribe(path: Path, parent: int) -> bool:
    try:
        return int(_stat(path)[1]) == parent and PROGRAM.encode() in (path / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False  # it has just ended


def _stat(path: Path) -> list[str]:
    """State, parent, …: what stands behind the name, which may have blanks."""
    return (path / "stat").read_text().rpartition(")")[2].split()
