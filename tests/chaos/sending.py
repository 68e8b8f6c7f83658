"""One life of a way out that dies between report and settlement: `python -m tests.chaos.sending FOLDER STEP`."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import datetime
from pathlib import Path

from gateway.config import Worker as Settings
from gateway.courier import RELAY, Fate, Outcome, Parcel, Result
from gateway.courtesy import own_letter
from gateway.lifecycle import DeliveryState
from gateway.smtp import dsn
from gateway.store import Acceptance
from gateway.worker import Worker
from tests.chaos.life import open_store


class DullHop:
    """Takes everything, and knows no DSN; what it took it writes down."""

    name = RELAY
    lanes = 1

    def __init__(self, folder: Path) -> None:
        self._took = folder / "took"

    async def deliver(self, parcel: Parcel) -> tuple[Result, ...]:
        with self._took.open("a") as took:
            took.write(f"{parcel.mail.id}\n")
        fate = Fate.RELAYED if parcel.deliveries[0].sender else None
        return tuple(
            Result(delivery_id=d.id, outcome=Outcome.DELIVERED, reply="250 ok", announce=fate) for d in parcel.deliveries
        )

    async def close(self) -> None:
        """Nothing is open."""


def report(
    fate: Fate, parcel: Parcel, results: tuple[Result, ...], now: datetime, until: datetime | None
) -> tuple[Acceptance, ...]:
    """As the gateway does it."""
    written = dsn.report(fate, parcel, results, hostname="cong.test", now=now, until=until)
    return tuple(own_letter(each, about=parcel.mail.id, now=now) for each in written)


async def live(folder: Path, step: str) -> None:
    """Carry until nothing is due, or die at the step."""

    def at(name: str) -> None:
        if name == step:
            os.kill(os.getpid(), signal.SIGKILL)

    store = open_store(folder)
    worker = Worker(store, {RELAY: DullHop(folder)}, Settings(), report, at=at)
    running = asyncio.create_task(worker.run())
    unfinished = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.DEFERRED)
    async with asyncio.timeout(30):
        while store.views.deliveries(states=unfinished).rows:  # noqa: ASYNC110 - what is waited for is in the store
            await asyncio.sleep(0.02)
    await worker.stop()
    await running
    store.close()


if __name__ == "__main__":
    asyncio.run(live(Path(sys.argv[1]), sys.argv[2]))
