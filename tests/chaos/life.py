"""One life of a gateway's way out: `python -m tests.chaos.life FOLDER STEP NTH SEED`; it dies at the NTH pass of STEP.

With the step "none" it works until nothing is due, and ends with 0.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from pathlib import Path

from gateway.answers import Answers
from gateway.config import Worker as Settings
from gateway.directory.snapshot import Directory
from gateway.followup import FollowUp
from gateway.lifecycle import DeliveryState
from gateway.notices import Notices
from gateway.store import Store
from gateway.store.store import utc_now
from gateway.worker import Worker
from tests.world.register import Register

OFFICE = "ioffice-nganh"
FAULTS = ("refused-connection", "lost-before", "lost-answer", "crash", "later")
SHARE = 0.5  # of the tries
_UNSETTLED = (
    DeliveryState.QUEUED,
    DeliveryState.SENDING,
    DeliveryState.DEFERRED,
    DeliveryState.UNCERTAIN,
    DeliveryState.PENDING,
)


def open_store(folder: Path) -> Store:
    """The store of all lives."""
    store = Store(url=f"sqlite:///{folder}/s.sqlite3", blobs=folder / "blobs", inline_bytes=16384, node="chaos")
    store.open()
    return store


def is_busy(store: Store) -> bool:
    """Whether anything is on its way to the office system.  (Letters wait for a relay that is not there.)"""
    return any(each.courier == OFFICE for each in store.views.deliveries(states=_UNSETTLED, limit=1000).rows)


async def live(folder: Path, step: str, nth: int, seed: int) -> None:
    """Carry, ask and fetch; the fault dial is drawn from the seed."""
    draw, passes = random.Random(seed), 0  # noqa: S311 - which fault comes next

    def at(name: str) -> None:
        nonlocal passes
        passes += name == step
        if name == step and passes == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    def fault(delivery_id: str, tries: int) -> str:
        return draw.choice(FAULTS) if step != "none" and draw.random() < SHARE else ""

    office = Register(folder / "office", fault=fault)
    store = open_store(folder)
    settings = Settings(retry_after_s=(1,) * 500, look_up_after_s=(1,), poll_every_s=0.05)
    worker = Worker(store, {OFFICE: office}, settings, lambda fate, parcel, results, now, until: (), at=at)
    directory = Directory()
    notices = Notices(hostname="cong.example", directory=lambda: directory)
    answers = Answers(store=store, directory=lambda: directory, notices=notices, clock=utc_now, poke=worker.poke)
    follow_up = FollowUp(store, {OFFICE: office}, settings, worker=worker, answers=answers, at=at)
    running = [asyncio.create_task(worker.run()), asyncio.create_task(follow_up.run())]
    async with asyncio.timeout(60):
        while is_busy(store) or await office.poll():  # noqa: ASYNC110 - what is waited for is in the store
            await asyncio.sleep(0.05)
    follow_up.stop()
    await worker.stop()
    await asyncio.gather(*running)
    store.close()


if __name__ == "__main__":
    asyncio.run(live(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
