"""Puts the parts together: which there are, in which order they start and end (gateway.wiring says how each is made)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import gateway
from gateway import maillog, wiring
from gateway.accounts import Accounts
from gateway.alarms import Alarm, of_chain
from gateway.bridge.again import package_again
from gateway.bridge.pull import Pulling
from gateway.channels import Channels
from gateway.checking import Checks
from gateway.chores import keep_house, write_log
from gateway.config import Config
from gateway.courier import RELAY, Courier
from gateway.daily import Daily
from gateway.desk import Desk
from gateway.directory.snapshot import Directory
from gateway.first_visit import FirstVisit
from gateway.imap.alarming import of_mailboxes
from gateway.inspection import Inspector
from gateway.model import Case
from gateway.policy.facts import local_day
from gateway.policy.rules import Policy
from gateway.reception import Reception
from gateway.settings.addresses import naming
from gateway.smtp.policy_service import PolicyService
from gateway.traffic import Traffic
from gateway.watching import Watcher, ends_of, webhook_secret
from gateway.worker import Worker

if TYPE_CHECKING:
    from gateway.imap.poller import Poller

_GRACE_S = 30.0  # sessions may end by themselves for so long at a stop


def now() -> datetime:
    """The clock of the whole gateway."""
    return datetime.now(UTC)


class Gateway:
    """All parts of one gateway, wired; nothing runs before start()."""

    version = gateway.__version__

    def __init__(self, settings: Config, *, clock: Callable[[], datetime] = now) -> None:
        self.settings = settings
        self.clock = clock
        self._ground = ground = wiring.ground_of(settings, Inspector(settings.inspection), clock)
        self.hostname = ground.hostname
        self.store = ground.store
        self.inspector = ground.inspector
        self.links = ground.links
        self.srs = ground.srs
        self._make_way_out()
        self._make_desks()
        self._make_doors()
        self._make_watch()
        self._works: list[asyncio.Task[None]] = []
        self._endings = contextlib.AsyncExitStack()

    def _make_way_out(self) -> None:
        ground = self._ground
        self.relay = wiring.relay_of(ground)
        self._offices = wiring.office_couriers(ground)
        couriers: dict[str, Courier] = {RELAY: self.relay, **self._offices, **wiring.append_couriers(self.settings)}
        self.worker = Worker(self.store, couriers, self.settings.worker, report=wiring.reports_of(ground))
        self.answers = wiring.answers_of(ground, self.worker)
        self.follow_up = wiring.follow_up_of(ground, self._offices, self.worker, self.answers)

    def _make_desks(self) -> None:
        """What people do: clerks, officers, whoever was stopped, and the programs of office systems."""
        ground, store, clock = self._ground, self.store, self.clock
        self.review = wiring.review_of(ground, self.worker)
        self.hearing = wiring.hearing_of(ground, self.worker)
        self.pulling = Pulling(store=store, answers=self.answers, directory=self.directory, clock=clock)
        self.desk = Desk(store=store, directory=self.directory, notices=ground.notices, clock=clock, poke=self.worker.poke)
        self.channels = Channels(
            store=store, directory=self.directory, notices=ground.notices, clock=clock, poke=self.worker.poke
        )
        self.checks = Checks(self._offices, clock=clock, pause=self._pause)
        self.traffic = Traffic(store=store, clock=clock, poke=self._poke_all, resume=self._resume)
        self.reception = Reception(store=store, directory=self.directory, clock=clock, poke=self._poke_all)
        self.first_visit = FirstVisit(store, lambda: Accounts(store, self.directory, clock))

    def _make_doors(self) -> None:
        self.intake = wiring.intake_of(self._ground, self.worker, self.hearing, self.answers)
        self.smtp = wiring.smtp_of(self._ground, self.intake, self.relay)
        self.policy_service = PolicyService(
            self.settings.policy_service, directory=self.directory, today=lambda: local_day(self.clock())
        )
        self.poller: Poller | None = None

    def _make_watch(self) -> None:
        """What looks after the gateway and tells people: seals, the daily letter, alarms."""
        self.sealer = wiring.sealer_of(self._ground)
        self.chain_look = wiring.chain_look_of(self._ground)
        self.daily = Daily(
            self.settings,
            self.store,
            directory=self.directory,
            hostname=self.hostname,
            clock=self.clock,
            poke=self.worker.poke,
        )
        self.watcher = Watcher(
            self.settings,
            self.store,
            directory=self.directory,
            hostname=self.hostname,
            clock=self.clock,
            poke=self.worker.poke,
            paused=lambda: self.worker.paused,
            secret=webhook_secret(self.settings),
            looks=(self._mailbox_alarms, lambda _: of_chain(self.sealer.trouble), self.chain_look.alarms),
            certificates=self._certificates,
        )

    def _poke_all(self) -> None:
        self.worker.poke()
        self.follow_up.poke()

    def _pause(self, courier: str, why: str) -> None:
        """A person wants nothing carried by it until he resumes it, whatever restarts.  Not for the loop."""
        self.store.pauses.hold(courier, why, now=self.clock())
        self.worker.pause(courier, why)

    def _resume(self, courier: str) -> None:
        """Carry by it again.  Not for the loop."""
        self.store.pauses.lift(courier)
        self.worker.resume(courier)

    def _pause_again(self) -> None:
        """What a person paused before this start stays so; an office system may have left the configuration since."""
        for courier, why in self.store.pauses.held().items():
            if courier in self._offices:
                self.worker.pause(courier, why)

    def _mailbox_alarms(self, now: datetime) -> Iterator[Alarm]:
        return of_mailboxes(self.settings, self.store, self.directory().calendar, now)

    def _certificates(self) -> dict[str, datetime]:
        """The certificates that we show, by where they stand in the settings, and when each ends."""
        found = {f"[[office]] {each.name}": each.client_certificate for each in self.settings.office if each.client_certificate}
        ends = ends_of({where: self.settings.path(file) for where, file in found.items()})
        if self.smtp.certificates is not None:
            ends["[smtp.certificate]"] = self.smtp.certificates.leaf.not_valid_after_utc
        return ends

    # --- what the console asks --------------------------------------------------------------------------------------------

    def smtp_door(self) -> tuple[str, int] | None:
        """Where mail comes in; None while nobody listens."""
        return next(((address, port) for address, port in self.smtp.addresses), None)

    def directory(self) -> Directory:
        """The directory as it was last read."""
        return self._ground.rules.directory()

    def policy(self) -> Policy:
        """The policy as it was last read."""
        return self._ground.rules.policy()

    def package_of(self, case: Case) -> bytes:
        """The package of a case that an office system got, made again; b"" when there is none."""
        return package_again(self.store, case, self.directory())

    def reload(self) -> None:
        """Read directory and policy again; what is wrong is logged, and the old ones stay in force.  Not for the loop."""
        if self.smtp.certificates is not None:
            self.smtp.certificates.refresh(even_unchanged=True)
        self._ground.rules.reload()

    def live(self) -> dict[str, object]:
        """What only the running process knows, for /health."""
        return {
            "sessions": self.smtp.sessions,
            "loop_lag_ms": round(self.smtp.lag_ms, 1),
            "loop_lag_max_ms": round(self.smtp.lag_max_ms, 1),
            "paused_couriers": dict(self.worker.paused),
            "routes": self.relay.live(),
            "bytes_in_flight": self.smtp.bytes_in_flight,
            "store_behind": self.store.behind,
            "readings": self.inspector.remembered()._asdict(),
            "listeners": {way.name: {"kind": way.kind, "sessions": way.sessions} for way in self.smtp.entrances},
            "certificate": self.smtp.certificates.live(self.clock()) if self.smtp.certificates is not None else {},
            "imap": self.poller.live() if self.poller is not None else {},
        }

    # --- its life -------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Open the store: all that mail needs before it may come in.  After a failure: stop()."""
        at_the_end = self._endings
        at_the_end.callback(maillog.flush)
        at_the_end.push_async_callback(asyncio.to_thread, self.inspector.close)
        self.inspector.open()  # a mail with an attachment waits for the readers, which load when the door is open
        await asyncio.to_thread(self.store.open)
        at_the_end.push_async_callback(asyncio.to_thread, self.store.close)
        at_the_end.push_async_callback(asyncio.to_thread, self.sealer.finish)
        await asyncio.to_thread(self._ground.rules.remember)
        await asyncio.to_thread(self._pause_again)
        self.store.attach()
        self.checks.attach(asyncio.get_running_loop())
        at_the_end.push_async_callback(self.store.detach)
        at_the_end.push_async_callback(_cancelled, self._works)
        at_the_end.push_async_callback(self.worker.stop)
        at_the_end.callback(self.follow_up.stop)

    async def listen(self) -> None:
        """Let mail in.  Raises ConfigError when nobody can listen there."""
        self._endings.push_async_callback(self.smtp.stop, _GRACE_S)
        await self.smtp.start()
        self._endings.push_async_callback(self.policy_service.stop)
        with naming("[policy_service] listen", self.settings.policy_service.listen):
            await self.policy_service.start()

    def carry(self) -> None:
        """Let mail out: what comes in from now on, and what waits since before."""
        self._begin(self.worker.run(), write_log())

    def work(self) -> None:
        """Begin what goes on by itself: office systems are asked, chores, who watches.

        When all is loaded: together their first looks into the store take longer than all that the doors need.
        """
        self._begin(
            self.follow_up.run(),
            keep_house(self.store, self.settings.store, self.clock),
            *wiring.nightly_of(self._ground),
            self.sealer.run(),
            self.chain_look.run(),
            self.daily.run(),
            self.watcher.run(),
        )

    def _begin(self, *works: Coroutine[object, object, None]) -> None:
        self._works += [asyncio.create_task(work) for work in works]

    def sweep(self, announce: Callable[[str], None]) -> None:
        """Begin to read the mailboxes, if there are any; ``announce`` hears of each when it was looked into first."""
        if not any(mailbox.sweep for mailbox in self.settings.mailbox):
            return
        self.poller = wiring.poller_of(self._ground, self.intake, announce)
        self.poller.start(asyncio.get_running_loop())
        self._endings.push_async_callback(asyncio.to_thread, self.poller.stop)

    async def stop(self) -> None:
        """Sessions end, what is on its way arrives or stays leased in the store, nothing is lost.

        What was started last ends first; what was not started need not end.
        """
        await self._endings.aclose()


async def _cancelled(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
