"""The one way out: claim, deliver, settle.  One queue, one retry schedule and one story for the relay and all office systems.

A fresh mail is handed over straight from its commit and leaves from memory.  Everything else (retries, approvals, what had
no room in memory, what an earlier life left behind) is claimed from the store, which is the truth behind both.  A crash between
two steps repeats a step and loses none: delivery reports are durable before the delivery they tell of is given up, and what is
not settled is sent again.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain

from gateway import maillog
from gateway.attempt import Step
from gateway.config import Worker as Settings
from gateway.courier import RELAY, Capabilities, Courier, Outcome, Parcel, Result
from gateway.errors import (
    DeliveryError,
    Misconfigured,
    PermanentFailure,
    StoreUnavailable,
    TemporaryFailure,
    UncertainFailure,
)
from gateway.lifecycle import DeliveryEvent, DeliveryState
from gateway.model import Delivery
from gateway.store import Store
from gateway.telling import Report, Teller

logger = logging.getLogger(__name__)

_LANES = 16  # parcels of one courier on their way at once, unless it can make use of more
_MOST = 5000  # deliveries in memory
_MOST_BYTES = 128 * 1024 * 1024  # of mails in memory
_LOW = 64  # below so many deliveries of a courier in memory the store is asked for more, at least
_CLAIM = 128  # deliveries at once
_POLL_S = 1.0  # how late a retry may be
_PAUSE = timedelta(minutes=3)  # after MISCONFIGURED
_CROWDED = timedelta(seconds=40)  # until what was put off because too much waits for the same place is looked at again
_REPORT_AGAIN = timedelta(minutes=1)  # when a delivery report could not be made durable

_EVENTS: Mapping[Outcome, DeliveryEvent] = {
    Outcome.DELIVERED: DeliveryEvent.DELIVERED,
    Outcome.ALREADY: DeliveryEvent.DELIVERED,
    Outcome.PENDING: DeliveryEvent.TAKEN,
    Outcome.RETRY: DeliveryEvent.RETRY,
    Outcome.UNCERTAIN: DeliveryEvent.UNSURE,
    Outcome.REFUSED: DeliveryEvent.REFUSE,
    Outcome.MISCONFIGURED: DeliveryEvent.RETRY,
}
_FAILURES: Mapping[type[DeliveryError], Outcome] = {
    TemporaryFailure: Outcome.RETRY,
    UncertainFailure: Outcome.UNCERTAIN,
    PermanentFailure: Outcome.REFUSED,
    Misconfigured: Outcome.MISCONFIGURED,
}


class _Line:
    """One courier, what waits for it in memory, and until when it is left in peace."""

    def __init__(self, courier: Courier, lanes: int) -> None:
        self.courier = courier
        self.lanes = max(lanes, courier.lanes)
        # Below so many deliveries in memory the store is asked for more.  Where there are many ways, one that hangs must not
        # stand in the way of the others.
        self.low = max(_LOW, self.lanes // 2)
        self.split: Callable[[Parcel], tuple[Parcel, ...]] | None = getattr(courier, "split", None)
        self.queue: asyncio.Queue[Parcel | None] = asyncio.Queue()  # None: the worker stops
        self.held: set[str] = set()  # ids of its deliveries in memory: leased by us, and renewed
        self.wants_more = True  # the store has something for it, or may have
        self.try_at = datetime.min.replace(tzinfo=UTC)
        self.is_stopped = False  # by a person


class Worker:
    """Carries parcels by their couriers, and settles what came of it.

    ``report`` writes the delivery reports (RFC 3464): what failed for good, is late, or arrived and was asked after.
    ``paused`` says for each courier that must be repaired why: its deliveries wait in the store, and one of them tries it every
    few minutes.
    """

    def __init__(
        self,
        store: Store,
        couriers: Mapping[str, Courier],
        settings: Settings,
        report: Report,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        lanes: int = _LANES,
        at: Callable[[str], None] = lambda step: None,
    ) -> None:
        self.paused: dict[str, str] = {}
        self._store = store
        self._settings = settings
        self._teller = Teller(store, settings, report, self.hand_over)
        self._clock = clock
        self._at = at  # where tests let the program die: between two numbered steps
        self._lease = timedelta(seconds=settings.lease_s)
        self._lines = {name: _Line(courier, lanes) for name, courier in couriers.items()}
        self._bytes = 0
        self._renew_at = clock() + self._lease / 3
        self._due = asyncio.Event()
        self._stopping = False
        self._loop: asyncio.AbstractEventLoop | None = None  # once it runs
        self._tasks: list[asyncio.Task[None]] = []

    # --- in ---

    def room_for(self, size: int) -> bool:
        """Whether a fresh mail of that many bytes may be handed over in memory; if not, it is to be claimed later."""
        held = sum([len(line.held) for line in self._lines.values()])
        room = not self._stopping and held < _MOST and self._bytes + size <= _MOST_BYTES
        if not room:
            self._want_more()
        return room

    def hand_over(self, parcel: Parcel) -> None:
        """Take a parcel whose deliveries are durable and leased to this node (SENDING).  Called on the loop."""
        line = self._lines[parcel.deliveries[0].courier]
        line.held.update([delivery.id for delivery in parcel.deliveries])
        if line.split is None:
            self._bytes += len(parcel.mail.raw)
            line.queue.put_nowait(parcel)
            return
        for part in line.split(parcel):
            self._bytes += len(part.mail.raw)
            line.queue.put_nowait(part)

    def poke(self) -> None:
        """Something became due: look into the store now, not at the next tick.  For the loop and for other threads."""
        self._want_more()
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._due.set)

    def resume(self, name: str) -> None:
        """A courier was repaired: take its queue up now.  For the loop and for other threads."""
        if self.paused.pop(name, None) is not None:
            logger.info("courier %s is taken up again", name)
            self._lines[name].is_stopped, self._lines[name].try_at = False, self._clock()
            self.poke()

    def repaired(self, name: str) -> None:
        """Nothing is wrong with a courier any more: it is taken up, unless a person paused it."""
        if not self._lines[name].is_stopped:
            self.resume(name)

    def pause(self, name: str, why: str) -> None:
        """A person wants nothing carried by it: until resume().  For the loop and for other threads."""
        line = self._lines[name]
        line.is_stopped, line.try_at = True, datetime.max.replace(tzinfo=UTC)  # nor is it tried whether it was repaired
        self.paused[name] = why

    async def run(self) -> None:
        """Work until stop()."""
        self._loop = asyncio.get_running_loop()
        self._tasks = [asyncio.create_task(self._lane(line)) for line in self._lines.values() for _ in range(line.lanes)]
        self._tasks.append(asyncio.create_task(self._claim_for_ever()))
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._loop = None

    async def stop(self, grace_s: float = 10.0) -> None:
        """Take nothing more, let what is under way finish (for so long), close the couriers.

        What is still in memory stays leased, and is queued again when this node's store is opened the next time.
        """
        self._stopping = True
        self._due.set()
        for line in self._lines.values():
            for _ in range(line.lanes):
                line.queue.put_nowait(None)
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=grace_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        for line in self._lines.values():
            await line.courier.close()

    # --- claim ---

    async def _claim_for_ever(self) -> None:
        while not self._stopping:
            self._due.clear()
            try:
                self._renew()
                claimed = await self._claim()
            except StoreUnavailable as error:
                logger.warning("claim: %s", error)
                claimed = False
            except Exception:  # the loop at the top: whatever it is, mail must go on leaving
                logger.exception("claim failed")
                claimed = False
            if not claimed:
                await self._wait_until_due()

    async def _wait_until_due(self) -> None:
        try:
            async with asyncio.timeout(_POLL_S):
                await self._due.wait()
        except TimeoutError:
            self._want_more()

    def _want_more(self) -> None:
        for line in self._lines.values():
            line.wants_more = True

    async def _claim(self) -> bool:
        """Take what is due into memory, for the couriers that have room; says whether there was anything.

        Room is counted for each of them: the heap of one that hangs must not stand in the way of the others.
        """
        now = self._clock()
        hungry = {name: line for name, line in self._lines.items() if line.wants_more and len(line.held) < line.low}
        for line in hungry.values():
            line.wants_more = False  # a poke from now on is for the next look
        parcels = await self._claimed([name for name in hungry if name not in self.paused], _CLAIM, now)
        for name, line in hungry.items():
            if name in self.paused and now >= line.try_at:
                parcels += await self._claimed([name], 1, now)
        for parcel in parcels:
            self._take(parcel)
        for line in hungry.values():
            line.wants_more = line.wants_more or bool(parcels)
        return bool(parcels)

    async def _claimed(self, names: Sequence[str], limit: int, now: datetime) -> tuple[Parcel, ...]:
        if not names:
            return ()
        return await asyncio.to_thread(self._store.claim, couriers=names, limit=limit, now=now, lease=self._lease)

    def _take(self, parcel: Parcel) -> None:
        # A lease that ran out while its parcel is still here (a stopped clock, a laptop that slept) must not send it twice.
        held = self._lines[parcel.deliveries[0].courier].held
        if held.isdisjoint(delivery.id for delivery in parcel.deliveries):
            self.hand_over(parcel)

    def _renew(self) -> None:
        """Keep the leases of what is in memory long before they run out."""
        now = self._clock()
        if now >= self._renew_at:
            self._renew_at = now + self._lease / 3
            held = tuple(chain.from_iterable(line.held for line in self._lines.values()))
            if held:
                self._store.renew(held, until=now + self._lease)

    # --- deliver ---

    async def _lane(self, line: _Line) -> None:
        while not self._stopping:
            parcel = await line.queue.get()
            if parcel is None or self._stopping:
                return
            try:
                await self._carry(line, parcel)
            except Exception:  # the loop at the top: the lease runs out, and the delivery is tried again
                logger.exception("%s could not be settled", parcel.deliveries[0].id)
            finally:
                self._let_go(line, parcel)
                del parcel  # while it waits for the next one, a lane holds none in memory

    def _let_go(self, line: _Line, parcel: Parcel) -> None:
        line.held.difference_update([delivery.id for delivery in parcel.deliveries])
        self._bytes -= len(parcel.mail.raw)
        if line.wants_more and len(line.held) < line.low:
            self._due.set()

    async def _carry(self, line: _Line, parcel: Parcel) -> None:
        why_paused = self.paused.get(line.courier.name)
        if why_paused is not None and self._clock() < line.try_at:
            await self._settle(line, parcel, _all(parcel, Outcome.MISCONFIGURED, why_paused))
            return
        if why_paused is not None:
            line.try_at = self._clock() + _PAUSE  # this parcel tries whether it was repaired, the others go on waiting
        self._at("claimed")
        if parcel.case is not None and not _is_idempotent(line.courier):
            ids = [delivery.id for delivery in parcel.deliveries]
            await self._store.begin(ids, self._clock())
        self._at("begun")
        results = await self._attempt(line.courier, parcel)
        self._at("carried")
        self._note_pause(line, results)
        await self._settle(line, parcel, results)

    async def _attempt(self, courier: Courier, parcel: Parcel) -> tuple[Result, ...]:
        """Deliver, and make results of what was raised."""
        try:
            return await courier.deliver(parcel)
        except tuple(_FAILURES) as error:
            return _all(parcel, _FAILURES[_kind(error)], str(error))
        except Exception as error:  # a bug in a courier: nobody knows how far it came
            logger.exception("courier %s failed on %s", courier.name, parcel.deliveries[0].id)
            # SMTP may send twice, an office system would register twice.
            outcome = Outcome.RETRY if courier.name == RELAY else Outcome.UNCERTAIN
            return _all(parcel, outcome, f"{type(error).__name__}: {error}")

    def _note_pause(self, line: _Line, results: Iterable[Result]) -> None:
        """Pause a courier that must be repaired; take up one that was."""
        name = line.courier.name
        wrong = [r for r in results if r.outcome is Outcome.MISCONFIGURED]
        if wrong:
            if name not in self.paused:
                line.try_at = self._clock() + _PAUSE
            logger.error("courier %s is paused until it is repaired: %s", name, wrong[0].reply)
            self.paused[name] = wrong[0].reply
        elif name in self.paused and any(r.outcome is not Outcome.RETRY for r in results):
            self.repaired(name)

    # --- settle ---

    async def _settle(self, line: _Line, parcel: Parcel, results: Sequence[Result]) -> None:
        now = self._clock()
        by_id = {result.delivery_id: result for result in results}
        spread = self._spread()  # one for all: those of one mail go on together
        late_at = self._teller.late_at(parcel)
        steps = [
            self._step(line, delivery, by_id.get(delivery.id) or _silent(line, delivery), now, spread, late_at)
            for delivery in parcel.deliveries
        ]
        telling = [step for step in steps if step.state is not DeliveryState.DELIVERED or step.result.announce is not None]
        # A case that was given up is a person's to see to; whoever sent a mail must hear that it did not arrive.
        if telling and parcel.case is None and not await self._teller.tell(parcel, telling, now):
            steps = [step.put_off(now + _REPORT_AGAIN) if step.state is DeliveryState.DEAD else step for step in steps]
        self._at("told")
        self._store.settle([step.settlement(now) for step in steps])
        for step in steps:
            delivery = step.delivery
            maillog.settled(
                delivery.id,
                courier=delivery.courier,
                target=delivery.target,
                event=step.event,
                reply=step.result.reply,
                sent=step.result.sent,
            )

    def _spread(self) -> float:
        """Waits are longer and shorter by chance, so that a next hop that returns is not met by a crowd."""
        jitter = self._settings.retry_jitter
        return 1.0 + jitter * random.uniform(-1.0, 1.0)  # noqa: S311 - not for secrets

    def _step(
        self, line: _Line, delivery: Delivery, result: Result, now: datetime, spread: float, late_at: datetime | None
    ) -> Step:
        """What this result means for the delivery; it is tried at ``late_at``, when its sender is to hear that it is late."""
        if result.outcome is Outcome.MISCONFIGURED:
            # Ours to repair: no attempt is used up.  What a person paused is due, but not claimed until he resumes it.
            return Step(delivery, result, DeliveryEvent.RETRY, delivery.attempts, now if line.is_stopped else line.try_at)
        if result.untried:
            return Step(delivery, result, DeliveryEvent.RETRY, delivery.attempts, now + _CROWDED * spread)
        event = _EVENTS[result.outcome]
        attempts = delivery.attempts + 1
        next_at = None
        if event is DeliveryEvent.REFUSE and delivery.courier == RELAY:
            event = DeliveryEvent.GIVE_UP  # the sender is told; there is no person here to decide about it
        elif event is DeliveryEvent.RETRY:
            wait = wait_after(attempts, self._settings.retry_after_s)
            if wait is None:
                event = DeliveryEvent.GIVE_UP
            else:
                next_at = now + wait * spread
                next_at = late_at if late_at is not None and now < late_at < next_at else next_at
        elif event in (DeliveryEvent.UNSURE, DeliveryEvent.TAKEN) and delivery.courier != RELAY:
            next_at = now + timedelta(seconds=self._settings.look_up_after_s[0])  # then it is asked after
        return Step(delivery, result, event, attempts, next_at)


def wait_after(attempts: int, schedule: Sequence[int]) -> timedelta | None:
    """How long to wait after so many attempts; None: give up."""
    return timedelta(seconds=schedule[attempts - 1]) if attempts <= len(schedule) else None


def _is_idempotent(courier: Courier) -> bool:
    """Whether the other side makes one entry of the same delivery, however often it comes."""
    capabilities = getattr(courier, "capabilities", None)
    return isinstance(capabilities, Capabilities) and capabilities.idempotent


def _all(parcel: Parcel, outcome: Outcome, reply: str) -> tuple[Result, ...]:
    return tuple(Result(delivery_id=delivery.id, outcome=outcome, reply=reply) for delivery in parcel.deliveries)


def _kind(error: DeliveryError) -> type[DeliveryError]:
    return next(kind for kind in _FAILURES if isinstance(error, kind))


def _silent(line: _Line, delivery: Delivery) -> Result:
    """A courier that forgot a delivery: as bad as one that crashed."""
    logger.error("courier %s gave no result for %s", line.courier.name, delivery.id)
    outcome = Outcome.RETRY if line.courier.name == RELAY else Outcome.UNCERTAIN
    return Result(delivery_id=delivery.id, outcome=outcome, reply="no result")
