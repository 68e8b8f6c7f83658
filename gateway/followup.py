"""What goes on after a hand-over: uncertain deliveries are asked after, answers fetched, issuers on the axis told.

Three tasks for each office system, beside the worker's lanes: a heap of answers must not keep look-ups back.  An answer is
acknowledged only when it is durable; a crash between the two gives it again, and then it is known.  What may have been taken is
never sent again before the other side has said that it is not there (or says that the same delivery twice makes one entry).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from gateway.answers import Answers
from gateway.config import Worker as Settings
from gateway.courier import Answer, FindingLevel, OfficeCourier, Outcome, Result
from gateway.errors import DeliveryError, Misconfigured, PermanentFailure, StoreUnavailable, UncertainFailure
from gateway.lifecycle import CaseEvent, DeliveryEvent, DeliveryState
from gateway.store import Store
from gateway.store.lookups import Found, LookUp
from gateway.worker import Worker, wait_after

logger = logging.getLogger(__name__)

_SOME = 20  # look-ups or statuses in one go
_LEASE = timedelta(minutes=5)
_MOST_ROUNDS = 100  # of poll() before look-ups and statuses have their turn again

_ARRIVED = (Outcome.DELIVERED, Outcome.ALREADY)


def nothing(step: str) -> None:
    """Where tests let the program die: between two numbered steps."""


class FollowUp:
    """Runs beside the worker."""

    def __init__(
        self,
        store: Store,
        couriers: Mapping[str, OfficeCourier],
        settings: Settings,
        *,
        worker: Worker,
        answers: Answers,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        at: Callable[[str], None] = nothing,
    ) -> None:
        self._store = store
        self._couriers = dict(couriers)
        self._settings = settings
        self._worker = worker
        self._answers = answers
        self._clock = clock
        self._at = at
        self._due: list[asyncio.Event] = []  # of each task
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = False

    async def run(self) -> None:
        """Work until stop()."""
        self._loop = asyncio.get_running_loop()
        works = (self._look, self.fetch, self.tell)
        await asyncio.gather(*[self._watch(courier, work) for courier in self._couriers.values() for work in works])

    def stop(self) -> None:
        """Begin nothing more.  Called on the loop."""
        self._stopping = True
        for due in self._due:
            due.set()

    def poke(self) -> None:
        """Look now, not at the next turn.  For the loop and for other threads."""
        if self._loop is not None:
            for due in self._due:
                self._loop.call_soon_threadsafe(due.set)

    async def _watch(self, courier: OfficeCourier, work: Callable[[OfficeCourier], Awaitable[int]]) -> None:
        due = asyncio.Event()
        self._due.append(due)
        while not self._stopping:
            due.clear()
            try:
                await work(courier)
            except (StoreUnavailable, DeliveryError) as error:
                logger.warning("%s: %s: %s", courier.name, work.__name__.strip("_"), error)
            except Exception:  # the loop at the top: the other tasks of this courier go on
                logger.exception("%s: %s failed", courier.name, work.__name__.strip("_"))
            try:
                async with asyncio.timeout(self._settings.poll_every_s):
                    await due.wait()
            except TimeoutError:
                continue

    async def _look(self, courier: OfficeCourier) -> int:
        await self._resume(courier)
        return await self.look_up(courier)

    # --- paused -------------------------------------------------------------------------------------------------------

    async def _resume(self, courier: OfficeCourier) -> None:
        """A courier that was paused works again as soon as nothing is wrong with it any more; not what a person paused."""
        if courier.name in self._worker.paused:
            findings = await courier.check()
            if findings and all(finding.level is not FindingLevel.BAD for finding in findings):
                self._worker.repaired(courier.name)

    # --- look-ups -----------------------------------------------------------------------------------------------------

    async def look_up(self, courier: OfficeCourier) -> int:
        """Ask after what may have arrived, until nothing is due; says how many."""
        asked = 0
        while not self._stopping:
            due = await asyncio.to_thread(self._store.lookups.due, [courier.name], limit=_SOME, now=self._clock(), lease=_LEASE)
            asked += len(due)
            # All at once: some couriers ask for one list then, and not for one each.
            for found in await asyncio.gather(*[self._found(courier, each) for each in due]):
                self._at("looked-up")
                await asyncio.to_thread(self._store.lookups.settle, found, self._clock())
                self._at("look-up-settled")
                if found.event is DeliveryEvent.RETRY:
                    self._worker.poke()
            if len(due) < _SOME:
                break
        return asked

    async def _found(self, courier: OfficeCourier, each: LookUp) -> Found:
        if courier.capabilities.look_up:
            try:
                result = await courier.look_up(each.delivery, each.case)
            except Misconfigured as error:
                result = Result(delivery_id=each.delivery.id, outcome=Outcome.MISCONFIGURED, reply=str(error))
            except PermanentFailure as error:
                result = Result(delivery_id=each.delivery.id, outcome=Outcome.REFUSED, reply=str(error))
            except (UncertainFailure, DeliveryError) as error:
                result = Result(delivery_id=each.delivery.id, outcome=Outcome.UNCERTAIN, reply=str(error))
            except Exception as error:  # of this one: the others are to be asked after
                logger.exception("%s: %s could not be looked up", courier.name, each.delivery.id)
                said = f"{type(error).__name__}: {error}"
                result = Result(delivery_id=each.delivery.id, outcome=Outcome.UNCERTAIN, reply=said)
        else:
            said = "hệ thống này không tra cứu được"
            result = Result(delivery_id=each.delivery.id, outcome=Outcome.UNCERTAIN, reply=said)
        if result.outcome is Outcome.UNCERTAIN and courier.capabilities.idempotent:
            result = Result(delivery_id=result.delivery_id, outcome=Outcome.RETRY, reply=result.reply)
        return self._meaning(each, result)

    def _meaning(self, each: LookUp, result: Result) -> Found:
        """What a look-up means for the delivery and its case."""
        now, delivery = self._clock(), each.delivery
        found = Found(
            delivery_id=delivery.id,
            outcome=result.outcome,
            event=DeliveryEvent.UNSURE,
            said=result.reply,
            receipt=result.receipt,
        )
        if result.outcome in _ARRIVED:
            return _with(found, event=DeliveryEvent.DELIVERED, case_event=CaseEvent.HAND_OVER)
        if result.outcome is Outcome.REFUSED:
            return _with(found, event=DeliveryEvent.REFUSE, case_event=CaseEvent.HANDOVER_FAILED, alarm=True)
        if result.outcome is Outcome.RETRY:
            believed_at = each.since + timedelta(seconds=self._settings.look_up_after_s[0])
            if each.is_begun and now < believed_at:  # they may still be at work on what left a moment ago
                return _with(found, next_at=believed_at)
            return self._not_there(found, delivery.attempts, now)
        next_at = self._next(each, now)
        if delivery.state is DeliveryState.PENDING and result.outcome is Outcome.PENDING and next_at is not None:
            return _with(found, event=DeliveryEvent.TAKEN, next_at=next_at)
        return _with(found, next_at=next_at, alarm=next_at is None)

    def _not_there(self, found: Found, attempts: int, now: datetime) -> Found:
        """It is certainly not there: the schedule of attempts goes on."""
        wait = wait_after(attempts, self._settings.retry_after_s) if attempts else timedelta()
        if wait is None:
            return _with(found, event=DeliveryEvent.GIVE_UP, alarm=True)
        return _with(
            found, event=DeliveryEvent.RETRY, next_at=now + min(wait, timedelta(seconds=self._settings.retry_after_s[0]))
        )

    def _next(self, each: LookUp, now: datetime) -> datetime | None:
        """When to ask again; None when it is a person's turn."""
        if now - each.since >= timedelta(hours=self._settings.uncertain_for_h):
            return None
        schedule = self._settings.look_up_after_s
        return now + timedelta(seconds=schedule[min(each.tries, len(schedule) - 1)])

    # --- answers ------------------------------------------------------------------------------------------------------

    async def fetch(self, courier: OfficeCourier) -> int:
        """Fetch what came back, make it durable, acknowledge it; says how many were new."""
        if not courier.capabilities.poll:
            return 0
        new = 0
        for _ in range(_MOST_ROUNDS):
            taken = [await self._take(courier, answer) for answer in await courier.poll() if not self._stopping]
            new += taken.count(True)
            if all(each is None for each in taken):
                break  # nothing came, or only what fails: it comes again at the next turn
        return new

    async def _take(self, courier: OfficeCourier, answer: Answer) -> bool | None:
        """Whether an answer was new; None when it failed and stays over there.  It must not keep back those behind it."""
        try:
            self._at("answer-came")
            is_new = await self._answers.take(courier.name, answer)
            self._at("answer-kept")
            await courier.acknowledge(answer)
            self._at("answer-acknowledged")
            await asyncio.to_thread(self._store.receipts.acknowledged, courier.name, answer.event_id, self._clock())
        except StoreUnavailable:
            raise  # then no other can be kept either
        except DeliveryError as error:
            logger.warning("%s: answer %s: %s", courier.name, answer.event_id, error)
        except Exception:  # of this one answer; nobody has acknowledged it
            logger.exception("%s: answer %s could not be taken", courier.name, answer.event_id)
        else:
            return is_new
        courier.postpone(answer)
        return None

    # --- statuses -----------------------------------------------------------------------------------------------------

    async def tell(self, courier: OfficeCourier) -> int:
        """Tell the issuers of documents of the axis what became of them; says how many were tried."""
        if not courier.capabilities.sends_status:
            return 0
        due = await asyncio.to_thread(self._store.statuses.due, courier.name, limit=_SOME, now=self._clock(), lease=_LEASE)
        for each in due:
            try:
                result = await courier.answer(each.status)
            except DeliveryError as error:
                result = Result(delivery_id=each.status.id, outcome=Outcome.RETRY, reply=str(error))
            wait = wait_after(each.attempts + 1, self._settings.retry_after_s)
            again = self._clock() + wait if wait is not None and _may_be_told_again(result.outcome) else None
            await asyncio.to_thread(self._store.statuses.settle, each, result, next_at=again, now=self._clock())
        return len(due)


def _may_be_told_again(outcome: Outcome) -> bool:
    """The same status twice is harmless: its id is the same."""
    return outcome in (Outcome.RETRY, Outcome.UNCERTAIN, Outcome.MISCONFIGURED)


def _with(found: Found, **changes: object) -> Found:
    return replace(found, **changes)
